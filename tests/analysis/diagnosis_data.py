"""Data sets of the diagnosis catalogue, in lists that share no family: development, broken set-ups, healthy runs.

DEVELOPMENT is what rules and thresholds are chosen on. BROKEN and HEALTHY are only for measuring: they share no family
with DEVELOPMENT or with each other. Most sets are drawn anew from each seed; the real ones (penguins, iris, wine,
breast cancer, diabetes) have the same rows for every seed, which then only draws the network and the order.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from sklearn import datasets

from chainrule.random import generator
from chainrule.tables import Encoder, samples


class Data(NamedTuple):
    x: Any
    y: Any
    classes: int  # 0: numbers
    noisy: bool = False  # 200 epochs would learn its noise by heart: a healthy run stops early


Make = Callable[[int], Data]


def standardised(values):
    values = np.asarray(values, np.float64)
    return ((values - values.mean(axis=0)) / values.std(axis=0)).astype(np.float32)


def classes_of(x, y, noisy=False):
    return Data(standardised(x), np.asarray(y, np.int64), len(np.unique(y)), noisy)


def numbers_of(x, y, noisy=False):
    return Data(standardised(x), standardised(y), 0, noisy)


def drawn(make, *options, classes):
    """Return what makes one of chainrule's samples from a seed."""

    def from_seed(seed):
        sample = make(*options, seed=seed)
        return (classes_of if classes else numbers_of)(sample.X, sample.y)

    return from_seed


def real(load, classes):
    """Return what makes a data set that comes with scikit-learn, its rows in an order drawn by the seed."""

    def from_seed(seed):
        x, y = load(return_X_y=True)
        order = generator(seed, "sample").permutation(len(x))
        return (classes_of if classes else numbers_of)(x[order], y[order], noisy=True)

    return from_seed


def formula(rows, features, y, noise, cuts=(), noisy=False):
    """Return what makes rows of uniform inputs from -1 to 1, with numbers by a formula of the columns, and noise.

    ``cuts`` make classes of the numbers.
    """

    def from_seed(seed):
        x = generator(seed, "sample").uniform(-1, 1, (rows, features))
        target = y(*x.T) + generator(seed, "check").normal(0, noise, rows)
        return classes_of(x, np.digitize(target, cuts), noisy) if cuts else numbers_of(x, target, noisy)

    return from_seed


def from_penguins(target):
    table = samples.penguins()
    column = table.column(target)
    known = table.take(np.flatnonzero(~column.missing))
    encoder = Encoder.fit(known, target)
    x = encoder.encode(known)
    x = x[:, np.ptp(x, axis=0) > 0]
    values = known.column(target).values
    if column.kind == "number":
        return Data(x, standardised(values), 0)
    return Data(x, np.unique(values.astype(str), return_inverse=True)[1], 3)


def friedman(a, b, c, d, e):
    """J. Friedman 1991, Multivariate Adaptive Regression Splines, on inputs from -1 to 1."""
    return 10 * np.sin(np.pi * (a + 1) * (b + 1) / 4) + 5 * c**2 + 5 * d + 2.5 * e


DEVELOPMENT: dict[str, dict[str, Make]] = {
    "classes": {
        "circles": drawn(samples.circles, 400, 0.15, classes=True),
        "will_i_pass": drawn(samples.will_i_pass, 400, classes=True),
        "iris": real(datasets.load_iris, classes=True),
        "checkerboard": drawn(samples.checkerboard, 600, 2, classes=True),
        "xor": drawn(samples.xor, 500, 0.05, classes=True),
    },
    "numbers": {
        "bowl": formula(400, 2, lambda a, b: a**2 + b**2, 0.05),
        "waves": formula(500, 4, lambda a, b, c, d: np.sin(2 * a) + b * c, 0.1),
        "sine": drawn(samples.sine, 300, 0.1, classes=False),
        "friedman": formula(500, 5, friedman, 0.5),
        "growth": formula(350, 3, lambda a, b, c: np.exp(a + b) - c**3, 0.1),
    },
}
BROKEN: dict[str, dict[str, Make]] = {
    "classes": {
        "penguins": lambda seed: from_penguins("species"),
        "moons": drawn(samples.moons, 400, 0.15, classes=True),
        "gaussians": drawn(samples.gaussians, 400, 4, 0.3, classes=True),
    },
    "numbers": {
        "body mass": lambda seed: from_penguins("body_mass_g"),
        "plane": drawn(samples.plane, 300, 0.2, classes=False),
        "hill": formula(400, 2, lambda a, b: np.exp(-2 * (a**2 + (b - 0.3) ** 2)), 0.05),
    },
}
BROKEN["both"] = dict([*list(BROKEN["classes"].items())[:2], *list(BROKEN["numbers"].items())[1:2]])
DEVELOPMENT["both"] = dict([*list(DEVELOPMENT["classes"].items())[:3], *list(DEVELOPMENT["numbers"].items())[1:]])

DEVELOPMENT_HEALTHY: dict[str, Make] = {
    **DEVELOPMENT["classes"],
    **DEVELOPMENT["numbers"],
    "faint": formula(400, 8, lambda *x: x[0] + x[1] * x[2] + np.abs(x[3]), 0.6, noisy=True),
    "faint classes": formula(400, 8, lambda *x: x[0] + x[1] + x[2] ** 2, 0.7, cuts=(0.3,), noisy=True),
}
HEALTHY: dict[str, Make] = {
    "wine": real(datasets.load_wine, classes=True),
    "saddle": formula(400, 2, lambda a, b: a * b, 0.03),
    "stripes": formula(450, 2, lambda a, b: a + b, 0.05, cuts=(-0.5, 0.5)),
    "cooling": formula(300, 2, lambda a, b: np.exp(-(1 + a) * (1.5 + b)), 0.03),
    "breast cancer": real(datasets.load_breast_cancer, classes=True),
    "diabetes": real(datasets.load_diabetes, classes=False),
    "parabola": formula(400, 2, lambda a, b: b - 2 * a**2, 0.03, cuts=(-0.6,)),
    "oscillation": formula(500, 3, lambda a, b, c: (1 + a) * np.cos(2 * b) + 0.5 * c, 0.1),
}
