"""Types and small checks of arrays that every part shares."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import ArgumentError, DTypeError

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int | None, ...]
Axis: TypeAlias = int | Sequence[int] | None

_DIGESTED = 1 << 20  # elements at a time, so that a memory map is never read in whole
FLOAT_TYPES = (np.dtype(np.float32), np.dtype(np.float64))


def whole_number(name: str, value: Any, least: int) -> int:
    """Return an argument that must be an integer of at least ``least``; NumPy's integers are taken too.

    Examples
    --------
    >>> whole_number("units", 0, least=1)
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: units must be an integer >= 1, got 0
    """
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise ArgumentError(f"{name} must be an integer >= {least}, got {value!r}")
    return int(value)


def is_number(value: Any) -> bool:
    """Whether an argument is a real number, Python's or NumPy's; True and False are not.

    Examples
    --------
    >>> is_number(np.float32(0.5)), is_number("0.5"), is_number(True)
    (True, False, False)
    """
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def float_dtype(dtype: Any) -> np.dtype[Any]:
    """Return ``dtype`` as a NumPy dtype; only float32 and float64 can be trained in.

    Examples
    --------
    >>> float_dtype("float64")
    dtype('float64')
    """
    try:
        result: np.dtype[Any] = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(f"dtype {dtype!r} is unknown; expected 'float32' or 'float64'") from error
    if result not in FLOAT_TYPES:
        raise DTypeError(f"dtype {result} can't be trained in; expected float32 or float64")
    return result


def fingerprint(parts: Iterable[tuple[Array | None, Array | None]]) -> str:
    """Return a digest of arrays of numbers: the same for the same types, shapes and values in the same order.

    Parameters
    ----------
    parts : iterable of (array or None, numbers of its rows or None)
        Of an array some rows, in this order; None: all.

    Examples
    --------
    >>> fingerprint([(np.arange(3.0), None)]) == fingerprint([(np.arange(4.0), np.arange(3))])
    True
    >>> fingerprint([(None, None)]) == fingerprint([])
    False
    """
    from hashlib import blake2b

    digest = blake2b(digest_size=16)
    for array, chosen in parts:
        if array is None:
            digest.update(b"none")
            continue
        count = len(array) if chosen is None else len(chosen)
        digest.update(f"{array.dtype.str}{(count, *array.shape[1:])}".encode())
        rows = max(1, _DIGESTED // max(1, array[:1].size))
        for start in range(0, count, rows):
            where = slice(start, start + rows)
            part = array[where] if chosen is None else array[chosen[where]]
            digest.update(np.ascontiguousarray(part).view(np.uint8).data)
    return digest.hexdigest()
