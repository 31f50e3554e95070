"""The slips in the lecture's programs, which students type too: each says what is wrong, and the correction."""

import numpy as np
import pytest

import chainrule.compat.tensorflow as tf
from chainrule.errors import ArgumentError, DTypeError, GradientError, UnknownArgumentError
from chainrule.tables import samples


def test_call_without_return():
    """`return` outside the method is no Python; left out, or indented wrongly, it makes call return None."""

    class MyDenseLayer(tf.keras.layers.Layer):
        def __init__(self, input_dim, output_dim):
            super().__init__()
            self.W = self.add_weight([input_dim, output_dim])

        def call(self, inputs):
            tf.math.sigmoid(tf.matmul(inputs, self.W))

    message = r"MyDenseLayer.call returned None; is its `return` inside the method\?"
    with pytest.raises(DTypeError, match=message):
        MyDenseLayer(2, 1)([[1.0, 2.0]])
    with pytest.raises(DTypeError, match=message):
        tf.keras.Sequential([MyDenseLayer(2, 1)])([[1.0, 2.0]])


def test_layer_without_super_init():
    class MyDenseLayer(tf.keras.layers.Layer):
        def __init__(self):
            self.W = tf.Variable([1.0])

        def call(self, inputs):
            return inputs

    with pytest.raises(RuntimeError, match=r"must call super\(\).__init__\(\) before it sets 'W'"):
        MyDenseLayer()


@pytest.mark.parametrize("name", ["normal", "truncated_normal", "uniform"])
def test_random_numbers_without_a_shape(name):
    with pytest.raises(UnknownArgumentError, match=rf"tf.random.{name} needs a shape: tf.random.{name}\(\[\]\) draws"):
        getattr(tf.random, name)()


def test_weights_that_are_no_variable_any_more():
    """`weights = weights - lr * gradient` goes on working; what needs a Variable says so."""
    weights = tf.Variable([1.0])
    with tf.GradientTape() as g:
        loss = tf.reduce_sum(tf.square(weights))
    gradient = g.gradient(loss, weights)
    weights = weights - 0.1 * gradient
    with pytest.raises(ArgumentError, match=r"expects \(gradient, variable\) pairs, got \(Tensor, Tensor\)"):
        tf.keras.optimizers.SGD().apply_gradients([(gradient, weights)])
    with pytest.raises(AttributeError, match="'Tensor' object has no attribute 'assign_sub'"):
        weights.assign_sub(gradient)


def test_optimizer_for_optimizers():
    with pytest.raises(AttributeError, match=r"tf.keras has no 'optimizer'; did you mean 'optimizers'\?"):
        tf.keras.optimizer.SGD()


def test_capitals_of_rmsprop():
    with pytest.raises(AttributeError, match=r"tf.keras.optimizers has no 'RMSProp'; did you mean 'RMSprop'\?"):
        tf.keras.optimizers.RMSProp()


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adadelta", "Adagrad", "RMSprop"])
def test_forward_pass_before_the_tape_opens(name):
    sample = samples.gaussians(rows=20)
    model = tf.keras.Sequential([tf.keras.layers.Dense(3), tf.keras.layers.Dense(1)])
    optimizer = getattr(tf.keras.optimizers, name)()
    prediction = model(sample.X)
    before = model.get_weights()
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(tf.subtract(sample.y[:, None], prediction)))
    grads = tape.gradient(loss, model.trainable_variables)
    assert grads == [None] * 4
    message = (
        "every gradient is None: the loss was computed from values made outside the tape; "
        r"move the forward pass \(prediction = model\(x\)\) inside `with`"
    )
    with pytest.raises(GradientError, match=message):
        optimizer.apply_gradients(zip(grads, model.trainable_variables, strict=True))
    for unchanged, weights in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(unchanged, weights)


def test_dropout_with_p():
    with pytest.raises(UnknownArgumentError, match=r"Dropout has no argument 'p'; did you mean 'rate'\?"):
        tf.keras.layers.Dropout(p=0.5)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adadelta", "Adagrad", "RMSprop"])
def test_lr_for_learning_rate(name):
    with pytest.raises(UnknownArgumentError, match=rf"{name} has no argument 'lr'; did you mean 'learning_rate'\?"):
        getattr(tf.keras.optimizers, name)(lr=0.1)


@pytest.mark.parametrize("source", ["return output", "grads = tape.gradient(loss, variables))"])
def test_slips_that_python_itself_refuses(source):
    """`return` outside the method, and one parenthesis too many."""
    with pytest.raises(SyntaxError):
        compile(source, "lecture", "exec")
