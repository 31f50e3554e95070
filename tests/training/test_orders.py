"""Orders of rows: shuffled or not, of some rows only, drawn one by one, together or ahead."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ArgumentError
from chainrule.random import generator
from chainrule.training.orders import WORTH_DRAWING_AHEAD, Orders


def of(rows, seed, epoch):
    return Orders(rows, None, True, seed).of(epoch)


@given(st.integers(1, 200), st.integers(0, 2**64 - 1), st.integers(0, 100))
def test_order_is_a_permutation_given_by_seed_and_epoch(rows, seed, epoch):
    order = of(rows, seed, epoch)
    assert sorted(order.tolist()) == list(range(rows))
    np.testing.assert_array_equal(order, of(rows, seed, epoch))
    np.testing.assert_array_equal(order, generator(seed, "shuffle", epoch).permutation(rows))


def test_every_epoch_has_an_order_of_its_own():
    assert len({of(20, 0, epoch).tobytes() for epoch in range(50)}) == 50


@pytest.mark.parametrize("shuffle", [True, False])
@pytest.mark.parametrize("chosen", [None, np.array([9, 2, 5])])
def test_orders_of_several_epochs_are_those_of_each(shuffle, chosen):
    orders = Orders(10, chosen, shuffle, 4)
    together = orders.ahead(3, 5)
    alone = [Orders(10, chosen, shuffle, 4).of(epoch) for epoch in range(3, 8)]
    np.testing.assert_array_equal(together, alone)
    np.testing.assert_array_equal([orders.of(epoch) for epoch in range(3, 8)], alone)
    np.testing.assert_array_equal(orders.of(3), alone[0])  # which is forgotten, and drawn again


def test_a_function_says_the_order_among_the_chosen_rows():
    orders = Orders(10, np.array([9, 2, 5]), lambda epoch: np.roll([0, 1, 2], epoch), 0)
    assert [orders.of(epoch).tolist() for epoch in range(3)] == [[9, 2, 5], [5, 9, 2], [2, 5, 9]]
    with pytest.raises(ArgumentError, match="must return 3 numbers of rows"):
        Orders(10, np.array([9, 2, 5]), lambda epoch: [0, 1, 3], 0).of(0)


def test_what_was_drawn_ahead_is_taken_where_it_was_drawn():
    rows = WORTH_DRAWING_AHEAD
    chosen = np.arange(rows) + 7
    orders = Orders(2 * rows, chosen, True, 1)
    expected = Orders(2 * rows, chosen, True, 1).of(6)
    np.testing.assert_array_equal(orders.of(6), expected)
    draw = orders.draw(6)
    np.testing.assert_array_equal(orders.of(6), expected)  # nobody had the time
    draw.order[:] = np.arange(rows)
    draw.drawn = True
    np.testing.assert_array_equal(orders.of(6), chosen)
    np.testing.assert_array_equal(orders.of(7), Orders(2 * rows, chosen, True, 1).of(7))


@pytest.mark.parametrize("shuffle", [False, lambda epoch: np.arange(WORTH_DRAWING_AHEAD)])
def test_only_shuffled_rows_are_drawn_ahead(shuffle):
    assert Orders(WORTH_DRAWING_AHEAD, None, shuffle, 0).draw(1) is None
    assert Orders(WORTH_DRAWING_AHEAD - 1, None, True, 0).draw(1) is None
