"""The order of the rows in an epoch is NumPy's permutation, bit for bit, whoever makes it."""

import numpy as np
import pytest

from chainrule import Sequential, engine
from chainrule.engine import native
from chainrule.layers import Dense, Input
from chainrule.random import generator
from chainrule.training.orders import WORTH_DRAWING_AHEAD, Orders
from tests.engine_parity.compare import needs_native

ROWS, EPOCHS = WORTH_DRAWING_AHEAD + 77, 60


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9, 255, 256, 257, 1000, 4097, 100_000])
@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (7, 1), (2**64 - 1, 2**40)])
def test_a_permutation_is_numpys(count, seed, epoch):
    expected = generator(seed, "shuffle", epoch).permutation(count)
    order = native.permutation(seed, "shuffle", epoch, count)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(order, expected)


@pytest.fixture
def drawn(monkeypatch):
    """Give the epochs whose orders were drawn while the one before them ran."""
    wanted = []

    def noted(*arguments):
        draw = original(*arguments)
        if draw is not None:
            wanted.append(draw)
        return draw

    original = Orders.draw
    monkeypatch.setattr(Orders, "draw", noted)
    yield lambda: [draw.index for draw in wanted if draw.drawn]
    engine.set_threads(None)


def trained(threads, batch_size=32, hidden=4, **options):
    engine.set_threads(threads)
    x = np.random.default_rng(0).normal(size=(ROWS, 2)).astype(np.float32)
    model = Sequential([Input((2,)), Dense(hidden, activation="tanh"), Dense(1)], seed=3)
    model.compile("adam", "mse")
    model.fit(x, x[:, :1] * x[:, 1:], batch_size=batch_size, epochs=EPOCHS, verbose=0, **options)
    return model.parameters.values.tobytes()


@needs_native
@pytest.mark.parametrize("batch_size", [1, 32, 5000])
def test_an_idle_core_draws_the_order_of_the_next_epoch(drawn, batch_size):
    alone = trained(1, batch_size)
    assert drawn() == []
    assert trained(2, batch_size) == alone
    assert drawn()  # not each of them where all cores are busy
    assert set(drawn()) <= set(range(1, EPOCHS))  # the first is drawn before, and after the last there is none


@needs_native
def test_an_order_is_not_drawn_ahead_where_it_is_given_or_no_core_is_idle(drawn):
    given = trained(2, shuffle=lambda epoch: generator(3, "shuffle", epoch).permutation(ROWS))
    assert drawn() == []
    assert trained(2, shuffle=False) != given
    assert drawn() == []
    assert trained(2) == given
    before = len(drawn())
    trained(2, batch_size=5000, hidden=500)  # each step is shared by two threads
    assert len(drawn()) == before


@needs_native
def test_every_number_drawn_ahead_is_numpys(drawn, monkeypatch):
    orders = []
    monkeypatch.setattr(native.NativeEngine, "run", keeping(orders, native.NativeEngine.run))
    trained(2)
    assert drawn()
    assert len(orders) == EPOCHS
    for epoch, order in enumerate(orders):
        np.testing.assert_array_equal(order, generator(3, "shuffle", epoch).permutation(ROWS))


def keeping(orders, run):
    def kept(self, task, position, data, order, *arguments, **named):
        orders.append(order.copy())
        return run(self, task, position, data, order, *arguments, **named)

    return kept
