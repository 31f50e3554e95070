"""Constraints on weights: after every step of training they put the weights back where they are allowed to be."""

from collections.abc import Callable, Sequence
from math import inf
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from chainrule.arrays import Array, is_number
from chainrule.configurable import Configurable, lookup
from chainrule.errors import ArgumentError


class MinMaxNorm(Configurable):
    """``w <- w (rate clip(|w|, min, max) + (1 - rate) |w|) / |w|`` with |w| the norm of each unit's incoming weights.

    Weights whose norm is in the range stay as they are, to the bit.

    Parameters
    ----------
    min_value, max_value : float >= 0
    rate : float in [0, 1]
        1 puts the norm into the range at once, less moves it part of the way at every step.
    axis : int or sequence of int
        Axes over which a norm is taken: 0 is that of the inputs in a kernel (in, units).

    Examples
    --------
    >>> MinMaxNorm(0.0, 1.0)([[3.0, 0.0], [4.0, 0.5]])
    array([[0.6, 0. ],
           [0.8, 0.5]])
    """

    def __init__(
        self, min_value: float = 0.0, max_value: float = 1.0, rate: float = 1.0, axis: int | Sequence[int] = 0
    ) -> None:
        for name, value in (("min_value", min_value), ("max_value", max_value)):
            if not (is_number(value) and 0 <= value < inf):
                raise ArgumentError(f"{name} must be a number >= 0, got {value!r}")
        if min_value > max_value:
            raise ArgumentError(f"min_value must be at most max_value, got {min_value!r} and {max_value!r}")
        if not is_number(rate) or not 0 <= rate <= 1:
            raise ArgumentError(f"rate must be in [0, 1], got {rate!r}")
        axes = (axis,) if isinstance(axis, int | np.integer) else axis
        if isinstance(axes, str) or any(isinstance(a, bool) or not isinstance(a, int | np.integer) for a in axes):
            raise ArgumentError(f"axis must be an integer or several, got {axis!r}")
        self.min_value, self.max_value, self.rate = float(min_value), float(max_value), float(rate)
        self.axis = tuple(int(a) for a in axes)

    def __call__(self, weights: ArrayLike) -> Array:
        """Return the weights as they are allowed to be."""
        w = np.asarray(weights)
        norms = np.sqrt(np.sum(np.square(w, dtype=np.float64), axis=self.axis, keepdims=True))
        wanted = self.rate * np.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        with np.errstate(divide="ignore", invalid="ignore"):  # a vector of zeros has no direction to grow in
            factors = np.where((wanted == norms) | (norms == 0), 1.0, wanted / norms)
        return np.asarray(w * factors.astype(w.dtype, copy=False))


class MaxNorm(MinMaxNorm):
    """``|w| <= max_value`` for the incoming weights of each unit: longer vectors are cut to that length.

    Unlike a penalty it leaves short vectors alone, and lets training use a large learning rate.

    Parameters
    ----------
    max_value : float >= 0
    axis : int or sequence of int

    References
    ----------
    Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014, section 5.1.

    Examples
    --------
    >>> MaxNorm(1.0)([[3.0, 0.0], [4.0, 0.5]])
    array([[0.6, 0. ],
           [0.8, 0.5]])
    """

    def __init__(self, max_value: float = 2.0, axis: int | Sequence[int] = 0) -> None:
        super().__init__(0.0, max_value, axis=axis)


class UnitNorm(MinMaxNorm):
    """``|w| = 1`` for the incoming weights of each unit.

    Examples
    --------
    >>> UnitNorm()([[3.0], [4.0]])
    array([[0.6],
           [0.8]])
    """

    def __init__(self, axis: int | Sequence[int] = 0) -> None:
        super().__init__(1.0, 1.0, axis=axis)


class NonNeg(Configurable):
    """``w >= 0``: negative weights become 0.

    Examples
    --------
    >>> NonNeg()([-1.0, 2.0])
    array([0., 2.])
    """

    def __call__(self, weights: ArrayLike) -> Array:
        """Return the weights as they are allowed to be; NaN stays NaN."""
        w = np.asarray(weights)
        return np.where(w < 0, w.dtype.type(0), w)


Constraint: TypeAlias = Callable[[Any], Any]
NAMES: dict[str, Callable[[], Constraint]] = {
    "max_norm": MaxNorm,
    "min_max_norm": MinMaxNorm,
    "non_neg": NonNeg,
    "unit_norm": UnitNorm,
}


def get(identifier: str | Constraint | None) -> Constraint | None:
    """Return the constraint for a name ("max_norm", "min_max_norm", "non_neg", "unit_norm"), a callable or None.

    Examples
    --------
    >>> get("non_neg")
    NonNeg()
    """
    if isinstance(identifier, str):
        made: Constraint = lookup("constraint", identifier, NAMES)()
        return made
    if identifier is None or callable(identifier):
        return identifier
    raise ArgumentError(f"constraint must be a name, a callable or None, got {identifier!r}")
