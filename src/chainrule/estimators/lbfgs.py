"""The solver "lbfgs": SciPy's L-BFGS-B over the one vector of all parameters."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scipy.optimize import minimize

from chainrule.arrays import Array


@dataclass(frozen=True)
class Minimum:
    """Where L-BFGS ended, J there, the iterations, J after each, and SciPy's complaint: empty where it converged."""

    weights: Array
    loss: float
    iterations: int
    losses: list[float]
    complaint: str


def minimize_lbfgs(
    objective: Callable[[Array], tuple[float, Array]],
    start: Array,
    max_iter: int,
    max_fun: int,
    tol: float,
    verbose: Any = False,
) -> Minimum:
    """Minimise J(W) from ``start`` on.

    Parameters
    ----------
    objective : function
        Returns J and its gradient for a vector.
    start : array
    max_iter, max_fun : int
        Most iterations, and most calls of the objective.
    tol : float >= 0
        Ends when no element of the projected gradient is larger.
    verbose : bool or int
        Print a line for each iteration.

    References
    ----------
    Byrd, Lu, Nocedal & Zhu, "A limited memory algorithm for bound constrained optimization", 1995.

    Examples
    --------
    >>> import numpy as np
    >>> minimum = minimize_lbfgs(lambda w: (1.0 + float(w @ w), 2 * w), np.array([3.0, 4.0]), 10, 100, 1e-6)
    >>> print(f"{minimum.loss:.6f}")
    1.000000
    """
    losses: list[float] = []

    def note(intermediate_result: Any) -> None:
        losses.append(float(intermediate_result.fun))
        if verbose:
            sys.stdout.write(f"Iteration {len(losses)}, loss = {losses[-1]:.8f}\n")

    options = {"maxiter": max_iter, "maxfun": max_fun, "gtol": tol}
    result = minimize(objective, start, method="L-BFGS-B", jac=True, callback=note, options=options)
    complaint = "" if result.status == 0 else str(result.message)
    return Minimum(result.x, float(result.fun), min(int(result.nit), max_iter), losses, complaint)
