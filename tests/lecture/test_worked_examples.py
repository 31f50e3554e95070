"""One training step, worked by hand, against the code."""

import numpy as np
import pytest

import chainrule.compat.tensorflow as tf

# A 3-2-1 network, sigmoid everywhere, one example, J = (t - o)^2, rate 0.5.
#
#     x = (1, 0.5, -1), t = 1
#     W1 = [[0.1, -0.2],   b1 = (0.1, -0.1)      W2 = [[0.7],    b2 = 0.2
#           [0.4,  0.3],                               [-0.5]]
#           [-0.3, 0.6]]
#
# Forward:
#     z1 = 0.1 + 1(0.1) + 0.5(0.4) - 1(-0.3) = 0.7           h1 = sigmoid( 0.7)  = 0.66818777
#     z2 = -0.1 + 1(-0.2) + 0.5(0.3) - 1(0.6) = -0.75        h2 = sigmoid(-0.75) = 0.32082130
#     z  = 0.2 + 0.7 (0.66818777) - 0.5 (0.32082130) = 0.50732079
#     o  = sigmoid(0.50732079) = 0.62417820
#     J  = (1 - 0.62417820)^2 = 0.14124203
#
# Backward:
#     dJ/do  = 2 (o - t) = -0.75164361
#     dJ/dz  = dJ/do o (1 - o) = -0.75164361 x 0.23457978 = -0.17632039
#     dJ/dW2 = dJ/dz h      = (-0.11781513, -0.05656734)        dJ/db2 = dJ/dz = -0.17632039
#     dJ/dh  = dJ/dz W2     = (-0.12342427,  0.08816019)
#     dJ/dz1 = dJ/dh1 h1 (1 - h1) = -0.12342427 x 0.22171287 = -0.02736475
#     dJ/dz2 = dJ/dh2 h2 (1 - h2) =  0.08816019 x 0.21789499 =  0.01920967
#     dJ/dW1 = x^T (dJ/dz1, dJ/dz2) = [[-0.02736475,  0.01920967],      dJ/db1 = (-0.02736475, 0.01920967)
#                                      [-0.01368238,  0.00960483],
#                                      [ 0.02736475, -0.01920967]]
#
# Step: w <- w - 0.5 dJ/dw
X, T = [[1.0, 0.5, -1.0]], [[1.0]]
W1, B1, W2, B2 = [[0.1, -0.2], [0.4, 0.3], [-0.3, 0.6]], [0.1, -0.1], [[0.7], [-0.5]], [0.2]
START = (W1, B1, W2, B2)
RATE = 0.5
OUTPUT = 0.62417820
LOSS = 0.14124203
GRADIENTS = (
    [[-0.02736475, 0.01920967], [-0.01368238, 0.00960483], [0.02736475, -0.01920967]],
    [-0.02736475, 0.01920967],
    [[-0.11781513], [-0.05656734]],
    [-0.17632039],
)
AFTER = (
    [[0.11368238, -0.20960483], [0.40684119, 0.29519758], [-0.31368238, 0.60960483]],
    [0.11368238, -0.10960483],
    [[0.75890756], [-0.47171633]],
    [0.28816019],
)
TOLERANCE = 1e-6
DTYPES = ("float32", "float64")


def network(dtype, *weights):
    model = tf.keras.Sequential(
        [
            tf.keras.Input(shape=np.shape(weights[0])[:1]),
            tf.keras.layers.Dense(2, activation="sigmoid"),
            tf.keras.layers.Dense(np.shape(weights[2])[1], activation="sigmoid"),
        ],
        dtype=dtype,
    )
    model.set_weights(weights)
    return model


def check(actual, expected, tolerance=TOLERANCE):
    for ours, by_hand in zip(actual, expected, strict=True):
        np.testing.assert_allclose(ours, by_hand, rtol=0, atol=tolerance)


def test_the_arithmetic_of_the_step():
    check([np.subtract(w, RATE * np.array(g)) for w, g in zip(START, GRADIENTS, strict=True)], AFTER, 1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_3_2_1_step_through_the_tape(dtype):
    model = network(dtype, *START)
    with tf.GradientTape() as tape:
        output = model(X)
        loss = tf.reduce_mean(tf.square(tf.subtract(T, output)))
    gradients = tape.gradient(loss, model.trainable_variables)
    tf.keras.optimizers.SGD(RATE).apply_gradients(zip(gradients, model.trainable_variables, strict=True))
    check([output.numpy(), loss.numpy()], [[[OUTPUT]], LOSS])
    check([g.numpy() for g in gradients], GRADIENTS)
    check(model.get_weights(), AFTER)


@pytest.mark.parametrize("dtype", DTYPES)
def test_3_2_1_step_through_train_on_batch(dtype):
    model = network(dtype, *START)
    model.compile(tf.keras.optimizers.SGD(RATE), "mse")
    check([model.train_on_batch(X, T)], [LOSS])
    check(model.get_weights(), AFTER)


@pytest.mark.parametrize("dtype", DTYPES)
def test_3_2_1_step_through_fit(dtype):
    model = network(dtype, *START)
    model.compile(tf.keras.optimizers.SGD(RATE), "mse")
    check([model.fit(X, T, epochs=1, verbose=0).history["loss"]], [[LOSS]])
    check(model.get_weights(), AFTER)


# Matt Mazur, "A step by step backpropagation example" (2015): 2-2-2, sigmoid, biases that are not updated,
# error 1/2 sum_k (t_k - o_k)^2, which for two outputs is the mean squared error. The values after the step are
# his; his error after it, 0.291027924, comes from rounded weights, 0.291027774 from these.
MAZUR_X, MAZUR_T = [[0.05, 0.10]], [[0.01, 0.99]]
MAZUR = ([[0.15, 0.25], [0.20, 0.30]], [0.35, 0.35], [[0.40, 0.50], [0.45, 0.55]], [0.60, 0.60])
MAZUR_ERROR, MAZUR_ERROR_AFTER = 0.298371109, 0.291027774
MAZUR_AFTER = (
    [[0.149780716, 0.24975114], [0.19956143, 0.29950229]],  # [[w1, w3], [w2, w4]]
    [0.35, 0.35],
    [[0.35891648, 0.511301270], [0.408666186, 0.561370121]],  # [[w5, w7], [w6, w8]]
    [0.60, 0.60],
)
DIGITS = 1e-8


def test_mazur_through_the_tape():
    model = network("float64", *MAZUR)
    kernels = [layer.kernel for layer in model.layers]

    def error():
        return 0.5 * tf.reduce_sum(tf.square(tf.subtract(MAZUR_T, model(MAZUR_X))))

    with tf.GradientTape() as tape:
        before = error()
    gradients = tape.gradient(before, kernels)
    for kernel, gradient in zip(kernels, gradients, strict=True):
        kernel.assign_sub(0.5 * gradient)
    check([before.numpy()], [MAZUR_ERROR], DIGITS)
    check(model.get_weights(), MAZUR_AFTER, DIGITS)
    check([error().numpy()], [MAZUR_ERROR_AFTER], DIGITS)


def test_mazur_through_fit():
    model = network("float64", *MAZUR)
    for layer in model.layers:
        layer.bias.trainable = False
    model.compile(tf.keras.optimizers.SGD(0.5), "mse")
    history = model.fit(MAZUR_X, MAZUR_T, epochs=1, verbose=0).history
    check([history["loss"]], [[MAZUR_ERROR]], DIGITS)
    check(model.get_weights(), MAZUR_AFTER, DIGITS)
    check([model.evaluate(MAZUR_X, MAZUR_T)], [MAZUR_ERROR_AFTER], DIGITS)
