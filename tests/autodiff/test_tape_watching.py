"""What a tape watches, and what becomes of a variable that changes under it."""

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.errors import DTypeError, GradientError


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
