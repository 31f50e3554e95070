"""Training that stopped anywhere and went on from its checkpoint gives the bits of training that never stopped."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import Callback, EarlyStopping, ModelCheckpoint
from chainrule.engine import engine as engine_module
from chainrule.engine import native
from chainrule.errors import ArgumentError, FileError, StateError
from chainrule.layers import BatchNormalization, Dense, Dropout, Input
from chainrule.losses import MeanSquaredError
from chainrule.models.model_file import STATE, read_file, write_file
from chainrule.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop
from chainrule.optimizers.schedules import CosineDecay, ExponentialDecay
from tests.training.networks import CODES, X, Y, network, noisy, same

ENGINES = ["python", pytest.param("native", marks=pytest.mark.skipif(not native.available(), reason="not built"))]
BATCHES = 7  # an epoch of batches of 8, of 50 rows


class KilledError(Exception):
    """What ends a run in the middle."""


class KillAt(Callback):
    """Ends the run at a pause, after the checkpoint there was written; it stands last."""

    def __init__(self, epoch, batch):
        self.place = (epoch, batch)

    def on_pause(self, epoch, batch, logs):
        if (epoch, batch) == self.place:
            raise KilledError


@pytest.fixture(autouse=True)
def short_ranges(monkeypatch):
    """Ranges of three steps, so that an epoch of seven has pauses in it."""
    monkeypatch.setattr(engine_module.Engine, "steps_together", lambda self, task, batch_size: 3)


def interrupted(make, path, place, x=X, y=Y, **options):
    """Train until killed, and return the history of a new model that goes on, and the model."""
    more = options.pop("callbacks", lambda: [])
    keep = [ModelCheckpoint(path, every_minutes=0)]
    with pytest.raises(KilledError):
        make().fit(x, y, verbose=0, callbacks=[*keep, *more(), KillAt(*place)], **options)
    model = make()
    history = model.fit(
        x, y, verbose=0, callbacks=[ModelCheckpoint(path, every_minutes=0), *more()], resume_from=path, **options
    )
    return history, model


def check(make, path, place, x=X, y=Y, **options):
    more = options.get("callbacks", lambda: [])
    whole = make()
    expected = whole.fit(x, y, verbose=0, **options | {"callbacks": more()})
    history, model = interrupted(make, path, place, x, y, **options)
    assert same(model, whole)
    assert history.epoch == expected.epoch
    assert history.history.keys() == expected.history.keys()
    for name, values in expected.history.items():
        assert np.array_equal(np.array(history.history[name]), np.array(values), equal_nan=True), name
    assert (history.stopped_by, history.weights_epoch) == (expected.stopped_by, expected.weights_epoch)
    assert history.examples == expected.examples
    return history


OPTIMIZERS = {
    "momentum": lambda: SGD(ExponentialDecay(0.05, 10, 0.7), momentum=0.9, nesterov=True),
    "adam": lambda: Adam(CosineDecay(0.01, 30), amsgrad=True, clipnorm=0.3),
    "adamw": lambda: AdamW(0.01, global_clipnorm=0.5, use_ema=True, ema_momentum=0.9),
    "ema": lambda: SGD(0.01, use_ema=True, ema_overwrite_frequency=5, clipvalue=0.1),
    "rmsprop": lambda: RMSprop(0.01, momentum=0.5, centered=True),
    "adadelta": lambda: Adadelta(1.0),
    "adagrad": lambda: Adagrad(0.1, weight_decay=0.01),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("place", [(0, 3), (1, BATCHES), (2, 6)], ids=str)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_goes_on_with_the_same_bits(optimizer, place, engine, tmp_path):
    def make():
        return noisy(optimizer=OPTIMIZERS[optimizer](), metrics=["mae"], engine=engine)

    check(make, tmp_path / "c.safetensors", place, epochs=4, batch_size=8, validation_split=0.0)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("place", [(1, 3), (3, 5)], ids=str)
def test_classes_with_weights_validation_and_metrics_that_keep_scores(place, engine, tmp_path):
    layers = [Dense(8, activation="relu"), BatchNormalization(), Dropout(0.3), Dense(3, activation="softmax")]

    def make():
        copies = [type(layer)(**layer.get_config()) for layer in layers]
        measured = {"metrics": ["accuracy", "auc", "f1_score"], "weighted_metrics": ["accuracy"]}
        loss = "sparse_categorical_crossentropy"
        return network(*copies, loss=loss, engine=engine, dtype="float32", **measured)

    options = {"class_weight": "balanced", "validation_split": 0.2, "validation_freq": 2, "batch_size": 8, "epochs": 5}
    history = check(make, tmp_path / "c.safetensors", place, y=CODES, **options)
    assert np.isnan(history.history["val_loss"][0])
    assert not np.isnan(history.history["val_loss"][1])


@pytest.mark.parametrize("place", [(1, 3), (2, 5), (3, 3)], ids=str)
def test_early_stopping_remembers_its_best_weights(place, tmp_path):
    def stopping():
        return [EarlyStopping(patience=2, restore_best_weights=True)]

    history = check(
        lambda: noisy(optimizer=Adam(0.1)), tmp_path / "c.safetensors", place, callbacks=stopping, epochs=60,
        batch_size=8, validation_split=0.2,
    )  # fmt: skip
    assert history.stopped_by.startswith("early stopping")


def test_a_run_that_was_over_stays_over_and_one_of_fewer_epochs_goes_further(tmp_path):
    path = tmp_path / "c.safetensors"
    short = noisy()
    first = short.fit(X, Y, epochs=2, batch_size=8, verbose=0, callbacks=[ModelCheckpoint(path)])
    again = noisy()
    history = again.fit(X, Y, epochs=2, batch_size=8, verbose=0, resume_from=path)
    assert same(again, short)
    assert history.history == first.history
    longer, whole = noisy(), noisy()
    history = longer.fit(X, Y, epochs=5, batch_size=8, verbose=0, resume_from=path)
    expected = whole.fit(X, Y, epochs=5, batch_size=8, verbose=0)
    assert same(longer, whole)
    assert history.history == expected.history
    with pytest.raises(StateError, match="made after epoch 2, and epochs is 1"):
        noisy().fit(X, Y, epochs=1, batch_size=8, verbose=0, resume_from=path)


def test_the_stopped_run_of_early_stopping_is_over(tmp_path):
    path = tmp_path / "c.safetensors"
    stopping = {"epochs": 60, "batch_size": 8, "validation_split": 0.2, "verbose": 0}
    model = noisy(optimizer=Adam(0.1))
    kept = [EarlyStopping(patience=1, restore_best_weights=True), ModelCheckpoint(path)]
    history = model.fit(X, Y, callbacks=kept, **stopping)
    again = noisy(optimizer=Adam(0.1))
    repeated = again.fit(
        X, Y, callbacks=[EarlyStopping(patience=1, restore_best_weights=True)], resume_from=path, **stopping
    )
    assert (repeated.epoch, repeated.stopped_by) == (history.epoch, history.stopped_by)
    assert same(again, model)


def test_a_further_fit_and_a_rate_that_was_set_go_on(tmp_path):
    class Halve(Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 1:
                self.model.optimizer.learning_rate = 0.004

    def make():
        model = noisy(optimizer=Adam(0.01))
        model.fit(X, Y, epochs=2, batch_size=8, verbose=0)  # orders and steps count over all calls
        return model

    check(make, tmp_path / "c.safetensors", (2, 3), callbacks=lambda: [Halve()], epochs=4, batch_size=8)


def test_the_seed_comes_from_the_checkpoint(tmp_path):
    path = tmp_path / "c.safetensors"
    options = {"batch_size": 8, "validation_split": 0.2, "verbose": 0}

    def make():
        model = Sequential([Input((3,)), Dropout(0.5), Dense(1)])  # the operating system gives a seed
        model.compile("adam", "mse")
        return model

    first = make()
    first.fit(X, Y, epochs=2, callbacks=[ModelCheckpoint(path)], **options)
    second = make()
    assert second.seed != first.seed
    second.fit(X, Y, epochs=4, resume_from=path, **options)
    assert second.seed == first.seed
    whole = Sequential([Input((3,)), Dropout(0.5), Dense(1)], seed=first.seed)
    whole.compile("adam", "mse")
    whole.fit(X, Y, epochs=4, **options)
    assert same(second, whole)
    with pytest.raises(ArgumentError, match=f"the checkpoint's run had seed {first.seed}, got seed=-?"):
        make().fit(X, Y, epochs=4, seed=first.seed + 1, resume_from=path, **options)


def saved(tmp_path):
    path = tmp_path / "c.safetensors"
    network().fit(X, Y, epochs=2, batch_size=8, verbose=0, callbacks=[ModelCheckpoint(path), EarlyStopping("loss")])
    return path


@pytest.mark.parametrize(
    ("make", "options", "words"),
    [
        (lambda: network(Dense(5), Dense(1)), {}, "its layer 1 is .*'units': 4.*, and this is .*'units': 5"),
        (lambda: network(Dense(1)), {}, "its number of layers is 2, and this is 1"),
        (lambda: network(dtype="float32"), {}, "its dtype is 'float64', and this is 'float32'"),
        (lambda: network(optimizer="sgd"), {}, "its optimizer is .*Adam.*, and this is .*SGD"),
        (lambda: network(optimizer=Adam(beta_1=0.8)), {}, "its optimizer is .*, and this is .*0.8"),
        (lambda: network(loss="mae"), {}, "its loss is 'MeanSquaredError', and this is 'MeanAbsoluteError'"),
        (lambda: network(metrics=["mae"]), {}, "its metrics is"),
        (network, {"batch_size": 16}, "its batch_size is 8, and this is 16"),
        (network, {"shuffle": False}, "its shuffle is True, and this is False"),
        (network, {"validation_split": 0.5}, "its number of rows is 50, and this is 25"),
        (network, {"sample_weight": np.ones(50)}, "its digest of the rows is"),
    ],
)
def test_another_run_is_refused_and_the_model_left_alone(make, options, words, tmp_path):
    path, model = saved(tmp_path), make()
    options.setdefault("callbacks", [EarlyStopping("loss")])
    before = model.get_weights()
    with pytest.raises(StateError, match=f"the checkpoint is of another run: {words}"):
        model.fit(X, Y, **{"epochs": 4, "batch_size": 8, "verbose": 0} | options, resume_from=path)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_other_values_and_another_shape_of_data(tmp_path):
    path = saved(tmp_path)
    other = X.copy()
    other[49, 2] += 1e-9
    with pytest.raises(StateError, match="its digest of the rows"):
        network().fit(other, Y, epochs=4, batch_size=8, verbose=0, resume_from=path)
    wide = Sequential([Dense(4, activation="tanh"), Dense(1)], dtype="float64")
    wide.compile("adam", MeanSquaredError())
    with pytest.raises(StateError, match=r"its input shape is \[3\], and this is \[2\]"):
        wide.fit(X[:, :2], Y, epochs=4, batch_size=8, verbose=0, resume_from=path)


def test_a_callback_that_remembers_must_be_there(tmp_path):
    path = saved(tmp_path)
    with pytest.raises(StateError, match="has the state of a callback EarlyStopping, which fit was not given"):
        network().fit(X, Y, epochs=4, batch_size=8, verbose=0, resume_from=path)


def test_what_is_no_checkpoint_or_damaged_is_a_file_error(tmp_path):
    model, path = network(), tmp_path / "model.safetensors"
    model.save(path)
    for given, words in ((path, "is a model, but no checkpoint"), (tmp_path / "none.safetensors", "there is no file")):
        with pytest.raises(FileError, match=words):
            model.fit(X, Y, verbose=0, resume_from=given)


@pytest.mark.parametrize("part", ["settings", "slots", "step", "history", "total", "seed", "callbacks"])
def test_a_state_that_lacks_a_part_is_damaged(part, tmp_path):
    path = saved(tmp_path)
    description, tensors = read_file(path)
    del description["checkpoint"]["state"][part]
    kept = {
        name: array for name, array in tensors.items() if not (part == "slots" and name.startswith(f"{STATE}/slots"))
    }
    write_file(path, {k: v for k, v in description.items() if k not in ("schema", "version")}, kept, overwrite=True)
    with pytest.raises((FileError, StateError), match="damaged"):
        network().fit(X, Y, epochs=4, batch_size=8, verbose=0, resume_from=path, callbacks=[EarlyStopping("loss")])


def test_another_instruction_set_is_told(tmp_path, monkeypatch):
    path = saved(tmp_path)
    monkeypatch.setattr("chainrule.training.resumption.what_runs", lambda engine: {"engine": "abacus"})
    with pytest.warns(UserWarning, match="goes on here on abacus: not with the same bits"):
        network().fit(X, Y, epochs=4, batch_size=8, verbose=0, resume_from=path, callbacks=[EarlyStopping("loss")])
