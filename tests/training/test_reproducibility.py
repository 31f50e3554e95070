"""What is promised of one seed: the same bits on any number of threads; and what a run says it was made on."""

import os
import platform

import numpy as np
import pytest

import chainrule
from chainrule import engine
from chainrule.engine import native
from tests.training.networks import X, Y, noisy, same

ENGINES = ["python", pytest.param("native", marks=pytest.mark.skipif(not native.available(), reason="not built"))]
ROUNDING = 1e-10  # float64, the sums of the two engines in different orders, over some steps


def trained(name, seed=5, threads=None):
    engine.set_threads(threads)
    try:
        model = noisy(seed=seed, engine=name, metrics=["mae"])
        history = model.fit(X, Y, epochs=4, batch_size=8, validation_split=0.2, verbose=0)
    finally:
        engine.set_threads(None)
    return model, history


@pytest.mark.parametrize("name", ENGINES)
def test_one_seed_gives_the_same_bits_on_any_number_of_threads(name):
    first, expected = trained(name)
    for threads in (1, 2, 5):
        model, history = trained(name, threads=threads)
        assert same(model, first)
        assert history.history == expected.history
    other, _ = trained(name, seed=6)
    assert not same(other, first)


@pytest.mark.skipif(not native.available(), reason="not built")
def test_the_engines_agree_to_rounding():
    (a, one), (b, two) = trained("python"), trained("native")
    for v, w in zip(a.get_weights(), b.get_weights(), strict=True):
        assert np.allclose(v, w, rtol=ROUNDING, atol=ROUNDING)
    for name, values in one.history.items():
        assert np.allclose(values, two.history[name], rtol=ROUNDING, atol=ROUNDING)


@pytest.mark.parametrize("name", ENGINES)
def test_a_history_says_what_it_was_made_on(name):
    found = trained(name, threads=2)[1].environment
    assert (found["seed"], found["threads"], found["engine"].lower()) == (5, 2, name)
    assert ("instruction_set" in found) == (name == "native")
    assert (found["machine"], found["processors"]) == (platform.machine(), os.cpu_count())
    assert found["versions"]["chainrule"] == chainrule.__version__
    assert found["versions"]["numpy"] == np.__version__
    assert found["started"].endswith("+00:00")


def test_the_seed_of_the_operating_system_is_said_too():
    model = chainrule.Sequential([chainrule.layers.Dense(1)])
    model.compile("sgd", "mse")
    assert model.fit(X, Y, verbose=0).environment["seed"] == model.seed
