"""``tf.keras.activations``: `chainrule.activations`."""

from chainrule.activations import (
    elu,
    exponential,
    gelu,
    get,
    hard_sigmoid,
    leaky_relu,
    linear,
    log_softmax,
    mish,
    relu,
    selu,
    serialize,
    sigmoid,
    silu,
    softmax,
    softplus,
    tanh,
)
from chainrule.compat.names import namespace

__all__ = [
    "elu", "exponential", "gelu", "get", "hard_sigmoid", "leaky_relu", "linear", "log_softmax", "mish", "relu", "selu",
    "serialize", "sigmoid", "silu", "softmax", "softplus", "swish", "tanh",
]  # fmt: skip
__getattr__, __dir__ = namespace(__name__, "tf.keras.activations")

swish = silu
