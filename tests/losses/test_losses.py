"""Every loss: gradient, type, one value per example, reductions, errors; and losses of one's own."""

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Tensor, gradient_check, losses, ops
from chainrule.errors import ArgumentError, DTypeError, ShapeError, UnknownArgumentError, UnknownNameError
from chainrule.layers import Dense, Input
from tests.losses.data import CODES, FLAGS, ONE_HOT, PROBABILITIES, ROUNDING, SHARES, Z, both_types, compiled

# loss, targets, predictions away from kinks
TABLE = {
    "bce": (losses.BinaryCrossentropy(), FLAGS, PROBABILITIES),
    "bce of logits": (losses.BinaryCrossentropy(from_logits=True), FLAGS, Z),
    "bce smoothed": (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.3), FLAGS, Z),
    "cce": (losses.CategoricalCrossentropy(), ONE_HOT, SHARES),
    "cce of logits": (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT, Z),
    "cce smoothed": (losses.CategoricalCrossentropy(label_smoothing=0.3), ONE_HOT, SHARES),
    "sparse": (losses.SparseCategoricalCrossentropy(), CODES, SHARES),
    "sparse of logits": (losses.SparseCategoricalCrossentropy(from_logits=True), CODES, Z),
    "sparse smoothed": (losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.3), CODES, Z),
    "mse": (losses.MeanSquaredError(), Z[::-1].copy(), Z),
    "mae": (losses.MeanAbsoluteError(), Z[::-1] + 0.01, Z),
    "huber": (losses.Huber(0.7), Z[::-1] + 0.01, Z),
    "hinge": (losses.Hinge(), 2 * FLAGS - 1, Z),
    "poisson": (losses.Poisson(), np.abs(Z).round(), np.exp(Z)),
    "quantile": (losses.Quantile(0.8), Z[::-1] + 0.01, Z),
    "a function": (losses.get(lambda y, f: ops.abs(y - f) ** 3), Z[::-1] + 0.01, Z),
    "weighted mean": (losses.MeanSquaredError(reduction="mean_with_sample_weight"), Z[::-1].copy(), Z),
}
every_loss = pytest.mark.parametrize(("loss", "y", "f"), TABLE.values(), ids=list(TABLE))


@every_loss
def test_gradient(loss, y, f):
    weights = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0])
    gradient_check(lambda x: loss(y, x), f)
    gradient_check(lambda x: loss(y, x, sample_weight=weights), f)
    gradient_check(lambda x: loss.values(y, x), f)


@every_loss
@both_types
def test_type_is_that_of_the_predictions(loss, y, f, dtype):
    x = Tensor(f.astype(dtype))
    with GradientTape() as tape:
        tape.watch(x)
        value = loss(y, x, sample_weight=np.ones(6))
    assert value.dtype == dtype
    assert tape.gradient(value, x).dtype == dtype
    np.testing.assert_allclose(float(value), float(loss(y, f)), rtol=10 * ROUNDING[dtype])


@every_loss
def test_one_value_per_example(loss, y, f):
    values = loss.values(y, f).numpy()
    assert values.shape == (6,)
    for row in range(6):
        np.testing.assert_allclose(loss.values(y[row : row + 1], f[row : row + 1]).numpy(), values[row : row + 1])


@every_loss
def test_reductions(loss, y, f):
    values = loss.values(y, f)
    weights = np.array([1.0, 0.0, 2.0, 0.5, 1.0, 3.0])
    loss = type(loss)(**loss.get_config())  # one of its own, whose reduction can be set
    v, w = values.numpy(), weights
    expected = {
        "sum_over_batch_size": (v.mean(), (v * w).mean()),
        "mean": (v.mean(), (v * w).mean()),
        "sum": (v.sum(), (v * w).sum()),
        "mean_with_sample_weight": (v.mean(), (v * w).sum() / w.sum()),
    }
    for reduction, (plain, weighted) in expected.items():
        loss.reduction = reduction
        np.testing.assert_allclose(float(loss.reduce(values)), plain, rtol=ROUNDING["float64"])
        np.testing.assert_allclose(float(loss.reduce(values, weights)), weighted, rtol=ROUNDING["float64"])
    loss.reduction = None
    np.testing.assert_array_equal(loss.reduce(values, weights).numpy(), v * w)


def test_only_weights_of_zero_are_a_loss_of_zero():
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    assert float(loss([[1.0], [2.0]], [[3.0], [5.0]], sample_weight=[0.0, 0.0])) == 0.0


@every_loss
def test_batch_and_batch_1_never_become_a_square(loss, y, f):
    """(n,) against (n, 1) in both ways gives n values, the same as (n, 1) against (n, 1)."""
    if isinstance(loss, losses.CategoricalCrossentropy | losses.SparseCategoricalCrossentropy):
        return
    y, f = y[:, :1], f[:, :1]
    expected = loss.values(y, f).numpy()
    assert expected.shape == (6,)
    np.testing.assert_array_equal(loss.values(y[:, 0], f).numpy(), expected)
    if not isinstance(loss, losses.FunctionLoss):
        np.testing.assert_array_equal(loss.values(y, f[:, 0]).numpy(), expected)


def test_plain_functions():
    def mine(y_true, y_pred):
        return ops.abs(y_true - y_pred)

    model = Sequential([Input((2,)), Dense(1, use_bias=False, kernel_initializer="ones")], seed=0)
    model.compile("sgd", mine)
    x, y = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([1.0, 9.0])
    assert model.evaluate(x, y) == 2.0  # |3 - 1| and |7 - 9|
    model.fit(x, y, verbose=0)
    assert losses.get(mine).name == "mine"

    def sparse(codes, logits):
        return -ops.sum(ops.one_hot(codes, 2) * ops.log_softmax(logits), axis=-1)

    model = Sequential([Input((2,)), Dense(2)], seed=0)
    model.compile("sgd", sparse)
    expected = losses.SparseCategoricalCrossentropy(from_logits=True)([0, 1], model.predict(x))
    np.testing.assert_allclose(model.evaluate(x, np.array([0, 1])), float(expected), rtol=ROUNDING["float32"])


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda y, f: 3.0, DTypeError, "loss <lambda> must return a Tensor, got float; compute with ops.*"),
        (lambda y, f: None, DTypeError, "loss <lambda> must return a Tensor, got NoneType; compute with ops.*"),
        (
            lambda y, f: ops.sum(f, axis=0),
            ShapeError,
            "loss <lambda> must return one value per example, 6 of them, got shape (3,)",
        ),
    ],
)
def test_plain_functions_that_return_something_else(function, error, message):
    with pytest.raises(error) as raised:
        losses.get(function)(Z, Z)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: losses.get("msee"), UnknownNameError, "unknown loss 'msee'; did you mean 'mse'?"),
        (
            lambda: losses.get("crossentropy"),
            UnknownNameError,
            "unknown loss 'crossentropy'; did you mean 'binary_crossentropy'?",
        ),
        (lambda: losses.get(3), ArgumentError, "loss must be a name, a Loss or a function, got 3"),
        (lambda: losses.Huber(0), ArgumentError, "delta must be > 0, got 0"),
        (
            lambda: losses.Quantile(()),
            ArgumentError,
            "quantile must be a number in (0, 1), or one for each output, got none",
        ),
        (lambda: losses.Quantile([0.5, 2.0]), ArgumentError, "quantile must be in (0, 1), got 2.0"),
        (
            lambda: losses.Quantile((0.1, 0.9))([1.0], [[1.0]]),
            ShapeError,
            "Quantile has 2 quantiles, one for each output; got outputs of shape (1, 1)",
        ),
        (lambda: losses.Quantile(1.0), ArgumentError, "quantile must be in (0, 1), got 1.0"),
        (
            lambda: losses.BinaryCrossentropy(label_smoothing=1.5),
            ArgumentError,
            "label_smoothing must be in [0, 1], got 1.5",
        ),
        (
            lambda: losses.MeanSquaredError(reduction="avg"),
            ArgumentError,
            "reduction must be one of sum_over_batch_size, sum, mean, mean_with_sample_weight, none, got 'avg'",
        ),
        (
            lambda: losses.BinaryCrossentropy(logits=True),
            UnknownArgumentError,
            "BinaryCrossentropy has no argument 'logits'; did you mean 'from_logits'?",
        ),
        (
            lambda: losses.MeanSquaredError()(np.ones((3, 2)), np.ones((3, 4))),
            ShapeError,
            "MeanSquaredError expects targets of the predictions' shape (3, 4), got (3, 2)",
        ),
        (
            lambda: losses.MeanSquaredError()(np.ones(3), np.ones(3), sample_weight=[1.0]),
            ShapeError,
            "sample_weight expects shape (3,), got (1,)",
        ),
        (
            lambda: losses.SparseCategoricalCrossentropy()([0, 1], SHARES),
            ShapeError,
            "SparseCategoricalCrossentropy expects class codes of shape (6,), got (2,)",
        ),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert str(raised.value) == message


def test_names():
    for name, cls in losses.CLASSES.items():
        assert type(losses.get(name)) is cls
        assert type(losses.get(cls.__name__)) is cls
        assert type(losses.get(cls)) is cls
    assert losses.get("pinball").quantile == 0.5
    instance = losses.Huber(0.3)
    assert losses.get(instance) is instance


def test_a_loss_of_ones_own_is_not_bypassed():
    """A subclass of a cross-entropy computes on what it says: probabilities, not the logits before them."""

    class Focal(losses.BinaryCrossentropy):
        def values(self, y_true, y_pred):
            assert 0 <= y_pred.numpy().min() <= y_pred.numpy().max() <= 1
            return super().values(y_true, y_pred) * 2

    model, plain = compiled(Focal(), 1, "sigmoid"), compiled("bce", 1, "sigmoid")
    x, y = np.ones((3, 2)), [0.0, 1.0, 1.0]
    np.testing.assert_allclose(model.evaluate(x, y), 2 * plain.evaluate(x, y), rtol=ROUNDING["float32"])


def test_a_last_layer_of_ones_own_is_not_bypassed():
    class Cooler(Dense):
        def call(self, inputs):
            return ops.softmax(self.preactivation(inputs) * 0.5)

    model = Sequential([Input((2,)), Cooler(2, activation="softmax")], seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    x = np.array([[1.0, 2.0]])
    np.testing.assert_allclose(model.evaluate(x, [0]), -np.log(model.predict(x)[0, 0]), rtol=ROUNDING["float32"])
