"""What a gradient is of and with respect to: structures, intermediates, targets with weights."""

from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, ShapeError


def test_structures_of_sources_come_back_as_they_are():
    pair = namedtuple("pair", "weight bias")
    a, b = Variable(2.0), Variable(3.0)
    with GradientTape(persistent=True) as tape:
        y = a * b
    assert float(tape.gradient(y, pair(a, b)).bias) == 2
    assert type(tape.gradient(y, (a, b))) is tuple
    nested = tape.gradient(y, {"first": [a], "second": {"b": (b, a)}})
    assert float(nested["second"]["b"][0]) == 2
    assert list(tape.gradient(y, OrderedDict(b=b, a=a))) == ["b", "a"]
    assert tape.gradient(y, []) == []


def test_the_same_source_twice_gets_the_same_gradient_twice():
    a = Variable(2.0)
    with GradientTape() as tape:
        y = a * a
    assert [float(g) for g in tape.gradient(y, [a, a])] == [4, 4]


def test_an_unconnected_source_gives_none_or_zero():
    a, b = Variable([1.0, 2.0]), Variable(np.ones((2, 3)))
    with GradientTape(persistent=True) as tape:
        y = ops.sum(a)
    assert tape.gradient(y, b) is None
    zero = tape.gradient(y, b, unconnected_gradients="zero")
    assert (zero.shape, zero.dtype, float(ops.sum(zero))) == ((2, 3), np.float64, 0.0)
    with pytest.raises(ArgumentError, match="unconnected_gradients is 'none' or 'zero', got 'nought'"):
        tape.gradient(y, b, unconnected_gradients="nought")


def test_a_target_that_is_not_a_number_is_summed_and_targets_add_up():
    x = Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        y, z = x * x, 3.0 * x
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), [2, 4])
    np.testing.assert_array_equal(tape.gradient([y, z], x).numpy(), [5, 7])
    np.testing.assert_array_equal(tape.gradient([y, y], x).numpy(), [4, 8])


def test_output_gradients_weight_the_targets():
    x = Variable([1.0, 2.0])
    with GradientTape(persistent=True) as tape:
        y, z = x * x, 3.0 * x
    np.testing.assert_array_equal(tape.gradient(y, x, output_gradients=np.array([1.0, 10.0])).numpy(), [2, 40])
    np.testing.assert_array_equal(
        tape.gradient([y, z], x, output_gradients=[Tensor([1.0, 0.0]), None]).numpy(), [2 + 3, 3]
    )
    with pytest.raises(ShapeError, match=r"output_gradients of shape \(3,\) don't fit a target of shape \(2,\)"):
        tape.gradient(y, x, output_gradients=np.ones(3))
    with pytest.raises(ArgumentError, match="output_gradients expects 2 Tensors, one per target, got 1"):
        tape.gradient([y, z], x, output_gradients=[y])


def test_output_gradients_are_differentiated_on_an_outer_tape():
    x, seed = Variable(3.0), Variable(2.0)
    with GradientTape() as outer:
        with GradientTape() as inner:
            y = x * x
        slope = inner.gradient(y, x, output_gradients=seed)
    assert [float(g) for g in outer.gradient(slope, [x, seed])] == [4.0, 6.0]


def test_an_intermediate_tensor_can_be_a_source_and_a_target_its_own():
    x = Variable(3.0)
    with GradientTape(persistent=True) as tape:
        h = x * x
        y = h * h
    assert [float(g) for g in tape.gradient(y, [h, x, y])] == [18.0, 108.0, 1.0]
    assert float(tape.gradient(x, x)) == 1.0
    assert float(tape.gradient([y, h], h)) == 19.0


def test_an_intermediate_source_used_many_times_gets_all_its_uses():
    x = Variable(2.0)
    with GradientTape() as tape:
        h = x * 3.0
        y = h * h + h
    assert [float(g) for g in tape.gradient(y, [h, x])] == [13.0, 39.0]


def test_one_variable_used_a_thousand_times():
    x = Variable(1.0)
    with GradientTape() as tape:
        y = Tensor(0.0)
        for i in range(1000):
            y = y + x * float(i)
    assert float(tape.gradient(y, x)) == sum(range(1000))
