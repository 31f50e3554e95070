import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import ArgumentError, DataError, FileError, UnknownNameError
from chainrule.tables import ClassTarget, Column, NumberTarget, read_table, with_known_target


def column(values: list[object]) -> Column:
    return read_table({"y": values}).column("y")


def test_classes_are_sorted_and_come_back() -> None:
    values = column(["b", "a", "c", "a"])
    target = ClassTarget.fit(values)
    assert target.classes == ("a", "b", "c")
    assert target.encode(values).tolist() == [1, 0, 2, 0]
    assert target.decode(target.encode(values)).tolist() == ["b", "a", "c", "a"]
    assert ClassTarget.fit(column([10, 2, 10])).classes == ("2", "10")


def test_labels_may_change_their_type() -> None:
    numbers = ClassTarget.fit(column([0, 1]))
    assert numbers.encode(Column("y", "category", np.array(["1", "0"], dtype=object))).tolist() == [1, 0]
    assert ClassTarget("y", ("0", "1", "x")).encode(column([1, 0])).tolist() == [1, 0]


def test_labels_unseen_in_training_are_named() -> None:
    target = ClassTarget.fit(column(["a", "b"]))
    with pytest.raises(DataError, match="'y' holds classes never seen in training: 'c', 'd'; expected 'a', 'b'"):
        target.encode(column(["a", "d", "c"]))


def test_impossible_classes() -> None:
    with pytest.raises(DataError, match="target 'y' has only the value 'a' in 2 rows; expected at least two classes"):
        ClassTarget.fit(column(["a", "a"]))
    for use in (ClassTarget.fit, ClassTarget("y", ("a", "b")).encode, NumberTarget.fit):
        with pytest.raises(DataError, match="target 'y' has no value in 1 row, the first is row 2; leave those"):
            use(column(["a", None]))


@pytest.mark.parametrize("codes", [[2], [-1], [0.5]])
def test_impossible_codes(codes: list[float]) -> None:
    with pytest.raises(ArgumentError, match="class codes must be integers from 0 to 1, got"):
        ClassTarget("y", ("a", "b")).decode(codes)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=50).filter(lambda v: np.std(v) > 1e-6))
def test_numbers_are_standardised_and_come_back(values: list[float]) -> None:
    numbers = Column("y", "number", np.array(values))
    target = NumberTarget.fit(numbers)
    encoded = target.encode(numbers)
    assert encoded.mean() == pytest.approx(0, abs=1e-6)
    assert encoded.std() == pytest.approx(1, abs=1e-6)
    np.testing.assert_allclose(target.decode(encoded), values, rtol=1e-9, atol=1e-12 * np.abs(values).max())


def test_numbers_may_arrive_as_text() -> None:
    target = NumberTarget("y", 1.0, 2.0)
    assert target.encode(Column("y", "category", np.array(["5"], dtype=object))).tolist() == [2.0]
    with pytest.raises(DataError, match="target 'y', row 2: expected a number, got 'x'"):
        target.encode(column(["5", "x"]))


def test_impossible_numbers() -> None:
    with pytest.raises(DataError, match="target 'y' has only the value 3 in 2 rows of training; nothing to learn"):
        NumberTarget.fit(column([3, 3]))
    with pytest.raises(DataError, match=r"target 'y' spans -1e\+308 to 1e\+308, which can't be standardised"):
        NumberTarget.fit(column([-1e308, 1e308]))


def test_rows_without_target_are_dropped_and_counted() -> None:
    table = read_table({"x": [1, 2, 3], "y": [None, "a", "b"]})
    known, dropped = with_known_target(table, "y")
    assert (known.column("x").values.tolist(), dropped) == ([2.0, 3.0], 1)
    assert with_known_target(known, "y") == (known, 0)
    with pytest.raises(UnknownNameError, match="no column 'z'"):
        with_known_target(table, "z")
    with pytest.raises(DataError, match="target 'y' has no value in any of 2 rows"):
        with_known_target(read_table({"x": [1, 2], "y": [None, None]}), "y")


@pytest.mark.parametrize("target", [ClassTarget("y", ("a", "b")), NumberTarget("y", 0.1, 1 / 3)])
def test_state_survives_json_exactly(target: Any) -> None:
    assert type(target).from_state(json.loads(json.dumps(target.state()))) == target


@pytest.mark.parametrize(
    ("kind", "state", "message"),
    [
        (ClassTarget, None, "the target must be a JSON object, got NoneType"),
        (ClassTarget, {"name": "y", "classes": ["a"]}, "at least 2 different names in 'classes'"),
        (ClassTarget, {"name": 1, "classes": ["a", "b"]}, "text in 'name', got 1"),
        (NumberTarget, {"name": "y", "mean": 0.0, "std": 0.0}, "positive finite number 'std', got 0.0"),
        (NumberTarget, {"name": "y", "mean": "0", "std": 1.0}, "finite number 'mean', got '0'"),
    ],
)
def test_bad_state_is_a_file_error(kind: Any, state: Any, message: str) -> None:
    with pytest.raises(FileError, match=message):
        kind.from_state(state)


def test_rows_in_which_one_of_several_targets_is_missing_are_left_out() -> None:
    table = read_table({"a": [1, None, 3, 4], "b": ["x", "y", None, "z"], "c": [1, 2, 3, None]})
    known, dropped = with_known_target(table, "a", "b")
    assert (known.column("a").values.tolist(), dropped) == ([1, 4], 2)
    with pytest.raises(DataError, match="target 'a' or 'b' or 'c' has no value in any of 3 rows"):
        with_known_target(table.take(np.array([1, 2, 3])), "a", "b", "c")
