"""Memory of long vectors: in large pages that are given when they are first written, kept for the next model."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.engine import threads

try:
    from chainrule.engine import _native
except ImportError:  # built without a C++ compiler
    _native = None  # type: ignore[assignment]

LINE = 64  # bytes of a cache line, and of the longest vector of an instruction
LONG = 1 << 22  # bytes: a shorter vector might waste most of a large page


def zeros(count: int, dtype: Any) -> Array:
    """Return ``np.zeros(count, dtype)`` at the start of a cache line; a long one lies in the native engine's pages.

    Examples
    --------
    >>> zeros(3, "float32")
    array([0., 0., 0.], dtype=float32)
    """
    size = count * np.dtype(dtype).itemsize
    if _native is None or size < LONG or not _native.has_pages():
        memory = np.zeros(size + LINE, np.uint8)
        first = -memory.ctypes.data % LINE
        return memory[first : first + size].view(dtype)
    return _native.pages(size, threads.count(size)).view(dtype)
