"""A number, scaled so that outliers do no harm, and cut into pieces so that a network can bend anywhere."""

from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables.encodings.encoding import Encoding, refuse_values
from chainrule.tables.encodings.pieces import piece_names, pieces_of, quantile_knots
from chainrule.tables.labels import some
from chainrule.tables.parsing import parse_numbers
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column

LIMIT = 3.0
_NORMAL_IQR = 1.349  # the interquartile range of a standard normal distribution
_FARTHEST = 1e9  # scales; beyond it nothing changes, and the square of it is finite


@dataclass(frozen=True)
class NumberEncoding(Encoding):
    """A number as ``z / sqrt(1 + (z / 3)^2)`` of ``z = (x - median) / scale``, with a 0/1 flag if some were missing.

    ``scale`` is the interquartile range / 1.349 (the standard deviation, if values were normal), which outliers
    do not move; where half of the values are equal, the median distance of the others from them; where all are, 1.
    The root bends large values smoothly towards 3, so that a heavy tail keeps its order and can't upset training.
    A missing value becomes the median, so 0, and sets the flag. With knots, the pieces of ``pieces_of`` follow.

    Parameters
    ----------
    name : str
    kind : "number" or "date"
        Dates are counted in days.
    median, scale : float
    flagged : bool
        Whether training had missing values.
    limit : float or None
        What |feature| stays below; None, as in files of version 0.1, does not bend.
    lenient : bool
        Whether text that is no number counts as missing: for columns that the user calls numeric.
    knots : tuple of float
        Ends of the pieces of the piecewise linear encoding, increasing; none without it.

    References
    ----------
    The smooth clip: Holzmüller, Grinsztajn, Steinwart, Better by Default, arXiv:2407.04491, 2024.
    """

    name: str
    kind: Literal["number", "date"]
    median: float
    scale: float
    flagged: bool
    limit: float | None = None
    lenient: bool = False
    knots: tuple[float, ...] = ()

    treatment: ClassVar[str] = "number"

    @classmethod
    def fit(cls, column: Column, lenient: bool = False, cut: bool = False) -> Self:
        """Take median, scale and, with ``cut``, knots from the training part of a column with at least one value.

        Raises
        ------
        DataError
            The values are too far apart, or none of a ``lenient`` column is a number.
        """
        kind: Literal["number", "date"] = "date" if column.kind == "date" else "number"
        values = parse_numbers(column.values) if column.kind == "category" else column.values
        missing = np.isnan(values)
        present = values[~missing]
        if present.size == 0:
            raise DataError(
                f"column {column.name!r} was called numeric, but no value of it is a number; it holds "
                f"{some(sorted(set(column.as_text()[~column.missing])))}"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            lower, median, upper = np.quantile(present, [0.25, 0.5, 0.75]).tolist()
            scale = (upper - lower) / _NORMAL_IQR
            if scale == 0 and (present != median).any():
                scale = float(np.median(np.abs(present - median)[present != median]))
        if not (np.isfinite(median) and np.isfinite(scale)):
            raise DataError(
                f"column {column.name!r} spans {present.min():g} to {present.max():g}, too far to be scaled; "
                "take the logarithm or leave the column out"
            )
        knots = quantile_knots(present) if cut else ()
        return cls(column.name, kind, median, scale or 1.0, bool(missing.any()), LIMIT, lenient, knots)

    @property
    def column_kind(self) -> str:
        """A number or a date."""
        return self.kind

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The column's name, those of its pieces, and that of its flag."""
        flag = (f"{self.name} (missing)",) if self.flagged else ()
        return (self.name, *piece_names(self.name, self.knots), *flag)

    @property
    def missing_becomes(self) -> str:
        """What stands for a missing value, in a few words."""
        return "median + flag" if self.flagged else "median"

    def encode(self, column: Column, block: Array) -> None:
        """Write the encoded column into ``block`` (rows, features), which holds zeros."""
        values = self._numbers(column)
        missing = np.isnan(values)
        filled = np.where(missing, self.median, values)
        block[:, 0] = self.bend(filled)
        if not np.isfinite(block[:, 0]).all():
            row = int((~np.isfinite(block[:, 0])).argmax())
            raise DataError(
                f"column {self.name!r}, row {row + 1}: {values[row]:g} is too far from the median {self.median:g} of "
                "the training part to be encoded; correct it, or leave the cell empty"
            )
        if self.knots:
            block[:, 1 : len(self.knots)] = pieces_of(filled, self.knots)
        if self.flagged:
            block[:, -1] = missing

    def bend(self, values: Array) -> Array:
        """Return numbers scaled, and smoothly limited, in float32."""
        with np.errstate(over="ignore"):
            scaled = (values - self.median) / self.scale
            if self.limit is not None:
                scaled = np.clip(scaled, -_FARTHEST, _FARTHEST)
                scaled /= np.sqrt(1 + (scaled / self.limit) ** 2)
            return np.asarray(scaled, dtype=np.float32)

    def notes(self, column: Column) -> list[str]:
        """Say what in the column the training part had nothing of."""
        found = []
        if self.lenient and column.kind == "category":
            numbers = parse_numbers(column.values)
            words = column.values[np.isnan(numbers) & ~column.missing]
            if len(words):
                found.append(
                    f"{self.name}: {len(words)} that are no numbers count as missing: {some(sorted(set(words)))}"
                )
        count = int(column.missing.sum())
        if count and not self.flagged:
            found.append(f"{self.name}: {count} missing, none in training: the median is used")
        return found

    def describe(self) -> str:
        """Return the treatment in words."""
        bent = "" if self.limit is None else f", bent to stay within {self.limit:g}"
        cut = f"; and in {len(self.knots) - 1} pieces" if self.knots else ""
        flag = "; missing: median + flag" if self.flagged else ""
        return f"(x {'+' if self.median < 0 else '-'} {abs(self.median):.6g}) / {self.scale:.6g}{bent}{cut}{flag}"

    def state(self) -> dict[str, Any]:
        """Return the encoding, but its name, as plain values for a JSON file."""
        return {
            "kind": self.kind,
            "median": self.median,
            "scale": self.scale,
            "flagged": self.flagged,
            "limit": self.limit,
            "lenient": self.lenient,
            "knots": list(self.knots),
        }

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from; version 0.1 knew no limit, lenience and knots."""
        kind: Literal["number", "date"] = "date" if state.text("kind", ("number", "date")) == "date" else "number"
        median, scale = state.number("median"), state.number("scale", positive=True)
        limit = state.optional_number("limit", positive=True)
        lenient, knots = state.flag("lenient", absent=False), state.increasing("knots", absent=())
        return cls(name, kind, median, scale, state.flag("flagged"), limit, lenient, knots)

    def _numbers(self, column: Column) -> Array:
        missing = column.missing
        if column.kind == self.kind or (self.kind == "number" and column.kind == "boolean"):
            return column.values
        if missing.all():
            return np.full(len(column.values), np.nan)
        values = np.full(len(column.values), np.nan)
        if self.kind == "number" and column.kind == "category":
            values = parse_numbers(column.values)
        if not self.lenient:
            refuse_values(column, ~missing & ~np.isfinite(values), f"a {self.kind}")
        return np.where(np.isfinite(values), values, np.nan)
