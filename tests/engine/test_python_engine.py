"""The Python engine and what it works on: ranges of steps, the parameter vector, rows."""

import numpy as np
import pytest

from chainrule import Sequential, Variable, engine, losses
from chainrule.engine.data import Rows, as_array, check_finite, check_inputs, check_weights
from chainrule.engine.engine import Position, Progress
from chainrule.engine.parameters import ParameterVector
from chainrule.errors import DataError, DTypeError, ShapeError, UnknownNameError
from chainrule.layers import BatchNormalization, Dense, Dropout, Input
from chainrule.random import generator

X = generator(0, "check").normal(size=(12, 2))
Y = X @ [1.0, -1.0]


def task(**options):
    model = Sequential([Input((2,)), Dropout(0.3), Dense(3), BatchNormalization(), Dense(1)], dtype="float64", seed=0)
    model.compile("adam", "mse", **options)
    return model, *model._rows(X, Y, None, "fit")


@pytest.mark.parametrize("ranges", [[(0, 3)], [(0, 1), (1, 3)], [(0, 1), (1, 2), (2, 3)]])
def test_ranges_of_steps_add_up(ranges):
    """Any cutting of an epoch into ranges gives the same bits and the same loss."""
    expected = None
    for cut in ([(0, 3)], ranges):
        model, work, rows = task()
        position, total = Position(work.optimizer.init_state(len(model.parameters), "float64")), Progress()
        for start, stop in cut:
            total.add(model._engine.run(work, position, rows, np.arange(12)[::-1], 5, start, stop))
        assert (position.step, total.rows, total.mass) == (3, 12, 12.0)
        result = [total.loss, *(w.tobytes() for w in model.get_weights())]
        expected = expected or result
    assert result == expected


def test_a_position_says_all_about_where_training_stands():
    """The run can be set back to it: same weights, state, slots and step give the same again."""
    model, work, rows = task()
    position = Position(work.optimizer.init_state(len(model.parameters), "float64"))
    model._engine.run(work, position, rows, np.arange(12), 4, 0, 2)
    kept = model.snapshot(), {name: slot.copy() for name, slot in position.slots.items()}, position.step
    first = model._engine.run(work, position, rows, np.arange(12), 4, 2, 3).loss
    after = model.get_weights()
    model.restore(kept[0])
    again = model._engine.run(work, Position(kept[1], kept[2]), rows, np.arange(12), 4, 2, 3).loss
    assert first == again
    for v, w in zip(after, model.get_weights(), strict=True):
        np.testing.assert_array_equal(v, w)


def test_a_failed_step_moves_nothing():
    model, work, rows = task()
    position = Position(work.optimizer.init_state(len(model.parameters), "float64"))
    bad = Rows(rows.x, np.full((12, 1), 1e200))
    before = model.get_weights()
    progress = model._engine.run(work, position, bad, np.arange(12), 4, 0, 3)
    assert (progress.failed_step, progress.rows, position.step) == (0, 0, 0)
    assert np.isnan(progress.loss)
    for v, w in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(v, w)
    assert not any(slot.any() for slot in position.slots.values())


def test_loss_and_gradient_against_central_differences():
    model, work, rows = task()
    rows = Rows(rows.x, rows.y, np.linspace(0, 2, 12))
    loss, gradient = model._engine.loss_and_gradient(work, rows)
    direction = generator(1, "check").normal(size=len(gradient))
    kept, step = model.parameters.values.copy(), 1e-6
    values = []
    for sign in (1, -1):
        model.parameters.writable()[...] = kept + sign * step * direction
        values.append(model._engine.loss_and_gradient(work, rows)[0])
    model.parameters.writable()[...] = kept
    np.testing.assert_allclose(gradient @ direction, (values[0] - values[1]) / (2 * step), rtol=1e-7)
    expected = losses.MeanSquaredError()(rows.y, model.predict(X), sample_weight=rows.weight)
    np.testing.assert_allclose(loss, float(expected), rtol=1e-12)


def test_progress():
    assert np.isnan(Progress().loss)
    total = Progress()
    total.add(Progress(loss_sum=6.0, mass=2.0, rows=3))
    total.add(Progress(loss_sum=2.0, mass=6.0, rows=1, failed_step=5))
    assert (total.loss, total.rows, total.failed_step) == (1.0, 4, 5)


def test_choice():
    model = Sequential([Input((2,)), Dense(1)])
    assert engine.choose("python", model).name == "Python"
    assert engine.choose("auto", model).name == ("native" if engine.native.available() else "Python")
    with pytest.raises(UnknownNameError, match=r"unknown engine 'pythn'; did you mean 'python'\?"):
        engine.choose("pythn", model)


# ---- the vector


def test_variables_become_views_and_keep_their_values():
    a, b = Variable([[1.0, 2.0]]), Variable(3.0)
    vector = ParameterVector([("a", a), ("b", b)], "float32")
    np.testing.assert_array_equal(vector.values, [1, 2, 3])
    vector.writable()[...] = [4, 5, 6]
    np.testing.assert_array_equal(a.numpy(), [[4, 5]])
    assert b.item() == 6
    a.assign([[7.0, 8.0]])
    b.assign_add(1.0)
    np.testing.assert_array_equal(vector.values, [7, 8, 7])
    assert [(s.name, s.offset, s.length, s.shape) for s in vector.segments] == [
        ("a", 0, 2, (1, 2)),
        ("b", 2, 1, ()),
    ]
    assert vector.values.flags.c_contiguous


def test_versions_are_counted_for_every_way_to_write():
    a = Variable([1.0])
    versions = [a._version]
    vector = ParameterVector([("a", a)], "float32")
    versions.append(a._version)
    vector.writable()
    versions.append(a._version)
    a.assign([2.0])
    versions.append(a._version)
    ParameterVector([("a", a)], "float32")  # into another vector
    versions.append(a._version)
    assert versions == sorted(set(versions))


def test_gradients_in_one_vector():
    vector = ParameterVector([("a", Variable([[1.0, 2.0]])), ("b", Variable(3.0))], "float32")
    np.testing.assert_array_equal(vector.flat_gradient([np.array([[5.0, 6.0]]), None]), [5, 6, 0])
    assert ParameterVector([], "float64").flat_gradient([]).dtype == np.float64


def test_types_do_not_mix():
    with pytest.raises(DTypeError, match="b is float64 in a float32 model; give the model the type"):
        ParameterVector([("a", Variable([1.0])), ("b", Variable([1.0], dtype="float64"))], "float32")


# ---- rows


def test_take():
    rows = Rows(np.arange(6).reshape(3, 2), np.arange(3), None)
    part = rows.take([2, 0])
    np.testing.assert_array_equal(part.x, [[4, 5], [0, 1]])
    np.testing.assert_array_equal(part.y, [2, 0])
    assert part.weight is None
    assert len(part) == 2


def test_arrays_come_through_uncopied():
    x = np.ones((3, 2), np.float16)
    assert check_inputs(x) is x
    assert as_array([[1, None]], "x").dtype == np.float64  # None is NaN, to be refused where it matters


@pytest.mark.parametrize("rows", [5, 3000])
def test_the_first_bad_number_is_named_also_far_down(rows, monkeypatch):
    monkeypatch.setattr("chainrule.engine.data.CHUNK", 1000)
    x = np.ones((rows, 4))
    x[rows - 2, 3] = np.inf
    with pytest.raises(
        DataError, match=rf"^x holds inf \(first in row {rows - 2}, column 3\); fill or drop such values"
    ):
        check_finite(x, "x")
    check_finite(np.ones((rows, 4)), "x")
    check_finite(np.array([2**62]), "x")  # integers are finite


def test_weights():
    np.testing.assert_array_equal(check_weights([0, 1, 2], 3), [0, 1, 2])
    with pytest.raises(ShapeError, match=r"one weight per row, shape \(3,\), got \(3, 1\)"):
        check_weights([[1], [1], [1]], 3)
