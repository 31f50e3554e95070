"""Memory of long vectors: zeros, whoever had it before; each vector's own."""

import pickle

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.engine import native
from chainrule.engine.memory import LINE, LONG, zeros
from chainrule.layers import Dense, Input
from chainrule.optimizers import Adagrad, Adam
from tests.engine_parity.compare import needs_native

LENGTHS = [0, 1, 1000, LONG // 4 - 1, LONG // 4, 3 * LONG // 4 + 7]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("count", LENGTHS)
def test_zeros_are_zero_also_where_something_was_written_before(dtype, count):
    for _ in range(3):
        values = zeros(count, dtype)
        assert (values.shape, values.dtype) == ((count,), np.dtype(dtype))
        assert not values.any()
        assert count == 0 or values.ctypes.data % LINE == 0
        values[...] = 1.0


def test_two_vectors_share_no_memory_and_a_view_keeps_it():
    first, second = zeros(LONG, "float32"), zeros(LONG, "float32")
    assert not np.shares_memory(first, second)
    view = first[LONG // 2 :]
    view[...] = 3.0
    del first
    zeros(LONG, "float32")[...] = 5.0
    assert (view == 3.0).all()
    assert not second.any()


def test_a_copy_and_a_pickled_vector_are_ordinary_ones():
    values = zeros(LONG, "float32")
    values[...] = np.arange(LONG)
    for other in (values.copy(), pickle.loads(pickle.dumps(values))):
        np.testing.assert_array_equal(other, values)


@needs_native
def test_memory_that_was_given_back_is_kept_within_bounds():
    vectors = [zeros(LONG, "float32") for _ in range(20)]
    del vectors
    kept = native._native.pages_kept()
    assert 4 * LONG <= kept <= 1 << 27
    again = zeros(LONG, "float32")
    assert native._native.pages_kept() < kept
    assert not again.any()


def test_slots_come_from_the_memory_that_is_given():
    asked = []

    def memory(count, dtype):
        asked.append((count, np.dtype(dtype)))
        return np.zeros(count, dtype)

    weights = np.arange(5, dtype=np.float32)
    state = Adam(use_ema=True).state_of(weights, memory)
    assert asked == [(5, np.dtype("float32"))] * 3
    np.testing.assert_array_equal(state["average"], weights)
    state = Adagrad(initial_accumulator_value=0.25).state_of(weights, memory)
    assert [values.tolist() for values in state.values()] == [[0.25] * 5]


@needs_native
def test_a_fresh_model_trains_alike_in_memory_that_another_one_had():
    x = np.linspace(-1, 1, 40 * 64, dtype=np.float32).reshape(40, 64)
    y = np.arange(40) % 3

    def trained():
        layers = [Dense(1500, activation="relu"), Dense(1000, activation="relu"), Dense(3, activation="softmax")]
        model = Sequential([Input((64,)), *layers], seed=0)
        model.compile("adam", "sparse_categorical_crossentropy", engine="native")
        history = model.fit(x, y, batch_size=40, epochs=3, verbose=0).history["loss"]
        return history, model.parameters.values.copy()

    losses, weights = trained()
    for _ in range(2):
        again, others = trained()
        assert again == losses
        np.testing.assert_array_equal(others, weights)
