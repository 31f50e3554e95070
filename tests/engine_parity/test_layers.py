"""Every layer, and every activation, by itself on both engines."""

import numpy as np
import pytest

from chainrule import activations
from chainrule.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    Normalization,
)
from chainrule.optimizers import SGD, AdamW
from chainrule.regularizers import L1, L1L2, L2
from tests.engine_parity.compare import (
    CLASSES,
    CODES,
    DTYPES,
    NUMBERS,
    TOLERANCE,
    N,
    X,
    assert_close,
    build,
    check_parity,
    needs_native,
    rng,
    rows_of,
)

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]
CATEGORIES = rng.integers(0, 7, (N, 2))
IMAGES = rng.normal(size=(N, 3, 4))
NAMES = sorted(activations.TABLE)


def frozen(layer):
    layer.trainable = False
    return layer


@pytest.mark.parametrize("name", NAMES)
def test_dense_with_each_activation(name, dtype):
    check_parity(lambda: [Dense(6, activation=name), Dense(2)], dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
def test_activation_layer(name, dtype):
    check_parity(lambda: [Dense(6), Dropout(0.1), Activation(name), Dense(2)], dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
def test_activation_of_the_last_layer(name, dtype):
    check_parity(lambda: [Dense(6, activation="tanh"), Dense(2, activation=name)], dtype=dtype)


@pytest.mark.parametrize("name", NAMES)
def test_batches_of_one_with_each_activation(name, dtype):
    check_parity(
        lambda: [Dense(6, activation=name), Dense(2, activation="softplus")], dtype=dtype, batch_size=1, optimizer=SGD
    )


DROPPED = {
    "hidden": lambda: [Dense(20, activation="tanh"), Dropout(0.3), Dense(2)],
    "inputs": lambda: [Dropout(0.2), Dense(8, activation="tanh"), Dense(2)],
    "twice": lambda: [Dropout(0.2), Dense(40, activation="tanh"), Dropout(0.5), Dropout(0.1), Dense(2)],
    "wider than a block of bits": lambda: [Dense(300, activation="tanh"), Dropout(0.4), Dense(2)],
    "a seed of its own": lambda: [Dense(9, activation="tanh"), Dropout(0.5, seed=77), Dense(2)],
    "a large seed": lambda: [Dense(9, activation="tanh"), Dropout(0.5, seed=2**64 - 1), Dense(2)],
    "nearly nothing": lambda: [Dense(9, activation="tanh"), Dropout(1e-4), Dense(2)],
    "rate 0": lambda: [Dense(9, activation="tanh"), Dropout(0.0), Dense(2)],
    "last": lambda: [Dense(9, activation="tanh"), Dense(2), Dropout(0.25)],
}


@pytest.mark.parametrize("name", DROPPED)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_dropout(name, batch_size, dtype):
    check_parity(DROPPED[name], dtype=dtype, batch_size=batch_size, optimizer=SGD)


@pytest.mark.parametrize("rate", [1 / 3, 0.9999])
def test_dropout_keeps_the_share_that_16_bits_can_say(rate, dtype):
    check_parity(
        lambda: [Dense(30, activation="tanh"), Dropout(rate), Dense(2)], dtype=dtype, optimizer=lambda: SGD(1e-6)
    )


# A bias before BatchNormalization has no effect: its gradient is 0 but for rounding, and rules that divide by the
# gradient's size (Adam, RMSprop ...) would blow the rounding up to whole steps. So such layers have no bias.
NORMALIZED = {
    "batch": lambda: [Dense(8, use_bias=False), BatchNormalization(), Activation("tanh"), Dense(2)],
    "batch, no centre": lambda: [
        Dense(8, use_bias=False),
        BatchNormalization(center=False),
        Activation("tanh"),
        Dense(2),
    ],
    "batch, no scale": lambda: [
        Dense(8, use_bias=False),
        BatchNormalization(scale=False),
        Activation("tanh"),
        Dense(2),
    ],
    "batch, neither": lambda: [
        Dense(8, use_bias=False),
        BatchNormalization(center=False, scale=False),
        Activation("tanh"),
        Dense(2),
    ],
    "batch, short memory": lambda: [Dense(8, use_bias=False), BatchNormalization(momentum=0.5, epsilon=0.1), Dense(2)],
    "batch first": lambda: [BatchNormalization(), Dense(8, activation="tanh"), Dense(2)],
    "batch last": lambda: [Dense(8, activation="tanh"), Dense(2, use_bias=False), BatchNormalization()],
    "batch twice": lambda: [
        BatchNormalization(),
        Dense(8, use_bias=False),
        BatchNormalization(),
        Activation("tanh"),
        Dense(2),
    ],
    "batch frozen": lambda: [
        Dense(8, activation="tanh"),
        frozen(BatchNormalization(gamma_initializer="random_normal", beta_initializer="random_normal")),
        Dense(2),
    ],
    "batch frozen, plain": lambda: [Dense(8), frozen(BatchNormalization(center=False, scale=False)), Dense(2)],
    "batch, penalty": lambda: [
        Dense(8, use_bias=False),
        BatchNormalization(gamma_regularizer=L2(0.1), beta_regularizer=L1(0.01)),
        Activation("tanh"),
        Dense(2),
    ],
    "batch over frozen": lambda: [frozen(Dense(8)), BatchNormalization(), Activation("tanh"), Dense(2)],
    "layer": lambda: [Dense(8), LayerNormalization(), Activation("tanh"), Dense(2)],
    "layer, no centre": lambda: [Dense(8), LayerNormalization(center=False), Activation("tanh"), Dense(2)],
    "layer, no scale": lambda: [Dense(8), LayerNormalization(scale=False), Activation("tanh"), Dense(2)],
    "layer, neither": lambda: [
        Dense(8),
        LayerNormalization(center=False, scale=False, epsilon=0.1),
        Activation("tanh"),
        Dense(2),
    ],
    "layer first": lambda: [LayerNormalization(), Dense(8, activation="tanh"), Dense(2)],
    "layer last": lambda: [Dense(8, activation="tanh"), Dense(2), LayerNormalization(epsilon=1.0)],
    "layer frozen": lambda: [
        Dense(8),
        frozen(LayerNormalization(gamma_initializer="random_normal", beta_initializer="random_normal")),
        Dense(2),
    ],
    "layer, penalty": lambda: [Dense(8), LayerNormalization(gamma_regularizer=L1L2(0.01, 0.1)), Dense(2)],
    "one feature": lambda: [Dense(1), LayerNormalization(), Dense(2)],
    "given": lambda: [Normalization(mean=X.mean(0) + 3, variance=X.var(0) * 4), Dense(8, activation="tanh"), Dense(2)],
    "given, constant feature": lambda: [
        Normalization(mean=X.mean(0), variance=[1, 2, 1, 1e20, 3]),
        Dense(8, activation="tanh"),
        Dense(2),
    ],
    "given, inverted": lambda: [
        Normalization(mean=X.mean(0), variance=X.var(0) * 4, invert=True),
        Dense(8, activation="tanh"),
        Dense(2),
    ],
    "given, in the middle": lambda: [
        Dense(4, activation="tanh"),
        Normalization(mean=[0.1, 0.2, 0.3, 0.4], variance=[1, 2, 3, 4]),
        Dense(2),
    ],
    "given, inverted, last": lambda: [
        Dense(8, activation="tanh"),
        Dense(2),
        Normalization(mean=[1, -1], variance=[0.5, 2], invert=True),
    ],
}


@pytest.mark.parametrize("name", NORMALIZED)
def test_normalization(name, dtype):
    check_parity(NORMALIZED[name], dtype=dtype, optimizer=lambda: SGD(0.05, momentum=0.9))


@pytest.mark.parametrize("name", ["batch first", "layer", "batch frozen", "given"])
def test_normalization_of_batches_of_one(name, dtype):
    check_parity(NORMALIZED[name], dtype=dtype, batch_size=1, optimizer=SGD)


def test_adapted_normalization(dtype):
    def layers():
        first = Normalization()
        first.adapt(X)
        return [first, Dense(8, activation="tanh"), Dense(2)]

    check_parity(layers, dtype="float32")


PENALTIES = {
    "l1": {"kernel_regularizer": L1(0.02)},
    "l2": {"kernel_regularizer": L2(0.03)},
    "both": {"kernel_regularizer": L1L2(0.01, 0.02)},
    "bias": {"bias_regularizer": L1L2(0.03, 0.01), "bias_initializer": "random_normal"},
    "all": {"kernel_regularizer": "l2", "bias_regularizer": "l1"},
    "by name": {"kernel_regularizer": "l1_l2"},
}


@pytest.mark.parametrize("name", PENALTIES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_penalties(name, batch_size, dtype):
    def layers():
        return [Dense(7, activation="tanh", **PENALTIES[name]), Dense(2, **PENALTIES[name])]

    check_parity(layers, dtype=dtype, batch_size=batch_size, optimizer=SGD)


def test_penalty_of_a_weight_that_is_zero(dtype):
    check_parity(
        lambda: [Dense(7, kernel_initializer="zeros", kernel_regularizer=L1(0.5)), Dense(2)], dtype=dtype, optimizer=SGD
    )


SHAPES = {
    "no bias": lambda: [Dense(7, activation="tanh", use_bias=False), Dense(2, use_bias=False)],
    "one layer": lambda: [Dense(2)],
    "two activations": lambda: [Dense(7, activation="tanh"), Activation("softplus"), Activation("sigmoid"), Dense(2)],
    "softmax inside": lambda: [Dense(7, activation="softmax"), Dense(2)],
    "deep": lambda: [Dense(n, activation="tanh") for n in (9, 17, 3, 33, 1, 8)] + [Dense(2)],
    "wide": lambda: [Dense(130, activation="tanh"), Dense(70, activation="tanh"), Dense(2)],
    "activation first": lambda: [Activation("tanh"), Dense(2)],
    "frozen first": lambda: [frozen(Dense(7, activation="tanh")), Dense(2)],
    "frozen in the middle": lambda: [Dense(7, activation="tanh"), frozen(Dense(6, activation="tanh")), Dense(2)],
    "frozen last": lambda: [Dense(7, activation="tanh"), frozen(Dense(2))],
    "flatten of rows": lambda: [Flatten(), Dense(7, activation="tanh"), Flatten(), Dense(2)],
}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_dense(name, batch_size, dtype):
    # Adam on the wide one is ill-conditioned: the Python engine's own float32 weights are 2e-5 off its float64 ones.
    check_parity(SHAPES[name], dtype=dtype, batch_size=batch_size, optimizer=lambda: SGD(0.05, momentum=0.5))


@pytest.mark.parametrize("batch_size", [1, 16])
def test_flatten(batch_size, dtype):
    check_parity(lambda: [Flatten(), Dense(6, activation="tanh"), Dense(2)], IMAGES, dtype=dtype, batch_size=batch_size)


def test_dropout_of_images(dtype):
    check_parity(lambda: [Dropout(0.3), Flatten(), Dense(6, activation="tanh"), Dense(2)], IMAGES, dtype=dtype)


EMBEDDED = {
    "plain": lambda: [Embedding(7, 3), Flatten(), Dense(6, activation="tanh"), Dense(2)],
    "one dimension": lambda: [Embedding(7, 1), Flatten(), Dense(2)],
    "wide": lambda: [Embedding(7, 37), Flatten(), Dense(2)],
    "penalty": lambda: [Embedding(7, 3, embeddings_regularizer=L1L2(0.01, 0.1)), Flatten(), Dense(2)],
    "dropout": lambda: [Embedding(7, 3), Dropout(0.4), Flatten(), Dense(6, activation="tanh"), Dense(2)],
    "frozen": lambda: [frozen(Embedding(7, 3)), Flatten(), Dense(6, activation="tanh"), Dense(2)],
    "flattened before": lambda: [Flatten(), Embedding(7, 3), Flatten(), Dense(2)],
}


@pytest.mark.parametrize("name", EMBEDDED)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_embedding(name, batch_size, dtype):
    check_parity(EMBEDDED[name], CATEGORIES, dtype=dtype, batch_size=batch_size, optimizer=lambda: SGD(0.1))


# Columns: a number, codes of 7, a number, a number, codes of 50, codes of 3.
MIXED = np.column_stack([X[:, 0], CATEGORIES[:, 0], X[:, 1:3], rng.integers(0, 50, N), rng.integers(0, 3, N)])
MIXED_SIZES = {
    "plain": {1: (7, 3), 4: (50, 5), 5: (3, 2)},
    "vectors of one": {1: (7, 1), 4: (50, 1)},
    "wide": {1: (7, 37), 5: (3, 16), 4: (50, 20)},
    "only the first": {0: (7, 6)},
    "nothing but codes": {0: (7, 2), 1: (50, 9), 2: (3, 1)},
}
MIXED_COLUMNS = {"only the first": [1, 0, 2, 3], "nothing but codes": [1, 4, 5]}
MIXED_LAYERS = {
    "penalty": lambda columns: [CategoryEmbedding(columns, embeddings_regularizer=L1L2(0.01, 0.1)), Dense(2)],
    "dropout": lambda columns: [CategoryEmbedding(columns), Dropout(0.4), Dense(6, activation="tanh"), Dense(2)],
    "frozen": lambda columns: [frozen(CategoryEmbedding(columns)), Dense(6, activation="tanh"), Dense(2)],
    "normalized": lambda columns: [Flatten(), CategoryEmbedding(columns), BatchNormalization(), Dense(2)],
    "alone": lambda columns: [CategoryEmbedding(columns)],
}


@pytest.mark.parametrize("name", MIXED_SIZES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_category_embedding(name, batch_size, dtype):
    check_parity(
        lambda: [CategoryEmbedding(MIXED_SIZES[name]), Dense(6, activation="tanh"), Dense(2)],
        MIXED[:, MIXED_COLUMNS.get(name, slice(None))],
        dtype=dtype,
        batch_size=batch_size,
    )


@pytest.mark.parametrize("name", MIXED_LAYERS)
def test_category_embedding_with_others(name, dtype):
    layers = lambda: MIXED_LAYERS[name](MIXED_SIZES["plain"])  # noqa: E731
    target = rng.normal(size=(N, 13)) if name == "alone" else NUMBERS
    check_parity(layers, MIXED, target, dtype=dtype, optimizer=lambda: SGD(0.1, clipnorm=0.5, momentum=0.9))


def test_rows_of_no_example_follow_the_optimizer_all_the_same(dtype):
    """Momentum and decay act on every row at every step, as on any weight."""
    layers = lambda: [CategoryEmbedding({1: (9, 2)}), Dense(2)]  # noqa: E731
    models = check_parity(layers, MIXED, dtype=dtype, optimizer=lambda: AdamW(0.01, weight_decay=0.5))
    before = build("python", layers, dtype=dtype)
    before.predict(MIXED)
    start, end = (model.layers[0].weights[0].numpy() for model in (before, models["native"]))
    assert_close(end[7:], start[7:] * (1 - 0.005) ** 51, 1e-4, "rows that only decay")  # 17 epochs of 3 batches


@pytest.mark.parametrize("code_type", ["int8", "uint8", "int64", "float32", "float64"])
def test_codes_of_any_type(code_type, dtype):
    check_parity(EMBEDDED["plain"], CATEGORIES.astype(code_type), dtype=dtype)


def test_outputs_of_several_axes(dtype):
    target = rng.normal(size=(N, 2, 3))
    models = check_parity(lambda: [Embedding(7, 3)], CATEGORIES, target, dtype=dtype, optimizer=SGD)
    assert models["native"].predict(CATEGORIES).shape == (N, 2, 3)


def test_embedding_of_one_column_of_codes_and_of_a_last_category_never_seen(dtype):
    models = check_parity(lambda: [Embedding(9, 2), Flatten(), Dense(2)], CATEGORIES[:, :1], dtype=dtype, optimizer=SGD)
    before = build("python", lambda: [Embedding(9, 2), Flatten(), Dense(2)], dtype=dtype)
    before.predict(CATEGORIES[:, :1])
    assert np.array_equal(models["native"].layers[0].weights[0][8], before.layers[0].weights[0][8])


def test_everything_at_once(dtype):
    check_parity(
        lambda: [
            Normalization(mean=X.mean(0), variance=X.var(0)),
            Dropout(0.1),
            Dense(20, use_bias=False, kernel_regularizer="l2"),
            BatchNormalization(),
            Activation("gelu"),
            Dropout(0.2),
            Dense(12, activation="silu"),
            LayerNormalization(),
            Dense(CLASSES, activation="softmax"),
        ],
        y=CODES,
        loss="sparse_categorical_crossentropy",
        optimizer=lambda: SGD(0.05, momentum=0.9),
        metrics=["accuracy"],
        dtype=dtype,
        class_weight="balanced",
        validation_data=(X, CODES),
    )


def test_inspection_changes_nothing(dtype):
    gradients = []
    for engine in ("python", "native"):
        model = build(engine, NORMALIZED["batch"], dtype=dtype)
        task, rows = rows_of(model, X, NUMBERS)
        weights, state = model.snapshot()
        gradients += [model._engine.loss_and_gradient(task, rows, training=True)[1] for _ in range(2)]
        assert np.array_equal(model.parameters.values, weights)
        assert np.array_equal(model.state.values, state)
    for other in gradients[1:]:
        assert_close(gradients[0], other, TOLERANCE[dtype], "gradients")
