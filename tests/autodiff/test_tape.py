"""GradientTape means what TensorFlow's means; where it differs, it refuses or is documented to do more."""

import threading
import tracemalloc
import weakref
from collections import OrderedDict, namedtuple

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.recording import OPEN
from chainrule.autodiff.tape import GradientTape, gradient, value_and_gradient
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, DTypeError, GradientError, ShapeError


def test_a_variable_is_watched_and_a_constant_is_not():
    x, c = Variable(3.0), Tensor(2.0)
    with GradientTape() as tape:
        y = c * x * x
    dx, dc = tape.gradient(y, [x, c])
    assert float(dx) == 12
    assert dc is None


def test_a_watched_constant_has_a_gradient():
    c = Tensor(2.0)
    with GradientTape() as tape:
        tape.watch(c)
        y = c * c
    assert float(tape.gradient(y, c)) == 4


def test_what_was_computed_before_watch_or_outside_the_tape_is_constant():
    x = Variable(3.0)
    early = x * x
    with GradientTape() as tape:
        y = early + 1.0
    late = y * x
    assert tape.gradient(late, x) is None


def test_without_automatic_watching_only_watched_variables_count():
    a, b = Variable(2.0), Variable(3.0)
    with GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(a)
        y = a * b
    assert [g and float(g) for g in tape.gradient(y, [a, b])] == [3.0, None]


def test_a_variable_that_is_not_trainable_is_watched_only_on_request():
    frozen, whole = Variable(2.0, trainable=False), Variable(2)
    assert not whole.trainable
    with GradientTape() as tape:
        y = frozen * frozen * whole
    assert tape.gradient(y, [frozen, whole]) == [None, None]
    with GradientTape() as tape:
        tape.watch(frozen)
        y = frozen * frozen * whole
    assert float(tape.gradient(y, frozen)) == 8


def test_trainable_can_be_switched():
    x = Variable(2.0)
    x.trainable = False
    with GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x) is None
    x.trainable = True
    with GradientTape() as tape:
        y = x * x
    assert float(tape.gradient(y, x)) == 4


def test_a_tensor_from_variables_is_recorded_on_a_later_tape():
    weights, seen = Variable(4.0), []
    for _ in range(3):  # the lecture's loop: after the first round `weights` is no Variable any more
        with GradientTape() as tape:
            loss = weights * weights
        slope = tape.gradient(loss, weights)
        weights = weights - 0.25 * slope
        seen.append(float(weights))
    assert seen == [2.0, 1.0, 0.5]


def test_a_constant_watched_on_one_tape_is_not_watched_on_the_next():
    c = Tensor(2.0)
    with GradientTape() as first:
        first.watch(c)
        d = c * c
    with GradientTape() as second:
        y = d * c
    assert second.gradient(y, [c, d]) == [None, None]


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


def test_watched_variables_are_those_used():
    a, b, c = Variable(1.0, name="a"), Variable(1.0), Variable(1.0, trainable=False)
    with GradientTape() as tape:
        a * c + a
    assert tape.watched_variables() == (a,)
    assert b is not a


def test_watching_takes_structures_and_refuses_what_has_no_gradient():
    a, b = Tensor(1.0), Tensor(2.0)
    with GradientTape() as tape:
        tape.watch({"a": a, "rest": [b]})
        y = a * b
    assert [float(g) for g in tape.gradient(y, [a, b])] == [2, 1]
    with pytest.raises(DTypeError, match=r"watches Tensors of floating type, got int64; make one first: x = Tensor"):
        tape.watch(Tensor(1))
    with pytest.raises(DTypeError, match="watches Tensors of floating type, got float"):
        tape.watch(1.0)


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.assign(9.0),
        lambda v: v.assign_add(1.0),
        lambda v: v.assign_sub(1.0),
        lambda v: v.writable().fill(9.0),
        lambda v: v.move_to(np.zeros(1, np.float32)[0:1].reshape(()), None),
    ],
)
def test_a_variable_assigned_to_after_recording_is_refused(change):
    x = Variable(3.0, name="weights")
    with GradientTape() as tape:
        y = x * x
    change(x)
    with pytest.raises(
        GradientError, match=r"weights was assigned to after multiply used it on this tape, .*; call gradient before"
    ):
        tape.gradient(y, x)


def test_a_view_of_a_variable_keeps_its_old_values():
    x = Variable([[1.0, 2.0], [3.0, 4.0]])
    views = [
        x[0],
        x[:, 1],
        x.T,
        ops.reshape(x, -1),
        ops.stop_gradient(x),
        x.numpy(),
        np.asarray(x),
        ops.cast(x, "float32"),
    ]
    before = [np.array(v) for v in views[:-1]]
    x.assign(np.zeros((2, 2)))
    for view, old in zip(views[:-1], before, strict=True):
        np.testing.assert_array_equal(np.array(view), old)
    with GradientTape() as tape:
        y = ops.sum(ops.square(x[0]))
    tape.gradient(y, x)
    assert views[-1] is x  # nothing to cast: the Variable itself


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


@pytest.mark.parametrize("start", [Variable(1.0), Tensor(1.0)], ids=["variable", "watched"])
def test_a_chain_of_a_hundred_thousand_operations(start):
    with GradientTape() as tape:
        tape.watch(start)
        y = start
        for _ in range(100_000):
            y = y + 1.0
    assert float(tape.gradient(y, start)) == 1


def test_a_recorded_operation_takes_about_a_kilobyte():
    x, one = Variable(1.0), Tensor(1.0)
    tracemalloc.start()
    try:
        with GradientTape():
            y = x
            for _ in range(1000):
                y = y + one
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1000 * 1000


@pytest.mark.parametrize("x", [Variable(np.ones(100_000)), Tensor(np.ones(100_000))], ids=["variable", "watched"])
def test_the_walk_frees_what_it_no_longer_needs(x):
    with GradientTape() as tape:
        tape.watch(x)
        h = ops.tanh(x)
        alive = weakref.ref(h)
        for _ in range(20):
            h = ops.tanh(h)
        y = ops.sum(h)
    del h
    assert alive() is not None
    tracemalloc.start()
    try:
        tape.gradient(y, x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert alive() is None
    assert peak < 5 * x.numpy().nbytes  # a gradient and a few temporaries, not one per operation


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
