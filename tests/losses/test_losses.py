"""Every loss: gradient, stability, shapes that must not broadcast, and targets that are refused."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule import GradientTape, Sequential, Tensor, gradient_check, losses, ops
from chainrule.errors import (
    ArgumentError,
    DataError,
    DTypeError,
    ShapeError,
    UnknownArgumentError,
    UnknownNameError,
)
from chainrule.layers import Dense, Input
from chainrule.random import generator

ROUNDING = {"float32": 1e-6, "float64": 1e-13}
both_types = pytest.mark.parametrize("dtype", ROUNDING)
Z = generator(0, "check").normal(size=(6, 3))
CODES = np.array([0, 1, 2, 2, 0, 1])
ONE_HOT = np.eye(3)[CODES]
FLAGS = (Z[::-1] > 0).astype(float)
PROBABILITIES = 1 / (1 + np.exp(-Z))
SHARES = np.exp(Z) / np.exp(Z).sum(axis=1, keepdims=True)
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


@given(
    logits=st.lists(st.lists(st.floats(-30, 30), min_size=3, max_size=3), min_size=1, max_size=5),
    smoothing=st.floats(0, 1),
)
def test_logits_and_probabilities_agree(logits, smoothing):
    """Within the clip: a probability closer to 0 than 1e-7 is counted as 1e-7, a logit is not."""
    z = np.clip(np.array(logits), -7, 7)
    rows = len(z)
    for cls, activation, y in (
        (losses.BinaryCrossentropy, ops.sigmoid, FLAGS[:rows]),
        (losses.CategoricalCrossentropy, ops.softmax, ONE_HOT[:rows]),
        (losses.SparseCategoricalCrossentropy, ops.softmax, CODES[:rows]),
    ):
        loss = cls(label_smoothing=smoothing)
        expected = loss(y, activation(z)).numpy()
        np.testing.assert_allclose(loss.on_logits()(y, z).numpy(), expected, rtol=1e-9, atol=1e-9)


def value_and_slope(loss, y, z):
    x = Tensor(z)
    with GradientTape() as tape:
        tape.watch(x)
        value = loss(y, x)
    return float(value), tape.gradient(value, x).numpy()


@both_types
def test_logits_of_ten_thousand(dtype):
    """The values and slopes are known: a wrong answer with margin m costs m, and its slope is -1 or 1."""
    with np.errstate(all="raise", under="ignore"):
        binary = losses.BinaryCrossentropy(from_logits=True)
        z = np.array([[1e4], [-1e4], [1e4], [-1e4]], dtype)
        value, slope = value_and_slope(binary, [[1.0], [0.0], [0.0], [1.0]], z)
        assert value == 5000
        np.testing.assert_allclose(slope, [[0], [0], [0.25], [-0.25]], atol=np.finfo(dtype).tiny)
        z = np.array([[1e4, -1e4, 0.0], [1e4, -1e4, 0.0]], dtype)
        sparse = losses.SparseCategoricalCrossentropy(from_logits=True)
        for loss, y in (
            (sparse, [0, 1]),
            (losses.CategoricalCrossentropy(from_logits=True), np.eye(3)[[0, 1]]),
        ):
            value, slope = value_and_slope(loss, y, z)
            assert value == 10_000  # 0 for the right answer, 2e4 for the wrong one
            np.testing.assert_array_equal(slope, [[0, 0, 0], [0.5, -0.5, 0]])
        value, slope = value_and_slope(losses.CategoricalCrossentropy(True, label_smoothing=0.3), np.eye(3)[[0]], z[:1])
        np.testing.assert_allclose(value, 0.1 * 2e4 + 0.1 * 1e4, rtol=ROUNDING[dtype])
        np.testing.assert_allclose(slope, [[0.2, -0.1, -0.1]], rtol=ROUNDING[dtype])


@both_types
def test_the_model_is_as_stable_as_logits_are(dtype):
    """With the activation as the last layer's, training works on what is before it."""
    for units, activation, loss, y in (
        (1, "sigmoid", "binary_crossentropy", [0.0]),
        (2, "softmax", "sparse_categorical_crossentropy", [1]),
        (2, "softmax", "categorical_crossentropy", [[0.0, 1.0]]),
    ):
        model = Sequential([Input((1,)), Dense(units, activation=activation, use_bias=False)], dtype=dtype, seed=0)
        model.set_weights([np.array([[1e4, -1e4][:units]])])
        model.compile("sgd", loss)
        assert model.evaluate([[1.0]], y) == (1e4 if units == 1 else 2e4)
        model.fit([[1.0]], y, verbose=0)
        assert np.isfinite(model.get_weights()[0]).all()


@pytest.mark.parametrize(
    ("activation", "loss", "reached"),
    [("sigmoid", losses.BinaryCrossentropy(), 2e4), ("tanh", losses.MeanSquaredError(), 1.0)],
)
def test_evaluate_is_the_loss_of_the_predictions(activation, loss, reached):
    model = Sequential([Input((3,)), Dense(3, activation=activation)], dtype="float64", seed=1)
    model.compile("sgd", loss)
    np.testing.assert_allclose(model.evaluate(Z, FLAGS), float(loss(FLAGS, model.predict(Z))), rtol=1e-12)
    assert model.evaluate(Z, FLAGS) < reached


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


def compiled(loss, units, activation=None):
    model = Sequential([Input((2,)), Dense(units, activation=activation)], seed=0)
    model.compile("sgd", loss)
    return model


NAN = float("nan")
BAD_TARGETS = [
    ("mse", 1, None, [1.0, NAN, 3.0], DataError, "targets hold NaN or infinity (first in row 1)"),
    ("mse", 1, None, [1.0, 2.0, float("inf")], DataError, "targets hold NaN or infinity (first in row 2)"),
    (
        "mse",
        1,
        None,
        ["a", "b", "c"],
        DTypeError,
        "y expects numbers, got <U1; encode them, or let chainrule.train read the table",
    ),
    (
        "mse",
        1,
        None,
        np.array(["a", 1, None], object),
        DTypeError,
        "y holds text or mixed values (first: 'a'); encode them as numbers, or let chainrule.train read the table",
    ),
    (
        "mse",
        1,
        None,
        np.ones((3, 2)),
        ShapeError,
        "MeanSquaredError expects one target per output: the model has 1 output, targets (3, 2)",
    ),
    (
        "mse",
        3,
        None,
        [0.0, 1.0, 2.0],
        ShapeError,
        "MeanSquaredError expects one target per output: the model has outputs of shape (3,), targets (3,); "
        "for class codes use SparseCategoricalCrossentropy",
    ),
    ("mse", 1, None, [1.0, 2.0], ShapeError, "x and y must have the same number of rows, got (3, 2) and (2,)"),
    ("mse", 1, None, 1.0, ShapeError, "x and y must have the same number of rows, got (3, 2) and ()"),
    ("mse", 1, None, None, ArgumentError, "fit needs targets y as well as inputs x"),
    (
        "bce",
        1,
        "sigmoid",
        [0, 1, 2],
        DataError,
        "BinaryCrossentropy expects labels from 0 to 1, got 0 to 2; "
        "for more classes use SparseCategoricalCrossentropy with one output per class",
    ),
    (
        "bce",
        1,
        "sigmoid",
        [-1, 1, 1],
        DataError,
        "BinaryCrossentropy expects labels from 0 to 1, got -1 to 1; "
        "for more classes use SparseCategoricalCrossentropy with one output per class",
    ),
    (
        "categorical_crossentropy",
        3,
        "softmax",
        [0, 1, 2],
        ShapeError,
        "CategoricalCrossentropy expects one-hot labels of shape (batch, 3), got (3,); "
        "for class codes 0, 1, 2 ... use SparseCategoricalCrossentropy",
    ),
    (
        "categorical_crossentropy",
        3,
        "softmax",
        np.eye(3)[:, :2],
        ShapeError,
        "CategoricalCrossentropy expects one-hot labels of shape (batch, 3), got (3, 2); "
        "for class codes 0, 1, 2 ... use SparseCategoricalCrossentropy",
    ),
    (
        "categorical_crossentropy",
        3,
        "softmax",
        2 * np.eye(3),
        DataError,
        "CategoricalCrossentropy expects labels from 0 to 1, got 0 to 2",
    ),
    (
        "sparse_categorical_crossentropy",
        3,
        "softmax",
        [1, 2, 3],
        DataError,
        "SparseCategoricalCrossentropy expects class codes from 0 to 2 for 3 outputs, got 1 to 3; "
        "number the classes from 0, one output for each",
    ),
    (
        "sparse_categorical_crossentropy",
        3,
        "softmax",
        [-1, 0, 1],
        DataError,
        "SparseCategoricalCrossentropy expects class codes from 0 to 2 for 3 outputs, got -1 to 1; "
        "number the classes from 0, one output for each",
    ),
    (
        "sparse_categorical_crossentropy",
        3,
        "softmax",
        [0.0, 0.5, 1.0],
        DataError,
        "SparseCategoricalCrossentropy expects whole class codes, got 0.5",
    ),
    (
        "sparse_categorical_crossentropy",
        3,
        "softmax",
        [0.0, 1e300, 1.0],
        DataError,
        "SparseCategoricalCrossentropy expects whole class codes, got 1e+300",
    ),
    (
        "sparse_categorical_crossentropy",
        3,
        "softmax",
        np.eye(3),
        ShapeError,
        "SparseCategoricalCrossentropy expects class codes of shape (batch,), got (3, 3); "
        "for one-hot labels use CategoricalCrossentropy",
    ),
    ("hinge", 1, None, [1, 2, 1], DataError, "Hinge expects labels -1 and 1, or 0 and 1, got 2"),
    ("poisson", 1, "softplus", [1.0, -2.0, 0.0], DataError, "Poisson expects counts >= 0, got -2.0"),
]


@pytest.mark.parametrize(
    ("loss", "units", "activation", "y", "error", "message"), BAD_TARGETS, ids=[row[0] for row in BAD_TARGETS]
)
def test_bad_targets(loss, units, activation, y, error, message):
    model = compiled(loss, units, activation)
    before = model.get_weights()
    with pytest.raises(error) as raised:
        model.fit(np.ones((3, 2)), y, verbose=0)
    assert str(raised.value) == message
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("loss", "units", "activation", "y"),
    [
        ("bce", 1, "sigmoid", [True, False, True]),
        ("bce", 1, "sigmoid", [[0], [1], [1]]),
        ("bce", 1, "sigmoid", [0.2, 0.9, 0.5]),
        ("bce", 2, "sigmoid", [[0, 1], [1, 1], [0, 0]]),
        ("sparse_categorical_crossentropy", 3, "softmax", [[0], [1], [2]]),
        ("sparse_categorical_crossentropy", 3, "softmax", np.array([0, 1, 2], np.uint8)),
        ("sparse_categorical_crossentropy", 3, "softmax", [0.0, 1.0, 2.0]),
        ("categorical_crossentropy", 3, "softmax", np.eye(3, dtype=bool)),
        ("hinge", 1, None, [-1, 1, 1]),
        ("hinge", 1, None, [0, 1, 1]),
        ("mse", 2, None, np.ones((3, 2), np.int8)),
        ("mae", 1, None, Tensor([1.0, 2.0, 3.0])),
    ],
)
def test_good_targets(loss, units, activation, y):
    history = compiled(loss, units, activation).fit(np.ones((3, 2)), y, verbose=0)
    assert np.isfinite(history.history["loss"][0])


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


def test_codes_outside_the_classes_are_refused_without_fit_too():
    with pytest.raises(DataError, match="expects class codes from 0 to 2 for 3 outputs, got 0 to 3; number"):
        losses.SparseCategoricalCrossentropy(from_logits=True)([3, 0, 0, 0, 0, 0], Z)


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
