"""Columns that name rows instead of telling something about them."""

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from chainrule.tables.table import Column, counted

_FEWEST_UNORDERED = 50  # numbers in no order below which they may be the steps of an experiment
_FEWEST = 20  # different values below which a column is never taken for names of rows
_WORDS = 5.0  # on average, from which repeated text counts as sentences
_ID_NAME = re.compile(r"(?i:(^|[_\W])(id|uuid|guid|index|idx|row|rownum|rowid))$|[a-z](Id|ID)$|^Unnamed: 0$", re.A)


def why_identifier(column: Column) -> str | None:
    """Return why a column names rows, or is free text, and can't be learned from; ``None`` if it may be.

    - Text of which more than half of the values, and more than 20, are different, or of which a fifth is and which
      has at least 5 words on average.
    - Whole numbers, none missing, all different, at least 20 of them, that count the rows (no more than half of the
      numbers from the least to the greatest are left out, and they only rise or only fall, or are at least 50), or
      whose column is called id, index or the like.

    Examples
    --------
    >>> why_identifier(Column("PassengerId", "number", np.arange(1.0, 100.0)))
    'counts the rows'
    """
    present = column.values[~column.missing]
    if column.kind == "category":
        return _why_text(Counter(present.tolist()))
    if column.kind != "number" or present.size < len(column.values) or present.size < _FEWEST:
        return None
    if (present != np.round(present)).any() or len(np.unique(present)) < present.size:
        return None
    steps = np.diff(present)
    if present.max() - present.min() < 2 * present.size:
        if (steps > 0).all() or (steps < 0).all():
            return "counts the rows"
        if present.size >= _FEWEST_UNORDERED:
            return "counts the rows, in another order"
    if _ID_NAME.search(column.name):
        return f"{counted(present.size, 'different number')}, by its name an identifier"
    return None


def looks_like_identifier(distinct: int, present: int) -> bool:
    """Whether text of ``distinct`` different values among ``present`` names rows rather than groups of rows."""
    return distinct > _FEWEST and distinct > present / 2


def _why_text(counts: "Counter[str]") -> str | None:
    present = counts.total()
    if looks_like_identifier(len(counts), present):
        return f"{len(counts):,} different texts in {counted(present, 'value')}"
    if len(counts) > max(_FEWEST, present / 5) and _mean_words(counts) >= _WORDS:
        return f"free text: {len(counts):,} different in {counted(present, 'value')}"
    return None


def _mean_words(texts: Iterable[str]) -> float:
    return float(np.mean([len(text.split()) for text in texts]))
