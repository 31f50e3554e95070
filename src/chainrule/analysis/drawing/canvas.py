"""Canvas: shapes and text to SVG; names from data are escaped, colours follow the reader's light or dark."""

import re
from html import escape
from itertools import count
from typing import TypeAlias

from chainrule.analysis.drawing.palette import FONT, NAMES, NUMBERS, css

_STYLE = f"""{css(".cr-picture")}
.cr-picture {{ background: var(--page); font-family: {FONT}; }}
.cr-picture text {{ fill: var(--ink); }}
.cr-picture .numbers {{ font-family: {NUMBERS}; }}
.cr-picture .halo {{ paint-order: stroke; stroke: var(--page); stroke-width: 5px; stroke-linejoin: round; }}"""
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_numbers = count(1)
Attributes: TypeAlias = dict[str, float | str]


class Canvas:
    """A picture of a fixed size that is written from back to front.

    Parameters
    ----------
    width, height : float
        In units of which a picture at its own size has one a pixel; it scales to any size.
    title : str
        What a screen reader says.
    description : str
        In a sentence or two, for those who don't see it.

    Examples
    --------
    >>> canvas = Canvas(100, 50, "One line")
    >>> canvas.line(0, 0, 100, 50, "ink")
    >>> canvas.text(50, 25, "<b>", size=16)
    >>> "&lt;b&gt;" in canvas.svg()
    True
    """

    def __init__(self, width: float, height: float, title: str, description: str = "") -> None:
        self.width, self.height = width, height
        self._title, self._description = title, description
        self._parts: list[str] = []

    def line(
        self, x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1.0, opacity: float = 1.0
    ) -> None:
        """Draw a straight line."""
        self._add("line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, **_stroke(colour, width, opacity)})

    def curve(
        self,
        start: tuple[float, float],
        end: tuple[float, float],
        colour: str,
        width: float = 1.0,
        opacity: float = 1.0,
        dashed: bool = False,
        hint: str = "",
    ) -> None:
        """Draw a curve that leaves ``start`` and reaches ``end`` horizontally.

        Parameters
        ----------
        start, end : (x, y)
        colour : str
            A name of the palette.
        width, opacity : float
        dashed : bool
        hint : str
            Shown where the pointer rests on it.
        """
        (x1, y1), (x2, y2) = start, end
        middle = (x1 + x2) / 2
        path = f"M {_n(x1)} {_n(y1)} C {_n(middle)} {_n(y1)} {_n(middle)} {_n(y2)} {_n(x2)} {_n(y2)}"
        shape: Attributes = {"d": path, "fill": "none", **_stroke(colour, width, opacity)}
        if dashed:
            shape["stroke_dasharray"] = f"{_n(2 + 2 * width)} {_n(3 + width)}"
        self._add("path", shape, hint)

    def circle(self, x: float, y: float, radius: float, fill: str, edge: str = "line", width: float = 1.5) -> None:
        """Draw a disc."""
        self._add("circle", {"cx": x, "cy": y, "r": radius, "fill": _colour(fill), **_stroke(edge, width, 1.0)})

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        fill: str,
        edge: str = "line",
        line: float = 1.5,
        round_by: float = 9.0,
        hint: str = "",
    ) -> None:
        """Draw a rectangle with round corners, (x, y) its upper left one."""
        shape: Attributes = {"x": x, "y": y, "width": width, "height": height, "rx": round_by, "fill": _colour(fill)}
        self._add("rect", {**shape, **_stroke(edge, line, 1.0)}, hint)

    def text(
        self,
        x: float,
        y: float,
        words: str,
        size: float = 14.0,
        colour: str = "ink",
        anchor: str = "middle",
        bold: bool = False,
        numbers: bool = False,
        halo: bool = False,
    ) -> None:
        """Write a line of text with its middle at the height ``y``.

        Parameters
        ----------
        x, y : float
        words : str
            Escaped here.
        size : float
        colour : str
        anchor : {"start", "middle", "end"}
            Which part of the text is at x.
        bold : bool
        numbers : bool
            Whether digits stand in columns.
        halo : bool
            Whether the page's colour is around it, so that it can be read on lines.
        """
        classes = " ".join(name for name, wanted in (("numbers", numbers), ("halo", halo)) if wanted)
        shape: Attributes = {"x": x, "y": y + 0.35 * size, "font_size": size, "text_anchor": anchor}
        if bold:
            shape["font_weight"] = "600"
        if classes:
            shape["class"] = classes
        shape["style"] = f"fill: {_colour(colour)}"
        self._parts.append(f"<text {_attributes(shape)}>{clean(words)}</text>")

    def _add(self, element: str, attributes: Attributes, hint: str = "") -> None:
        inner = f"<title>{clean(hint)}</title></{element}>" if hint else ""
        self._parts.append(f"<{element} {_attributes(attributes)}{'>' + inner if inner else '/>'}")

    def svg(self) -> str:
        """Return the picture as an SVG document that can also stand in an HTML page."""
        number = next(_numbers)  # ids are unique in a page with several pictures
        body = "\n".join(self._parts)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="cr-picture" viewBox="0 0 {_n(self.width)} '
            f'{_n(self.height)}" width="{_n(self.width)}" height="{_n(self.height)}" role="img" '
            f'aria-labelledby="cr-title-{number} cr-description-{number}" style="max-width: 100%; height: auto">\n'
            f'<title id="cr-title-{number}">{clean(self._title)}</title>\n'
            f'<desc id="cr-description-{number}">{clean(self._description)}</desc>\n'
            f"<style>\n{_STYLE}\n</style>\n"
            f'<rect width="100%" height="100%" fill="var(--page)"/>\n{body}\n</svg>\n'
        )


def clean(text: str) -> str:
    r"""Return text for XML: markup escaped, characters that XML does not have replaced.

    Examples
    --------
    >>> clean("<script> & \x00")
    '&lt;script&gt; &amp; \ufffd'
    """
    known = _NOT_XML.sub("\ufffd", text)
    return escape(known)


def _stroke(colour: str, width: float, opacity: float) -> Attributes:
    stroke: Attributes = {"stroke": _colour(colour), "stroke_width": width, "stroke_linecap": "round"}
    return stroke | {"stroke_opacity": opacity} if opacity < 1 else stroke


def _colour(name: str) -> str:
    if name not in (*NAMES, "none"):
        raise KeyError(f"the palette has no colour {name!r}")
    return name if name == "none" else f"var(--{name})"


def _attributes(values: Attributes) -> str:
    return " ".join(
        f'{name.replace("_", "-")}="{value if isinstance(value, str) else _n(value)}"' for name, value in values.items()
    )


def _n(value: float) -> str:
    """Return a coordinate with one digit after the point, none where it is 0."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
