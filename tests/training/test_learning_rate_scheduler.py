"""LearningRateScheduler sets the rate of each epoch, as Keras's does."""

import numpy as np
import pytest

from chainrule.callbacks import LambdaCallback, LearningRateScheduler
from chainrule.errors import ArgumentError
from chainrule.optimizers import SGD, Adam
from chainrule.optimizers.schedules import Constant, StepDecay
from tests.training.networks import X, Y, network, same


def rates_of(schedule, **options):
    model, rates = network(optimizer=SGD(0.1)), []
    note = LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(model.optimizer.learning_rate))
    model.fit(X, Y, epochs=4, callbacks=[LearningRateScheduler(schedule, **options), note], verbose=0)
    return rates


@pytest.mark.parametrize(
    "schedule",
    [
        lambda epoch, rate: rate / 2 if epoch else rate,
        lambda epoch: 0.1 / 2**epoch,
        lambda epoch: np.float32(0.1) / np.float32(2) ** epoch,
        StepDecay(0.1, step_size=1, gamma=0.5),
    ],
    ids=["epoch and rate", "epoch", "a number of NumPy", "a Schedule over epochs"],
)
def test_the_rate_of_every_epoch(schedule):
    assert rates_of(schedule) == pytest.approx([0.1, 0.05, 0.025, 0.0125])


def test_training_is_that_of_a_schedule_over_the_steps():
    model = network(optimizer=SGD(0.1))
    model.fit(X, Y, batch_size=10, epochs=3, callbacks=[LearningRateScheduler(lambda e: 0.1 * 0.5**e)], verbose=0)
    other = network(optimizer=SGD(StepDecay(0.1, step_size=5, gamma=0.5)))
    other.fit(X, Y, batch_size=10, epochs=3, verbose=0)
    assert same(model, other)


def test_verbose_says_the_rate(capsys):
    rates_of(lambda epoch, rate: rate, verbose=1)
    assert capsys.readouterr().out.splitlines()[1] == "epoch 2: learning rate 0.1"


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        (lambda epoch: None, "what schedule returns must be a number > 0, got None"),
        (lambda epoch: -0.1, "what schedule returns must be a number > 0, got -0.1"),
        (lambda epoch: Constant(0.1), "schedule must return a number, got Constant"),
        (0.1, "schedule must be a function of the epoch and the rate, got 0.1"),
    ],
)
def test_a_rate_that_is_none(schedule, message):
    with pytest.raises(ArgumentError, match=f"LearningRateScheduler: {message}"):
        rates_of(schedule)


def test_an_error_of_the_function_itself_comes_through():
    def wrong(epoch, rate):
        raise TypeError("mine")

    with pytest.raises(TypeError, match="mine"):
        rates_of(wrong)


def test_a_schedule_of_the_optimizer_is_refused():
    model = network(optimizer=Adam(Constant(0.1)))
    with pytest.raises(ArgumentError, match="LearningRateScheduler sets the learning rate itself, but the optimizer"):
        model.fit(X, Y, callbacks=[LearningRateScheduler(lambda epoch: 0.1)], verbose=0)
