"""Tensors made, reshaped, joined and reduced under TensorFlow's names for functions and arguments."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from chainrule.arrays import Axis
from chainrule.autodiff import ops
from chainrule.autodiff.conversion import number_type
from chainrule.autodiff.tensor import Tensor, TensorLike, as_tensor

Shape = Sequence[int] | int


def convert_to_tensor(value: TensorLike, dtype: Any = None) -> Tensor:
    """Return ``value`` as a Tensor; a Tensor of that type passes unchanged."""
    return as_tensor(value, None if dtype is None else number_type(dtype))


def constant(value: TensorLike, dtype: Any = None, shape: Shape | None = None) -> Tensor:
    """Return a Tensor of these values; a single number fills ``shape``.

    Examples
    --------
    >>> constant(0.5, shape=[2])
    Tensor([0.5 0.5], shape=(2,), dtype=float32)
    """
    tensor = convert_to_tensor(value, dtype)
    if shape is None:
        return tensor
    return ops.broadcast_to(tensor, _lengths(shape)) if tensor.size == 1 else ops.reshape(tensor, shape)


def zeros(shape: Shape, dtype: Any = "float32") -> Tensor:
    """Every element 0."""
    return Tensor.wrap(np.zeros(_lengths(shape), number_type(dtype)))


def ones(shape: Shape, dtype: Any = "float32") -> Tensor:
    """Every element 1."""
    return Tensor.wrap(np.ones(_lengths(shape), number_type(dtype)))


def zeros_like(input: TensorLike, dtype: Any = None) -> Tensor:
    """Zeros in the shape and type of ``input``."""
    like = as_tensor(input)
    return zeros(like.shape, like.dtype if dtype is None else dtype)


def ones_like(input: TensorLike, dtype: Any = None) -> Tensor:
    """Ones in the shape and type of ``input``."""
    like = as_tensor(input)
    return ones(like.shape, like.dtype if dtype is None else dtype)


def linspace(start: float, stop: float, num: int) -> Tensor:
    """``num`` numbers, evenly spaced, from ``start`` to ``stop``."""
    return Tensor(np.linspace(start, stop, num), "float32")


def cast(x: TensorLike, dtype: Any) -> Tensor:
    """Convert to another type; to integers fractions are cut off.

    Examples
    --------
    >>> cast([1.7, -1.7], "int32")
    Tensor([ 1 -1], shape=(2,), dtype=int32)
    """
    return ops.cast(x, number_type(dtype))


def reshape(tensor: TensorLike, shape: Shape) -> Tensor:
    """Same elements in another shape; one length may be -1."""
    return ops.reshape(tensor, shape)


def transpose(a: TensorLike, perm: Sequence[int] | None = None) -> Tensor:
    """Permute the axes; by default reverse them."""
    return ops.transpose(a, perm)


def expand_dims(input: TensorLike, axis: int) -> Tensor:
    """Insert an axis of length 1."""
    tensor = as_tensor(input)
    place = axis % (tensor.ndim + 1)
    return ops.reshape(tensor, (*tensor.shape[:place], 1, *tensor.shape[place:]))


def squeeze(input: TensorLike, axis: Axis = None) -> Tensor:
    """Drop axes of length 1: all, or those named.

    Examples
    --------
    >>> squeeze([[[1.0], [2.0]]], axis=0).shape
    (2, 1)
    """
    tensor = as_tensor(input)
    return ops.reshape(tensor, np.squeeze(tensor.numpy(), axis=axis).shape)


def concat(values: Sequence[TensorLike], axis: int) -> Tensor:
    """Join along an axis that exists."""
    return ops.concatenate(values, axis)


def stack(values: Sequence[TensorLike], axis: int = 0) -> Tensor:
    """Join along a new axis."""
    return ops.stack(values, axis)


def split(value: TensorLike, num_or_size_splits: int | Sequence[int], axis: int = 0) -> list[Tensor]:
    """Cut along an axis into equal parts (a number), or into parts of these lengths.

    Examples
    --------
    >>> [part.size for part in split([1.0, 2.0, 3.0], [1, 2])]
    [1, 2]
    """
    if isinstance(num_or_size_splits, int):
        return ops.split(value, num_or_size_splits, axis)
    return ops.split(value, list(accumulate(num_or_size_splits))[:-1], axis)


def gather(params: TensorLike, indices: TensorLike, axis: int = 0) -> Tensor:
    """Entries at integer ``indices`` along an axis."""
    return ops.take(params, indices, axis)


def where(condition: TensorLike, x: TensorLike, y: TensorLike) -> Tensor:
    """``x`` where ``condition`` holds, else ``y``."""
    return ops.where(condition, x, y)


def one_hot(indices: TensorLike, depth: int, dtype: Any = "float32") -> Tensor:
    """Rows of zeros with a one at column ``indices``."""
    return ops.one_hot(indices, depth, dtype)


def argmax(input: TensorLike, axis: int = 0) -> Tensor:
    """Index of the largest element along an axis: the first, unless said otherwise."""
    return ops.argmax(input, axis)


def reduce_sum(input_tensor: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Sum over ``axis``."""
    return ops.sum(input_tensor, axis, keepdims)


def reduce_mean(input_tensor: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Mean over ``axis``; integers are averaged as float32, where TensorFlow cuts off the fraction.

    Examples
    --------
    >>> print(reduce_mean([1, 2]).numpy())
    1.5
    """
    return ops.mean(input_tensor, axis, keepdims)


def reduce_max(input_tensor: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Largest element over ``axis``."""
    return ops.max(input_tensor, axis, keepdims)


def reduce_min(input_tensor: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Smallest element over ``axis``."""
    return ops.min(input_tensor, axis, keepdims)


def reduce_variance(input_tensor: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Variance over ``axis``."""
    return ops.var(input_tensor, axis, keepdims)


def reduce_std(input_tensor: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """Standard deviation over ``axis``."""
    return ops.sqrt(ops.var(input_tensor, axis, keepdims))


def reduce_logsumexp(input_tensor: TensorLike, axis: Axis = None, keepdims: bool = False) -> Tensor:
    """``log sum e^x`` over ``axis``, without overflow."""
    return ops.logsumexp(input_tensor, axis, keepdims)


def _lengths(shape: Shape) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(shape)
