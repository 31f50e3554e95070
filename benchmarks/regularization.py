"""Each way to regularise, on a set made to need it: the test loss with and without, paired over 20 seeds.

    python -m benchmarks.regularization

A seed draws the rows, the split and the weights; both networks of a pair share them. The interval is that of the mean
difference, 95%, by Student's t. A way helps when all of it lies below 0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import Sequential
from chainrule.callbacks import EarlyStopping
from chainrule.constraints import MaxNorm
from chainrule.layers import Dense, Dropout, GaussianNoise
from chainrule.losses import BinaryCrossentropy
from chainrule.optimizers import SGD, Adam, AdamW
from chainrule.regularizers import L1, L2
from chainrule.tables import samples

SEEDS = range(20)
T_19 = 2.093  # Student's t of 19 degrees of freedom at 97.5%
Rows = tuple[np.ndarray, np.ndarray]
TEST_ROWS = 2000


@dataclass(frozen=True)
class Pair:
    """A way to regularise: the set that needs it, and how to train without it and with it."""

    why: str
    data: Callable[[int], tuple[Rows, Rows]]  # a seed's training rows and test rows
    network: Callable[[bool], list[Any]]
    optimizer: Callable[[bool], Any] = lambda _: Adam(0.01)
    loss: Callable[[bool], Any] = lambda _: "mse"
    fit: Callable[[bool], dict[str, Any]] = lambda _: {}
    epochs: int = 100

    def test_loss(self, seed: int, regularised: bool) -> float:
        """Train, and return the loss on the test rows, without any penalty."""
        (x, y), (test_x, test_y) = self.data(seed)
        model = Sequential(self.network(regularised), seed=seed)
        model.compile(self.optimizer(regularised), self.loss(regularised))
        model.fit(x, y, epochs=self.epochs, batch_size=16, verbose=0, **self.fit(regularised))
        outputs = model.predict(test_x)[:, 0].astype(np.float64)
        if self.loss(False) == "mse":
            return float(np.mean((outputs - test_y) ** 2))
        p = np.clip(outputs, 1e-7, 1 - 1e-7)
        return float(-np.mean(test_y * np.log(p) + (1 - test_y) * np.log(1 - p)))


def linear(rows: int, features: int, relevant: int, noise: float) -> Callable[[int], tuple[Rows, Rows]]:
    """Numbers that depend on some of the features, along a line, with noise."""

    def draw(seed: int) -> tuple[Rows, Rows]:
        rng = np.random.default_rng(seed)
        weights = np.zeros(features)
        weights[:relevant] = rng.normal(size=relevant)
        x = rng.normal(size=(rows + TEST_ROWS, features))
        y = x @ weights + noise * rng.normal(size=len(x))
        return (x[:rows], y[:rows]), (x[rows:], y[rows:])

    return draw


def moons(rows: int, noise: float, more_features: int = 0, flipped: float = 0.0) -> Callable[[int], tuple[Rows, Rows]]:
    """Two moons, beside features that say nothing; of the training rows some have the wrong class."""

    def draw(seed: int) -> tuple[Rows, Rows]:
        rng = np.random.default_rng(seed)
        sample = samples.moons(rows=rows + TEST_ROWS, noise=noise, seed=seed)
        x = np.column_stack([sample.X, rng.normal(size=(len(sample.X), more_features))])
        y = np.asarray(sample.y, np.float64)
        train_y = np.where(rng.random(rows) < flipped, 1 - y[:rows], y[:rows])
        return (x[:rows], train_y), (x[rows:], y[rows:])

    return draw


def wide(dropout: float = 0.0, **options: Any) -> list[Any]:
    """A network far larger than its set asks for."""
    layers: list[Any] = []
    for _ in range(2):
        layers.append(Dense(64, "relu", **options))
        if dropout:
            layers.append(Dropout(dropout))
    return [*layers, Dense(1, "sigmoid")]


CROSS_ENTROPY = "binary_crossentropy"
PAIRS = {
    "L1 penalty": Pair(
        "3 of 40 features matter",
        linear(50, 40, 3, 0.5),
        lambda on: [Dense(1, kernel_regularizer=L1(0.1) if on else None)],
        epochs=300,
    ),
    "L2 penalty": Pair(
        "as many features as rows",
        linear(40, 40, 40, 4.0),
        lambda on: [Dense(1, kernel_regularizer=L2(0.1) if on else None)],
        epochs=300,
    ),
    "weight decay": Pair(
        "few rows, a wide network",
        moons(60, 0.3, 6),
        lambda on: wide(),
        lambda on: AdamW(0.01, weight_decay=0.3 if on else 0.0),
        lambda on: CROSS_ENTROPY,
    ),
    "dropout": Pair(
        "a wide network, features that say nothing",
        moons(200, 0.3, 6),
        lambda on: wide(dropout=0.5 if on else 0.0),
        loss=lambda on: CROSS_ENTROPY,
    ),
    "Gaussian noise": Pair(
        "inputs known to a few tenths",
        moons(60, 0.3),
        lambda on: [*([GaussianNoise(0.3)] if on else []), *wide()],
        loss=lambda on: CROSS_ENTROPY,
    ),
    "max-norm": Pair(
        "a large rate",
        moons(60, 0.3, 6),
        lambda on: wide(kernel_constraint=MaxNorm(1.0) if on else None),
        lambda on: SGD(0.3, momentum=0.9),
        loss=lambda on: CROSS_ENTROPY,
    ),
    "label smoothing": Pair(
        "one label in five is wrong",
        moons(200, 0.1, 6, flipped=0.2),
        lambda on: wide(),
        loss=lambda on: BinaryCrossentropy(label_smoothing=0.3) if on else CROSS_ENTROPY,
    ),
    "moving average of weights": Pair(
        "a constant rate that is large, small batches",
        linear(200, 10, 10, 1.0),
        lambda on: [Dense(16, "tanh"), Dense(1)],
        lambda on: SGD(0.1, use_ema=on, ema_momentum=0.995),
        epochs=60,
    ),
    "early stopping": Pair(
        "few rows, a wide network",
        moons(120, 0.3, 6),
        lambda on: wide(),
        loss=lambda on: CROSS_ENTROPY,
        fit=lambda on: {
            "validation_split": 0.25,
            "callbacks": [EarlyStopping(patience=20, restore_best_weights=True)] if on else [],
        },
    ),
}


@dataclass(frozen=True)
class Difference:
    """Test losses without and with, and the interval of their mean difference."""

    without: float
    regularised: float
    low: float
    high: float


def measure(pair: Pair) -> Difference:
    """Train the pair for every seed."""
    losses = np.array([[pair.test_loss(seed, on) for on in (False, True)] for seed in SEEDS])
    differences = losses[:, 1] - losses[:, 0]
    margin = T_19 * differences.std(ddof=1) / len(differences) ** 0.5
    without, regularised = losses.mean(0)
    return Difference(without, regularised, differences.mean() - margin, differences.mean() + margin)


def main() -> None:
    print(f"test loss, mean of {len(SEEDS)} seeds       without      with   difference, 95%")
    for name, pair in PAIRS.items():
        d = measure(pair)
        interval = f"[{d.low:.3f}, {d.high:.3f}]"
        print(f"{name:<28}{d.without:>15.3f}{d.regularised:>10.3f}   {interval:<18} {pair.why}", flush=True)


if __name__ == "__main__":
    main()
