"""Arguments outside their ranges: what, expected, got, and the likely fix."""

import numpy as np
import pytest

from chainrule.errors import ArgumentError, DTypeError, UnknownArgumentError, UnknownNameError
from chainrule.optimizers import OPTIMIZERS, SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop, get, schedules

NAN = float("nan")
RANGES = [
    (SGD, {"learning_rate": 0.0}, "SGD: learning_rate must be a number > 0, got 0.0; a usual value is 0.001"),
    (Adam, {"learning_rate": -0.1}, "Adam: learning_rate must be a number > 0, got -0.1; a usual value is 0.001"),
    (Adam, {"learning_rate": "0.1"}, "Adam: learning_rate must be a number > 0, got '0.1'; a usual value is 0.001"),
    (Adam, {"learning_rate": NAN}, "Adam: learning_rate must be a number > 0, got nan; a usual value is 0.001"),
    (Adam, {"learning_rate": True}, "Adam: learning_rate must be a number > 0, got True; a usual value is 0.001"),
    (SGD, {"momentum": 1.0}, "SGD: momentum must be a number in [0, 1), got 1.0; a usual value is 0.9"),
    (SGD, {"momentum": -0.1}, "SGD: momentum must be a number in [0, 1), got -0.1; a usual value is 0.9"),
    (SGD, {"nesterov": True}, "SGD: nesterov=True needs a momentum > 0, got 0.0; a usual value is 0.9"),
    (SGD, {"weight_decay": -0.1}, "SGD: weight_decay must be a number >= 0, got -0.1; a usual value is 0.004"),
    (SGD, {"clipnorm": 0}, "SGD: clipnorm must be a number > 0, got 0; a usual value is 1"),
    (SGD, {"clipvalue": -1.0}, "SGD: clipvalue must be a number > 0, got -1.0; a usual value is 1"),
    (SGD, {"global_clipnorm": -1.0}, "SGD: global_clipnorm must be a number > 0, got -1.0; a usual value is 1"),
    (
        SGD,
        {"clipnorm": 1.0, "clipvalue": 0.5},
        "SGD: only one of clipnorm, clipvalue and global_clipnorm can be given, got clipnorm=1.0 and clipvalue=0.5; "
        "keep the one you mean",
    ),
    (Adam, {"beta_1": 1.0}, "Adam: beta_1 must be a number in [0, 1), got 1.0; a usual value is 0.9"),
    (AdamW, {"beta_2": 2}, "AdamW: beta_2 must be a number in [0, 1), got 2; a usual value is 0.999"),
    (Adam, {"epsilon": 0.0}, "Adam: epsilon must be a number > 0, got 0.0; a usual value is 1e-07"),
    (AdamW, {"weight_decay": None}, "AdamW: weight_decay must be a number >= 0, got None; use Adam to train without"),
    (Adadelta, {"rho": 1.5}, "Adadelta: rho must be a number in [0, 1), got 1.5; a usual value is 0.95"),
    (Adadelta, {"epsilon": -1e-7}, "Adadelta: epsilon must be a number > 0, got -1e-07; a usual value is 1e-07"),
    (
        Adagrad,
        {"initial_accumulator_value": -0.1},
        "Adagrad: initial_accumulator_value must be a number >= 0, got -0.1; a usual value is 0.1",
    ),
    (Adagrad, {"epsilon": 0}, "Adagrad: epsilon must be a number > 0, got 0; a usual value is 1e-07"),
    (RMSprop, {"rho": -1}, "RMSprop: rho must be a number in [0, 1), got -1; a usual value is 0.9"),
    (RMSprop, {"momentum": 1}, "RMSprop: momentum must be a number in [0, 1), got 1; a usual value is 0.9"),
    (RMSprop, {"epsilon": None}, "RMSprop: epsilon must be a number > 0, got None; a usual value is 1e-07"),
]
DECAY = {"initial_learning_rate": 0.1, "decay_steps": 10}
SCHEDULE_RANGES = [
    (schedules.Constant, {"learning_rate": 0}, "Constant: learning_rate must be a number > 0, got 0"),
    (
        schedules.ExponentialDecay,
        {**DECAY, "decay_rate": 0.9, "initial_learning_rate": -1},
        "ExponentialDecay: initial_learning_rate must be a number > 0, got -1",
    ),
    (
        schedules.ExponentialDecay,
        {**DECAY, "decay_rate": 0.9, "decay_steps": 0},
        "ExponentialDecay: decay_steps must be a number > 0, got 0; a usual value is 1000",
    ),
    (
        schedules.ExponentialDecay,
        {**DECAY, "decay_rate": 0},
        "ExponentialDecay: decay_rate must be a number > 0, got 0; a usual value is 0.96",
    ),
    (
        schedules.InverseTimeDecay,
        {**DECAY, "decay_rate": -1},
        "InverseTimeDecay: decay_rate must be a number >= 0, got -1; a usual value is 0.5",
    ),
    (
        schedules.PolynomialDecay,
        {**DECAY, "end_learning_rate": -1},
        "PolynomialDecay: end_learning_rate must be a number >= 0, got -1; a usual value is 0.0001",
    ),
    (
        schedules.PolynomialDecay,
        {**DECAY, "power": 0},
        "PolynomialDecay: power must be a number > 0, got 0; a usual value is 1",
    ),
    (
        schedules.CosineDecay,
        {**DECAY, "alpha": 1.0},
        "CosineDecay: alpha must be a number in [0, 1), got 1.0; a usual value is 0",
    ),
    (
        schedules.CosineDecay,
        {**DECAY, "initial_learning_rate": 0.0},
        "CosineDecay: initial_learning_rate must be a number > 0, got 0.0",
    ),
    (
        schedules.CosineDecay,
        {**DECAY, "warmup_target": 0.0},
        "CosineDecay: warmup_target must be a number > 0, got 0.0; a usual value is 0.1",
    ),
    (
        schedules.CosineDecay,
        {**DECAY, "warmup_steps": -1},
        "CosineDecay: warmup_steps must be a number >= 0, got -1; a usual value is 100",
    ),
    (
        schedules.PiecewiseConstantDecay,
        {"boundaries": [10, 5], "values": [1, 2, 3]},
        "PiecewiseConstantDecay: boundaries must increase, got [10, 5]; sort them",
    ),
    (
        schedules.PiecewiseConstantDecay,
        {"boundaries": [10], "values": [1]},
        "PiecewiseConstantDecay: values must be one more than boundaries, got 1 values and 1 boundaries; "
        "the last value holds after the last boundary",
    ),
    (
        schedules.PiecewiseConstantDecay,
        {"boundaries": [10], "values": [1, 0]},
        "PiecewiseConstantDecay: each of values must be a number > 0, got 0",
    ),
]


@pytest.mark.parametrize(("cls", "arguments", "message"), RANGES, ids=lambda value: str(value)[:40])
def test_argument_outside_its_range(cls, arguments, message):
    with pytest.raises(ArgumentError) as error:
        cls(**arguments)
    assert str(error.value) == message


@pytest.mark.parametrize(("cls", "arguments", "message"), SCHEDULE_RANGES, ids=lambda value: str(value)[:40])
def test_schedule_argument_outside_its_range(cls, arguments, message):
    with pytest.raises(ArgumentError) as error:
        cls(**arguments)
    assert str(error.value).startswith(message)


def test_numpy_numbers_are_numbers():
    assert SGD(np.float32(0.5), momentum=np.float64(0.5)).learning_rate == 0.5


@pytest.mark.parametrize(
    ("slip", "message"),
    [
        ({"lr": 0.1}, "Adam has no argument 'lr'; did you mean 'learning_rate'?"),
        ({"beta1": 0.1}, "Adam has no argument 'beta1'; did you mean 'beta_1'?"),
        ({"learning_rat": 0.1}, "Adam has no argument 'learning_rat'; did you mean 'learning_rate'?"),
    ],
)
def test_misspelt_argument(slip, message):
    with pytest.raises(UnknownArgumentError) as error:
        Adam(**slip)
    assert str(error.value) == message


@pytest.mark.parametrize("cls", OPTIMIZERS.values())
@pytest.mark.parametrize(("slip", "meant"), [("clip_norm", "clipnorm"), ("weight_deca", "weight_decay")])
def test_misspelt_argument_that_all_optimizers_have(cls, slip, meant):
    with pytest.raises(UnknownArgumentError) as error:
        cls(**{slip: 0.1})
    assert str(error.value) == f"{cls.__name__} has no argument {slip!r}; did you mean {meant!r}?"


def test_plain_function_as_learning_rate():
    with pytest.raises(ArgumentError, match="SGD: learning_rate must be a number or a Schedule, got <function"):
        SGD(lambda step: 0.1)


@pytest.mark.parametrize("wrong", [lambda step: -0.1 * step, lambda step: np.zeros(3), lambda step: step * np.nan])
def test_schedule_that_gives_no_rates(wrong):
    class Wrong(schedules.Schedule):
        def __call__(self, step):
            return wrong(step)

    with pytest.raises(ArgumentError, match=r"schedule Wrong\(\) must give a finite rate >= 0 for each of 5 steps"):
        SGD(Wrong()).scalar_table(0, 5)


def test_unknown_names():
    with pytest.raises(UnknownNameError) as error:
        get("RMSPropp")
    assert str(error.value) == "unknown optimizer 'RMSPropp'; did you mean 'rmsprop'?"
    with pytest.raises(ArgumentError) as error:
        get(SGD)
    assert str(error.value) == f"optimizer must be a name or an Optimizer, got {SGD!r}; write SGD()"
    with pytest.raises(ArgumentError, match="optimizer must be a name or an Optimizer, got None"):
        get(None)


def test_steps_outside_the_table():
    with pytest.raises(ArgumentError, match="the table holds steps 3 to 4, got step 5"):
        SGD().scalar_table(3, 5).row(5)
    with pytest.raises(ArgumentError, match="steps must satisfy 0 <= start <= stop, got start 5 and stop 3"):
        SGD().scalar_table(5, 3)


def test_dtype_that_can_not_be_trained_in():
    with pytest.raises(DTypeError):
        SGD(momentum=0.9).init_state(3, "int32")
    with pytest.raises(DTypeError):
        SGD().scalar_table(0, 1, "float16")
