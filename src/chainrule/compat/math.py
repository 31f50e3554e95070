"""``tf.math``: element-wise arithmetic, and what `arrays` reduces."""

from chainrule.autodiff import ops
from chainrule.autodiff.ops import (
    abs,
    cos,
    erf,
    exp,
    expm1,
    log,
    log1p,
    negative,
    sigmoid,
    sign,
    sin,
    softplus,
    sqrt,
    square,
    tanh,
)
from chainrule.autodiff.tensor import Tensor, TensorLike
from chainrule.compat.arrays import (
    argmax,
    reduce_logsumexp,
    reduce_max,
    reduce_mean,
    reduce_min,
    reduce_std,
    reduce_sum,
    reduce_variance,
)
from chainrule.compat.names import namespace

__all__ = [
    "abs", "add", "argmax", "cos", "divide", "equal", "erf", "exp", "expm1", "greater", "greater_equal", "less",
    "less_equal", "log", "log1p", "maximum", "minimum", "multiply", "negative", "not_equal", "pow", "reduce_logsumexp",
    "reduce_max", "reduce_mean", "reduce_min", "reduce_std", "reduce_sum", "reduce_variance", "sigmoid", "sign", "sin",
    "softplus", "sqrt", "square", "subtract", "tanh",
]  # fmt: skip
__getattr__, __dir__ = namespace(__name__, "tf.math")


def matmul(a: TensorLike, b: TensorLike, transpose_a: bool = False, transpose_b: bool = False) -> Tensor:
    """Matrix product over the last two axes, either factor transposed first if wished.

    Examples
    --------
    >>> matmul([[1.0, 2.0]], [[3.0, 4.0]], transpose_b=True)
    Tensor([[11.]], shape=(1, 1), dtype=float32)
    """
    left = _swapped(a) if transpose_a else a
    return ops.matmul(left, _swapped(b) if transpose_b else b)


def _swapped(x: TensorLike) -> Tensor:
    tensor = ops.stop_gradient(x) if not isinstance(x, Tensor) else x
    axes = list(range(tensor.ndim))
    return ops.transpose(tensor, [*axes[:-2], *axes[:-3:-1]])


def add(x: TensorLike, y: TensorLike) -> Tensor:
    """``x + y``."""
    return ops.add(x, y)


def subtract(x: TensorLike, y: TensorLike) -> Tensor:
    """``x - y``."""
    return ops.subtract(x, y)


def multiply(x: TensorLike, y: TensorLike) -> Tensor:
    """``x * y``, element by element."""
    return ops.multiply(x, y)


def divide(x: TensorLike, y: TensorLike) -> Tensor:
    """``x / y``, element by element."""
    return ops.divide(x, y)


def pow(x: TensorLike, y: TensorLike) -> Tensor:
    """``x ** y``."""
    return ops.power(x, y)


def maximum(x: TensorLike, y: TensorLike) -> Tensor:
    """Larger of two, element by element."""
    return ops.maximum(x, y)


def minimum(x: TensorLike, y: TensorLike) -> Tensor:
    """Smaller of two, element by element."""
    return ops.minimum(x, y)


def equal(x: TensorLike, y: TensorLike) -> Tensor:
    """``x == y``, element by element."""
    return ops.equal(x, y)


def not_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """``x != y``, element by element."""
    return ops.not_equal(x, y)


def less(x: TensorLike, y: TensorLike) -> Tensor:
    """``x < y``, element by element."""
    return ops.less(x, y)


def less_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """``x <= y``, element by element."""
    return ops.less_equal(x, y)


def greater(x: TensorLike, y: TensorLike) -> Tensor:
    """``x > y``, element by element."""
    return ops.greater(x, y)


def greater_equal(x: TensorLike, y: TensorLike) -> Tensor:
    """``x >= y``, element by element."""
    return ops.greater_equal(x, y)
