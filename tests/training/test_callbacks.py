"""Callbacks: which hooks run when and with what, stopping, and what survives an exception."""

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import Callback, EarlyStopping, LambdaCallback, Stop
from chainrule.errors import ArgumentError
from chainrule.layers import Dense, Input
from chainrule.random import generator
from chainrule.training.progress import PlainProgress

X = generator(0, "check").normal(size=(10, 2))
Y = X @ [1.0, -1.0]


def network(**options):
    model = Sequential([Input((2,)), Dense(3, activation="tanh"), Dense(1)], dtype="float64", seed=0)
    model.compile("adam", "mse", **options)
    return model


class Recorder(Callback):
    """Writes down every hook with what it is given."""

    def __init__(self, batches=True):
        self.batches = batches
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append(("train begins", dict(logs)))

    def on_train_end(self, logs=None):
        self.seen.append(("train ends", dict(logs)))

    def on_epoch_begin(self, epoch, logs=None):
        self.seen.append((f"epoch {epoch} begins", dict(logs)))

    def on_epoch_end(self, epoch, logs):
        self.seen.append((f"epoch {epoch} ends", dict(logs)))

    def on_train_batch_begin(self, batch, logs=None):
        self.seen.append((f"batch {batch} begins", dict(logs)))

    def on_train_batch_end(self, batch, logs):
        self.seen.append((f"batch {batch} ends", dict(logs)))


def test_order_and_logs():
    recorder = Recorder()
    history = network(metrics=["mae"]).fit(
        X, Y, batch_size=5, epochs=2, validation_data=(X, Y), callbacks=[recorder], verbose=0
    )
    assert [name for name, _ in recorder.seen] == [
        "train begins",
        "epoch 0 begins",
        "batch 0 begins",
        "batch 0 ends",
        "batch 1 begins",
        "batch 1 ends",
        "epoch 0 ends",
        "epoch 1 begins",
        "batch 0 begins",
        "batch 0 ends",
        "batch 1 begins",
        "batch 1 ends",
        "epoch 1 ends",
        "train ends",
    ]
    logs = dict(recorder.seen)
    assert list(logs["epoch 1 ends"]) == ["loss", "mae", "val_loss", "val_mae"]
    assert logs["epoch 1 ends"] == {name: values[1] for name, values in history.history.items()}
    assert list(logs["batch 0 ends"]) == ["loss", "mae"]
    last_batch = [values for name, values in recorder.seen if name == "batch 1 ends"][-1]
    assert last_batch["loss"] == history.history["loss"][-1]  # the running mean of the epoch


def test_what_the_callback_sees_of_the_run():
    seen = {}

    class Look(Callback):
        def on_train_begin(self, logs=None):
            seen.update(self.params)
            seen["model"] = self.model
            with pytest.raises(TypeError):
                self.params["epochs"] = 3  # a view, to be read only

    model = network()
    model.fit(X, Y, batch_size=4, epochs=2, validation_split=0.2, callbacks=[Look()], verbose=0)
    assert seen == {
        "epochs": 2,
        "steps": 2,
        "batch_size": 4,
        "seed": 0,
        "engine": model._engine.name,
        "rows": 8,
        "validation_rows": 2,
        "model": model,
    }


def test_batch_hooks_change_nothing():
    a, b = network(), network()
    a.fit(X, Y, batch_size=3, epochs=3, verbose=0)
    b.fit(X, Y, batch_size=3, epochs=3, callbacks=[Recorder()], verbose=0)
    for v, w in zip(a.get_weights(), b.get_weights(), strict=True):
        np.testing.assert_array_equal(v, w)
    assert a.history.history == b.history.history


def test_one_range_of_steps_unless_somebody_follows_batches():
    model = network()
    model.fit(X, Y, batch_size=5, verbose=0)  # chooses the engine
    ranges = []
    run = model._engine.run

    def spy(*arguments, **options):
        ranges.append(arguments[-2:])
        return run(*arguments, **options)

    model._engine.run = spy
    model.fit(X, Y, batch_size=5, callbacks=[LambdaCallback(on_epoch_end=print)][:0], verbose=0)
    assert ranges == [(0, 2)]
    ranges.clear()
    model.fit(X, Y, batch_size=5, callbacks=[LambdaCallback(on_train_batch_end=lambda batch, logs: None)], verbose=0)
    assert ranges == [(0, 1), (1, 2)]


def stop_in_epoch(n):
    return LambdaCallback(on_epoch_end=lambda epoch, logs: Stop("enough") if epoch == n else None)


def test_stop():
    recorder = Recorder()
    history = network().fit(X, Y, epochs=9, callbacks=[stop_in_epoch(2), recorder], verbose=0)
    assert history.stopped_by == "enough"
    assert history.epoch == [0, 1, 2]
    assert history.weights_epoch == 2
    assert [name for name, _ in recorder.seen][-2:] == ["epoch 2 ends", "train ends"]  # later callbacks hear of it


def test_the_first_stop_counts():
    second = LambdaCallback(on_epoch_end=lambda epoch, logs: Stop("second"))
    assert network().fit(X, Y, epochs=9, callbacks=[stop_in_epoch(0), second], verbose=0).stopped_by == "enough"


def test_stop_in_a_batch():
    stop = LambdaCallback(on_train_batch_end=lambda batch, logs: Stop("one is enough") if batch == 1 else None)
    history = network().fit(X, Y, epochs=9, batch_size=2, callbacks=[stop], verbose=0)
    assert history.stopped_by == "one is enough"
    assert history.examples == 4
    assert history.epoch == [0]


@pytest.mark.parametrize("hook", ["on_epoch_end", "on_train_batch_end"])
def test_stop_training_as_in_keras(hook):
    class Old(Callback):
        pass

    def stop(self, number, logs):
        self.model.stop_training = True

    setattr(Old, hook, stop)
    model = network()
    history = model.fit(X, Y, epochs=9, callbacks=[Old()], verbose=0)
    assert (history.epoch, history.stopped_by) == ([0], "stop_training was set")
    assert len(model.fit(X, Y, epochs=2, verbose=0).epoch) == 2  # the next fit starts afresh


def test_all_epochs_done():
    assert network().fit(X, Y, verbose=0).stopped_by == "all epochs done"


@pytest.mark.parametrize("error", [ValueError("a slip"), KeyboardInterrupt()], ids=["exception", "interrupt"])
@pytest.mark.parametrize("hook", ["on_epoch_end", "on_train_batch_end"])
def test_an_exception_loses_nothing(error, hook):
    def fail(number, logs):
        if model.history.epoch == [0, 1] or (hook == "on_train_batch_end" and model.history.epoch == [0]):
            raise error

    recorder = Recorder()
    model, other = network(), network()
    keep = EarlyStopping(monitor="loss", patience=9, restore_best_weights=True)
    with pytest.raises(type(error)):
        model.fit(X, Y, epochs=5, callbacks=[recorder, keep, LambdaCallback(**{hook: fail})], verbose=0)
    epochs = 2 if hook == "on_epoch_end" else 1
    other.fit(X, Y, epochs=epochs, verbose=0)
    for v, w in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(v, w)
    assert model.history.epoch == list(range(epochs))
    assert model.history.history == other.history.history
    assert model.history.weights_epoch == epochs - 1
    said = "interrupted" if isinstance(error, KeyboardInterrupt) else "an error: ValueError('a slip')"
    assert model.history.stopped_by == said
    assert model.history.seconds > 0
    assert recorder.seen[-1][0] == "train ends"
    model.fit(X, Y, epochs=1, verbose=0)  # and training can go on


def test_every_callback_hears_of_the_end_also_after_an_exception():
    def fail(logs):
        raise ValueError("in on_train_end")

    recorder = Recorder()
    with pytest.raises(ValueError, match="in on_train_end"):
        network().fit(X, Y, callbacks=[LambdaCallback(on_train_end=fail), recorder], verbose=0)
    assert recorder.seen[-1][0] == "train ends"


@pytest.mark.parametrize("error", [ValueError("a slip"), KeyboardInterrupt()], ids=["exception", "interrupt"])
def test_those_that_have_begun_end_where_another_can_not_begin(error):
    def fail(logs):
        raise error

    first, last = Recorder(), Recorder()
    keep = EarlyStopping(monitor="loss", restore_best_weights=True)
    with pytest.raises(type(error)):
        network().fit(X, Y, callbacks=[first, keep, LambdaCallback(on_train_begin=fail), last], verbose=0)
    assert [name for name, *_ in first.seen] == ["train begins", "train ends"]
    assert last.seen == []


def test_lambda_callback():
    calls = []
    hooks = {
        hook: (lambda *arguments, hook=hook: calls.append((hook, arguments[:-1]))) for hook in LambdaCallback.HOOKS
    }
    network().fit(X, Y, batch_size=10, callbacks=[LambdaCallback(**hooks)], verbose=0)
    assert calls == [
        ("on_train_begin", ()),
        ("on_epoch_begin", (0,)),
        ("on_train_batch_begin", (0,)),
        ("on_train_batch_end", (0,)),
        ("on_epoch_end", (0,)),
        ("on_pause", (0, 1)),
        ("on_train_end", ()),
    ]


def test_a_single_callback_needs_no_list():
    assert network().fit(X, Y, epochs=5, callbacks=stop_in_epoch(1), verbose=0).epoch == [0, 1]


def test_the_learning_rate_can_be_set_between_epochs():
    model = network()

    def halve(epoch, logs):
        model.optimizer.learning_rate = 0.5 * model.optimizer.learning_rate

    model.fit(X, Y, epochs=3, callbacks=[LambdaCallback(on_epoch_end=halve)], verbose=0)
    assert model.optimizer.learning_rate == 0.001 / 8


@pytest.mark.parametrize(
    ("callbacks", "message"),
    [
        ([EarlyStopping], "callbacks expects Callback objects, got <class"),
        ([lambda epoch, logs: None], "callbacks expects Callback objects, got <function"),
    ],
)
def test_no_callbacks(callbacks, message):
    with pytest.raises(ArgumentError, match=message) as raised:
        network().fit(X, Y, callbacks=callbacks, verbose=0)
    assert callbacks[0] is not EarlyStopping or str(raised.value).endswith("; write EarlyStopping()")


def test_lambda_callback_takes_functions_only():
    with pytest.raises(ArgumentError, match="on_epoch_end must be a function, got 3"):
        LambdaCallback(on_epoch_end=3)


def test_a_callback_can_be_used_again():
    stopping = EarlyStopping(monitor="loss", patience=2)
    model = network()
    first = model.fit(X, Y, epochs=4, callbacks=[stopping], verbose=0)
    second = model.fit(X, Y, epochs=4, callbacks=[stopping, PlainProgress()][:1], verbose=0)
    assert (len(first.epoch), len(second.epoch)) == (4, 4)
