"""What pictures show: units with their numbers, and the edges between them."""

import numpy as np
import pytest

from chainrule import analysis
from chainrule.analysis.explanation.picture import picture_of
from chainrule.layers import BatchNormalization, CategoryEmbedding, Dense, Dropout
from tests.analysis.explanation.networks import network, numbers

X, Y = numbers(4, 3), numbers(4, 2, seed=5)


def picture(model, wanted=None, x=X, example=1):
    trace = analysis.trace(model, x, Y, loss="mse", input_names=["a", "b", "c"])
    return trace, picture_of(trace.passes, example, wanted or {})


def test_units_have_the_values_and_gradients_of_the_trace():
    trace, shown = picture(network(Dense(5, activation="tanh"), Dropout(0.5), Dense(2)))
    assert [column.title for column in shown.columns] == ["inputs", "dense_1", "dropout_1", "dense_2"]
    assert [unit.name for unit in shown.columns[0].units] == ["a", "b", "c"]
    dense = trace["dense_1"]
    for unit in shown.columns[1].units:
        z, a = unit.cells
        assert (z.letter, z.value, z.gradient) == ("z", dense.sums[1, unit.index], dense.sum_gradients[1, unit.index])
        assert (a.letter, a.value, a.gradient) == (
            "a",
            dense.outputs[1, unit.index],
            dense.output_gradients[1, unit.index],
        )
    assert f"t = {Y[1, 0]:.3g}" in shown.columns[-1].units[0].name


def test_edges_of_a_dense_layer_have_its_weights_and_their_gradients_on_the_example():
    trace, shown = picture(network(Dense(2)))
    kernel = trace.weights["dense_1/kernel"].values
    slopes = np.outer(X[1], trace.layers[0].output_gradients[1])
    assert len(shown.edges) == 6
    for edge in shown.edges:
        assert edge.weight == kernel[edge.start, edge.end]
        assert edge.gradient == pytest.approx(slopes[edge.start, edge.end], rel=1e-12)


def test_other_layers_lead_from_a_unit_to_itself_or_to_its_vector():
    coded = X.copy()
    coded[:, 1] = [0, 1, 2, 0]
    _, shown = picture(network(CategoryEmbedding({1: (3, 2)}), BatchNormalization(), Dense(2)), x=coded)
    assert [unit.name for unit in shown.columns[1].units] == ["a", "b 0", "b 1", "c"]
    ways = [[(edge.start, edge.end) for edge in shown.edges if edge.column == column] for column in range(2)]
    assert ways == [[(0, 0), (1, 1), (1, 2), (2, 3)], [(0, 0), (1, 1), (2, 2), (3, 3)]]


def test_of_many_units_those_asked_for_and_the_steepest_are_shown():
    trace, shown = picture(network(Dense(40, activation="tanh"), Dense(2)), {0: [33]})
    column = shown.columns[1]
    steepest = np.abs(trace["dense_1"].output_gradients[1]).argmax()
    assert {33, steepest} <= {unit.index for unit in column.units}
    assert column.hidden == 40 - len(column.units) > 30
