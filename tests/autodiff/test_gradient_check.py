"""gradient_check finds wrong rules, and says which slopes disagree."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.gradient_check import gradient_check
from chainrule.autodiff.operations import op
from chainrule.autodiff.tensor import apply
from chainrule.errors import DTypeError, GradientError, ShapeError

WRONG = op("wrong_tanh", np.tanh, lambda ops, g, y, x: g * (1 - y))  # forgot the square


def test_it_finds_a_wrong_rule():
    with pytest.raises(
        GradientError,
        match=r"disagree along direction 0: [-\d.e]+ against [-\d.e]+, relative error .* \(allowed 1e-06\)",
    ):
        gradient_check(lambda x: apply(WRONG, (x,)), [0.3, 0.4])


@pytest.mark.parametrize("size", [1e-5, 1e-4])
def test_it_finds_a_gradient_that_is_slightly_wrong(size):
    slightly = op("slightly", np.sin, lambda ops, g, y, x: g * ops.cos(x) * (1 + size))
    with pytest.raises(GradientError):
        gradient_check(lambda x: apply(slightly, (x,)), np.linspace(0, 1, 5))


def test_it_finds_a_gradient_that_is_missing():
    with pytest.raises(GradientError):
        gradient_check(lambda x: ops.stop_gradient(x) * x, [0.3, 0.4])


def test_it_finds_a_wrong_element_in_a_large_array():
    def hide_one(x):
        return ops.concatenate([ops.stop_gradient(x[:1]), x[1:]])

    with pytest.raises(GradientError):
        gradient_check(hide_one, np.linspace(1, 2, 1000))


def test_nan_does_not_pass():
    with pytest.raises(GradientError, match="nan"):
        gradient_check(lambda x: x * float("nan"), [1.0])


def test_it_returns_the_largest_relative_error():
    assert 0 <= gradient_check(ops.exp, np.linspace(-1, 1, 5)) < 1e-9


def test_it_works_in_float64_whatever_it_is_given():
    def at_float64(x, y):
        assert x.dtype == y.dtype == np.float64
        return x * y

    gradient_check(at_float64, [np.float32([1, 2]), np.array([1, 2])])


def test_a_nested_list_of_numbers_is_one_matrix_and_a_list_of_arrays_several_arguments():
    gradient_check(lambda x: ops.matmul(x, x), [[1.0, 2.0], [3.0, 4.0]])
    gradient_check(lambda x, y: ops.matmul(x, y), [np.ones((2, 3)), np.ones((3, 1))])
    gradient_check(lambda x, y: x * y, (2.0, [1.0, 2.0]))


@pytest.mark.parametrize(("function", "got"), [(lambda x: 1.0, "float"), (lambda x: ops.cast(x, "float32"), "float32")])
def test_a_function_that_leaves_float64_is_refused(function, got):
    with pytest.raises(DTypeError, match=f"expects the function to return a float64 Tensor, got {got}"):
        gradient_check(function, [1.0])


@pytest.mark.parametrize(
    ("function", "x", "error", "words"),
    [
        (3, [1.0], DTypeError, "expects a function of Tensors, got 3; write lambda x"),
        (ops.tanh, [], ShapeError, "a point of at least one number, got none"),
        (ops.tanh, "ab", DTypeError, "a Tensor holds numbers, got str"),
    ],
)
def test_what_is_no_function_or_no_point_is_refused(function, x, error, words):
    with pytest.raises(error, match=words):
        gradient_check(function, x)
