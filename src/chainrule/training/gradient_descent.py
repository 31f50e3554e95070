"""Gradient descent as the lecture writes it: the whole gradient, a fixed rate, until convergence by a stated rule."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_number, whole_number
from chainrule.autodiff.tape import value_and_gradient
from chainrule.autodiff.tensor import Tensor
from chainrule.errors import ArgumentError

RULES = ("gradient norm", "change of J", "step limit", "not finite")


@dataclass(frozen=True)
class Descent:
    """How a descent ended.

    Attributes
    ----------
    weights : array
        Where it ended; with rule "not finite" the last point at which J and its gradient were finite.
    loss : float
        J there.
    gradient_norm : float
        ``||dJ/dW||`` there.
    steps : int
    rule : {"gradient norm", "change of J", "step limit", "not finite"}
        What ended it.
    losses : array
        J before each step, and at the end.
    path : array (steps + 1, ...)
        The weights before each step, and at the end; empty unless asked for.
    """

    weights: Array
    loss: float
    gradient_norm: float
    steps: int
    rule: str
    losses: Array
    path: Array

    @property
    def converged(self) -> bool:
        """Whether one of the two tolerances was reached."""
        return self.rule in RULES[:2]


def gradient_descent(
    objective: Callable[[Tensor], Tensor],
    initial: Any,
    learning_rate: float = 0.01,
    *,
    gradient_tolerance: float = 1e-6,
    loss_tolerance: float = 0.0,
    max_steps: int = 10_000,
    keep_path: bool = False,
) -> Descent:
    """Walk ``W <- W - rate dJ/dW`` from ``initial`` until a rule ends it.

    Parameters
    ----------
    objective : function of a Tensor
        J(W), a single number.
    initial : array-like
        The first weights.
    learning_rate : float > 0
    gradient_tolerance : float >= 0
        Rule "gradient norm": ``||dJ/dW||`` is at most this.
    loss_tolerance : float >= 0
        Rule "change of J": a step changed J by at most this; 0 turns the rule off.
    max_steps : int >= 1
        Rule "step limit".
    keep_path : bool
        Keep the weights of every step.

    Examples
    --------
    >>> result = gradient_descent(lambda w: (w - 3.0) ** 2, 0.0, learning_rate=0.1)
    >>> print(f"{result.weights:.4f} by {result.rule}")
    3.0000 by gradient norm
    """
    start = Tensor(initial)
    point = start.numpy() if start.dtype.kind == "f" else start.numpy().astype(np.float32)
    evaluate = value_and_gradient(objective)

    def both(weights: Array) -> tuple[float, Array]:
        value, gradient = evaluate(Tensor(weights))
        return value.item(), np.zeros_like(weights) if gradient is None else gradient.numpy()

    return descend(both, point, learning_rate, gradient_tolerance, loss_tolerance, max_steps, keep_path=keep_path)


def descend(
    loss_and_gradient: Callable[[Array], tuple[float, Array]],
    initial: Array,
    learning_rate: float,
    gradient_tolerance: float,
    loss_tolerance: float,
    max_steps: int,
    *,
    keep_path: bool = False,
) -> Descent:
    """The loop behind `gradient_descent`, on a function that gives J and its gradient."""
    if not (is_number(learning_rate) and learning_rate > 0):
        raise ArgumentError(f"learning_rate must be > 0, got {learning_rate!r}")
    if not (gradient_tolerance >= 0 and loss_tolerance >= 0):
        raise ArgumentError(f"tolerances must be >= 0, got {gradient_tolerance!r} and {loss_tolerance!r}")
    max_steps = whole_number("max_steps", max_steps, least=1)
    weights = np.array(initial)
    with np.errstate(all="ignore"):  # reported as the rule "not finite"
        loss, gradient = loss_and_gradient(weights)
    losses, path = [loss], [weights]
    rule = RULES[3] if not np.isfinite(loss) else ""
    steps = 0
    while not rule:
        if _norm(gradient) <= gradient_tolerance:
            rule = RULES[0]
        elif loss_tolerance and steps and abs(losses[-1] - losses[-2]) <= loss_tolerance:
            rule = RULES[1]
        elif steps == max_steps:
            rule = RULES[2]
        else:
            with np.errstate(all="ignore"):
                moved = np.asarray(weights - weights.dtype.type(learning_rate) * gradient)
                new_loss, new_gradient = loss_and_gradient(moved)
            if not (np.isfinite(new_loss) and np.isfinite(new_gradient).all()):
                rule = RULES[3]
                break
            weights, loss, gradient = moved, new_loss, new_gradient
            steps += 1
            losses.append(loss)
            if keep_path:
                path.append(weights)
    kept = np.array(path) if keep_path else np.empty((0, *weights.shape), weights.dtype)
    return Descent(weights, loss, _norm(gradient), steps, rule, np.array(losses), kept)


def _norm(gradient: Array) -> float:
    """Return the norm; scaled first, since the squares of a descent that diverges overflow before it does."""
    largest = float(np.abs(gradient).max(initial=0.0))
    if largest == 0 or not np.isfinite(largest):
        return largest
    return largest * float(np.linalg.norm(gradient / largest))
