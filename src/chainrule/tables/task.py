"""Whether a target column calls for classification or regression, and the rule that decided."""

from typing import Literal, TypeAlias

import numpy as np

from chainrule.errors import ArgumentError, DataError, did_you_mean
from chainrule.tables.encodings.identifiers import looks_like_identifier
from chainrule.tables.table import Column

Task: TypeAlias = Literal["classification", "regression"]
_TASKS: tuple[Task, ...] = ("classification", "regression")
_MOST_CLASSES, _FEWEST_ROWS_EACH = 20, 5


def choose_task(column: Column, requested: str | None = None) -> tuple[Task, str]:
    """Return the task for a target column, and the reason as it is printed.

    - Text and booleans: classification.
    - Two distinct whole numbers, or at most 20 with at least 5 rows each on average: classification.
    - Any other numbers: regression.

    Parameters
    ----------
    column : Column
        The target; missing values do not count.
    requested : "classification", "regression" or None
        Overrides the rule.

    Raises
    ------
    ArgumentError
        ``requested`` is no task.
    DataError
        The column has no values, holds dates, or text for which regression is requested; or more than half (and
        more than 20) of the values that are to be classes differ.

    Examples
    --------
    >>> choose_task(Column("grade", "number", np.array([1.0, 0.0, 1.0, 1.0])))
    ('classification', '2 distinct whole numbers: classification')
    >>> choose_task(Column("price", "number", np.array([1.5, 2.0, 7.25])))
    ('regression', '3 distinct numbers: regression')
    """
    if requested is not None and requested not in _TASKS:
        raise ArgumentError(f"unknown task {requested!r}{did_you_mean(str(requested), _TASKS)}")
    present = column.values[~column.missing]
    if present.size == 0:
        raise DataError(f"target {column.name!r} has no values; choose another column")
    if column.kind == "date":
        raise DataError(f"target {column.name!r} holds dates; expected classes or numbers, such as the days until it")
    distinct = set(present.tolist())
    if column.kind == "category":
        if requested == "regression":
            raise DataError(f"target {column.name!r} holds text such as {present[0]!r}; regression needs numbers")
        if looks_like_identifier(len(distinct), present.size):
            raise DataError(f"{_all_differ(column, len(distinct), present.size, 'texts')}: choose another column")
        return "classification", "text column: classification"
    if column.kind == "boolean" and requested is None:
        return "classification", "true or false: classification"
    if requested == "classification" and looks_like_identifier(len(distinct), present.size):
        raise DataError(f"{_all_differ(column, len(distinct), present.size, 'numbers')}: take regression")
    for task in _TASKS:
        if requested == task:
            return task, f"{task}, as requested"
    whole = bool(np.equal(present, np.round(present)).all())
    few = len(distinct) <= 2 or len(distinct) <= min(_MOST_CLASSES, present.size / _FEWEST_ROWS_EACH)
    if whole and few:
        return "classification", f"{len(distinct)} distinct whole numbers: classification"
    return "regression", f"{len(distinct):,} distinct numbers: regression"


def _all_differ(column: Column, distinct: int, rows: int, what: str) -> str:
    return f"target {column.name!r} holds {distinct:,} different {what} in {rows:,} rows; classes must repeat"
