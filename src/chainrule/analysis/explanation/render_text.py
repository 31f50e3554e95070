"""A document as plain text, each line no longer than it may be."""

from collections.abc import Sequence
from dataclasses import replace

from rich.cells import cell_len

from chainrule.analysis.explanation.document import Document, Equation, Line, Number, Operator, Piece, Table, Words
from chainrule.analysis.explanation.quantities import Quantity, Ratio
from chainrule.estimators.wording import pad, printable, shorten

INDENT = 2
LONGEST_NAME = 20
_SIGNS = {"times": " x ", "plus": " + ", "to": " > ", "equals": " = "}


def render_text(document: Document, width: int = 80) -> str:
    """Return a document as lines of text.

    Parameters
    ----------
    document : Document
    width : int
        Longest line.
    """
    lines = [printable(document.title), "=" * min(width, cell_len(printable(document.title)))]
    for section in document.sections:
        lines += ["", section.title] if section.title else [""]
        short = [e for e in section.blocks if isinstance(e, Equation) and _is_short(e, width)]
        narrow = max((cell_len(line_text(e.left)) for e in short), default=0)
        for number, block in enumerate(section.blocks):
            if number and block not in short:
                lines.append("")
            lines += [f"{' ' * INDENT}{line}".rstrip() for line in _block(block, width - INDENT, narrow)]
    return "\n".join(lines) + "\n"


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
    if number.exact:
        return f"{value:.8f}" if 1e-3 <= abs(value) < 1e5 else f"{value:.7e}"
    return f"{value:#.4g}".rstrip(".") if 1e-3 <= abs(value) < 1e5 else f"{value:.3e}"


def piece_text(piece: Piece) -> str:
    """Return a part of a line."""
    if isinstance(piece, Number):
        return number_text(piece)
    if isinstance(piece, Operator):
        return _SIGNS[piece.name]
    if isinstance(piece, Quantity):
        return printable(str(_short(piece)))
    if isinstance(piece, Ratio):
        return printable(str(Ratio(_short(piece.of), _short(piece.by))))
    return printable(piece)


def _short(quantity: Quantity) -> Quantity:
    return quantity if quantity.unit is None else replace(quantity, unit=shorten(quantity.unit, LONGEST_NAME))


def line_text(line: Line) -> str:
    """Return a line."""
    return "".join(piece_text(piece) for piece in line)


def _block(block: Words | Equation | Table, width: int, narrow: int) -> list[str]:
    if isinstance(block, Words):
        return _wrapped(block.line, width, 0)
    return _equation(block, width, narrow) if isinstance(block, Equation) else _table(block, width)


def _is_short(equation: Equation, width: int) -> bool:
    """Whether an equation is no calculation of several lines, and fits into one line."""
    rows = [line_text(row) for row in equation.rows]
    return len(rows) == 1 and cell_len(f"{line_text(equation.left)} = {rows[0]}") <= width - 4 * INDENT


def _equation(equation: Equation, width: int, narrow: int) -> list[str]:
    """Return an equation's lines; of short ones the first signs stand below each other."""
    left = line_text(equation.left)
    if _is_short(equation, width + INDENT):
        return [f"{pad(left, narrow)} = {line_text(equation.rows[0])}"]
    indent = cell_len(left)
    lines: list[str] = []
    for right in equation.rights:
        first, *rest = _wrapped(right, width - indent - 3, 0)
        start = left if not lines else " " * indent
        lines += [f"{start} = {first}", *(f"{' ' * indent}   {more}" for more in rest)]
    return lines


def _table(table: Table, width: int) -> list[str]:
    rows = [[line_text(cell) for cell in row] for row in table.rows]
    rows = [list(table.head), *rows] if table.head else rows
    *inner, _ = range(len(rows[0]))
    widths = [max(cell_len(row[column]) for row in rows) for column in inner]
    before = sum(widths) + 2 * len(widths)
    lines = []
    for number, row in enumerate(rows):
        cells = [pad(row[column], widths[column], right=column in table.numbers) for column in inner]
        source: Line = table.rows[number - bool(table.head)][-1] if number or not table.head else (row[-1],)
        first, *rest = _wrapped(source, width - before, 2)
        if table.total and number + 1 == len(rows):
            lines.append("-" * (before - 2))
        lines += ["  ".join([*cells, first]).rstrip(), *(" " * before + more for more in rest)]
    return lines


def _wrapped(line: Line, width: int, indent: int) -> list[str]:
    """Break a line between its parts, and sentences between their words."""
    parts: list[str] = []
    for piece in line:
        text = piece_text(piece)
        parts += _words(text) if isinstance(piece, str) else [text]
    return _filled(parts, width, indent) or [""]


def _words(text: str) -> list[str]:
    """Split text so that each word carries the space after it."""
    words = text.split(" ")
    return [f"{word} " for word in words[:-1]] + ([words[-1]] if words[-1] else [])


def _filled(parts: Sequence[str], width: int, indent: int) -> list[str]:
    lines: list[str] = []
    now = ""
    for part in parts:
        if now.strip() and cell_len(now + part.rstrip()) > width:
            lines.append(now.rstrip())
            now = " " * indent + part.lstrip()
        else:
            now += part
    return [*lines, now.rstrip()] if now.strip() else lines
