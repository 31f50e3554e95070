"""Traces: every value and gradient of both passes."""

import numpy as np
import pytest

from chainrule import GradientTape, Tensor, analysis, losses, ops
from chainrule.errors import ArgumentError, UnknownNameError
from chainrule.layers import BatchNormalization, Dense, Dropout, Embedding, Flatten
from tests.analysis.explanation.networks import network, numbers, tape_gradients

X, Y = numbers(4, 3), numbers(4, 2, seed=5)


def test_values_and_gradients_of_every_layer():
    model = network(Dense(3, activation="tanh"), BatchNormalization(), Dropout(0.5), Dense(2, activation="sigmoid"))
    trace = analysis.trace(model, X, Y, loss="mse")
    x = Tensor(X)
    with GradientTape(persistent=True) as tape:
        tape.watch(x)
        first, norm, _, last = model.layers
        z1 = first.preactivation(x)
        a1 = ops.tanh(z1)
        n1 = norm(a1)
        z2 = last.preactivation(n1)
        y = ops.sigmoid(z2)
        loss = losses.get("mse")(Y, y)
    one, two, three, four = trace.layers
    values = [
        (one.sums, z1),
        (one.outputs, a1),
        (two.outputs, n1),
        (three.outputs, n1),
        (four.sums, z2),
        (four.outputs, y),
    ]
    # Sums in another order than the tape's differ by rounding only.
    for ours, expected in values:
        np.testing.assert_allclose(ours, expected.numpy(), rtol=1e-12)
    slopes = [
        (one.input_gradients, x), (one.sum_gradients, z1), (one.output_gradients, a1), (two.input_gradients, a1),
        (two.output_gradients, n1), (three.output_gradients, n1), (four.sum_gradients, z2), (four.output_gradients, y),
    ]  # fmt: skip
    for ours, of in slopes:
        np.testing.assert_allclose(ours, tape.gradient(loss, of).numpy(), rtol=1e-10, atol=1e-15)
    _, gradients = tape_gradients(model, X, Y, "mse")
    assert trace.weights.keys() == gradients.keys()
    for name, expected in gradients.items():
        np.testing.assert_allclose(trace.weights[name].gradients, expected, rtol=1e-10, atol=1e-15)
    assert trace["dense_2"] is four
    with pytest.raises(UnknownNameError, match="did you mean 'dense_2'"):
        trace["dense2"]


def test_where_there_is_no_gradient():
    codes = analysis.trace(network(Embedding(4, 2), Flatten(), Dense(2), inputs=1), [[1], [3]], Y[:2], loss="mse")
    assert codes.layers[0].input_gradients is None
    classes = analysis.trace(
        network(Dense(2, activation="softmax")), X, [0, 1, 1, 0], loss="sparse_categorical_crossentropy"
    )
    (layer,) = classes.layers
    np.testing.assert_allclose(layer.outputs.sum(axis=1), 1.0)
    assert layer.output_gradients is None  # softmax and cross-entropy are one step
    np.testing.assert_allclose(layer.sum_gradients, (layer.outputs - np.eye(2)[[0, 1, 1, 0]]) / 4)


def test_largest_gradients():
    model = network(Dense(3, activation="tanh"), Dense(2))
    trace = analysis.trace(model, X, Y, loss="mse")
    every = np.concatenate([weight.gradients.ravel() for weight in trace.weights.values()])
    found = trace.largest_gradients(6)
    assert [abs(slope) for _, slope in found] == sorted(np.abs(every), reverse=True)[:6]
    name, slope = found[2]
    assert analysis.explain_gradient(model, X, Y, name, loss="mse").gradient == pytest.approx(slope, rel=1e-12)
    assert len(trace.largest_gradients(1000)) == every.size


def test_tables():
    model = network(Dense(20, activation="tanh"), Dense(2))
    trace = analysis.trace(model, X, Y, loss="mse", input_names=["age", "<script>", "x" * 60])
    text = trace.to_text(example=3)
    assert all(len(line) <= 80 for line in text.splitlines())
    assert "... 12 more" in text
    assert "dense_1/kernel" in text
    assert f"{trace.losses[3]:.8f}" in text
    assert str(trace) == trace.to_text(0)
    assert "&lt;script&gt;" in trace._repr_html_()
    assert "<script>" not in trace._repr_html_()
    with pytest.raises(ArgumentError, match="example must be from 0 to 3, got 4"):
        trace.to_text(4)
