"""Variable: a Tensor that can be assigned to, a named view into a vector of parameters."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.conversion import to_array
from chainrule.autodiff.tensor import Tensor, TensorLike
from chainrule.errors import DTypeError, ShapeError


class Variable(Tensor):
    """A Tensor with a name whose values change in place.

    Parameters
    ----------
    value : array-like
        Initial value, copied.
    trainable : bool
        Whether tapes watch it by themselves; integers have no gradient and are never trainable.
    name : str
    dtype : dtype, optional
    constraint : callable, optional
        Takes the values and returns them as they are allowed to be; training applies it after every step.

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

    __slots__ = ("_own_version", "constraint", "name", "vector")

    def __init__(
        self,
        value: TensorLike,
        trainable: bool = True,
        name: str = "variable",
        dtype: Any = None,
        constraint: Callable[[Any], Any] | None = None,
    ) -> None:
        array = to_array(value, dtype)
        self._array = array.reshape(-1).reshape(array.shape)  # a view: results that alias it are then noticed
        self._own_version = 1
        self.name = name
        self.constraint = constraint
        self.vector: Any = None  # the ParameterVector it is a view into, once it belongs to a model
        self.trainable = trainable

    @property
    def trainable(self) -> bool:
        """Whether tapes watch it by themselves."""
        return self._tracked

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._tracked = bool(value) and self.dtype.kind == "f"

    @property
    def _version(self) -> int:  # type: ignore[override]  # a Tensor's version never changes
        return self._own_version if self.vector is None else self._own_version + self.vector.version

    def numpy(self) -> Array:
        """Return a copy of the values."""
        return self._array.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        if copy is False:
            raise ValueError(f"{self.name} changes in place, so an array of its values is always a copy")
        return np.array(self._array, dtype=dtype)

    def writable(self) -> Array:
        """Return the values for writing in place, and count a new version."""
        self._own_version += 1
        return self._array

    def renew(self, values: Array) -> None:
        """Start again from other values, of another type too; a layer does it when it joins a model."""
        self._own_version = self._version + 1
        self._array, self.vector = values.reshape(-1).reshape(values.shape), None

    def move_to(self, view: Array, vector: Any) -> None:
        """Keep the values in ``view``, a part of ``vector``, from now on."""
        view[...] = self._array
        self._own_version = self._version + 1
        self._array, self.vector = view[...], vector

    def constrain(self) -> None:
        """Put the values back where the constraint, if there is one, allows them to be."""
        if self.constraint is not None:
            self.assign(self.constraint(self._array))

    def assign(self, value: TensorLike) -> "Variable":
        """Replace the values."""
        new = self._fitting(value)
        self.writable()[...] = new
        return self

    def assign_add(self, value: TensorLike) -> "Variable":
        """Add to the values."""
        new = self._fitting(value)
        array = self.writable()
        array += new
        return self

    def assign_sub(self, value: TensorLike) -> "Variable":
        """Subtract from the values."""
        new = self._fitting(value)
        array = self.writable()
        array -= new
        return self

    def _fitting(self, value: TensorLike) -> Array:
        """Return the values to assign, in this shape and type."""
        new = value._array if isinstance(value, Tensor) else to_array(value, precision=self.dtype)
        if new.shape != self.shape:
            raise ShapeError(f"{self.name} has shape {self.shape}, got values of shape {new.shape} to assign")
        if new.dtype == self.dtype:
            return new
        both_float = new.dtype.kind == self.dtype.kind == "f"
        if (both_float and isinstance(value, Tensor)) or not np.can_cast(new.dtype, self.dtype, casting="same_kind"):
            raise DTypeError(
                f"{self.name} holds {self.dtype}, got {new.dtype} to assign; cast it: ops.cast(x, '{self.dtype}')"
            )
        return new.astype(self.dtype)

    def __repr__(self) -> str:
        return f"{super().__repr__()[:-1]}, name={self.name!r})"

    def __deepcopy__(self, memo: dict[int, Any]) -> "Variable":
        return Variable(self._array, self.trainable, self.name, constraint=self.constraint)

    def __reduce__(self) -> Any:
        return Variable, (self._array.copy(), self.trainable, self.name, None, self.constraint)
