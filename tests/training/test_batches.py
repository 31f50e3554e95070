"""Numbers of batches and class weights."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ArgumentError
from chainrule.training import batches


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_steps_cover_all_rows(rows, batch_size):
    steps = batches.steps(rows, batch_size)
    assert (steps - 1) * batch_size < rows <= steps * batch_size


@pytest.mark.parametrize(
    ("batch_size", "rows", "expected"),
    [(None, 1000, 32), (None, 10, 10), (7, 1000, 7), (64, 10, 10), (np.int64(3), 9, 3)],
)
def test_batch_size(batch_size, rows, expected):
    assert batches.check_batch_size(batch_size, rows) == expected


@pytest.mark.parametrize("batch_size", [0, -1, 1.0, True, "8"])
def test_bad_batch_size(batch_size):
    with pytest.raises(ArgumentError, match="batch_size must be an integer >= 1, got"):
        batches.check_batch_size(batch_size, 10)


@pytest.mark.parametrize(
    "y",
    [
        np.array([0, 1, 1, 2]),
        np.array([[0], [1], [1], [2]]),
        np.array([0.0, 1.0, 1.0, 2.0]),
        np.eye(3)[[0, 1, 1, 2]],
    ],
    ids=["codes", "column", "floats", "one-hot"],
)
def test_class_weights_of_any_form_of_labels(y):
    weight = batches.apply_class_weight(y, np.array([1.0, 1.0, 3.0, 1.0]), {0: 5.0, 1: 0.5, 2: 0.0})
    np.testing.assert_array_equal(weight, [5.0, 0.5, 1.5, 0.0])
