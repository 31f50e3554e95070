import numpy as np
import pytest

from chainrule.errors import ArgumentError, DataError, UnknownNameError
from chainrule.tables import Column, Table, read_table
from chainrule.tables.table import number_text


def table() -> Table:
    return read_table({"age": [31.0, None, 40.0], "city": ["Rome", "Oslo", None]})


def test_missing_values_are_nan_in_numbers_and_none_in_categories() -> None:
    assert table().column("age").missing.tolist() == [False, True, False]
    assert table().column("city").missing.tolist() == [False, False, True]


def test_take_and_drop_keep_order_and_notes() -> None:
    noted = Table(table().columns, ("a note",))
    taken = noted.take(np.array([2, 0]))
    assert taken.column("age").values.tolist() == [40.0, 31.0]
    assert taken.notes == noted.drop("city").notes == ("a note",)
    assert noted.drop(["city"]).names == ("age",)


def test_unknown_column_suggests_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match=r"no column 'citty'; did you mean 'city'\?"):
        table().column("citty")
    with pytest.raises(UnknownNameError, match="no column 'zzz'; expected one of age, city"):
        table().drop(["zzz"])


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({}, "has no columns"),
        ({"a": []}, "has no rows"),
        ({"a": [1, 2], "b": ["x"]}, "same length, got 1 value in 'b' and 2 in 'a'"),
        ({1: [1], "1": [2], "b": [0]}, None),
    ],
)
def test_impossible_tables(columns: dict[object, list[object]], message: str | None) -> None:
    with pytest.raises(DataError, match=message or "several columns named '1'"):
        read_table(columns)


def test_columns_refuse_what_their_kind_cannot_hold() -> None:
    with pytest.raises(DataError, match=r"column 'a' of kind number needs a one-dimensional float64 array, got int64"):
        Column("a", "number", np.array([1, 2]))
    with pytest.raises(DataError, match="column 'a' holds an infinite number in row 2; expected finite"):
        Column("a", "number", np.array([1, -np.inf]))


@pytest.mark.parametrize("rows", [np.array([0.5]), np.array([[0]]), np.array([True, False, True])])
def test_take_refuses_what_is_no_list_of_indices(rows: np.ndarray) -> None:
    with pytest.raises(ArgumentError, match="must be a list of row indices"):
        table().take(rows)


def test_take_refuses_rows_outside_and_no_rows() -> None:
    with pytest.raises(ArgumentError, match="row indices must be below 3, got 0 to 3"):
        table().take(np.array([0, 3]))
    with pytest.raises(DataError, match="no rows"):
        table().take(np.array([]))


def test_numbers_and_dates_as_text() -> None:
    assert [number_text(value) for value in (3, -0.5, 1e300, 2.0**60)] == [
        "3",
        "-0.5",
        "1e+300",
        "1.152921504606847e+18",
    ]
    dates = read_table({"d": ["2021-01-05", None, "1969-12-31 12:30"]}).column("d")
    assert dates.as_text().tolist() == ["2021-01-05", None, "1969-12-31 12:30:00"]


def test_a_fingerprint_tells_tables_apart_and_knows_the_same_one():
    columns = {"x": [1.0, None], "name": ["a", "b"]}
    same, first = read_table(dict(columns)).fingerprint(), read_table(columns).fingerprint()
    others = [
        {"x": [1.0, 2.0], "name": ["a", "b"]},
        {"y": [1.0, None], "name": ["a", "b"]},
        {"x": [1.0, None], "name": ["a", None]},
        {"x": [1.0, None], "name": ["ab", ""]},
        {"name": ["a", "b"], "x": [1.0, None]},
    ]
    assert same == first
    assert len({first, *(read_table(other).fingerprint() for other in others)}) == 1 + len(others)
