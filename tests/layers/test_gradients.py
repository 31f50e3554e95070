"""Every layer: gradients with respect to inputs and weights, shapes, types; one table for all."""

import numpy as np
import pytest

from chainrule import GradientTape, Tensor, Variable, gradient_check, layers, ops
from chainrule.random import generator

X = generator(0, "check").normal(size=(5, 3))
DEEP = generator(1, "check").normal(size=(4, 2, 3))
CODES = np.array([[0, 2], [1, 1], [3, 0]])


class Residual(layers.Layer):
    """A layer of one's own, with a layer inside it and weights made in both places."""

    def __init__(self, **options):
        super().__init__(**options)
        self.scale = self.add_weight([3], "ones", name="scale")
        self.inner = layers.Dense(3, activation="tanh", dtype=options.get("dtype"))

    def build(self, input_shape):
        self.shift = self.add_weight([input_shape[-1]], "random_normal", name="shift")

    def call(self, inputs, training=False):
        return inputs + self.scale * self.inner(inputs) + self.shift


def adapted(**options):
    layer = layers.Normalization(**options)
    layer.adapt(X)
    return layer


# a maker, inputs, whether it is in training
TABLE = {
    "dense": (lambda **o: layers.Dense(4, **o), X, False),
    "dense tanh": (lambda **o: layers.Dense(4, activation="tanh", **o), X, False),
    "dense without bias": (lambda **o: layers.Dense(2, use_bias=False, **o), X, False),
    "dense on three axes": (lambda **o: layers.Dense(2, activation="softmax", **o), DEEP, False),
    "activation": (lambda **o: layers.Activation("silu", **o), X, False),
    "activation, a function": (lambda **o: layers.Activation(ops.tanh, **o), X, False),
    "flatten": (lambda **o: layers.Flatten(**o), DEEP, False),
    "dropout": (lambda **o: layers.Dropout(0.4, seed=3, **o), X, False),
    "dropout in training": (lambda **o: layers.Dropout(0.4, seed=3, **o), X, True),
    "embedding": (lambda **o: layers.Embedding(4, 2, **o), CODES, False),
    "category embedding": (lambda **o: layers.CategoryEmbedding({0: (4, 2), 1: (3, 1)}, **o), CODES, False),
    "category embedding beside numbers": (lambda **o: layers.CategoryEmbedding({1: (3, 2)}, **o), CODES, False),
    "normalization": (adapted, X, False),
    "normalization back": (lambda **o: adapted(invert=True, **o), X, False),
    "layer normalization": (lambda **o: layers.LayerNormalization(**o), X, False),
    "layer normalization bare": (lambda **o: layers.LayerNormalization(center=False, scale=False, **o), DEEP, False),
    "batch normalization": (lambda **o: layers.BatchNormalization(**o), X, False),
    "batch normalization in training": (lambda **o: layers.BatchNormalization(**o), X, True),
    "batch normalization on three axes": (lambda **o: layers.BatchNormalization(**o), DEEP, True),
    "a layer of one's own": (Residual, X, True),
}


def table(rows):
    return pytest.mark.parametrize(("make", "x", "training"), rows.values(), ids=list(rows))


every_layer = table(TABLE)
on_numbers = table({name: row for name, row in TABLE.items() if row[1].dtype.kind == "f"})
WITHOUT_WEIGHTS = ("activation", "activation, a function", "flatten", "dropout", "dropout in training")
WITHOUT_TRAINED = (*WITHOUT_WEIGHTS, "normalization", "normalization back", "layer normalization bare")
trained = table({name: row for name, row in TABLE.items() if name not in WITHOUT_TRAINED})


def run(layer, x, training):
    """Return the outputs of the same step each time."""
    if layer.stream is not None:
        layer.stream.step = 0
    return layer(x, training=training)


@on_numbers
def test_gradient_of_the_inputs(make, x, training):
    layer = make(dtype="float64")
    gradient_check(lambda z: run(layer, z, training), x)


@trained
def test_gradient_of_the_weights(make, x, training):
    """Along the slope of the tape itself and a random direction, against central differences."""
    layer = make(dtype="float64")
    weighting = generator(2, "check").normal(size=run(layer, x, training).shape)
    variables = layer.trainable_weights
    point = [v.numpy() + 0.1 for v in variables]

    def value(*values):
        for variable, array in zip(variables, values, strict=True):
            variable.assign(array)
        with GradientTape() as tape:
            total = ops.sum(run(layer, x, training) * weighting)
        return float(total), [g.numpy() for g in tape.gradient(total, variables)]

    assert variables
    _, gradients = value(*point)
    step = 1e-5
    for number, gradient in enumerate(gradients):
        for direction in (gradient, generator(number, "check").normal(size=gradient.shape)):
            unit = direction / np.linalg.norm(direction)
            moved = [
                value(*[p + sign * step * unit if i == number else p for i, p in enumerate(point)])[0]
                for sign in (1, -1)
            ]
            difference = (moved[0] - moved[1]) / (2 * step)
            np.testing.assert_allclose(np.sum(gradient * unit), difference, rtol=1e-7, atol=1e-8)


@every_layer
def test_shape_is_as_announced(make, x, training):
    layer = make()
    y = run(layer, x, training)
    assert layer.output_shape((None, *x.shape[1:])) == (None, *y.shape[1:])
    assert layer.output_shape(x.shape) == y.shape


@every_layer
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_type_is_kept_throughout(make, x, training, dtype):
    layer = make(dtype=dtype)
    y = run(layer, x, training)  # X is float64: it is cast
    assert y.dtype == dtype
    assert {v.dtype for v in layer.weights} <= {np.dtype(dtype)}
    if layer.trainable_weights:
        with GradientTape() as tape:
            total = ops.sum(run(layer, x, training))
        gradients = tape.gradient(total, layer.trainable_weights)
        assert {g.dtype for g in gradients} == {np.dtype(dtype)}


@every_layer
def test_inputs_of_any_type(make, x, training):
    """Lists, integers, booleans, Tensors and Variables, also of the other type."""
    layer = make()
    expected = run(layer, x.astype("float32") if x.dtype.kind == "f" else x, training).numpy()
    for inputs in (x.tolist(), Tensor(x), Variable(x) if x.dtype.kind == "f" else Tensor(x)):
        np.testing.assert_array_equal(run(layer, inputs, training).numpy(), expected)
    whole = np.ones(x.shape, int)
    expected = run(layer, whole, training).numpy()
    np.testing.assert_array_equal(run(layer, whole.astype(bool), training).numpy(), expected)


@every_layer
def test_frozen(make, x, training):
    layer = make(trainable=False)
    before = run(layer, x, training).numpy()
    assert layer.trainable_weights == []
    assert len(layer.non_trainable_weights) == len(layer.weights)
    state = layer.get_weights()
    run(layer, 3 * x if x.dtype.kind == "f" else x, training)
    for old, new in zip(state, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)  # moving averages stand still, too
    np.testing.assert_array_equal(run(layer, x, training).numpy(), before)


@every_layer
def test_weights_go_in_and_out(make, x, training):
    layer, other = make(), make()
    run(layer, x, training)
    run(other, x, training)
    other.set_weights(layer.get_weights())
    for a, b in zip(layer.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(run(layer, x, False).numpy(), run(other, x, False).numpy())
    for array in layer.get_weights():
        array[...] = 7  # copies: the layer keeps its own
    np.testing.assert_array_equal(run(layer, x, False).numpy(), run(other, x, False).numpy())
