"""EarlyStopping: Keras 3's decisions over a table of sequences, and the weights that are held afterwards.

Golden values: keras_golden.json, written by keras_golden.py.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from chainrule import Sequential, ops
from chainrule.callbacks import Callback, EarlyStopping, LambdaCallback
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.layers import BatchNormalization, Dense, Input
from chainrule.metrics import FunctionMetric
from chainrule.training.callbacks import Run
from chainrule.training.history import History

GOLDEN = json.loads(Path(__file__).with_name("keras_golden.json").read_text())
X = np.array([[0.0], [1.0], [2.0], [3.0]])
Y = np.array([0.0, 1.0, 1.0, 0.0])
NAN = float("nan")


class Counter:
    """A model whose weights count the epochs."""

    weights = -1

    def snapshot(self):
        return self.weights

    def restore(self, weights):
        self.weights = weights


def drive(values, **options):
    """Give the callback a sequence of val_loss; return how many epochs it took, whether it stopped, what is held."""
    callback = EarlyStopping(restore_best_weights=True, **options)
    model, history = Counter(), History({})
    callback.set_run(Run(model, {"validation_rows": 1}, history, {}))
    callback.on_train_begin()
    stop = None
    for epochs, value in enumerate(values, start=1):
        model.weights = history.weights_epoch = epochs - 1
        stop = callback.on_epoch_end(epochs - 1, {"loss": 0.0, "val_loss": value})
        if stop:
            break
    callback.on_train_end()
    assert history.weights_epoch == model.weights
    return {"epochs": epochs, "stopped": stop is not None, "weights_epoch": model.weights}


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: "-".join(str(v) for v in case["options"].values()))
def test_decisions_are_kerass(case):
    for sequence, expected in zip(GOLDEN["sequences"], case["results"], strict=True):
        assert drive(sequence, **case["options"]) == expected, sequence


def test_nan_is_never_the_best():
    """Unlike Keras, where a first NaN is the best for ever."""
    assert drive([NAN, 0.5, 0.6, 0.7], patience=2) == {"epochs": 4, "stopped": True, "weights_epoch": 1}
    assert drive([0.5, NAN, NAN], patience=2) == {"epochs": 3, "stopped": True, "weights_epoch": 0}
    assert drive([NAN, NAN], patience=2) == {"epochs": 2, "stopped": True, "weights_epoch": 1}


def network(metrics=None):
    model = Sequential(
        [Input((1,)), Dense(4, activation="tanh"), BatchNormalization(), Dense(1, activation="sigmoid")], seed=1
    )
    model.compile("adam", "bce", metrics=metrics)
    return model


class Script(Callback):
    """Gives the epochs a val_loss of its own, and keeps the weights of each."""

    def __init__(self, values):
        self.values, self.weights = values, []

    def on_epoch_end(self, epoch, logs):
        logs["val_loss"] = self.values[epoch]
        self.weights.append(self.model.get_weights())


@pytest.mark.parametrize("restore", [True, False])
def test_best_weights_are_restored_exactly(restore):
    model = network()
    script = Script([0.9, 0.5, 0.7, 0.8, 0.1])
    stopping = EarlyStopping(patience=2, restore_best_weights=restore)
    history = model.fit(X, Y, epochs=5, validation_data=(X, Y), callbacks=[script, stopping], verbose=0)
    assert history.stopped_by == "early stopping: val_loss has not improved for 2 epochs"
    assert history.epoch == [0, 1, 2, 3]
    assert history.weights_epoch == (1 if restore else 3)
    for held, expected in zip(model.get_weights(), script.weights[1 if restore else 3], strict=True):
        np.testing.assert_array_equal(held, expected)  # moving averages included
    assert stopping.best_epoch == 1


def test_best_weights_are_restored_also_when_all_epochs_ran():
    model = network()
    script = Script([0.9, 0.5, 0.7])
    stopping = EarlyStopping(patience=5, restore_best_weights=True)
    history = model.fit(X, Y, epochs=3, validation_data=(X, Y), callbacks=[script, stopping], verbose=0)
    assert (history.weights_epoch, history.stopped_by) == (1, "all epochs done")
    for held, expected in zip(model.get_weights(), script.weights[1], strict=True):
        np.testing.assert_array_equal(held, expected)


def test_evaluate_gives_the_best_loss_again():
    model = network()
    history = model.fit(
        X, Y, epochs=30, validation_data=(X, 1 - Y), callbacks=[EarlyStopping(restore_best_weights=True)], verbose=0
    )
    assert model.evaluate(X, 1 - Y) == min(history.history["val_loss"])
    assert history.weights_epoch == history.best_epoch


@pytest.mark.parametrize(
    ("metric", "mode", "larger"),
    [
        ("accuracy", "auto", True),
        ("roc_auc", "auto", True),
        ("mae", "auto", False),
        ("log_loss", "auto", False),
        ("accuracy", "min", False),
        ("mae", "max", True),
    ],
)
def test_mode(metric, mode, larger):
    model = network(metrics=[metric])
    stopping = EarlyStopping(monitor=f"val_{metric}", mode=mode, patience=3)
    values = iter([0.5, 0.6, 0.4, 0.55, 0.45, 0.5])
    script = LambdaCallback(on_epoch_end=lambda epoch, logs: logs.update({f"val_{metric}": next(values)}))
    model.fit(X, Y, epochs=5, validation_data=(X, Y), callbacks=[script, stopping], verbose=0)
    assert stopping.best == (0.6 if larger else 0.4)


def test_mode_of_an_unknown_metric_must_be_said():
    def strange(y_true, y_pred):
        return np.zeros(len(y_true))

    model = network(metrics=[strange])
    with pytest.raises(
        ArgumentError, match="EarlyStopping can't know whether more strange is better; say mode='min' or"
    ):
        model.fit(X, Y, callbacks=[EarlyStopping("strange")], verbose=0)
    model.fit(X, Y, callbacks=[EarlyStopping("strange", mode="min")], verbose=0)
    known = network(metrics=[FunctionMetric(strange, larger_is_better=True)])
    known.fit(X, Y, callbacks=[EarlyStopping("strange")], verbose=0)


@pytest.mark.parametrize(
    ("monitor", "validation", "message"),
    [
        (
            "val_loss",
            {},
            "EarlyStopping monitors 'val_loss', which is not measured; give fit validation_split or validation_data",
        ),
        (
            "val_los",
            {"validation_data": (X, Y)},
            "EarlyStopping monitors 'val_los', which is not measured; did you mean 'val_loss'?",
        ),
        ("acc", {}, "EarlyStopping monitors 'acc', which is not measured; expected one of loss"),
    ],
)
def test_unknown_monitor(monitor, validation, message):
    with pytest.raises(UnknownNameError) as raised:
        network().fit(X, Y, callbacks=[EarlyStopping(monitor)], verbose=0, **validation)
    assert str(raised.value) == message


def test_epochs_without_validation_are_passed_over():
    model = network()
    stopping = EarlyStopping(patience=50, restore_best_weights=True)
    history = model.fit(X, Y, epochs=6, validation_data=(X, Y), validation_freq=3, callbacks=[stopping], verbose=0)
    assert len(history.epoch) == 6
    assert stopping.best_epoch in (2, 5)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "up"}, "mode must be 'auto', 'min' or 'max', got 'up'"),
        ({"monitor": 3}, "monitor must be the name of a quantity, such as 'val_loss', got 3"),
        ({"min_delta": "a"}, "min_delta must be a number, got 'a'"),
        ({"baseline": "a"}, "baseline must be a number, got 'a'"),
        ({"patience": -1}, "patience must be an integer >= 0, got -1"),
        ({"patience": 1.5}, "patience must be an integer >= 0, got 1.5"),
        ({"start_from_epoch": -1}, "start_from_epoch must be an integer >= 0, got -1"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ArgumentError) as raised:
        EarlyStopping(**options)
    assert str(raised.value) == message


def test_verbose_says_what_is_held(capsys):
    model = network()
    stopping = EarlyStopping("loss", verbose=1, restore_best_weights=True)
    history = model.fit(X, Y, epochs=2, callbacks=[stopping], verbose=0)
    best = min(history.history["loss"])
    assert capsys.readouterr().out == f"loss was best in epoch 2: {best:.6g}; its weights are restored\n"


def test_one_epoch_is_no_plural():
    script = Script([0.5, 0.6])
    history = network().fit(
        X, Y, epochs=5, validation_data=(X, Y), callbacks=[script, EarlyStopping(patience=1)], verbose=0
    )
    assert history.stopped_by == "early stopping: val_loss has not improved for 1 epoch"


def test_restored_weights_are_those_of_the_snapshot_not_views():
    model = network()
    model.predict(X)
    snapshot = model.snapshot()
    before = model.get_weights()
    model.compile("adam", lambda y, f: ops.square(y - f))
    model.fit(X, Y, epochs=3, verbose=0)
    model.restore(snapshot)
    for held, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(held, expected)
