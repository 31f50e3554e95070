"""Names of categories and classes <-> integer codes, whatever type the values arrive in."""

import math
from collections.abc import Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.tables.table import Column, number_text

_TRUTH = {"false": "0", "true": "1"}


def sorted_names(column: Column) -> tuple[str, ...]:
    """Return the distinct present values of a column as text: numbers by size, text by its letters.

    Examples
    --------
    >>> sorted_names(Column("grade", "number", np.array([10.0, 9.0, 10.0])))
    ('9', '10')
    """
    present = column.take(~column.missing)
    if column.kind == "category":
        return tuple(sorted(set(present.values)))
    return tuple(Column(column.name, column.kind, np.unique(present.values)).as_text())


def codes_of(column: Column, names: Sequence[str]) -> Array:
    """Return for each row the index of its value in ``names`` (int64), -1 for missing, -2 for a value not there.

    Numbers and booleans match what means the same, if nothing is written the same: 3.0 matches "3" and "03", true
    matches "1", 1 matches "true". Text matches only itself.

    Examples
    --------
    >>> codes_of(Column("deck", "category", np.array(["B", None, "Z"], dtype=object)), ["A", "B"])
    array([ 1, -1, -2])
    >>> codes_of(Column("size", "number", np.array([3.0, 4.5])), ["03", "4.50"])
    array([0, 1])
    """
    index: dict[str | None, int] = {name: code for code, name in enumerate(names)}
    if column.kind in ("number", "boolean"):
        meanings: dict[str, int] = {}
        for code, name in enumerate(names):
            meanings.setdefault(_meaning(name), code)
        for text in set(column.as_text()) - index.keys() - {None}:
            index[text] = meanings.get(_meaning(text), -2)
    index[None] = -1
    return np.array([index.get(text, -2) for text in column.as_text()], dtype=np.int64)


def unseen(column: Column, codes: Array) -> list[str]:
    """Return the distinct values that ``codes_of`` found in no name, sorted."""
    return sorted(set(column.as_text()[codes == -2]))


def some(names: Sequence[str], most: int = 5) -> str:
    """Return names as a list for people, cut after a few.

    Examples
    --------
    >>> some(["a", "b", "c"], most=2)
    "'a', 'b' ... (3 in all)"
    """
    listed = ", ".join(repr(name) for name in names[:most])
    return listed if len(names) <= most else f"{listed} ... ({len(names)} in all)"


def _meaning(name: str) -> str:
    """Return the text that all ways to write a number, or a truth value, have in common."""
    name = _TRUTH.get(name.lower(), name)
    try:
        value = float(name)
    except ValueError:
        return name
    return number_text(value) if math.isfinite(value) else name
