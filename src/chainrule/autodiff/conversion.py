"""How foreign values (numbers, lists, NumPy arrays, columns of data frames) become arrays that Tensors own."""

from typing import Any

import numpy as np

from chainrule.arrays import FLOAT_TYPES, Array
from chainrule.errors import DTypeError, ShapeError

DEFAULT_FLOAT = np.dtype(np.float32)


def number_type(dtype: Any) -> np.dtype[Any]:
    """Return ``dtype`` as a NumPy dtype of this machine's byte order; Tensors hold no other types.

    Examples
    --------
    >>> number_type("float64")
    dtype('float64')
    """
    try:
        result: np.dtype[Any] = np.dtype(np.dtype(dtype).type)  # the one object for this type, in native byte order
    except TypeError as error:
        raise DTypeError(f"dtype {dtype!r} is unknown; a Tensor holds float32, float64, integers or bools") from error
    if result.kind not in "biu" and result not in FLOAT_TYPES:
        raise DTypeError(f"a Tensor holds float32, float64, integers or bools, got {result}; convert it first")
    return result


def to_array(value: Any, dtype: Any = None, precision: np.dtype[Any] = DEFAULT_FLOAT) -> Array:
    """Copy a foreign value into an array of numbers.

    Parameters
    ----------
    value : number, nested list of numbers, array-like
    dtype : dtype, optional
        By default arrays keep their type, and Python floats get ``precision``.
    precision : dtype

    Examples
    --------
    >>> to_array([0.5, 1]).dtype, to_array([1, 2]).dtype
    (dtype('float32'), dtype('int64'))
    """
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise ShapeError(f"can't make a Tensor from this {type(value).__name__}: {error}") from error
    if array.dtype.kind not in "biuf":
        raise DTypeError(
            f"a Tensor holds numbers, got {type(value).__name__} with elements of type {array.dtype.name}; "
            "encode text and missing values as numbers first"
        )
    if dtype is not None:
        target = number_type(dtype)
    elif array.dtype.kind == "f" and not _has_type(value):
        target = precision
    else:
        target = number_type(array.dtype)
    result = array.astype(target, copy=not isinstance(value, list | tuple))
    if target.kind in "iu" and array.dtype.kind == "f" and not np.array_equal(result, array):
        raise DTypeError(f"{target} can't hold fractions, NaN or infinity; ops.cast(x, '{target}') cuts fractions off")
    return result


def _has_type(value: Any) -> bool:
    """Whether a value brings its own floating type: an array, or a list of arrays."""
    if isinstance(value, list | tuple):
        return any(hasattr(part, "__array__") and not isinstance(part, np.generic) for part in value)
    return hasattr(value, "__array__")
