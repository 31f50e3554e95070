"""The table of what changes from step to step: rates, decays, bias corrections; a row a step."""

from collections import namedtuple
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol, Self

from chainrule.arrays import Array
from chainrule.errors import ArgumentError


class Scalars(Protocol):
    """One row of a table: a number for each column, under the column's name.

    ``rate`` and ``decay`` are in every row.
    """

    def __getattr__(self, name: str) -> float: ...

    def _replace(self, **numbers: float) -> Self: ...


@lru_cache(maxsize=64)
def _row_type(columns: tuple[str, ...]) -> Any:
    return namedtuple("Row", columns)


@dataclass(frozen=True)
class ScalarTable:
    """What an optimiser needs at the steps ``start``, ``start + 1`` ..., made before the first of them.

    Parameters
    ----------
    start : int, the step of the first row
    columns : names, ``rate`` and ``decay`` first
    values : array of shape (steps, columns), contiguous, in the model's dtype
    """

    start: int
    columns: tuple[str, ...]
    values: Array

    @property
    def stop(self) -> int:
        """The step after the last row."""
        return self.start + len(self.values)

    def row(self, step: int) -> Scalars:
        """Return the row of a step, counted from the beginning of training.

        The numbers are Python floats that hold exactly what the table holds.
        """
        if not self.start <= step < self.stop:
            raise ArgumentError(f"the table holds steps {self.start} to {self.stop - 1}, got step {step}")
        row: Scalars = _row_type(self.columns)._make(self.values[step - self.start].tolist())
        return row
