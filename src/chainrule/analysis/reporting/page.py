"""The page of a report: its elements, its style, and that nothing is fetched from anywhere.

Every text goes through `text` or a function here: what comes from data stays text, markup in it is shown as it is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from chainrule.analysis.drawing.canvas import clean as text
from chainrule.analysis.drawing.palette import FONT, NUMBERS, css

__all__ = ["Section", "bars", "details", "figure", "page", "paragraph", "table", "text"]

_STYLE = f"""{css("body")}
body {{ color-scheme: light dark; background: var(--page); color: var(--ink); font: 16px/1.55 {FONT}; margin: 0; }}
main, header.top, footer {{ max-width: 60rem; margin: 0 auto; padding: 0 1.25rem; }}
header.top {{ padding-top: 2.5rem; }}
h1 {{ font-size: 1.9rem; line-height: 1.2; margin: 0 0 0.3rem; }}
h2 {{ font-size: 1.3rem; margin: 2.6rem 0 0.6rem; padding-top: 0.8rem; border-top: 1px solid var(--line); }}
p.lead {{ font-size: 1.15rem; margin: 0.4rem 0 1rem; }}
p.note, figcaption, footer {{ color: var(--muted); font-size: 0.92rem; }}
nav {{ display: flex; flex-wrap: wrap; gap: 0.3rem 1.1rem; margin: 1rem 0 0; font-size: 0.95rem; }}
a {{ color: var(--positive); }}
div.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; margin: 0.6rem 0; }}
td, th {{ padding: 0.22rem 1.2rem 0.22rem 0; text-align: left; vertical-align: top; }}
th {{ color: var(--muted); font-weight: 500; font-size: 0.92rem; }}
tbody tr {{ border-top: 1px solid var(--line); }}
td.number, th.number {{ text-align: right; font-family: {NUMBERS}; white-space: nowrap; }}
td.right {{ background: color-mix(in srgb, var(--positive) 14%, transparent); }}
td.wrong {{ background: color-mix(in srgb, var(--negative) 14%, transparent); }}
table.confusion td {{ min-width: 3.5rem; padding-left: 0.7rem; padding-right: 0.7rem; }}
summary {{ cursor: pointer; }}
details p {{ font-size: 0.85rem; margin: 0.2rem 0; max-width: 14rem; white-space: normal; }}
figure {{ margin: 1rem 0; }}
figure.plot svg {{ background: #fff; border-radius: 8px; max-width: 100%; max-height: 26rem; height: auto; }}
figure svg {{ max-width: 100%; height: auto; }}
pre {{ background: var(--card); padding: 0.8rem 1rem; border-radius: 8px; overflow-x: auto;
  font: 0.88rem/1.5 {NUMBERS}; }}
ul.findings {{ list-style: none; padding: 0; }}
ul.findings li {{ background: var(--card); border-left: 4px solid var(--negative);
  padding: 0.6rem 1rem; margin: 0.6rem 0; }}
div.bar {{ background: var(--positive); height: 0.8rem; border-radius: 2px; min-width: 1px; }}
div.track {{ width: 16rem; max-width: 40vw; padding-top: 0.35rem; }}
footer {{ margin-top: 3rem; padding-bottom: 2rem; }}
@media (max-width: 40rem) {{ body {{ font-size: 15px; }} td, th {{ padding-right: 0.7rem; }} }}
@media print {{
  body {{ font-size: 10.5pt; }} nav {{ display: none; }} h2 {{ break-after: avoid; }}
  figure, tr, li, pre {{ break-inside: avoid; }} a {{ color: inherit; text-decoration: none; }}
  pre {{ white-space: pre-wrap; }} div.wide {{ overflow: visible; }} td, th {{ padding-right: 0.6rem; }}
  td.number {{ white-space: normal; }} figure svg, figure.plot svg {{ max-height: 8.5cm; }}
  main, header.top, footer {{ max-width: none; padding: 0; }}
}}"""


@dataclass(frozen=True)
class Section:
    """A part of the page: its title, and its body as HTML."""

    title: str
    body: str

    @property
    def anchor(self) -> str:
        """The name by which the page's contents reach it."""
        return "-".join("".join(c if c.isalnum() else " " for c in self.title.lower()).split())


def page(title: str, lead: str, sections: Sequence[Section], footer: str) -> str:
    """Return the whole file. ``title`` and ``footer`` are text, ``lead`` is HTML."""
    links = " ".join(f'<a href="#{s.anchor}">{text(s.title)}</a>' for s in sections)
    body = "\n".join(f'<section id="{s.anchor}"><h2>{text(s.title)}</h2>\n{s.body}\n</section>' for s in sections)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{text(title)}</title>\n<style>\n{_STYLE}\n</style>\n</head>\n<body>\n"
        f'<header class="top"><h1>{text(title)}</h1>\n{lead}\n<nav>{links}</nav></header>\n'
        f"<main>\n{body}\n</main>\n<footer>{text(footer)}</footer>\n</body>\n</html>\n"
    )


def paragraph(words: str, kind: str = "") -> str:
    """Return a paragraph of text.

    Examples
    --------
    >>> paragraph("a < b", "note")
    '<p class="note">a &lt; b</p>'
    """
    return f"<p{_kind(kind)}>{text(words)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Sequence[int] = (), kind: str = "") -> str:
    """Return a table of texts; ``numbers`` are the columns that are set to the right."""
    kinds = [_kind("number" if i in numbers else "") for i in range(len(head))]
    top = "".join(f"<th{of}>{text(cell)}</th>" for of, cell in zip(kinds, head, strict=True))
    body = "".join(
        "<tr>" + "".join(f"<td{of}>{text(cell)}</td>" for of, cell in zip(kinds, row, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table{_kind(kind)}><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def details(summary: str, inside: str) -> str:
    """Return something that opens when its summary is chosen; ``inside`` is text."""
    return f"<details><summary>{text(summary)}</summary><p>{text(inside)}</p></details>"


def figure(svg: str, caption: str, kind: str = "plot") -> str:
    """Return a picture with a line below it; ``svg`` is markup."""
    return f'<figure class="{kind}"><div class="wide">{svg}</div><figcaption>{text(caption)}</figcaption></figure>'


def bars(rows: Sequence[tuple[str, float, str]]) -> str:
    """Return named bars: (name, length, number as text)."""
    longest = max((length for _, length, _ in rows), default=0) or 1
    cells = ""
    for name, length, shown in rows:
        width = f"{max(0.0, 100 * length / longest):.1f}%"
        bar = f'<div class="track"><div class="bar" style="width: {width}"></div></div>'
        cells += f'<tr><td>{text(name)}</td><td>{bar}</td><td class="number">{text(shown)}</td></tr>'
    return f'<div class="wide"><table><tbody>{cells}</tbody></table></div>'


def _kind(kind: str) -> str:
    return f' class="{kind}"' if kind else ""
