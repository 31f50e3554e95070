"""Splitting rows into training, validation and test parts: exact sizes, seeded, stratified by class."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError
from chainrule.random import check_seed, generator
from chainrule.tables.table import counted


def split_rows(
    labels: Any, rows: int, fractions: Sequence[float] = (0.64, 0.16, 0.20), seed: int = 0
) -> tuple[Array, Array, Array]:
    """Return the row indices of the training, validation and test parts.

    The parts' sizes are the fractions of ``rows``, rounded by largest remainder, at least one row. With labels,
    every class has in every part its share of rows to within two; beyond that, a class with at least three rows
    has one in each part and every class has one in training, as far as the sizes allow.

    Parameters
    ----------
    labels : integer array (rows,) of class codes, or None
        ``None`` splits without regard to classes.
    rows : int
    fractions : three floats > 0 that sum to 1
    seed : int
        The same seed gives the same split.

    Returns
    -------
    train, validation, test : int64 arrays
        Sorted, disjoint; together they are 0 ... rows - 1.

    Raises
    ------
    ArgumentError
        ``fractions`` are not as described, or ``labels`` are no integers of length ``rows``.
    DataError
        There are fewer rows than parts.

    Examples
    --------
    >>> train, validation, test = split_rows(None, 344)
    >>> len(train), len(validation), len(test)
    (220, 55, 69)
    """
    shares = np.asarray(fractions, dtype=np.float64)
    if shares.shape != (3,) or not (shares > 0).all() or abs(shares.sum() - 1) > 1e-9:  # 0.7 + 0.2 + 0.1
        raise ArgumentError(f"fractions must be three numbers above 0 that sum to 1, got {tuple(fractions)}")
    train, validation, test = _split(labels, rows, shares, generator(check_seed(seed), "split"))
    return train, validation, test


def split_validation(labels: Any, rows: int, fraction: float, seed: int = 0) -> tuple[Array, Array]:
    """Return the row indices of the training and validation parts, for ``fit(validation_split=fraction)``.

    As ``split_rows``, but with two parts and a random stream of its own.

    Parameters
    ----------
    labels : integer array (rows,) of class codes, or None
    rows : int
    fraction : float in (0, 1)
        The share of the validation part.
    seed : int

    Raises
    ------
    ArgumentError
        ``fraction`` is outside (0, 1), or ``labels`` are no integers of length ``rows``.
    DataError
        There are fewer rows than parts.

    Examples
    --------
    >>> train, validation = split_validation([0, 0, 0, 0, 1, 1, 1, 1], 8, 0.25)
    >>> len(train), len(validation)
    (6, 2)
    """
    if not 0 < fraction < 1:
        raise ArgumentError(f"the validation fraction must be above 0 and below 1, got {fraction!r}")
    shares = np.array([1 - fraction, fraction])
    train, validation = _split(labels, rows, shares, generator(check_seed(seed), "split", 1))
    return train, validation


def _split(labels: Any, rows: int, shares: Array, random: np.random.Generator) -> list[Array]:
    if rows < len(shares):
        raise DataError(
            f"{counted(rows, 'row')} can't be split into {len(shares)} parts; expected at least one row for each"
        )
    sizes = _largest_remainder(rows, shares)
    codes = np.zeros(rows, dtype=np.int64) if labels is None else np.asarray(labels)
    if codes.shape != (rows,) or codes.dtype.kind not in "iu":
        raise ArgumentError(f"labels must be {rows} integer class codes, got {codes.dtype} of shape {codes.shape}")
    codes, class_sizes = _numbered(codes)
    counts = _represent(_stratify(class_sizes, sizes))
    parts: list[list[Array]] = [[] for _ in sizes]
    for code, row_counts in enumerate(counts):
        members = random.permutation(np.flatnonzero(codes == code))
        for part, chosen in zip(parts, np.split(members, np.cumsum(row_counts)[:-1]), strict=True):
            part.append(chosen)
    return [np.sort(np.concatenate(part)) for part in parts]


def _numbered(codes: Array) -> tuple[Array, Array]:
    """Return the codes numbered from 0 without gaps, and how many there are of each; a million take milliseconds."""
    if int(codes.max()) - int(codes.min()) >= len(
        codes
    ):  # far apart: counting them would take more memory than they do
        _, numbers, sizes = np.unique(codes, return_inverse=True, return_counts=True)
        return numbers, sizes
    wide = codes if codes.dtype.kind == "u" else codes.astype(np.int64)
    shifted = (wide - wide.min()).astype(np.int64)
    counts = np.bincount(shifted)
    return (np.cumsum(counts > 0) - 1)[shifted], counts[counts > 0]


def _largest_remainder(rows: int, shares: Array) -> Array:
    """Return whole numbers above 0 near ``rows * shares`` that sum to ``rows``; earlier parts win ties."""
    exact = np.round(rows * shares, 9)
    sizes = np.floor(exact).astype(np.int64)
    by_remainder = np.argsort(sizes - exact, kind="stable")
    sizes[by_remainder[: rows - int(sizes.sum())]] += 1
    while sizes.min() < 1:
        sizes[sizes.argmin()] += 1
        sizes[sizes.argmax()] -= 1
    return sizes


def _stratify(class_sizes: Array, part_sizes: Array) -> Array:
    """Return how many rows of each class (axis 0) go to each part (axis 1), with exactly these sums.

    One part after another takes its size from what is left, N rows in all: of the first k classes together
    round(N_k * size / N). Differences of that from class to class are each class's share to within one.
    """
    left = class_sizes.astype(np.int64)
    columns = []
    for size in part_sizes[:0:-1].tolist():  # the last part first; the first part is what remains
        below = np.concatenate([[0], np.cumsum(left)])
        taken = np.diff((2 * below * size + below[-1]) // (2 * below[-1]))
        columns.append(taken)
        left = left - taken
    return np.stack([left, *columns[::-1]], axis=1)


def _represent(counts: Array) -> Array:
    """Exchange single rows between classes until each class has a row in each part where it can.

    Every class should be in training, the first part; one with as many rows as there are parts in each of them.
    """
    counts = counts.copy()
    for part in range(counts.shape[1]):
        needs = 1 if part == 0 else counts.shape[1]
        for absent in np.flatnonzero((counts[:, part] == 0) & (counts.sum(axis=1) >= needs)):
            donor = int(counts[absent].argmax())
            partner = int(counts[:, part].argmax())
            if counts[partner, part] < 2 or (part > 0 and counts[absent, donor] < 2):
                continue  # the part, or the class, has no row to spare
            counts[absent, donor] -= 1
            counts[absent, part] += 1
            counts[partner, part] -= 1
            counts[partner, donor] += 1
    return counts
