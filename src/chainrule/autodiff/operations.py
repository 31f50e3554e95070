"""The table of operations: what each computes and how its gradient flows back.

A row is ``op(name, forward, rule_1, ..., rule_k)``: the forward function on raw arrays, then one gradient rule
for each input. A rule gets ``g = dJ/dy``, the output ``y``, the inputs and the attributes, and returns dJ/dx
for its input. Rules are written against ``ops``: functions on raw arrays when nothing records (fast), the
recorded operations when a tape is open around the gradient (second derivatives). Undoing broadcasts is not
a rule's business: the walk sums a gradient down to its input's shape. An operation without rules is constant
to every tape.
"""

from collections.abc import Callable, Mapping
from functools import partial
from math import pi, sqrt
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np

from chainrule.autodiff import special

Rule = Callable[..., Any]


class ForEach:
    """The rules of an operation with any number of inputs: one rule, which is told first which input it is for."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def __getitem__(self, index: int) -> Rule:
        return partial(self.rule, index)


class Operation(NamedTuple):
    """One row of the table."""

    name: str
    forward: Callable[..., Any]
    rules: tuple[Rule, ...] | ForEach


def op(name: str, forward: Callable[..., Any], *rules: Rule) -> Operation:
    """Make a row with one rule per input."""
    return Operation(name, forward, rules)


def variadic(name: str, forward: Callable[..., Any], rule: Rule) -> Operation:
    """Make a row for any number of inputs, with one rule that is told which input it is for."""
    return Operation(name, forward, ForEach(rule))


def reduced_axes(axis: Any, ndim: int) -> tuple[int, ...]:
    """Return the axes that a reduction runs over, all of them counted from the front."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, tuple | list) else (axis,)))


def _kept(ops: Any, reduced: Any, x: Any, axis: Any) -> Any:
    """Give a reduction's result its lost axes back, with length 1, so that it broadcasts against x."""
    if axis is None:
        return reduced  # a single number broadcasts as it is
    if axis == -1:
        return ops.reshape(reduced, shape=(*x.shape[:-1], 1))
    axes = reduced_axes(axis, x.ndim)
    return ops.reshape(reduced, shape=tuple([1 if i in axes else n for i, n in enumerate(x.shape)]))


def _spread(ops: Any, g: Any, x: Any, axis: Any) -> Any:
    return ops.broadcast_to(_kept(ops, g, x, axis), shape=x.shape)


def _mean_rule(ops: Any, g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return _spread(ops, g * (y.size / max(x.size, 1)), x, axis)


def _extreme_rule(ops: Any, g: Any, y: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """Max and min: the gradient goes to the winning element, in equal parts where several tie."""
    winners = ops.cast(x == _kept(ops, y, x, axis), dtype=x.dtype)
    return winners * _kept(ops, g, x, axis) / ops.sum(winners, axis=axis, keepdims=True)


def _power_base(ops: Any, g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * b * ops.power(ops.where((a == 0) * (b == 0), 1.0, a), b - 1)  # 0**0 is 1, with slope 0


def _power_exponent(ops: Any, g: Any, y: Any, a: Any, b: Any) -> Any:
    return g * y * ops.log(ops.where(a > 0, a, 1.0))


def _transpose_back(ops: Any, g: Any, y: Any, x: Any, axes: Any = None) -> Any:
    back = None if axes is None else tuple(int(i) for i in np.argsort([a % x.ndim for a in axes]))
    return ops.transpose(g, axes=back)


def _concatenate_rule(index: int, ops: Any, g: Any, y: Any, *x: Any, axis: int, starts: tuple[int, ...]) -> Any:
    return ops.getitem(g, key=(slice(None),) * axis + (slice(starts[index], starts[index + 1]),))


def table(*rows: Operation) -> Mapping[str, Operation]:
    """Index the rows by name."""
    return {row.name: row for row in rows}


OPERATIONS = table(
    # name              y = f(x ...)                gradient of each input, from g = dJ/dy
    op("add",           np.add,                     lambda ops, g, y, a, b: g,
                                                    lambda ops, g, y, a, b: g),
    op("subtract",      np.subtract,                lambda ops, g, y, a, b: g,
                                                    lambda ops, g, y, a, b: -g),
    op("multiply",      np.multiply,                lambda ops, g, y, a, b: g * b,
                                                    lambda ops, g, y, a, b: g * a),
    op("divide",        special.divide,                lambda ops, g, y, a, b: g / b,
                                                    lambda ops, g, y, a, b: -g * y / b),
    op("power",         special.power,              _power_base, _power_exponent),
    op("matmul",        np.matmul,                  lambda ops, g, y, a, b: g @ ops.matrix_transpose(b),
                                                    lambda ops, g, y, a, b: ops.matrix_transpose(a) @ g),
    op("maximum",       np.maximum,                 lambda ops, g, y, a, b: g * (a >= b),
                                                    lambda ops, g, y, a, b: g * (a < b)),
    op("minimum",       np.minimum,                 lambda ops, g, y, a, b: g * (a <= b),
                                                    lambda ops, g, y, a, b: g * (a > b)),
    op("where",         np.where,                   lambda ops, g, y, c, a, b: None,
                                                    lambda ops, g, y, c, a, b: ops.where(c, g, 0.0),
                                                    lambda ops, g, y, c, a, b: ops.where(c, 0.0, g)),
    op("negative",      np.negative,                lambda ops, g, y, x: -g),
    op("exp",           np.exp,                     lambda ops, g, y, x: g * y),
    op("log",           np.log,                     lambda ops, g, y, x: g / x),
    op("log1p",         np.log1p,                   lambda ops, g, y, x: g / (1 + x)),
    op("expm1",         np.expm1,                   lambda ops, g, y, x: g * (y + 1)),
    op("sqrt",          np.sqrt,                    lambda ops, g, y, x: g / (2 * y)),
    op("square",        np.square,                  lambda ops, g, y, x: g * 2 * x),
    op("abs",           np.abs,                     lambda ops, g, y, x: g * ops.sign(x)),
    op("sin",           np.sin,                     lambda ops, g, y, x: g * ops.cos(x)),
    op("cos",           np.cos,                     lambda ops, g, y, x: -g * ops.sin(x)),
    op("tanh",          np.tanh,                    lambda ops, g, y, x: g * (1 - y * y)),
    op("sigmoid",       special.sigmoid,            lambda ops, g, y, x: g * y * (1 - y)),
    op("softplus",      special.softplus,           lambda ops, g, y, x: g * ops.sigmoid(x)),
    op("relu",          lambda x: np.maximum(x, 0), lambda ops, g, y, x: g * (y > 0)),
    op("erf",           special.erf,                lambda ops, g, y, x: g * (2 / sqrt(pi)) * ops.exp(-x * x)),
    op("clip",          lambda x, low, high: np.clip(x, low, high),
       lambda ops, g, y, x, low, high: g * (x >= low) * (x <= high)),

    op("sum",           lambda x, axis=None, keepdims=False: np.add.reduce(x, axis=axis, keepdims=keepdims),
       lambda ops, g, y, x, axis=None, keepdims=False: _spread(ops, g, x, axis)),
    op("mean",          special.mean, _mean_rule),
    op("max",           np.max, _extreme_rule),
    op("min",           np.min, _extreme_rule),
    op("logsumexp",     special.logsumexp,
       lambda ops, g, y, x, axis=None, keepdims=False: _kept(ops, g, x, axis) * ops.exp(x - _kept(ops, y, x, axis))),
    op("softmax",       special.softmax,
       lambda ops, g, y, x, axis=-1: y * (g - ops.sum(g * y, axis=axis, keepdims=True))),
    op("log_softmax",   special.log_softmax,
       lambda ops, g, y, x, axis=-1: g - ops.exp(y) * ops.sum(g, axis=axis, keepdims=True)),
    op("cross_entropy", lambda log_p, labels: 0 - np.vecdot(log_p, labels),  # 0 -: never -0.0
       lambda ops, g, y, log_p, labels: -_kept(ops, g, log_p, -1) * labels,
       lambda ops, g, y, log_p, labels: -_kept(ops, g, log_p, -1) * log_p),
    op("sigmoid_cross_entropy", special.sigmoid_cross_entropy,
       lambda ops, g, y, z, labels: g * (ops.sigmoid(z) - labels),
       lambda ops, g, y, z, labels: -g * z),

    op("reshape",       lambda x, shape: x.reshape(shape),
       lambda ops, g, y, x, shape: ops.reshape(g, shape=x.shape)),
    op("broadcast_to",  special.expand,             lambda ops, g, y, x, shape: g),
    op("transpose",     lambda x, axes=None: x.transpose(axes), _transpose_back),
    op("matrix_transpose", lambda x: x.swapaxes(-1, -2), lambda ops, g, y, x: ops.matrix_transpose(g)),
    variadic("concatenate", lambda *x, axis, starts: np.concatenate(x, axis=axis), _concatenate_rule),
    op("getitem",       lambda x, key: x[key],
       lambda ops, g, y, x, key: ops.scatter_add(g, key=key, shape=x.shape)),
    op("scatter_add",   special.scatter_add,        lambda ops, g, y, x, key, shape: ops.getitem(g, key=key)),
    op("cast",          lambda x, dtype: x.astype(dtype, copy=False),
       lambda ops, g, y, x, dtype: ops.cast(g, dtype=x.dtype)),

    # no gradient flows through these
    op("stop_gradient", lambda x: x),
    op("discretize",    lambda x, dtype: x.astype(dtype)),
    op("sign",          np.sign),
    op("argmax",        lambda x, axis=-1: np.argmax(x, axis=axis)),
    op("one_hot",       special.one_hot),
    op("equal",         np.equal),
    op("not_equal",     np.not_equal),
    op("less",          np.less),
    op("less_equal",    np.less_equal),
    op("greater",       np.greater),
    op("greater_equal", np.greater_equal),
)  # fmt: skip

RAW = SimpleNamespace(**{name: operation.forward for name, operation in OPERATIONS.items()})
