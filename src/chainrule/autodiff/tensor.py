"""Tensor: an array that remembers, on the open tapes, how it was computed."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace
from typing import Any, Self, TypeAlias

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.operations import OPERATIONS, Operation
from chainrule.autodiff.recording import OPEN, Record
from chainrule.errors import DTypeError, ShapeError

TensorLike: TypeAlias = "Tensor | Array | Sequence[Any] | float | int | bool | np.generic"


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
        self._array = _admit(value, dtype)
        self._array.setflags(write=False)
        self._tracked = False

    @classmethod
    def wrap(cls, array: Array, tracked: bool = False) -> "Tensor":
        """Make a Tensor that takes ``array`` over without a copy; nobody may write to it afterwards."""
        tensor = Tensor.__new__(Tensor)
        array.setflags(write=False)
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
    def T(self) -> "Tensor":
        """The transposed Tensor."""
        return apply(OPERATIONS["transpose"], (self,))

    def numpy(self) -> Array:
        """Return the values as a read-only NumPy array."""
        return self._array

    def item(self) -> Any:
        """Return the only element as a Python number."""
        return self._array.item()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.array(self._array, dtype=dtype, copy=copy)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._array}, shape={self.shape}, dtype={self.dtype})"

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec else str(self)

    def __float__(self) -> float:
        return float(self._array.item())

    def __int__(self) -> int:
        return int(self._array.item())

    def __bool__(self) -> bool:
        return bool(self._array)

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator["Tensor"]:
        return (self[i] for i in range(len(self)))

    def __getitem__(self, key: Any) -> "Tensor":
        parts = key if isinstance(key, tuple) else (key,)
        plain = tuple(p.numpy() if isinstance(p, Tensor) else p for p in parts)
        return apply(OPERATIONS["getitem"], (self,), {"key": plain})

    def __neg__(self) -> "Tensor":
        return apply(OPERATIONS["negative"], (self,))

    def __abs__(self) -> "Tensor":
        return apply(OPERATIONS["abs"], (self,))

    def __add__(self, other: TensorLike) -> "Tensor":
        return apply(_ADD, (self, other))

    def __radd__(self, other: TensorLike) -> "Tensor":
        return apply(_ADD, (other, self))

    def __sub__(self, other: TensorLike) -> "Tensor":
        return apply(_SUBTRACT, (self, other))

    def __rsub__(self, other: TensorLike) -> "Tensor":
        return apply(_SUBTRACT, (other, self))

    def __mul__(self, other: TensorLike) -> "Tensor":
        return apply(_MULTIPLY, (self, other))

    def __rmul__(self, other: TensorLike) -> "Tensor":
        return apply(_MULTIPLY, (other, self))

    def __truediv__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["divide"], (self, other))

    def __rtruediv__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["divide"], (other, self))

    def __pow__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["power"], (self, other))

    def __rpow__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["power"], (other, self))

    def __matmul__(self, other: TensorLike) -> "Tensor":
        return matmul(self, other)

    def __rmatmul__(self, other: TensorLike) -> "Tensor":
        return matmul(other, self)

    def __lt__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["less"], (self, other))

    def __le__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["less_equal"], (self, other))

    def __gt__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["greater"], (self, other))

    def __ge__(self, other: TensorLike) -> "Tensor":
        return apply(OPERATIONS["greater_equal"], (self, other))

    def __eq__(self, other: object) -> "Tensor":  # type: ignore[override]  # element by element, as in NumPy
        return apply(OPERATIONS["equal"], (self, other))

    def __ne__(self, other: object) -> "Tensor":  # type: ignore[override]
        return apply(OPERATIONS["not_equal"], (self, other))

    __hash__ = object.__hash__  # by identity

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self


_ADD, _SUBTRACT, _MULTIPLY = OPERATIONS["add"], OPERATIONS["subtract"], OPERATIONS["multiply"]
_CAST, _RESHAPE = OPERATIONS["cast"], OPERATIONS["reshape"]
_NO_ATTRIBUTES: dict[str, Any] = {}


def _admit(value: Any, dtype: Any = None) -> Array:
    """Copy a foreign value into an array of numbers; Python floats become float32."""
    if isinstance(value, Tensor):
        return np.array(value._array, dtype=dtype)
    if isinstance(value, list | tuple) and any(isinstance(v, Tensor) for v in value):
        value = [np.asarray(v) for v in value]
    try:
        array = np.array(value, dtype=dtype)
    except (ValueError, TypeError) as error:
        raise ShapeError(f"can't make a Tensor from {type(value).__name__}: {error}") from error
    if array.dtype.kind not in "biuf":
        raise DTypeError(f"a Tensor holds numbers, got {array.dtype} from {type(value).__name__}")
    keeps_type = isinstance(value, np.ndarray | np.generic) or hasattr(value, "__array__") or dtype is not None
    if array.dtype.kind == "f" and not keeps_type:
        array = array.astype(np.float32)
    return array


def as_tensor(value: TensorLike, dtype: Any = None) -> Tensor:
    """Return ``value`` itself when it is a Tensor (of that type), else a Tensor that copies it."""
    if isinstance(value, Tensor):
        return value if dtype is None or value.dtype == dtype else apply(_CAST, (value,), {"dtype": np.dtype(dtype)})
    return Tensor(value, dtype)


def _admit_all(inputs: tuple[Any, ...]) -> tuple[Tensor, ...]:
    """Turn foreign inputs into Tensors; they take the precision of the Tensors they meet."""
    met: np.dtype[Any] | None = None
    for x in inputs:
        if isinstance(x, Tensor) and (met is None or met.kind != "f"):
            met = x._array.dtype
    return tuple([x if isinstance(x, Tensor) else _enter(x, met) for x in inputs])


def _enter(x: Any, met: np.dtype[Any] | None) -> Tensor:
    if met is not None and met.kind == "f" and (x.__class__ is float or x.__class__ is int):
        return Tensor.wrap(np.array(x, met))  # the most frequent case: a Python number
    array = _admit(x)
    if met is not None and met.kind == "f" and array.dtype.kind == "f":
        array = array.astype(met, copy=False)
    return Tensor.wrap(array)


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


def apply(operation: Operation, inputs: tuple[Any, ...], attributes: dict[str, Any] = _NO_ATTRIBUTES) -> Tensor:
    """Run one operation of the table on Tensors or array-likes, and record it on the open tapes.

    Everything that computes with Tensors comes through here, so this is kept short and flat.
    """
    try:
        arrays = [x._array for x in inputs]
    except AttributeError:
        inputs = _admit_all(inputs)
        arrays = [x._array for x in inputs]
    first = arrays[0].dtype
    for array in arrays:
        if array.dtype is not first:
            arrays = _same_float(operation, arrays)
            break
    try:
        result = operation.forward(*arrays, **attributes)
    except (ValueError, IndexError) as error:
        shapes = " and ".join(str(a.shape) for a in arrays)
        raise ShapeError(f"{operation.name} can't combine shapes {shapes}: {error}") from error
    tracked, version, mutable = False, 0, False
    for x in inputs:
        if x._tracked:
            tracked = True
        if x.__class__ is not Tensor:  # a Variable: its array will change later
            version += x._version
            mutable = True
    if result.__class__ is not np.ndarray:
        result = np.asarray(result)
    elif mutable and result.base is not None:
        result = result.copy()  # never hand out a view of a Variable
    output = Tensor.__new__(Tensor)
    result.setflags(write=False)
    output._array = result
    output._tracked = tracked = tracked and bool(operation.rules)
    tapes = OPEN.stack
    if tapes and operation.rules:
        record = Record(operation, inputs, tuple(arrays), output, attributes, version)
        for tape in tapes:
            tape.record(record, tracked)
    return output


def matmul(a: TensorLike, b: TensorLike) -> Tensor:
    """Matrix product over the last two axes; a vector on the left is a row, on the right a column."""
    if not (isinstance(a, Tensor) and isinstance(b, Tensor)):
        a, b = _admit_all((a, b))
    if a._array.ndim > 1 and b._array.ndim > 1:
        return apply(OPERATIONS["matmul"], (a, b))
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(f"matmul expects matrices or vectors, got shapes {a.shape} and {b.shape}; use * for numbers")
    left = a if a.ndim > 1 else apply(_RESHAPE, (a,), {"shape": (1, a.size)})
    right = b if b.ndim > 1 else apply(_RESHAPE, (b,), {"shape": (b.size, 1)})
    product = apply(OPERATIONS["matmul"], (left, right))
    shape = product.shape[: -2 if a.ndim == 1 else -1] + (product.shape[-1:] if b.ndim > 1 else ())
    return apply(_RESHAPE, (product,), {"shape": shape})


def _recorded(operation: Operation) -> Any:
    return lambda *inputs, **attributes: apply(operation, inputs, attributes)


# The same names as operations.RAW, on Tensors: what gradient rules use while a tape is open.
RECORDED = SimpleNamespace(**{name: _recorded(operation) for name, operation in OPERATIONS.items()})
