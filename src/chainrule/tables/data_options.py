"""What a person may say about the data: kinds of columns, the roles of some, and where the test rows come from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, fields
from os import PathLike
from typing import Any

from chainrule.errors import ArgumentError, DTypeError, UnknownNameError, did_you_mean
from chainrule.tables.encodings.choice import Role
from chainrule.tables.source import read_table
from chainrule.tables.table import Table, counted

_LISTS = ("categorical", "numeric", "drop")
_SINGLE = ("group", "time", "weight")


@dataclass(frozen=True)
class DataOptions:
    """The settings of a training that are about its data; columns are given by name.

    Parameters
    ----------
    categorical, numeric : str or sequence of str
        Columns to treat so, whatever they hold. In a numeric column, text that is no number counts as missing.
    drop : str or sequence of str
        Columns to leave out.
    group : str, optional
        Rows with the same value here, such as those of one patient, come into the same part. No feature.
    time : str, optional
        Training rows come before validation rows, and these before test rows, by this date or number. Of a date,
        season, weekday and hour are features; the rest, and a number, are not.
    weight : str, optional
        How much each row counts in loss and scores: numbers of at least 0. No feature.
    class_weight : "balanced", optional
        Weighs rows so that every class counts the same in the loss.
    test : path, data frame, dict of columns or Table, optional
        The test rows; the table is then split into training and validation rows only.

    Raises
    ------
    ArgumentError
        A column has two of these roles, both ``group`` and ``time`` are given, or ``class_weight`` is another word.
    DTypeError
        A name is not text.

    Examples
    --------
    >>> DataOptions(drop="PassengerId", categorical=["Pclass"]).drop
    ('PassengerId',)
    >>> DataOptions(drop=["age"], weight="age")
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: column 'age' is given as drop and as weight; choose one
    """

    categorical: tuple[str, ...] = ()
    numeric: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    group: str | None = None
    time: str | None = None
    weight: str | None = None
    class_weight: str | None = None
    test: Any = None

    def __post_init__(self) -> None:
        """Bring the lists into one form, and refuse what contradicts itself."""
        for name in _LISTS:
            given: Any = getattr(self, name)
            if not isinstance(given, Iterable):
                raise DTypeError(f"{name} expects names of columns, got {given!r}")
            object.__setattr__(self, name, (given,) if isinstance(given, str) else tuple(given))
        for name, column in self._named():
            if not isinstance(column, str):
                raise DTypeError(f"{name} expects names of columns, got {column!r}")
        roles = Counter(column for _, column in self._named())
        for column, count in roles.items():
            if count > 1:
                given = list(dict.fromkeys(name for name, other in self._named() if other == column))
                where = "twice" if len(given) == 1 else f"as {' and as '.join(given)}"
                raise ArgumentError(f"column {column!r} is given {where}; choose one")
        if self.group is not None and self.time is not None:
            raise ArgumentError("rows are split by group or by time, not by both; choose one")
        if self.class_weight not in (None, "balanced"):
            raise ArgumentError(f"class_weight must be 'balanced' or None, got {self.class_weight!r}")

    def check(self, table: Table, target: str) -> None:
        """Refuse names that are no columns of a table, or its target.

        Raises
        ------
        UnknownNameError
            There is no such column.
        ArgumentError
            The target is named.
        """
        for name, column in self._named():
            if column == target:
                raise ArgumentError(f"{name} names the target {target!r}; expected another column")
            if column not in table.names:
                raise UnknownNameError(f"{name}: no column {column!r}{did_you_mean(column, table.names)}")

    @property
    def roles(self) -> dict[str, Role]:
        """The columns whose encoding is not left to the rules."""
        roles: dict[str, Role] = dict.fromkeys(self.categorical, "categorical")
        roles |= dict.fromkeys(self.numeric, "numeric")
        return roles if self.time is None else {**roles, self.time: "time"}

    @property
    def without(self) -> dict[str, str]:
        """The columns that are no features, and why."""
        reasons = dict.fromkeys(self.drop, "as asked")
        if self.group is not None:
            reasons[self.group] = "groups the rows"
        if self.weight is not None:
            reasons[self.weight] = "weighs the rows"
        return reasons

    def as_dict(self) -> dict[str, Any]:
        """Return the options as JSON data; of test rows the name of their file, or how many there are.

        Examples
        --------
        >>> DataOptions(drop="id", time="day").as_dict()["drop"]
        ['id']
        """
        plain = {option.name: getattr(self, option.name) for option in fields(self)}
        test = str(self.test) if isinstance(self.test, str | PathLike) else None
        if test is None and self.test is not None:
            test = counted(read_table(self.test).rows, "row")
        return {**plain, **{name: list(plain[name]) for name in _LISTS}, "test": test}

    def _named(self) -> list[tuple[str, Any]]:
        """Return every column that is named, with the option that names it."""
        pairs: list[tuple[str, Any]] = []
        for option in fields(self):
            given = getattr(self, option.name)
            if option.name in _LISTS:
                pairs += [(option.name, column) for column in given]
            elif option.name in _SINGLE and given is not None:
                pairs.append((option.name, given))
        return pairs
