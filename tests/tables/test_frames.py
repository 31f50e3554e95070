import datetime as dt
import decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from chainrule.errors import DataError, DTypeError
from chainrule.tables import Table, read_table

COLUMNS = {
    "i": [1, None, 3],
    "f": [0.5, 1.5, None],
    "t": ["a", None, " b"],
    "n": ["1", "?", "2.5"],
    "b": [True, None, False],
    "d": [dt.date(1970, 1, 2), None, dt.date(1971, 1, 1)],
    "m": [dt.datetime(1970, 1, 1, 12), None, dt.datetime(1970, 1, 2)],
    "e": [None, None, None],
}


def check(table: Table) -> None:
    kinds = ["number", "number", "category", "number", "boolean", "date", "date", "number"]
    assert [(column.name, column.kind) for column in table] == list(zip(COLUMNS, kinds, strict=True))
    expected = {
        "i": [1, np.nan, 3],
        "f": [0.5, 1.5, np.nan],
        "n": [1, np.nan, 2.5],
        "d": [1, np.nan, 365],
        "m": [0.5, np.nan, 1],
        "e": [np.nan] * 3,
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(table.column(name).values, values)
    assert table.column("t").values.tolist() == ["a", None, "b"]
    np.testing.assert_array_equal(table.column("b").values, [1, np.nan, 0])


@pytest.mark.parametrize(
    "make", [dict, pd.DataFrame, pl.DataFrame, pa.table, lambda c: pd.DataFrame(c).convert_dtypes()]
)
def test_every_source_gives_the_same_table(make: Any) -> None:
    check(read_table(make(COLUMNS)))


def test_a_dictionary_takes_arrays_and_series() -> None:
    table = read_table(
        {
            "array": np.array([1, 2], dtype=np.int8),
            "dates": np.array(["1970-01-02", "NaT"], dtype="datetime64[ns]"),
            "texts": np.array(["a", "b"]),
            "bools": np.array([True, False]),
            "pandas": pd.Series([1.5, None]),
            "polars": pl.Series(["x", None]),
            "decimals": [decimal.Decimal("0.5"), 1],
        }
    )
    kinds = [column.kind for column in table]
    assert kinds == ["number", "date", "category", "boolean", "number", "category", "number"]
    np.testing.assert_array_equal(table.column("dates").values, [1, np.nan])


def test_mixed_values_become_text() -> None:
    column = read_table(pd.DataFrame({"x": pd.Series([1, "a", None, True, 2.0], dtype=object)})).column("x")
    assert (column.kind, column.values.tolist()) == ("category", ["1", "a", None, "true", "2"])


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"x": pd.Categorical([3, None, 1])}),
        pd.DataFrame({"x": pd.Categorical(["3", None, "1"])}),
        pl.DataFrame({"x": pl.Series(["3", None, "1"], dtype=pl.Categorical)}),
        pl.DataFrame({"x": pl.Series(["3", None, "1"], dtype=pl.Enum(["1", "3"]))}),
    ],
)
def test_the_frames_own_categories_stay_categories(frame: Any) -> None:
    column = read_table(frame).column("x")
    assert (column.kind, column.values.tolist()) == ("category", ["3", None, "1"])


def test_time_zones_count() -> None:
    when = pd.Series(pd.to_datetime(["1970-01-01 01:00"])).dt.tz_localize("Europe/Berlin")
    assert read_table({"x": when}).column("x").values.tolist() == [0.0]


def test_a_table_passes_unchanged() -> None:
    table = read_table({"x": [1]})
    assert read_table(table) is table


def test_the_callers_arrays_are_not_shared() -> None:
    values = np.array([1.0, 2.0])
    table = read_table({"x": values})
    values[0] = 9
    assert table.column("x").values[0] == 1.0


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (None, "got NoneType"),
        (3, "an array, a list of rows, a dictionary of columns or a Table, got int"),
    ],
)
def test_unknown_sources(source: Any, message: str) -> None:
    with pytest.raises(DTypeError, match=message):
        read_table(source)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"x": [[1], [2]]}, "column 'x' holds list values; expected numbers, text, booleans or dates: leave it out"),
        ({"x": [1j]}, "column 'x' holds complex values"),
        ({"x": np.zeros((2, 2))}, r"column 'x' must be one-dimensional, got an array of shape \(2, 2\)"),
        ({"x": "abc"}, "column 'x' must be a list, an array or a series, got str"),
        ({"x": 5}, "column 'x' must be a list, an array or a series, got int"),
        ({"x": [1.0, float("inf")]}, "column 'x' holds an infinite number in row 2"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "several columns of the same name"),
        (pd.DataFrame({"x": []}), "no rows"),
        (pl.DataFrame({"x": [[1], [2]]}), "column 'x' holds list values"),
    ],
)
def test_bad_columns(columns: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(columns)


def test_arrays_and_lists_of_rows_have_numbered_columns() -> None:
    for source in (np.array([[1, 2], [3, 4]]), [[1, 2], [3, 4]], [(1, 2), (3, 4)], [np.array([1, 2]), [3, 4]]):
        table = read_table(source)
        assert table.names == ("column_1", "column_2")
        assert table.column("column_2").values.tolist() == [2, 4]
    mixed = read_table(np.array([[1, "a"], [2, "b"]], dtype=object))
    assert [column.kind for column in mixed] == ["number", "category"]


def test_structured_arrays_and_dictionaries_have_names() -> None:
    structured = np.array([(1, "a"), (2, "b")], dtype=[("x", "i4"), ("s", "U1")])
    for source in (structured, [{"x": 1, "s": "a"}, {"s": "b", "x": 2}]):
        table = read_table(source)
        assert table.names == ("x", "s")
        assert table.column("x").values.tolist() == [1, 2]
    partly = read_table([{"x": 1}, {"y": 2}])
    np.testing.assert_array_equal(partly.column("x").values, [1, np.nan])


def test_lazy_frames_are_collected() -> None:
    assert read_table(pl.LazyFrame({"x": [1, 2]}).filter(pl.col("x") > 1)).column("x").values.tolist() == [2]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (np.zeros(3), r"an array must be two-dimensional, \(rows, columns\), to be a table, got shape \(3,\)"),
        ([(1, 2), (3,)], "row 2 of the list has 1 values, the first row 2"),
        ([1, 2], "row 1 of the list is int; expected every row to be a list of values"),
        ([[1], "ab"], "row 2 of the list is str"),
        ([], "the table has no columns"),
    ],
)
def test_arrays_and_lists_that_are_no_tables(source: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read_table(source)
