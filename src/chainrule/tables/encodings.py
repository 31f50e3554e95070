"""How one column becomes numbers for a network: scaled, one-hot, or left out."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self, TypeAlias

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError
from chainrule.tables.labels import codes_of, some, sorted_names, unseen
from chainrule.tables.parsing import parse_numbers
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column, counted

MOST_CATEGORIES = 256
_NORMAL_IQR = 1.349  # the interquartile range of a standard normal distribution


@dataclass(frozen=True)
class NumberEncoding:
    """A number or date as ``(x - median) / scale``, with a 0/1 flag if training had missing values.

    ``scale`` is the interquartile range / 1.349 (the standard deviation, if values were normal), which outliers
    do not move; where half of the values are equal the standard deviation; where all are, 1.
    A missing value becomes the median, so 0, and sets the flag.
    """

    name: str
    kind: Literal["number", "date"]
    median: float
    scale: float
    flagged: bool

    treatment: ClassVar[str] = "number"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Take median and scale from the training part of a column with at least one value."""
        present = column.values[~column.missing]
        with np.errstate(over="ignore", invalid="ignore"):
            lower, median, upper = np.quantile(present, [0.25, 0.5, 0.75]).tolist()
            scale = (upper - lower) / _NORMAL_IQR or float(present.std()) or 1.0
        if not (np.isfinite(median) and np.isfinite(scale)):
            raise DataError(
                f"column {column.name!r} spans {present.min():g} to {present.max():g}, too far to be scaled; "
                "take the logarithm or leave the column out"
            )
        kind: Literal["number", "date"] = "date" if column.kind == "date" else "number"
        return cls(column.name, kind, median, scale, bool(column.missing.any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features this column becomes."""
        return (self.name, f"{self.name} (missing)") if self.flagged else (self.name,)

    def encode(self, column: Column, block: Array) -> None:
        """Write the encoded column into ``block`` (rows, features), which holds zeros."""
        values = self._numbers(column)
        missing = np.isnan(values)
        with np.errstate(over="ignore"):
            block[:, 0] = np.where(missing, 0.0, (values - self.median) / self.scale)
        if not np.isfinite(block[:, 0]).all():
            row = int((~np.isfinite(block[:, 0])).argmax())
            raise DataError(
                f"column {self.name!r}, row {row + 1}: {values[row]:g} is too far from the median {self.median:g} of "
                "the training part to be encoded; correct it, or leave the cell empty"
            )
        if self.flagged:
            block[:, 1] = missing

    def notes(self, column: Column) -> list[str]:
        """Say what in the column the training part had nothing of."""
        count = int(column.missing.sum())
        if count == 0 or self.flagged:
            return []
        return [f"{self.name}: {count} missing, none in training: the median is used"]

    def describe(self) -> str:
        """Return the treatment in words."""
        missing = "; missing: median + flag" if self.flagged else ""
        return f"(x - {self.median:.6g}) / {self.scale:.6g}{missing}"

    def state(self) -> dict[str, Any]:
        """Return the encoding as plain values for a JSON file."""
        return {"kind": self.kind, "median": self.median, "scale": self.scale, "flagged": self.flagged}

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from."""
        kind: Literal["number", "date"] = "date" if state.text("kind", ("number", "date")) == "date" else "number"
        median, scale = state.number("median"), state.number("scale", positive=True)
        return cls(name, kind, median, scale, state.flag("flagged"))

    def _numbers(self, column: Column) -> Array:
        missing = column.missing
        if column.kind == self.kind:
            return column.values
        if missing.all():
            return np.full(len(column.values), np.nan)
        values = np.full(len(column.values), np.nan)
        if self.kind == "number" and column.kind == "category":
            values = parse_numbers(column.values)
        bad = ~missing & ~np.isfinite(values)
        if bad.any():
            row = int(bad.argmax())
            raise DataError(
                f"column {self.name!r}, row {row + 1}: expected a {self.kind} as in training, "
                f"got {column.as_text()[row]!r}; correct it, or leave the cell empty"
            )
        return values


@dataclass(frozen=True)
class CategoryEncoding:
    """A category as one-hot slots: one for each name, one for "missing" if training had any, one for "unknown".

    The unknown slot takes values that training never saw (and missing ones, if it saw none of those). Where
    training has more than 256 different values the most frequent keep their own slots and the rest share this
    one; else it is 0 in every training row, so the weights behind it get no gradient: start them at zero
    (``Encoder.unknown_slots``) and an unknown value adds nothing.
    """

    name: str
    categories: tuple[str, ...]
    missing_slot: bool
    shared_unknown: bool  # whether training rows use the unknown slot

    treatment: ClassVar[str] = "category"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Take the names of the categories from the training part of a column with at least one value."""
        names = sorted_names(column)
        too_many = len(names) > MOST_CATEGORIES
        if too_many:
            counts = Counter(column.values[~column.missing])
            names = tuple(sorted(sorted(names, key=lambda name: -counts[name])[:MOST_CATEGORIES]))
        return cls(column.name, names, bool(column.missing.any()), too_many)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features this column becomes; the unknown slot is the last."""
        slots = (*self.categories, *(["(missing)"] if self.missing_slot else []), "(unknown)")
        return tuple(f"{self.name}={slot}" for slot in slots)

    def encode(self, column: Column, block: Array) -> None:
        """Write the encoded column into ``block`` (rows, features), which holds zeros."""
        codes = codes_of(column, self.categories)
        unknown = block.shape[1] - 1
        slots = np.where(codes == -2, unknown, codes)
        slots[codes == -1] = len(self.categories)  # without a missing slot that is the unknown one
        block[np.arange(len(slots)), slots] = 1.0

    def notes(self, column: Column) -> list[str]:
        """Say what in the column the training part had nothing of."""
        codes = codes_of(column, self.categories)
        found = []
        if (codes == -2).any():
            names = some(unseen(column, codes))
            rows = counted(int((codes == -2).sum()), "row")
            found.append(f"{self.name}: the unknown slot is used in {rows}: {names}")
        if (codes == -1).any() and not self.missing_slot:
            found.append(f"{self.name}: {int((codes == -1).sum())} missing, none in training: the unknown slot is used")
        return found

    def describe(self) -> str:
        """Return the treatment in words."""
        missing = "; missing: own slot" if self.missing_slot else ""
        unknown = "rare and unknown: one slot" if self.shared_unknown else "unknown: own slot"
        return f"one-hot of {len(self.categories)}{missing}; {unknown}"

    def state(self) -> dict[str, Any]:
        """Return the encoding as plain values for a JSON file."""
        return {
            "categories": list(self.categories),
            "missing_slot": self.missing_slot,
            "shared_unknown": self.shared_unknown,
        }

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from."""
        return cls(name, state.texts("categories"), state.flag("missing_slot"), state.flag("shared_unknown"))


@dataclass(frozen=True)
class LeftOut:
    """A column that the network does not get, and why."""

    name: str
    reason: str

    treatment: ClassVar[str] = "left out"
    feature_names: ClassVar[tuple[str, ...]] = ()

    def describe(self) -> str:
        """Return the treatment in words."""
        return self.reason

    def state(self) -> dict[str, Any]:
        """Return the decision as plain values for a JSON file."""
        return {"reason": self.reason}

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the decision that ``state`` was written from."""
        return cls(name, state.text("reason"))


Encoding: TypeAlias = NumberEncoding | CategoryEncoding | LeftOut
ENCODINGS: dict[str, type[NumberEncoding] | type[CategoryEncoding] | type[LeftOut]] = {
    encoding.treatment: encoding for encoding in (NumberEncoding, CategoryEncoding, LeftOut)
}


def fit_encoding(column: Column) -> Encoding:
    """Choose and fit the encoding of one column of the training part.

    Left out: a column without values or with one value throughout, and a text column whose present values are
    more than half, and more than 20, different ones (names, identifiers, free text).
    """
    present = int((~column.missing).sum())
    if present == 0:
        return LeftOut(column.name, "no values")
    distinct = len(set(column.values[~column.missing].tolist()))
    if distinct == 1 and present == len(column.values):
        return LeftOut(column.name, f"always {column.as_text()[0]}")
    if column.kind != "category":
        return NumberEncoding.fit(column)
    if looks_like_identifier(distinct, present):
        return LeftOut(column.name, f"{distinct:,} different texts in {counted(present, 'value')}")
    return CategoryEncoding.fit(column)


def looks_like_identifier(distinct: int, present: int) -> bool:
    """Whether text of ``distinct`` different values among ``present`` names rows rather than groups of rows."""
    return distinct > 20 and distinct > present / 2
