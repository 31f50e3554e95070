"""Piecewise linear encoding: a number as the share of each of many pieces of its range that lies below it."""

import numpy as np

from chainrule.arrays import Array

LEAST_VALUES = 16  # distinct ones, from which on a column is cut: below, its own feature says enough
MOST_PIECES, VALUES_A_PIECE = 48, 50


def quantile_knots(values: Array) -> tuple[float, ...]:
    """Return the ends of at most 48 pieces that hold the same number of values each, at least 50; none to cut nothing.

    Examples
    --------
    >>> quantile_knots(np.arange(201.0)), quantile_knots(np.array([0.0, 1.0] * 100))
    ((0.0, 50.0, 100.0, 150.0, 200.0), ())
    """
    pieces = min(MOST_PIECES, len(values) // VALUES_A_PIECE)
    if pieces < 2 or len(np.unique(values)) < LEAST_VALUES:
        return ()
    with np.errstate(over="ignore", invalid="ignore"):  # values near the largest float are refused elsewhere
        knots = np.unique(np.quantile(values, np.linspace(0, 1, pieces + 1)))
    return tuple(knots.tolist()) if len(knots) > 2 and np.isfinite(np.diff(knots)).all() else ()


def piece_names(name: str, knots: tuple[float, ...]) -> tuple[str, ...]:
    """Return the names of a column's pieces."""
    return tuple(f"{name} (piece {number})" for number in range(1, len(knots)))


def pieces_of(values: Array, knots: tuple[float, ...]) -> Array:
    """Return ``clip((x - a) / (b - a), 0, 1)`` for every piece from knot a to knot b: (rows, pieces), float32.

    A layer's weights on them are the slopes of a curve in x that may bend at every knot: a steep step, such as at the
    border of a city, then takes one weight, where the plain number would need many neurons.

    References
    ----------
    Gorishniy, Rubachev & Babenko, On Embeddings for Numerical Features in Tabular Deep Learning, arXiv:2203.05556.

    Examples
    --------
    >>> pieces_of(np.array([1.0, 5.0, 9.0]), (0.0, 4.0, 8.0)).tolist()
    [[0.25, 0.0], [1.0, 0.25], [1.0, 1.0]]
    """
    ends = np.array(knots)
    inside = np.clip(values, ends[0], ends[-1])  # also keeps numbers far away within float32
    shares: Array = (inside[:, None] - ends[:-1]).astype(np.float32)
    shares /= np.diff(ends).astype(np.float32)
    np.clip(shares, 0, 1, out=shares)
    return shares
