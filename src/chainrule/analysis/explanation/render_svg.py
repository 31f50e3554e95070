"""The picture of an explanation: the network with values and gradients, the weight's paths lit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chainrule.analysis.drawing.canvas import Canvas
from chainrule.analysis.drawing.layout import Box, columns, point_between
from chainrule.analysis.drawing.palette import sign
from chainrule.analysis.explanation.gradient_explanation import GradientExplanation, Path
from chainrule.analysis.explanation.picture import Column, Edge, Picture, Unit, picture_of
from chainrule.analysis.explanation.traces import Trace
from chainrule.estimators.wording import shorten

HEIGHT, LEAST_WIDTH = 810.0, 1440.0
CELL, CARD, LABEL, GAP = 98.0, 48.0, 15.0, 150.0
TOP, BOTTOM, SIDE = 158.0, 70.0, 36.0
LOSS_WIDTH = 104.0
LABELLED = 6  # edges between two columns that all get their weight written on them
NAME = 24  # characters
MOST_CHARACTERS = 8  # of a number in a cell


@dataclass(frozen=True)
class Light:
    """What is lit: how much the listed paths carry over each edge, and which edges the largest takes.

    Attributes
    ----------
    carried : mapping from (column, unit, unit) to float
        Sum of the contributions of the listed paths; unit -1 of the last column: into the loss.
    largest : set of the same keys
    weight : key or None
        The edge that the weight is.
    unit : (column, unit)
        Where the weight enters.
    """

    carried: Mapping[tuple[int, int, int], float]
    largest: frozenset[tuple[int, int, int]]
    weight: tuple[int, int, int] | None
    unit: tuple[int, int] | None


def render_explanation(explanation: GradientExplanation, about: str = "") -> str:
    """Return an explanation as an SVG document.

    Parameters
    ----------
    explanation : GradientExplanation
    about : str
        Where the example is from.
    """
    paths = explanation.paths or ((explanation.chain,) if explanation.chain else ())
    paths = tuple(path for path in paths if all(place.example == explanation.example for place in path.places))
    wanted: dict[int, list[int]] = {}
    for path in paths:
        for place in path.places:
            wanted.setdefault(place.stage, []).append(place.unit)
    entry = _entering(explanation)
    if entry is not None and explanation.chain is not None:
        wanted.setdefault(explanation.chain.places[0].stage - 1, []).append(entry)
    picture = picture_of(explanation.trace.passes, explanation.example, wanted)
    drawn = tuple(path for path in paths if _is_drawn(picture, path))
    light = _light(picture, drawn, entry)
    title = f"w = {explanation.weight} = {explanation.value:.4g},  dJ/dw = {explanation.gradient:.4g}"
    several = f"example {explanation.example}, which adds {explanation.contributions[explanation.example]:.4g}"
    which = about or (several if picture.several else "")
    count = explanation.path_count
    lit = f"{len(drawn)} of the {len(explanation.paths)} largest of {count:,} paths"
    if not explanation.paths:  # the weight moves nothing: its input is 0, say
        lit = "a path of the weight; each adds 0"
    elif len(drawn) == len(explanation.paths):
        lit = (
            f"the {len(drawn)} largest of {count:,} paths"
            if count > len(drawn)
            else "all paths"
            if count > 1
            else "the path"
        )
    return _draw(picture, title, ", ".join(part for part in (which, f"lit: {lit}") if part), light)


def _is_drawn(picture: Picture, path: Path) -> bool:
    """Whether all units on a path are in the picture."""
    shown = {column.last: {unit.index for unit in column.units} for column in picture.columns}
    return all(place.unit in shown.get(place.stage, {place.unit}) for place in path.places)


def render_trace(trace: Trace, example: int) -> str:
    """Return a trace as an SVG document: every weight's edge by its value."""
    picture = picture_of(trace.passes, example, {})
    which = f"example {example} of 0 to {len(trace) - 1}" if len(trace) > 1 else ""
    return _draw(picture, f"J = {trace.loss:.4g}", which, Light({}, frozenset(), None, None))


def _entering(explanation: GradientExplanation) -> int | None:
    """Return the unit before the weight, where it is of a dense layer's matrix."""
    from chainrule.analysis.explanation.reasons import multiplied_node

    if explanation.chain is None:
        return None
    place = explanation.chain.places[0]
    record = explanation.trace.passes.records[place.stage]
    return multiplied_node(record, explanation.index, explanation.weight, place.unit)


def _light(picture: Picture, paths: Sequence[Path], entry: int | None) -> Light:
    carried: dict[tuple[int, int, int], float] = {}
    largest: set[tuple[int, int, int]] = set()
    weight = unit = None
    for number, path in enumerate(paths):
        places = {place.stage: place.unit for place in path.places}
        first = path.places[0].stage
        keys = []
        before = entry
        for at, column in enumerate(picture.columns[1:], start=1):
            if column.last < first:
                continue
            now = places[column.last]
            if before is not None:
                keys.append((at - 1, before, now))
            if unit is None:
                unit = (at, now)
                weight = keys[0] if keys else None
            before = now
        keys.append((len(picture.columns) - 1, places[picture.columns[-1].last], -1))
        for key in keys:
            carried[key] = carried.get(key, 0.0) + path.contribution
        if number == 0:
            largest.update(keys)
    return Light(carried, frozenset(largest), weight, unit)


def _draw(picture: Picture, title: str, subtitle: str, light: Light) -> str:
    counts = [len(column.units) + bool(column.hidden) for column in picture.columns]
    widths = [CELL * max(len(unit.cells) for unit in column.units) for column in picture.columns]
    width = max(LEAST_WIDTH, sum(widths) + LOSS_WIDTH + 120 * len(widths) + 2 * SIDE)
    area = Box(SIDE, TOP, width - 2 * SIDE, HEIGHT - TOP - BOTTOM)
    boxes = columns([*counts, 1], [*widths, LOSS_WIDTH], area, CARD, GAP)
    description = f"A network of {len(picture.columns)} columns, with values and gradients of its units. {subtitle}"
    canvas = Canvas(width, HEIGHT, title, description)
    canvas.text(SIDE, 36, title, 24, bold=True, anchor="start")
    if subtitle:
        canvas.text(SIDE, 66, subtitle, 16, "muted", "start")
    drawn = _Drawing(canvas, picture, boxes, light)
    drawn.edges()
    for place, column in enumerate(picture.columns):
        drawn.column(place, column)
    drawn.loss()
    drawn.edge_labels()
    _legend(canvas, bool(light.carried))
    return canvas.svg()


def _legend(canvas: Canvas, lit: bool) -> None:
    y = canvas.height - 26
    canvas.text(SIDE, y, "value", 15, "ink", "start", numbers=True)
    canvas.text(SIDE + 62, y, "dJ/d value", 15, "gradient", "start", numbers=True)
    words = ("raises dJ/dw", "lowers it") if lit else ("weight above 0", "below 0")
    for x, colour, text in ((220, "positive", words[0]), (410, "negative", words[1])):
        canvas.curve((x, y), (x + 44, y), colour, 4, dashed=colour == "negative")
        canvas.text(x + 56, y, text, 15, "muted", "start")


def brief(value: float, digits: int = 3) -> str:
    """Return a number that fits into a cell.

    Examples
    --------
    >>> brief(-0.503411), brief(-0.000821690), brief(-0.0)
    ('-0.503', '-8.2e-04', '0')
    """
    text = f"{value + 0.0:.{digits}g}"
    return text if len(text) <= MOST_CHARACTERS else f"{value:.1e}"


class _Line(NamedTuple):
    key: tuple[int, int, int]
    start: tuple[float, float]
    end: tuple[float, float]
    edge: Edge | None  # none into the loss


class _Drawing:
    """A picture on its canvas.

    Parameters
    ----------
    canvas : Canvas
    picture : Picture
    boxes : list of lists of Box
        Of each column's units, those left out as the last one, and of the loss.
    light : Light
    """

    def __init__(self, canvas: Canvas, picture: Picture, boxes: list[list[Box]], light: Light) -> None:
        self.canvas, self.picture, self.boxes, self.light = canvas, picture, boxes, light
        self.most = max((abs(value) for value in light.carried.values()), default=0.0)
        self.heaviest = max((abs(edge.weight) for edge in picture.edges if edge.weight is not None), default=0.0)

    def edges(self) -> None:
        """Draw all edges, those that are lit above the others."""
        last = len(self.picture.columns) - 1
        (loss,) = self.boxes[-1]
        lines = [_Line(self._key(edge), *self._ends(edge), edge) for edge in self.picture.edges]
        lines += [
            _Line((last, unit.index, -1), box.right, loss.left, None)
            for unit, box in zip(self.picture.columns[last].units, self.boxes[last], strict=False)
        ]
        carried = self.light.carried
        for line in sorted(lines, key=lambda line: abs(carried.get(line.key, 0.0))):
            self._edge(line, carried.get(line.key))

    def _edge(self, line: _Line, carried: float | None) -> None:
        if carried is not None:
            share = abs(carried) / self.most if self.most else 0.0
            hint = f"the paths lit add {carried:.4g}"
            self.canvas.curve(line.start, line.end, sign(carried), 2.5 + 7 * share, dashed=carried < 0, hint=hint)
        elif self.light.carried or line.edge is None or line.edge.weight is None:
            self.canvas.curve(line.start, line.end, "line", 1.2)
        else:
            weight = line.edge.weight
            share = abs(weight) / self.heaviest if self.heaviest else 0.0
            hint = f"weight {weight:.4g}, gradient {line.edge.gradient:.4g}"
            self.canvas.curve(line.start, line.end, sign(weight), 0.8 + 5 * share, 0.75, weight < 0, hint)

    def _key(self, edge: Edge) -> tuple[int, int, int]:
        columns = self.picture.columns
        return edge.column, columns[edge.column].units[edge.start].index, columns[edge.column + 1].units[edge.end].index

    def _ends(self, edge: Edge) -> tuple[tuple[float, float], tuple[float, float]]:
        return self.boxes[edge.column][edge.start].right, self.boxes[edge.column + 1][edge.end].left

    def edge_labels(self) -> None:
        """Write weights on edges: on all where there are few, on those of the largest path where there are many."""
        for column in range(len(self.picture.columns) - 1):
            edges = [edge for edge in self.picture.edges if edge.column == column and edge.weight is not None]
            # Those of few edges stand near where they leave: further on the edges cross.
            few = len(edges) <= LABELLED and not self.picture.columns[column + 1].hidden
            for edge in edges:
                key = self._key(edge)
                asked = key == self.light.weight
                if asked or few or key in self.light.largest:
                    self._edge_label(edge, asked, 0.3 if few else 0.5)

    def _edge_label(self, edge: Edge, asked: bool, share: float) -> None:
        assert edge.weight is not None and edge.gradient is not None
        x, y = point_between(*self._ends(edge), share)
        words = f"w = {brief(edge.weight)}" if asked else brief(edge.weight)
        slope = brief(edge.gradient)
        width = 9.6 * max(len(words), len(slope)) + 12
        self.canvas.box(x - width / 2, y - 19, width, 38, "page", "ink" if asked else "page", 1.5)
        self.canvas.text(x, y - 8, words, 16 if asked else 15, bold=asked, numbers=True)
        self.canvas.text(x, y + 10, slope, 15 if asked else 14, "gradient", numbers=True)

    def column(self, place: int, column: Column) -> None:
        """Draw a column's units, and what it is."""
        boxes = self.boxes[place]
        middle = boxes[0].x + boxes[0].width / 2
        self.canvas.text(middle, TOP - 58, shorten(column.title, NAME), 16, bold=True)
        self.canvas.text(middle, TOP - 36, column.kind, 14, "muted")
        for unit, box in zip(column.units, boxes, strict=False):
            self._card(place, unit, box)
        if column.hidden:
            self.canvas.text(middle, boxes[-1].y + CARD / 2, f"... {column.hidden:,} more", 15, "muted")

    def _card(self, place: int, unit: Unit, box: Box) -> None:
        canvas = self.canvas
        lit = any(
            (key[0] == place and key[1] == unit.index) or (key[0] == place - 1 and key[2] == unit.index)
            for key in self.light.carried
        )
        enters = self.light.unit == (place, unit.index)
        fill = "accent" if lit else "card"
        canvas.box(box.x, box.y, box.width, box.height, fill, "ink" if lit else "line", 2.0 if lit else 1.2)
        if unit.name:
            canvas.text(box.x + 4, box.y - LABEL / 2 - 1, shorten(unit.name, NAME), 13, "muted", "start", halo=True)
        if enters and self.light.weight is None:
            canvas.text(box.x + box.width, box.y - LABEL / 2 - 1, "w", 16, "ink", "end", bold=True, halo=True)
        for number, cell in enumerate(unit.cells):
            x = box.x + CELL * (number + 0.5)
            if number:
                canvas.line(box.x + CELL * number, box.y + 7, box.x + CELL * number, box.y + CARD - 7, "line", 1.2)
            canvas.text(x - CELL / 2 + 7, box.y + 15, cell.letter, 13, "muted", "start")
            canvas.text(x + CELL / 2 - 6, box.y + 15, brief(cell.value), 16, anchor="end", numbers=True)
            if cell.gradient is not None:
                words = brief(cell.gradient, 2)
                canvas.text(x + CELL / 2 - 6, box.y + 34, words, 14, "gradient", "end", numbers=True)

    def loss(self) -> None:
        """Draw J."""
        (box,) = self.boxes[-1]
        middle = box.x + box.width / 2
        self.canvas.text(middle, TOP - 58, "loss", 16, bold=True)
        self.canvas.box(box.x, box.y, box.width, box.height, "accent" if self.light.carried else "card", "ink", 2.0)
        self.canvas.text(box.x + 8, box.y + CARD / 2, "J", 14, "muted", "start")
        self.canvas.text(middle + 8, box.y + CARD / 2, f"{self.picture.loss:.4g}", 17, bold=True, numbers=True)
