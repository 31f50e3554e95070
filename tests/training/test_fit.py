"""fit: what an epoch's loss is, weights of rows and classes, splits, seeds, continuing; all checked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import GradientTape, Sequential, losses, ops
from chainrule.callbacks import LambdaCallback
from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError, StateError, UnknownNameError
from chainrule.layers import BatchNormalization, Dense, Dropout, Input, Layer
from chainrule.metrics import MeanAbsoluteError
from chainrule.optimizers import SGD, Adam
from chainrule.random import generator
from chainrule.training import batches

ROUNDING = 1e-12  # float64, sums of a few hundred numbers around 1
RNG = generator(0, "check")
X = RNG.normal(size=(50, 3))
Y = X @ [1.0, -2.0, 0.5] + 0.1 * RNG.normal(size=50)
CODES = (X[:, 0] > 0.3).astype(int) + (X[:, 1] > 0.5)


def network(*layers, seed=0, dtype="float64", optimizer="adam", loss="mse", **options):
    model = Sequential([Input((3,)), *(layers or (Dense(4, activation="tanh"), Dense(1)))], dtype=dtype, seed=seed)
    model.compile(optimizer, loss, **options)
    return model


def noisy(**options):
    """A model in which everything random takes part."""
    return network(Dropout(0.2), Dense(4, activation="relu"), BatchNormalization(), Dropout(0.3), Dense(1), **options)


def same(a, b):
    return all(np.array_equal(v, w) for v, w in zip(a.get_weights(), b.get_weights(), strict=True))


def still(loss="mse", **options):
    """A model whose optimiser moves nothing: every loss can be computed from its predictions."""

    class Still(SGD):
        def update(self, weights, gradient, slots, scalars):
            pass

    return network(loss=loss, optimizer=Still(), **options)


# ---- what the loss of an epoch is


@pytest.mark.parametrize("batch_size", [1, 7, 32, 49, 50, 1000])
def test_a_short_last_batch_counts_by_its_size(batch_size):
    model = still()
    expected = np.mean((model.predict(X)[:, 0] - Y) ** 2)
    history = model.fit(X, Y, batch_size=batch_size, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [expected], rtol=ROUNDING)
    assert history.params["steps"] == -(-50 // min(batch_size, 50))
    assert history.examples == 50


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
@pytest.mark.parametrize("batch_size", [1, 7, 50])
def test_epoch_loss_with_weights_is_the_loss_of_all_rows(reduction, batch_size):
    weights = RNG.uniform(0, 3, 50)
    model = still(losses.MeanSquaredError(reduction=reduction))
    expected = float(losses.MeanSquaredError(reduction=reduction)(Y, model.predict(X), sample_weight=weights))
    history = model.fit(X, Y, batch_size=batch_size, sample_weight=weights, verbose=0)
    np.testing.assert_allclose(history.history["loss"], [expected], rtol=ROUNDING)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight", "sum"])
@pytest.mark.parametrize("weighted", [False, True])
def test_evaluate_does_not_depend_on_the_batch_size(reduction, weighted):
    weights = RNG.uniform(0, 3, 50) if weighted else None
    loss = losses.MeanSquaredError(reduction=reduction)
    layer = Dense(1, kernel_regularizer="l2")
    model = network(layer, loss=loss, metrics=["mae"])
    penalty = 0.01 * np.sum(layer.kernel.numpy() ** 2)
    expected = float(loss(Y, model.predict(X), sample_weight=weights)) + penalty
    for batch_size in (None, 1, 7, 50, 100):
        result = model.evaluate(X, Y, batch_size=batch_size, sample_weight=weights)
        np.testing.assert_allclose(result[0], expected, rtol=ROUNDING)


def test_one_epoch_of_sgd_by_hand():
    """Three rows in batches of 2: w = 0, rate 0.1, f = w x, J = mean (f - y)^2, dJ/dw = mean 2 (f - y) x.

    Batch 1: x = 1, 2; y = 2, 3: dJ/dw = (2 (0 - 2) 1 + 2 (0 - 3) 2) / 2 = -8; w = 0.8; J was (4 + 9) / 2 = 6.5.
    Batch 2: x = 3; y = 1: f = 2.4; dJ/dw = 2 1.4 3 = 8.4; w = -0.04; J was 1.96.
    Epoch: (2 6.5 + 1.96) / 3.
    """
    model = Sequential([Input((1,)), Dense(1, use_bias=False, kernel_initializer="zeros")], dtype="float64", seed=0)
    model.compile(SGD(0.1), "mse")
    history = model.fit([[1.0], [2.0], [3.0]], [2.0, 3.0, 1.0], batch_size=2, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.get_weights()[0], [[-0.04]], rtol=1e-13)
    np.testing.assert_allclose(history.history["loss"], [(2 * 6.5 + 1.96) / 3], rtol=ROUNDING)


# ---- weights of rows and classes


def test_whole_weights_are_repeated_rows():
    """With the weighted mean, and the whole set as one batch."""
    counts = RNG.integers(0, 4, 50)
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    weighted, repeated = network(loss=loss), network(loss=loss)
    a = weighted.fit(X, Y, sample_weight=counts, batch_size=50, epochs=5, shuffle=False, verbose=0)
    rows = np.repeat(np.arange(50), counts)
    b = repeated.fit(X[rows], Y[rows], batch_size=len(rows), epochs=5, shuffle=False, verbose=0)
    np.testing.assert_allclose(a.history["loss"], b.history["loss"], rtol=1e-9)  # five steps of Adam apart
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)


def test_rows_of_weight_0_teach_nothing():
    weights = (np.arange(50) < 30).astype(float)
    poisoned = np.where(weights > 0, Y, 1e6)
    a, b = network(), network()
    a.fit(X, Y, sample_weight=weights, batch_size=10, epochs=3, verbose=0)
    b.fit(X, poisoned, sample_weight=weights, batch_size=10, epochs=3, verbose=0)
    assert same(a, b)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
def test_a_batch_of_only_zero_weights_is_no_divergence(reduction):
    model = network(loss=losses.MeanSquaredError(reduction=reduction))
    weights = np.zeros(50)
    weights[7] = 1
    history = model.fit(X, Y, sample_weight=weights, batch_size=1, epochs=2, verbose=0)
    assert history.stopped_by == "all epochs done"


def test_class_weights_are_sample_weights():
    per_class = {0: 0.5, 1: 2.0, 2: 0.0}
    by_row = np.array([per_class[c] for c in CODES])
    extra = RNG.uniform(0.5, 2, 50)

    def trained(**weights):
        model = network(Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy")
        model.fit(X, CODES, epochs=3, batch_size=8, verbose=0, **weights)
        return model

    assert same(trained(class_weight=per_class), trained(sample_weight=by_row))
    assert same(trained(class_weight=per_class, sample_weight=extra), trained(sample_weight=by_row * extra))
    counts = np.bincount(CODES)
    balanced = {c: 50 / (3 * counts[c]) for c in range(3)}
    assert same(trained(class_weight="balanced"), trained(class_weight=balanced))
    one_hot = network(Dense(3, activation="softmax"), loss="categorical_crossentropy")
    one_hot.fit(X, np.eye(3)[CODES], epochs=3, batch_size=8, verbose=0, class_weight=per_class)
    np.testing.assert_allclose(one_hot.predict(X), trained(class_weight=per_class).predict(X), rtol=ROUNDING)


def test_balanced_is_scikit_learns():
    from sklearn.utils.class_weight import compute_sample_weight

    np.testing.assert_allclose(
        batches.apply_class_weight(CODES, None, "balanced"), compute_sample_weight("balanced", CODES)
    )


@pytest.mark.parametrize("given_split", [True, False])
def test_class_weights_leave_the_validation_loss_alone(given_split):
    """As in Keras, and for both kinds of validation alike."""

    def history(**options):
        model = network(Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy", optimizer=SGD(1e-300))
        validation = {"validation_split": 0.3} if given_split else {"validation_data": (X[:20], CODES[:20])}
        return model.fit(X, CODES, verbose=0, **validation, **options).history

    plain, weighted = history(), history(class_weight={0: 5.0, 1: 1.0, 2: 1.0})
    assert plain["val_loss"] == weighted["val_loss"]
    assert plain["loss"] != weighted["loss"]


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        ({0: 1.0, 1: 1.0}, DataError, "class_weight has no weight for class 2; it needs one for every class"),
        ({0: 1.0, 1: 1.0, 2: -1.0}, ArgumentError, "class_weight expects weights >= 0, got -1"),
        ("balance", ArgumentError, "class_weight must be a dict or 'balanced', got 'balance'"),
        ([1, 2, 3], ArgumentError, "class_weight must be a dict from class to weight or 'balanced', got [1, 2, 3]"),
    ],
)
def test_bad_class_weights(class_weight, error, message):
    model = network(Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy")
    with pytest.raises(error) as raised:
        model.fit(X, CODES, class_weight=class_weight, verbose=0)
    assert str(raised.value) == message


# ---- validation


def test_validation_split_is_shuffled_stratified_and_seeded():
    seen = []

    class Spy(losses.SparseCategoricalCrossentropy):
        def check_targets(self, y, output_shape):
            return super().check_targets(y, output_shape)

    codes = np.array([0] * 40 + [1] * 10)
    x = np.arange(50.0)[:, None]
    for seed in (0, 0, 1):
        model = Sequential([Input((1,)), Dense(2, activation="softmax")], seed=seed)
        model.compile(SGD(1e-30), Spy())
        rows, held = model._split(model._rows(x, codes, None, "fit")[1], 0.2)
        seen.append(held.x[:, 0])
        assert (len(rows), len(held)) == (40, 10)
        assert sorted(np.bincount(held.y).tolist()) == [2, 8]  # the share of each class
        assert not set(held.x[:, 0]) & set(rows.x[:, 0])
    np.testing.assert_array_equal(seen[0], seen[1])
    assert set(seen[0]) != set(seen[2])
    assert set(seen[0]) != set(range(40, 50))  # not the last rows


def test_validation_split_keeps_weights_with_their_rows():
    weights = RNG.uniform(0, 3, 50)
    model = still()
    _, held = model._split(model._rows(X, Y, weights, "fit")[1], 0.3)
    history = still().fit(X, Y, sample_weight=weights, validation_split=0.3, verbose=0)
    values = (model.predict(held.x)[:, 0] - held.y[:, 0]) ** 2
    np.testing.assert_allclose(history.history["val_loss"], [np.mean(values * held.weight)], rtol=ROUNDING)


def test_validation_data_with_weights():
    weights = RNG.uniform(0, 3, 20)
    model = still(metrics=["mae"])
    history = model.fit(X, Y, validation_data=(X[:20], Y[:20], weights), verbose=0)
    errors = model.predict(X[:20])[:, 0] - Y[:20]
    np.testing.assert_allclose(history.history["val_loss"], [np.mean(errors**2 * weights)], rtol=ROUNDING)
    expected = np.sum(np.abs(errors) * weights) / weights.sum()
    np.testing.assert_allclose(history.history["val_mae"], [expected], rtol=ROUNDING)


def test_validation_is_after_the_epoch_and_moves_nothing():
    model = noisy()
    history = model.fit(X, Y, validation_data=(X, Y), epochs=2, verbose=0)
    assert history.history["val_loss"][-1] == model.evaluate(X, Y)
    other = noisy()
    other.fit(X, Y, epochs=2, verbose=0)
    assert same(model, other)


def test_a_validation_that_overflows_shows_in_its_loss():
    history = network(dtype="float32").fit(X, Y, validation_data=(X, 1e25 * Y), verbose=0)
    assert history.history["val_loss"] == [np.inf]


def test_validation_freq_and_batch_size():
    history = network().fit(
        X, Y, validation_data=(X, Y), validation_freq=2, validation_batch_size=7, epochs=5, verbose=0
    )
    missing = np.isnan(history.history["val_loss"]).tolist()
    assert missing == [True, False, True, False, True]
    assert history.best_epoch in (1, 3)


# ---- batches, order and seeds


def test_orders():
    seen = []

    class Spy(Layer):
        def call(self, inputs, training=False):
            if training:
                seen.append(inputs.numpy()[:, 0].tolist())
            return inputs

    def epochs(n, shuffle, batch_size, seed=0):
        seen.clear()
        model = Sequential([Input((1,)), Spy(), Dense(1)], dtype="float64", seed=seed)
        model.compile("sgd", "mse")
        rows = np.arange(7.0)[:, None]
        model.fit(rows, rows, epochs=n, shuffle=shuffle, batch_size=batch_size, verbose=0)
        return [list(batch) for batch in seen]

    assert epochs(2, False, 3) == [[0, 1, 2], [3, 4, 5], [6]] * 2
    assert epochs(1, False, 1) == [[i] for i in range(7)]
    assert epochs(1, False, 7) == [list(range(7))]
    shuffled = epochs(2, True, 3)
    first, second = ([row for batch in part for row in batch] for part in (shuffled[:3], shuffled[3:]))
    assert [len(batch) for batch in shuffled] == [3, 3, 1] * 2
    assert sorted(first) == sorted(second) == list(range(7))
    assert first != second != list(range(7))
    assert epochs(2, True, 3) == shuffled
    assert epochs(2, True, 3, seed=1) != shuffled


def test_same_seed_same_bits_other_seed_others():
    def trained(model_seed, **options):
        model = noisy(seed=model_seed)
        model.fit(X, Y, epochs=3, verbose=0, **options)
        return model

    assert same(trained(0), trained(0))
    assert not same(trained(0), trained(1))
    assert not same(trained(0), trained(0, seed=5))
    assert same(trained(0, seed=5), trained(0, seed=5))
    without = noisy(seed=None)
    assert not same(without, noisy(seed=None))
    assert same(without, noisy(seed=without.seed))  # the seed that the system gave is there to be used again


def test_numpys_global_random_state_means_nothing():
    def trained():
        model = noisy()
        model.fit(X, Y, epochs=2, verbose=0)
        return model

    np.random.seed(1)  # noqa: NPY002
    a = trained()
    np.random.seed(2)  # noqa: NPY002
    assert same(a, trained())


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("parts", [(5, 5), (1, 9), (3, 3, 4)])
def test_several_fits_are_one(optimizer, parts):
    """Epochs count over all fits: orders, dropout masks, slots and moving averages go on."""
    whole, pieces = noisy(optimizer=optimizer), noisy(optimizer=optimizer)
    expected = whole.fit(X, Y, epochs=10, batch_size=16, verbose=0).history["loss"]
    got = []
    for epochs in parts:
        got += pieces.fit(X, Y, epochs=epochs, batch_size=16, verbose=0).history["loss"]
    assert got == expected
    assert same(whole, pieces)


def test_initial_epoch_counts_as_in_keras():
    whole, pieces = noisy(), noisy()
    whole.fit(X, Y, epochs=5, verbose=0)
    pieces.fit(X, Y, epochs=2, verbose=0)
    history = pieces.fit(X, Y, initial_epoch=2, epochs=5, verbose=0)
    assert history.epoch == [2, 3, 4]
    assert same(whole, pieces)


def test_compile_starts_the_optimiser_afresh_and_leaves_the_weights():
    a = noisy()
    a.fit(X, Y, epochs=2, verbose=0)
    b = noisy()
    b.set_weights(a.get_weights())
    a.compile("adam", "mse")
    assert same(a, b)
    a.fit(X, Y, epochs=2, verbose=0)
    b.fit(X, Y, epochs=2, verbose=0)
    assert same(a, b)


def test_freezing_between_fits():
    model = noisy()
    model.fit(X, Y, verbose=0)
    frozen = model.layers[1]
    frozen.trainable = False
    before = frozen.get_weights()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], frozen.get_weights()[0])
    frozen.trainable = True
    model.fit(X, Y, verbose=0)
    assert (before[0] != frozen.get_weights()[0]).any()


# ---- the other verbs


@pytest.mark.parametrize("rows", [1, 50])
def test_train_on_batch_is_a_fit_of_one_batch(rows):
    a, b = noisy(metrics=["mae"]), noisy(metrics=["mae"])
    for _ in range(3):
        history = a.fit(X[:rows], Y[:rows], batch_size=rows, shuffle=False, verbose=0)
        loss, mae = b.train_on_batch(X[:rows], Y[:rows])
        assert [loss] == history.history["loss"]
        assert [mae] == history.history["mae"]
    assert same(a, b)
    assert b.train_on_batch(X, Y, return_dict=True).keys() == {"loss", "mae"}


def test_train_on_batch_with_weights():
    weights = RNG.uniform(0, 2, 50)
    a, b = network(), network()
    a.train_on_batch(X, Y, sample_weight=weights)
    b.fit(X, Y, sample_weight=weights, batch_size=50, shuffle=False, verbose=0)
    assert same(a, b)
    assert isinstance(a.train_on_batch(X, Y), float)


def test_train_on_a_batch_that_overflows_leaves_everything_as_it_was():
    model = noisy()
    before = model.get_weights()
    with pytest.raises(
        DataError, match="the loss or its gradient is not finite on this batch; the weights are unchanged"
    ):
        model.train_on_batch(X, np.full(50, 1e300))
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))


@settings(max_examples=20)
@given(st.integers(1, 60))
def test_predict_does_not_depend_on_the_batch_size(batch_size):
    model = noisy()
    np.testing.assert_allclose(model.predict(X, batch_size=batch_size), model.predict(X), rtol=ROUNDING)
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X))


def test_predict_before_compile_and_on_one_row():
    model = Sequential([Dense(2)], seed=0)
    assert model.predict([[1.0, 2.0]]).shape == (1, 2)
    predictions = model.predict(X[:, :2])
    predictions[...] = 0  # the caller's own array
    assert model.predict([[1.0, 2.0]]).any()


def test_evaluate_returns():
    model = network(metrics=["mae", MeanAbsoluteError(name="again")])
    loss, mae, again = model.evaluate(X, Y)
    assert mae == again
    assert model.evaluate(X, Y, return_dict=True) == {"loss": loss, "mae": mae, "again": again}
    assert isinstance(network().evaluate(X, Y), float)


# ---- metrics


@pytest.mark.parametrize(
    ("layer", "loss", "y"),
    [
        (Dense(1, activation="sigmoid"), "bce", (CODES > 0)),
        (Dense(1), losses.BinaryCrossentropy(from_logits=True), (CODES > 0)),
        (Dense(3, activation="softmax"), "sparse_categorical_crossentropy", CODES),
        (Dense(3), losses.SparseCategoricalCrossentropy(from_logits=True), CODES),
        (Dense(3), losses.CategoricalCrossentropy(from_logits=True), np.eye(3)[CODES]),
    ],
)
def test_metrics_are_those_of_the_predictions_and_see_probabilities(layer, loss, y):
    layer = Dense(**layer.get_config())  # parameters are shared between runs, layers are not
    model = network(layer, loss=loss, metrics=["accuracy", "log_loss", "roc_auc"], optimizer=SGD(1e-300))
    history = model.fit(X, y, validation_data=(X, y), batch_size=16, verbose=0).history
    outputs = model.predict(X)
    if not isinstance(loss, str):
        e = np.exp(outputs)
        outputs = e / (1 + e) if outputs.shape[1] == 1 else e / e.sum(axis=1, keepdims=True)
    codes = np.argmax(y, axis=1) if y.ndim == 2 else y.astype(int)
    shares = np.column_stack([1 - outputs, outputs]) if outputs.shape[1] == 1 else outputs
    accuracy = np.mean(shares.argmax(axis=1) == codes)
    log_loss = -np.mean(np.log(shares[np.arange(50), codes]))
    for name, expected in (("accuracy", accuracy), ("log_loss", log_loss), ("loss", log_loss)):
        np.testing.assert_allclose(history[name], [expected], rtol=1e-9, err_msg=name)
        np.testing.assert_allclose(history[f"val_{name}"], [expected], rtol=1e-9, err_msg=name)
    assert history["roc_auc"] == history["val_roc_auc"]


def test_training_metrics_are_gathered_while_the_weights_move():
    """As in Keras: each batch is measured with the weights it was trained from."""
    seen = []
    model = network(metrics=["mae"])
    record = LambdaCallback(on_train_batch_begin=lambda batch, logs: seen.append(model.predict(X)[:, 0]))
    history = model.fit(X, Y, batch_size=20, shuffle=False, callbacks=[record], verbose=0)
    rows = [slice(0, 20), slice(20, 40), slice(40, 50)]
    errors = np.concatenate([abs(f[part] - Y[part]) for f, part in zip(seen, rows, strict=True)])
    np.testing.assert_allclose(history.history["mae"], [errors.mean()], rtol=ROUNDING)


def test_a_metric_that_is_no_number():
    model = network(
        Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy", metrics=["confusion_matrix"]
    )
    history = model.fit(X, CODES, epochs=2, validation_data=(X, CODES), verbose=0)
    assert [matrix.sum() for matrix in history.history["confusion_matrix"]] == [50, 50]
    assert "confusion" not in repr(history)
    assert len(history.plot().axes) == 1


# ---- a hand-written loop is the same thing


@pytest.mark.parametrize("optimizer", [SGD(0.05, momentum=0.9), Adam(0.01), Adam(0.01, clipnorm=0.1)])
def test_a_hand_written_loop_equals_fit_step_for_step(optimizer):
    """On logits and on the tape, fit computes the very same; dropout masks and moving averages included."""
    loss = losses.BinaryCrossentropy(from_logits=True)
    y = (CODES > 0).astype(float)
    fitted, by_hand = noisy(loss=loss, optimizer=type(optimizer)(**optimizer.get_config())), noisy(loss=loss)
    fitted.compile(fitted.optimizer, loss, engine="python")
    epoch_losses = fitted.fit(X, y, epochs=4, batch_size=50, shuffle=False, verbose=0).history["loss"]
    for expected in epoch_losses:
        with GradientTape() as tape:
            value = loss(y[:, None], by_hand(X, training=True))
        assert float(value) == expected
        gradients = tape.gradient(value, by_hand.trainable_variables)
        optimizer.apply_gradients(zip(gradients, by_hand.trainable_variables, strict=True))
    assert same(fitted, by_hand)


# ---- errors


def test_before_compile():
    model = Sequential([Dense(1)])
    for verb, call in (
        ("fit", lambda: model.fit(X, Y)),
        ("evaluate", lambda: model.evaluate(X, Y)),
        ("train_on_batch", lambda: model.train_on_batch(X, Y)),
    ):
        with pytest.raises(StateError) as raised:
            call()
        assert str(raised.value) == f"{verb} before compile; call model.compile(optimizer=..., loss=...) first"


NAN_ROW = np.where(np.arange(150).reshape(50, 3) == 50 + 3, np.nan, X)
FIT_ERRORS = [
    ({"epochs": 0}, ArgumentError, "epochs must be an integer >= 1, got 0"),
    ({"epochs": 1.5}, ArgumentError, "epochs must be an integer >= 1, got 1.5"),
    (
        {"epochs": 3, "initial_epoch": 3},
        ArgumentError,
        "initial_epoch must be below epochs, got 3 and 3; epochs counts from the first fit on",
    ),
    ({"initial_epoch": -1}, ArgumentError, "initial_epoch must be an integer >= 0, got -1"),
    ({"batch_size": 0}, ArgumentError, "batch_size must be an integer >= 1, got 0"),
    ({"batch_size": "32"}, ArgumentError, "batch_size must be an integer >= 1, got '32'"),
    ({"validation_split": 1.0}, ArgumentError, "validation_split must be in [0, 1), got 1.0"),
    ({"validation_split": -0.2}, ArgumentError, "validation_split must be in [0, 1), got -0.2"),
    ({"validation_split": "0.2"}, ArgumentError, "validation_split must be in [0, 1), got '0.2'"),
    ({"validation_data": X}, ArgumentError, "validation_data expects (x, y) or (x, y, sample_weight)"),
    ({"validation_data": (X,)}, ArgumentError, "validation_data expects (x, y) or (x, y, sample_weight)"),
    (
        {"validation_data": (X, Y), "validation_freq": 0},
        ArgumentError,
        "validation_freq must be an integer >= 1, got 0",
    ),
    (
        {"validation_data": (X, Y), "validation_batch_size": -5},
        ArgumentError,
        "batch_size must be an integer >= 1, got -5",
    ),
    (
        {"validation_data": (X[:, :2], Y)},
        ShapeError,
        "the model expects inputs of shape (batch, 3), got (50, 2)",
    ),
    ({"verbose": 3}, ArgumentError, "verbose must be 'auto', 0, 1 or 2, got 3"),
    ({"seed": -1}, ArgumentError, "seed must be an integer from 0 to 2**64 - 1, got -1"),
    (
        {"sample_weight": [1.0]},
        ShapeError,
        "sample_weight expects one weight per row, shape (50,), got (1,)",
    ),
    (
        {"sample_weight": np.full(50, -1.0)},
        DataError,
        "sample_weight expects weights >= 0 that are not all 0, got a smallest one of -1",
    ),
    (
        {"sample_weight": np.zeros(50)},
        DataError,
        "sample_weight expects weights >= 0 that are not all 0, got a smallest one of 0",
    ),
    (
        {"sample_weight": np.full(50, np.inf)},
        DataError,
        "sample_weight holds inf (first in row 0); fill or drop such values first "
        "(chainrule.train does that for a table)",
    ),
    ({"callbacks": ["stop"]}, ArgumentError, "callbacks expects Callback objects, got 'stop'"),
    (
        {"x": np.zeros((0, 3)), "y": []},
        DataError,
        "x has no rows (shape (0, 3)); training and prediction need at least one",
    ),
    ({"x": X[:20]}, ShapeError, "x and y must have the same number of rows, got (20, 3) and (50,)"),
    ({"x": X[:, :2]}, ShapeError, "the model expects inputs of shape (batch, 3), got (50, 2)"),
    ({"x": X[:, 0]}, ShapeError, "the model expects inputs of shape (batch, 3), got (50,)"),
    ({"x": 1.0}, ShapeError, "x expects one row per example, got a single number"),
    (
        {"x": NAN_ROW},
        DataError,
        "x holds nan (first in row 17, column 2); fill or drop such values first "
        "(chainrule.train does that for a table)",
    ),
    (
        {"x": np.where(np.isnan(NAN_ROW), -np.inf, X)},
        DataError,
        "x holds -inf (first in row 17, column 2); fill or drop such values first "
        "(chainrule.train does that for a table)",
    ),
    (
        {"x": [["a", "b", "c"]] * 50},
        DTypeError,
        "x expects numbers, got <U1; encode them, or let chainrule.train read the table",
    ),
    (
        {"x": np.array([[1, "b", None]] * 50, object)},
        DTypeError,
        "x holds text or mixed values (first: 1); encode them as numbers, or let chainrule.train read the table",
    ),
]


@pytest.mark.parametrize(("arguments", "error", "message"), FIT_ERRORS, ids=[next(iter(row[0])) for row in FIT_ERRORS])
def test_bad_arguments_and_data(arguments, error, message):
    model = network()
    before = model.get_weights()
    with pytest.raises(error) as raised:
        model.fit(**({"x": X, "y": Y, "verbose": 0} | arguments))
    assert str(raised.value) == message
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))


def test_rows_of_different_lengths():
    with pytest.raises(ShapeError, match="x expects rows of the same length"):
        network().fit([[1.0, 2.0, 3.0], [1.0]], [1.0, 2.0])


@pytest.mark.parametrize("verb", ["predict", "evaluate"])
def test_bad_data_and_batch_sizes_elsewhere(verb):
    model = network()
    arguments = (Y,) if verb == "evaluate" else ()
    call = getattr(model, verb)
    with pytest.raises(ShapeError, match=r"^the model expects inputs of shape \(batch, 3\), got \(50, 2\)$"):
        call(X[:, :2], *arguments)
    with pytest.raises(DataError, match="row 17, column 2"):
        call(NAN_ROW, *arguments)
    for batch_size in (0, -1, 2.5):
        with pytest.raises(ArgumentError, match="batch_size must be an integer >= 1"):
            call(X, *arguments, batch_size=batch_size)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            {"loss": None},
            ArgumentError,
            "compile needs a loss, such as loss='mse' or loss='sparse_categorical_crossentropy'",
        ),
        ({"loss": "mes"}, UnknownNameError, "unknown loss 'mes'; did you mean 'mse'?"),
        ({"optimizer": "adamm"}, UnknownNameError, "'adam'"),
        ({"metrics": "mae"}, ArgumentError, "metrics expects a list, got 'mae'; write metrics=['mae']"),
        ({"engine": "pyhton"}, UnknownNameError, "unknown engine 'pyhton'; did you mean 'python'?"),
        (
            {"loss": losses.MeanSquaredError(reduction="none")},
            ArgumentError,
            "training needs one number: reduction='none' is for calling a loss by hand",
        ),
    ],
)
def test_bad_compile(arguments, error, message):
    model = Sequential([Dense(1)])
    with pytest.raises(error) as raised:
        model.compile(**({"optimizer": "sgd", "loss": "mse"} | arguments))
    assert message in str(raised.value)


def test_unknown_metric_is_found_before_training():
    model = network(metrics=["acuracy"])
    with pytest.raises(UnknownNameError, match=r"unknown metric 'acuracy'; did you mean 'accuracy'\?"):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize(
    ("layer", "loss", "message"),
    [
        (
            Dense(1),
            "bce",
            "BinaryCrossentropy expects probabilities, but dense_1 is linear, which gives others; "
            "set its activation to 'sigmoid', or use BinaryCrossentropy(from_logits=True)",
        ),
        (
            Dense(3, activation="relu"),
            "sparse_categorical_crossentropy",
            "SparseCategoricalCrossentropy expects probabilities, but dense_1 is relu, which gives others; "
            "set its activation to 'softmax', or use SparseCategoricalCrossentropy(from_logits=True)",
        ),
        (
            Dense(3, activation="softmax"),
            losses.SparseCategoricalCrossentropy(from_logits=True),
            "SparseCategoricalCrossentropy(from_logits=True) expects logits, but dense_1 is softmax; "
            "leave out one of the two",
        ),
        (
            Dense(1, activation="softmax"),
            "bce",
            "the softmax of dense_1's one output is always 1; set its activation to 'sigmoid'",
        ),
    ],
)
def test_outputs_that_do_not_fit_the_loss(layer, loss, message):
    model = network(layer, loss=loss)
    with pytest.raises(ArgumentError) as raised:
        model.fit(X, np.zeros(50, int), verbose=0)
    assert str(raised.value) == message


def test_a_layer_that_cuts_the_gradient_is_named():
    class Cut(Layer):
        def call(self, inputs):
            return np.maximum(inputs.numpy(), 0)

    model = network(Dense(2), Cut(), Dense(1))
    with pytest.warns(
        UserWarning, match="no gradient for dense_1/kernel, dense_1/bias: the loss does not depend on it"
    ):
        model.fit(X, Y, verbose=0)


@pytest.mark.parametrize("kind", [np.float32, np.float16, np.int64, bool])
def test_inputs_of_other_types(kind):
    model = network(dtype="float32")
    x = (X > 0).astype(kind)
    np.testing.assert_array_equal(model.predict(x), model.predict((X > 0).astype(np.float64)))
    assert np.isfinite(model.fit(x, Y, verbose=0).history["loss"][0])


@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_data_frames(library):
    module = pytest.importorskip(library)
    frame = module.DataFrame({"a": X[:, 0], "b": X[:, 1], "c": X[:, 2]})
    model = network()
    np.testing.assert_array_equal(model.predict(frame), model.predict(X))
    model.fit(frame, module.Series(Y), epochs=1, verbose=0)


def test_inputs_are_left_alone():
    x, y = X.copy(), Y.copy()
    x.setflags(write=False)
    y.setflags(write=False)
    noisy().fit(x, y, epochs=2, verbose=0)
    np.testing.assert_array_equal(x, X)


def test_strides_mean_nothing():
    a, b = network(), network()
    a.fit(np.asfortranarray(X)[::-1], Y[::-1], verbose=0)
    b.fit(np.ascontiguousarray(X[::-1]), np.ascontiguousarray(Y[::-1]), verbose=0)
    assert same(a, b)


def test_a_loss_function_sees_float32_in_a_float32_model():
    kinds = set()

    def mine(y, f):
        kinds.add((y.dtype, f.dtype))
        return ops.square(y - f)

    model = network(dtype="float32", loss=mine)
    model.fit(X, Y, verbose=0)
    assert kinds == {(np.dtype("float32"), np.dtype("float32"))}
