"""A document as HTML: formulas as MathML, the picture beside them, nothing fetched from anywhere."""

import re
from collections.abc import Sequence
from itertools import groupby

from chainrule.analysis.drawing.canvas import clean
from chainrule.analysis.drawing.palette import FONT, NUMBERS, css
from chainrule.analysis.explanation.document import Document, Equation, Line, Number, Operator, Piece, Table, Words
from chainrule.analysis.explanation.quantities import Quantity, Ratio
from chainrule.analysis.explanation.render_text import number_text
from chainrule.analysis.explanation.traces import Trace

_TIMES, _MINUS = "\u00d7", "\u2212"  # spelt out: they look like a letter and a hyphen
_SIGNS = {"times": _TIMES, "plus": "+", "equals": "=", "to": "\u2192"}
_STYLE = f"""{css(".cr-explanation")}
.cr-explanation {{ color-scheme: light dark; background: var(--page); color: var(--ink); font-family: {FONT};
  line-height: 1.55; padding: 1rem 1.25rem; }}
.cr-explanation > * {{ max-width: 80rem; margin-inline: auto; }}
.cr-explanation h1 {{ font-size: 1.6rem; }}
.cr-explanation h2 {{ font-size: 1.15rem; margin: 1.8rem auto 0.4rem; border-bottom: 1px solid var(--line); }}
.cr-explanation table {{ border-collapse: collapse; margin-block: 0.6rem; }}
.cr-explanation div.wide {{ overflow-x: auto; }}
.cr-explanation :is(td, th) {{ padding: 0.18rem 1.1rem 0.18rem 0; text-align: left; vertical-align: baseline; }}
.cr-explanation th {{ color: var(--muted); font-weight: 500; }}
.cr-explanation td.number {{ text-align: right; font-family: {NUMBERS}; white-space: nowrap; }}
.cr-explanation tr.total td {{ border-top: 1.5px solid var(--ink); font-weight: 600; }}
.cr-explanation math {{ font-size: 1.08em; }}
.cr-explanation mtd {{ padding: 0.3em 0.15em; }}
.cr-explanation svg {{ border: 1px solid var(--line); border-radius: 10px; box-sizing: border-box; }}
@media print {{ .cr-explanation svg {{ break-inside: avoid; }} }}"""


def page(documents: Sequence[Document], pictures: Sequence[str]) -> str:
    """Return a page that stands by itself.

    Parameters
    ----------
    documents : sequence of Document
    pictures : sequence of str
        SVG, one for each.
    """
    body = "\n".join(_sections(document, picture, "h1") for document, picture in zip(documents, pictures, strict=True))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{clean(documents[0].title)}</title>\n"
        f"<style>\nbody {{ margin: 0; }}\n{_STYLE}\n</style>\n</head>\n"
        f'<body class="cr-explanation">\n{body}\n</body>\n</html>\n'
    )


def fragment(document: Document, picture: str) -> str:
    """Return the part of a page that a notebook shows."""
    return f'<div class="cr-explanation"><style>\n{_STYLE}\n</style>\n{_sections(document, picture, "h3")}\n</div>'


def fragment_of_trace(trace: Trace) -> str:
    """Return the part of a page that a notebook shows of a trace: picture and tables of its first example."""
    return (
        f'<div class="cr-explanation"><style>\n{_STYLE}\n</style>\n{trace.to_svg()}\n'
        f"<pre>{clean(trace.to_text())}</pre>\n</div>"
    )


def _sections(document: Document, picture: str, level: str) -> str:
    parts = [f"<{level}>{clean(document.title)}</{level}>", f'<div class="wide">{picture}</div>']
    for section in document.sections:
        parts.append(f"<h2>{clean(section.title)}</h2>")
        for together, blocks in groupby(section.blocks, lambda block: isinstance(block, Equation)):
            if together:
                parts.append(_equations([block for block in blocks if isinstance(block, Equation)]))
            else:
                parts += [_other(block) for block in blocks if not isinstance(block, Equation)]
    return "\n".join(parts)


def _other(block: Words | Table) -> str:
    return f"<p>{sentence(block.line)}</p>" if isinstance(block, Words) else _table(block)


def _equations(equations: list[Equation]) -> str:
    """Return equations with their signs below each other."""
    rows = []
    for equation in equations:
        for number, right in enumerate(equation.rows):
            left = math(equation.left) if number == 0 else ""
            rows.append(
                f'<mtr><mtd style="text-align: right">{left}</mtd><mtd><mo>=</mo></mtd>'
                f'<mtd style="text-align: left">{math(right)}</mtd></mtr>'
            )
    return f'<div class="wide"><math><mtable displaystyle="true">{"".join(rows)}</mtable></math></div>'


def _table(table: Table) -> str:
    head = "".join(f"<th>{clean(cell)}</th>" for cell in table.head)
    rows = [f"<tr>{head}</tr>"] if head else []
    for number, row in enumerate(table.rows):
        kinds = [' class="number"' if column in table.numbers else "" for column in range(len(row))]
        cells = "".join(f"<td{kind}>{sentence(cell)}</td>" for kind, cell in zip(kinds, row, strict=True))
        total = ' class="total"' if table.total and number + 1 == len(table.rows) else ""
        rows.append(f"<tr{total}>{cells}</tr>")
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def sentence(line: Line) -> str:
    """Return a line of running text, formulas in it as MathML."""
    parts = []
    for piece in line:
        if isinstance(piece, str):
            parts.append(clean(piece))
        elif isinstance(piece, Number):
            parts.append(clean(number_text(piece)).replace("-", _MINUS))
        elif isinstance(piece, Operator):
            parts.append(f" {_SIGNS[piece.name]} ")
        else:
            parts.append(f"<math>{_piece(piece, inline=True)}</math>")
    return "".join(parts)


def math(line: Line) -> str:
    """Return a line as a row of MathML."""
    return f"<mrow>{''.join(_piece(piece) for piece in line)}</mrow>"


def _piece(piece: Piece, inline: bool = False) -> str:
    if isinstance(piece, Number):
        return _number(piece)
    if isinstance(piece, Operator):
        return f"<mo>{_SIGNS[piece.name]}</mo>"
    if isinstance(piece, Quantity):
        return quantity_math(piece)
    if isinstance(piece, Ratio):
        of, by = (f"<mrow><mi>∂</mi>{quantity_math(quantity)}</mrow>" for quantity in (piece.of, piece.by))
        return f"{of}<mo>/</mo>{by}" if inline else f"<mfrac>{of}{by}</mfrac>"
    return f"<mtext>{clean(piece).replace(' ', '&#160;')}</mtext>" if piece else ""


def _number(number: Number) -> str:
    digits, _, exponent = number_text(number).partition("e")
    parts = [f"<mo form='prefix'>{_MINUS}</mo>" if digits.startswith("-") else "", f"<mn>{digits.lstrip('-')}</mn>"]
    if exponent:
        minus = f"<mo form='prefix'>{_MINUS}</mo>" if int(exponent) < 0 else ""
        power = f"<mrow>{minus}<mn>{abs(int(exponent))}</mn></mrow>"
        parts.append(f"<mo>{_TIMES}</mo><msup><mn>10</mn>{power}</msup>")
    if number.inner and number.value < 0:
        parts = ["<mo stretchy='false'>(</mo>", *parts, "<mo stretchy='false'>)</mo>"]
    return f"<mrow>{''.join(parts)}</mrow>"


def quantity_math(quantity: Quantity) -> str:
    """Return a quantity with its layer above and its unit below.

    Examples
    --------
    >>> quantity_math(Quantity("z", 1, "5"))
    '<msubsup><mi>z</mi><mrow><mn>5</mn></mrow><mtext>(1)</mtext></msubsup>'
    """
    letter = f"<mi>{clean(quantity.letter)}</mi>"
    below = []
    if quantity.unit is not None:
        tag = "mn" if re.fullmatch(r"[\d, ]+", quantity.unit) else "mtext"
        below.append(f"<{tag}>{clean(quantity.unit)}</{tag}>")
    if quantity.example is not None:
        below.append(f"<mtext>#{quantity.example}</mtext>")
    under = f"<mrow>{'<mo>;</mo>'.join(below)}</mrow>"
    above = f"<mtext>({quantity.number})</mtext>"
    if quantity.number is None:
        return f"<msub>{letter}{under}</msub>" if below else letter
    return f"<msubsup>{letter}{under}{above}</msubsup>" if below else f"<msup>{letter}{above}</msup>"
