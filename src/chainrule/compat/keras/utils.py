"""``tf.keras.utils``: class codes as one-hot rows."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.compat.names import namespace
from chainrule.compat.random import NO_GLOBAL_SEED
from chainrule.errors import DataError

__all__ = ["to_categorical"]
__getattr__, __dir__ = namespace(__name__, "tf.keras.utils", {"set_random_seed": NO_GLOBAL_SEED})


def to_categorical(x: Any, num_classes: int | None = None) -> Array:
    """Return class codes 0, 1, 2 ... as rows with a single one.

    Parameters
    ----------
    x : array-like of whole numbers, (...) or (..., 1)
    num_classes : int, optional
        Length of the rows; by default the largest code plus 1.

    Returns
    -------
    float32 array (..., num_classes)

    Raises
    ------
    DataError
        A code is no whole number from 0 to num_classes - 1, or there are none.

    Examples
    --------
    >>> to_categorical([2, 0])
    array([[0., 0., 1.],
           [1., 0., 0.]], dtype=float32)
    """
    given = np.asarray(x)
    codes = given.astype(np.int64) if given.dtype.kind in "biuf" and np.isfinite(given).all() else None
    if codes is None or not given.size or not np.array_equal(codes, given):
        raise DataError(f"to_categorical expects whole class codes 0, 1, 2 ..., got {x!r}")
    if codes.ndim > 1 and codes.shape[-1] == 1:
        codes = codes[..., 0]
    classes = int(codes.max()) + 1 if num_classes is None else num_classes
    if codes.min() < 0 or codes.max() >= classes:
        raise DataError(
            f"to_categorical expects class codes from 0 to {classes - 1}, got {codes.min()} to {codes.max()}"
        )
    return ops.one_hot(codes, classes).numpy().copy()
