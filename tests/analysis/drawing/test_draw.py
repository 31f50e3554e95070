"""Drawings of networks and neurons: what is drawn, how, and what is refused."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import chainrule
from chainrule import Perceptron, Sequential, analysis
from chainrule.errors import ArgumentError, FileError, StateError
from chainrule.layers import Activation, BatchNormalization, Dense, Dropout, Embedding, Flatten, Input, Layer

SVG = "{http://www.w3.org/2000/svg}"


def parts(drawing, element):
    return ET.fromstring(drawing.svg).findall(f".//{SVG}{element}")


def words(drawing):
    return [text.text for text in parts(drawing, "text")]


def small(**weights):
    model = Sequential([Input((2,)), Dense(3, activation="tanh"), Dense(1)], seed=0)
    model.set_weights([[[1.0, -2.0, 0.0], [0.5, 0.25, 4.0]], [0.1, 0.2, 0.3], [[1.0], [-1.0], [2.0]], [0.0]])
    return model


def test_every_unit_is_a_disc_and_every_weight_an_edge():
    drawing = analysis.draw(small())
    assert len(parts(drawing, "circle")) == 2 + 3 + 1
    hints = [path[0].text for path in parts(drawing, "path") if len(path)]
    assert sorted(hints) == sorted(f"weight {w:.4g}" for w in [1, -2, 0, 0.5, 0.25, 4, 1, -1, 2])


def test_sign_is_told_by_colour_and_dashes_and_size_by_width():
    edges = {path[0].text: path.attrib for path in parts(analysis.draw(small()), "path") if len(path)}
    assert "negative" in edges["weight -2"]["stroke"] and "stroke-dasharray" in edges["weight -2"]
    assert "positive" in edges["weight 0.5"]["stroke"] and "stroke-dasharray" not in edges["weight 0.5"]
    widths = [float(edges[f"weight {w}"]["stroke-width"]) for w in ("0", "0.5", "-2", "4")]
    assert widths == sorted(widths) and widths[0] < widths[-1]


def test_edges_join_the_units_that_they_weigh():
    drawing = analysis.draw(small())
    discs = {disc[0].text: (float(disc.get("cx")), float(disc.get("cy"))) for disc in parts(drawing, "circle")}
    (edge,) = (path.get("d") for path in parts(drawing, "path") if len(path) and path[0].text == "weight 4")
    x1, y1, x2, y2 = (float(n) for n in edge.replace("M", "").replace("L", "").split())
    assert y1 == pytest.approx(max(y for name, (_, y) in discs.items() if name == "unit 1"))  # input 1
    assert (x2, y2)[1] == pytest.approx(discs["unit 2, bias 0.3"][1]) and x1 < x2


def test_names_of_inputs_and_outputs_are_escaped():
    drawing = analysis.draw(small(), input_names=["<script>", "a & b"], output_names=["price"], title='"T" <b>')
    assert {"<script>", "a & b", "price", '"T" <b>'} <= set(words(drawing))
    assert "<script>" not in drawing.svg


def test_large_layers_are_blocks_that_say_what_they_are():
    model = Sequential([Input((784,)), Dense(512, activation="relu"), Dropout(0.2), Dense(10)], seed=0)
    drawing = analysis.draw(model)
    assert {"784", "512", "relu", "401,920 weights", "dense_1", "+ Dropout 0.2", "many weights"} <= set(words(drawing))
    assert len(parts(drawing, "circle")) == 10 and len(parts(drawing, "polygon")) == 3  # two bands and the legend


def test_sixty_units_are_drawn_one_by_one_and_a_drawing_stays_small():
    drawing = analysis.draw(Sequential([Input((60,)), Dense(60), Dense(61)], seed=0))
    assert len(parts(drawing, "circle")) == 120 and "61" in words(drawing)
    edges = sum(path.get("d").count("M") for path in parts(drawing, "path"))
    assert edges == 60 * 60 + 2  # and the legend's two
    assert len(drawing.svg) < 200_000
    assert len(parts(analysis.draw(Sequential([Input((3,)), Dense(4)], seed=0), most_units=3), "circle")) == 3


def test_layers_that_keep_the_units_are_notes():
    model = Sequential(
        [Input((2, 2)), Flatten(), Dense(4), BatchNormalization(), Activation("relu"), Dropout(0.5), Dropout(0.1)],
        seed=0,
    )
    found = words(analysis.draw(model))
    assert {"+ Flatten", "+ BatchNormalization", "+ Activation relu", "2 more layers"} <= set(found) | {
        w.removeprefix("+ ") for w in found
    }


def test_layers_of_ones_own_and_places_have_no_single_weights():
    class Twice(Layer):
        def call(self, inputs):
            return chainrule.ops.concat([inputs, inputs], axis=-1)

        def output_shape(self, input_shape):
            return (*input_shape[:-1], 2 * input_shape[-1])

    drawing = analysis.draw(Sequential([Input((2,)), Twice(), Dense(1)], seed=0))
    assert len(parts(drawing, "circle")) == 7 and len(parts(drawing, "polygon")) == 2
    drawing = analysis.draw(Sequential([Input((3,)), Embedding(5, 2), Flatten(), Dense(1)], seed=0))
    assert "Embedding" in words(drawing)


def test_weights_of_zero_are_drawn():
    model = Sequential([Input((2,)), Dense(1, kernel_initializer="zeros")], seed=0)
    assert len(parts(analysis.draw(model), "circle")) == 3


def test_a_neuron_has_all_its_parts_named():
    found = words(analysis.draw(Perceptron([3.0, -2.0], bias=1.0), input_names=["lectures", "hours"]))
    assert {"inputs", "weights", "sum", "non-linearity", "output", "sigmoid", "z", "y", "x1", "x2"} <= set(found)
    assert {"w0 = 1", "w1 = 3", "w2 = -2", "lectures", "hours", "constant 1 (bias)"} <= set(found)
    assert "A neuron: z = 1 + 3 x1 - 2 x2,   y = sigmoid(z)" in found


def test_a_neuron_of_many_inputs_shows_the_largest_weights():
    weights = np.linspace(0.01, 0.3, 30)
    weights[4] = -5.0
    found = words(analysis.draw(Perceptron(weights)))
    assert "w5 = -5" in found and "w30 = 0.3" in found and "w1 = 0.01" not in found and "... 20 more" in found


def test_neurons_without_a_curve_or_weights():
    assert "softmax" in words(analysis.draw(Perceptron([0.0], activation="softmax")))
    assert "linear" in words(analysis.draw(Perceptron([0.0], activation=None)))


def test_models_of_tables_bring_their_names():
    data = {"hours": [1.0, 2.0, 8.0, 9.0] * 10, "passed": ["no", "no", "yes", "yes"] * 10}
    model = chainrule.train(data, target="passed", epochs=2, hidden=(3,))
    assert {"hours", "no", "yes"} <= set(words(analysis.draw(model)))


def test_what_cannot_be_drawn():
    with pytest.raises(StateError, match="not known before the model is built"):
        analysis.draw(Sequential([Dense(2)], seed=0))
    with pytest.raises(ArgumentError, match="draw expects a Sequential, a TabularModel or a fitted estimator, got str"):
        analysis.draw("model")
    with pytest.raises(ArgumentError, match="input_names expects 2 names, got 1"):
        analysis.draw(small(), input_names=["a"])
    with pytest.raises(ArgumentError, match="input_names expects 1 names, got 2"):
        analysis.draw(Perceptron([1.0]), input_names=["a", "b"])
    with pytest.raises(ArgumentError, match="leave output_names out"):
        analysis.draw(Perceptron([1.0]), output_names=["y"])
    with pytest.raises(ArgumentError, match="most_units must be"):
        analysis.draw(small(), most_units=0)


def test_drawings_are_saved_and_shown(tmp_path):
    drawing = analysis.draw(small())
    drawing.save(tmp_path / "network.svg")
    assert (tmp_path / "network.svg").read_text("utf-8") == str(drawing) == drawing._repr_svg_()
    with pytest.raises(FileError, match="exists already"):
        drawing.save(tmp_path / "network.svg", overwrite=False)
    with pytest.raises(ArgumentError, match=r"ends in \.svg, got 'network\.png'"):
        drawing.save("network.png")
