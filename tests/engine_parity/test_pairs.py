"""Combinations of options: every pair of values at least once, and with --all every combination of all of them."""

import itertools

import numpy as np
import pytest

from chainrule import activations, losses
from chainrule.layers import Activation, BatchNormalization, Dense, Dropout, LayerNormalization, Normalization
from chainrule.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop
from tests.engine_parity.compare import (
    BITS,
    CODES,
    COUNTS,
    DTYPES,
    NUMBERS,
    ONE_HOT,
    SIGNS,
    WEIGHTS,
    X,
    check_parity,
    needs_native,
)

pytestmark = needs_native

# What stands between the first layer and its activation; layers before a normalisation have no bias (see test_layers).
BETWEEN = {
    "nothing": (True, lambda: []),
    "no bias": (False, lambda: []),
    "dropout": (True, lambda: [Dropout(0.2)]),
    "batch": (False, lambda: [BatchNormalization()]),
    "batch, dropout": (False, lambda: [BatchNormalization(), Dropout(0.1)]),
    "layer": (False, lambda: [LayerNormalization()]),
    "given": (True, lambda: [Normalization(mean=np.linspace(-1, 1, 8), variance=np.linspace(0.5, 2, 8))]),
    "two layers": (True, lambda: [Dense(8, activation="tanh", kernel_regularizer="l2")]),
}
LOSSES = {
    "squared": ("mse", NUMBERS, None),
    "absolute": ("mae", NUMBERS, None),
    "huber": (losses.Huber(0.7), NUMBERS, None),
    "hinge": ("hinge", SIGNS, "tanh"),
    "poisson": ("poisson", COUNTS, "softplus"),
    "quantile": (losses.Quantile(0.3), NUMBERS, None),
    "binary": ("binary_crossentropy", BITS, "sigmoid"),
    "binary, logits": (losses.BinaryCrossentropy(from_logits=True, label_smoothing=0.1), BITS, None),
    "categorical": (losses.CategoricalCrossentropy(label_smoothing=0.1), ONE_HOT, "softmax"),
    "categorical, logits": (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT, None),
    "sparse": ("sparse_categorical_crossentropy", CODES, "softmax"),
    "sparse, sum": (losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"), CODES, None),
    "weighted mean": (losses.MeanSquaredError(reduction="mean_with_sample_weight"), NUMBERS, None),
}
# Rates are small and epsilons large, so that 25 steps of any combination stay well-conditioned.
RULES = {
    "sgd": lambda **clip: SGD(0.01, **clip),
    "momentum": lambda **clip: SGD(0.01, momentum=0.5, **clip),
    "nesterov": lambda **clip: SGD(0.01, momentum=0.5, nesterov=True, **clip),
    "adam": lambda **clip: Adam(0.003, epsilon=1e-3, **clip),
    "amsgrad": lambda **clip: Adam(0.003, epsilon=1e-3, amsgrad=True, **clip),
    "adamw": lambda **clip: AdamW(0.003, epsilon=1e-3, weight_decay=0.1, **clip),
    "adadelta": lambda **clip: Adadelta(0.5, epsilon=1e-4, **clip),
    "adagrad": lambda **clip: Adagrad(0.02, **clip),
    "rmsprop": lambda **clip: RMSprop(0.002, epsilon=1e-3, weight_decay=0.1, **clip),
    "rmsprop, momentum": lambda **clip: RMSprop(0.002, epsilon=1e-3, momentum=0.5, **clip),
    "rmsprop, centred": lambda **clip: RMSprop(0.002, epsilon=1e-2, centered=True, **clip),
    "rmsprop, both": lambda **clip: RMSprop(0.002, epsilon=1e-2, centered=True, momentum=0.5, **clip),
}
CLIPPINGS = {"none": {}, "value": {"clipvalue": 0.05}, "norm": {"clipnorm": 0.2}, "global": {"global_clipnorm": 0.3}}
OPTIONS = {
    "between": tuple(BETWEEN),
    "activation": tuple(activations.TABLE),
    "loss": tuple(LOSSES),
    "rule": tuple(RULES),
    "clipping": tuple(CLIPPINGS),
    "batch_size": (1, 16, 40),
    "weighted": (False, True),
    "dtype": DTYPES,
}


def pairs_of(case):
    return {(a, b) for a, b in itertools.combinations(sorted(case.items()), 2)}


def covering_cases(options, seed=0, tries=30):
    """Return cases in which every two values of two options meet: greedily, the best of some random candidates."""
    random = np.random.default_rng(seed)
    names = sorted(options)
    missing = {((a, x), (b, y)) for a, b in itertools.combinations(names, 2) for x in options[a] for y in options[b]}
    ordered = sorted(missing, key=repr)
    cases = []
    while missing:
        ordered = [pair for pair in ordered if pair in missing]
        best = None
        for _ in range(tries):
            case = {name: options[name][random.integers(len(options[name]))] for name in names}
            case |= dict(ordered[random.integers(len(ordered))])
            new = len(pairs_of(case) & missing)
            if best is None or new > best[0]:
                best = (new, case)
        missing -= pairs_of(best[1])
        cases.append(best[1])
    return cases


CASES = covering_cases(OPTIONS)


def parity_of(case, steps):
    bias, between = BETWEEN[case["between"]]
    loss, y, last = LOSSES[case["loss"]]
    units = y.shape[1] if y.ndim == 2 else 3
    scale = 0.1 if case["loss"] == "sparse, sum" else 1.0  # its gradient is a sum over the batch

    def layers():
        first, activation = Dense(8, use_bias=bias), Activation(case["activation"])
        return [first, *between(), activation, Dense(units, activation=last)]

    def optimizer():
        made = RULES[case["rule"]](**CLIPPINGS[case["clipping"]])
        made.learning_rate = made.learning_rate * scale
        return made

    check_parity(
        layers,
        X,
        y,
        loss,
        optimizer,
        dtype=case["dtype"],
        batch_size=case["batch_size"],
        steps=steps,
        sample_weight=WEIGHTS if case["weighted"] else None,
    )


def test_the_cases_cover_every_pair():
    wanted = sum(len(a) * len(b) for a, b in itertools.combinations(OPTIONS.values(), 2))
    assert len(set().union(*map(pairs_of, CASES))) == wanted
    assert len(CASES) < 400


@pytest.mark.parametrize("case", CASES, ids=lambda case: "-".join(map(str, case.values())))
def test_pair(case):
    parity_of(case, steps=25)


@pytest.mark.product
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", OPTIONS["activation"])
@pytest.mark.parametrize("between", OPTIONS["between"])
def test_product(between, activation, dtype):
    rest = [name for name in OPTIONS if name not in ("between", "activation", "dtype", "batch_size", "weighted")]
    for number, values in enumerate(itertools.product(*(OPTIONS[name] for name in rest))):
        case = dict(zip(rest, values, strict=True)) | {"between": between, "activation": activation, "dtype": dtype}
        parity_of(case | {"batch_size": (1, 16, 40)[number % 3], "weighted": number % 2 == 0}, steps=6)
