"""The operations as functions on Tensors and array-likes; names and meanings follow ``keras.ops``.

All take Tensors, Variables, NumPy arrays, lists or numbers, record themselves on open tapes, and also work
without one. Reductions take ``axis`` as None (all), an integer or a tuple. The gradient rules stand in
`chainrule.autodiff.operations`.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from chainrule.arrays import Axis
from chainrule.autodiff.conversion import number_type
from chainrule.autodiff.operations import OPERATIONS
from chainrule.autodiff.tensor import Tensor, TensorLike, apply, as_tensor, as_tensors, matmul
from chainrule.autodiff.tensor import cast as cast_tensor
from chainrule.errors import ArgumentError, DTypeError, ShapeError

__all__ = [
    "abs", "add", "argmax", "broadcast_to", "cast", "clip", "concatenate", "cos", "divide", "equal", "erf", "exp",
    "expm1", "greater", "greater_equal", "less", "less_equal", "log", "log1p", "log_softmax", "logsumexp", "matmul",
    "max", "maximum", "mean", "min", "minimum", "multiply", "negative", "not_equal", "one_hot", "power", "relu",
    "reshape", "sigmoid", "sigmoid_cross_entropy", "sign", "sin", "softmax", "softmax_cross_entropy", "softplus",
    "split", "sqrt", "square", "stack", "stop_gradient", "subtract", "sum", "take", "tanh", "transpose", "var", "where",
]  # fmt: skip


def _floating(x: TensorLike) -> Tensor:
    """Return ``x`` as a Tensor of floating type; integers become float32."""
    tensor = x if isinstance(x, Tensor) else as_tensor(x)
    return tensor if tensor._array.dtype.kind == "f" else cast_tensor(tensor, np.float32)


def _unary(name: str, x: TensorLike) -> Tensor:
    return apply(OPERATIONS[name], (_floating(x),))


def _axis(name: str, axis: int, ndim: int, shape: tuple[int, ...]) -> int:
    """Return an axis of ``ndim``, counted from the front."""
    if not -ndim <= axis < ndim:
        raise ShapeError(f"{name} expects an axis from {-ndim} to {ndim - 1} for shape {shape}, got {axis}")
    return axis % ndim


def _reduce(name: str, x: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    if axis is None or (axis == -1 and x.ndim):  # the frequent cases, which the rules know too
        axes: Axis = axis
    else:
        axes = tuple([_axis(name, a, x.ndim, x.shape) for a in (axis if isinstance(axis, Sequence) else [axis])])
    return apply(OPERATIONS[name], (x,), {"axis": axes, "keepdims": keepdims})


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
    return apply(OPERATIONS["divide"], (a, b))


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
    """Limit to [x_min, x_max]; outside it the gradient is 0, and integers become float32."""
    if not x_min <= x_max:
        raise ArgumentError(f"clip expects x_min <= x_max, got {x_min} and {x_max}")
    return apply(OPERATIONS["clip"], (_floating(x),), {"low": float(x_min), "high": float(x_max)})


def sum(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over ``axis``."""
    return _reduce("sum", as_tensor(x), axis, keepdims)


def mean(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Arithmetic mean over ``axis``; integers are averaged as float32."""
    return _reduce("mean", _floating(x), axis, keepdims)


def max(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element over ``axis``; elements that tie share the gradient."""
    return _reduce("max", as_tensor(x), axis, keepdims)


def min(x: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element over ``axis``; elements that tie share the gradient."""
    return _reduce("min", as_tensor(x), axis, keepdims)


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
    z, y = _logits_and_labels("softmax_cross_entropy", logits, labels)
    return apply(OPERATIONS["cross_entropy"], (apply(OPERATIONS["log_softmax"], (z,)), y))


def sigmoid_cross_entropy(logits: TensorLike, labels: TensorLike) -> Tensor:
    """``-labels log s - (1 - labels) log(1 - s)``, s = sigmoid(logits), for each element."""
    return apply(OPERATIONS["sigmoid_cross_entropy"], _logits_and_labels("sigmoid_cross_entropy", logits, labels))


def _logits_and_labels(name: str, logits: TensorLike, labels: TensorLike) -> tuple[Tensor, Tensor]:
    if not (isinstance(logits, Tensor) and isinstance(labels, Tensor)):
        logits, labels = as_tensors((logits, labels))
    if logits._array.shape != labels._array.shape:
        raise ShapeError(f"{name} expects labels of the logits' shape {logits.shape}, got {labels.shape}")
    return _floating(logits), labels


def reshape(x: TensorLike, newshape: Sequence[int] | int) -> Tensor:
    """Same elements in another shape; one length may be -1."""
    shape = tuple(newshape) if isinstance(newshape, Sequence) else (newshape,)
    return apply(OPERATIONS["reshape"], (x,), {"shape": shape})


def broadcast_to(x: TensorLike, shape: Sequence[int]) -> Tensor:
    """Repeat along axes of length 1, as NumPy's broadcasting does."""
    tensor = as_tensor(x)
    if len(shape) < tensor.ndim:
        raise ShapeError(f"broadcast_to can add axes but not drop them: got shape {tensor.shape} for {tuple(shape)}")
    return apply(OPERATIONS["broadcast_to"], (tensor,), {"shape": tuple(shape)})


def transpose(x: TensorLike, axes: Sequence[int] | None = None) -> Tensor:
    """Permute the axes; by default reverse them."""
    return apply(OPERATIONS["transpose"], (x,), {"axes": None if axes is None else tuple(axes)})


def concatenate(xs: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join along an axis that exists."""
    if len(xs) == 0:
        raise ShapeError("concatenate expects at least one Tensor, got none")
    tensors = as_tensors(xs)
    place = _axis("concatenate", axis, tensors[0].ndim, tensors[0].shape)
    lengths = [x.shape[place] for x in tensors if x.ndim > place]
    return apply(OPERATIONS["concatenate"], tensors, {"axis": place, "starts": (0, *accumulate(lengths))})


def stack(xs: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join along a new axis."""
    tensors = as_tensors(xs)
    if len({x.shape for x in tensors}) != 1:
        shapes = " and ".join(str(x.shape) for x in tensors) or "none"
        raise ShapeError(f"stack expects at least one Tensor, all of one shape, got {shapes}")
    place = _axis("stack", axis, tensors[0].ndim + 1, tensors[0].shape)
    return concatenate([reshape(x, (*x.shape[:place], 1, *x.shape[place:])) for x in tensors], axis=place)


def split(x: TensorLike, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Cut along ``axis`` into equal parts (an integer) or before the given indices."""
    tensor = as_tensor(x)
    place = _axis("split", axis, tensor.ndim, tensor.shape)
    length = tensor.shape[place]
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1 or length % indices_or_sections:
            raise ShapeError(f"split can't cut an axis of length {length} into {indices_or_sections} equal parts")
        cuts = list(range(0, length + 1, length // indices_or_sections))
    else:
        cuts = [0, *indices_or_sections, length]
    before = (slice(None),) * place
    return [tensor[(*before, slice(a, b))] for a, b in pairwise(cuts)]


def take(x: TensorLike, indices: TensorLike, axis: int = 0) -> Tensor:
    """Gather the entries at integer ``indices`` along ``axis``; one taken twice gets both gradients."""
    tensor, places = as_tensor(x), as_tensor(indices)._array
    if places.dtype.kind not in "iu":
        raise DTypeError(f"take expects integer indices, got {places.dtype}; cast them: ops.cast(x, 'int64')")
    place = _axis("take", axis, tensor.ndim, tensor.shape)
    length = tensor.shape[place]
    if places.size and not (-length <= places.min() and places.max() < length):
        raise ShapeError(f"take expects indices from {-length} to {length - 1}, got {places.min()} to {places.max()}")
    return tensor[(slice(None),) * place + (places,)]


def one_hot(x: TensorLike, num_classes: int, dtype: Any = "float32") -> Tensor:
    """Rows of zeros with a one at column ``x``; shape (..., num_classes)."""
    codes = as_tensor(x)
    if codes.dtype.kind not in "iu":
        raise DTypeError(f"one_hot expects integer class codes, got {codes.dtype}; cast them: ops.cast(x, 'int64')")
    if num_classes < 1:
        raise ArgumentError(f"one_hot expects num_classes >= 1, got {num_classes}")
    return apply(OPERATIONS["one_hot"], (codes,), {"depth": num_classes, "dtype": number_type(dtype)})


def argmax(x: TensorLike, axis: int = -1) -> Tensor:
    """Index of the largest element along ``axis``."""
    return apply(OPERATIONS["argmax"], (x,), {"axis": axis})


def cast(x: TensorLike, dtype: Any) -> Tensor:
    """Convert to another type; between floating types the gradient is converted back, integers have none."""
    if isinstance(x, Tensor):
        return as_tensor(x, dtype)
    return as_tensor(x, dtype) if number_type(dtype).kind == "f" else cast_tensor(as_tensor(x), dtype)


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
