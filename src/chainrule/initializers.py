"""Initialisers: the values weights start from, drawn from an explicit seed.

Numbers are drawn in float64 and then rounded, so a seed means the same values in both dtypes.
"""

import math
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any, ClassVar, Literal, TypeAlias, final

import numpy as np

from chainrule.arrays import Array, float_dtype
from chainrule.configurable import Configurable, lookup
from chainrule.errors import ArgumentError, ShapeError
from chainrule.random import check_seed, generator

Seed: TypeAlias = int | np.random.Generator | None

# Standard deviation of the standard normal distribution cut off at -2 and 2.
TRUNCATED_STDDEV = 0.87962566103423978


class Initializer(Configurable, ABC):
    """Base of the initialisers.

    Examples
    --------
    >>> class Alternating(Initializer):
    ...     def __call__(self, shape, dtype="float32", seed=None):
    ...         return (-1.0) ** np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    >>> Alternating()((2, 2))
    array([[ 1., -1.],
           [ 1., -1.]], dtype=float32)
    """

    @abstractmethod
    def __call__(self, shape: Sequence[int], dtype: Any = "float32", seed: Seed = None) -> Array:
        """Return the first values of a weight.

        Parameters
        ----------
        shape : sequence of int
        dtype : "float32" or "float64"
        seed : int or numpy.random.Generator; not needed where nothing is random
        """


class Constant(Initializer):
    """Every value the same.

    Parameters
    ----------
    value : finite number

    Examples
    --------
    >>> Constant(0.5)((3,))
    array([0.5, 0.5, 0.5], dtype=float32)
    """

    def __init__(self, value: float = 0.0) -> None:
        self.value = _finite("Constant", "value", value)

    def __call__(self, shape: Sequence[int], dtype: Any = "float32", seed: Seed = None) -> Array:
        """Return an array full of the value."""
        return np.full(checked_shape(shape), self.value, float_dtype(dtype))


class Zeros(Constant):
    """Every value 0: for biases. Units of a layer whose weights are all equal would stay equal."""

    def __init__(self) -> None:
        super().__init__(0.0)


class Ones(Constant):
    """Every value 1: for scales."""

    def __init__(self) -> None:
        super().__init__(1.0)


class RandomInitializer(Initializer):
    """Base of the initialisers that draw random numbers.

    Parameters
    ----------
    seed : int from 0 to 2**64 - 1, or None
        Fixes the values: every weight of one shape gets the same ones. With None, the caller's seed
        decides (a layer gives each of its weights a stream of its own); neither is an ArgumentError.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = None if seed is None else check_seed(seed)

    @abstractmethod
    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return random values, float64, of the shape."""

    @final
    def __call__(self, shape: Sequence[int], dtype: Any = "float32", seed: Seed = None) -> Array:
        """Return random values; the same seed gives the same values."""
        seed = seed if self.seed is None else self.seed
        if seed is None:
            name = type(self).__name__
            raise ArgumentError(f"{name} needs a seed, got none; give it one, {name}(seed=0), or call it with seed=0")
        rng = seed if isinstance(seed, np.random.Generator) else generator(check_seed(seed), "weights")
        return self.draw(checked_shape(shape), rng).astype(float_dtype(dtype))


class NormalInitializer(RandomInitializer):
    """Base of the initialisers with a mean and a standard deviation.

    Parameters
    ----------
    mean : float
    stddev : float >= 0; for TruncatedNormal that of the distribution before it is cut
    seed : int or None
    """

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.mean = _finite(type(self).__name__, "mean", mean)
        self.stddev = _finite(type(self).__name__, "stddev", stddev)
        if self.stddev < 0:
            raise ArgumentError(f"{type(self).__name__}: stddev must be >= 0, got {stddev!r}; try {-stddev!r}")


class RandomNormal(NormalInitializer):
    """Normal distribution.

    Examples
    --------
    >>> RandomNormal(stddev=0.1, seed=1)((100, 100)).std().round(2)
    np.float32(0.1)
    """

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return random values, float64, of the shape."""
        return self.mean + self.stddev * rng.standard_normal(shape)


class TruncatedNormal(NormalInitializer):
    """Normal distribution without its tails: values beyond two standard deviations are drawn again.

    Examples
    --------
    >>> bool(abs(TruncatedNormal(stddev=0.1, seed=1)((100, 100))).max() <= 0.2)
    True
    """

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return random values, float64, of the shape."""
        return self.mean + self.stddev * _truncated_standard_normal(shape, rng)


class RandomUniform(RandomInitializer):
    """Uniform distribution.

    Parameters
    ----------
    minval, maxval : float, minval < maxval
    seed : int or None
    """

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        super().__init__(seed)
        self.minval = _finite("RandomUniform", "minval", minval)
        self.maxval = _finite("RandomUniform", "maxval", maxval)
        if self.minval >= self.maxval:
            raise ArgumentError(
                f"RandomUniform: minval must be below maxval, got {minval!r} and {maxval!r}; swap them?"
            )

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return random values, float64, of the shape."""
        return rng.uniform(self.minval, self.maxval, shape)


class ScaledInitializer(RandomInitializer):
    """Base of the initialisers whose variance is ``scale / fan``: it keeps signals from growing or vanishing.

    ``fan`` is the number of inputs of a unit (fan_in), or the mean of its inputs and outputs (fan_avg).
    The uniform ones draw from [-limit, limit], limit = sqrt(3 variance). The normal ones are cut at two standard
    deviations, and widened so that the variance holds all the same.

    Parameters
    ----------
    seed : int or None

    Examples
    --------
    >>> bool(abs(GlorotUniform(seed=1)((4, 2))).max() <= 1)
    True
    >>> HeNormal()((200, 100), "float64", seed=1).std().round(2)
    np.float64(0.1)

    References
    ----------
    LeCun et al., "Efficient backprop", 1998. Glorot & Bengio, "Understanding the difficulty of training deep
    feedforward neural networks", 2010. He et al., "Delving deep into rectifiers", 2015, arXiv:1502.01852.
    """

    scale: ClassVar[float]
    fan: ClassVar[Literal["fan_in", "fan_avg"]]
    distribution: ClassVar[Literal["uniform", "truncated_normal"]]

    @final
    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return random values, float64, of the shape."""
        fan_in, fan_out = fans(shape)
        variance = self.scale / max(1.0, fan_in if self.fan == "fan_in" else (fan_in + fan_out) / 2)
        if self.distribution == "uniform":
            limit = math.sqrt(3 * variance)
            return rng.uniform(-limit, limit, shape)
        return math.sqrt(variance) / TRUNCATED_STDDEV * _truncated_standard_normal(shape, rng)


class GlorotUniform(ScaledInitializer):
    """Uniform in [-limit, limit], limit = sqrt(6 / (fan_in + fan_out)): for tanh and sigmoid; Dense's own."""

    scale, fan, distribution = 1.0, "fan_avg", "uniform"


class GlorotNormal(ScaledInitializer):
    """Truncated normal of variance 2 / (fan_in + fan_out): for tanh and sigmoid."""

    scale, fan, distribution = 1.0, "fan_avg", "truncated_normal"


class HeUniform(ScaledInitializer):
    """Uniform in [-limit, limit], limit = sqrt(6 / fan_in): for relu and its kin."""

    scale, fan, distribution = 2.0, "fan_in", "uniform"


class HeNormal(ScaledInitializer):
    """Truncated normal of variance 2 / fan_in: for relu and its kin."""

    scale, fan, distribution = 2.0, "fan_in", "truncated_normal"


class LecunUniform(ScaledInitializer):
    """Uniform in [-limit, limit], limit = sqrt(3 / fan_in)."""

    scale, fan, distribution = 1.0, "fan_in", "uniform"


class LecunNormal(ScaledInitializer):
    """Truncated normal of variance 1 / fan_in: for selu (Klambauer et al., 2017, arXiv:1706.02515)."""

    scale, fan, distribution = 1.0, "fan_in", "truncated_normal"


class Orthogonal(RandomInitializer):
    """An orthogonal matrix: it turns vectors without changing their length (times ``gain``).

    The columns are orthonormal, or the rows where there are fewer rows. A weight of more than two axes
    is a matrix of its last axis against all others.

    Parameters
    ----------
    gain : finite number
    seed : int or None

    Examples
    --------
    >>> q = Orthogonal(seed=1)((3, 3), "float64")
    >>> bool(np.allclose(q.T @ q, np.eye(3)))
    True

    References
    ----------
    Saxe, McClelland & Ganguli, "Exact solutions to the nonlinear dynamics of learning in deep linear neural
    networks", 2014, arXiv:1312.6120.
    """

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        super().__init__(seed)
        self.gain = _finite("Orthogonal", "gain", gain)

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
        """Return random values, float64, of the shape."""
        if len(shape) < 2:
            raise ShapeError(f"Orthogonal needs a shape of at least two axes, got {shape}; for a bias use Zeros()")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        normal = rng.standard_normal((max(rows, columns), min(rows, columns)))
        q, r = np.linalg.qr(normal)
        q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # QR alone would favour some of the orthogonal matrices
        matrix = q.T if rows < columns else q
        return self.gain * matrix.reshape(shape)


class FromFunction(Initializer):
    """A plain function ``f(shape, dtype)`` as an initialiser."""

    def __init__(self, function: Callable[[tuple[int, ...], Any], Any]) -> None:
        self.function = function

    def __call__(self, shape: Sequence[int], dtype: Any = "float32", seed: Seed = None) -> Array:
        """Return what the function gives, once its shape is checked."""
        shape = checked_shape(shape)
        dtype = float_dtype(dtype)
        values = np.array(self.function(shape, dtype), dtype=dtype)
        if values.shape != shape:
            raise ShapeError(f"initializer {self.function!r} must give shape {shape}, got {values.shape}")
        return values


INITIALIZERS: dict[str, type[Initializer]] = {
    "zeros": Zeros,
    "ones": Ones,
    "constant": Constant,
    "glorot_uniform": GlorotUniform,
    "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform,
    "he_normal": HeNormal,
    "lecun_uniform": LecunUniform,
    "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal,
    "random_normal": RandomNormal,
    "random_uniform": RandomUniform,
    "truncated_normal": TruncatedNormal,
}


def get(identifier: Any) -> Initializer:
    """Return the initialiser of a name ("he_normal" or "HeNormal"), of a class or a function.

    Examples
    --------
    >>> get("he_normal")
    HeNormal()
    >>> get("he_norm")
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown initializer 'he_norm'; did you mean 'he_normal'?
    """
    if isinstance(identifier, Initializer):
        return identifier
    if isinstance(identifier, str):
        name = re.sub(r"(?<!^)(?=[A-Z])", "_", identifier).lower()  # HeNormal -> he_normal
        initializer: Initializer = lookup("initializer", name if name in INITIALIZERS else identifier, INITIALIZERS)()
        return initializer
    if isinstance(identifier, type) and issubclass(identifier, Initializer):
        return identifier()
    if callable(identifier):
        return FromFunction(identifier)
    raise ArgumentError(
        f"initializer must be a name, an Initializer or a function f(shape, dtype), got {identifier!r}; "
        "for a fixed value write Constant(value)"
    )


def fans(shape: tuple[int, ...]) -> tuple[int, int]:
    """Return how many inputs and outputs a unit has in a weight of this shape.

    Axes before the last two count as positions, which every unit sees.

    Examples
    --------
    >>> fans((3, 4)), fans((5,)), fans((2, 2, 3, 4))
    ((3, 4), (5, 5), (12, 16))
    """
    if len(shape) < 2:
        size = math.prod(shape)
        return size, size
    positions = math.prod(shape[:-2])
    return positions * shape[-2], positions * shape[-1]


def checked_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """Return ``shape`` as a tuple of known lengths."""
    if isinstance(shape, Sequence) and not isinstance(shape, str):
        lengths = tuple(shape)
        if all(isinstance(n, int | np.integer) and not isinstance(n, bool) and n >= 0 for n in lengths):
            return tuple(int(n) for n in lengths)
    raise ShapeError(f"a weight's shape must be a sequence of whole numbers >= 0, like (4, 2), got {shape!r}")


def _truncated_standard_normal(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    values = rng.standard_normal(math.prod(shape))
    outside = np.flatnonzero(np.abs(values) > 2)
    while outside.size:
        values[outside] = rng.standard_normal(outside.size)
        outside = outside[np.abs(values[outside]) > 2]
    return values.reshape(shape)


def _finite(owner: str, name: str, value: Any) -> float:
    if isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise ArgumentError(f"{owner}: {name} must be a finite number, got {value!r}")
