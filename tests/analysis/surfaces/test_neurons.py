"""The perceptron's line and activation functions."""

import numpy as np
import pytest

from chainrule import Perceptron, activations, analysis
from chainrule.analysis.surfaces.activations import curves_of
from chainrule.errors import ArgumentError, ShapeError, UnknownNameError
from chainrule.tables import samples


def texts(axes):
    return {text.get_text(): np.array(text.get_position()) for text in axes.texts if text.get_text()}


@pytest.mark.parametrize(("weights", "bias"), [([3.0, -2.0], 1.0), ([0.0, 2.0], -1.0), ([-1.0, 0.0], 5.0)])
def test_the_line_and_its_two_sides(weights, bias):
    neuron = Perceptron(weights, bias=bias)
    (axes,) = analysis.perceptron_line(neuron).axes
    (line,) = axes.lines
    np.testing.assert_allclose(neuron.weighted_sum(line.get_xydata()).numpy(), 0, atol=1e-4)
    places = texts(axes)
    assert neuron.weighted_sum(places["z > 0"]).numpy() > 0 > neuron.weighted_sum(places["z < 0"]).numpy()
    assert f"w = ({weights[0]:.3g}, {weights[1]:.3g})" in places and axes.get_aspect() == 1
    (arrow,) = (text for text in axes.texts if not text.get_text())
    along = np.array(arrow.xy) - np.array(arrow.get_position())
    assert np.cross([*along, 0], [*weights, 0])[2] == pytest.approx(0, abs=1e-5) and along @ weights > 0


def test_points_have_the_colours_of_their_classes():
    data = samples.will_i_pass(rows=40)
    (axes,) = analysis.perceptron_line(Perceptron([1.0, 1.5], bias=-7.5), data.X, data.y, data.feature_names).axes
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["z = -7.5 + 1 x1 + 1.5 x2 = 0", "0", "1"] and axes.get_xlabel() == "lectures attended"
    (plain,) = analysis.perceptron_line(Perceptron([1.0, 1.5]), data.X).axes
    assert [text.get_text() for text in plain.get_legend().get_texts()][1:] == ["X"]


def test_a_line_out_of_sight_leaves_one_side():
    (axes,) = analysis.perceptron_line(Perceptron([1.0, 1.0], bias=100.0), [[0.0, 0.0], [1.0, 1.0]]).axes
    assert list(texts(axes)) == ["z > 0"]


def test_what_has_no_line():
    with pytest.raises(ShapeError, match="needs two inputs, the perceptron has 3"):
        analysis.perceptron_line(Perceptron([1.0, 2.0, 3.0]))
    with pytest.raises(ArgumentError, match="expects a Perceptron, got int"):
        analysis.perceptron_line(3)
    with pytest.raises(ArgumentError, match="both weights are 0"):
        analysis.perceptron_line(Perceptron([0.0, 0.0], bias=1.0))
    with pytest.raises(ArgumentError, match="give X too"):
        analysis.perceptron_line(Perceptron([1.0, 2.0]), y=[0])
    with pytest.raises(ShapeError, match=r"points, \(rows, 2\), got shape \(2, 3\)"):
        analysis.perceptron_line(Perceptron([1.0, 2.0]), np.ones((2, 3)))
    with pytest.raises(ShapeError, match="same number of rows, got 2 and 1"):
        analysis.perceptron_line(Perceptron([1.0, 2.0]), np.ones((2, 2)), [1])


@pytest.mark.parametrize("row", activations.ROWS, ids=str)
def test_the_derivative_that_is_drawn_is_that_of_the_function(row):
    z, step = np.array([-2.3, -0.7, 0.6, 1.9]), 1e-6
    slope = (curves_of(row, z + step)[0] - curves_of(row, z - step)[0]) / (2 * step)
    np.testing.assert_allclose(curves_of(row, z)[1], slope, atol=1e-6)


def test_all_activations_in_one_figure():
    figure = analysis.plot_activation()
    titles = [axes.get_title().partition(" of ")[0] for axes in figure.axes if axes.get_visible()]
    assert titles == [row.name for row in activations.ROWS]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["saturated", "g(z)", "dg/dz"]


def test_saturation_is_grey():
    (axes,) = analysis.plot_activation("tanh").axes
    spans = sorted(patch.get_x() for patch in axes.patches)
    assert spans == [-6, 3] and not analysis.plot_activation("linear").axes[0].patches


def test_activations_that_cannot_be_plotted():
    with pytest.raises(UnknownNameError, match="unknown activation 'tahn'; did you mean 'tanh'"):
        analysis.plot_activation("tahn")
    with pytest.raises(ArgumentError, match="an activation of the table"):
        analysis.plot_activation(lambda z: z)
