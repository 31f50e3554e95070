"""Variable: assignment in place, versions, and life inside a vector of parameters."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.engine.parameters import ParameterVector
from chainrule.errors import DTypeError, GradientError, ShapeError


class Vector:
    """The part of a ParameterVector that a Variable looks at."""

    def __init__(self, size: int) -> None:
        self.values, self.version = np.zeros(size, np.float32), 0


def test_assignments_change_the_values_and_chain():
    v = Variable([1.0, 2.0])
    v.assign([3.0, 4.0]).assign_add([1, 1]).assign_sub(Tensor([0.5, 0.5]))
    np.testing.assert_array_equal(v.numpy(), [3.5, 4.5])
    np.testing.assert_array_equal(v.assign(v).assign_add(v).numpy(), [7, 9])
    np.testing.assert_array_equal(v.assign_sub(v).numpy(), [0, 0])


@pytest.mark.parametrize("method", ["assign", "assign_add", "assign_sub"])
def test_what_does_not_fit_is_refused_and_changes_nothing(method):
    v, n = Variable([1.0, 2.0], name="kernel"), Variable([1, 2], name="count")
    with pytest.raises(ShapeError, match=r"kernel has shape \(2,\), got values of shape \(3,\) to assign"):
        getattr(v, method)([1.0, 2.0, 3.0])
    with pytest.raises(ShapeError, match=r"got values of shape \(\) to assign"):
        getattr(v, method)(1.0)
    with pytest.raises(
        DTypeError, match=r"kernel holds float32, got float64 to assign; cast it: ops.cast\(x, 'float32'"
    ):
        getattr(v, method)(Tensor([1.0, 2.0], "float64"))
    with pytest.raises(DTypeError, match="int64 can't hold fractions"):
        getattr(n, method)([0.5, 1.0])
    with pytest.raises(DTypeError, match="count holds int64, got float32 to assign"):
        getattr(n, method)(Tensor([0.5, 1.0]))
    with pytest.raises(DTypeError, match="holds numbers, got list with elements of type str"):
        getattr(v, method)(["a", "b"])
    np.testing.assert_array_equal(v.numpy(), [1, 2])
    np.testing.assert_array_equal(n.numpy(), [1, 2])


def test_numpy_arrays_take_the_variables_type():
    v, n = Variable([1.0, 2.0]), Variable([1, 2])
    assert v.assign(np.array([0.1, 0.2])).dtype == np.float32
    assert v.assign(np.array([1, 2])).dtype == np.float32
    assert n.assign_add(np.array([1, 1], np.int32)).dtype == np.int64


def test_nothing_handed_out_is_a_way_in():
    v = Variable([1.0, 2.0])
    for copy in (v.numpy(), np.asarray(v), np.array(v)):
        copy[:] = 99
    np.testing.assert_array_equal(v.numpy(), [1, 2])
    with pytest.raises(ValueError, match="changes in place, so an array of its values is always a copy"):
        np.array(v, copy=False)


def test_a_variable_made_from_a_variable_is_another_one():
    a = Variable([1.0])
    b = Variable(a)
    a.assign([5.0])
    assert b.numpy()[0] == 1


def test_repr_names_the_variable():
    assert repr(Variable(1.5, name="w")) == "Variable(1.5, shape=(), dtype=float32, name='w')"


def test_life_in_a_vector():
    vector, other = Vector(3), Vector(2)
    v = Variable([1.0, 2.0])
    v.move_to(vector.values[1:], vector)
    np.testing.assert_array_equal(vector.values, [0, 1, 2])
    vector.values[1] = 7
    np.testing.assert_array_equal(v.numpy(), [7, 2])
    head = v[:1]
    vector.values[1] = 8
    assert head.numpy()[0] == 7

    with GradientTape() as tape:
        y = ops.sum(v * v)
    vector.version += 1
    with pytest.raises(GradientError, match="was assigned to"):
        tape.gradient(y, v)

    vector.version = 10
    with GradientTape(persistent=True) as tape:
        y = ops.sum(v * v)
    v.move_to(other.values, other)
    for _ in range(20):  # no version of the other vector can pass for the old one
        with pytest.raises(GradientError, match="was assigned to"):
            tape.gradient(y, v)
        other.version += 1


def test_a_variable_that_starts_again_leaves_its_vector():
    w = Variable([1.0, 2.0])
    vector = ParameterVector([("w", w)], "float32")
    vector.writable()
    version = w._version
    w.renew(np.array([3.0, 4.0]))
    assert w._version > version
    assert not vector.holds([("w", w)])
    vector.writable()[...] = 9.0
    np.testing.assert_array_equal(w.numpy(), [3.0, 4.0])


def test_a_whole_vector_is_not_handed_out_either():
    vector = Vector(2)
    v = Variable([1.0, 2.0])
    v.move_to(vector.values, vector)
    frozen = ops.stop_gradient(v)
    vector.values[:] = 9
    np.testing.assert_array_equal(frozen.numpy(), [1, 2])


def test_an_integer_variable_computes_but_has_no_gradient():
    n, w = Variable([1, 2]), Variable([0.5, 0.5])
    with GradientTape() as tape:
        y = ops.sum(n * w)
    assert tape.gradient(y, [n, w])[0] is None
    with GradientTape() as tape:
        y = ops.sum(n * w)
    np.testing.assert_array_equal(tape.gradient(y, w).numpy(), [1, 2])


def test_integers_never_become_trainable():
    n = Variable([1, 2], trainable=True)
    n.trainable = True
    assert not n.trainable
