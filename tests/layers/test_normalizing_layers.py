"""Embedding, Flatten and the normalising layers: behaviour beyond Keras's values, and errors."""

import numpy as np
import pytest

from chainrule import GradientTape, ops
from chainrule.errors import ArgumentError, DataError, ShapeError, StateError
from chainrule.layers import BatchNormalization, Dense, Embedding, Flatten, LayerNormalization, Normalization
from chainrule.random import generator

X = 5 + 3 * generator(0, "check").normal(size=(64, 3))
FLOAT64 = 1e-12


def test_batch_normalization_gives_mean_0_and_variance_1():
    y = BatchNormalization(epsilon=1e-12, dtype="float64")(X, training=True).numpy()
    np.testing.assert_allclose(y.mean(axis=0), 0, atol=FLOAT64)
    np.testing.assert_allclose(y.var(axis=0), 1, rtol=1e-11)  # epsilon over the variance


def test_layer_normalization_gives_mean_0_and_variance_1():
    y = LayerNormalization(epsilon=1e-12, dtype="float64")(X).numpy()
    np.testing.assert_allclose(y.mean(axis=1), 0, atol=FLOAT64)
    np.testing.assert_allclose(y.var(axis=1), 1, rtol=1e-9)


def test_batch_statistics_are_of_the_batch_only_in_training():
    layer = BatchNormalization(dtype="float64")
    layer(X)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), 0)  # inference does not move them
    one, all_rows = layer(X[:1]).numpy(), layer(X).numpy()
    np.testing.assert_array_equal(one, all_rows[:1])


def test_normalization_there_and_back():
    there, back = Normalization(dtype="float64"), Normalization(invert=True, dtype="float64")
    there.adapt(X)
    back.adapt(X)
    np.testing.assert_allclose(back(there(X)).numpy(), X, rtol=FLOAT64)
    np.testing.assert_allclose(there(X).numpy().std(axis=0), 1, rtol=FLOAT64)


def test_normalization_of_a_constant_column_stays_finite():
    layer = Normalization(dtype="float64")
    layer.adapt(np.ones((4, 2)))
    np.testing.assert_array_equal(layer(np.ones((1, 2))).numpy(), 0)


def test_normalization_is_not_trained():
    layer = Normalization()
    layer.adapt(X)
    assert layer.trainable_weights == []
    with GradientTape() as tape:
        total = ops.sum(layer(X))
    assert tape.gradient(total, layer.weights) == [None, None]


def test_adapt_again_replaces():
    layer = Normalization(dtype="float64")
    layer.adapt(X)
    layer.adapt(X + 100)
    np.testing.assert_allclose(layer.mean.numpy(), X.mean(axis=0) + 100, rtol=FLOAT64)


def test_adapt_large_integers_in_float64():
    layer = Normalization(dtype="float64")
    layer.adapt(np.array([[2**40], [2**40 + 2]]))
    assert layer.mean.numpy().item() == 2**40 + 1
    assert layer.variance.numpy().item() == 1


def test_embedding_takes_rows_and_adds_up_their_gradients():
    layer = Embedding(4, 2, dtype="float64")
    codes = [[0, 3], [3, 3]]
    with GradientTape() as tape:
        y = layer(codes)
    matrix = layer.embeddings.numpy()
    np.testing.assert_array_equal(y.numpy(), matrix[np.array(codes)])
    np.testing.assert_array_equal(tape.gradient(y, layer.embeddings).numpy(), [[1, 1], [0, 0], [0, 0], [3, 3]])
    np.testing.assert_array_equal(layer([[0.0, 3.0]]).numpy(), matrix[None, [0, 3]])  # whole numbers of any type


@pytest.mark.parametrize(
    ("codes", "got"),
    [([[4]], "4 to 4"), ([[-1, 2]], "-1 to 2"), ([[0.5]], "0.5 to 0.5"), ([[float("nan")]], "nan to nan")],
)
def test_embedding_of_bad_codes(codes, got):
    with pytest.raises(DataError) as raised:
        Embedding(4, 2)(codes)
    assert str(raised.value) == f"embedding expects whole codes from 0 to 3, got values from {got}"


def test_flatten():
    layer = Flatten()
    assert layer(np.ones((2, 3, 4))).shape == (2, 12)
    assert layer(np.ones((2, 3))).shape == (2, 3)
    assert layer(np.ones(2)).shape == (2, 1)
    assert layer.output_shape((None, 3, 4)) == (None, 12)
    assert layer.output_shape((None, None, 4)) == (None, None)
    np.testing.assert_array_equal(layer(np.arange(8).reshape(2, 2, 2)).numpy(), np.arange(8).reshape(2, 4))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BatchNormalization(momentum=1.0), ArgumentError, "momentum must be in [0, 1), got 1.0"),
        (lambda: BatchNormalization(momentum="a"), ArgumentError, "momentum must be in [0, 1), got 'a'"),
        (lambda: BatchNormalization(epsilon=0), ArgumentError, "epsilon must be > 0, got 0"),
        (lambda: LayerNormalization(epsilon=-1), ArgumentError, "epsilon must be > 0, got -1"),
        (
            lambda: BatchNormalization(axis=1)(np.ones((2, 3, 4))),
            ShapeError,
            "batch_normalization normalises the last axis (axis=-1), got axis=1",
        ),
        (
            lambda: LayerNormalization(axis=0)(X),
            ShapeError,
            "layer_normalization normalises the last axis (axis=-1), got axis=0",
        ),
        (
            lambda: Normalization(axis=0),
            ShapeError,
            "Normalization works per feature (axis=-1) or over everything (None), got axis=0",
        ),
        (
            lambda: Normalization(mean=1.0),
            StateError,
            "Normalization expects both mean and variance, or neither and a call of adapt",
        ),
        (
            lambda: Normalization(mean=1.0, variance=-1.0),
            DataError,
            "Normalization expects a finite mean and a finite variance >= 0",
        ),
        (
            lambda: Normalization()(X),
            StateError,
            "normalization doesn't know its data yet; call adapt(x) first, or give mean and variance",
        ),
        (
            lambda: Normalization(mean=[1.0, 2.0], variance=[1.0, 1.0])(X),
            ShapeError,
            "normalization needs a mean of shape (3,) for its inputs, got (2,)",
        ),
        (
            lambda: Normalization().adapt(np.full((2, 2), np.nan)),
            DataError,
            "adapt expects finite data with at least one row, got shape (2, 2)",
        ),
        (
            lambda: Normalization().adapt(np.ones((0, 2))),
            DataError,
            "adapt expects finite data with at least one row, got shape (0, 2)",
        ),
        (lambda: Embedding(0, 2), ArgumentError, "input_dim must be an integer >= 1, got 0"),
        (lambda: Embedding(2, 1.5), ArgumentError, "output_dim must be an integer >= 1, got 1.5"),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value) == message


def test_adapt_of_text_is_refused():
    with pytest.raises((DataError, TypeError)):
        Normalization().adapt([["a"], ["b"]])


def test_numpys_integers_are_integers():
    assert Dense(np.int64(3)).units == 3
    assert Embedding(np.int32(3), np.uint8(2)).input_dim == 3
