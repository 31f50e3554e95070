import json

import numpy as np
import pytest

from chainrule.errors import DataError, FileError
from chainrule.tables import Column
from chainrule.tables.encodings import DateEncoding, LeftOut, fit_encoding
from chainrule.tables.state import StateReader
from tests.tables.encodings.columns import column, encoded


def days(start: str, count: int, step: float = 1.0) -> Column:
    first = np.datetime64(start, "D").astype(float)
    return Column("x", "date", first + step * np.arange(count))


def features(encoding: DateEncoding, values: Column) -> dict[str, list[float]]:
    block = np.zeros((len(values.values), len(encoding.feature_names)), dtype=np.float32)
    encoding.encode(values, block)
    return {name: list(map(float, column)) for name, column in zip(encoding.feature_names, block.T, strict=True)}


@pytest.mark.parametrize(
    ("column", "parts"),
    [
        (days("2024-01-01", 30), ("time", "weekday")),
        (days("2024-01-01", 100), ("time", "season", "weekday")),
        (days("2023-01-01", 800), ("time", "year", "season", "weekday")),
        (days("2024-01-01", 24, 1 / 24), ("time", "hour")),
        (
            Column("x", "date", np.arange("2020-01", "2023-01", dtype="M8[M]").astype("M8[D]").astype(float)),
            ("time", "year", "season"),
        ),
    ],
)
def test_only_parts_that_vary(column: Column, parts: tuple[str, ...]) -> None:
    encoding = fit_encoding(column)
    assert isinstance(encoding, DateEncoding)
    assert encoding.parts == parts


def test_weekdays_season_and_hour_are_right() -> None:
    encoding = DateEncoding.fit(days("2022-01-01", 3000, 0.25))
    found = features(encoding, column(["2024-07-01 06:00:00", "2024-01-01"]))  # two Mondays
    assert found["x (Monday)"] == [1, 1]
    assert found["x (Sunday)"] == [0, 0]
    assert found["x (hour, sin)"] == pytest.approx([1, 0], abs=1e-6)
    assert found["x (season, cos)"] == pytest.approx([np.cos(2 * np.pi * 182.25 / 365.2425), 1], abs=1e-6)
    assert found["x"][1] < found["x"][0]
    assert found["x (year)"][0] == found["x (year)"][1]


def test_missing_dates_are_zero_with_a_flag() -> None:
    encoding = fit_encoding(column(["2024-01-01", "2024-01-02", None]))
    assert encoded(encoding, ["2024-01-02", None])[1] == [0] * 8 + [1]
    plain = fit_encoding(column(["2024-01-01", "2024-01-02"]))
    assert encoded(plain, [None]) == [[0] * 8]
    assert plain.notes(column(["2024-01-02", None])) == ["x: 1 missing, none in training: 0 is used"]


def test_what_is_no_date_is_refused() -> None:
    encoding = fit_encoding(column(["1970-01-02", "1970-01-03", "1970-01-04"]))
    with pytest.raises(DataError, match="column 'x', row 2: expected a date as in training, got '5'"):
        encoded(encoding, [None, 5])


def test_a_column_that_orders_the_rows_keeps_what_comes_again() -> None:
    encoding = fit_encoding(days("2023-01-01", 800), role="time")
    assert isinstance(encoding, DateEncoding)
    assert encoding.parts == ("season", "weekday")
    years = Column("x", "date", np.arange("2000", "2020", dtype="M8[Y]").astype("M8[D]").astype(float))
    assert fit_encoding(years, role="time") == DateEncoding.fit(years, ordered=True)
    assert fit_encoding(column([2001, 2002, 2003]), role="time") == LeftOut("x", "orders the rows")


def test_state() -> None:
    encoding = fit_encoding(column(["2024-01-01", "2024-01-02", None]))
    state = json.loads(json.dumps(encoding.state()))
    assert DateEncoding.from_state("x", StateReader(state, "x")) == encoding
    with pytest.raises(FileError, match="has parts of a date that this version does not know"):
        DateEncoding.from_state("x", StateReader({**state, "parts": ["moon"]}, "x"))
