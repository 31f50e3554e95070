"""The lecture's figures on training in practice: learning rates, optimisers, mini-batches, overfitting."""

import numpy as np
import pytest

import chainrule
from chainrule import GradientTape, Sequential
from chainrule.layers import Dense, Dropout, Input
from chainrule.losses import BinaryCrossentropy
from chainrule.optimizers import OPTIMIZERS, SGD, Adam
from chainrule.regularizers import L2
from chainrule.tables import samples
from chainrule.training import EarlyStopping

CURVE = samples.loss_curve()


# Learning rates on a curve with a false minimum.
def descend(rate, start=CURVE.initial_guess):
    return chainrule.gradient_descent(CURVE.loss, np.float64(start), rate)


def test_small_rate_gets_stuck_in_the_false_minimum():
    result = descend(CURVE.small_rate)
    assert result.converged
    assert result.weights == pytest.approx(CURVE.false_minimum, abs=1e-5)


def test_smaller_rates_converge_more_slowly():
    assert descend(CURVE.small_rate / 10).steps > 5 * descend(CURVE.small_rate).steps


def test_stable_rate_passes_the_false_minimum():
    result = descend(CURVE.stable_rate)
    assert result.converged
    assert result.weights == pytest.approx(CURVE.true_minimum, abs=1e-5)
    assert result.loss < CURVE.loss(CURVE.false_minimum)


def test_large_rate_overshoots_and_diverges():
    result = descend(CURVE.large_rate)
    assert result.rule == "not finite"
    assert not result.converged
    assert result.losses[-1] > 1e6 > 1e3 * result.losses[0]


@pytest.mark.parametrize("seed", range(5))
def test_random_starts_end_in_one_of_the_two_minima(seed):
    start = np.random.default_rng(seed).normal(0, 1)
    result = descend(CURVE.small_rate, start)
    goal = CURVE.true_minimum if start > 0 else CURVE.false_minimum  # the hill between them is at 0
    assert result.weights == pytest.approx(goal, abs=1e-5)


# Any optimiser can replace any other, in fit and in one loop: the programs' tests have the loop.
@pytest.mark.parametrize("name", ["sgd", "adam", "adadelta", "adagrad", "rmsprop"])
def test_any_optimizer_replaces_any_other(name):
    sample = samples.gaussians(rows=200, seed=0)
    model = Sequential([Dense(4, activation="relu"), Dense(1, activation="sigmoid")], seed=0)
    model.compile(OPTIMIZERS[name](), "binary_crossentropy")
    losses = model.fit(sample.X, sample.y, epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


# Mini-batches.
def test_batches_estimate_the_gradient_better_the_larger_they_are():
    sample = samples.gaussians(rows=400, seed=0)
    model = Sequential([Input((2,)), Dense(4, activation="tanh"), Dense(1, activation="sigmoid")], seed=0)

    def gradient(rows):
        with GradientTape() as tape:
            loss = BinaryCrossentropy()(sample.y[rows], model(sample.X[rows]))
        return np.concatenate([g.numpy().ravel() for g in tape.gradient(loss, model.trainable_variables)])

    full = gradient(np.arange(400))
    random = np.random.default_rng(0)

    def mean_angle_and_error(size):
        estimates = np.array([gradient(random.choice(400, size, replace=False)) for _ in range(100)])
        cosine = estimates @ full / (np.linalg.norm(estimates, axis=1) * np.linalg.norm(full))
        return np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean(), np.mean((estimates - full) ** 2)

    angles, errors = zip(*[mean_angle_and_error(size) for size in (1, 10, 100)], strict=True)
    assert angles[0] > 1.5 * angles[1] > 2.25 * angles[2]
    assert errors[0] > 5 * errors[1] > 25 * errors[2]  # variance falls as 1/B, and faster where B nears n


def test_batch_gradient_is_the_mean_of_its_examples_gradients():
    sample = samples.gaussians(rows=8, seed=0)
    weights = [np.array([[0.3], [-0.2]]), np.array([0.1])]

    def step(x, y):
        model = Sequential([Input((2,)), Dense(1, activation="sigmoid")], dtype="float64")
        model.set_weights(weights)
        model.compile(SGD(1.0), "binary_crossentropy")
        model.train_on_batch(x, y)
        return np.concatenate([(before - w).ravel() for before, w in zip(weights, model.get_weights(), strict=True)])

    single = [step(sample.X[i : i + 1], sample.y[i : i + 1]) for i in range(8)]
    np.testing.assert_allclose(step(sample.X, sample.y), np.mean(single, axis=0), rtol=1e-12)


# Overfitting: 80 noisy points of two circles, and 500 others as the unseen data.
TRAIN = samples.circles(rows=80, noise=0.2, seed=0)
TEST = samples.circles(rows=500, noise=0.2, seed=1)


def train(hidden, epochs, callbacks=(), **options):
    layers = [Dense(n, activation="relu", **options) for n in hidden]
    model = Sequential([Input((2,)), *layers, Dense(1, activation="sigmoid")], seed=0)
    model.compile(Adam(0.02), "binary_crossentropy")
    history = model.fit(
        TRAIN.X,
        TRAIN.y,
        batch_size=80,
        epochs=epochs,
        verbose=0,
        validation_data=(TEST.X, TEST.y),
        callbacks=list(callbacks),
    )
    return model, history


def test_underfitting_ideal_fit_and_overfitting():
    ends = []
    for hidden, epochs in (([], 200), ([8], 200), ([64, 64], 200)):
        history = train(hidden, epochs)[1].history
        ends.append((history["loss"][-1], history["val_loss"][-1]))
    (under, under_test), (ideal, ideal_test), (over, over_test) = ends
    assert under > ideal > over
    assert ideal_test < 0.8 * under_test
    assert ideal_test < 0.8 * over_test
    assert under_test < 1.2 * under  # too simple: as bad on both
    assert over_test > 10 * over  # too complex: does not generalise


def test_early_stopping_keeps_the_weights_of_the_minimum():
    curve = train([64, 64], 100)[1].history["val_loss"]
    turn = int(np.argmin(curve))
    assert curve[0] > 1.2 * curve[turn]  # it follows first
    assert curve[-1] > 1.2 * curve[turn]  # then it turns up

    model, history = train([64, 64], 100, [EarlyStopping(patience=10, restore_best_weights=True)])
    assert len(history.epoch) == turn + 1 + 10
    assert history.weights_epoch == history.best_epoch == turn
    assert history.stopped_by.startswith("early stopping")
    assert model.evaluate(TEST.X, TEST.y) == pytest.approx(curve[turn], rel=1e-6)


def test_regularisation_constrains_the_weights():
    def size(model):
        return float(np.linalg.norm(model.layers[0].kernel.numpy()))

    free, held = train([64], 100)[0], train([64], 100, kernel_regularizer=L2(0.1))[0]
    assert size(held) < 0.8 * size(free)


def test_dropout_sets_half_of_the_activations_to_0():
    dropout = Dropout(0.5, seed=0)
    x = np.ones((200, 100), np.float32)
    first, second = (dropout(x, training=True).numpy() for _ in range(2))
    assert np.mean(first == 0) == pytest.approx(0.5, abs=0.02)  # five standard deviations
    assert first.mean() == pytest.approx(1.0, abs=0.04)  # the others are doubled
    assert np.mean((first == 0) & (second == 0)) == pytest.approx(0.25, abs=0.02)  # other nodes in each pass
    np.testing.assert_array_equal(dropout(x).numpy(), x)


def test_dropout_acts_in_training_only():
    model = Sequential([Input((2,)), Dense(32, activation="relu"), Dropout(0.5), Dense(1)], seed=0)
    assert np.array_equal(model.predict(TEST.X), model.predict(TEST.X))
    assert not np.array_equal(model(TEST.X, training=True).numpy(), model(TEST.X, training=True).numpy())
