"""The parts of diagnose: simple learners, probes, what a layer squashes, the order of checks."""

import numpy as np
import pytest

from chainrule import Sequential, ops
from chainrule.analysis.diagnosis.checks import CHECKS
from chainrule.analysis.diagnosis.probe import draw_again, peak_rate
from chainrule.analysis.diagnosis.reference import reference
from chainrule.analysis.diagnosis.task import squashing
from chainrule.layers import Activation, Dense, Normalization
from chainrule.optimizers.schedules import CosineDecay
from chainrule.random import generator

RANDOM = generator(3, "check")
X = RANDOM.normal(size=(300, 3))


def test_noise_is_told_from_signal():
    for seed in range(20):
        noise = generator(seed, "sample").normal(size=(300, 1))
        assert reference(X, noise, classes=False).evidence < 3
        codes = np.eye(3)[generator(seed, "sample").integers(0, 3, 300)]
        assert reference(X, codes, classes=True).evidence < 3


def test_what_simple_learners_find():
    line = reference(X, X @ [[1.0], [2.0], [0.0]], classes=False)
    assert line.skill > 0.99  # ridge regression
    corner = reference(X, np.eye(2)[(X[:, 0] * X[:, 1] > 0).astype(int)], classes=True)
    assert corner.skill > 0.6  # neighbours: no line can
    assert min(line.evidence, corner.evidence) > 10


def test_ridge_answers_each_row_without_that_row():
    """On as many columns as rows it would know all of them by heart."""
    wide = RANDOM.normal(size=(60, 60))
    assert reference(wide, RANDOM.normal(size=(60, 1)), classes=False).skill < 0.1


def test_constant_columns_and_few_rows():
    assert reference(np.ones((50, 2)), X[:50, :1], classes=False).skill == 0
    assert reference(X[:5], X[:5, :1], classes=False).evidence == 0


@pytest.mark.parametrize(
    ("layer", "kind"),
    [
        (Dense(3, activation="softmax"), "softmax"),
        (Dense(1, activation="sigmoid"), "sigmoid"),
        (Activation(lambda z: ops.sigmoid(z)), "sigmoid"),
        (Activation(lambda z: ops.softmax(z)), "softmax"),
        (Dense(1, activation="tanh"), ""),
        (Dense(1), ""),
        (Normalization(), ""),
    ],
)
def test_what_squashes(layer, kind):
    assert squashing(layer) == kind


def test_the_highest_rate_of_a_schedule():
    assert peak_rate(CosineDecay(0.0, 100, warmup_target=0.5, warmup_steps=10), 110) == pytest.approx(0.5)


def test_weights_are_drawn_as_they_were():
    model = Sequential([Normalization(), Dense(4, activation="relu"), Dense(1)], seed=5)
    model.layers[0].adapt(X)
    model.compile("adam", "mse")
    model.ensure_built(X)
    before = model.get_weights()
    model.fit(X, X[:, 0], epochs=2, verbose=0)
    assert not np.array_equal(model.layers[1].kernel.numpy(), before[2])
    draw_again(model)
    for now, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_what_explains_comes_before_what_it_explains():
    places = {check.name: place for place, check in enumerate(CHECKS)}
    assert len(places) == len(CHECKS)
    for check in CHECKS:
        assert set(check.explains) <= places.keys()
        late = {"loss-at-start", "saturated-units", "dead-relus"}  # of which some are also told apart
        assert all(places[name] > places[check.name] for name in set(check.explains) - late)
