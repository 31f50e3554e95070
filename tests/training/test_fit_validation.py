"""fit with a share held out, or with data to validate on."""

import numpy as np

from chainrule import Sequential, losses
from chainrule.layers import Dense, Input
from chainrule.optimizers import SGD
from chainrule.random import generator
from tests.training.networks import ROUNDING, X, Y, network, noisy, same, still


def test_validation_split_is_shuffled_stratified_and_seeded():
    seen = []

    class Spy(losses.SparseCategoricalCrossentropy):
        def check_targets(self, y, output_shape):
            return super().check_targets(y, output_shape)

    codes = np.array([0] * 40 + [1] * 10)
    x = np.arange(50.0)[:, None]
    for seed in (0, 0, 1):
        model = Sequential([Input((1,)), Dense(2, activation="softmax")], seed=seed)
        model.compile(SGD(1e-30), Spy())
        rows, held = model._split(model._rows(x, codes, None, "fit")[1], 0.2)
        seen.append(held.x[:, 0])
        assert (len(rows), len(held)) == (40, 10)
        assert sorted(np.bincount(held.y).tolist()) == [2, 8]  # the share of each class
        assert not set(held.x[:, 0]) & set(rows.x[:, 0])
    np.testing.assert_array_equal(seen[0], seen[1])
    assert set(seen[0]) != set(seen[2])
    assert set(seen[0]) != set(range(40, 50))  # not the last rows


def test_validation_split_keeps_weights_with_their_rows():
    weights = generator(1, "check").uniform(0, 3, 50)
    model = still()
    _, held = model._split(model._rows(X, Y, weights, "fit")[1], 0.3)
    history = still().fit(X, Y, sample_weight=weights, validation_split=0.3, verbose=0)
    values = (model.predict(held.x)[:, 0] - held.y[:, 0]) ** 2
    np.testing.assert_allclose(history.history["val_loss"], [np.mean(values * held.weight)], rtol=ROUNDING)


def test_validation_data_with_weights():
    weights = generator(1, "check").uniform(0, 3, 20)
    model = still(metrics=["mae"], weighted_metrics=["mae"])
    history = model.fit(X, Y, validation_data=(X[:20], Y[:20], weights), verbose=0)
    errors = model.predict(X[:20])[:, 0] - Y[:20]
    np.testing.assert_allclose(history.history["val_loss"], [np.mean(errors**2 * weights)], rtol=ROUNDING)
    expected = np.sum(np.abs(errors) * weights) / weights.sum()
    np.testing.assert_allclose(history.history["val_weighted_mae"], [expected], rtol=ROUNDING)
    np.testing.assert_allclose(history.history["val_mae"], [np.abs(errors).mean()], rtol=ROUNDING)


def test_validation_is_after_the_epoch_and_moves_nothing():
    model = noisy()
    history = model.fit(X, Y, validation_data=(X, Y), epochs=2, verbose=0)
    assert history.history["val_loss"][-1] == model.evaluate(X, Y)
    other = noisy()
    other.fit(X, Y, epochs=2, verbose=0)
    assert same(model, other)


def test_a_validation_that_overflows_shows_in_its_loss():
    history = network(dtype="float32").fit(X, Y, validation_data=(X, 1e25 * Y), verbose=0)
    assert history.history["val_loss"] == [np.inf]


def test_validation_freq_and_batch_size():
    history = network().fit(
        X, Y, validation_data=(X, Y), validation_freq=2, validation_batch_size=7, epochs=5, verbose=0
    )
    missing = np.isnan(history.history["val_loss"]).tolist()
    assert missing == [True, False, True, False, True]
    assert history.best_epoch in (1, 3)
