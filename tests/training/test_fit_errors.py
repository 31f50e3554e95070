"""What fit, evaluate, predict and compile refuse, and what they say."""

import numpy as np
import pytest

from chainrule import Sequential, losses
from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError, StateError, UnknownNameError
from chainrule.layers import Dense, Layer
from tests.training.networks import NAN_ROW, X, Y, network


class Sparse:
    """Like a sparse matrix: NumPy sees one object."""

    def toarray(self):
        return X


class Elsewhere:
    """Like a tensor of another library on a device."""

    def __array__(self, dtype=None, copy=None):
        raise TypeError("the tensor lies on another device")


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
        "validation_batch_size must be an integer >= 1, got -5",
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
        "sample_weight expects weights >= 0 that are not all zero, got a smallest one of -1",
    ),
    (
        {"sample_weight": np.zeros(50)},
        DataError,
        "sample_weight expects weights >= 0 that are not all zero, got a smallest one of 0",
    ),
    (
        {"sample_weight": np.full(50, np.inf)},
        DataError,
        "sample_weight holds inf (first in row 0); fill or drop such values first "
        "(chainrule.train does that for a table)",
    ),
    ({"callbacks": ["stop"]}, ArgumentError, "callbacks expects Callback objects, got 'stop'"),
    ({"callbacks": 3}, ArgumentError, "callbacks expects Callback objects, got 3"),
    ({"shuffle": "yes"}, ArgumentError, "shuffle must be True, False or a function of the epoch, got 'yes'"),
    (
        {"x": np.zeros((0, 3)), "y": []},
        DataError,
        "x has no rows (shape (0, 3)); training and prediction need at least one",
    ),
    ({"x": X[:20]}, ShapeError, "x and y must have the same number of rows, got (20, 3) and (50,)"),
    ({"x": X[:, :2]}, ShapeError, "the model expects inputs of shape (batch, 3), got (50, 2)"),
    ({"x": X[:, 0]}, ShapeError, "the model expects inputs of shape (batch, 3), got (50,)"),
    ({"x": 1.0}, ShapeError, "x expects one row per example, got a single number"),
    ({"x": None}, DTypeError, "x expects an array or a list of rows, got None"),
    ({"x": (row for row in X)}, DTypeError, "x expects an array or a list of rows, got generator"),
    ({"x": Sparse()}, DTypeError, "x expects an array or a list of rows, got Sparse; write .toarray()"),
    ({"x": X[:, :0]}, DataError, "x has no features (shape (50, 0)); every row needs at least one number"),
    (
        {"x": [[10**400, 0, 0]] * 50},
        DataError,
        "x holds whole numbers beyond the range of float64; scale them first",
    ),
    ({"x": Elsewhere()}, DTypeError, "x expects an array, got Elsewhere: the tensor lies on another device"),
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
        "x holds text or mixed values (first: 'b'); encode them as numbers, or let chainrule.train read the table",
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
