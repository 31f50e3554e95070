"""Activation functions: one row each, with derivative, range and where they saturate.

A row is also the function: ``activations.tanh(z)``. Parameters of a row (a slope, an alpha) are keyword
arguments. Plain callables can stand wherever an activation is expected.

Examples
--------
>>> print(f"{sigmoid(-6.0):.4f}", sigmoid.range)
0.0025 (0.0, 1.0)
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, pi, sqrt
from typing import Any, TypeAlias

from chainrule.autodiff import ops
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.configurable import lookup
from chainrule.errors import ArgumentError

# SELU's constants make mean 0 and variance 1 a fixed point (Klambauer et al. 2017, arXiv:1706.02515).
SELU_ALPHA = 1.6732632423543772
SELU_SCALE = 1.0507009873554805


@dataclass(frozen=True)
class Activation:
    """An activation function g(z).

    Attributes
    ----------
    name : str
        What layers and model files call it.
    function : callable
        g, on Tensors.
    derivative : callable
        dg/dz, on Tensors; for softmax and log_softmax the diagonal of the Jacobian.
    range : (float, float)
        Smallest and largest value, at the default parameters.
    saturation : (float, float)
        z below the first or above the second is saturated: there ``|dg/dz| < 0.01`` and learning all but stops.
        Infinite where that side never saturates.
    """

    name: str
    function: Callable[..., Tensor]
    derivative: Callable[..., Tensor]
    range: tuple[float, float]
    saturation: tuple[float, float]

    def __call__(self, z: TensorLike, **parameters: float) -> Tensor:
        """Return g(z)."""
        return self.function(z, **parameters)

    def __repr__(self) -> str:
        return f"<activation {self.name}>"

    def __reduce__(self) -> Any:
        """Copies and pickles of a row of the table are that row itself."""
        return (get, (self.name,)) if TABLE.get(self.name) is self else super().__reduce__()


ActivationLike: TypeAlias = Activation | Callable[[Any], Any] | str | None


def _step(z: Tensor) -> Tensor:
    return ops.cast(z > 0, z.dtype)


def _normal_cdf(z: Tensor) -> Tensor:
    return 0.5 * (1 + ops.erf(z * sqrt(0.5)))


def _tanh_argument(z: Tensor) -> Tensor:
    return sqrt(2 / pi) * (z + 0.044715 * (z * z * z))


def _gelu_tanh_slope(z: Tensor) -> Tensor:
    t = ops.tanh(_tanh_argument(z))
    return 0.5 * (1 + t) + 0.5 * z * (1 - t * t) * sqrt(2 / pi) * (1 + 3 * 0.044715 * z * z)


def _elu(z: Tensor, alpha: float = 1.0) -> Tensor:
    return ops.where(z > 0, z, alpha * ops.expm1(ops.minimum(z, 0.0)))


def _elu_slope(z: Tensor, alpha: float = 1.0) -> Tensor:
    return ops.where(z > 0, 1.0, alpha * ops.exp(ops.minimum(z, 0.0)))


def _mish_slope(z: Tensor) -> Tensor:
    t = ops.tanh(ops.softplus(z))
    return t + z * (1 - t * t) * ops.sigmoid(z)


def _softmax_diagonal(z: Tensor, axis: int = -1) -> Tensor:
    y = ops.softmax(z, axis)
    return y * (1 - y)


def _row(
    name: str,
    function: Callable[..., Tensor],
    derivative: Callable[..., Tensor],
    range: tuple[float, float],
    saturation: tuple[float, float] = (-inf, inf),
) -> Activation:
    def on_tensors(f: Callable[..., Tensor]) -> Callable[..., Tensor]:
        return lambda z, **parameters: f(_floating(z), **parameters)

    return Activation(name, on_tensors(function), on_tensors(derivative), range, saturation)


def _floating(z: TensorLike) -> Tensor:
    tensor = as_tensor(z)
    return tensor if tensor.dtype.kind == "f" else ops.cast(tensor, "float32")


ROWS = (
    #    name            g(z)                            dg/dz                                     range, saturation
    _row("linear",       lambda z: z,                    lambda z: 0 * z + 1,                       (-inf, inf)),
    _row("sigmoid",      ops.sigmoid,                    lambda z: ops.sigmoid(z) * ops.sigmoid(-z), (0.0, 1.0), (-4.6, 4.6)),
    _row("tanh",         ops.tanh,                       lambda z: 1 - ops.square(ops.tanh(z)),    (-1.0, 1.0), (-3.0, 3.0)),
    _row("relu",         ops.relu,                       _step,                                    (0.0, inf), (0.0, inf)),
    _row("leaky_relu",   lambda z, negative_slope=0.2: ops.where(z > 0, z, negative_slope * z),
                         lambda z, negative_slope=0.2: _step(z) + negative_slope * (1 - _step(z)), (-inf, inf)),
    _row("elu",          _elu,                           _elu_slope,                               (-1.0, inf), (-4.61, inf)),
    _row("selu",         lambda z: SELU_SCALE * _elu(z, SELU_ALPHA),
                         lambda z: SELU_SCALE * _elu_slope(z, SELU_ALPHA), (-SELU_SCALE * SELU_ALPHA, inf), (-5.17, inf)),
    _row("gelu",         lambda z: z * _normal_cdf(z),
                         lambda z: _normal_cdf(z) + z * ops.exp(-0.5 * z * z) / sqrt(2 * pi),      (-0.17, inf), (-3.07, inf)),
    _row("gelu_tanh",    lambda z: 0.5 * z * (1 + ops.tanh(_tanh_argument(z))), _gelu_tanh_slope,  (-0.1701, inf), (-3.06, inf)),
    _row("silu",         lambda z: z * ops.sigmoid(z),
                         lambda z: ops.sigmoid(z) * (1 + z * ops.sigmoid(-z)),                     (-0.2785, inf), (-6.27, inf)),
    _row("mish",         lambda z: z * ops.tanh(ops.softplus(z)), _mish_slope,                     (-0.3089, inf), (-6.27, inf)),
    _row("softplus",     ops.softplus,                   ops.sigmoid,                              (0.0, inf), (-4.6, inf)),
    _row("hard_sigmoid", lambda z: ops.clip((z + 3) / 6, 0.0, 1.0),
                         lambda z: ops.cast(ops.abs(z) <= 3, z.dtype) / 6,                         (0.0, 1.0), (-3.0, 3.0)),
    _row("exponential",  ops.exp,                        ops.exp,                                  (0.0, inf), (-4.61, inf)),
    _row("softmax",      ops.softmax,                    _softmax_diagonal,                        (0.0, 1.0)),
    _row("log_softmax",  ops.log_softmax,                lambda z, axis=-1: 1 - ops.softmax(z, axis), (-inf, 0.0)),
)  # fmt: skip
TABLE = {row.name: row for row in ROWS}

linear, sigmoid, tanh, relu = TABLE["linear"], TABLE["sigmoid"], TABLE["tanh"], TABLE["relu"]
leaky_relu, elu, selu, gelu = TABLE["leaky_relu"], TABLE["elu"], TABLE["selu"], TABLE["gelu"]
gelu_tanh, silu, mish, softplus = TABLE["gelu_tanh"], TABLE["silu"], TABLE["mish"], TABLE["softplus"]
hard_sigmoid, exponential = TABLE["hard_sigmoid"], TABLE["exponential"]
softmax, log_softmax = TABLE["softmax"], TABLE["log_softmax"]

ALIASES = {"swish": silu, "identity": linear, "logistic": sigmoid}


def get(identifier: ActivationLike) -> Activation | Callable[[Any], Any]:
    """Return the activation for a name, a callable (itself) or None (linear).

    Examples
    --------
    >>> get("relu")
    <activation relu>
    >>> get("rleu")
    Traceback (most recent call last):
    chainrule.errors.UnknownNameError: unknown activation 'rleu'; did you mean 'relu'?
    """
    if identifier is None:
        return linear
    if isinstance(identifier, str):
        found: Activation = lookup("activation", identifier.lower(), TABLE | ALIASES)
        return found
    if callable(identifier):
        return identifier
    raise ArgumentError(f"activation must be a name, a callable or None, got {identifier!r}")


def serialize(activation: Activation | Callable[[Any], Any]) -> str:
    """Return the name under which model files know the activation.

    Raises
    ------
    ArgumentError
        For a callable outside the table: a file can't hold code.
    """
    if isinstance(activation, Activation) and TABLE.get(activation.name) is activation:
        return activation.name
    name = getattr(activation, "__name__", repr(activation))
    raise ArgumentError(f"activation {name} is your own function; a model file holds only those of the table")
