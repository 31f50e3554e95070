"""What the tape costs: a hand-written training loop against the same mathematics in plain NumPy.

Run ``python -m benchmarks.tape``. Both train a network of 2 inputs, 8 hidden units and 2 classes on batches of
32 rows: forward pass, softmax cross-entropy with logits, its mean, gradient, one step of gradient descent.
They start from the same weights and must end at the same weights.
"""

from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import numpy as np

from chainrule import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable
from chainrule.optimizers import SGD

Step = Callable[[], None]
Weights = list[np.ndarray[Any, Any]]

RATE = 0.1
ROUNDS, STEPS = 100, 100

# name: the activation on Tensors, on arrays, and its derivative from its output
ACTIVATIONS: dict[str, tuple[Any, Any, Any]] = {
    "tanh": (ops.tanh, np.tanh, lambda h: 1 - h * h),
    "sigmoid": (ops.sigmoid, lambda z: 1 / (1 + np.exp(-z)), lambda h: h * (1 - h)),
}


def on_the_tape(weights: Weights, x: Any, y: Any, activation: str) -> tuple[Step, list[Variable]]:
    """Return one training step as the lecture writes it, and the variables that it trains."""
    g = ACTIVATIONS[activation][0]
    variables = [Variable(w) for w in weights]
    w1, b1, w2, b2 = variables
    inputs, labels = Tensor(x), Tensor(y)
    optimizer = SGD(learning_rate=RATE)

    def step() -> None:
        with GradientTape() as tape:
            logits = ops.matmul(g(ops.matmul(inputs, w1) + b1), w2) + b2
            loss = ops.mean(ops.softmax_cross_entropy(logits, labels))
        gradients = tape.gradient(loss, variables)
        optimizer.apply_gradients(zip(gradients, variables, strict=True))

    return step, variables


def by_hand(weights: Weights, x: Any, y: Any, activation: str) -> tuple[Step, Weights]:
    """Return the same step with its derivatives worked out by hand, and the arrays that it trains."""
    _, g, slope = ACTIVATIONS[activation]
    w1, b1, w2, b2 = weights = [w.copy() for w in weights]
    n = len(x)

    def step() -> None:
        h = g(x @ w1 + b1)
        z = h @ w2 + b2
        z = z - z.max(axis=1, keepdims=True)
        log_p = z - np.log(np.exp(z).sum(axis=1, keepdims=True))
        _loss = -(y * log_p).sum(axis=1).mean()
        dz2 = (np.exp(log_p) - y) / n
        dz1 = dz2 @ w2.T * slope(h)
        for w, dw in ((w1, x.T @ dz1), (b1, dz1.sum(axis=0)), (w2, h.T @ dz2), (b2, dz2.sum(axis=0))):
            w -= RATE * dw  # noqa: PLW2901  in place

    return step, weights


def seconds(step: Step) -> float:
    """Return the seconds of processor time that one step takes; waiting while other programs run does not count."""
    start = process_time()
    for _ in range(STEPS):
        step()
    return (process_time() - start) / STEPS


def compare(activation: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(32, 2)).astype(np.float32)
    y = np.eye(2, dtype=np.float32)[(x[:, 0] * x[:, 1] > 0).astype(int)]
    weights = [rng.normal(size=s).astype(np.float32) for s in ((2, 8), (8,), (8, 2), (2,))]
    tape, variables = on_the_tape(weights, x, y, activation)
    hand, arrays = by_hand(weights, x, y, activation)
    times = [(seconds(tape), seconds(hand)) for _ in range(ROUNDS)]  # interleaved: both see the same machine
    for variable, array in zip(variables, arrays, strict=True):
        np.testing.assert_allclose(variable.numpy(), array, rtol=1e-3, atol=1e-3)
    ours, theirs = (1e6 * median(side) for side in zip(*times, strict=True))
    ratio = median(a / b for a, b in times)
    print(f"{activation:8} tape {ours:6.1f} us a step   NumPy by hand {theirs:6.1f} us   ratio {ratio:.2f}")


def main() -> None:
    print("Network 2-8-2, batch 32, softmax cross-entropy, SGD")
    for activation in ACTIVATIONS:
        compare(activation)


if __name__ == "__main__":
    main()
