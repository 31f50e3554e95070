"""Rows for an estimator: what scikit-learn's checks let through, as the engine takes it."""

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np
from sklearn.model_selection import train_test_split

from chainrule.arrays import Array
from chainrule.engine.data import Rows, check_weights
from chainrule.errors import ArgumentError, DataError

BLOCK = 4096  # rows of a sparse matrix that are made dense at a time


def dense(X: Any) -> Array:
    """Return an array; sparse matrices become dense."""
    return X if isinstance(X, np.ndarray) else np.asarray(X.toarray())


def in_blocks(X: Any, function: Callable[[Array], Array]) -> Array:
    """Apply a function to the rows of X; of a sparse matrix only a block at a time is made dense."""
    if isinstance(X, np.ndarray):
        return function(X)
    return np.concatenate([function(dense(X[start : start + BLOCK])) for start in range(0, X.shape[0], BLOCK)])


def weights_of(sample_weight: Any, rows: int) -> Array | None:
    """Return one weight per row; a number counts for all of them."""
    if sample_weight is None:
        return None
    if isinstance(sample_weight, Real):
        sample_weight = np.full(rows, sample_weight)
    return check_weights(sample_weight, rows)


def hold_out(rows: Rows, share: float, stratify: bool, draws: Any) -> tuple[Rows, Rows]:
    """Split off a share of the rows for validation, the same that scikit-learn's MLP holds out.

    Parameters
    ----------
    rows : Rows
    share : float in (0, 1)
    stratify : bool
        Keep the shares of the two classes.
    draws : RandomState
    """
    classes = rows.y.ravel() if stratify and rows.y is not None else None
    kept, held = train_test_split(np.arange(len(rows)), random_state=draws, test_size=share, stratify=classes)
    if len(held) < 2:
        raise DataError(
            f"The validation set is too small: {len(held)} of {len(rows)} rows. Increase validation_fraction, "
            "or give more rows"
        )
    return rows.take(kept), rows.take(held)


def evaluation_parts(eval_set: Any) -> tuple[Any, Any, Any]:
    """Return X, y and the weights of an ``eval_set``: (X, y), (X, y, sample_weight), or a list with one of them."""
    pair = eval_set[0] if isinstance(eval_set, list) and len(eval_set) == 1 else eval_set
    if not isinstance(pair, list | tuple) or len(pair) not in (2, 3):
        raise ArgumentError("eval_set expects (X, y) or (X, y, sample_weight)")
    X, y, weight = (*pair, None)[:3]
    return X, y, weight


def shuffled(rows: int, draws: Any) -> Callable[[int], Array]:
    """Return the function that gives each epoch's order: scikit-learn's, which shuffles the last epoch's again."""
    order = np.arange(rows)

    def next_order(_epoch: int) -> Array:
        nonlocal order
        places = np.arange(rows)
        draws.shuffle(places)
        order = order[places]
        return order

    return next_order
