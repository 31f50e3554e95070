"""fit with a share held out, or with data to validate on."""

import tracemalloc

import numpy as np
import pytest

from chainrule import Sequential, losses
from chainrule.callbacks import ModelCheckpoint
from chainrule.engine import NativeEngine
from chainrule.errors import StateError
from chainrule.layers import Dense, Input
from chainrule.optimizers import SGD
from chainrule.random import generator
from chainrule.tables.split import split_validation
from tests.training.networks import CODES, ROUNDING, X, Y, network, noisy, same, still


def test_validation_split_is_shuffled_stratified_and_seeded():
    seen = []

    class Spy(losses.SparseCategoricalCrossentropy):
        def check_targets(self, y, output_shape):
            return super().check_targets(y, output_shape)

    codes = np.array([0] * 40 + [1] * 10)
    x = np.arange(50.0)[:, None]
    for seed in (0, 0, 1):
        model = Sequential([Input((1,)), Dense(2, activation="softmax")], seed=seed)
        model.compile(SGD(1e-30), Spy())
        chosen, held = model._split(model._rows(x, codes, None, "fit")[1], 0.2)
        seen.append(held.x[:, 0])
        assert (len(chosen), len(held)) == (40, 10)
        assert sorted(np.bincount(held.y).tolist()) == [2, 8]  # the share of each class
        assert not set(held.x[:, 0]) & set(x[chosen, 0])
    np.testing.assert_array_equal(seen[0], seen[1])
    assert set(seen[0]) != set(seen[2])
    assert set(seen[0]) != set(range(40, 50))  # not the last rows


@pytest.mark.parametrize("engine", ["auto", "python"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"shuffle": False, "batch_size": 7},
        {"shuffle": lambda epoch: np.random.default_rng(epoch).permutation(35), "batch_size": 35},
        {"sample_weight": generator(1, "check").uniform(0, 3, 50), "validation_batch_size": 3},
        {"class_weight": "balanced"},
        {"class_weight": {0: 1.0, 1: 3.0, 2: 0.5}, "sample_weight": np.arange(50.0)},
    ],
    ids=["shuffled", "in order", "an order of one's own", "weights", "balanced", "both weights"],
)
def test_rows_that_are_trained_on_where_they_lie_give_the_bits_that_a_copy_of_them_gives(options, engine):
    def made():
        return network(
            Dense(4, activation="tanh"), Dense(3), loss=losses.SparseCategoricalCrossentropy(from_logits=True),
            metrics=["accuracy"], engine=engine,
        )  # fmt: skip

    split, copied = made(), made()
    history = split.fit(X, CODES, validation_split=0.3, epochs=3, verbose=0, **options)
    train, held = split_validation(CODES, 50, 0.3, 0)
    assert (len(train), len(held)) == (35, 15)
    weight = options.pop("sample_weight", None)
    validation = [X[held], CODES[held]] + ([] if weight is None else [weight[held]])
    given = options | ({} if weight is None else {"sample_weight": weight[train]})
    other = copied.fit(X[train], CODES[train], validation_data=validation, epochs=3, verbose=0, **given)
    assert history.history == other.history
    assert same(split, copied)


def test_a_split_run_goes_on_from_a_checkpoint_and_knows_its_rows(tmp_path):
    path = tmp_path / "run.safetensors"
    whole, first = noisy(), noisy()
    whole.fit(X, Y, validation_split=0.3, epochs=4, verbose=0)
    first.fit(X, Y, validation_split=0.3, epochs=2, verbose=0, callbacks=[ModelCheckpoint(path)])
    again = noisy()
    again.fit(X, Y, validation_split=0.3, epochs=4, verbose=0, callbacks=[ModelCheckpoint(path)], resume_from=path)
    assert same(whole, again)
    with pytest.raises(StateError, match="another run"):
        noisy().fit(X[::-1], Y[::-1], validation_split=0.3, epochs=4, verbose=0, resume_from=path)


@pytest.mark.parametrize("engine", ["auto", "python"])
def test_only_the_rows_held_out_are_copied(engine):
    x = np.ones((20_000, 200), np.float32)
    y = np.zeros(len(x), np.float32)
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse", engine=engine)
    model.train_on_batch(x[:10], y[:10])
    tracemalloc.start()
    try:
        model.fit(x, y, validation_split=0.1, batch_size=1000, verbose=0)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert 0.1 * x.nbytes < peak < 0.3 * x.nbytes


def test_a_memory_map_is_split_where_it_lies(tmp_path):
    np.save(tmp_path / "x.npy", X)
    seen = []

    class Spy(NativeEngine):
        def run(self, task, position, data, *arguments, **options):
            seen.append(data.x)
            return super().run(task, position, data, *arguments, **options)

    model = network()
    model._ready(X, "fit")
    model._engine = Spy()
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    model.fit(mapped, Y, validation_split=0.3, verbose=0)
    assert all(np.shares_memory(x, mapped) for x in seen)
    assert seen


def test_validation_split_keeps_weights_with_their_rows():
    weights = generator(1, "check").uniform(0, 3, 50)
    model = still()
    _, held = model._split(model._rows(X, Y, weights, "fit")[1], 0.3)
    history = still().fit(X, Y, sample_weight=weights, validation_split=0.3, verbose=0)
    values = (model.predict(held.x)[:, 0] - held.y[:, 0]) ** 2
    np.testing.assert_allclose(history.history["val_loss"], [np.mean(values * held.weight)], rtol=ROUNDING)


def test_validation_data_with_weights():
    weights = generator(1, "check").uniform(0, 3, 20)
    model = still(metrics=["mae"], weighted_metrics=["mae"])
    history = model.fit(X, Y, validation_data=(X[:20], Y[:20], weights), verbose=0)
    errors = model.predict(X[:20])[:, 0] - Y[:20]
    np.testing.assert_allclose(history.history["val_loss"], [np.mean(errors**2 * weights)], rtol=ROUNDING)
    expected = np.sum(np.abs(errors) * weights) / weights.sum()
    np.testing.assert_allclose(history.history["val_weighted_mae"], [expected], rtol=ROUNDING)
    np.testing.assert_allclose(history.history["val_mae"], [np.abs(errors).mean()], rtol=ROUNDING)


def test_validation_is_after_the_epoch_and_moves_nothing():
    model = noisy()
    history = model.fit(X, Y, validation_data=(X, Y), epochs=2, verbose=0)
    assert history.history["val_loss"][-1] == model.evaluate(X, Y)
    other = noisy()
    other.fit(X, Y, epochs=2, verbose=0)
    assert same(model, other)


def test_a_validation_that_overflows_shows_in_its_loss():
    history = network(dtype="float32").fit(X, Y, validation_data=(X, 1e25 * Y), verbose=0)
    assert history.history["val_loss"] == [np.inf]


def test_validation_freq_and_batch_size():
    history = network().fit(
        X, Y, validation_data=(X, Y), validation_freq=2, validation_batch_size=7, epochs=5, verbose=0
    )
    missing = np.isnan(history.history["val_loss"]).tolist()
    assert missing == [True, False, True, False, True]
    assert history.best_epoch in (1, 3)
