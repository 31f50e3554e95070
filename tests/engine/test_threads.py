"""How many threads a step gets: a formula, within a limit."""

import numpy as np
import pytest

from chainrule import Sequential, engine
from chainrule.engine import native, threads
from chainrule.engine.native import work
from chainrule.engine.plan import Instruction
from chainrule.errors import ArgumentError
from chainrule.layers import Dense


@pytest.fixture(autouse=True)
def no_limit():
    yield
    engine.set_threads(None)


@pytest.mark.parametrize("count", [0, -1, 1.0, True, "2"])
def test_what_is_no_number_of_threads(count):
    with pytest.raises(ArgumentError, match="threads must be an integer >= 1 or None"):
        engine.set_threads(count)


def test_a_limit_is_kept_until_it_is_lifted():
    before = threads.maximum()
    assert before >= 1
    engine.set_threads(3)
    assert threads.maximum() == 3
    engine.set_threads(None)
    assert threads.maximum() == before


def test_more_work_gets_more_threads_up_to_the_limit():
    engine.set_threads(8)
    counts = [threads.count(products) for products in np.geomspace(1, 1e12, 50)]
    assert counts == sorted(counts)
    assert (counts[0], counts[-1]) == (1, 8)
    assert threads.count(2 * threads.WORTH_A_THREAD) == 2
    assert threads.count(2 * threads.WORTH_A_THREAD - 1) == 1


def test_work_counts_products_three_times():
    """Forward, and backward to the inputs and to the weights."""
    dense, dropout = Instruction("dense", 10, 4), Instruction("dropout", 4, 4)
    assert work([dense, dropout]) == 3 * (40 + 4)


def test_models_at_work_at_the_same_time_share_the_threads():
    engine.set_threads(4)
    assert threads.count(1e12) == 4
    with threads.at_work():
        assert threads.count(1e12) == 4
        with threads.at_work():
            assert threads.count(1e12) == 2
            with threads.at_work(), threads.at_work(), threads.at_work():
                assert threads.count(1e12) == 1
    assert threads.count(1e12) == 4


def test_a_failure_ends_the_work_too():
    engine.set_threads(4)
    with pytest.raises(KeyError), threads.at_work():
        raise KeyError
    with threads.at_work():
        assert threads.count(1e12) == 4


@pytest.mark.skipif(not native.available(), reason="the native engine was not built")
def test_training_beside_another_model_takes_its_share():
    engine.set_threads(2)
    x = np.zeros((1000, 64), np.float32)
    alone, beside = (Sequential([Dense(64), Dense(1)], seed=0) for _ in range(2))
    for model in (alone, beside):
        model.compile("adam", "mse")
    alone.fit(x, x[:, 0], batch_size=1000, verbose=0)
    with threads.at_work():
        beside.fit(x, x[:, 0], batch_size=1000, verbose=0)
    used = [{key[1] for key in model._engine._training.idle} for model in (alone, beside)]
    assert used == [{2}, {1}]
