"""A document as LaTeX that compiles with amsmath alone."""

import re
from itertools import groupby

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
from chainrule.analysis.explanation.render_text import number_text

PREAMBLE = r"""\documentclass[11pt]{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath}
\usepackage[a4paper, margin=2cm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{6pt}
\allowdisplaybreaks
"""
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "…": r"\ldots{}",
    **{c: f"\\{c}" for c in "#$%&_"},
}
_SIGNS = {"times": r" \times ", "plus": " + ", "to": r" \to ", "equals": " = "}
FACTORS = 4  # of a product in a line


def escape(text: str) -> str:
    r"""Return text in which no character is a command of LaTeX; those that LaTeX's fonts lack become ``?``.

    Examples
    --------
    >>> escape("50% of a_b & {c}")
    '50\\% of a\\_b \\& \\{c\\}'
    """
    known = "".join(c if (c.isprintable() and ord(c) < 0x180) or c in _SPECIAL else "?" for c in text)
    return "".join(_SPECIAL.get(c, c) for c in known)


def render_latex(*documents: Document) -> str:
    """Return documents as one LaTeX document."""
    body = "\n\n".join(_document(document) for document in documents)
    return f"{PREAMBLE}\\begin{{document}}\n{body}\n\\end{{document}}\n"


def _document(document: Document) -> str:
    parts = [f"\\section*{{{escape(document.title)}}}"]
    for section in document.sections:
        parts.append(f"\\subsection*{{{escape(section.title)}}}")
        for together, blocks in groupby(section.blocks, lambda block: isinstance(block, Equation)):
            if together:
                parts.append(_equations([block for block in blocks if isinstance(block, Equation)]))
            else:
                parts += [_other(block) for block in blocks if not isinstance(block, Equation)]
    return "\n\n".join(parts)


def _equations(equations: list[Equation]) -> str:
    lines = []
    for equation in equations:
        left = math(equation.left)
        for right in equation.rows:
            for number, part in enumerate(_parts(right)):
                sign = "=" if number == 0 else r"\quad"
                lines.append(f"{left} &{sign} {math(part)}")
                left = ""
    return "\\begin{align*}\n" + " \\\\\n".join(lines) + "\n\\end{align*}"


def _parts(line: Line) -> list[Line]:
    """Break a long sum, or a long product, after every few of its parts."""
    breaking = PLUS if PLUS in line else TIMES
    parts: list[list[Piece]] = [[]]
    count = 0
    for piece in line:
        count += isinstance(piece, Operator)
        if piece == breaking and count > FACTORS:
            parts.append([])
            count = 1
        parts[-1].append(piece)
    return [tuple(part) for part in parts]


def _other(block: Words | Table) -> str:
    return _sentence(block.line) if isinstance(block, Words) else _table(block)


def _table(table: Table) -> str:
    columns = len(table.rows[0])
    kinds = "".join("r" if number in table.numbers else "l" for number in range(columns - 1))
    lines = [" & ".join(escape(cell) for cell in table.head) + r" \\ \hline"] if table.head else []
    for number, row in enumerate(table.rows):
        rule = r"\hline " if table.total and number + 1 == len(table.rows) else ""
        lines.append(rule + " & ".join(_sentence(cell) for cell in row) + r" \\")
    widest = f"p{{{10.5 if columns > 2 else 14}cm}}"
    return f"\\begin{{tabular}}{{{kinds}{widest}}}\n" + "\n".join(lines) + "\n\\end{tabular}"


def _sentence(line: Line) -> str:
    """Return a line for running text: formulas between dollars, all else as text."""
    return "".join(escape(piece) if isinstance(piece, str) else f"${_piece(piece, inline=True)}$" for piece in line)


def math(line: Line) -> str:
    """Return a line for a formula."""
    return "".join(_piece(piece) for piece in line)


def _piece(piece: Piece, inline: bool = False) -> str:
    if isinstance(piece, Number):
        return number_latex(piece)
    if isinstance(piece, Operator):
        return _SIGNS[piece.name]
    if isinstance(piece, Quantity):
        return quantity_latex(piece)
    if isinstance(piece, Ratio):
        of, by = quantity_latex(piece.of), quantity_latex(piece.by)
        return f"\\partial {of} / \\partial {by}" if inline else f"\\frac{{\\partial {of}}}{{\\partial {by}}}"
    space = r"\quad " if piece.startswith("   ") else ""
    return f"{space}\\text{{{escape(piece.removeprefix('   '))}}}" if piece else ""


def number_latex(number: Number) -> str:
    r"""Return a number, its exponent as a power of ten.

    Examples
    --------
    >>> number_latex(Number(-2.5e-7))
    '-2.500 \\times 10^{-7}'
    """
    digits, _, exponent = number_text(number).partition("e")
    written = f"{digits} \\times 10^{{{int(exponent)}}}" if exponent else digits
    return f"({written})" if number.inner and number.value < 0 else written


def quantity_latex(quantity: Quantity) -> str:
    r"""Return a quantity with its layer above and its unit below.

    Examples
    --------
    >>> quantity_latex(Quantity("z", 1, "5")), quantity_latex(Quantity("y", unit="a_b"))
    ('z^{(1)}_{5}', 'y_{\\text{a\\_b}}')
    """
    above = "" if quantity.number is None else f"^{{({quantity.number})}}"
    parts = []
    if quantity.unit is not None:
        parts.append(quantity.unit if re.fullmatch(r"[\d, ]+", quantity.unit) else f"\\text{{{escape(quantity.unit)}}}")
    if quantity.example is not None:
        parts.append(f"\\#{quantity.example}")
    below = f"_{{{';'.join(parts)}}}" if parts else ""
    return f"{quantity.letter}{above}{below}"
