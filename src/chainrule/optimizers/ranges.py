"""Checks of the numbers that optimisers and schedules are made with."""

import math
from numbers import Real
from typing import Any

from chainrule.errors import ArgumentError


def number(owner: str, name: str, value: Any, *, expected: str, fits: bool, usual: float) -> float:
    """Return ``value`` as a float; raise an error that quotes ``expected`` unless it ``fits``."""
    if fits:
        return float(value)
    raise ArgumentError(f"{owner}: {name} must be {expected}, got {value!r}; a usual value is {usual:g}")


def is_real(value: Any) -> bool:
    """Whether ``value`` is a finite real number; ``True`` and ``False`` are not."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def positive(owner: str, name: str, value: Any, usual: float) -> float:
    """Return ``value`` if it is a finite number above zero.

    Examples
    --------
    >>> positive("Adam", "epsilon", 0, usual=1e-7)
    Traceback (most recent call last):
    chainrule.errors.ArgumentError: Adam: epsilon must be a number > 0, got 0; a usual value is 1e-07
    """
    return number(owner, name, value, expected="a number > 0", fits=is_real(value) and value > 0, usual=usual)


def not_negative(owner: str, name: str, value: Any, usual: float) -> float:
    """Return ``value`` if it is a finite number, zero or above."""
    return number(owner, name, value, expected="a number >= 0", fits=is_real(value) and value >= 0, usual=usual)


def fraction(owner: str, name: str, value: Any, usual: float) -> float:
    """Return ``value`` if it is in [0, 1)."""
    return number(
        owner, name, value, expected="a number in [0, 1)", fits=is_real(value) and 0 <= value < 1, usual=usual
    )
