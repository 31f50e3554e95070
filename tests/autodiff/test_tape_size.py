"""Long tapes: a deep chain needs no deep stack, and memory is given back."""

import tracemalloc
import weakref

import numpy as np
import pytest

from chainrule import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.autodiff.variable import Variable


@pytest.mark.parametrize("start", [Variable(1.0), Tensor(1.0)], ids=["variable", "watched"])
def test_a_chain_of_a_hundred_thousand_operations(start):
    with GradientTape() as tape:
        tape.watch(start)
        y = start
        for _ in range(100_000):
            y = y + 1.0
    assert float(tape.gradient(y, start)) == 1


def test_a_recorded_operation_takes_about_a_kilobyte():
    x, one = Variable(1.0), Tensor(1.0)
    tracemalloc.start()
    try:
        with GradientTape():
            y = x
            for _ in range(1000):
                y = y + one
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1000 * 1000


@pytest.mark.parametrize("x", [Variable(np.ones(100_000)), Tensor(np.ones(100_000))], ids=["variable", "watched"])
def test_the_walk_frees_what_it_no_longer_needs(x):
    with GradientTape() as tape:
        tape.watch(x)
        h = ops.tanh(x)
        alive = weakref.ref(h)
        for _ in range(20):
            h = ops.tanh(h)
        y = ops.sum(h)
    del h
    assert alive() is not None
    tracemalloc.start()
    try:
        tape.gradient(y, x)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert alive() is None
    assert peak < 5 * x.numpy().nbytes  # a gradient and a few temporaries, not one per operation
