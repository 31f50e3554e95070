"""Set-ups of the diagnosis catalogue: one good recipe and good data, broken one thing at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from chainrule import ops
from chainrule.initializers import Constant, RandomNormal
from chainrule.layers import Activation
from chainrule.losses import SparseCategoricalCrossentropy
from chainrule.optimizers import SGD
from tests.analysis.diagnosis_data import Data, standardised
from tests.analysis.diagnosis_recipes import GOOD, Recipe


class Setup(NamedTuple):
    """One way to break training.

    ``of`` names the data sets it makes sense for; ``change`` the data; ``recipe`` how the network is made and trained.
    """

    name: str
    expected: str
    of: str = "both"
    recipe: Callable[[int], Recipe] = lambda seed: GOOD
    change: Callable[[Data, np.random.Generator], Data] = lambda data, random: data
    trained: bool = True


def with_x(data, x):
    return data._replace(x=x.astype(np.float32))


def scaled(data, random):
    return with_x(data, data.x * 10 ** random.uniform(1.5, 4, data.x.shape[1]) + random.uniform(-500, 500))


def shuffled(data, random):
    return data._replace(y=data.y[random.permutation(len(data.y))])


def constant(data, random):
    return with_x(data, np.insert(data.x, 1, random.uniform(-2, 2), axis=1))


def leaked(data, random):
    code = data.y.astype(np.float64)
    noise = random.normal(0, 0.02 if not data.classes else 0.05, len(code))
    return with_x(data, np.insert(data.x, 0, standardised(code + noise), axis=1))


def rare(data, random):
    """Class 1 against the others, thinned out and moved into them: 4% of the rows, not sure anywhere."""
    data = Data(np.repeat(data.x, 8, axis=0), np.repeat(data.y, 8), data.classes)
    y = (data.y == 1).astype(np.int64)
    common, few = np.flatnonzero(y == 0), np.flatnonzero(y == 1)
    few = random.permutation(few)[: max(8, len(common) // 24)]
    rows = random.permutation(np.concatenate([common, few]))
    x = data.x[rows] + random.normal(0, 0.6, (len(rows), data.x.shape[1]))
    return Data(standardised(x), y[rows], 2)


def noisy_copy(data, random):
    """Few rows, some labels wrong or numbers off, and inputs that say nothing beside those that do."""
    more = random.normal(size=(len(data.x), 5))
    x = np.hstack([data.x, more])
    order = random.permutation(len(x))[:150]
    wrong = random.random(150) < 0.2
    y = data.y[order].copy()
    if data.classes:
        y[wrong] = random.integers(0, data.classes, wrong.sum())
    else:
        y = (y + random.normal(0, 0.7, 150)).astype(np.float32)
    return Data(x[order].astype(np.float32), y, data.classes)


def curved(data, random):
    """Targets that no linear or one-unit network can follow."""
    x = data.x[:, :2] if data.x.shape[1] > 1 else data.x
    turn = 4 * np.arctan2(x[:, -1], x[:, 0]) if x.shape[1] > 1 else 4 * x[:, 0]
    if data.classes:
        return Data(data.x[:, :2], (np.sin(turn) > 0).astype(np.int64), 2)
    return data._replace(x=x, y=standardised(np.sin(turn)))


def any_sigmoid(z):
    return ops.sigmoid(z)


def normal(deviation):
    return RandomNormal(0.0, deviation)


def minus(value):
    return Constant(-value)


def two(data, random):
    """The task of whether it is class 0."""
    return Data(data.x, (data.y == 0).astype(np.int64), 2)


LOGITS_LOSS = SparseCategoricalCrossentropy(from_logits=True)
SETUPS = (
    Setup("unscaled inputs", "unscaled-inputs", change=scaled),
    Setup("unscaled targets", "unscaled-targets", "numbers", change=lambda d, r: d._replace(y=d.y * 800 + 4200)),
    Setup("rate x1000, Adam", "rate-too-large", recipe=lambda s: replace(GOOD, rate=5.0)),
    Setup("rate x1000, SGD", "rate-too-large", recipe=lambda s: replace(GOOD, optimizer=SGD, rate=50.0)),
    Setup("rate /1000, Adam", "rate-too-small", recipe=lambda s: replace(GOOD, rate=5e-6)),
    Setup("rate /1000, SGD", "rate-too-small", recipe=lambda s: replace(GOOD, optimizer=SGD, rate=5e-5)),
    Setup("all-zero start", "symmetric-start", recipe=lambda s: replace(GOOD, initializer="zeros")),
    Setup("dead ReLUs", "dead-relus", recipe=lambda s: replace(GOOD, bias=minus(12.0))),
    Setup("squares on class codes", "wrong-loss", "classes",
          lambda s: replace(GOOD, loss="mse", last_activation="linear"), lambda d, r: d._replace(classes=0)),
    Setup("classes for numbers", "wrong-loss", "numbers",
          change=lambda d, r: Data(d.x, np.round(100 * (d.y - d.y.min())).astype(int), int(100 * np.ptp(d.y)) + 2)),
    Setup("sigmoid before a logits loss", "activation-before-logits-loss", "classes",
          lambda s: replace(GOOD, last_activation=any_sigmoid, loss=LOGITS_LOSS), lambda d, r: two(d, r)),
    Setup("softmax twice", "duplicated-softmax", "classes",
          lambda s: replace(GOOD, more=(lambda: Activation("softmax"),))),
    Setup("tanh output for numbers", "unreachable-targets", "numbers", lambda s: replace(GOOD, last_activation="tanh")),
    Setup("shuffled labels", "no-signal", change=shuffled),
    Setup("vanishing sigmoid stack", "vanishing-gradients",
          recipe=lambda s: replace(GOOD, hidden=(16,) * 8, activation="sigmoid", initializer="glorot_uniform")),
    Setup("exploding start", "exploding-gradients",
          recipe=lambda s: replace(GOOD, hidden=(32,) * 5, initializer=normal(1.5))),
    Setup("saturated tanh", "saturated-units",
          recipe=lambda s: replace(GOOD, activation="tanh", initializer=normal(5.0), rate=0.002)),
    Setup("large last layer", "loss-at-start", recipe=lambda s: replace(GOOD, last_initializer=normal(3.0))),
    Setup("constant feature", "constant-feature", change=constant),
    Setup("leak", "leak", change=leaked),
    Setup("imbalance ignored", "imbalance-ignored", "classes", lambda s: replace(GOOD, epochs=15), rare),
    Setup("too small", "underfitting", "classes",
          lambda s: replace(GOOD, hidden=(1,), activation="tanh", initializer="glorot_uniform", rate=0.02), curved),
    Setup("too large", "overfitting", recipe=lambda s: replace(GOOD, hidden=(256, 256), epochs=200, validation=0.3),
          change=noisy_copy),
    Setup("batch of 1, large rate", "noisy-batches",
          recipe=lambda s: replace(GOOD, batch=1, rate=0.1, epochs=10)),
    Setup("2 epochs", "too-few-epochs", recipe=lambda s: replace(GOOD, optimizer=SGD, rate=0.02, epochs=2)),
    Setup("unscaled inputs, untrained", "unscaled-inputs", change=scaled, trained=False),
    Setup("all-zero start, untrained", "symmetric-start", recipe=lambda s: replace(GOOD, initializer="zeros"),
          trained=False),
    Setup("rate x1000, untrained", "rate-too-large", recipe=lambda s: replace(GOOD, rate=5.0), trained=False),
)  # fmt: skip
