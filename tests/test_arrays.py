"""Small checks of arguments."""

import numpy as np
import pytest

from chainrule.arrays import float_dtype, is_number, whole_number
from chainrule.errors import ArgumentError, DTypeError


@pytest.mark.parametrize("dtype", ["float32", np.float64, np.dtype("float32")])
def test_float_dtype(dtype):
    assert float_dtype(dtype) == np.dtype(dtype)


@pytest.mark.parametrize(
    ("dtype", "message"),
    [
        ("float16", "dtype float16 can't be trained in; expected float32 or float64"),
        ("int64", "dtype int64 can't be trained in; expected float32 or float64"),
        ("flaot32", "dtype 'flaot32' is unknown; expected 'float32' or 'float64'"),
    ],
)
def test_types_that_cannot_be_trained_in(dtype, message):
    with pytest.raises(DTypeError) as raised:
        float_dtype(dtype)
    assert str(raised.value) == message


@pytest.mark.parametrize("value", [1, 5, np.int64(3), np.uint8(2)])
def test_whole_number(value):
    assert whole_number("units", value, least=1) == int(value)
    assert type(whole_number("units", value, least=1)) is int


@pytest.mark.parametrize("value", [0, -1, 1.0, "3", None, True])
def test_no_whole_number(value):
    with pytest.raises(ArgumentError) as raised:
        whole_number("units", value, least=1)
    assert str(raised.value) == f"units must be an integer >= 1, got {value!r}"


def test_is_number():
    assert all(is_number(value) for value in (1, 0.5, np.float32(1), np.int8(1), float("nan")))
    assert not any(is_number(value) for value in (True, "1", None, [1], 1j))
