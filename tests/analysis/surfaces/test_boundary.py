"""Decision surfaces and activation maps: axes, held inputs, what is coloured how."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import chainrule
from chainrule import Perceptron, Sequential, analysis
from chainrule.analysis.surfaces.looks import class_look
from chainrule.analysis.surfaces.plane import plane_of
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.layers import Dense, Dropout, Input

X = np.random.default_rng(0).uniform(-1, 1, (60, 4))
TABLE = {
    "length": [1.0, 2.0, 8.0, 9.0] * 10,
    "width": [2.0, 1.0, 3.0, 4.0] * 10,
    "kind": ["a", "a", "b", "a"] * 10,
    "big": [False, False, True, True] * 10,
    "passed": ["no", "no", "yes", "yes"] * 10,
}


@pytest.fixture(scope="module")
def table_model():
    return chainrule.train(TABLE, target="passed", epochs=5)


def test_the_boundary_is_where_the_classes_are_equal():
    neuron = Perceptron([2.0, -1.0], bias=0.5)
    figure = analysis.decision_boundary(neuron, X[:, :2], (X[:, 0] > 0).astype(int), resolution=40)
    (axes,) = figure.axes
    lines = [line for c in axes.collections if hasattr(c, "get_paths") for line in c.get_paths() if len(line) > 5]
    points = max((line.vertices for line in lines), key=len)
    # The contour is straight within a cell of the grid of 40 points, the probability is not.
    np.testing.assert_allclose(neuron.weighted_sum(points).numpy(), 0, atol=0.02)
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["0", "1"]


def test_each_side_has_the_colour_of_its_class_the_surer_the_stronger():
    neuron = Perceptron([8.0, 0.0])
    image = np.asarray(analysis.decision_boundary(neuron, X[:, :2], resolution=21).axes[0].images[0].get_array())
    for column, code in ((0, 0), (-1, 1)):
        # At the edges the probability is nearly 1, not 1.
        np.testing.assert_allclose(image[0, column], 1 - 0.5 * (1 - np.array(to_rgb(class_look(code)[0]))), atol=0.01)
    assert image[0, 11].mean() > image[0, -1].mean()  # near the boundary it is paler


def test_others_are_held_at_their_median_or_as_told():
    seen = []
    analysis.decision_boundary(lambda x: seen.append(x) or x[:, 0], X, features=(2, "x4"), held={0: 9.0}, resolution=3)
    (grid,) = seen
    assert grid.shape == (9, 4) and (grid[:, 0] == 9).all() and grid[:, 1] == pytest.approx(np.median(X[:, 1]))
    assert len(np.unique(grid[:, 2])) == 3 and grid[:, 2].min() < X[:, 2].min() < X[:, 2].max() < grid[:, 2].max()
    plane = plane_of(None, X, (2, -1), {0: 9.0}, None, 3)
    assert plane.names == ("x3", "x4") and plane.held_text == f"held: x1 = 9, x2 = {np.median(X[:, 1]):.3g}"


def test_numbers_are_a_surface_with_its_colour_bar():
    figure = analysis.decision_boundary(lambda x: x[:, 0] + 2, X[:, :2], X[:, 0] + 2, resolution=11)
    axes, bar = figure.axes
    image = np.asarray(axes.images[0].get_array())
    assert image[:, 0].max() < image[:, -1].min() and bar.get_ylabel() == "y"
    np.testing.assert_allclose(axes.collections[-1].get_array(), X[:, 0] + 2)
    flat = analysis.decision_boundary(lambda x: np.zeros(len(x)), X[:, :2], resolution=3)
    assert len(flat.axes) == 2


def test_several_classes_meet():
    model = Sequential([Input((2,)), Dense(3, activation="softmax")], seed=0)
    codes = model.predict(X[:, :2]).argmax(axis=1)
    figure = analysis.decision_boundary(model, X[:, :2], codes, classes=["a", "b", "$c$"], resolution=30)
    texts = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert set(texts) <= {"a", "b", r"\$c\$"} and len(texts) == len(set(codes))
    figure.canvas.draw()


def test_columns_of_a_table(table_model):
    figure = analysis.decision_boundary(
        table_model, TABLE, features=("length", "width"), held={"kind": "b"}, resolution=5
    )
    (axes,) = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("length", "width")
    assert axes.get_title() == "held: kind = b, big = false"
    plane = plane_of(table_model, TABLE, None, None, None, 4)
    assert plane.names == ("length", "width") and plane.held == ("kind = a", "big = false") and plane.rows.rows == 16


def test_a_threshold_of_its_own_moves_the_line(table_model):
    assert analysis.decision_boundary(table_model, {**TABLE, "length": TABLE["width"]}, resolution=4).axes


def test_what_the_plane_refuses(table_model):
    def refused(error, match, model=lambda x: x[:, 0], data=X, **options):
        with pytest.raises(error, match=match):
            analysis.decision_boundary(model, data, resolution=3, **options)

    refused(ArgumentError, "there is no feature 4; expected 0 to 3", features=(0, 4))
    refused(ArgumentError, "two different features, got x1 twice", features=(0, "x1"))
    refused(ArgumentError, "features expects two", features=(0, 1, 2))
    refused(ArgumentError, "x1 is an axis of the plane", held={0: 1.0})
    refused(ArgumentError, "feature_names expects 4 names, got 1", feature_names=["a"])
    refused(ShapeError, r"rows of numbers, \(rows, features\), got shape \(60,\)", data=X[:, 0])
    refused(DataError, "not finite", data=np.full((3, 2), np.nan))
    refused(ShapeError, "same number of rows, got 60 and 2", y=[1, 2])
    refused(ArgumentError, "no column 'lenght'; expected one of", table_model, TABLE, features=("lenght", "width"))
    refused(ArgumentError, "'kind' holds no numbers", table_model, TABLE, features=("kind", "width"))
    refused(ArgumentError, "length is an axis", table_model, TABLE, features=("length", "width"), held={"length": 1})
    refused(ArgumentError, "can't be held at 'x'", table_model, TABLE, features=("length", "width"), held={"big": "x"})
    refused(ArgumentError, "names already", table_model, TABLE, feature_names=["a"])


def test_maps_show_each_neuron_over_the_plane():
    model = Sequential([Input((2,)), Dense(3, activation="tanh"), Dropout(0.5), Dense(1)], seed=0)
    figure = analysis.activation_maps(model, X[:, :2], resolution=9)
    maps = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in maps] == ["unit 0", "unit 1", "unit 2", "unit 0"]
    plane = plane_of(model, X[:, :2], None, None, None, 9)
    np.testing.assert_allclose(
        maps[1].images[0].get_array(), model.layers[0](plane.rows).numpy()[:, 1].reshape(9, 9), rtol=1e-5
    )
    assert maps[0].get_ylabel() == "dense_1\nDense tanh" and figure._suptitle.get_text() == "across: x1, up: x2"


def test_of_many_neurons_those_that_vary_most(table_model):
    model = Sequential([Input((2,)), Dense(5)], seed=0)
    kernel = np.zeros((2, 5))
    kernel[0] = [0.1, 3.0, 0.2, 5.0, 0.0]
    model.set_weights([kernel, np.zeros(5)])
    figure = analysis.activation_maps(model, X[:, :2], most_units=2, resolution=4)
    maps = [axes for axes in figure.axes if axes.get_title()]
    assert [axes.get_title() for axes in maps] == ["unit 1", "unit 3"] and maps[0].get_ylabel().endswith("2 of 5")
    assert "held: kind = a" in analysis.activation_maps(table_model, TABLE, most_units=2)._suptitle.get_text()
