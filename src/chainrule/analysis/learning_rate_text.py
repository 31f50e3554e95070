"""The learning-rate curve as text: drawn in dots of Braille, legible without colour."""

from math import ceil, floor, log10
from typing import TYPE_CHECKING

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.wording import short_number, wrapped

if TYPE_CHECKING:
    from chainrule.analysis.learning_rate_curve import LearningRateCurve

ROWS, NARROWEST = 12, 40
ABOVE = 0.4  # of the fall: how much of the divergence is shown
_DOTS = np.array([[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]])  # of a Braille character
_ASCII = str.maketrans("┤│└┬─├┊▲", "||+++|:^")


def rate_text(rate: float) -> str:
    """Return a rate as short as it can be read.

    Examples
    --------
    >>> rate_text(0.0123), rate_text(1e-5), rate_text(10.0)
    ('0.012', '1e-5', '10')
    """
    if 1e-3 <= rate < 1e4:
        digits = max(0, 1 - floor(log10(rate)))
        text = f"{rate:.{digits}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{rate:.2g}".replace("e-0", "e-")


def draw(curve: "LearningRateCurve", width: int, plain: bool) -> list[str]:
    """Return the lines: the curve over a logarithmic axis, its regions, the suggestion and the rule."""
    top, bottom = _range(curve)
    labels = {0: short_number(top), ROWS - 1: short_number(bottom)}
    margin = max(4, *map(len, labels.values())) + 1
    across = max(NARROWEST, width - margin - 2)
    place = _Places(curve, across)
    dots = _dots(curve, across, top, bottom, per_cell=(1, 1) if plain else (4, 2))
    cells = _cells(dots, plain)
    for name in ("too small", "diverging"):
        ends = curve.regions[name]
        if ends is not None:
            column = place.of(ends[1] if name == "too small" else ends[0])
            for row in cells:
                row[column] = "┊" if row[column] == " " else row[column]
    lines = [f"{'loss':>{margin - 1}}"]
    for i, row in enumerate(cells):
        label = f"{labels.get(i, ''):>{margin - 1}}"
        lines.append(f"{label} {'┤' if i in labels else '│'}{''.join(row)}".rstrip())
    lines += [" " * margin + line for line in (*_axis(place), _regions(curve, place), *_suggestion(curve, place))]
    lines = [line.rstrip().translate(_ASCII) if plain else line.rstrip() for line in lines if line.strip()]
    return lines + wrapped([f"rule  {curve.rule}"], width)


class _Places:
    """Where a rate lies on the axis."""

    def __init__(self, curve: "LearningRateCurve", across: int) -> None:
        self.low, self.high = map(log10, curve.shown)
        self.across = across

    def of(self, rate: float) -> int:
        share = (log10(rate) - self.low) / (self.high - self.low)
        return round(min(1.0, max(0.0, share)) * (self.across - 1))


def _range(curve: "LearningRateCurve") -> tuple[float, float]:
    """Return the largest and the smallest loss that is shown."""
    bottom = float(curve.smoothed.min())
    top = float(curve.smoothed[0]) + ABOVE * curve.fall if curve.learns else float(curve.smoothed.max())
    # A flat curve needs some height, one of zeros too.
    return (top, bottom) if top > bottom else (bottom + abs(bottom) + 1e-12, bottom)


def _dots(curve: "LearningRateCurve", across: int, top: float, bottom: float, per_cell: tuple[int, int]) -> Array:
    """Return which dots the smoothed curve covers, (rows, columns); between two columns it is joined."""
    rows, columns = ROWS * per_cell[0], across * per_cell[1]
    dots = np.zeros((rows, columns), bool)
    rates, smoothed = curve.drawn()
    places = np.geomspace(*curve.shown, columns)
    losses = np.interp(np.log(places), np.log(rates), smoothed)
    losses[places > rates[-1]] = np.nan
    heights = (top - losses[np.isfinite(losses)]) / (top - bottom) * (rows - 1)
    before = round(float(heights[0]))
    for column, height in enumerate(
        np.clip(np.round(heights), -1, rows - 1).astype(int).tolist()
    ):  # -1: out at the top
        first, last = (height, max(height, before - 1)) if height <= before else (before + 1, height)
        dots[max(0, first) : last + 1, column] = True
        before = height
    return dots


def _cells(dots: Array, plain: bool) -> list[list[str]]:
    if plain:
        return [["*" if dot else " " for dot in row] for row in dots]
    blocks = dots.reshape(ROWS, 4, -1, 2).transpose(0, 2, 1, 3)
    codes = (blocks * _DOTS).sum(axis=(2, 3))
    return [[chr(0x2800 + code) if code else " " for code in row] for row in codes.tolist()]


def _axis(place: _Places) -> list[str]:
    """Return the axis with a mark at every decade, and the rates below it."""
    axis, labels = ["─"] * place.across, [" "] * (place.across + 8)
    taken = -1
    # Logarithms of the ends are rounded: a decade that is an end has its mark.
    for decade in range(ceil(place.low - 1e-9), floor(place.high + 1e-9) + 1):
        column, text = place.of(10.0**decade), rate_text(10.0**decade)
        axis[column] = "┬"
        if column > taken and column + len(text) < place.across:
            labels[column : column + len(text)] = text
            taken = column + len(text)
    name = "rate"
    if taken + 2 + len(name) <= place.across:
        labels[place.across - len(name) : place.across] = name
    return ["└" + "".join(axis), " " + "".join(labels)]


def _regions(curve: "LearningRateCurve", place: _Places) -> str:
    """Return a line that names each region below its part of the axis."""
    line, end = [" "] * place.across, -1
    for name, ends in curve.regions.items():
        if ends is None:
            continue
        first, last = max(place.of(ends[0]), end + 1), place.of(ends[1])
        room = last - first - 1
        bar = f"├{f' {name} '.center(room, '─')}┤" if room >= len(name) + 2 else f"├ {name}"
        first = min(first, place.across - len(bar))  # a name longer than its region begins before it
        line[first : first + len(bar)] = bar
        end = first + len(bar) - 1
    return " " + "".join(line)


def _suggestion(curve: "LearningRateCurve", place: _Places) -> list[str]:
    if curve.suggestion is None:
        return []
    column, text = place.of(curve.suggestion), f"suggestion {rate_text(curve.suggestion)}"
    if column + len(text) + 2 <= place.across:
        return [" " + " " * column + f"▲ {text}"]
    return [" " + f"{text} ▲".rjust(column + 1)]
