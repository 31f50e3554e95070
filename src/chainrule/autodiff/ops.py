"""The operations as functions on Tensors and array-likes; names and meanings follow ``keras.ops``.

All take Tensors, Variables, NumPy arrays, lists or numbers, record themselves on open tapes, and also work
without one. Reductions take ``axis`` as None (all), an integer or a tuple. The gradient rules stand in
`chainrule.autodiff.operations`.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Axis
from chainrule.autodiff.operations import OPERATIONS, reduced_axes
from chainrule.autodiff.tensor import Tensor, TensorLike, apply, as_tensor, matmul
from chainrule.errors import ArgumentError, DTypeError, ShapeError

__all__ = [
    "abs", "add", "argmax", "broadcast_to", "cast", "clip", "concatenate", "cos", "divide", "equal", "erf", "exp",
    "expm1", "greater", "greater_equal", "less", "less_equal", "log", "log1p", "log_softmax", "logsumexp", "matmul",
    "max", "maximum", "mean", "min", "minimum", "multiply", "negative", "not_equal", "one_hot", "power", "relu",
    "reshape", "sigmoid", "sigmoid_cross_entropy", "sign", "sin", "softmax", "softmax_cross_entropy", "softplus",
    "split", "sqrt", "square", "stack", "stop_gradient", "subtract", "sum", "take", "tanh", "transpose", "var", "where",
]  # fmt: skip


def _floating(x: TensorLike) -> Tensor:
    tensor = as_tensor(x)
    return tensor if tensor.dtype.kind == "f" else cast(tensor, np.float32)


def _unary(name: str, x: TensorLike) -> Tensor:
    return apply(OPERATIONS[name], (x if isinstance(x, Tensor) and x.dtype.kind == "f" else _floating(x),))


def _reduce(name: str, x: TensorLike, axis: Axis, keepdims: bool) -> Tensor:
    tensor = as_tensor(x)
    axes = tuple(axis) if isinstance(axis, list) else axis
    if axes is not None:
        for a in axes if isinstance(axes, tuple) else (axes,):
            if not -tensor.ndim <= a < tensor.ndim:
                raise ShapeError(f"{name} expects axes below {tensor.ndim} for shape {tensor.shape}, got axis {a}")
        if axes != -1:  # -1 has a short cut in the table; all else is counted from the front
            axes = reduced_axes(axes, tensor.ndim)
    return apply(OPERATIONS[name], (tensor,), {"axis": axes, "keepdims": keepdims})


def add(a: TensorLike, b: TensorLike) -> Tensor:
    """``a + b``, with NumPy's broadcasting."""
    return apply(OPERATIONS["add"], (a, b))


def subtract(a: TensorLike, b: TensorLike) -> Tensor:
    """``a - b``."""
    return apply(OPERATIONS["subtract"], (a, b))


def multiply(a: TensorLike, b: TensorLike) -> Tensor:
    """``a * b``, element by element."""
    return apply(OPERATIONS["multiply"], (a, b))


def divide(a: TensorLike, b: TensorLike) -> Tensor:
    """``a / b``, element by element; integers are divided as float32."""
    return apply(OPERATIONS["divide"], (_floating(a), b))


def power(a: TensorLike, b: TensorLike) -> Tensor:
    """``a ** b``; the gradient for b is taken as 0 where a <= 0."""
    return apply(OPERATIONS["power"], (a, b))


def maximum(a: TensorLike, b: TensorLike) -> Tensor:
    """Larger of two, element by element; where they tie the gradient goes to ``a``."""
    return apply(OPERATIONS["maximum"], (a, b))


def minimum(a: TensorLike, b: TensorLike) -> Tensor:
    """Smaller of two, element by element; where they tie the gradient goes to ``a``."""
    return apply(OPERATIONS["minimum"], (a, b))


def where(condition: TensorLike, a: TensorLike, b: TensorLike) -> Tensor:
    """``a`` where ``condition`` holds, else ``b``."""
    mask = as_tensor(condition)
    if mask.dtype.kind != "b":
        raise DTypeError(f"where expects a condition of bools, got {mask.dtype}; compare first, as in x > 0")
    return apply(OPERATIONS["where"], (mask, a, b))


def negative(x: TensorLike) -> Tensor:
    """``-x``."""
    return apply(OPERATIONS["negative"], (x,))


def exp(x: TensorLike) -> Tensor:
    """``e**x``."""
    return _unary("exp", x)


def log(x: TensorLike) -> Tensor:
    """Natural logarithm."""
    return _unary("log", x)


def log1p(x: TensorLike) -> Tensor:
    """``log(1 + x)``, exact for small x."""
    return _unary("log1p", x)


def expm1(x: TensorLike) -> Tensor:
    """``e**x - 1``, exact for small x."""
    return _unary("expm1", x)


def sqrt(x: TensorLike) -> Tensor:
    """Square root."""
    return _unary("sqrt", x)


def square(x: TensorLike) -> Tensor:
    """``x * x``."""
    return apply(OPERATIONS["square"], (x,))


def abs(x: TensorLike) -> Tensor:
    """``|x|``; its gradient at 0 is taken as 0."""
    return apply(OPERATIONS["abs"], (x,))


def sign(x: TensorLike) -> Tensor:
    """-1, 0 or 1; no gradient flows through it."""
    return apply(OPERATIONS["sign"], (x,))


def sin(x: TensorLike) -> Tensor:
    """Sine of x in radians."""
    return _unary("sin", x)


def cos(x: TensorLike) -> Tensor:
    """Cosine of x in radians."""
    return _unary("cos", x)


def tanh(x: TensorLike) -> Tensor:
    """``(e^x - e^-x) / (e^x + e^-x)``."""
    return _unary("tanh", x)


def sigmoid(x: TensorLike) -> Tensor:
    """``1 / (1 + e^-x)``, without overflow.

    Examples
    --------
    >>> print(f"{sigmoid(-6.0):.4f}")
    0.0025
    """
    return _unary("sigmoid", x)


def relu(x: TensorLike) -> Tensor:
    """``max(x, 0)``; its gradient at 0 is taken as 0."""
    return _unary("relu", x)


def softplus(x: TensorLike) -> Tensor:
    """``log(1 + e^x)``, without overflow."""
    return _unary("softplus", x)


def erf(x: TensorLike) -> Tensor:
    """Error function ``2/sqrt(pi) int_0^x e^(-t^2) dt``."""
    return _unary("erf", x)


def clip(x: TensorLike, x_min: float, x_max: float) -> Tensor:
    """Limit to [x_min, x_max]; outside it the gradient is 0."""
    if not x_min <= x_max:
        raise ArgumentError(f"clip expects x_min <= x_max, got {x_min} and {x_max}")
    return apply(OPERATIONS["clip"], (x,), {"low": x_min, "high": x_max})


def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over ``axis``."""
    return _reduce("sum", x, axis, keepdims)


def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over ``axis``; integers are averaged as float32."""
    return _reduce("mean", _floating(x), axis, keepdims)


def max(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element over ``axis``; elements that tie share the gradient."""
    return _reduce("max", x, axis, keepdims)


def min(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element over ``axis``; elements that tie share the gradient."""
    return _reduce("min", x, axis, keepdims)


def var(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Variance ``mean((x - mean(x))^2)`` over ``axis``."""
    tensor = _floating(x)
    return mean(square(tensor - mean(tensor, axis, keepdims=True)), axis, keepdims)


def logsumexp(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """``log sum e^x`` over ``axis``, without overflow."""
    return _reduce("logsumexp", _floating(x), axis, keepdims)


def softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """``e^x_i / sum_k e^x_k``: positive, sums to 1 along ``axis``."""
    return apply(OPERATIONS["softmax"], (_floating(x),), {"axis": axis})


def log_softmax(x: TensorLike, axis: int = -1) -> Tensor:
    """``x_i - log sum_k e^x_k``."""
    return apply(OPERATIONS["log_softmax"], (_floating(x),), {"axis": axis})


def softmax_cross_entropy(logits: TensorLike, labels: TensorLike) -> Tensor:
    """``-sum_k labels_k log softmax(logits)_k`` for each row; both of shape (..., classes)."""
    z, y = _floating(logits), as_tensor(labels)
    _same_shape("softmax_cross_entropy", z, y)
    return apply(OPERATIONS["softmax_cross_entropy"], (z, y))


def sigmoid_cross_entropy(logits: TensorLike, labels: TensorLike) -> Tensor:
    """``-labels log s - (1 - labels) log(1 - s)``, s = sigmoid(logits), for each element."""
    z, y = _floating(logits), as_tensor(labels)
    _same_shape("sigmoid_cross_entropy", z, y)
    return apply(OPERATIONS["sigmoid_cross_entropy"], (z, y))


def _same_shape(name: str, logits: Tensor, labels: Tensor) -> None:
    if logits.shape != labels.shape:
        raise ShapeError(f"{name} expects labels of the logits' shape {logits.shape}, got {labels.shape}")


def reshape(x: TensorLike, newshape: Sequence[int] | int) -> Tensor:
    """Same elements in another shape; one length may be -1."""
    shape = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    return apply(OPERATIONS["reshape"], (x,), {"shape": shape})


def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Repeat along axes of length 1, as NumPy's broadcasting does."""
    return apply(OPERATIONS["broadcast_to"], (x,), {"shape": tuple(shape)})


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Permute the axes; by default reverse them."""
    return apply(OPERATIONS["transpose"], (x,), {"axes": None if axes is None else tuple(axes)})


def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join along an axis that exists."""
    if len(xs) == 0:
        raise ShapeError("concatenate expects at least one Tensor, got none")
    return apply(OPERATIONS["concatenate"], tuple(xs), {"axis": axis})


def stack(xs: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join along a new axis."""
    tensors = [as_tensor(x) for x in xs]
    if len({x.shape for x in tensors}) != 1:
        raise ShapeError(f"stack expects Tensors of one shape, got {[x.shape for x in tensors]}")
    place = axis % (tensors[0].ndim + 1)
    return concatenate([reshape(x, (*x.shape[:place], 1, *x.shape[place:])) for x in tensors], axis=place)


def split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Cut along ``axis`` into equal parts (an integer) or before the given indices."""
    tensor = as_tensor(x)
    length = tensor.shape[axis]
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1 or length % indices_or_sections:
            raise ShapeError(f"split can't cut an axis of length {length} into {indices_or_sections} equal parts")
        cuts = list(range(0, length + 1, length // indices_or_sections))
    else:
        cuts = [0, *indices_or_sections, length]
    before = (slice(None),) * (axis % tensor.ndim)
    return [tensor[(*before, slice(a, b))] for a, b in pairwise(cuts)]


def take(x: TensorLike, indices: TensorLike, axis: int = 0) -> Tensor:
    """Gather the entries at integer ``indices`` along ``axis``; one taken twice gets both gradients."""
    tensor, places = as_tensor(x), np.asarray(indices)
    if places.dtype.kind not in "iu":
        raise DTypeError(f"take expects integer indices, got {places.dtype}")
    length = tensor.shape[axis]
    if places.size and not (-length <= places.min() and places.max() < length):
        raise ShapeError(f"take expects indices in [0, {length}), got {places.min()} to {places.max()}")
    return tensor[(slice(None),) * (axis % tensor.ndim) + (places,)]


def one_hot(x: TensorLike, num_classes: int, dtype: Any = "float32") -> Tensor:
    """Rows of zeros with a one at column ``x``; shape (..., num_classes)."""
    return apply(OPERATIONS["one_hot"], (x,), {"depth": num_classes, "dtype": dtype})


def argmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Index of the largest element along ``axis``."""
    return apply(OPERATIONS["argmax"], (x,), {"axis": axis})


def cast(x: TensorLike, dtype: Any) -> Tensor:
    """Convert to another type; the gradient is converted back."""
    return as_tensor(x, np.dtype(dtype)) if isinstance(x, Tensor) else Tensor(x, dtype)


def stop_gradient(x: TensorLike) -> Tensor:
    """Return ``x`` as a constant: no gradient flows through it."""
    return apply(OPERATIONS["stop_gradient"], (x,))


def equal(a: TensorLike, b: TensorLike) -> Tensor:
    """``a == b``, element by element."""
    return apply(OPERATIONS["equal"], (a, b))


def not_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """``a != b``, element by element."""
    return apply(OPERATIONS["not_equal"], (a, b))


def less(a: TensorLike, b: TensorLike) -> Tensor:
    """``a < b``, element by element."""
    return apply(OPERATIONS["less"], (a, b))


def less_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """``a <= b``, element by element."""
    return apply(OPERATIONS["less_equal"], (a, b))


def greater(a: TensorLike, b: TensorLike) -> Tensor:
    """``a > b``, element by element."""
    return apply(OPERATIONS["greater"], (a, b))


def greater_equal(a: TensorLike, b: TensorLike) -> Tensor:
    """``a >= b``, element by element."""
    return apply(OPERATIONS["greater_equal"], (a, b))
