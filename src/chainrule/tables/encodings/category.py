"""A category of few names as one-hot slots."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from chainrule.arrays import Array
from chainrule.tables.encodings.encoding import Encoding
from chainrule.tables.labels import codes_of, some, sorted_names, unseen
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column, counted

MOST_SLOTS = 256
_FEW = 3  # rows: too few to train a slot of their own ...
_SHARE = 50  # ... where they are less than one in fifty


@dataclass(frozen=True)
class CategoryEncoding(Encoding):
    """A category as one-hot slots: one for each name, one for "missing" if training had any, one for "unknown".

    Names of fewer than 3 rows of training, and fewer than one row in 50, are rare: they share the unknown slot, so
    that it trains. It takes all values that training never saw (and missing ones, if it saw none of those). Where
    nothing is rare it is 0 in every training row, so the weights behind it get no gradient: start them at zero
    (``Encoder.unknown_slots``) and an unknown value adds nothing. More than 256 names are cut to the most frequent.
    """

    name: str
    categories: tuple[str, ...]
    missing_slot: bool
    shared_unknown: bool  # whether training rows use the unknown slot

    treatment: ClassVar[str] = "category"

    @classmethod
    def fit(cls, column: Column) -> Self:
        """Take the names of the categories from the training part of a column with at least one value."""
        return cls(column.name, *common_names(column, MOST_SLOTS))

    @property
    def feature_names(self) -> tuple[str, ...]:
        """A name for each slot; the unknown slot is the last."""
        slots = (*self.categories, *(["(missing)"] if self.missing_slot else []), "(unknown)")
        return tuple(f"{self.name}={slot}" for slot in slots)

    @property
    def untrained(self) -> tuple[int, ...]:
        """The unknown slot, where training had nothing rare."""
        return () if self.shared_unknown else (len(self.feature_names) - 1,)

    @property
    def missing_becomes(self) -> str:
        """What stands for a missing value, in a few words."""
        return "own slot" if self.missing_slot else "unknown slot"

    def encode(self, column: Column, block: Array) -> None:
        """Write the encoded column into ``block`` (rows, features), which holds zeros."""
        codes = codes_of(column, self.categories)
        unknown = block.shape[1] - 1
        slots = np.where(codes == -2, unknown, codes)
        slots[codes == -1] = len(self.categories)  # without a missing slot that is the unknown one
        block[np.arange(len(slots)), slots] = 1.0

    def notes(self, column: Column) -> list[str]:
        """Say what in the column the training part had nothing of."""
        return category_notes(column, self.categories, self.missing_slot, "slot")

    def describe(self) -> str:
        """Return the treatment in words."""
        missing = "; missing: own slot" if self.missing_slot else ""
        unknown = "rare and unknown: one slot" if self.shared_unknown else "unknown: own slot"
        return f"one-hot of {len(self.categories)}{missing}; {unknown}"

    def state(self) -> dict[str, Any]:
        """Return the encoding, but its name, as plain values for a JSON file."""
        return {
            "categories": list(self.categories),
            "missing_slot": self.missing_slot,
            "shared_unknown": self.shared_unknown,
        }

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the encoding that ``state`` was written from."""
        return cls(name, state.texts("categories"), state.flag("missing_slot"), state.flag("shared_unknown"))


def common_names(column: Column, most: int) -> tuple[tuple[str, ...], bool, bool]:
    """Return the sorted names that are not rare, whether values are missing, and whether there are rare ones."""
    counts = Counter(column.as_text().tolist())
    missing = counts.pop(None, 0) > 0
    names = sorted_names(column)
    kept = {name for name in names if counts[name] >= _FEW or counts[name] * _SHARE >= len(column.values)}
    if len(kept) > most:
        kept = set(sorted(kept, key=lambda name: (-counts[name], name))[:most])
    return tuple(name for name in names if name in kept), missing, len(kept) < len(names)


def category_notes(column: Column, names: tuple[str, ...], missing_known: bool, place: str) -> list[str]:
    """Say which values of a column are none of the names, and whether missing ones have no place of their own."""
    codes = codes_of(column, names)
    found = []
    if (codes == -2).any():
        rows = counted(int((codes == -2).sum()), "row")
        found.append(f"{column.name}: the unknown {place} is used in {rows}: {some(unseen(column, codes))}")
    if (codes == -1).any() and not missing_known:
        count = int((codes == -1).sum())
        found.append(f"{column.name}: {count} missing, none in training: the unknown {place} is used")
    return found
