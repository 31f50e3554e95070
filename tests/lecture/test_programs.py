"""The lecture's eight programs: only the import is another, and the slips are corrected. Their results are checked."""

import numpy as np
import pytest

import chainrule.compat.tensorflow as tf
from chainrule.tables import samples

OPTIMIZERS = ("SGD", "Adam", "Adadelta", "Adagrad", "RMSprop")
F32 = {"rtol": 1e-5, "atol": 1e-6}


# Program 1: a Dense layer from scratch.
class MyDenseLayer(tf.keras.layers.Layer):
    def __init__(self, input_dim, output_dim):
        super().__init__()
        self.W = self.add_weight([input_dim, output_dim])
        self.b = self.add_weight([1, output_dim])

    def call(self, inputs):
        z = tf.matmul(inputs, self.W) + self.b
        output = tf.math.sigmoid(z)
        return output  # noqa: RET504  as the lecture has it


def dense_layer_by_hand(x, weights, bias):
    return 1 / (1 + np.exp(-(x @ weights + bias)))


def test_program_1_computes_sigmoid_of_weighted_sums():
    layer = MyDenseLayer(3, 2)
    x = np.array([[1.0, -2.0, 0.5], [0.0, 4.0, -1.0]])
    assert layer.W.shape == (3, 2)
    assert layer.b.shape == (1, 2)
    expected = dense_layer_by_hand(x, layer.W.numpy(), layer.b.numpy())
    np.testing.assert_allclose(layer(x).numpy(), expected, **F32)


def test_program_1_layer_learns_in_a_model():
    sample = samples.gaussians(seed=0)
    model = tf.keras.Sequential([MyDenseLayer(2, 8), MyDenseLayer(8, 1)], seed=0)
    model.compile(tf.keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(sample.X, sample.y, epochs=20, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    assert history["accuracy"][-1] > 0.95


def test_program_2_dense_layer_with_two_outputs():
    layer = tf.keras.layers.Dense(units=2)
    x = np.array([[1.0, 2.0, 3.0]])
    y = layer(x).numpy()
    kernel, bias = layer.get_weights()
    assert (kernel.shape, bias.shape) == ((3, 2), (2,))
    np.testing.assert_allclose(y, x @ kernel + bias, **F32)


@pytest.mark.parametrize("hidden", [[5], [5, 4], [5, 4, 3]])
def test_program_3_stack_of_dense_layers(hidden):
    model = tf.keras.Sequential([*(tf.keras.layers.Dense(n) for n in hidden), tf.keras.layers.Dense(2)])
    x = np.array([[1.0, -1.0, 0.5], [2.0, 0.0, 1.0]])
    y = model(x).numpy()
    expected = x
    for layer in model.layers:
        kernel, bias = layer.get_weights()
        expected = expected @ kernel + bias
    assert len(model.layers) == len(hidden) + 1
    np.testing.assert_allclose(y, expected, **F32)


def test_program_4_softmax_cross_entropy():
    y = np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    predicted = tf.constant([[2.0, -1.0], [0.5, 0.5], [3.0, 1.0]])
    loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, predicted))
    z = predicted.numpy()
    share = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(loss.numpy(), -np.mean(np.log(share[y == 1])), **F32)


def test_program_5_mean_squared_error_both_ways():
    y = np.array([[1.0], [0.0], [0.5]])
    predicted = tf.constant([[0.1], [0.3], [0.5]])
    loss = tf.reduce_mean(tf.square(tf.subtract(y, predicted)))
    values = tf.keras.losses.MSE(y, predicted)
    np.testing.assert_allclose(loss.numpy(), (0.81 + 0.09 + 0.0) / 3, **F32)
    np.testing.assert_allclose(values.numpy(), [0.81, 0.09, 0.0], **F32)
    np.testing.assert_allclose(tf.reduce_mean(values).numpy(), loss.numpy(), **F32)


# Program 6: gradient descent by hand. J(w) = (w - 3)^2 + 1 has its minimum at 3.
def compute_loss(weights):
    return tf.reduce_sum(tf.square(weights - 3.0)) + 1.0


LEARNING_RATE = 0.1
STEPS = 100


def check_minimum(weights):
    np.testing.assert_allclose(weights.numpy(), [3.0], atol=1e-5)


def test_program_6_corrected_with_watch():
    weights = tf.Variable([tf.random.normal([])])
    for _ in range(STEPS):
        with tf.GradientTape() as g:
            g.watch(weights)
            loss = compute_loss(weights)
        gradient = g.gradient(loss, weights)
        weights = weights - LEARNING_RATE * gradient
    check_minimum(weights)


def test_program_6_corrected_with_assign_sub():
    weights = tf.Variable([tf.random.normal([])])
    for _ in range(STEPS):
        with tf.GradientTape() as g:
            loss = compute_loss(weights)
        gradient = g.gradient(loss, weights)
        weights.assign_sub(LEARNING_RATE * gradient)
    assert isinstance(weights, tf.Variable)
    check_minimum(weights)


def test_program_6_as_the_lecture_has_it_works_beyond_tensorflow():
    weights = tf.Variable([tf.random.normal([])])
    for _ in range(STEPS):
        with tf.GradientTape() as g:
            loss = compute_loss(weights)
        gradient = g.gradient(loss, weights)
        weights = weights - LEARNING_RATE * gradient
    assert not isinstance(weights, tf.Variable)
    check_minimum(weights)


# Program 7: the whole loop.
def make_model(seed=0):
    return tf.keras.Sequential(
        [tf.keras.layers.Dense(8, activation="tanh"), tf.keras.layers.Dense(2)], name="two_classes", seed=seed
    )


def will_i_pass():
    sample = samples.will_i_pass(rows=200, seed=0)
    return sample.X / 10, tf.keras.utils.to_categorical(sample.y)


def gaussians():
    sample = samples.gaussians(rows=200, seed=0)
    return sample.X, tf.keras.utils.to_categorical(sample.y)


def whole_loop(model, optimizer, x, y, steps):
    losses = []
    for _ in range(steps):
        with tf.GradientTape() as tape:
            prediction = model(x)
            loss = tf.reduce_mean(tf.nn.softmax_cross_entropy_with_logits(y, prediction))
        grads = tape.gradient(loss, model.trainable_variables)
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
        losses.append(loss.item())
    return losses


@pytest.mark.parametrize("data", [will_i_pass, gaussians])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_program_7_lowers_the_loss_with_every_optimizer(name, data):
    losses = whole_loop(make_model(), getattr(tf.keras.optimizers, name)(), *data(), steps=30)
    assert (np.diff(losses) < 0).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_program_7_equals_fit_step_for_step(name):
    x, y = gaussians()
    steps = 20
    by_hand, by_fit = make_model(), make_model()
    losses = whole_loop(by_hand, getattr(tf.keras.optimizers, name)(), x, y, steps)
    by_fit.compile(getattr(tf.keras.optimizers, name)(), tf.keras.losses.CategoricalCrossentropy(from_logits=True))
    history = by_fit.fit(x, y, batch_size=len(x), epochs=steps, shuffle=False, verbose=0).history
    np.testing.assert_allclose(history["loss"], losses, **F32)
    for ours, theirs in zip(by_fit.get_weights(), by_hand.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, **F32)


def test_program_8_dropout_drops_half_and_doubles_the_rest():
    layer = tf.keras.layers.Dropout(0.5)
    x = tf.ones([100, 100])
    dropped = layer(x, training=True).numpy()
    assert set(np.unique(dropped)) == {0.0, 2.0}
    assert abs(np.mean(dropped == 0) - 0.5) < 0.03  # six standard deviations, 0.5 / sqrt(10,000) each
    assert np.mean(dropped != layer(x, training=True).numpy()) > 0.4  # other nodes each pass
    np.testing.assert_array_equal(layer(x).numpy(), x.numpy())
