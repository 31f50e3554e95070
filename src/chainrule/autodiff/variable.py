"""Variable: a Tensor that can be assigned to, a named view into a vector of parameters."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.tensor import Tensor, TensorLike, _admit
from chainrule.errors import DTypeError, ShapeError


class Variable(Tensor):
    """A Tensor with a name whose values change in place.

    Parameters
    ----------
    value : array-like
        Initial value, copied.
    trainable : bool
        Whether tapes watch it by themselves.
    name : str
    dtype : dtype, optional

    Notes
    -----
    Every assignment counts up a version. A tape that recorded a use of the old value refuses to give a
    gradient through it, since that gradient would be wrong.

    Examples
    --------
    >>> w = Variable([1.0, 2.0], name="w")
    >>> w.assign_sub([0.5, 0.5])
    Variable([0.5 1.5], shape=(2,), dtype=float32, name='w')
    """

    __slots__ = ("_own_version", "name", "trainable", "vector")

    def __init__(self, value: TensorLike, trainable: bool = True, name: str = "variable", dtype: Any = None) -> None:
        array = _admit(value, dtype)
        if array.dtype.kind != "f" and trainable:
            trainable = False  # integers have no gradient
        self._array = array.reshape(-1).reshape(array.shape)  # a view: results that alias it are then noticed
        self._tracked = trainable
        self._own_version = 0
        self.trainable = trainable
        self.name = name
        self.vector: Any = None  # the ParameterVector it is a view into, once it belongs to a model

    @property
    def _version(self) -> int:  # type: ignore[override]  # a Tensor's version never changes
        return self._own_version if self.vector is None else self._own_version + self.vector.version

    def numpy(self) -> Array:
        """Return a copy of the values."""
        return self._array.copy()

    def writable(self) -> Array:
        """Return the values for writing in place, and count a new version."""
        self._own_version += 1
        return self._array

    def move_to(self, view: Array, vector: Any) -> None:
        """Keep the values in ``view``, a part of ``vector``, from now on."""
        view[...] = self._array
        self._own_version += 1
        self._array, self.vector = view, vector

    def assign(self, value: TensorLike) -> "Variable":
        """Replace the values."""
        new = value._array if isinstance(value, Tensor) else np.asarray(value)
        if new.shape != self.shape:
            raise ShapeError(f"{self.name} has shape {self.shape}; can't assign values of shape {new.shape}")
        if not np.can_cast(new.dtype, self.dtype, casting="same_kind"):
            raise DTypeError(f"{self.name} holds {self.dtype}; can't assign {new.dtype}")
        self.writable()[...] = new
        return self

    def assign_add(self, value: TensorLike) -> "Variable":
        """Add to the values."""
        return self.assign(self._array + _like(value, self))

    def assign_sub(self, value: TensorLike) -> "Variable":
        """Subtract from the values."""
        return self.assign(self._array - _like(value, self))

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, name={self.name!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Variable":
        return Variable(self._array, self.trainable, self.name)

    def __reduce__(self) -> Any:
        return Variable, (self._array.copy(), self.trainable, self.name)


def _like(value: TensorLike, variable: Variable) -> Array:
    array = value._array if isinstance(value, Tensor) else np.asarray(value)
    return array.astype(variable.dtype, copy=False)
