"""A document as plain text, each line no longer than it may be."""

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from chainrule.analysis.explanation.document import (
    PLUS,
    TIMES,
    Document,
    Equation,
    Line,
    Number,
    Operator,
    Piece,
    Table,
    Words,
)
from chainrule.analysis.explanation.quantities import Quantity, Ratio
from chainrule.estimators.wording import pad, printable, shorten

INDENT = 2
_SIGNS = {"times": " x ", "plus": " + ", "to": " > ", "equals": " = "}


def render_text(document: Document, width: int = 80) -> str:
    """Return a document as lines of text.

    Parameters
    ----------
    document : Document
    width : int
        Longest line; names of units get a quarter of it.
    """
    return _Text(width).document(document)


def number_text(number: Number) -> str:
    """Return a number in 8 digits after the point, or 4 in all; small and large ones with an exponent.

    Examples
    --------
    >>> number_text(Number(0.0821670405, exact=True)), number_text(Number(-12.5)), number_text(Number(2.5e-7))
    ('0.08216704', '-12.50', '2.500e-07')
    """
    value = number.value
    if value == 0:
        return "0"
    fixed = 1e-3 <= abs(value) < 1e5
    if number.exact:
        return f"{value:.8f}" if fixed else f"{value:.7e}"
    return f"{value:#.4g}".rstrip(".") if fixed else f"{value:.3e}"


class _Text:
    """What lines of a width are made with."""

    def __init__(self, width: int) -> None:
        self.width = width

    def document(self, document: Document) -> str:
        title = printable(document.title)
        lines = [title, "=" * min(self.width, cell_len(title))]
        for section in document.sections:
            lines += ["", section.title] if section.title else [""]
            single = [block for block in section.blocks if isinstance(block, Equation) and len(block.rows) == 1]
            left = max((cell_len(self.line(equation.left)) for equation in single), default=0)
            for number, block in enumerate(section.blocks):
                if number and not (block in single and section.blocks[number - 1] in single):
                    lines.append("")
                lines += [f"{' ' * INDENT}{line}".rstrip() for line in self.block(block, left)]
        return "\n".join(lines) + "\n"

    def line(self, line: Line) -> str:
        return "".join(self.piece(piece) for piece in line)

    def piece(self, piece: Piece) -> str:
        if isinstance(piece, Number):
            return f"({number_text(piece)})" if piece.inner and piece.value < 0 else number_text(piece)
        if isinstance(piece, Operator):
            return _SIGNS[piece.name]
        if isinstance(piece, Quantity):
            return printable(str(self.short(piece)))
        if isinstance(piece, Ratio):
            return printable(str(Ratio(self.short(piece.of), self.short(piece.by))))
        return printable(piece)

    def short(self, quantity: Quantity) -> Quantity:
        return quantity if quantity.unit is None else replace(quantity, unit=shorten(quantity.unit, self.width // 4))

    def block(self, block: Words | Equation | Table, left: int) -> list[str]:
        if isinstance(block, Words):
            return self.wrapped(block.line, self.width - INDENT)
        return self.equation(block, left) if isinstance(block, Equation) else self.table(block)

    def equation(self, equation: Equation, width: int) -> list[str]:
        """Return an equation's lines; those that are one row each have their signs below each other."""
        left = self.line(equation.left)
        if len(equation.rows) == 1:
            left = pad(left, width)
            if cell_len(f"{left} = {self.line(equation.rows[0])}") <= self.width - INDENT:
                return [f"{left} = {self.line(equation.rows[0])}"]
        indent = cell_len(left)
        lines: list[str] = []
        for right in equation.rights:
            first, *rest = self.wrapped(right, self.width - INDENT - indent - 3)
            start = " " * indent if lines else left
            lines += [f"{start} = {first}", *(f"{' ' * indent}   {more}" for more in rest)]
        return lines

    def table(self, table: Table) -> list[str]:
        rows = [[self.line(cell) for cell in row] for row in table.rows]
        rows = [list(table.head), *rows] if table.head else rows
        sources: list[Line] = [(table.head[-1],)] if table.head else []
        sources += [row[-1] for row in table.rows]
        inner = range(len(rows[0]) - 1)
        widths = [max(cell_len(row[column]) for row in rows) for column in inner]
        before = sum(widths) + 2 * len(widths)
        lines = []
        for number, (row, source) in enumerate(zip(rows, sources, strict=True)):
            cells = [pad(row[column], widths[column], right=column in table.numbers) for column in inner]
            first, *rest = self.wrapped(source, self.width - INDENT - before)
            if table.total and number + 1 == len(rows):
                lines.append("-" * (before - 2))
            lines += ["  ".join([*cells, first]).rstrip(), *(" " * before + more for more in rest)]
        return lines

    def wrapped(self, line: Line, width: int) -> list[str]:
        """Break a line between its parts, sentences between their words, and sums between their products."""
        parts: list[str] = []
        for at, piece in enumerate(line):
            text = self.piece(piece)
            if PLUS in line and at and TIMES in line[at - 1 : at + 1] and _are_numbers(line[at - 1 : at + 1]):
                parts[-1] += text
            else:
                parts += _words(text) if isinstance(piece, str) else [text]
        return _filled(parts, width) or [""]


def _are_numbers(line: Line) -> bool:
    return all(isinstance(piece, Number) or piece == TIMES for piece in line)


def _words(text: str) -> list[str]:
    """Split text so that each word carries the space after it."""
    words = text.split(" ")
    return [f"{word} " for word in words[:-1]] + ([words[-1]] if words[-1] else [])


def _filled(parts: Sequence[str], width: int) -> list[str]:
    lines: list[str] = []
    now = ""
    for part in parts:
        if now.strip() and cell_len(now + part.rstrip()) > width:
            lines.append(now.rstrip())
            now = part.lstrip()
        else:
            now += part
    return [*lines, now.rstrip()] if now.strip() else lines
