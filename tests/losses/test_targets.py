"""Targets that a loss takes, and targets that it refuses."""

import numpy as np
import pytest

from chainrule import Tensor, losses
from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError
from tests.losses.data import Z, compiled

NAN = float("nan")
BAD_TARGETS = [
    (
        "mse",
        1,
        None,
        [1.0, NAN, 3.0],
        DataError,
        "targets hold NaN or infinity (first in row 1); fill or drop such rows first",
    ),
    (
        "mse",
        1,
        None,
        [1.0, 2.0, float("inf")],
        DataError,
        "targets hold NaN or infinity (first in row 2); fill or drop such rows first",
    ),
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


def test_codes_outside_the_classes_are_refused_without_fit_too():
    with pytest.raises(DataError, match="expects class codes from 0 to 2 for 3 outputs, got 0 to 3; number"):
        losses.SparseCategoricalCrossentropy(from_logits=True)([3, 0, 0, 0, 0, 0], Z)
