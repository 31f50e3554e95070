"""The moving average of the weights: what it is step by step, and when it takes their place."""

import copy

import numpy as np
import pytest

from chainrule import Sequential, callbacks
from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, StateError
from chainrule.layers import Dense
from chainrule.optimizers import SGD, Adam

X = np.random.default_rng(0).normal(size=(40, 3))
Y = X @ [[1.0], [-2.0], [0.5]]


def model(engine="auto", **options):
    made = Sequential([Dense(1)], dtype="float64", seed=1)
    made.compile(SGD(0.05, **options), "mse", engine=engine)
    return made


def steps(variable, optimizer, *gradients):
    for gradient in gradients:
        optimizer.apply_gradients([(np.array([gradient]), variable)])
    return float(variable.numpy()[0])


def test_worked_by_hand():
    w, optimizer = Variable([1.0], dtype="float64"), SGD(1.0, use_ema=True, ema_momentum=0.75)
    assert steps(w, optimizer, -1.0) == 2.0  # the average starts from here: Keras's momentum of the first step is 0
    assert steps(w, optimizer, -4.0) == 6.0  # the average is 0.75 * 2 + 0.25 * 6
    optimizer.finalize_variable_values([w])
    assert float(w.numpy()[0]) == 3.0
    assert steps(w, optimizer, 1.0) == 2.0  # and training goes on from it


def test_overwritten_every_so_many_steps():
    w = Variable([0.0], dtype="float64")
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    assert steps(w, optimizer, -2.0) == 2.0
    assert steps(w, optimizer, -2.0) == 3.0  # (2 + 4) / 2
    assert steps(w, optimizer, -2.0) == 5.0
    assert steps(w, optimizer, -2.0) == 5.5  # of 7, and the average of 3 and 5


def test_a_variable_that_joins_later_starts_its_average_from_its_values():
    first, second = Variable([0.0], name="first"), Variable([8.0], name="second")
    optimizer = SGD(1.0, use_ema=True, ema_momentum=0.5)
    steps(first, optimizer, 1.0)
    steps(second, optimizer, 4.0)
    optimizer.finalize_variable_values([second])
    assert float(second.numpy()[0]) == 6.0


def test_without_it_nothing_is_kept_and_finalizing_changes_nothing():
    w, optimizer = Variable([1.0]), SGD(1.0, ema_momentum=0.5)
    steps(w, optimizer, 1.0)
    optimizer.finalize_variable_values([w])
    assert (optimizer.slots, float(w.numpy()[0])) == ((), 0.0)


def test_no_average_of_a_variable_that_was_never_moved():
    known, other = Variable([1.0], name="known"), Variable([1.0], name="other")
    optimizer = Adam(0.5, use_ema=True)
    steps(known, optimizer, 1.0, -3.0)
    before = known.numpy()
    with pytest.raises(StateError, match=r"Adam has no average of variable 'other', which it has never moved"):
        optimizer.finalize_variable_values([known, other])
    np.testing.assert_array_equal(known.numpy(), before)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"ema_momentum": 1.5}, r"SGD: ema_momentum must be a number in \[0, 1\], got 1.5; a usual value is 0.99"),
        ({"ema_momentum": -0.1}, "SGD: ema_momentum must be"),
        ({"ema_overwrite_frequency": 0}, "SGD: ema_overwrite_frequency must be an integer >= 1, got 0"),
        ({"ema_overwrite_frequency": 2.5}, "SGD: ema_overwrite_frequency must be an integer >= 1, got 2.5"),
    ],
)
def test_arguments_out_of_range(options, message):
    with pytest.raises(ArgumentError, match=message):
        SGD(use_ema=True, **options)


@pytest.mark.parametrize("engine", ["python", "auto"])
def test_fit_leaves_the_average_of_the_weights_of_all_steps(engine):
    followed, seen = model(engine), []
    followed.fit(
        X,
        Y,
        epochs=3,
        verbose=0,
        callbacks=callbacks.LambdaCallback(on_train_batch_end=lambda *_: seen.append(followed.get_weights()[0])),
    )
    average = seen[0]
    for weights in seen[1:]:
        average = 0.9 * average + 0.1 * weights
    averaged = model(engine, use_ema=True, ema_momentum=0.9)
    history = averaged.fit(X, Y, epochs=3, verbose=0)
    np.testing.assert_allclose(averaged.get_weights()[0], average, rtol=1e-12)
    assert history.history["loss"] == pytest.approx(followed.history.history["loss"])


def test_an_early_stop_that_restores_weights_has_the_last_word():
    trained = model(use_ema=True)
    best = callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)
    kept = []
    last = callbacks.LambdaCallback(on_epoch_end=lambda *_: kept.append(trained.get_weights()[0]))
    trained.fit(X, Y, epochs=3, verbose=0, callbacks=[last, best])
    np.testing.assert_array_equal(trained.get_weights()[0], kept[-1])


def test_an_interrupted_fit_leaves_the_average_too():
    def interrupt(epoch, logs):
        raise KeyboardInterrupt

    trained = model(use_ema=True)
    with pytest.raises(KeyboardInterrupt):
        trained.fit(X, Y, epochs=3, verbose=0, callbacks=callbacks.LambdaCallback(on_epoch_end=interrupt))
    np.testing.assert_array_equal(trained.parameters.values, trained._position.slots["average"])


def test_steps_by_hand_are_finalized_by_hand_also_on_a_copy():
    trained = model(use_ema=True, ema_momentum=0.5)
    trained.train_on_batch(X, Y)
    other = copy.deepcopy(trained)
    for each in (trained, other):
        first = each.parameters.values.copy()
        each.train_on_batch(X, Y)
        second = each.parameters.values.copy()
        each.optimizer.finalize_variable_values(each.trainable_variables)
        np.testing.assert_allclose(each.parameters.values, (first + second) / 2, rtol=1e-15)
