"""Types and small checks of arrays that every part shares."""

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainrule.errors import DTypeError

Array: TypeAlias = NDArray[Any]
Shape: TypeAlias = tuple[int | None, ...]
Axis: TypeAlias = int | Sequence[int] | None

FLOAT_TYPES = (np.dtype(np.float32), np.dtype(np.float64))


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
