"""``tf.nn``: activation functions, and the cross-entropies of logits."""

from chainrule import activations
from chainrule.activations import elu, mish, selu, silu
from chainrule.autodiff import ops
from chainrule.autodiff.ops import relu, sigmoid, softplus, tanh
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor
from chainrule.compat.names import namespace
from chainrule.layers import Dropout

__all__ = [
    "dropout", "elu", "gelu", "leaky_relu", "log_softmax", "mish", "relu", "selu", "sigmoid",
    "sigmoid_cross_entropy_with_logits", "silu", "softmax", "softmax_cross_entropy_with_logits", "softplus",
    "sparse_softmax_cross_entropy_with_logits", "swish", "tanh",
]  # fmt: skip
__getattr__, __dir__ = namespace(__name__, "tf.nn")

swish = silu


def leaky_relu(features: TensorLike, alpha: float = 0.2) -> Tensor:
    """``x`` where positive, else ``alpha x``."""
    return activations.leaky_relu(features, negative_slope=alpha)


def gelu(features: TensorLike, approximate: bool = False) -> Tensor:
    """``x P(X <= x)``, X standard normal; ``approximate`` takes the formula with tanh."""
    return activations.gelu_tanh(features) if approximate else activations.gelu(features)


def softmax(logits: TensorLike, axis: int = -1) -> Tensor:
    """``e^z_i / sum_k e^z_k``."""
    return ops.softmax(logits, axis)


def log_softmax(logits: TensorLike, axis: int = -1) -> Tensor:
    """``z_i - log sum_k e^z_k``."""
    return ops.log_softmax(logits, axis)


def softmax_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike) -> Tensor:
    """``-sum_k labels_k log softmax(logits)_k`` for each row.

    Examples
    --------
    >>> print(f"{softmax_cross_entropy_with_logits(labels=[[1.0, 0.0]], logits=[[0.0, 0.0]]).item():.4f}")
    0.6931
    """
    z = _floating(logits)
    return ops.softmax_cross_entropy(z, as_tensor(labels, z.dtype))


def sparse_softmax_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike) -> Tensor:
    """``-log softmax(logits)_c`` for each row, with class codes c = 0, 1, 2 ... as labels."""
    z = _floating(logits)
    return ops.softmax_cross_entropy(z, ops.one_hot(labels, z.shape[-1], z.dtype))


def sigmoid_cross_entropy_with_logits(labels: TensorLike, logits: TensorLike) -> Tensor:
    """``-y log s - (1 - y) log(1 - s)``, s = sigmoid(logits), for each element."""
    z = _floating(logits)
    return ops.sigmoid_cross_entropy(z, as_tensor(labels, z.dtype))


def dropout(x: TensorLike, rate: float, seed: int | None = None) -> Tensor:
    """Set a share ``rate`` of the elements to 0 and scale the others by ``1 / (1 - rate)``; `layers.Dropout`'s mask.

    Examples
    --------
    >>> dropped = dropout([[1.0] * 100], rate=0.5, seed=0).numpy()
    >>> sorted(set(dropped.ravel().tolist()))
    [0.0, 2.0]
    """
    values = _floating(x)
    return Dropout(rate, seed=seed, dtype=values.dtype)(values, training=True)


def _floating(x: TensorLike) -> Tensor:
    tensor = as_tensor(x)
    return tensor if tensor.dtype.kind == "f" else ops.cast(tensor, "float32")
