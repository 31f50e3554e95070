"""At least one case for every differentiable row of the table: a function and the points it is checked at."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from chainrule import ops
from chainrule.autodiff.operations import OPERATIONS
from chainrule.autodiff.tensor import apply


class Case(NamedTuple):
    function: Callable[..., Any]
    point: list[np.ndarray]
    smooth: bool = True  # has a second derivative that the tape can give


def normal(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(size=shape)


def positive(*shape: int, seed: int = 0) -> np.ndarray:
    return 0.3 + np.random.default_rng([seed, *shape]).random(shape)


def apart(*shape: int, seed: int = 0) -> np.ndarray:
    """Return distinct multiples of 0.1, 0 excepted: far from every kink and tie."""
    count = int(np.prod(shape))
    values = 0.1 * np.concatenate([np.arange(-(count // 2), 0), np.arange(1, count - count // 2 + 1)])
    return np.random.default_rng([seed, *shape]).permutation(values).reshape(shape)


# How two shapes can meet: equal, one number, missing axes, axes of length 1 on either or both sides, no elements.
PAIRS = [
    ((3, 4), (3, 4)), ((), (3, 4)), ((3, 4), ()), ((), ()), ((4,), (3, 4)), ((3, 4), (4,)), ((3, 1), (3, 4)),
    ((3, 4), (1, 4)), ((3, 1), (1, 4)), ((2, 1, 4), (3, 1)), ((1,), (1, 1)), ((1, 1, 1), (2, 3, 2)), ((0, 3), (3,)),
]  # fmt: skip
MATRICES = [
    ((3, 4), (4, 2)), ((1, 1), (1, 1)), ((2, 3, 4), (2, 4, 5)), ((2, 3, 4), (4, 5)), ((3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)), ((1, 3, 4), (2, 4, 1)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (4,)),
    ((4,), (2, 4, 3)), ((2, 3, 4), (4,)), ((0, 4), (4, 2)),
]  # fmt: skip
REDUCTIONS = [
    ((2, 3, 4), axis, keepdims)
    for axis in (None, 0, 1, -1, -2, (0, 2), (-1, 0), [1, 2], (0, 1, 2), ())
    for keepdims in (False, True)
] + [((), None, False), ((1,), 0, False), ((1, 1), -1, True)]  # fmt: skip
SHAPES = [(), (1,), (3,), (1, 1), (2, 3), (2, 1, 3)]


def binary(function: Any, make: Any = normal, smooth: bool = True) -> list[Case]:
    return [Case(function, [make(*a, seed=1), make(*b, seed=2)], smooth) for a, b in PAIRS]


def unary(function: Any, make: Any = normal, smooth: bool = True) -> list[Case]:
    return [Case(function, [make(*shape)], smooth) for shape in SHAPES]


def reduction(function: Any, make: Any = normal, smooth: bool = True) -> list[Case]:
    return [Case(lambda x, a=a, k=k: function(x, a, k), [make(*shape)], smooth) for shape, a, k in REDUCTIONS]


def along(function: Any) -> list[Case]:
    return [
        Case(lambda x, a=a: function(x, axis=a), [normal(*shape)])
        for shape, a in (((3,), -1), ((2, 3), 1), ((2, 3), 0), ((2, 3, 4), -2), ((1,), 0))
    ]


def labels(*shape: int) -> np.ndarray:
    return positive(*shape, seed=3)


def row(name: str, **attributes: Any) -> Callable[..., Any]:
    return lambda *inputs: apply(OPERATIONS[name], inputs, attributes)


MASK = np.array([True, False, True, False])
TWICE = np.array([[0, 2], [0, -1]])
KEYS: list[Any] = [
    0, -1, slice(1, 3), slice(None, None, -1), (slice(None), 1), (..., 2), (None, 1), [0, 0, 2], ([0, 1], [1, 1]),
    TWICE, (slice(None), TWICE), np.array([True, False, True]), (0, 0), (slice(0, 0),), (slice(None), [1, 1, 0], None),
]  # fmt: skip

CASES: dict[str, list[Case]] = {
    "add": binary(ops.add),
    "subtract": binary(ops.subtract),
    "multiply": binary(ops.multiply),
    "divide": binary(ops.divide, positive),
    "power": [
        *binary(ops.power, positive),
        *[Case(lambda x, n=n: x**n, [normal(3)]) for n in (0, 1, 2, 3, -1, -2.0)],
        Case(lambda x: x**0.5, [positive(3)]),
        Case(lambda x: 2.0**x, [normal(3)]),
        Case(ops.power, [positive(3), np.array([0.0, 1.0, 2.0])]),
    ],
    "matmul": [Case(ops.matmul, [normal(*a, seed=1), normal(*b, seed=2)]) for a, b in MATRICES],
    "maximum": [
        Case(ops.maximum, [apart(3, 4), apart(3, 4, seed=5) + 0.05], smooth=False),
        Case(ops.maximum, [apart(3, 1), apart(4) + 0.05], smooth=False),
    ],
    "minimum": [
        Case(ops.minimum, [apart(3, 4), apart(3, 4, seed=5) + 0.05], smooth=False),
        Case(ops.minimum, [apart(4), apart(3, 1) + 0.05], smooth=False),
    ],
    "where": [
        Case(lambda a, b: ops.where(MASK, a * a, b * b), [normal(3, 4), normal(4)]),
        Case(lambda a, b: ops.where(a > 0, a * b, b), [apart(3, 4), normal(3, 1)]),
        Case(lambda a: ops.where(MASK, a * a, 1.0), [normal(3, 4)]),
        Case(lambda a: ops.where(MASK, 1.0, a), [normal(1)]),
    ],
    "negative": unary(ops.negative),
    "exp": unary(ops.exp),
    "log": unary(ops.log, positive),
    "log1p": unary(ops.log1p, positive),
    "expm1": unary(ops.expm1),
    "sqrt": unary(ops.sqrt, positive),
    "square": unary(ops.square),
    "abs": unary(ops.abs, apart),
    "sin": unary(ops.sin),
    "cos": unary(ops.cos),
    "tanh": unary(ops.tanh),
    "sigmoid": unary(ops.sigmoid),
    "softplus": unary(ops.softplus),
    "relu": unary(ops.relu, apart),
    "erf": unary(ops.erf),
    "clip": unary(lambda x: ops.clip(x, -0.15, 0.25), apart),
    "sum": reduction(ops.sum),
    "mean": reduction(ops.mean),
    "max": reduction(ops.max, apart),
    "min": reduction(ops.min, apart),
    "logsumexp": reduction(ops.logsumexp),
    "softmax": along(ops.softmax),
    "log_softmax": along(ops.log_softmax),
    "cross_entropy": [
        Case(ops.softmax_cross_entropy, [normal(*shape), labels(*shape)]) for shape in ((3,), (2, 3), (2, 2, 3), (1, 1))
    ],
    "sigmoid_cross_entropy": [
        Case(ops.sigmoid_cross_entropy, [apart(*shape), labels(*shape)]) for shape in ((), (3,), (2, 3))
    ],
    "reshape": [
        Case(lambda x, s=s: ops.reshape(x, s) * normal(*np.zeros(6).reshape(s).shape), [normal(2, 3)])
        for s in (6, -1, (3, 2), (1, 6, 1), (3, -1))
    ],
    "broadcast_to": [
        Case(lambda x, s=s: ops.broadcast_to(x, s), [normal(*shape)])
        for shape, s in (((), (2, 3)), ((3,), (2, 3)), ((2, 1), (2, 3)), ((1, 1), (4, 2, 3)), ((2,), (2,)))
    ],
    "transpose": [
        Case(lambda x, a=a: ops.transpose(x, a), [normal(2, 3, 4)])
        for a in (None, (0, 1, 2), (2, 0, 1), (1, 2, 0), (-1, 0, -2))
    ] + [Case(ops.transpose, [normal(3)]), Case(lambda x: x.T @ x, [normal(3, 2)])],
    "matrix_transpose": [Case(row("matrix_transpose"), [normal(*shape)]) for shape in ((2, 3), (2, 3, 4))],
    "concatenate": [
        Case(lambda *x, a=a: ops.concatenate(x, a), [normal(2, 3, seed=1), normal(2, 3, seed=2), normal(2, 3, seed=3)])
        for a in (0, 1, -1, -2)
    ] + [
        Case(lambda x, y: ops.concatenate([x, y, x], 1), [normal(2, 1), normal(2, 3)]),
        Case(lambda x, y: ops.stack([x, y * 2], -1), [normal(2, 3), normal(2, 3, seed=1)]),
        Case(lambda x, y: ops.stack([x, y, x]), [np.array(0.3), np.array(0.4)]),
    ],
    "getitem": [Case(lambda x, k=k: x[k], [normal(3, 3)]) for k in KEYS] + [
        Case(lambda x: ops.take(x, TWICE, axis=-1), [normal(2, 3)]),
        Case(lambda x: ops.concatenate(ops.split(x, 2, axis=1)[::-1], 0), [normal(2, 4)]),
        Case(lambda x: ops.stack([r * i for i, r in enumerate(x)]), [normal(3, 2)]),
    ],
    "scatter_add": [
        Case(row("scatter_add", key=(TWICE,), shape=(3,)), [normal(2, 2)]),
        Case(row("scatter_add", key=(slice(1, 3),), shape=(4, 2)), [normal(2, 2)]),
    ],
    "cast": [Case(row("cast", dtype=np.float64), [normal(3)])],
}  # fmt: skip
