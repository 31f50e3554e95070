"""Schedules of a training on a table: where each begins, has its peak and ends."""

import numpy as np
import pytest

import chainrule
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.estimators.network import Options
from chainrule.estimators.rate_schedule import SCHEDULES, check_schedule, make_schedule
from chainrule.optimizers.schedules import CosineDecay, ExponentialDecay

ENDS = {
    "constant": (0.1, 0.1),
    "cosine": (0.01, 0.0),
    "cosine_restarts": (0.01, 0.0),
    "exponential": (0.01, 0.001),
    "inverse_time": (0.01, 0.001),
    "linear": (0.01, 0.0),
    "one_cycle": (0.004, 0.0),
    "step": (0.01, 0.001),
}


def test_every_schedule_is_looked_at():
    assert set(ENDS) == set(SCHEDULES)


@pytest.mark.parametrize("name", SCHEDULES)
def test_begin_peak_and_end(name):
    rates = make_schedule(name, 0.1, 100)(np.arange(100))
    begin, end = ENDS[name]
    assert rates[0] == pytest.approx(begin)
    assert rates.max() == pytest.approx(0.1, rel=1e-3)
    assert rates[-1] == pytest.approx(end, abs=1.2e-3)
    assert (rates > 0).all()


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 5, 19])
def test_few_steps_have_finite_rates_up_to_the_peak(name, steps):
    rates = make_schedule(name, 0.1, steps)(np.arange(steps))
    assert np.isfinite(rates).all()
    assert rates.max() <= 0.1 * (1 + 1e-9)
    assert rates[0] > 0


def test_restarts_come_twice_each_period_longer():
    rates = make_schedule("cosine_restarts", 0.1, 780)(np.arange(780))  # 78 of warm-up, then 702 = 7 x 100.3
    rises = 79 + np.flatnonzero(np.diff(rates[78:]) > 0)
    assert rises.tolist() == [179, 379]


def test_step_falls_to_a_tenth_twice():
    rates = make_schedule("step", 0.1, 1000)(np.arange(100, 1000))
    assert np.unique(rates).tolist() == pytest.approx([0.001, 0.01, 0.1])
    assert [int((rates > limit).sum()) for limit in (0.05, 0.005)] == [451, 676]


def test_cosine_is_the_default_as_it_was():
    rate = Options(learning_rate=0.1, epochs=10, batch_size=10).make_optimizer("regression", 100).learning_rate
    assert repr(rate) == repr(CosineDecay(0.01, 90, warmup_target=0.1, warmup_steps=10))


def test_a_dash_is_an_underscore_and_others_are_refused():
    assert Options(schedule="one-cycle").schedule == "one_cycle"
    assert check_schedule("inverse-time") == "inverse_time"
    with pytest.raises(UnknownNameError, match="unknown schedule 'cosin'; did you mean 'cosine'"):
        Options(schedule="cosin")


def test_a_schedule_of_ones_own_is_taken_as_it_is():
    own = ExponentialDecay(0.05, 10, 0.5)
    options = Options(schedule=own, epochs=10, batch_size=10)
    assert options.make_optimizer("regression", 100).learning_rate is own
    assert (
        options.as_dict()["schedule"] == "ExponentialDecay(initial_learning_rate=0.05, decay_steps=10, decay_rate=0.5)"
    )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"schedule": CosineDecay(0.1, 10), "learning_rate": 0.1},
            "itself; leave learning_rate=0.1 out",
        ),
        ({"schedule": 0.1}, "schedule must be one of constant, cosine, .*, or a Schedule, got 0.1"),
        ({"schedule": None}, "or a Schedule, got None"),
        ({"schedule": CosineDecay}, "or a Schedule, got <class"),
    ],
)
def test_what_is_no_schedule_is_refused(settings, message):
    with pytest.raises(ArgumentError, match=message):
        Options(**settings)


def test_training_follows_and_records_it():
    data = {"x": list(range(60)), "y": [2.0 * x for x in range(60)]}
    models = {name: chainrule.train(data, target="y", epochs=5, schedule=name) for name in ("constant", "one_cycle")}
    assert models["one_cycle"].report.settings["schedule"] == "one_cycle"
    losses = {name: model.network.history.history["loss"] for name, model in models.items()}
    assert losses["constant"] != losses["one_cycle"]
