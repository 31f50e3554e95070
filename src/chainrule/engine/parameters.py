"""ParameterVector: all Variables of one kind as named views into one flat array."""

from collections.abc import Iterable

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.variable import Variable
from chainrule.engine.memory import zeros
from chainrule.errors import DTypeError
from chainrule.optimizers.segments import Segment


class ParameterVector:
    """One contiguous vector under many Variables: J(W) is a function of it.

    Parameters
    ----------
    named : iterable of (name, Variable)
        Taken over in this order; each Variable becomes a view and keeps its values.
    dtype : float32 or float64

    Examples
    --------
    >>> w = Variable([[1.0, 2.0]])
    >>> vector = ParameterVector([("dense_1/kernel", w)], "float32")
    >>> vector.writable()[1] = 5.0
    >>> w
    Variable([[1. 5.]], shape=(1, 2), dtype=float32, name='variable')
    """

    def __init__(self, named: Iterable[tuple[str, Variable]], dtype: object) -> None:
        pairs = list(named)
        self.values: Array = zeros(sum(v.size for _, v in pairs), str(dtype))
        self.version = 0
        self.variables = [variable for _, variable in pairs]
        segments, offset = [], 0
        for name, variable in pairs:
            if variable.dtype != self.values.dtype:
                raise DTypeError(
                    f"{name} is {variable.dtype} in a {self.values.dtype} model; "
                    "give the model the type: Sequential(..., dtype='float64')"
                )
            segment = Segment(offset, variable.size, variable.shape, name)
            variable.move_to(self.values[segment.where].reshape(variable.shape), self)
            segments.append(segment)
            offset += variable.size
        self.segments = tuple(segments)

    def __len__(self) -> int:
        return len(self.values)

    def holds(self, named: Iterable[tuple[str, Variable]]) -> bool:
        """Whether it is made of these Variables, in this order and under these names.

        Examples
        --------
        >>> w = Variable([1.0])
        >>> vector = ParameterVector([("w", w)], "float32")
        >>> vector.holds([("w", w)]), vector.holds([("w", Variable([1.0]))]), vector.holds([])
        (True, False, False)
        """
        known = [(segment.name, id(variable)) for segment, variable in zip(self.segments, self.variables, strict=True)]
        pairs = list(named)
        return known == [(name, id(v)) for name, v in pairs] and all(v.vector is self for _, v in pairs)

    def writable(self) -> Array:
        """Return the vector for writing, and count a new version of every Variable in it."""
        self.version += 1
        return self.values

    def flat_gradient(self, gradients: Iterable[Array | None]) -> Array:
        """Join the gradients of the Variables into one vector; None counts as zeros."""
        parts = [
            np.zeros(v.size, self.values.dtype) if g is None else g.reshape(-1)
            for v, g in zip(self.variables, gradients, strict=True)
        ]
        return np.concatenate(parts) if parts else np.zeros(0, self.values.dtype)
