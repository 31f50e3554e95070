"""A date or a time as the parts that tell: how late, which season, which day of the week, which hour."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import FileError
from chainrule.tables.encodings.encoding import Encoding, refuse_values
from chainrule.tables.encodings.number import NumberEncoding
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column

_DAYS_OF_A_YEAR = 365.2425
_SEASON = 90.0  # days that dates must span before their season counts
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_FEATURES = {
    "time": ("",),
    "year": (" (year)",),
    "season": (" (season, sin)", " (season, cos)"),
    "weekday": tuple(f" ({day})" for day in _WEEKDAYS),
    "hour": (" (hour, sin)", " (hour, cos)"),
}


@dataclass(frozen=True)
class DateEncoding(Encoding):
    """A date as some of these parts, those in which training varies; a missing date is 0 in all, with a flag.

    - ``time``: days, scaled as a number is;
    - ``year``: the calendar year, scaled;
    - ``season``: sine and cosine of the day of the year, where dates span at least 90 days;
    - ``weekday``: seven one-hot slots, unless all dates are the same day of a month;
    - ``hour``: sine and cosine of the time of day, where there is one.

    Where the rows are split by this column, ``time`` and ``year`` are left out: they would never be seen again.

    Parameters
    ----------
    name : str
    linear : NumberEncoding
        Of the days since 1970, with the flag.
    parts : tuple of str
    """

    name: str
    linear: NumberEncoding
    parts: tuple[str, ...]

    treatment: ClassVar[str] = "date"

    @classmethod
    def fit(cls, column: Column, ordered: bool = False) -> Self:
        """Choose the parts in which the training part of a column with at least one value varies.

        With ``ordered`` (rows are split by this column) only what comes again counts, which may be nothing.
        """
        days = column.values[~column.missing]
        dates = _calendar(days)
        varied = {
            "time": not ordered and days.min() < days.max(),
            "year": not ordered and len(np.unique(dates.astype("M8[Y]"))) > 1,
            "season": float(days.max() - days.min()) >= _SEASON,
            "weekday": len(np.unique(_day_of_month(dates))) > 1 and len(np.unique(_weekday(days))) > 1,
            "hour": len(np.unique(days % 1)) > 1,
        }
        parts = tuple(part for part, varies in varied.items() if varies)
        return cls(column.name, NumberEncoding.fit(column), parts if parts or ordered else ("time",))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each feature of each part, and that of the flag."""
        endings = [ending for part in self.parts for ending in _FEATURES[part]]
        return tuple(self.name + ending for ending in [*endings, *([" (missing)"] if self.linear.flagged else [])])

    @property
    def missing_becomes(self) -> str:
        """What stands for a missing value, in a few words."""
        return "0 + flag" if self.linear.flagged else "0"

    def encode(self, column: Column, block: Array) -> None:
        """Write the parts into ``block`` (rows, features), which holds zeros."""
        missing = column.missing
        if column.kind != "date":
            refuse_values(column, ~missing, "a date")
        days = np.where(missing, self.linear.median, column.values if column.kind == "date" else np.nan)
        features = np.concatenate([self._part(part, days) for part in self.parts], axis=1)
        features[missing] = 0
        block[:, : features.shape[1]] = features
        if self.linear.flagged:
            block[:, -1] = missing

    def _part(self, part: str, days: Array) -> Array:
        """Return the features of one part: (rows, features)."""
        dates = _calendar(days)
        if part == "time":
            return self.linear.bend(days)[:, None]
        if part == "year":
            year = dates.astype("M8[Y]")
            return self.linear.bend(year.astype("M8[D]").astype(np.float64) + _DAYS_OF_A_YEAR / 2)[:, None]
        if part == "weekday":
            return np.eye(7)[_weekday(days)]
        if part == "season":
            turn = (days - dates.astype("M8[Y]").astype("M8[D]").astype(np.float64)) / _DAYS_OF_A_YEAR
        else:
            turn = days % 1
        return np.stack([np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)], axis=1)

    def notes(self, column: Column) -> list[str]:
        """Say whether values are missing that never were in training."""
        count = int(column.missing.sum())
        unknown = count > 0 and not self.linear.flagged
        return [f"{self.name}: {count} missing, none in training: 0 is used"] if unknown else []

    def describe(self) -> str:
        """Return the treatment in words."""
        return f"{', '.join(self.parts)}{'; missing: 0 + flag' if self.linear.flagged else ''}"

    def state(self) -> dict[str, Any]:
        """Return the encoding, but its name, as plain values for a JSON file."""
        return {"parts": list(self.parts), **self.linear.state()}

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from."""
        parts = state.texts("parts")
        if not set(parts) <= set(_FEATURES):
            raise FileError(
                f"bad model file: {state.where} has parts of a date that this version does not know: {parts}"
            )
        return cls(name, NumberEncoding.from_state(name, state), parts)


def _calendar(days: Array) -> Array:
    return np.asarray(np.floor(days).astype(np.int64).astype("M8[D]"))


def _day_of_month(dates: Array) -> Array:
    return np.asarray((dates - dates.astype("M8[M]")).astype(np.int64))


def _weekday(days: Array) -> Array:
    return np.asarray((np.floor(days).astype(np.int64) + 3) % 7)  # 1970-01-01 was a Thursday
