"""Rows: checked inputs, targets and weights that engines gather batches from."""

import sys
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import DataError, DTypeError, ShapeError

CHUNK = 1 << 20  # elements looked at together, so that a memory map is never read in whole


@dataclass(frozen=True)
class Rows:
    """Inputs (rows, ...), targets and weights of the same number of rows; arrays are kept as they came."""

    x: Array
    y: Array | None = None
    weight: Array | None = None

    def __len__(self) -> int:
        return len(self.x)

    def take(self, rows: Any) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.x[rows],
            None if self.y is None else self.y[rows],
            None if self.weight is None else self.weight[rows],
        )


def as_array(values: Any, what: str) -> Array:
    """Return inputs or targets as an array of numbers; NumPy arrays come through uncopied."""
    if isinstance(values, Tensor):
        return values.numpy()
    masked = sys.modules.get("numpy.ma")  # imported by whoever made a masked array; to import it takes milliseconds
    if masked is not None and isinstance(values, masked.MaskedArray) and masked.is_masked(values):
        raise DataError(f"{what} has masked values; fill or drop them first: array.filled(value)")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"{what} expects rows of the same length: {error}") from error
    except (RuntimeError, TypeError) as error:  # a tensor of another library that has a gradient, or lies elsewhere
        raise DTypeError(f"{what} expects an array, got {type(values).__name__}: {error}") from error
    if array.dtype == object and array.ndim == 0:
        kind = "None" if values is None else type(values).__name__
        hint = "; write .toarray()" if hasattr(values, "toarray") else ""
        raise DTypeError(f"{what} expects an array or a list of rows, got {kind}{hint}")
    if array.dtype == object:
        try:
            array = array.astype(np.float64)
        except (TypeError, ValueError):
            raise DTypeError(
                f"{what} holds text or mixed values (first: {_first_of_no_number(array)}); encode them as numbers, "
                "or let chainrule.train read the table"
            ) from None
        except OverflowError:
            raise DataError(f"{what} holds whole numbers beyond the range of float64; scale them first") from None
    if array.dtype.kind not in "biuf":
        raise DTypeError(
            f"{what} expects numbers, got {array.dtype}; encode them, or let chainrule.train read the table"
        )
    return array


def _first_of_no_number(array: Array) -> str:
    """Return the first value that hinders the whole from being numbers."""
    for value in array.flat:
        try:
            np.asarray(value, np.float64)
        except (TypeError, ValueError, OverflowError):
            return f"{value!r:.60}"
    return f"{array.flat[0]!r:.60}"


def check_inputs(x: Any, what: str = "x") -> Array:
    """Return the inputs as an array of at least one finite row."""
    array = as_array(x, what)
    if array.ndim == 0:
        raise ShapeError(f"{what} expects one row per example, got a single number")
    if len(array) == 0:
        raise DataError(f"{what} has no rows (shape {array.shape}); training and prediction need at least one")
    if array.size == 0:
        raise DataError(f"{what} has no features (shape {array.shape}); every row needs at least one number")
    check_finite(array, what)
    return array


def check_finite(array: Array, what: str) -> None:
    """Refuse NaN and infinity, and say where the first one is."""
    if array.dtype.kind != "f":
        return
    rows = max(1, CHUNK // max(1, array.size // len(array)))
    for start in range(0, len(array), rows):
        finite = np.isfinite(array[start : start + rows])
        if not finite.all():
            place = np.argwhere(~finite)[0]
            row = int(place[0]) + start
            column = f", column {int(place[1])}" if len(place) > 1 else ""
            value = array[(row, *place[1:])]
            raise DataError(
                f"{what} holds {value} (first in row {row}{column}); "
                "fill or drop such values first (chainrule.train does that for a table)"
            )


def check_weights(sample_weight: Any, rows: int) -> Array:
    """Return the weights of the rows: finite, not negative, not all zero."""
    weight = as_array(sample_weight, "sample_weight")
    if weight.shape != (rows,):
        raise ShapeError(f"sample_weight expects one weight per row, shape ({rows},), got {weight.shape}")
    check_finite(weight, "sample_weight")
    if weight.min() < 0 or not weight.any():
        raise DataError(
            f"sample_weight expects weights >= 0 that are not all zero, got a smallest one of {weight.min():g}"
        )
    return weight
