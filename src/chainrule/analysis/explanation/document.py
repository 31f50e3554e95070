"""Document: an explanation as sections of sentences, equations and tables, the same for every form it is shown in."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from chainrule.analysis.explanation.quantities import Quantity, Ratio


@dataclass(frozen=True)
class Number:
    """A number: in 8 digits if ``exact``, else in 4; if ``inner``, in brackets where it is negative."""

    value: float
    exact: bool = False
    inner: bool = False


@dataclass(frozen=True)
class Operator:
    """What stands between the parts of a formula."""

    name: Literal["times", "plus", "to", "equals"]


TIMES, PLUS, TO, EQUALS = Operator("times"), Operator("plus"), Operator("to"), Operator("equals")
Piece: TypeAlias = str | Quantity | Ratio | Number | Operator
Line: TypeAlias = tuple[Piece, ...]


@dataclass(frozen=True)
class Words:
    """A paragraph."""

    line: Line


@dataclass(frozen=True)
class Equation:
    """``left = right = right ...``, one right side under the other."""

    left: Line
    rights: tuple[Line, ...]

    @property
    def rows(self) -> tuple[Line, ...]:
        """The right sides, two of them in one row: more are a calculation, each step of which has a row of its own."""
        return (joined(self.rights, EQUALS),) if len(self.rights) == 2 else self.rights


@dataclass(frozen=True)
class Table:
    """Rows of cells, the first column for names.

    Attributes
    ----------
    head : tuple of str
        Of the columns; empty for none.
    rows : tuple of tuples of Line
    numbers : tuple of int
        The columns of numbers.
    total : bool
        Whether the last row is a sum of the others.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[Line, ...], ...]
    numbers: tuple[int, ...] = ()
    total: bool = False


Block: TypeAlias = Words | Equation | Table


@dataclass(frozen=True)
class Section:
    """Blocks below a title."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """Sections below a title."""

    title: str
    sections: tuple[Section, ...]


def joined(pieces: Iterable[Line], between: Piece) -> Line:
    """Return lines as one, with something between each two.

    Examples
    --------
    >>> joined([("a",), ("b",)], "+")
    ('a', '+', 'b')
    """
    result: list[Piece] = []
    for piece in pieces:
        result += [between, *piece] if result else list(piece)
    return tuple(result)


def calculation(line: Line) -> Line:
    """Return a line in which negative numbers that follow an operator stand in brackets.

    Examples
    --------
    >>> calculation((Number(-1.0), TIMES, Number(-2.0)))[2].inner
    True
    """
    return tuple(replace(piece, inner=at > 0) if isinstance(piece, Number) else piece for at, piece in enumerate(line))
