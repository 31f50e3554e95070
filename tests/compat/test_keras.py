"""What Keras's getting-started programs do, on made pictures instead of downloaded ones."""

import numpy as np
import pytest

import chainrule.compat.tensorflow as tf
from chainrule.errors import ArgumentError

LAYERS = tf.keras.layers


def pictures(rows=300, seed=0):
    """Ten noisy pictures of 28 x 28 points in [0, 1], one for each digit."""
    patterns = np.random.default_rng(42).random((10, 28, 28))
    random = np.random.default_rng(seed)
    y = random.integers(0, 10, rows)
    return np.clip(patterns[y] + random.normal(0, 0.3, (rows, 28, 28)), 0, 1), y


X_TRAIN, Y_TRAIN = pictures()
X_TEST, Y_TEST = pictures(100, seed=1)


def make_model(*first, activation=None):
    return tf.keras.models.Sequential(
        [*first, LAYERS.Dense(128, activation="relu"), LAYERS.Dropout(0.2), LAYERS.Dense(10, activation=activation)],
        seed=0,
    )


@pytest.mark.parametrize(
    "first",
    [
        lambda: [LAYERS.Flatten(input_shape=(28, 28))],
        lambda: [tf.keras.Input(shape=(28, 28)), LAYERS.Flatten()],
        lambda: [LAYERS.Flatten()],
    ],
    ids=["input_shape", "Input", "lazy"],
)
@pytest.mark.parametrize(
    ("activation", "loss"),
    [
        ("softmax", "sparse_categorical_crossentropy"),
        ("softmax", tf.keras.losses.sparse_categorical_crossentropy),
        (None, tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)),
    ],
    ids=["name", "function", "logits"],
)
def test_getting_started(first, activation, loss):
    model = make_model(*first(), activation=activation)
    model.compile(optimizer="adam", loss=loss, metrics=["accuracy"])
    history = model.fit(X_TRAIN, Y_TRAIN, epochs=3, verbose=0).history
    assert history["accuracy"][-1] > history["accuracy"][0]
    test_loss, test_accuracy = model.evaluate(X_TEST, Y_TEST, verbose=2)
    assert test_loss < 0.5
    assert test_accuracy > 0.95


def test_predictions_and_loss_by_hand():
    model = make_model(LAYERS.Flatten(input_shape=(28, 28)))
    predictions = model(X_TRAIN[:1]).numpy()
    loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)(Y_TRAIN[:1], predictions).numpy()
    share = tf.nn.softmax(predictions).numpy()
    assert loss == pytest.approx(-np.log(share[0, Y_TRAIN[0]]), rel=1e-5)
    assert loss == pytest.approx(-np.log(0.1), abs=1.5)  # untrained: about the logarithm of ten classes


def test_one_hot_labels_and_a_layer_of_softmax():
    model = tf.keras.Sequential([LAYERS.Flatten(), LAYERS.Dense(32), LAYERS.ReLU(), LAYERS.Dense(10), LAYERS.Softmax()])
    model.compile(tf.keras.optimizers.Adam(), tf.keras.losses.CategoricalCrossentropy(), metrics=["accuracy"])
    labels = tf.keras.utils.to_categorical(Y_TRAIN, 10)
    history = model.fit(X_TRAIN, labels, epochs=5, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]
    np.testing.assert_allclose(model.predict(X_TEST).sum(axis=1), 1, rtol=1e-5)


def test_model_in_a_model_says_what_to_do():
    model = make_model(LAYERS.Flatten(input_shape=(28, 28)))
    with pytest.raises(ArgumentError, match="can't be a layer of another; call what comes next on its outputs"):
        tf.keras.Sequential([model, LAYERS.Softmax()])


def test_schedules_callbacks_and_regularizers():
    rate = tf.keras.optimizers.schedules.ExponentialDecay(0.01, decay_steps=10, decay_rate=0.9)
    model = tf.keras.Sequential(
        [LAYERS.Flatten(), LAYERS.Dense(10, "softmax", kernel_regularizer=tf.keras.regularizers.l2(1e-3))], seed=0
    )
    model.compile(tf.keras.optimizers.RMSprop(learning_rate=rate), "sparse_categorical_crossentropy")
    stop = tf.keras.callbacks.EarlyStopping(monitor="val_loss", patience=2, restore_best_weights=True)
    history = model.fit(X_TRAIN, Y_TRAIN, epochs=5, validation_split=0.2, callbacks=[stop], verbose=0, seed=0).history
    assert set(history) == {"loss", "val_loss"}
    assert min(history["val_loss"]) < history["val_loss"][0]


def test_save_and_load(tmp_path):
    model = make_model(LAYERS.Flatten(input_shape=(28, 28)), activation="softmax")
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.save(tmp_path / "digits.safetensors")
    loaded = tf.keras.models.load_model(tmp_path / "digits.safetensors")
    np.testing.assert_array_equal(loaded.predict(X_TEST), model.predict(X_TEST))
    assert loaded.evaluate(X_TEST, Y_TEST) == model.evaluate(X_TEST, Y_TEST)
