"""TensorFlow's functions and Keras's loss functions compute what NumPy does, under TensorFlow's argument names."""

import numpy as np
import pytest

import chainrule.compat.tensorflow as tf
from chainrule.errors import ArgumentError, DataError, ShapeError

X = np.array([[0.5, -1.0, 2.0], [1.5, 3.0, -0.5]])
Z = {"rtol": 1e-6, "atol": 1e-7}

CASES = [
    (tf.constant([1.0, 2.0]), np.array([1.0, 2.0])),
    (tf.constant(X, dtype=tf.float32), X),
    (tf.constant(3.0, shape=[2, 2]), np.full((2, 2), 3.0)),
    (tf.constant([1, 2, 3, 4], shape=(2, 2)), np.array([[1, 2], [3, 4]])),
    (tf.zeros([2, 3]), np.zeros((2, 3))),
    (tf.ones(2, dtype=tf.int32), np.ones(2)),
    (tf.zeros_like(X), np.zeros((2, 3))),
    (tf.ones_like(input=X, dtype=tf.int64), np.ones((2, 3))),
    (tf.linspace(0.0, 1.0, 5), np.linspace(0, 1, 5)),
    (tf.cast([1.9, -1.9], tf.int32), np.array([1, -1])),
    (tf.cast(tf.constant([True, False]), tf.float32), np.array([1.0, 0.0])),
    (tf.reshape(tensor=X, shape=(3, -1)), X.reshape(3, 2)),
    (tf.transpose(X), X.T),
    (tf.transpose(X[None], perm=[1, 0, 2]), X[None].transpose(1, 0, 2)),
    (tf.expand_dims(X, axis=-1), X[:, :, None]),
    (tf.expand_dims(X, axis=1), X[:, None]),
    (tf.squeeze(X[None, :, None]), X),
    (tf.squeeze(X[None, :, None], axis=0), X[:, None]),
    (tf.constant(X)[:, tf.newaxis], X[:, None]),
    (tf.concat(values=[X, X], axis=1), np.concatenate([X, X], axis=1)),
    (tf.stack([X, X], axis=1), np.stack([X, X], axis=1)),
    (tf.split(X, 3, axis=1)[1], X[:, 1:2]),
    (tf.split(value=X, num_or_size_splits=[1, 2], axis=1)[1], X[:, 1:]),
    (tf.gather(X, [1, 0]), X[[1, 0]]),
    (tf.where(X > 0, x=X, y=0.0), np.where(X > 0, X, 0)),
    (tf.one_hot([2, 0], depth=3), np.eye(3)[[2, 0]]),
    (tf.argmax(X), np.argmax(X, axis=0)),
    (tf.argmax(X, axis=1), np.argmax(X, axis=1)),
    (tf.clip_by_value(X, -0.5, 1.0), X.clip(-0.5, 1)),
    (tf.reduce_sum(X, axis=[0, 1]), X.sum()),
    (tf.reduce_mean(input_tensor=X, axis=1, keepdims=True), X.mean(axis=1, keepdims=True)),
    (tf.reduce_max(X, axis=0), X.max(axis=0)),
    (tf.reduce_min(X), X.min()),
    (tf.math.reduce_std(X, axis=0), X.std(axis=0)),
    (tf.math.reduce_variance(X), X.var()),
    (tf.math.reduce_logsumexp(X, axis=1), np.log(np.exp(X).sum(axis=1))),
    (tf.matmul(X, X, transpose_b=True), X @ X.T),
    (tf.matmul(a=X, b=X, transpose_a=True), X.T @ X),
    (tf.matmul(X[None], X[None], transpose_b=True), (X @ X.T)[None]),
    (tf.matmul(X.tolist(), X.tolist(), transpose_b=True), X @ X.T),
    (tf.add(x=X, y=1.0), X + 1),
    (tf.subtract(x=X, y=X[0]), X - X[0]),
    (tf.multiply(X, X), X * X),
    (tf.divide(X, 2.0), X / 2),
    (tf.pow(X, 3.0), X**3),
    (tf.maximum(X, 0.0), np.maximum(X, 0)),
    (tf.minimum(X, 0.0), np.minimum(X, 0)),
    (tf.equal(X, 3.0), X == 3),
    (tf.math.not_equal(X, 3.0), X != 3),
    (tf.greater(X, 0.5), X > 0.5),
    (tf.math.greater_equal(X, 0.5), X >= 0.5),
    (tf.less(X, 0.5), X < 0.5),
    (tf.math.less_equal(X, 0.5), X <= 0.5),
    (tf.abs(X), abs(X)),
    (tf.sigmoid(X), 1 / (1 + np.exp(-X))),
    (tf.math.log(abs(X)), np.log(abs(X))),
    (tf.nn.relu(X), X.clip(0)),
    (tf.nn.leaky_relu(X, alpha=0.1), np.where(X > 0, X, 0.1 * X)),
    (tf.nn.swish(X), X / (1 + np.exp(-X))),
    (tf.nn.softmax(logits=X), np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)),
    (tf.nn.log_softmax(X, axis=0), X - np.log(np.exp(X).sum(axis=0))),
]


@pytest.mark.parametrize(("actual", "expected"), CASES)
def test_values_equal_numpys(actual, expected):
    assert actual.shape == np.shape(expected)
    np.testing.assert_allclose(actual.numpy(), expected, **Z)


def test_gelu_approximation_is_near_but_not_the_same():
    exact, near = tf.nn.gelu(X).numpy(), tf.nn.gelu(X, approximate=True).numpy()
    assert 0 < abs(exact - near).max() < 2e-3


def test_gradient_flows_through_a_transposed_factor():
    w = tf.Variable(X)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.matmul([[1.0, 2.0, 3.0]], w, transpose_b=True))
    np.testing.assert_allclose(tape.gradient(loss, w).numpy(), [[1, 2, 3], [1, 2, 3]])


def test_a_list_of_tensors_keeps_its_gradient():
    w = tf.Variable(2.0)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.square(tf.convert_to_tensor([w, 3.0 * w])))
    assert tape.gradient(loss, w).item() == 40.0  # d(w^2 + 9 w^2)/dw = 20 w


# Cross-entropies of logits against the definition.
def test_cross_entropies_with_logits():
    share = np.exp(X) / np.exp(X).sum(axis=1, keepdims=True)
    codes, labels = [2, 0], np.eye(3)[[2, 0]]
    expected = -np.log(share[[0, 1], codes])
    actual = tf.nn.softmax_cross_entropy_with_logits(labels=labels, logits=X)
    np.testing.assert_allclose(actual.numpy(), expected, **Z)
    actual = tf.nn.sparse_softmax_cross_entropy_with_logits(labels=codes, logits=X)
    np.testing.assert_allclose(actual.numpy(), expected, **Z)
    s = 1 / (1 + np.exp(-X))
    expected = -labels * np.log(s) - (1 - labels) * np.log(1 - s)
    actual = tf.nn.sigmoid_cross_entropy_with_logits(labels=labels, logits=X)
    np.testing.assert_allclose(actual.numpy(), expected, **Z)


def test_cross_entropies_take_labels_of_another_precision():
    logits = tf.constant([[1.0, 2.0]])
    for function in (tf.nn.softmax_cross_entropy_with_logits, tf.nn.sigmoid_cross_entropy_with_logits):
        assert function(tf.constant(np.array([[0.0, 1.0]])), logits).dtype == tf.float32


# Keras's loss functions average over the last axis, whatever the number of axes.
@pytest.mark.parametrize("shape", [(4,), (4, 3), (2, 4, 3)])
def test_loss_functions_average_over_the_last_axis(shape):
    random = np.random.default_rng(0)
    y, f = random.random(shape), random.random(shape)
    losses = tf.keras.losses
    np.testing.assert_allclose(losses.MSE(y, f).numpy(), ((y - f) ** 2).mean(axis=-1), **Z)
    np.testing.assert_allclose(losses.mae(y, f).numpy(), abs(y - f).mean(axis=-1), **Z)
    entropy = -(y * np.log(f) + (1 - y) * np.log(1 - f)).mean(axis=-1)
    np.testing.assert_allclose(losses.binary_crossentropy(y, f).numpy(), entropy, rtol=1e-5)
    p = f / f.sum(axis=-1, keepdims=True)
    entropy = -(y * np.log(p)).sum(axis=-1)
    np.testing.assert_allclose(losses.categorical_crossentropy(y, p).numpy(), entropy, rtol=1e-5)
    codes = np.argmax(y, axis=-1)
    entropy = -np.log(np.take_along_axis(p, codes[..., None], axis=-1))[..., 0]
    np.testing.assert_allclose(losses.sparse_categorical_crossentropy(codes, p).numpy(), entropy, rtol=1e-5)
    logits = losses.sparse_categorical_crossentropy(codes, np.log(p), from_logits=True)
    np.testing.assert_allclose(logits.numpy(), entropy, rtol=1e-5)


def test_loss_functions_of_one_number_and_of_columns():
    assert tf.keras.losses.mse(1.0, 0.5).item() == 0.25
    assert tf.keras.losses.mse([1.0, 2.0], [[1.0], [4.0]]).numpy().tolist() == [0.0, 4.0]
    assert tf.keras.losses.huber([[0.0]], [[3.0]], delta=2.0).numpy().tolist() == [4.0]  # 2 (3 - 2/2)
    with pytest.raises(ShapeError, match="expects targets of the predictions' shape"):
        tf.keras.losses.mse([[1.0, 2.0]], [[1.0, 2.0, 3.0]])


# Random numbers.
@pytest.mark.parametrize("draw", [tf.random.normal, tf.random.uniform, tf.random.truncated_normal])
def test_random_numbers_come_from_their_seed(draw):
    assert np.array_equal(draw([4], seed=3).numpy(), draw([4], seed=3).numpy())
    assert not np.array_equal(draw([4], seed=3).numpy(), draw([4], seed=4).numpy())
    assert not np.array_equal(draw([4]).numpy(), draw([4]).numpy())
    assert draw((2, 3), dtype=tf.float64).dtype == tf.float64
    assert draw(5).shape == (5,)


def test_random_numbers_have_their_distribution():
    normal = tf.random.normal([10_000], mean=2.0, stddev=0.5, seed=0).numpy()
    assert normal.mean() == pytest.approx(2.0, abs=0.03)
    assert normal.std() == pytest.approx(0.5, abs=0.03)
    uniform = tf.random.uniform([10_000], minval=-1, maxval=3, seed=0).numpy()
    assert (uniform.min() >= -1, uniform.max() < 3) == (True, True)
    assert uniform.mean() == pytest.approx(1.0, abs=0.07)
    with pytest.raises(ArgumentError, match="integers needs maxval > minval"):
        tf.random.uniform([3], dtype=tf.int32)


def test_to_categorical():
    one_hot = tf.keras.utils.to_categorical
    np.testing.assert_array_equal(one_hot([2, 0]), np.eye(3)[[2, 0]])
    np.testing.assert_array_equal(one_hot(np.array([[1.0], [0.0]]), 4), np.eye(4)[[1, 0]])
    for wrong in ([0.5], [-1], [3], ["a"], [np.nan], []):
        with pytest.raises(DataError, match="to_categorical expects"):
            one_hot(wrong, num_classes=3)
