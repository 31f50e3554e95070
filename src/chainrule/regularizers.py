"""Penalties on weights, added to the loss as written: no scale depends on the batch size."""

from collections.abc import Callable
from math import inf
from typing import Any, TypeAlias

from chainrule.arrays import is_number
from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike
from chainrule.configurable import Configurable, lookup
from chainrule.errors import ArgumentError


class L1L2(Configurable):
    """``l1 sum |w| + l2 sum w^2``.

    Parameters
    ----------
    l1, l2 : float >= 0

    Examples
    --------
    >>> float(L1L2(l1=0.25, l2=0.5)([1.0, -2.0]))
    3.25
    """

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        for name, value in (("l1", l1), ("l2", l2)):
            if not (is_number(value) and 0 <= value < inf):
                raise ArgumentError(f"{name} must be a number >= 0, got {value!r}")
        self.l1, self.l2 = float(l1), float(l2)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments; ``l1`` and ``l2`` can be set at any time, and are given as they are now."""
        return {name: getattr(self, name, value) for name, value in super().get_config().items()}

    def __call__(self, weights: TensorLike) -> Tensor:
        """Return the penalty, a single number."""
        absolute = self.l1 * ops.sum(ops.abs(weights)) if self.l1 else None
        squared = self.l2 * ops.sum(ops.square(weights)) if self.l2 or absolute is None else None
        if absolute is None or squared is None:
            return squared if absolute is None else absolute  # type: ignore[return-value]  # one of them is there
        return absolute + squared


class L1(L1L2):
    """``l1 sum |w|``, which drives weights to exactly 0 (Tibshirani 1996)."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """``l2 sum w^2``, which keeps weights small (ridge; Hoerl & Kennard 1970)."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


Regularizer: TypeAlias = Callable[[Any], Tensor]
NAMES: dict[str, type[L1L2]] = {"l1": L1, "l2": L2, "l1_l2": L1L2}


def get(identifier: str | Regularizer | None) -> Regularizer | None:
    """Return the regularizer for a name ("l1", "l2", "l1_l2": 0.01 each), a callable or None.

    Examples
    --------
    >>> get("l2")
    L2()
    """
    if isinstance(identifier, str):
        cls = lookup("regularizer", identifier, NAMES)
        return cls(0.01, 0.01) if cls is L1L2 else cls()
    if identifier is None or callable(identifier):
        return identifier
    raise ArgumentError(f"regularizer must be a name, a callable or None, got {identifier!r}")
