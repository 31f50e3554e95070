"""Types: float32 by default, float64 throughout when asked, never a silent change; foreign arrays are copied."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

from chainrule import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor, as_tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import DTypeError, ShapeError

F32, F64, I64 = np.dtype("float32"), np.dtype("float64"), np.dtype("int64")


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1.5, F32),
        (1, I64),
        (True, np.dtype(bool)),
        ([1.0, 2], F32),
        ([[1, 2]], I64),
        ([np.float64(1.5)], F32),
        (np.float64(1.5), F64),
        (np.array([1.5]), F64),
        ([np.array([1.5]), np.array([2.5])], F64),
        (np.array([1.5], ">f4"), F32),
        (np.array([1], "uint8"), np.dtype("uint8")),
        (pd.Series([1.5, 2.5]), F64),
        ([Tensor(1.5, "float64"), 2.0], F64),
    ],
)
def test_type_of_a_new_tensor(value, dtype):
    assert Tensor(value).dtype == dtype
    assert Variable(value).dtype == dtype
    assert as_tensor(value).dtype == dtype


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_tensors_precision_wins_over_what_it_meets(dtype):
    x = Tensor([0.1, 0.2], dtype)
    for other in (0.1, 1, True, np.float64(0.1), np.float32(0.1), [0.1, 0.2], np.array([0.1, 0.2]), np.array([1, 2])):
        for y in (
            x + other,
            other - x,
            x * other,
            other / x,
            x**other,
            ops.maximum(other, x),
            ops.where(x > 0, x, other),
        ):
            assert y.dtype == dtype
    assert ops.concatenate([[0.5], x]).dtype == dtype
    assert ops.stack([x, [0.1, 0.2]]).dtype == dtype
    assert ops.softmax_cross_entropy(x, np.array([0.5, 0.5], np.float32)).dtype == dtype
    assert ops.softmax_cross_entropy(np.array([0.5, 0.5]), x).dtype == dtype
    assert ops.matmul(np.eye(2), x).dtype == dtype
    assert (np.eye(2) @ x).dtype == dtype


def test_python_numbers_keep_their_digits_next_to_float64():
    x = Tensor([0.0, 0.0], "float64")
    assert (x + 0.1).numpy()[0] == 0.1
    assert ops.add(x, [0.1, 0.2]).numpy()[1] == 0.2
    assert ops.divide(0.1, x + 1).numpy()[0] == 0.1
    assert ops.maximum(np.array([0.0]), 0.1).numpy()[0] == 0.1
    assert ops.cast([0.1], "float64").numpy()[0] == 0.1
    v = Variable([0.0], dtype="float64")
    assert v.assign([0.1]).numpy()[0] == 0.1


@pytest.mark.parametrize(
    "function", [ops.exp, ops.log, ops.sqrt, ops.tanh, ops.sigmoid, ops.softplus, ops.relu, ops.erf, ops.sin, ops.cos,
                 ops.mean, ops.var, ops.logsumexp, ops.softmax, ops.log_softmax, ops.log1p, ops.expm1,
                 lambda x: ops.clip(x, 0.5, 1.5), lambda x: x / x, lambda x: 1 / x, lambda x: ops.divide(x, 2)]
)  # fmt: skip
def test_integers_become_float32_where_the_result_is_not_whole(function):
    x = Tensor([1, 2])
    assert function(x).dtype == F32
    np.testing.assert_allclose(function(x).numpy(), function(ops.cast(x, "float32")).numpy())


@pytest.mark.parametrize("function", [ops.sum, ops.max, ops.min, ops.abs, ops.square, lambda x: x + 1, lambda x: -x])
def test_whole_results_of_integers_stay_integers(function):
    assert function(Tensor([1, 2])).dtype == I64


def test_integers_meet_floats_as_floats():
    assert (Tensor([1, 2]) * 0.5).dtype == F32
    assert (Tensor([1, 2]) * Tensor(0.5, "float64")).dtype == F64


def test_float32_and_float64_tensors_do_not_mix():
    with pytest.raises(
        DTypeError, match=r"add expects Tensors of one type, got float32 and float64; cast one: ops.cast"
    ):
        Tensor([1.0]) + Tensor([1.0], "float64")


def test_float64_stays_float64_through_values_and_gradients():
    x = Variable(np.linspace(0.1, 0.9, 6).reshape(2, 3))
    with GradientTape() as tape:
        y = ops.mean(ops.sigmoid(ops.relu(x * 2 - 0.5) @ np.ones((3, 2), np.float32)) ** 2)
    assert y.dtype == F64
    assert tape.gradient(y, x).dtype == F64


@pytest.mark.parametrize(
    ("value", "dtype", "error", "message"),
    [
        (["a"], None, DTypeError, "a Tensor holds numbers, got list with elements of type str.*; encode text"),
        ([1.0, None], "float32", DTypeError, "a Tensor holds numbers, got list with elements of type object"),
        (None, "float32", DTypeError, "a Tensor holds numbers, got NoneType"),
        ([1 + 2j], None, DTypeError, "a Tensor holds numbers, got list with elements of type complex128"),
        ([[1, 2], [3]], None, ShapeError, "can't make a Tensor from this list: .*inhomogeneous"),
        (np.ones(2, np.float16), None, DTypeError, "holds float32, float64, integers or bools, got float16; convert"),
        ([1.0], "flaot32", DTypeError, "dtype 'flaot32' is unknown; a Tensor holds float32"),
        ([1.5], "int32", DTypeError, "int32 can't hold fractions, NaN or infinity; ops.cast"),
    ],
)
def test_what_a_tensor_can_not_hold_is_refused(value, dtype, error, message):
    with pytest.raises(error, match=message):
        Tensor(value, dtype)


def test_foreign_arrays_are_copied_on_entry():
    array = np.array([1.0, 2.0])
    x, v, t = Tensor(array), Variable(array), as_tensor(array)
    watched = Tensor([3.0, 4.0], "float64")
    with GradientTape() as tape:
        tape.watch(watched)
        y = ops.sum(watched * array)
    array[:] = 99
    for kept in (x, v, t):
        np.testing.assert_array_equal(kept.numpy(), [1, 2])
    np.testing.assert_array_equal(tape.gradient(y, watched).numpy(), [1, 2])


@pytest.mark.parametrize("index", [np.array([0, 0]), [0, 0], ([0, 0],)])
def test_an_index_changed_after_the_forward_pass_changes_nothing(index):
    x = Tensor([1.0, 2.0, 3.0])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x[index])
    (index[0] if isinstance(index, tuple) else index)[1] = 2
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), [2, 0, 0])


def test_a_mask_changed_after_the_forward_pass_changes_nothing():
    x, mask = Tensor([1.0, 2.0, 3.0]), np.array([True, False, False])
    with GradientTape() as tape:
        tape.watch(x)
        y = ops.sum(x[mask] * 5)
    mask[:] = [False, True, False]
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), [5, 0, 0])


def test_an_empty_list_is_an_index_of_nothing():
    assert Tensor([1.0, 2.0])[[]].shape == (0,)


def test_results_are_read_only():
    x = Variable([1.0, 2.0])
    with GradientTape() as tape:
        y = x * 2
    for tensor in (y, tape.gradient(y, x), Tensor([1.0]), Tensor([1.0])[0:1]):
        with pytest.raises(ValueError, match="read-only"):
            tensor.numpy()[...] = 1
        with pytest.raises(ValueError, match="read-only"):
            np.asarray(tensor)[...] = 1
    with pytest.raises(TypeError, match="does not support item assignment"):
        y[0] = 1.0


def test_arrays_made_from_a_tensor_as_numpy_asks():
    x = Tensor([1.0, 2.0])
    assert np.asarray(x) is x.numpy()
    assert np.asarray(x, np.float64).dtype == F64
    writable = np.array(x)
    writable[0] = 5
    np.testing.assert_array_equal(x.numpy(), [1, 2])


def test_a_list_of_tensors_stays_connected():
    a, b = Variable(2.0), Variable(3.0)
    with GradientTape() as tape:
        y = ops.sum(ops.square([a, b, 1.0])) + ops.sum([[a, a], [b, 1]]) + ops.sum(Tensor([1.0, 1.0]) * [a, b])
    assert [float(g) for g in tape.gradient(y, [a, b])] == [4 + 2 + 1, 6 + 1 + 1]
    with pytest.raises(ShapeError, match=r"a list of Tensors must hold one shape, got \(\) and \(2,\)"):
        ops.sum([a, Tensor([1.0, 2.0])])


def test_copies_and_pickles():
    x, v = Tensor([1.0]), Variable([1.0], name="w", trainable=False)
    assert copy.copy(x) is x
    assert copy.deepcopy(x) is x
    again = pickle.loads(pickle.dumps(x))
    with pytest.raises(ValueError, match="read-only"):
        again.numpy()[0] = 2
    for other in (copy.deepcopy(v), pickle.loads(pickle.dumps(v))):
        assert (other.name, other.trainable, other.numpy().tolist()) == ("w", False, [1.0])
        other.assign([5.0])
    assert v.numpy().tolist() == [1.0]
