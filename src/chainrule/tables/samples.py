"""Small data sets to try things on: made from a seed by a rule that is written down, and the bundled penguins."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np

from chainrule.arrays import Array, is_number, whole_number
from chainrule.errors import ArgumentError
from chainrule.random import check_seed, generator
from chainrule.tables.source import read_table
from chainrule.tables.table import Table

_PLANE = ("x1", "x2")


@dataclass(frozen=True, eq=False)
class Sample:
    """A made data set.

    Parameters
    ----------
    X : float32 array (n, d)
    y : array (n,)
        int64 class codes 0, 1, ... for classification, float32 for regression.
    feature_names : tuple of d str
    description : str
        The rule in one sentence.
    """

    X: Array
    y: Array
    feature_names: tuple[str, ...]
    description: str


def will_i_pass(rows: int = 400, seed: int = 0) -> Sample:
    """Past students: lectures attended (x1), hours spent on the final project (x2), passed (1) or not (0).

    x1 is uniform on 0, 1, ..., 10 and x2 uniform on [0, 10). A student passes when ``x1 + 1.5 x2 + e > 7.5`` with
    ``e`` normal of standard deviation 0.7. The question point (4, 5) scores 11.5: passed beyond doubt.

    Examples
    --------
    >>> sample = will_i_pass()
    >>> sample.X.shape, sample.feature_names
    ((400, 2), ('lectures attended', 'hours on the project'))
    """
    random = _random(rows, seed)
    lectures = random.integers(0, 11, rows)
    hours = random.uniform(0, 10, rows)
    passed = lectures + 1.5 * hours + random.normal(0, 0.7, rows) > 7.5
    names = ("lectures attended", "hours on the project")
    return _sample((lectures, hours), passed, "Passed when lectures + 1.5 hours + noise is above 7.5.", names)


def xor(rows: int = 400, noise: float = 0.0, seed: int = 0) -> Sample:
    """Points uniform on [-1, 1)^2; class 1 where x1 and x2 differ in sign. Normal noise is added afterwards.

    Examples
    --------
    >>> sample = xor(4)
    >>> bool(((sample.X[:, 0] * sample.X[:, 1] < 0) == sample.y).all())
    True
    """
    random = _random(rows, seed, noise)
    points = random.uniform(-1, 1, (2, rows))
    label = points[0] * points[1] < 0
    return _sample(points + random.normal(0, noise, points.shape), label, "Class 1 where x1 and x2 differ in sign.")


def circles(rows: int = 400, noise: float = 0.05, seed: int = 0) -> Sample:
    """Two circles around 0: class 0 of radius 1, class 1 of radius 0.5, normal noise in both directions.

    Examples
    --------
    >>> sample = circles(noise=0.0)
    >>> bool(np.allclose(np.hypot(*sample.X.T), np.where(sample.y == 0, 1.0, 0.5)))
    True
    """
    random = _random(rows, seed, noise)
    label = np.arange(rows) % 2
    angle = random.uniform(0, 2 * np.pi, rows)
    points = np.where(label == 0, 1.0, 0.5) * np.stack([np.cos(angle), np.sin(angle)])
    return _sample(points + random.normal(0, noise, points.shape), label, "Class 1 is the inner circle.")


def moons(rows: int = 400, noise: float = 0.1, seed: int = 0) -> Sample:
    """Two half circles that reach into each other, normal noise in both directions.

    Class 0: (cos t, sin t); class 1: (1 - cos t, 0.5 - sin t); t uniform on [0, pi).

    Examples
    --------
    >>> moons(6).y
    array([0, 1, 0, 1, 0, 1])
    """
    random = _random(rows, seed, noise)
    label = np.arange(rows) % 2
    angle = random.uniform(0, np.pi, rows)
    upper = np.stack([np.cos(angle), np.sin(angle)])
    points = np.where(label == 0, upper, np.array([[1.0], [0.5]]) - upper)
    return _sample(points + random.normal(0, noise, points.shape), label, "Class 1 is the lower moon.")


def spirals(rows: int = 400, noise: float = 0.02, turns: float = 1.5, seed: int = 0) -> Sample:
    """Two spirals wound into each other: radius r uniform on [0.05, 1), angle 2 pi turns r, plus pi for class 1.

    Examples
    --------
    >>> spirals(100).X.shape
    (100, 2)
    """
    random = _random(rows, seed, noise)
    label = np.arange(rows) % 2
    radius = random.uniform(0.05, 1, rows)
    angle = 2 * np.pi * turns * radius + np.pi * label
    points = radius * np.stack([np.cos(angle), np.sin(angle)])
    return _sample(
        points + random.normal(0, noise, points.shape), label, "Class 1 is the spiral turned by 180 degrees."
    )


def gaussians(rows: int = 400, classes: int = 2, spread: float = 0.5, seed: int = 0) -> Sample:
    """Normal clouds of standard deviation ``spread``, their centres evenly on the circle of radius 1.

    Examples
    --------
    >>> np.unique(gaussians(30, classes=3).y)
    array([0, 1, 2])
    """
    random = _random(rows, seed, spread)
    whole_number("classes", classes, least=2)
    label = np.arange(rows) % classes
    angle = 2 * np.pi * label / classes
    points = np.stack([np.cos(angle), np.sin(angle)]) + random.normal(0, spread, (2, rows))
    return _sample(points, label, f"{classes} normal clouds around points of the unit circle.")


def checkerboard(rows: int = 800, cells: int = 4, seed: int = 0) -> Sample:
    """Points uniform on [-1, 1)^2, a board of ``cells`` x ``cells`` fields; class 1 on every other field.

    Examples
    --------
    >>> sample = checkerboard(cells=1)
    >>> np.unique(sample.y)
    array([0])
    """
    random = _random(rows, seed)
    whole_number("cells", cells, least=1)
    points = random.uniform(-1, 1, (2, rows))
    label = np.floor((points + 1) / 2 * cells).sum(axis=0) % 2
    return _sample(points, label, f"Class 1 on every other field of a {cells} x {cells} board.")


def sine(rows: int = 200, noise: float = 0.1, seed: int = 0) -> Sample:
    """Regression: y = sin(x1) + normal noise, x1 uniform on [-pi, pi).

    Examples
    --------
    >>> sample = sine(noise=0.0)
    >>> bool(np.allclose(sample.y, np.sin(sample.X[:, 0]), atol=1e-6))
    True
    """
    random = _random(rows, seed, noise)
    x = random.uniform(-np.pi, np.pi, rows)
    y = np.sin(x) + random.normal(0, noise, rows)
    return _sample((x,), y, "y = sin(x1) + noise", ("x1",), np.float32)


def plane(rows: int = 200, noise: float = 0.1, seed: int = 0) -> Sample:
    """Regression: y = 1 + 2 x1 - 3 x2 + normal noise, (x1, x2) uniform on [-1, 1)^2.

    Examples
    --------
    >>> plane().description
    'y = 1 + 2 x1 - 3 x2 + noise'
    """
    random = _random(rows, seed, noise)
    points = random.uniform(-1, 1, (2, rows))
    y = 1 + 2 * points[0] - 3 * points[1] + random.normal(0, noise, rows)
    return _sample(points, y, "y = 1 + 2 x1 - 3 x2 + noise", dtype=np.float32)


@dataclass(frozen=True)
class LossCurve:
    """A loss over one weight with a false local minimum, the true one, and a hill between them.

    Parameters
    ----------
    loss, gradient : functions of a weight (number or array)
    initial_guess : float
        Beyond the false minimum, so that a descent meets that one first.
    false_minimum, true_minimum : float
        The weights where the gradient is 0 and the loss is lowest nearby and everywhere.
    small_rate, stable_rate, large_rate : float
        From the initial guess, gradient descent gets stuck in the false minimum, reaches the true one, diverges.
    """

    loss: Callable[[Any], Any]
    gradient: Callable[[Any], Any]
    initial_guess: float
    false_minimum: float
    true_minimum: float
    small_rate: float
    stable_rate: float
    large_rate: float


def loss_curve() -> LossCurve:
    """Return the curve J(w) = w^4/4 - w^3/3 - w^2 + 3, whose gradient is (w + 1) w (w - 2).

    The false minimum is at -1 (J = 2.58), the hill at 0 (J = 3), the true minimum at 2 (J = 0.33). From -2.2 a
    rate below 0.198 can't step over the hill; near the true minimum, where J'' = 6, only one below 1/3 is stable.

    Examples
    --------
    >>> curve = loss_curve()
    >>> w = curve.initial_guess
    >>> for _ in range(100):
    ...     w = w - curve.stable_rate * curve.gradient(w)
    >>> round(w, 6) == curve.true_minimum
    True
    """
    return LossCurve(
        loss=lambda w: w**4 / 4 - w**3 / 3 - w**2 + 3,
        gradient=lambda w: (w + 1) * w * (w - 2),
        initial_guess=-2.2,
        false_minimum=-1.0,
        true_minimum=2.0,
        small_rate=0.05,
        stable_rate=0.22,
        large_rate=0.5,
    )


def penguins() -> Table:
    """Return the Palmer penguins: 344 rows, three species, 19 missing values.

    From K. Gorman, T. Williams, W. Fraser (2014), PLoS ONE 9(3) e90081; given to the public domain (CC0).

    Examples
    --------
    >>> table = penguins()
    >>> table.rows, table.names[:3]
    (344, ('species', 'island', 'bill_length_mm'))
    """
    with resources.as_file(resources.files("chainrule.tables") / "data" / "penguins.csv") as path:
        return read_table(path)


def _random(rows: int, seed: int, noise: float = 0.0) -> np.random.Generator:
    whole_number("rows", rows, least=1)
    if not is_number(noise) or not 0 <= noise < np.inf:
        raise ArgumentError(f"noise and spread must be finite and not negative, got {noise!r}")
    return generator(check_seed(seed), "sample")


def _sample(
    columns: Any, y: Array, description: str, names: tuple[str, ...] = _PLANE, dtype: type[np.generic] = np.int64
) -> Sample:
    return Sample(np.stack(columns, axis=1).astype(np.float32), y.astype(dtype), names, description)
