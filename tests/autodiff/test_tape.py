"""A tape's life: opened, closed, used up, reset, nested, in threads.

GradientTape means what TensorFlow's means; where it differs, it refuses or is documented to do more.
"""

import threading

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.recording import OPEN
from chainrule.autodiff.tape import GradientTape, gradient, value_and_gradient
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import DTypeError, GradientError


def test_a_tape_that_is_not_persistent_gives_one_gradient():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)
    with pytest.raises(GradientError, match=r"called twice .* use GradientTape\(persistent=True\)"):
        tape.gradient(y, x)
    with pytest.raises(GradientError, match=r"used already; make a new GradientTape\(\)"), tape:
        pass


def test_a_refused_call_does_not_use_the_tape_up():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
    with pytest.raises(DTypeError, match=r"expects Tensors and Variables as sources, .* got float"):
        tape.gradient(y, 3.0)
    with pytest.raises(
        DTypeError, match="expects a Tensor of floating type as its target, got float; compute the loss"
    ):
        tape.gradient(9.0, x)
    with pytest.raises(DTypeError, match="as its target, got a Tensor of bool"):
        tape.gradient(y > 3, x)
    assert float(tape.gradient(y, x)) == 6


def test_a_persistent_tape_gives_many_and_goes_on_recording():
    x = Variable(3.0)
    with GradientTape(persistent=True) as tape:
        y = x * x
    assert [float(tape.gradient(y, x)) for _ in range(2)] == [6, 6]
    with tape:
        z = y * x
    assert float(tape.gradient(z, x)) == 27


def test_a_tape_can_not_be_opened_twice_at_once():
    with GradientTape(persistent=True) as tape:
        with pytest.raises(GradientError, match="this tape is open already"), tape:
            pass
        assert OPEN.stack == [tape]
    assert OPEN.stack == []


def test_gradient_inside_its_own_with_closes_the_tape():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
        slope = tape.gradient(y, x)
        x * slope
    assert float(slope) == 6
    assert tape._records == []
    assert OPEN.stack == []


def test_a_persistent_tape_differentiates_its_own_gradient():
    x = Variable(3.0)
    with GradientTape(persistent=True) as tape:
        y = x * x * x
        slope = tape.gradient(y, x)
    assert float(tape.gradient(slope, x)) == 18


def test_nested_tapes_give_second_and_third_derivatives():
    x = Tensor(2.0)
    with GradientTape() as third:
        third.watch(x)
        with GradientTape() as second:
            second.watch(x)
            with GradientTape() as first:
                first.watch(x)
                y = x**4
            d1 = first.gradient(y, x)
        d2 = second.gradient(d1, x)
    assert [float(d) for d in (d1, d2, third.gradient(d2, x))] == [32.0, 48.0, 48.0]


def test_stop_recording_pauses_also_when_nested():
    x = Variable(3.0)
    with GradientTape() as tape:
        y = x * x
        with tape.stop_recording():
            with tape.stop_recording():
                pass
            hidden = y * x
        z = hidden * x
    assert float(tape.gradient(z, x)) == 27
    with GradientTape() as tape:
        with pytest.raises(ZeroDivisionError), tape.stop_recording():
            raise ZeroDivisionError
        y = x * x
    assert float(tape.gradient(y, x)) == 6


def test_reset_forgets():
    x, c = Variable(3.0), Tensor(1.0)
    with GradientTape() as tape:
        tape.watch(c)
        y = x * x * c
        tape.reset()
        z = 5.0 * x * c
    assert tape.gradient(y + z, [x, c]) == [None, None]
    tape.reset()
    with tape:
        z = 5.0 * x
    assert float(tape.gradient(z, x)) == 5


def test_the_tape_closes_after_an_exception():
    with pytest.raises(ZeroDivisionError), GradientTape():
        raise ZeroDivisionError
    assert OPEN.stack == []


def test_threads_record_on_their_own_tapes():
    barrier, found = threading.Barrier(2), {}

    def work(number):
        x = Variable(float(number))
        with GradientTape() as tape:
            barrier.wait()
            y = x * x
            barrier.wait()
            found[number] = (len(tape._records), len(OPEN.stack))
        found[number] += (float(tape.gradient(y, x)),)

    threads = [threading.Thread(target=work, args=(n,)) for n in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {1: (1, 1, 2.0), 2: (1, 1, 4.0)}


def test_operations_work_without_a_tape():
    assert float(ops.sum(Variable([1.0, 2.0]) * 2)) == 6


def test_functional_forms():
    value, slope = value_and_gradient(lambda x, y: x * x * y)(3, 2.0)
    assert (float(value), float(slope)) == (18, 12)
    assert float(gradient(lambda x, y: x * x * y, argnums=1)(3.0, 2.0)) == 9
    pair = gradient(lambda p: p["a"] * p["b"])({"a": 2.0, "b": np.array([1.0, 3.0])})
    assert float(pair["a"].numpy().sum()) == 4
    np.testing.assert_array_equal(pair["b"].numpy(), [2, 2])
    assert float(gradient(gradient(lambda x: 2.0 * x))(1.0)) == 0
    assert float(gradient(lambda x: ops.sum(Tensor([1.0])))(1.0)) == 0
    with pytest.raises(DTypeError, match="the function must return a Tensor, got float"):
        gradient(lambda x: 1.0)(2.0)
