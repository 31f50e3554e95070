"""A table of all optimisers and options against what every optimiser promises."""

import copy
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.autodiff.variable import Variable
from chainrule.optimizers import (
    OPTIMIZERS,
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    Optimizer,
    RMSprop,
    Segment,
    get,
    schedules,
    segments,
)

# One optimiser a row: how it is made, its slots, and a rate at which 300 steps reach the minimum.
TABLE = [
    (SGD, {}, (), 0.1),
    (SGD, {"momentum": 0.9}, ("momentum",), 0.02),
    (SGD, {"momentum": 0.9, "nesterov": True}, ("momentum",), 0.02),
    (Adam, {}, ("momentum", "velocity"), 0.1),
    (Adam, {"amsgrad": True}, ("momentum", "velocity", "velocity_max"), 0.1),
    (AdamW, {"weight_decay": 0.0}, ("momentum", "velocity"), 0.1),
    (Adadelta, {"epsilon": 1e-4}, ("mean_square", "step_mean_square"), 1.0),
    (Adagrad, {}, ("accumulator",), 0.5),
    (RMSprop, {}, ("mean_square",), schedules.ExponentialDecay(0.1, 20, 0.7)),
    (RMSprop, {"momentum": 0.5}, ("mean_square", "momentum"), schedules.ExponentialDecay(0.1, 20, 0.7)),
    (RMSprop, {"centered": True}, ("mean_square", "mean"), schedules.ExponentialDecay(0.02, 40, 0.6)),
    (Adam, {"use_ema": True, "ema_momentum": 0.5}, ("momentum", "velocity", "average"), 0.1),
    (SGD, {"use_ema": True, "ema_overwrite_frequency": 5}, ("average",), 0.1),
]
every_optimizer = pytest.mark.parametrize(
    ("cls", "options", "slots", "rate"), TABLE, ids=lambda value: str(getattr(value, "__name__", value))
)
every_dtype = pytest.mark.parametrize("dtype", ["float32", "float64"])
CLIPPINGS = [{}, {"clipnorm": 0.5}, {"clipvalue": 0.2}, {"global_clipnorm": 0.5}]


def run(optimizer, weights, gradients, state=None, start=0, parts=None):
    """Make one step for each gradient; return the weights and the state."""
    weights = weights.copy()
    state = optimizer.init_state(len(weights), weights.dtype) if state is None else state
    table = optimizer.scalar_table(start, start + len(gradients), weights.dtype)
    parts = parts or (Segment(0, len(weights), weights.shape, "weights"),)
    for step, gradient in enumerate(gradients, start=start):
        optimizer.step(weights, gradient, state, table.row(step), parts)
    return weights, state


def random(seed, *shape, dtype="float64"):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@every_optimizer
def test_quadratic_converges(cls, options, slots, rate):
    optimizer = cls(learning_rate=rate, **options)
    curvature, minimum = np.array([1.0, 0.3, 3.0]), np.array([0.5, -0.2, 0.1])
    weights, state = np.zeros(3), optimizer.init_state(3, "float64")
    table = optimizer.scalar_table(0, 300, "float64")
    for step in range(300):
        optimizer.update(weights, curvature * (weights - minimum), state, table.row(step))
    np.testing.assert_allclose(weights, minimum, atol=0.01)


@every_optimizer
@every_dtype
def test_state_has_the_slots_in_the_dtype(cls, options, slots, rate, dtype):
    optimizer = cls(learning_rate=rate, **options)
    assert optimizer.slots == slots
    state = optimizer.init_state(5, dtype)
    assert tuple(state) == slots
    start = {"accumulator": 0.1}
    for name, values in state.items():
        np.testing.assert_array_equal(values, np.full(5, start.get(name, 0.0), dtype))
        assert values.dtype == dtype


@every_optimizer
@every_dtype
def test_update_is_in_place_and_keeps_dtype_and_gradient(cls, options, slots, rate, dtype):
    optimizer = cls(learning_rate=rate, **options)
    weights, gradient = random(1, 6, dtype=dtype), random(2, 6, dtype=dtype)
    gradient.setflags(write=False)  # gradients of tensors are read-only
    before = weights.copy()
    state = optimizer.init_state(6, dtype)
    arrays = dict(state)
    result = optimizer.update(weights, gradient, state, optimizer.scalar_table(0, 1, dtype).row(0))
    assert result is None
    assert np.all(weights != before)
    assert weights.dtype == dtype
    assert all(state[name] is arrays[name] and state[name].dtype == dtype for name in slots)


@every_optimizer
def test_scalar_table_does_not_depend_on_where_it_starts(cls, options, slots, rate):
    optimizer = cls(learning_rate=rate, **options)
    whole, part = optimizer.scalar_table(0, 10), optimizer.scalar_table(5, 10)
    assert whole.columns[:2] == ("rate", "decay")
    assert whole.values.shape == (10, len(whole.columns))
    assert whole.values.dtype == np.float32
    assert whole.values.flags.c_contiguous
    np.testing.assert_array_equal(whole.values[5:], part.values)
    assert whole.row(7) == part.row(7)


@every_optimizer
@every_dtype
def test_zero_gradient_moves_nothing_from_rest(cls, options, slots, rate, dtype):
    weights = random(1, 4, dtype=dtype)
    after, _ = run(cls(learning_rate=rate, **options), weights, np.zeros((3, 4), dtype))
    np.testing.assert_array_equal(after, weights)


@every_optimizer
def test_zero_gradient_with_decay_shrinks_weights_by_rate_times_decay(cls, options, slots, rate):
    optimizer = cls(learning_rate=0.1, **(options | {"weight_decay": 0.5}))
    weights = random(1, 4)
    after, _ = run(optimizer, weights, np.zeros((2, 4)))
    np.testing.assert_allclose(after, weights * (1 - 0.1 * 0.5) ** 2, rtol=1e-14)


@every_optimizer
def test_run_in_two_halves_equals_one_run(cls, options, slots, rate):
    optimizer = cls(learning_rate=rate, **options)
    weights, gradients = random(1, 4, dtype="float32"), random(2, 8, 4, dtype="float32")
    whole, _ = run(optimizer, weights, gradients)
    half, state = run(optimizer, weights, gradients[:3])
    rest, _ = run(optimizer, half, gradients[3:], state, start=3)
    np.testing.assert_array_equal(rest, whole)


@every_optimizer
@pytest.mark.parametrize("clipping", CLIPPINGS, ids=str)
@every_dtype
def test_vector_equals_variables(cls, options, slots, rate, clipping, dtype):
    shapes = {"kernel": (2, 3), "bias": (3,), "scale": ()}
    parts, variables = [], []
    for name, shape in shapes.items():
        start = parts[-1].where.stop if parts else 0
        parts.append(Segment(start, int(np.prod(shape)), shape, name))
        variables.append(Variable(random(len(name), *shape, dtype=dtype), name=name))
    vector = np.concatenate([variable.numpy().ravel() for variable in variables])
    gradients = random(3, 4, 10, dtype=dtype)

    optimizer = cls(learning_rate=rate, **(options | {"weight_decay": 0.1} | clipping))
    vector, _ = run(optimizer, vector, gradients, parts=tuple(parts))
    for gradient in gradients:
        optimizer.apply_gradients(
            (gradient[part.where].reshape(part.shape), variable)
            for part, variable in zip(parts, variables, strict=True)
        )
    for part, variable in zip(parts, variables, strict=True):
        np.testing.assert_allclose(
            variable.numpy().ravel(), vector[part.where], rtol=1e-6 if dtype == "float32" else 1e-14
        )
        assert variable.dtype == dtype
    assert optimizer.iterations == 4


@every_optimizer
def test_rule_works_element_by_element(cls, options, slots, rate, monkeypatch):
    optimizer = cls(learning_rate=rate, **options)
    weights, gradients = random(1, 10), random(2, 3, 10)
    whole, _ = run(optimizer, weights, gradients)
    monkeypatch.setattr(segments, "BLOCK", 3)
    pieces, _ = run(optimizer, weights, gradients)
    np.testing.assert_array_equal(pieces, whole)


@every_optimizer
@given(gradient=st.lists(st.floats(-1e6, 1e6, width=32), min_size=1, max_size=4), steps=st.integers(1, 60))
def test_constant_gradient_stays_finite(cls, options, slots, rate, gradient, steps):
    gradients = np.tile(np.array(gradient, "float32"), (steps, 1))
    weights, _ = run(cls(learning_rate=rate, **options), np.zeros(len(gradient), "float32"), gradients)
    assert np.all(np.isfinite(weights))


@every_optimizer
def test_configuration_makes_the_same_optimizer(cls, options, slots, rate):
    optimizer = cls(learning_rate=rate, **options)
    again = cls(**optimizer.get_config())
    assert again.get_config() == {"learning_rate": rate, **options}
    weights, gradients = random(1, 4), random(2, 3, 4)
    np.testing.assert_array_equal(run(again, weights, gradients)[0], run(optimizer, weights, gradients)[0])


@every_optimizer
@pytest.mark.parametrize("clipping", CLIPPINGS, ids=str)
def test_arguments_that_all_optimizers_have_are_in_the_configuration(cls, options, slots, rate, clipping):
    given = {"learning_rate": rate, **options, "weight_decay": 0.1, **clipping, "name": "mine"}
    optimizer = cls(**given)
    assert optimizer.get_config() == given
    assert (optimizer.name, optimizer.weight_decay, optimizer.clipping is None) == ("mine", 0.1, not clipping)


@every_optimizer
def test_used_optimizer_can_be_copied_and_pickled(cls, options, slots, rate):
    optimizer = cls(learning_rate=rate, **options)
    optimizer.apply_gradients([(np.ones(2, "float32"), Variable([1.0, 2.0]))])
    for other in (copy.deepcopy(optimizer), pickle.loads(pickle.dumps(optimizer))):
        assert other.iterations == 1
        assert other.slots == slots


def test_every_name_gives_its_optimizer():
    names = {"sgd": SGD, "adam": Adam, "adamw": AdamW, "adadelta": Adadelta, "adagrad": Adagrad, "rmsprop": RMSprop}
    assert names == OPTIMIZERS
    for name, cls in names.items():
        assert type(get(name)) is cls
        assert get(name).name == name
    assert type(get("RMSProp")) is RMSprop
    optimizer = SGD(name="mine")
    assert get(optimizer) is optimizer
    assert optimizer.name == "mine"


def test_own_optimizer_is_one_small_class():
    class SignDescent(Optimizer):
        initial_slots = {}  # noqa: RUF012

        def columns(self, steps, rates):
            return {"rate": rates, "twice": 2 * rates}

        def update(self, weights, gradient, slots, scalars):
            weights -= scalars.twice * np.sign(gradient)

    weights, _ = run(SignDescent(0.5), np.zeros(2), np.array([[3.0, -0.1]]))
    np.testing.assert_array_equal(weights, [-1.0, 1.0])
