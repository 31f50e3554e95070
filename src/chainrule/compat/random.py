"""``tf.random``: numbers from an explicit seed, or from a fresh one that the operating system draws."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.autodiff.conversion import number_type
from chainrule.autodiff.tensor import Tensor
from chainrule.compat.names import namespace
from chainrule.errors import ArgumentError, UnknownArgumentError
from chainrule.initializers import Initializer, RandomNormal, RandomUniform, TruncatedNormal, checked_shape
from chainrule.random import check_seed, generator

__all__ = ["normal", "truncated_normal", "uniform"]

NO_GLOBAL_SEED = (
    "chainrule has no global random state, which any other code could change; "
    "pass seed= where numbers are drawn: Sequential(layers, seed=0), fit(..., seed=0), tf.random.normal(shape, seed=0)"
)
__getattr__, __dir__ = namespace(
    __name__, "tf.random", {"set_seed": NO_GLOBAL_SEED, "get_global_generator": NO_GLOBAL_SEED}
)

Shape = Sequence[int] | int | None


def normal(
    shape: Shape = None, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", seed: int | None = None
) -> Tensor:
    """Draw from N(mean, stddev^2).

    Parameters
    ----------
    shape : sequence of int
        ``[]`` is a single number.
    mean, stddev : float
    dtype : "float32" or "float64"
    seed : int, optional
        The same seed gives the same numbers.

    Examples
    --------
    >>> normal([], seed=1).shape
    ()
    >>> normal()
    Traceback (most recent call last):
    chainrule.errors.UnknownArgumentError: tf.random.normal needs a shape: tf.random.normal([]) draws one number, ...
    """
    return _draw("normal", RandomNormal(mean, stddev), shape, dtype, seed)


def truncated_normal(
    shape: Shape = None, mean: float = 0.0, stddev: float = 1.0, dtype: Any = "float32", seed: int | None = None
) -> Tensor:
    """Draw from N(mean, stddev^2), values beyond two standard deviations drawn again."""
    return _draw("truncated_normal", TruncatedNormal(mean, stddev), shape, dtype, seed)


def uniform(
    shape: Shape = None,
    minval: float = 0,
    maxval: float | None = None,
    dtype: Any = "float32",
    seed: int | None = None,
) -> Tensor:
    """Draw uniformly from [minval, maxval).

    Parameters
    ----------
    shape : sequence of int
    minval, maxval : float
        ``maxval`` is 1 by default; integers need it.
    dtype : floating or integer type
    seed : int, optional

    Examples
    --------
    >>> codes = uniform([100], maxval=3, dtype="int64", seed=0).numpy()
    >>> sorted(set(codes.tolist()))
    [0, 1, 2]
    """
    if number_type(dtype).kind != "f":
        if maxval is None or minval >= maxval:
            raise ArgumentError(f"tf.random.uniform of integers needs maxval > minval, got {minval!r} and {maxval!r}")
        lengths = _lengths("uniform", shape)
        random = generator(check_seed(seed), "weights")
        return Tensor(random.integers(int(minval), int(maxval), lengths), dtype)
    return _draw("uniform", RandomUniform(minval, 1.0 if maxval is None else maxval), shape, dtype, seed)


def _draw(name: str, initializer: Initializer, shape: Shape, dtype: Any, seed: int | None) -> Tensor:
    return Tensor.wrap(np.asarray(initializer(_lengths(name, shape), dtype, seed=check_seed(seed))))


def _lengths(name: str, shape: Shape) -> tuple[int, ...]:
    if shape is None:
        raise UnknownArgumentError(
            f"tf.random.{name} needs a shape: tf.random.{name}([]) draws one number, "
            f"tf.random.{name}([2, 3]) a matrix of 2 rows and 3 columns"
        )
    return checked_shape((shape,) if isinstance(shape, int) else shape)
