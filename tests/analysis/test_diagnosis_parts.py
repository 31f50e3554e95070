"""The parts of diagnose: simple learners, probes, what a layer squashes, the order of checks."""

import numpy as np
import pytest

from chainrule import Sequential, ops
from chainrule.analysis import diagnose
from chainrule.analysis.diagnosis.checks import CHECKS
from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.analysis.diagnosis.probe import draw_again, peak_rate
from chainrule.analysis.diagnosis.reference import reference
from chainrule.analysis.diagnosis.task import squashing
from chainrule.layers import Activation, Dense, Normalization
from chainrule.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from chainrule.optimizers import SGD, Adam
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


def trained(*layers, loss, y, optimizer="adam", **options):
    model = Sequential([*layers], seed=0)
    model.compile(optimizer, loss)
    model.fit(X, y, verbose=0, **options)
    return model


SIGN = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize(
    ("layers", "loss"),
    [
        ([Dense(1)], BinaryCrossentropy(from_logits=True)),
        ([Dense(1, activation="sigmoid")], "binary_crossentropy"),
        ([Dense(2)], SparseCategoricalCrossentropy(from_logits=True)),
        ([Dense(2, activation="softmax")], "sparse_categorical_crossentropy"),
    ],
)
def test_outputs_as_probabilities(layers, loss):
    model = trained(*layers, loss=loss, y=SIGN, epochs=2)
    z = np.asarray(model.predict(X), np.float64)
    if len(layers[0].activation.name) > 6:  # a sigmoid or softmax
        expected = z[:, -1]
    else:
        expected = 1 / (1 + np.exp(-(z[:, -1] - (z[:, 0] if z.shape[1] == 2 else 0))))
    evidence = Evidence(model, X, SIGN)
    np.testing.assert_allclose(evidence.probabilities, np.stack([1 - expected, expected], axis=1), atol=1e-6)


def rare_class(shift):
    """The first 40 of 800 rows are class 1, and ``shift`` deviations away in both features."""
    y = (np.arange(800) < 40).astype(int)
    x = generator(1, "check").normal(size=(800, 2))
    x += shift * y[:, None]
    return x, y


def with_rare_class(shift, **options):
    x, y = rare_class(shift)
    model = Sequential([Dense(8, activation="relu"), Dense(2, activation="softmax")], seed=0)
    model.compile(Adam(0.01), "sparse_categorical_crossentropy")
    model.fit(x, y, epochs=30, verbose=0, **options)
    return diagnose(model, x, y)


def test_a_rare_class_that_is_answered_by_its_frequency():
    (finding,) = with_rare_class(1.3).findings
    assert (finding.name, finding.where) == ("imbalance-ignored", "class 1")
    numbers = finding.evidence
    assert numbers["share"] == 0.05
    assert numbers["recognised"] < 0.5 < numbers["weighed"]
    assert numbers["balanced_accuracy_weighed"] > numbers["balanced_accuracy"] + 0.05


def test_a_rare_class_that_is_far_away_or_weighed_is_no_finding():
    assert with_rare_class(3.5).names == ()
    assert with_rare_class(1.3, class_weight="balanced").names == ()


@pytest.mark.parametrize("epochs", [1, 3])
def test_training_that_ends_while_the_loss_falls(epochs):
    y = X @ [1.0, -1.0, 0.5]

    def network(epochs):
        return trained(Dense(16, activation="tanh"), Dense(1), loss="mse", y=y, optimizer=SGD(0.003), epochs=epochs)

    model = network(epochs)
    (finding,) = diagnose(model, X, y).findings
    assert (finding.name, finding.where) == ("too-few-epochs", f"epochs={epochs}")
    assert finding.evidence["after"] < 0.85 * finding.evidence["reached"]
    assert 0.25 <= finding.evidence["late_share"] <= 1
    assert diagnose(network(60), X, y).names == ()


def test_one_good_epoch_among_noisy_ones_does_not_hide_the_noise():
    y = np.sin(2 * X[:, 0])
    model = trained(
        Dense(16, activation="relu"), Dense(1), loss="mse", y=y, optimizer=Adam(0.1), epochs=6, batch_size=1
    )
    losses = model.history.history["loss"]
    losses[-1] = 0.01 * losses[-1]
    evidence = Evidence(model, X, y)
    assert evidence.reached < 0.05
    assert evidence.around > 0.2
    assert "noisy-batches" in diagnose(model, X, y).names
