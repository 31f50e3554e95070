"""Tensor: an array that remembers, on the open tapes, how it was computed."""

from __future__ import annotations  # Tensor and TensorLike name each other

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Self, TypeAlias

import numpy as np

from chainrule.arrays import FLOAT_TYPES, Array
from chainrule.autodiff.conversion import number_type, to_array
from chainrule.autodiff.operations import OPERATIONS, Operation
from chainrule.autodiff.recording import OPEN
from chainrule.errors import DTypeError, ShapeError


class Tensor:
    """An immutable array of numbers that operations can be recorded on.

    Parameters
    ----------
    value : array-like
        Copied. Python floats become float32, NumPy arrays keep their type.
    dtype : dtype, optional

    Notes
    -----
    Arithmetic (``+ - * / ** @``), comparison and indexing give Tensors. A Tensor computed from a
    `Variable` stays recordable: a tape opened later records what is computed from it, and gives
    gradients with respect to it, without ``watch`` (TensorFlow gives None there).

    Examples
    --------
    >>> Tensor([1.0, 2.0]) * 3
    Tensor([3. 6.], shape=(2,), dtype=float32)
    """

    __slots__ = ("__weakref__", "_array", "_tracked")
    __array_ufunc__ = None  # NumPy hands "array + tensor" over to Tensor.__radd__, and np.exp(tensor) is an error
    _version = 0
    _array: Array
    _tracked: bool

    def __init__(self, value: TensorLike, dtype: Any = None) -> None:
        self._array = to_array(value, dtype)
        self._tracked = False

    @classmethod
    def wrap(cls, array: Array, tracked: bool = False) -> Tensor:
        """Make a Tensor that takes ``array`` over without a copy; nobody may write to it afterwards."""
        tensor = _new(Tensor)
        tensor._array = array
        tensor._tracked = tracked
        return tensor

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of each axis."""
        return self._array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the elements."""
        return self._array.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return self._array.ndim

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._array.size

    @property
    def T(self) -> Tensor:
        """The transposed Tensor."""
        return apply(OPERATIONS["transpose"], (self,))

    def numpy(self) -> Array:
        """Return the values as a read-only NumPy array."""
        self._array.setflags(write=False)  # only here, where others get hold of the array: it takes a while
        return self._array

    def item(self) -> Any:
        """Return the only element as a Python number."""
        if self._array.size != 1:
            raise ShapeError(f"expected a Tensor with one element, got shape {self.shape}; take its sum or mean first")
        return self._array.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        self._array.setflags(write=False)
        return self._array if dtype is None and not copy else np.array(self._array, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._array}, shape={self.shape}, dtype={self.dtype})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise ShapeError(f"a Tensor of shape {self.shape} is neither true nor false; choose with ops.where")
        return bool(self._array)

    def __len__(self) -> int:
        if self._array.ndim == 0:
            raise DTypeError("a Tensor of shape () is a single number: it has no length and can't be iterated over")
        return len(self._array)

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> Tensor:
        parts = key if isinstance(key, tuple) else (key,)
        return apply(OPERATIONS["getitem"], (self,), {"key": tuple([_own_index(part) for part in parts])})

    def __pos__(self) -> Tensor:
        return self

    def __neg__(self) -> Tensor:
        return apply(OPERATIONS["negative"], (self,))

    def __abs__(self) -> Tensor:
        return apply(OPERATIONS["abs"], (self,))

    def __add__(self, other: TensorLike) -> Tensor:
        return apply(_ADD, (self, other))

    def __radd__(self, other: TensorLike) -> Tensor:
        return apply(_ADD, (other, self))

    def __sub__(self, other: TensorLike) -> Tensor:
        return apply(_SUBTRACT, (self, other))

    def __rsub__(self, other: TensorLike) -> Tensor:
        return apply(_SUBTRACT, (other, self))

    def __mul__(self, other: TensorLike) -> Tensor:
        return apply(_MULTIPLY, (self, other))

    def __rmul__(self, other: TensorLike) -> Tensor:
        return apply(_MULTIPLY, (other, self))

    def __truediv__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["divide"], (self, other))

    def __rtruediv__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["divide"], (other, self))

    def __pow__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["power"], (self, other))

    def __rpow__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["power"], (other, self))

    def __matmul__(self, other: TensorLike) -> Tensor:
        return matmul(self, other)

    def __rmatmul__(self, other: TensorLike) -> Tensor:
        return matmul(other, self)

    def __lt__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["less"], (self, other))

    def __le__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["less_equal"], (self, other))

    def __gt__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["greater"], (self, other))

    def __ge__(self, other: TensorLike) -> Tensor:
        return apply(OPERATIONS["greater_equal"], (self, other))

    def __eq__(self, other: object) -> Tensor:  # type: ignore[override]  # element by element, as in NumPy
        return NotImplemented if other is None else apply(OPERATIONS["equal"], (self, other))

    def __ne__(self, other: object) -> Tensor:  # type: ignore[override]
        return NotImplemented if other is None else apply(OPERATIONS["not_equal"], (self, other))

    __hash__ = object.__hash__  # by identity

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> Any:
        return Tensor, (self._array,)


TensorLike: TypeAlias = Tensor | Array | Sequence[Any] | float | int | bool | np.generic

_ADD, _SUBTRACT, _MULTIPLY = OPERATIONS["add"], OPERATIONS["subtract"], OPERATIONS["multiply"]
_MATMUL, _RESHAPE = OPERATIONS["matmul"], OPERATIONS["reshape"]
_new = object.__new__
_NO_ATTRIBUTES: dict[str, Any] = {}


def as_tensor(value: TensorLike, dtype: Any = None) -> Tensor:
    """Return ``value`` itself when it is a Tensor (of that type), else a Tensor that copies it."""
    if isinstance(value, Tensor):
        return value if dtype is None or value.dtype == dtype else cast(value, dtype)
    if _holds_tensors(value):
        packed = _pack(value)
        return packed if dtype is None else as_tensor(packed, dtype)
    return Tensor.wrap(to_array(value, dtype))


def as_tensors(inputs: Sequence[Any]) -> tuple[Tensor, ...]:
    """Turn what meets in one operation into Tensors; foreign values take the precision of the Tensors they meet."""
    types = [x._array.dtype for x in inputs if isinstance(x, Tensor) and x._array.dtype.kind == "f"]
    if not types:
        types = [x.dtype for x in inputs if isinstance(x, np.ndarray | np.generic) and x.dtype in FLOAT_TYPES]
    met = max(types, key=lambda dtype: dtype.itemsize, default=None)
    return tuple([x if isinstance(x, Tensor) else _enter(x, met) for x in inputs])


def _enter(x: Any, met: np.dtype[Any] | None) -> Tensor:
    if met is None:
        return as_tensor(x)
    if x.__class__ is float or x.__class__ is int:
        return Tensor.wrap(np.array(x, met))  # the most frequent case: a Python number
    if _holds_tensors(x):
        return _pack(x)
    array = to_array(x, precision=met)
    return Tensor.wrap(array.astype(met, copy=False) if array.dtype.kind == "f" else array)


def _holds_tensors(value: Any) -> bool:
    """Whether a nested list has a Tensor in it, which must stay connected to what computed it."""
    return isinstance(value, list | tuple) and any(isinstance(part, Tensor) or _holds_tensors(part) for part in value)


def _pack(parts: Any) -> Tensor:
    """Join the Tensors (and numbers) of a list along a new first axis."""
    tensors = as_tensors([_pack(part) if _holds_tensors(part) else part for part in parts])
    if len({x.shape for x in tensors}) > 1:
        raise ShapeError(f"a list of Tensors must hold one shape, got {' and '.join(str(x.shape) for x in tensors)}")
    rows = tuple([apply(_RESHAPE, (x,), {"shape": (1, *x.shape)}) for x in tensors])
    return apply(OPERATIONS["concatenate"], rows, {"axis": 0, "starts": tuple(range(len(rows) + 1))})


def cast(x: Tensor, dtype: Any) -> Tensor:
    """Convert to another type; between floating types the gradient is converted back."""
    target = number_type(dtype)
    return apply(OPERATIONS["cast" if target.kind == "f" else "discretize"], (x,), {"dtype": target})


def _own_index(part: Any) -> Any:
    """Copy an index that its owner could change between the forward pass and the gradient."""
    if isinstance(part, list):
        return np.array(part) if part else np.zeros(0, np.intp)
    return np.array(part) if isinstance(part, Tensor | np.ndarray) else part


def _same_float(operation: Operation, arrays: Sequence[Array]) -> list[Array]:
    """Cast integers to the floating type they meet; refuse to mix float32 with float64."""
    floats = {a.dtype for a in arrays if a.dtype.kind == "f"}
    if len(floats) > 1:
        found = " and ".join(str(a.dtype) for a in arrays)
        raise DTypeError(f"{operation.name} expects Tensors of one type, got {found}; cast one: ops.cast(x, 'float64')")
    if not floats:
        return list(arrays)
    (dtype,) = floats
    return [a.astype(dtype) if a.dtype.kind in "iu" else a for a in arrays]


def _refusal(operation: Operation, arrays: Sequence[Array], error: Exception) -> Exception:
    """Return NumPy's error as ours: which operation, what it got, and NumPy's own reason."""
    if isinstance(error, TypeError):
        return DTypeError(f"{operation.name} can't take {' and '.join(str(a.dtype) for a in arrays)}: {error}")
    return ShapeError(f"{operation.name} can't take {' and '.join(f'shape {a.shape}' for a in arrays)}: {error}")


def apply(operation: Operation, inputs: tuple[Any, ...], attributes: dict[str, Any] = _NO_ATTRIBUTES) -> Tensor:
    """Run one operation of the table on Tensors or array-likes, and record it on the open tapes.

    Everything that computes with Tensors comes through here, so this is kept short and flat.
    """
    try:
        arrays = [x._array for x in inputs]
    except AttributeError:
        inputs = as_tensors(inputs)
        arrays = [x._array for x in inputs]
    first = arrays[0].dtype
    for array in arrays:
        if array.dtype is not first:
            arrays = _same_float(operation, arrays)
            break
    try:
        result = operation.forward(*arrays, **attributes)
    except (ValueError, IndexError, TypeError) as error:
        raise _refusal(operation, arrays, error) from error
    tracked, version = False, 0
    for x in inputs:
        if x._tracked:
            tracked = True
        if x.__class__ is not Tensor:  # a Variable: its array will change later
            version += x._version
    if result.__class__ is not np.ndarray:
        result = np.asarray(result)
    elif version and result.base is not None:
        result = result.copy()  # never hand out a view of a Variable
    output = _new(Tensor)
    output._array = result
    if not operation.rules:
        output._tracked = False
        return output
    output._tracked = tracked
    for tape in OPEN.stack:
        tape.record((operation, inputs, arrays, output, attributes, version), tracked)
    return output


def matmul(a: TensorLike, b: TensorLike) -> Tensor:
    """Matrix product over the last two axes; a vector on the left is a row, on the right a column."""
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        a, b = as_tensors((a, b))
    if a._array.ndim > 1 and b._array.ndim > 1:
        try:
            return apply(_MATMUL, (a, b))
        except ShapeError as error:
            if a.shape[-1] == b.shape[-2]:
                raise  # the matrices fit, the stacks of them don't
            raise ShapeError(
                f"matmul expects as many columns on the left as rows on the right, got shapes {a.shape} and {b.shape}; "
                "transpose one of them?"
            ) from error
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(f"matmul expects matrices or vectors, got shapes {a.shape} and {b.shape}; use * for numbers")
    left = a if a.ndim > 1 else apply(_RESHAPE, (a,), {"shape": (1, a.size)})
    right = b if b.ndim > 1 else apply(_RESHAPE, (b,), {"shape": (b.size, 1)})
    product = matmul(left, right)
    shape = product.shape[: -2 if a.ndim == 1 else -1] + (product.shape[-1:] if b.ndim > 1 else ())
    return apply(_RESHAPE, (product,), {"shape": shape})


def _recorded(operation: Operation) -> Any:
    return lambda *inputs, **attributes: apply(operation, inputs, attributes)


# The same names as operations.RAW, on Tensors: what gradient rules use while a tape is open.
RECORDED = SimpleNamespace(**{name: _recorded(operation) for name, operation in OPERATIONS.items()})
