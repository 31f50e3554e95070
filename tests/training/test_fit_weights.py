"""fit with weights of rows and classes."""

import numpy as np
import pytest

from chainrule import losses
from chainrule.errors import ArgumentError, DataError
from chainrule.layers import Dense
from chainrule.optimizers import SGD
from chainrule.random import generator
from chainrule.training import batches
from tests.training.networks import CODES, ROUNDING, X, Y, network, same


def test_whole_weights_are_repeated_rows():
    """With the weighted mean, and the whole set as one batch."""
    counts = generator(1, "check").integers(0, 4, 50)
    loss = losses.MeanSquaredError(reduction="mean_with_sample_weight")
    weighted, repeated = network(loss=loss), network(loss=loss)
    a = weighted.fit(X, Y, sample_weight=counts, batch_size=50, epochs=5, shuffle=False, verbose=0)
    rows = np.repeat(np.arange(50), counts)
    b = repeated.fit(X[rows], Y[rows], batch_size=len(rows), epochs=5, shuffle=False, verbose=0)
    np.testing.assert_allclose(a.history["loss"], b.history["loss"], rtol=1e-9)  # five steps of Adam apart
    np.testing.assert_allclose(weighted.predict(X), repeated.predict(X), rtol=1e-7)


def test_rows_of_weight_0_teach_nothing():
    weights = (np.arange(50) < 30).astype(float)
    poisoned = np.where(weights > 0, Y, 1e6)
    a, b = network(), network()
    a.fit(X, Y, sample_weight=weights, batch_size=10, epochs=3, verbose=0)
    b.fit(X, poisoned, sample_weight=weights, batch_size=10, epochs=3, verbose=0)
    assert same(a, b)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean_with_sample_weight"])
def test_a_batch_of_only_zero_weights_is_no_divergence(reduction):
    model = network(loss=losses.MeanSquaredError(reduction=reduction))
    weights = np.zeros(50)
    weights[7] = 1
    history = model.fit(X, Y, sample_weight=weights, batch_size=1, epochs=2, verbose=0)
    assert history.stopped_by == "all epochs done"


def test_class_weights_are_sample_weights():
    per_class = {0: 0.5, 1: 2.0, 2: 0.0}
    by_row = np.array([per_class[c] for c in CODES])
    extra = generator(1, "check").uniform(0.5, 2, 50)

    def trained(**weights):
        model = network(Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy")
        model.fit(X, CODES, epochs=3, batch_size=8, verbose=0, **weights)
        return model

    assert same(trained(class_weight=per_class), trained(sample_weight=by_row))
    assert same(trained(class_weight=per_class, sample_weight=extra), trained(sample_weight=by_row * extra))
    counts = np.bincount(CODES)
    balanced = {c: 50 / (3 * counts[c]) for c in range(3)}
    assert same(trained(class_weight="balanced"), trained(class_weight=balanced))
    one_hot = network(Dense(3, activation="softmax"), loss="categorical_crossentropy")
    one_hot.fit(X, np.eye(3)[CODES], epochs=3, batch_size=8, verbose=0, class_weight=per_class)
    np.testing.assert_allclose(one_hot.predict(X), trained(class_weight=per_class).predict(X), rtol=ROUNDING)


def test_balanced_is_scikit_learns():
    from sklearn.utils.class_weight import compute_sample_weight

    np.testing.assert_allclose(
        batches.apply_class_weight(CODES, None, "balanced"), compute_sample_weight("balanced", CODES)
    )


@pytest.mark.parametrize("given_split", [True, False])
def test_class_weights_leave_the_validation_loss_alone(given_split):
    """As in Keras, and for both kinds of validation alike."""

    def history(**options):
        model = network(Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy", optimizer=SGD(1e-300))
        validation = {"validation_split": 0.3} if given_split else {"validation_data": (X[:20], CODES[:20])}
        return model.fit(X, CODES, verbose=0, **validation, **options).history

    plain, weighted = history(), history(class_weight={0: 5.0, 1: 1.0, 2: 1.0})
    assert plain["val_loss"] == weighted["val_loss"]
    assert plain["loss"] != weighted["loss"]


@pytest.mark.parametrize(
    ("class_weight", "error", "message"),
    [
        ({0: 1.0, 1: 1.0}, DataError, "class_weight has no weight for class 2; it needs one for every class"),
        ({0: 1.0, 1: 1.0, 2: -1.0}, ArgumentError, "class_weight expects weights >= 0, got -1.0 for class 2"),
        ({0: 1.0, 1: float("nan"), 2: 1.0}, ArgumentError, "class_weight expects weights >= 0, got nan for class 1"),
        ({0: "1", 1: 1.0, 2: 1.0}, ArgumentError, "class_weight expects weights >= 0, got '1' for class 0"),
        ("balance", ArgumentError, "class_weight must be a dict or 'balanced', got 'balance'"),
        ([1, 2, 3], ArgumentError, "class_weight must be a dict from class to weight or 'balanced', got [1, 2, 3]"),
    ],
)
def test_bad_class_weights(class_weight, error, message):
    model = network(Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy")
    with pytest.raises(error) as raised:
        model.fit(X, CODES, class_weight=class_weight, verbose=0)
    assert str(raised.value) == message
