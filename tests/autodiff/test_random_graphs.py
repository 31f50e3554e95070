"""Hypothesis: random expressions against central differences, random shapes against broadcasting."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from chainrule import ops
from chainrule.autodiff.gradient_check import gradient_check
from chainrule.autodiff.operations import RAW
from chainrule.autodiff.tape import GradientTape, _sum_to
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable

# Smooth everywhere and of bounded slope, so that deep compositions stay within reach of central differences.
UNARY = [ops.tanh, ops.sigmoid, ops.sin, ops.cos, ops.erf, ops.softplus, lambda x: ops.log1p(x * x), lambda x: x.T,
         lambda x: ops.softmax(x, axis=0), lambda x: x - ops.mean(x, axis=-1, keepdims=True), lambda x: x[::-1],
         lambda x: x / (1 + x * x), lambda x: ops.logsumexp(x, axis=1, keepdims=True) + x]  # fmt: skip
BINARY = [ops.add, ops.subtract, ops.multiply, lambda a, b: ops.tanh(a @ b), lambda a, b: a / (1 + b * b),
          lambda a, b: ops.concatenate([a, b], 1)[:, ::2]]  # fmt: skip


@st.composite
def programs(draw):
    """Draw a list of steps; each takes any results before it, so that results are shared."""
    steps = []
    for known in range(2, 2 + draw(st.integers(1, 12))):
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(UNARY)), (draw(st.integers(0, known - 1)),)))
        else:
            pair = (draw(st.integers(0, known - 1)), draw(st.integers(0, known - 1)))
            steps.append((draw(st.sampled_from(BINARY)), pair))
    return steps


def run(steps, *point):
    known = list(point)
    for function, places in steps:
        known.append(function(*[known[i] for i in places]))
    return known[-1] + known[len(known) // 2]


@settings(max_examples=200, deadline=None, derandomize=True)
@given(programs(), st.integers(0, 2**32))
def test_random_expressions_have_the_gradient_of_central_differences(steps, seed):
    point = list(np.random.default_rng(seed).uniform(-1, 1, (2, 3, 3)))
    gradient_check(lambda *x: run(steps, *x), point, directions=2, tolerance=1e-6)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(programs(), st.integers(0, 2**32))
def test_recorded_and_raw_walks_give_the_same_gradient(steps, seed):
    variables = [Variable(x) for x in np.random.default_rng(seed).uniform(-1, 1, (2, 3, 3))]
    results = []
    for outer in (GradientTape(), None):
        with GradientTape() as tape:
            y = run(steps, *variables)
        if outer is None:
            results.append(tape.gradient(y, variables, unconnected_gradients="zero"))
        else:
            with outer:
                results.append(tape.gradient(y, variables, unconnected_gradients="zero"))
    for recorded, raw in zip(*results, strict=True):  # the same operations: rounding only
        np.testing.assert_allclose(recorded.numpy(), raw.numpy(), rtol=1e-13, atol=1e-13)


@settings(max_examples=150, deadline=None, derandomize=True)
@given(mutually_broadcastable_shapes(num_shapes=2, max_dims=4, max_side=3, min_side=0))
def test_a_broadcast_is_undone_by_summing_over_what_was_repeated(shapes):
    (a, b), whole = shapes.input_shapes, shapes.result_shape
    x, y = Tensor(np.ones(a)), Tensor(np.ones(b))
    with GradientTape() as tape:
        tape.watch([x, y])
        z = x + y
    for g, shape in zip(tape.gradient(z, [x, y]), (a, b), strict=True):
        assert g.shape == shape
        repeats = np.prod(whole) / max(np.prod(shape), 1)
        np.testing.assert_array_equal(g.numpy(), np.full(shape, repeats))
    assert _sum_to(RAW, np.ones(whole), a).shape == a
