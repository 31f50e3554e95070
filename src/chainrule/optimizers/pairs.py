"""The (gradient, variable) pairs of a hand-written training loop, read and checked."""

from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, GradientError, ShapeError


class Updatable(Protocol):
    """What an optimiser asks of a variable."""

    @property
    def name(self) -> str: ...  # noqa: D102

    @property
    def shape(self) -> tuple[int, ...]: ...  # noqa: D102

    def writable(self) -> Array:
        """Return the variable's own C-contiguous array, about to be changed in place."""
        ...

    def constrain(self) -> None:
        """Put the values back where the variable's constraint allows them to be."""
        ...


class Pairs(NamedTuple):
    """Variables with their gradients, which are flat arrays, and the variables that have none."""

    gradients: list[Array]
    variables: list[Updatable]
    without_gradient: list[Updatable]


def read_pairs(pairs: Iterable[tuple[Any, Any]]) -> Pairs:
    """Read and check all pairs, before any variable changes."""
    read = Pairs([], [], [])
    for pair in pairs:
        gradient, variable = pair if isinstance(pair, tuple | list) and len(pair) == 2 else (pair, None)
        if not hasattr(variable, "writable"):
            got = f"({type(gradient).__name__}, {type(variable).__name__})" if variable is not None else repr(pair)
            raise ArgumentError(
                f"apply_gradients expects (gradient, variable) pairs, got {got}; "
                "write optimizer.apply_gradients(zip(gradients, variables))"
            )
        if gradient is None:
            read.without_gradient.append(variable)
            continue
        array = np.asarray(gradient)
        if array.shape != variable.shape:
            raise ShapeError(
                f"the gradient of variable {variable.name!r} must have its shape {tuple(variable.shape)}, "
                f"got {array.shape}; are the gradients in the order of the variables?"
            )
        read.gradients.append(array.reshape(-1))
        read.variables.append(variable)
    if read.variables:
        return read
    if read.without_gradient:
        raise GradientError(
            "every gradient is None: the loss was computed from values made outside the tape; "
            "move the forward pass (prediction = model(x)) inside `with`"
        )
    raise ArgumentError(
        "apply_gradients expects at least one (gradient, variable) pair, got none; "
        "a model has no variables before its first call, and a zip can be read only once"
    )
