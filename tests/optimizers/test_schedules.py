"""Schedules that Keras has not, and what all have in common. Golden values: torch_golden.json, by torch_golden.py."""

import json
from pathlib import Path

import numpy as np
import pytest

import chainrule
from chainrule.errors import ArgumentError
from chainrule.layers import Dense
from chainrule.optimizers import SGD, schedules
from chainrule.optimizers.schedules import (
    CosineDecay,
    CosineDecayRestarts,
    ExponentialDecay,
    OneCycle,
    SequentialSchedule,
    StepDecay,
    WarmUp,
)

GOLDEN = json.loads(Path(__file__).with_name("torch_golden.json").read_text())
ROUNDING = 1e-12  # PyTorch multiplies step by step

EXAMPLES = [
    schedules.Constant(0.1),
    ExponentialDecay(0.1, 7, 0.5),
    schedules.InverseTimeDecay(0.1, 7, 0.5),
    schedules.PolynomialDecay(0.1, 7, cycle=True),
    CosineDecay(0.1, 7, warmup_target=0.2, warmup_steps=3),
    CosineDecayRestarts(0.1, 7),
    schedules.PiecewiseConstantDecay([3], [0.1, 0.2]),
    StepDecay(0.1, 7),
    OneCycle(0.1, 20),
    SequentialSchedule([0.1, StepDecay(0.2, 2)], [5]),
    WarmUp(CosineDecay(0.1, 7), 4),
]
every = pytest.mark.parametrize("schedule", EXAMPLES, ids=lambda schedule: type(schedule).__name__)


def test_every_schedule_is_here():
    assert {type(example).__name__ for example in EXAMPLES} == set(schedules.__all__) - {"Schedule"}


@pytest.mark.parametrize("case", GOLDEN["schedules"], ids=lambda case: "-".join([case["name"], *case["arguments"]]))
def test_schedule_is_pytorchs(case):
    schedule = getattr(schedules, case["name"])(**case["arguments"])
    np.testing.assert_allclose(schedule(np.arange(len(case["rates"]))), case["rates"], rtol=ROUNDING, atol=1e-16)


def test_composition_is_pytorchs_sequential():
    golden = GOLDEN["composed"]
    fall = StepDecay(golden["rate"], golden["step_size"], golden["gamma"])
    to_zero = schedules.PolynomialDecay(golden["rate"], 5, end_learning_rate=0.0)
    schedule = SequentialSchedule(
        [WarmUp(fall, golden["warmup_steps"], golden["start_factor"]), to_zero], [golden["milestone"]]
    )
    np.testing.assert_allclose(schedule(np.arange(24)), golden["rates"], rtol=1e-9, atol=1e-16)


@every
def test_a_schedule_is_a_pure_function_of_each_step(schedule):
    steps = np.array([[0, 3, 30], [7, 8, 1]])
    rates = schedule(steps)
    assert rates.shape == (2, 3)
    assert rates.dtype == np.float64
    assert np.isfinite(rates).all()
    assert [float(schedule(int(step))) for step in steps.ravel()] == pytest.approx(rates.ravel().tolist(), rel=1e-14)
    np.testing.assert_array_equal(schedule(steps), rates)


@every
def test_a_model_file_keeps_the_schedule(schedule, tmp_path):
    model = chainrule.Sequential([Dense(1)], seed=0)
    model.compile(SGD(schedule), "mse")
    model.fit([[1.0]], [1.0], verbose=0)
    model.save(tmp_path / "model.safetensors")
    kept = chainrule.load(tmp_path / "model.safetensors").optimizer.learning_rate
    assert repr(kept) == repr(schedule)
    np.testing.assert_array_equal(kept(np.arange(30)), schedule(np.arange(30)))


@pytest.mark.parametrize("periods", [3.0, 1.1])
def test_restarts_come_at_their_step_however_late(periods):
    """A logarithm of exact powers can come out just below a whole number; the rate is at its top all the same."""
    schedule = CosineDecayRestarts(0.1, 1000, t_mul=periods)
    starts = 1000 * (periods ** np.arange(1, 16) - 1) / (periods - 1)
    np.testing.assert_allclose(schedule(starts), 0.1, rtol=1e-9)
    assert (schedule(starts - 1) < 0.01).all()


def test_one_cycle_stays_at_its_last_rate():
    schedule = OneCycle(1.0, 10)
    assert float(schedule(9)) == pytest.approx(1 / 25 / 1e4)
    assert float(schedule(1000)) == float(schedule(9))


def test_one_cycle_whose_rise_has_no_step_begins_where_it_ends_afterwards():
    rates = OneCycle(1.0, 10, pct_start=0.1)(np.arange(10))
    assert np.isfinite(rates).all()
    assert rates.argmax() <= 1


def test_a_schedule_in_a_sequence_is_asked_for_its_own_steps_only():
    class Own(schedules.Schedule):
        def __call__(self, step):
            assert (np.asarray(step) >= 0).all()
            assert (np.asarray(step) < 5).all()
            return np.full(np.shape(step), 0.5)

    assert SequentialSchedule([0.1, Own(), 0.2], [3, 8])(np.arange(10)).tolist() == [0.1] * 3 + [0.5] * 5 + [0.2] * 2


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: CosineDecayRestarts(0.1, 7, t_mul=0.5), "CosineDecayRestarts: t_mul must be a number >= 1, got 0.5"),
        (lambda: CosineDecayRestarts(0.1, 0), "first_decay_steps must be a number > 0, got 0"),
        (lambda: StepDecay(0.1, 0), "StepDecay: step_size must be a number > 0, got 0"),
        (lambda: OneCycle(0.1, 1), "OneCycle: total_steps must be a number > 1, got 1"),
        (lambda: OneCycle(0.1, 9, pct_start=1.0), r"OneCycle: pct_start must be a number in \[0, 1\), got 1.0"),
        (lambda: OneCycle(0.1, 9, pct_start=0.5, three_phase=True), "pct_start must be below 0.5 with three_phase"),
        (lambda: OneCycle(0.1, 9, anneal_strategy="cosine"), "anneal_strategy must be 'cos' or 'linear', got 'cosine'"),
        (lambda: WarmUp("cosine", 9), "WarmUp: schedule must be a number > 0 or a Schedule, got 'cosine'"),
        (lambda: WarmUp(0.1, -1), "WarmUp: warmup_steps must be a number >= 0, got -1"),
        (lambda: SequentialSchedule([0.1], [1]), "one more than milestones, got 1 schedules and 1 milestones"),
        (lambda: SequentialSchedule([0.1, 0.2, 0.3], [2, 1]), r"milestones must increase, got \[2, 1\]; sort them"),
        (lambda: SequentialSchedule([0.1, 0], [2]), "each of schedules must be a number > 0 or a Schedule, got 0"),
    ],
)
def test_arguments_outside_their_range(make, message):
    with pytest.raises(ArgumentError, match=message):
        make()
