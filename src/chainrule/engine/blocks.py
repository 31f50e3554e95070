"""Blocks: arrays of rows as the C++ library reads them, where they lie; others are converted part by part."""

from collections.abc import Iterator

import numpy as np

from chainrule.arrays import Array
from chainrule.engine.data import CHUNK, Rows

try:
    from chainrule.engine import _native
except ImportError:  # built without a C++ compiler: nobody asks for addresses
    _native = None  # type: ignore[assignment]

# In the order of the C++ enumeration (native/kernel_table.hpp).
NUMBERS = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
NOTHING = (0, 0, 0, 0)
_PLACES = {np.dtype(name): place for place, name in enumerate(NUMBERS)} | {np.dtype(np.bool_): NUMBERS.index("uint8")}


def address(array: Array) -> int:
    """Return where an array lies, 0 for an empty one; the caller keeps it alive."""
    return _native.address(array)  # which takes a tenth of the time of `array.ctypes.data`


def blocks(data: Rows) -> list[tuple[int, int, int, int]]:
    """Return inputs, targets and weights as the C++ library reads them; the caller keeps the arrays alive."""
    return [NOTHING if array is None else block(array) for array in (data.x, data.y, data.weight)]


def block(array: Array) -> tuple[int, int, int, int]:
    """Return an array of rows as the C++ library reads it: address, number type, strides in bytes."""
    if array.ndim > 2:
        array = array.reshape(len(array), -1)  # a view: other arrays are converted before
    return address(array), _PLACES[array.dtype], array.strides[0], array.strides[1] if array.ndim == 2 else 0


def is_readable(data: Rows) -> bool:
    """Whether the C++ library can read the arrays where they are."""
    return all(array is None or _reads(array) for array in (data.x, data.y, data.weight))


def _reads(array: Array) -> bool:
    if array.dtype not in _PLACES:  # as one of another byte order is not
        return False
    if array.ndim <= 2:
        return True
    example = array[:1]
    return np.may_share_memory(example, example.reshape(1, -1))


def converted(data: Rows) -> Rows:
    """Return rows that the C++ library reads; float16, another byte order and the like are rare."""

    def convert(array: Array | None) -> Array | None:
        if array is None or _reads(array):
            return array
        if array.dtype.kind == "f":
            array = array.astype(np.float32 if array.dtype.itemsize <= 4 else np.float64)
        return np.ascontiguousarray(array, array.dtype.newbyteorder("="))

    x = convert(data.x)
    return Rows(data.x if x is None else x, convert(data.y), convert(data.weight))


def rows_together(data: Rows, batch_size: int) -> int:
    """Return how many rows are converted at a time: whole batches, of bounded size."""
    wide = max(array.size // len(array) for array in (data.x, data.y, data.weight) if array is not None)
    return batch_size * max(1, CHUNK // (wide * batch_size))


def portions(data: Rows, batch_size: int, most: int) -> Iterator[Rows]:
    """Give the rows, at most so many at a time, as the C++ library can read them: where they lie, else converted."""
    readable = is_readable(data)
    size = most if readable else min(most, rows_together(data, batch_size))
    for first in range(0, len(data), size):
        part = data if size >= len(data) else data.take(slice(first, first + size))
        yield part if readable else converted(part)
