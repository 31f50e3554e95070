"""ReduceLROnPlateau does what Keras's does. Golden values: plateau_golden.json, written by plateau_golden.py."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from chainrule.callbacks import History, LambdaCallback, ReduceLROnPlateau, Run
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.optimizers import SGD, Adam
from chainrule.optimizers.schedules import CosineDecay
from tests.training.networks import X, Y, network, still

GOLDEN = json.loads(Path(__file__).with_name("plateau_golden.json").read_text())


def along(curve, callback, rate=0.1):
    """Call a callback with one value of its quantity an epoch; return the rate after each."""
    optimizer = SGD(rate)
    larger = {"accuracy": True, "odd": None}
    run = Run(SimpleNamespace(optimizer=optimizer), {"validation_rows": 1}, History({}), larger)
    callback.set_run(run)
    callback.on_train_begin()
    rates = []
    for epoch, value in enumerate(curve):
        assert callback.on_epoch_end(epoch, {callback.monitor: value}) is None
        rates.append(optimizer.learning_rate)
    return rates


@pytest.mark.parametrize("case", GOLDEN["cases"], ids=lambda case: "-".join(map(str, case["arguments"].values())))
def test_rates_are_keras(case):
    assert along(case["curve"], ReduceLROnPlateau(**case["arguments"])) == case["rates"]


def test_auto_knows_that_more_accuracy_is_better():
    case = next(case for case in GOLDEN["cases"] if case["arguments"].get("mode") == "max")
    assert along(case["curve"], ReduceLROnPlateau(**case["arguments"] | {"mode": "auto"})) == case["rates"]


@pytest.mark.parametrize("engine", ["native", "python"])
def test_a_smaller_rate_counts_from_the_next_epoch_on(engine):
    """Epochs with a rate set by the callback equal epochs of fits that were compiled with that rate."""
    plateau = ReduceLROnPlateau("loss", factor=0.5, patience=1, min_delta=1e9)
    rates = []
    note = LambdaCallback(on_epoch_begin=lambda epoch, logs: rates.append(model.optimizer.learning_rate))
    model = network(optimizer=SGD(0.1), engine=engine)
    model.fit(X, Y, epochs=4, callbacks=[plateau, note], verbose=0)
    assert rates == [0.1, 0.1, 0.05, 0.025]
    other = network(optimizer=SGD(0.1), engine=engine)
    for rate in rates:
        other.optimizer.learning_rate = rate
        other.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.parameters.values, other.parameters.values)


def test_each_fit_starts_afresh_from_the_rate_there_is():
    plateau, model = ReduceLROnPlateau("loss", factor=0.5, patience=2), still()
    for _ in range(2):
        model.fit(X, Y, epochs=3, callbacks=[plateau], verbose=0)
    assert model.optimizer.learning_rate == 0.01 / 4


def test_verbose_says_what_was_reduced(capsys):
    along([1.0, 1.0], ReduceLROnPlateau("loss", patience=1, verbose=1))
    assert capsys.readouterr().out == "epoch 2: learning rate 0.1 -> 0.01: loss has not improved\n"


def test_epochs_without_validation_are_not_counted():
    plateau, model = ReduceLROnPlateau(factor=0.5, patience=1), still()
    model.fit(X, Y, epochs=4, validation_data=(X, Y), validation_freq=2, callbacks=plateau, verbose=0)
    assert model.optimizer.learning_rate == 0.005


def test_its_state_goes_on():
    curve, arguments = GOLDEN["cases"][3]["curve"], GOLDEN["cases"][3]["arguments"]
    first, second = ReduceLROnPlateau(**arguments), ReduceLROnPlateau(**arguments)
    rates = along(curve[:5], first)
    begin = second.on_train_begin
    second.on_train_begin = lambda: (begin(), second.set_state(first.get_state()))
    assert [*rates, *along(curve[5:], second, rates[-1])] == GOLDEN["cases"][3]["rates"]


def test_a_schedule_is_refused_before_the_first_epoch():
    model = network(optimizer=Adam(CosineDecay(0.1, 100)))
    before = model.get_weights()
    message = "ReduceLROnPlateau sets the learning rate itself, but the optimizer has the schedule CosineDecay"
    with pytest.raises(ArgumentError, match=message):
        model.fit(X, Y, callbacks=[ReduceLROnPlateau("loss")], verbose=0)
    assert all(np.array_equal(a, b) for a, b in zip(before, model.get_weights(), strict=True))


def test_what_is_not_measured():
    with pytest.raises(UnknownNameError, match="ReduceLROnPlateau monitors 'val_loss', which is not measured"):
        network().fit(X, Y, callbacks=[ReduceLROnPlateau()], verbose=0)
    with pytest.raises(ArgumentError, match="ReduceLROnPlateau can't know whether more odd is better"):
        along([1.0], ReduceLROnPlateau("odd"))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"factor": 1.0}, r"factor must be a number in \[0, 1\), got 1.0"),
        ({"factor": 0}, r"factor must be in \(0, 1\), got 0"),
        ({"patience": -1}, "patience"),
        ({"cooldown": 0.5}, "cooldown"),
        ({"min_delta": -1}, "min_delta must be a number >= 0, got -1"),
        ({"min_lr": -1}, "min_lr must be a number >= 0, got -1"),
        ({"mode": "less"}, "mode must be 'auto', 'min' or 'max', got 'less'"),
    ],
)
def test_arguments_outside_their_range(arguments, message):
    with pytest.raises(ArgumentError, match=message):
        ReduceLROnPlateau(**arguments)
