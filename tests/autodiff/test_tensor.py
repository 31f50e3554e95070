"""Tensor: Python's operators, and errors that say what was expected, what came and what to do."""

import operator

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ArgumentError, DTypeError, ShapeError

OPERATORS = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow, operator.lt, operator.le,
             operator.gt, operator.ge, operator.eq, operator.ne]  # fmt: skip


@pytest.mark.parametrize("sign", OPERATORS)
@pytest.mark.parametrize("other", [2.0, 2, np.array([2.0, 0.5]), [2.0, 0.5], np.float64(0.5), Tensor([2.0, 0.5])])
def test_operators_from_both_sides(sign, other):
    x = np.array([0.5, 2.0], np.float32)
    for got, expected in (
        (sign(Tensor(x), other), sign(x, np.asarray(other, np.float32))),
        (sign(other, Tensor(x)), sign(np.asarray(other, np.float32), x)),
    ):
        assert isinstance(got, Tensor)
        np.testing.assert_allclose(got.numpy(), expected, rtol=1e-6)
        assert got.dtype == expected.dtype


def test_unary_operators_and_matrix_product():
    x = Tensor([[1.0, -2.0]])
    np.testing.assert_array_equal((-x).numpy(), [[-1, 2]])
    np.testing.assert_array_equal((+x).numpy(), [[1, -2]])
    np.testing.assert_array_equal(abs(x).numpy(), [[1, 2]])
    np.testing.assert_array_equal((x @ x.T).numpy(), [[5]])
    np.testing.assert_array_equal((np.ones((2, 1)) @ x).numpy(), [[1, -2], [1, -2]])


@pytest.mark.parametrize(
    ("a", "b"),
    [((4,), (4,)), ((3, 4), (4,)), ((4,), (4, 3)), ((2, 3, 4), (4,)), ((4,), (2, 4, 3)), ((2, 1, 3, 4), (5, 4, 2))],
)
def test_matmul_has_numpys_shapes(a, b):
    assert ops.matmul(np.ones(a), np.ones(b)).shape == np.matmul(np.ones(a), np.ones(b)).shape


def test_python_protocols():
    x = Tensor([1.0, 2.0])
    assert len(x) == 2
    assert [float(v) for v in x] == [1, 2]
    assert (x.shape, x.ndim, x.size) == ((2,), 1, 2)
    assert f"{x[0]:.2f} {Tensor(2)}" == "1.00 Tensor(2, shape=(), dtype=int64)"
    assert int(Tensor([3.7])) == 3
    assert bool(Tensor(1.0) > 0)
    assert x != None  # noqa: E711  what a student writes
    assert (x == None) is False  # noqa: E711
    assert len({x, Tensor([5.0]), x}) == 2


def _mask():
    return Tensor([True, False])


X = Tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
REFUSALS = [
    (lambda: X + Tensor([1.0, 2.0]), ShapeError, r"add can't take shape \(2, 3\) and shape \(2,\): operands could not"),
    (lambda: ops.matmul(X, X), ShapeError,
     r"as many columns on the left as rows on the right, got shapes \(2, 3\) and \(2, 3\); transpose one of them\?"),
    (lambda: ops.matmul(np.ones((2, 3, 4)), np.ones((3, 4, 2))), ShapeError, r"matmul can't take shape \(2, 3, 4\)"),
    (lambda: X @ 2.0, ShapeError, r"expects matrices or vectors, got shapes \(2, 3\) and \(\); use \* for numbers"),
    (lambda: X[5], ShapeError, r"getitem can't take shape \(2, 3\): index 5 is out of bounds for axis 0 with size 2"),
    (lambda: X["a"], ShapeError, "getitem can't take shape"),
    (lambda: ops.sum(X, axis=2), ShapeError, r"sum expects an axis from -2 to 1 for shape \(2, 3\), got 2"),
    (lambda: ops.sum(X, axis=(0, -2)), ShapeError, "sum can't take shape .*duplicate"),
    (lambda: ops.mean(1.0, axis=-1), ShapeError, r"mean expects an axis .* for shape \(\), got -1"),
    (lambda: ops.mean(np.ones((0, 3)), axis=0), ShapeError, r"mean can't take shape \(0, 3\): there is no mean of no"),
    (lambda: ops.max(np.ones((0,))), ShapeError, r"max can't take shape \(0,\): zero-size array"),
    (lambda: ops.softmax(X, axis=2), ShapeError, r"softmax can't take shape \(2, 3\): axis 2 is out of bounds"),
    (lambda: ops.reshape(X, (4,)), ShapeError, r"reshape can't take shape \(2, 3\): cannot reshape array of size 6"),
    (lambda: ops.broadcast_to(X, (3,)), ShapeError, r"can add axes but not drop them: got shape \(2, 3\) for \(3,\)"),
    (lambda: ops.broadcast_to(X, (3, 3)), ShapeError, r"broadcast_to can't take shape \(2, 3\)"),
    (lambda: ops.transpose(X, (0, 0)), ShapeError, r"transpose can't take shape \(2, 3\): repeated axis"),
    (lambda: ops.concatenate([]), ShapeError, "concatenate expects at least one Tensor, got none"),
    (lambda: ops.concatenate([X], axis=2), ShapeError, "concatenate expects an axis from -2 to 1"),
    (lambda: ops.concatenate([X, [1.0]]), ShapeError, r"concatenate can't take shape \(2, 3\) and shape \(1,\)"),
    (lambda: ops.stack([]), ShapeError, "stack expects at least one Tensor, all of one shape, got none"),
    (lambda: ops.stack([X, [1.0]]), ShapeError, r"all of one shape, got \(2, 3\) and \(1,\)"),
    (lambda: ops.stack([X], axis=3), ShapeError, "stack expects an axis from -3 to 2"),
    (lambda: ops.split(X, 2, axis=1), ShapeError, "split can't cut an axis of length 3 into 2 equal parts"),
    (lambda: ops.split(X, 2, axis=2), ShapeError, "split expects an axis from -2 to 1"),
    (lambda: ops.take(X, [2]), ShapeError, "take expects indices from -2 to 1, got 2 to 2"),
    (lambda: ops.take(X, [0.0]), DTypeError, r"take expects integer indices, got float32; cast them: ops.cast"),
    (lambda: ops.take(X, [0], axis=2), ShapeError, "take expects an axis from -2 to 1"),
    (lambda: ops.where(X, X, X), DTypeError, "where expects a condition of bools, got float32; compare first"),
    (lambda: ops.clip(X, 2, 1), ArgumentError, "clip expects x_min <= x_max, got 2 and 1"),
    (lambda: ops.one_hot([0.0], 2), DTypeError, "one_hot expects integer class codes, got float32; cast them"),
    (lambda: ops.one_hot([0], 0), ArgumentError, "one_hot expects num_classes >= 1, got 0"),
    (lambda: ops.softmax_cross_entropy(X, [1.0, 0.0]), ShapeError,
     r"softmax_cross_entropy expects labels of the logits' shape \(2, 3\), got \(2,\)"),
    (lambda: ops.sigmoid_cross_entropy(X, [1.0]), ShapeError, "sigmoid_cross_entropy expects labels of the logits'"),
    (lambda: ops.cast(X, "flaot32"), DTypeError, "dtype 'flaot32' is unknown"),
    (lambda: -_mask(), DTypeError, "negative can't take bool: The numpy boolean negative"),
    (lambda: Tensor([1, 2]) ** -1, DTypeError, "power can't take int64 and int64: a negative power .* use a float"),
    (lambda: float(X), ShapeError, r"expected a Tensor with one element, got shape \(2, 3\); take its sum"),
    (lambda: bool(X > 2), ShapeError, r"a Tensor of shape \(2, 3\) is neither true nor false; choose with ops.where"),
    (lambda: len(Tensor(1.0)), DTypeError, r"a Tensor of shape \(\) is a single number: it has no length"),
    (lambda: list(Tensor(1.0)), DTypeError, "can't be iterated over"),
    (lambda: X + "a", DTypeError, "a Tensor holds numbers, got str with elements of type str"),
    (lambda: X * None, DTypeError, "a Tensor holds numbers, got NoneType"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "error", "message"), REFUSALS)
def test_a_refusal_says_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert len(str(caught.value)) < 250


def test_one_hot():
    np.testing.assert_array_equal(ops.one_hot([1, 0, 5], 2).numpy(), [[0, 1], [1, 0], [0, 0]])
    assert ops.one_hot(np.array([[1]]), 2, "float64").dtype == np.float64


def test_split_is_numpys():
    x = np.arange(12.0).reshape(2, 6)
    for cut in (3, [1, 4], [2], [-1]):
        for ours, theirs in zip(ops.split(x, cut, axis=1), np.split(x, cut, axis=1), strict=True):
            np.testing.assert_array_equal(ours.numpy(), theirs)


def test_the_exported_names_exist_and_are_documented():
    assert ops.__all__ == sorted(ops.__all__)
    for name in ops.__all__:
        assert getattr(ops, name).__doc__
