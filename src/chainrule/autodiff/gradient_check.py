"""gradient_check: compare the tape's gradient with central differences along random directions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.autodiff.conversion import to_array
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import DTypeError, GradientError, ShapeError
from chainrule.random import generator


def gradient_check(
    function: Callable[..., Any],
    x: Any,
    *,
    directions: int = 4,
    step: float = 1e-5,
    tolerance: float = 1e-6,
    seed: int = 0,
) -> float:
    """Check the gradient of ``function`` at ``x`` in float64; return the largest relative error.

    For random unit directions d the tape's slope ``<df/dx, d>`` is compared with the central difference
    ``(f(x + step d) - f(x - step d)) / (2 step)``; the error is their distance divided by
    ``max(1, |slope|)``. A function that returns an array is checked through a random weighting of its elements.

    Parameters
    ----------
    function : callable of Tensors
        It must be smooth within ``step`` of x: keep away from the kinks of relu, abs and max.
    x : array-like, or a list of arrays, or a tuple of array-likes
        The point; a list of arrays or a tuple gives one argument per entry, a list of numbers is one array.
    directions : int
        Number of random directions.
    step : float
    tolerance : float
        Largest error allowed.
    seed : int

    Raises
    ------
    DTypeError, ShapeError
        If there is no function, or no point of numbers.
    GradientError
        If an error exceeds ``tolerance``; the message names the direction and both slopes.

    Examples
    --------
    >>> from chainrule import ops
    >>> gradient_check(lambda x: ops.sum(ops.tanh(x)), [[0.1, 0.2]]) < 1e-9
    True
    """
    if not callable(function):
        raise DTypeError(f"gradient_check expects a function of Tensors, got {function!r:.60}; write lambda x: ...")
    several = isinstance(x, tuple) or (isinstance(x, list) and x and all(hasattr(part, "__array__") for part in x))
    point = [to_array(part, np.float64) for part in (x if several else [x])]
    if not any(array.size for array in point):
        raise ShapeError("gradient_check expects a point of at least one number, got none")
    rng = generator(seed, "check")
    weighting: list[Array] = []

    def value(arrays: Sequence[Array]) -> tuple[Tensor, list[Tensor], GradientTape]:
        tensors = [Tensor(array) for array in arrays]
        with GradientTape() as tape:
            tape.watch(tensors)
            result = function(*tensors)
            if not isinstance(result, Tensor) or result.dtype != np.float64:
                kind = result.dtype if isinstance(result, Tensor) else type(result).__name__
                raise DTypeError(f"gradient_check expects the function to return a float64 Tensor, got {kind}")
            if not weighting:
                weighting.append(np.ones(()) if result.shape == () else rng.normal(size=result.shape))
            total = ops.sum(result * weighting[0])
        return total, tensors, tape

    total, tensors, tape = value(point)
    gradients = [g.numpy() for g in tape.gradient(total, tensors, unconnected_gradients="zero")]
    largest = 0.0
    for number in range(directions):
        direction = [rng.normal(size=array.shape) for array in point]
        length = np.sqrt(sum(float(np.sum(d * d)) for d in direction))
        direction = [d / length for d in direction]
        slope = sum(float(np.sum(g * d)) for g, d in zip(gradients, direction, strict=True))
        ahead, behind = (
            float(value([a + sign * step * d for a, d in zip(point, direction, strict=True)])[0]) for sign in (1, -1)
        )
        difference = (ahead - behind) / (2 * step)
        error = abs(slope - difference) / max(1.0, abs(difference))
        if not error <= tolerance:
            raise GradientError(
                f"gradient and central difference disagree along direction {number}: {slope:.12g} against "
                f"{difference:.12g}, relative error {error:.2g} (allowed {tolerance:.2g})"
            )
        largest = max(largest, error)
    return largest
