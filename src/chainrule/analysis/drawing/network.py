"""The drawing of a network: units and weights of small layers, blocks for large ones."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from chainrule.analysis.drawing.canvas import Canvas
from chainrule.analysis.drawing.drawing import Drawing
from chainrule.analysis.drawing.layout import Box
from chainrule.analysis.drawing.palette import sign
from chainrule.analysis.drawing.structure import LayerColumn
from chainrule.estimators.wording import shorten
from chainrule.tables.table import counted

SIDE, TOP, BOTTOM, PITCH = 40.0, 104.0, 62.0, 215.0
LEAST_HEIGHT, LEAST_WIDTH = 330.0, 760.0
STEPS = ((5, 68.0), (8, 52.0), (16, 36.0), (32, 24.0))  # from one unit to the next, by how many there are
NARROW = 17.0
RADIUS = 18.0
BLOCK = 150.0
HINTED = 200  # edges between two layers that each say their weight where the pointer rests
LEVELS = 8  # widths of the edges of larger layers
NAME, LINE = 22, 24  # characters


def draw_network(columns: Sequence[LayerColumn], title: str, most: int) -> Drawing:
    """Return the drawing of a network.

    Parameters
    ----------
    columns : sequence of LayerColumn
    title : str
    most : int
        Units of a layer that are drawn each; a larger one becomes a block.
    """
    heights = [_step(column) * column.units for column in columns if column.units <= most]
    deepest = max(len(_lines(column, most)) for column in columns)
    area = Box(0, TOP + 18 * deepest + 24, 0, max(LEAST_HEIGHT, *heights, 0))
    left, right = (SIDE + _label_width(column, most) for column in (columns[0], columns[-1]))
    left, right = max(left, SIDE + BLOCK / 2), max(right, SIDE + BLOCK / 2)
    pitch = max(PITCH, (LEAST_WIDTH - left - right) / max(1, len(columns) - 1))
    width = left + right + pitch * (len(columns) - 1)
    total = sum(column.weights for column in columns)
    about = " - ".join(f"{column.units:,}" for column in columns)
    canvas = Canvas(width, area.y + area.height + BOTTOM, title, f"A network of {about} units, {total:,} weights.")
    canvas.text(SIDE, 34, title, 22, bold=True, anchor="start")
    canvas.text(SIDE, 62, f"{about} units, {counted(total, 'weight')}", 15, "muted", "start")
    placed = [_Column(column, left + pitch * place, area, most) for place, column in enumerate(columns)]
    kernels = [column.kernel for column in columns if column.kernel is not None]
    heaviest = max((float(np.abs(kernel).max()) for kernel in kernels), default=0.0)
    drawn = [_edges(canvas, before, column, heaviest) for before, column in pairwise(placed)]
    for place, column in enumerate(placed):
        column.draw(canvas, named_left=place == 0)
    _legend(canvas, heaviest if any(drawn) else None, blocks=not all(drawn))
    return Drawing(canvas.svg())


def _step(column: LayerColumn) -> float:
    return next((step for most, step in STEPS if column.units <= most), NARROW)


def _label_width(column: LayerColumn, most: int) -> float:
    if column.names is None or column.units > most:
        return 50.0
    return 34.0 + 7.6 * max(len(shorten(name, NAME)) for name in column.names)


def _lines(column: LayerColumn, most: int) -> list[str]:
    """Return what stands below a column's title; a block says itself what it is."""
    notes = column.notes if len(column.notes) <= 3 else [*column.notes[:2], f"{len(column.notes) - 2} more layers"]
    head = [column.kind] if column.kind else []
    about = [] if column.units > most else [*head, counted(column.units, "unit")]
    return [*about, *(f"+ {note}" for note in notes)]


class _Column:
    """A column at its place.

    Parameters
    ----------
    column : LayerColumn
    x : float
        Its middle.
    area : Box
        All columns are centred in its height.
    most : int
    """

    def __init__(self, column: LayerColumn, x: float, area: Box, most: int) -> None:
        self.column, self.x, self.lines = column, x, _lines(column, most)
        self.block = column.units > most
        self.step = _step(column)
        self.radius = min(RADIUS, 0.4 * self.step)
        self.half_width = BLOCK / 2 if self.block else self.radius
        middle = area.y + area.height / 2
        # A block is the higher the more units it stands for, by their logarithm: 64 to 4096 fill half to all.
        share = min(1.0, 0.5 + 0.5 * max(0.0, float(np.log(column.units / 64))) / float(np.log(64)))
        height = share * area.height if self.block else self.step * column.units
        self.top, self.bottom = middle - height / 2, middle + height / 2

    def y(self, unit: int) -> float:
        """The middle of a unit."""
        return self.top + (unit + 0.5) * self.step

    def draw(self, canvas: Canvas, named_left: bool) -> None:
        """Draw its units, and what it is above them."""
        canvas.text(self.x, TOP, shorten(self.column.title, LINE), 15, bold=True)
        for number, line in enumerate(self.lines, start=1):
            canvas.text(self.x, TOP + 18 * number, shorten(line, LINE), 13, "muted")
        if self.block:
            self._draw_block(canvas)
            return
        biases = self.column.biases
        for unit in range(self.column.units):
            hint = f"unit {unit}" if self.column.names is None else self.column.names[unit]
            hint += "" if biases is None else f", bias {biases[unit]:.4g}"
            canvas.circle(self.x, self.y(unit), self.radius, "card", "ink", 1.4, hint)
        if self.column.names is not None:
            towards, anchor = (-1, "end") if named_left else (1, "start")
            for unit, name in enumerate(self.column.names):
                x = self.x + towards * (self.radius + 8)
                canvas.text(x, self.y(unit), shorten(name, NAME), min(14.0, self.step - 3), anchor=anchor, halo=True)

    def _draw_block(self, canvas: Canvas) -> None:
        column, middle = self.column, (self.top + self.bottom) / 2
        canvas.box(self.x - BLOCK / 2, self.top, BLOCK, self.bottom - self.top, "card", "ink", 1.6)
        activation = column.kind.partition(" ")[2]
        words = [(f"{column.units:,}", 26.0, "ink"), ("units", 15.0, "ink")]
        words += [(shorten(activation, 18), 15.0, "ink")] if activation else []
        words += [(counted(column.weights, "weight"), 13.0, "muted")] if column.weights else []
        y = middle - 13 * (len(words) - 1)
        for text, size, colour in words:
            canvas.text(self.x, y, text, size, colour, bold=size > 20)
            y += 26


def _edges(canvas: Canvas, before: _Column, column: _Column, heaviest: float) -> bool:
    """Draw what is between two columns, and return whether it is weights one by one."""
    start, end = before.x + before.half_width, column.x - column.half_width
    kernel = column.column.kernel
    if before.block or column.block or kernel is None:
        corners = [(start, before.top), (end, column.top), (end, column.bottom), (start, before.bottom)]
        canvas.area(corners, "line", 0.45)
        return False
    shares = np.abs(kernel) / heaviest if heaviest else np.zeros_like(kernel)
    lines = [
        (float(shares[i, j]), ((start, before.y(i)), (end, column.y(j))), float(kernel[i, j]))
        for i, j in np.ndindex(kernel.shape)
    ]
    lines.sort(key=lambda line: line[0])  # large weights above small ones
    widest = min(5.0, max(1.1, 60 / len(lines) ** 0.5))  # where there are many, thin ones still leave gaps
    if len(lines) <= HINTED:
        for share, line, weight in lines:
            canvas.lines([line], sign(weight), *_look(share, widest), dashed=weight < 0, hint=f"weight {weight:.4g}")
        return True
    for level in range(LEVELS):
        for negative in (False, True):
            alike = [
                line
                for share, line, weight in lines
                if min(LEVELS - 1, int(share * LEVELS)) == level and (weight < 0) == negative
            ]
            if alike:
                look = _look((level + 0.5) / LEVELS, widest)
                canvas.lines(alike, "negative" if negative else "positive", *look, negative)
    return True


def _look(share: float, widest: float) -> tuple[float, float]:
    """Return the width and the opacity of an edge, from its weight's share of the largest."""
    return 0.3 + (widest - 0.3) * share, 0.15 + 0.75 * share


def _legend(canvas: Canvas, heaviest: float | None, blocks: bool) -> None:
    x, y = SIDE, canvas.height - 26
    if heaviest is not None:
        for colour, words, room in (("positive", "weight above 0", 170), ("negative", "below 0", 140)):
            canvas.lines([((x, y), (x + 40, y))], colour, 3.5, dashed=colour == "negative")
            canvas.text(x + 50, y, words, 14, "muted", "start")
            x += room
        canvas.text(x, y, f"the wider, the larger (at most {heaviest:.3g})", 14, "muted", "start")
        x += 262
    if blocks:
        canvas.area([(x, y - 8), (x + 40, y - 4), (x + 40, y + 4), (x, y + 8)], "line", 0.6)
        canvas.text(x + 50, y, "many weights", 14, "muted", "start")
