"""fit's batches and their order, seeds, and going on: several fits are one, and a loop by hand is the same."""

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, losses
from chainrule.errors import ArgumentError
from chainrule.layers import Dense, Input, Layer
from chainrule.optimizers import SGD, Adam
from tests.training.networks import CODES, X, Y, network, noisy, same


def test_orders():
    seen = []

    class Spy(Layer):
        def call(self, inputs, training=False):
            if training:
                seen.append(inputs.numpy()[:, 0].tolist())
            return inputs

    def epochs(n, shuffle, batch_size, seed=0):
        seen.clear()
        model = Sequential([Input((1,)), Spy(), Dense(1)], dtype="float64", seed=seed)
        model.compile("sgd", "mse")
        rows = np.arange(7.0)[:, None]
        model.fit(rows, rows, epochs=n, shuffle=shuffle, batch_size=batch_size, verbose=0)
        return [list(batch) for batch in seen]

    assert epochs(2, False, 3) == [[0, 1, 2], [3, 4, 5], [6]] * 2
    assert epochs(1, False, 1) == [[i] for i in range(7)]
    assert epochs(1, False, 7) == [list(range(7))]
    shuffled = epochs(2, True, 3)
    first, second = ([row for batch in part for row in batch] for part in (shuffled[:3], shuffled[3:]))
    assert [len(batch) for batch in shuffled] == [3, 3, 1] * 2
    assert sorted(first) == sorted(second) == list(range(7))
    assert first != second != list(range(7))
    assert epochs(2, True, 3) == shuffled
    assert epochs(2, True, 3, seed=1) != shuffled


def test_same_seed_same_bits_other_seed_others():
    def trained(model_seed, **options):
        model = noisy(seed=model_seed)
        model.fit(X, Y, epochs=3, verbose=0, **options)
        return model

    assert same(trained(0), trained(0))
    assert not same(trained(0), trained(1))
    assert not same(trained(0), trained(0, seed=5))
    assert same(trained(0, seed=5), trained(0, seed=5))
    without = noisy(seed=None)
    assert not same(without, noisy(seed=None))
    assert same(without, noisy(seed=without.seed))  # the seed that the system gave is there to be used again


def test_numpys_global_random_state_means_nothing():
    def trained():
        model = noisy()
        model.fit(X, Y, epochs=2, verbose=0)
        return model

    np.random.seed(1)  # noqa: NPY002
    a = trained()
    np.random.seed(2)  # noqa: NPY002
    assert same(a, trained())


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
@pytest.mark.parametrize("parts", [(5, 5), (1, 9), (3, 3, 4)])
def test_several_fits_are_one(optimizer, parts):
    """Epochs count over all fits: orders, dropout masks, slots and moving averages go on."""
    whole, pieces = noisy(optimizer=optimizer), noisy(optimizer=optimizer)
    expected = whole.fit(X, Y, epochs=10, batch_size=16, verbose=0).history["loss"]
    got = []
    for epochs in parts:
        got += pieces.fit(X, Y, epochs=epochs, batch_size=16, verbose=0).history["loss"]
    assert got == expected
    assert same(whole, pieces)


def test_initial_epoch_counts_as_in_keras():
    whole, pieces = noisy(), noisy()
    whole.fit(X, Y, epochs=5, verbose=0)
    pieces.fit(X, Y, epochs=2, verbose=0)
    history = pieces.fit(X, Y, initial_epoch=2, epochs=5, verbose=0)
    assert history.epoch == [2, 3, 4]
    assert same(whole, pieces)


def test_compile_starts_the_optimiser_afresh_and_leaves_the_weights():
    a = noisy()
    a.fit(X, Y, epochs=2, verbose=0)
    b = noisy()
    b.set_weights(a.get_weights())
    a.compile("adam", "mse")
    assert same(a, b)
    a.fit(X, Y, epochs=2, verbose=0)
    b.fit(X, Y, epochs=2, verbose=0)
    assert same(a, b)


def test_freezing_between_fits():
    model = noisy()
    model.fit(X, Y, verbose=0)
    frozen = model.layers[1]
    frozen.trainable = False
    before = frozen.get_weights()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(before[0], frozen.get_weights()[0])
    frozen.trainable = True
    model.fit(X, Y, verbose=0)
    assert (before[0] != frozen.get_weights()[0]).any()


@pytest.mark.parametrize("engine", ["python", "auto"])
def test_weights_that_still_train_after_freezing_others_keep_their_state(engine):
    """Steps and epochs are counted on, and so are the optimiser's means; a weight that is new starts from 0."""
    model = Sequential([Dense(4, activation="tanh"), Dense(3), Dense(1)], seed=1)
    model.compile(Adam(0.01, use_ema=True), "mse", engine=engine)
    model.fit(X, Y, verbose=0)
    before, step = model._position.slots, model._position.step
    middle = {s.name: s.where for s in model.parameters.segments}["dense_2/kernel"]
    kernel = slice(middle.start, middle.stop)
    model.layers[0].trainable = False
    model.evaluate(X, Y)
    assert (model._position.step, model._position.epoch) == (step, 1)
    for slot, values in model._position.slots.items():
        np.testing.assert_array_equal(values, before[slot][kernel.start :])
    model.layers[0].trainable = True
    model.evaluate(X, Y)
    for slot in ("momentum", "velocity"):
        assert not model._position.slots[slot][: kernel.start].any()
        np.testing.assert_array_equal(model._position.slots[slot][kernel], before[slot][kernel])
    np.testing.assert_array_equal(
        model._position.slots["average"][: kernel.start], model.parameters.values[: kernel.start]
    )
    model.fit(X, Y, verbose=0)
    assert model._position.step == 2 * step


@pytest.mark.parametrize("optimizer", [SGD(0.05, momentum=0.9), Adam(0.01), Adam(0.01, clipnorm=0.1)])
def test_a_hand_written_loop_equals_fit_step_for_step(optimizer):
    """On logits and on the tape, fit computes the very same; dropout masks and moving averages included."""
    loss = losses.BinaryCrossentropy(from_logits=True)
    y = (CODES > 0).astype(float)
    fitted, by_hand = noisy(loss=loss, optimizer=type(optimizer)(**optimizer.get_config())), noisy(loss=loss)
    fitted.compile(fitted.optimizer, loss, engine="python")
    epoch_losses = fitted.fit(X, y, epochs=4, batch_size=50, shuffle=False, verbose=0).history["loss"]
    for expected in epoch_losses:
        with GradientTape() as tape:
            value = loss(y[:, None], by_hand(X, training=True))
        assert float(value) == expected
        gradients = tape.gradient(value, by_hand.trainable_variables)
        optimizer.apply_gradients(zip(gradients, by_hand.trainable_variables, strict=True))
    assert same(fitted, by_hand)


def test_a_function_gives_the_order_of_every_epoch():
    orders = [np.random.default_rng(epoch).permutation(50) for epoch in range(3)]
    asked = []

    def order(epoch):
        asked.append(epoch)
        return orders[epoch]

    given, by_hand = network(), network()
    given.fit(X, Y, batch_size=7, epochs=2, shuffle=order, verbose=0)
    given.fit(X, Y, batch_size=7, epochs=1, shuffle=order, verbose=0)
    for rows in orders:
        by_hand.fit(X[rows], Y[rows], batch_size=7, epochs=1, shuffle=False, verbose=0)
    assert asked == [0, 1, 2]
    assert same(given, by_hand)


@pytest.mark.parametrize("order", [[0, 1], [0, 1, 3], [0, -1, 2], [0.0, 1.0, 2.0], [[0, 1, 2]]])
def test_an_order_that_does_not_fit_the_rows(order):
    with pytest.raises(ArgumentError, match="must return 3 numbers of rows, each from 0 to 2"):
        network().fit(X[:3], Y[:3], shuffle=lambda epoch: order, verbose=0)
