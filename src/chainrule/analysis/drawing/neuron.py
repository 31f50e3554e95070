"""The drawing of one neuron, as lectures show it: inputs, weights, sum, non-linearity, output."""

from collections.abc import Sequence

import numpy as np

from chainrule.analysis.drawing.canvas import Canvas
from chainrule.analysis.drawing.drawing import Drawing
from chainrule.analysis.drawing.layout import shown_units
from chainrule.analysis.drawing.palette import sign
from chainrule.analysis.explanation.problem import check_names
from chainrule.analysis.explanation.stages import name_of
from chainrule.estimators.wording import shorten
from chainrule.models.perceptron import Perceptron

WIDTH, TOP, STEP, FOOT = 1120.0, 130.0, 74.0, 96.0
INPUT_X, SUM_X, BOX_X, BOX_SIZE, OUTPUT_X = 250.0, 620.0, 760.0, 124.0, 1020.0
MOST = 10  # inputs
NAME = 22  # characters


def draw_neuron(neuron: Perceptron, input_names: Sequence[str] | None = None, title: str | None = None) -> Drawing:
    """Return the labelled drawing of a neuron; of more than 10 inputs those of largest weight.

    Parameters
    ----------
    neuron : Perceptron
    input_names : sequence of str, optional
    title : str, optional
    """
    weights, bias = neuron.weights.numpy().astype(np.float64), float(neuron.bias.numpy())
    names = check_names("input_names", input_names, weights.size)
    shown = shown_units(weights.size, np.argsort(-np.abs(weights), kind="stable").tolist(), MOST)
    hidden = weights.size - len(shown)
    rows = 1 + len(shown) + bool(hidden)
    height = max(2.2 * BOX_SIZE, STEP * rows)
    activation = name_of(neuron.activation)
    middle = TOP + height / 2
    top = middle - STEP * (rows - 1) / 2
    few = weights.size <= 6
    total = neuron.equation().removesuffix(" = 0") if few else f"w0 + w1 x1 + ... + w{weights.size} x{weights.size}"
    words = f"z = {total},   y = {activation}(z)"
    canvas = Canvas(WIDTH, TOP + height + FOOT, title or "A neuron", f"One neuron: {words}")
    canvas.text(40, 36, title or f"A neuron: {words}", 22, bold=True, anchor="start")
    heads = ((INPUT_X, "inputs"), ((INPUT_X + SUM_X) / 2, "weights"), (SUM_X, "sum"))
    for x, word in (*heads, (BOX_X + BOX_SIZE / 2, "non-linearity"), (OUTPUT_X, "output")):
        canvas.text(x, 90, word, 17, "muted", bold=True)
    edges = [("w0", bias, "1", "")]
    edges += [(f"w{i + 1}", float(weights[i]), f"x{i + 1}", names[i] if names else "") for i in shown]
    heaviest = max(abs(weight) for _, weight, _, _ in edges)
    for row, (_, weight, _, _) in enumerate(edges):
        share = abs(weight) / heaviest if heaviest else 0.0
        ends = ((INPUT_X + 26, top + STEP * row), (SUM_X - 46, middle))
        canvas.lines([ends], sign(weight), 1.2 + 5 * share, dashed=weight < 0)
    for row, (label, weight, letter, name) in enumerate(edges):
        y = top + STEP * row
        canvas.circle(INPUT_X, y, 26, "card" if row else "accent", "ink", 1.8)
        canvas.text(INPUT_X, y, letter, 18, bold=True)
        said = "constant 1 (bias)" if row == 0 else shorten(name, NAME)
        canvas.text(INPUT_X - 38, y, said, 15, "muted", "end")
        x = INPUT_X + 26 + 0.36 * (SUM_X - 46 - INPUT_X - 26)
        value, at = f"{label} = {weight:.3g}", y + 0.36 * (middle - y)
        canvas.box(x - 5.3 * len(value) - 5, at - 14, 10.6 * len(value) + 10, 28, "page", "none")
        canvas.text(x, at, value, 17, numbers=True)
    if hidden:
        canvas.text(INPUT_X, top + STEP * (rows - 1), f"... {hidden:,} more", 15, "muted")
    for start, end in ((SUM_X + 46, BOX_X), (BOX_X + BOX_SIZE, OUTPUT_X - 34)):
        canvas.lines([((start, middle), (end - 3, middle))], "ink", 2.2)
        canvas.lines([((end - 13, middle - 7), (end - 3, middle), (end - 13, middle + 7))], "ink", 2.2)
    canvas.text((SUM_X + 46 + BOX_X) / 2 - 4, middle - 16, "z", 18, bold=True)
    canvas.circle(SUM_X, middle, 46, "card", "ink", 2.2)
    canvas.text(SUM_X, middle, "\N{GREEK CAPITAL LETTER SIGMA}", 36)
    canvas.box(BOX_X, middle - BOX_SIZE / 2, BOX_SIZE, BOX_SIZE, "card", "ink", 2.2)
    _curve(canvas, neuron, BOX_X, middle - BOX_SIZE / 2)
    canvas.text(BOX_X + BOX_SIZE / 2, middle + BOX_SIZE / 2 + 20, shorten(activation, NAME), 16)
    canvas.circle(OUTPUT_X, middle, 34, "card", "ink", 2.2)
    canvas.text(OUTPUT_X, middle, "y", 20, bold=True)
    for x, colour, word in ((40, "positive", "weight above 0"), (240, "negative", "below 0")):
        y = canvas.height - 28
        canvas.lines([((x, y), (x + 40, y))], colour, 4, dashed=colour == "negative")
        canvas.text(x + 50, y, word, 15, "muted", "start")
    return Drawing(canvas.svg())


def _curve(canvas: Canvas, neuron: Perceptron, x: float, y: float) -> None:
    """Draw g(z) for z from -4 to 4 into the box, with its axes."""
    z = np.linspace(-4, 4, 65)
    values = np.asarray(neuron.activation(z.astype(neuron.weights.dtype)), np.float64)
    low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
    inner, edge = BOX_SIZE - 28, 14.0

    def place(at: float, value: float) -> tuple[float, float]:
        share = (value - low) / (high - low) if high > low else 0.5
        return x + edge + inner * (at + 4) / 8, y + BOX_SIZE - edge - inner * share

    canvas.lines([(place(-4, 0), place(4, 0)), (place(0, low), place(0, high))], "line", 1.4)
    canvas.lines([[place(float(at), float(value)) for at, value in zip(z, values, strict=True)]], "gradient", 3.2)
