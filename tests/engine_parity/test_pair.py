"""A pair of threads, each with half of the units: the bits of one thread, and the Python engine's weights."""

import numpy as np
import pytest

from chainrule import Sequential, engine
from chainrule.callbacks import LambdaCallback
from chainrule.engine import native
from chainrule.initializers import RandomNormal
from chainrule.layers import Dense, Dropout
from chainrule.losses import SparseCategoricalCrossentropy
from chainrule.optimizers import SGD, Adagrad, Adam, AdamW, RMSprop
from tests.engine_parity.compare import DTYPES, assert_same_weights, needs_native

pytestmark = needs_native
ROWS, FEATURES = 331, 11
rng = np.random.default_rng(8)
X = rng.normal(size=(ROWS, FEATURES))
LABELS = rng.integers(0, 3, ROWS)
NUMBERS = rng.normal(size=(ROWS, 2))
WEIGHTS = rng.uniform(0.2, 2, ROWS)


@pytest.fixture
def ways():
    """Say which way is taken, and on how many threads."""

    def take(way, threads):
        native._native.set_ways(("BY_PACE", "USUAL", "QUICK").index(way))
        engine.set_threads(threads)

    yield take
    take("BY_PACE", None)


def train(layers, optimizer, loss, targets, dtype, batch_size=32, epochs=3, engine="native", **options):
    model = Sequential(layers(), dtype=dtype, seed=4)
    model.compile(optimizer(), loss, metrics=options.pop("metrics", ()), engine=engine)
    history = model.fit(X, targets, batch_size=batch_size, epochs=epochs, verbose=0, **options)
    return model, history.history


def assert_same_bits(first, second):
    assert first[0].parameters.values.tobytes() == second[0].parameters.values.tobytes()
    assert first[1] == second[1]


def steps_of_pair(ways, *arguments, **options):
    """Train by the pair, and return the run if every step was made by it."""
    ways("QUICK", 2)
    made, paired = engine.steps_made(), native._native.steps_paired()
    run = train(*arguments, **options)
    made, paired = engine.steps_made() - made, native._native.steps_paired() - paired
    assert paired == made > 0, "so many steps of a pair"
    return run


CASES = {
    "relu": (lambda: [Dense(64, activation="relu"), Dense(64, activation="relu"), Dense(3)], lambda: Adam(0.01)),
    "one hidden layer": (lambda: [Dense(37, activation="tanh"), Dense(3)], lambda: SGD(0.1, momentum=0.9)),
    "odd widths": (
        lambda: [Dense(33, activation="gelu"), Dense(41, activation="silu"), Dense(35), Dense(3, activation="linear")],
        lambda: RMSprop(0.01, momentum=0.5, centered=True),
    ),
    "no biases": (
        lambda: [Dense(40, activation="elu", use_bias=False), Dense(32, activation="relu"), Dense(3, use_bias=False)],
        lambda: Adagrad(0.1),
    ),
    "penalties": (
        lambda: [
            Dense(36, activation="tanh", kernel_regularizer="l1_l2", bias_regularizer="l2"),
            Dense(45, activation="relu", kernel_regularizer="l2"),
            Dense(3, bias_regularizer="l1"),
        ],
        lambda: Adam(0.01),
    ),
    "decay, average, a limit": (
        lambda: [Dense(48, activation="leaky_relu"), Dense(32, activation="sigmoid"), Dense(3, activation="softmax")],
        lambda: AdamW(0.01, weight_decay=0.01, use_ema=True, ema_overwrite_frequency=7, clipvalue=0.01),
    ),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("batch_size", [32, 50, ROWS])
@pytest.mark.parametrize("case", CASES)
def test_the_bits_of_one_thread(case, batch_size, dtype, ways):
    layers, optimizer = CASES[case]
    loss = SparseCategoricalCrossentropy(from_logits="softmax" not in str(layers()[-1].get_config()))
    arguments = layers, optimizer, loss, LABELS, dtype, batch_size
    options = {"metrics": ["accuracy"], "sample_weight": WEIGHTS}
    ways("BY_PACE", 1)
    alone = train(*arguments, **options)
    assert_same_bits(alone, steps_of_pair(ways, *arguments, **options))
    ways("USUAL", 4)
    assert_same_bits(alone, train(*arguments, **options))
    ways("BY_PACE", 2)
    assert_same_bits(alone, train(*arguments, **options))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", ["mse", "huber"])
def test_the_weights_of_the_python_engine(loss, dtype, ways):
    layers = lambda: [Dense(40, activation="tanh"), Dense(33, activation="relu"), Dense(2)]  # noqa: E731
    arguments = layers, lambda: SGD(0.05, momentum=0.9), loss, NUMBERS, dtype
    options = {"metrics": ["mae", "r2_score"], "validation_split": 0.1}
    native, history = steps_of_pair(ways, *arguments, **options)
    python, expected = train(*arguments, engine="python", **options)
    assert_same_weights(python, native, 1e-10 if dtype == "float64" else 1e-5)
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-8 if dtype == "float64" else 1e-3)


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [Dense(31, activation="relu"), Dense(3)],  # too narrow to be halved
        lambda: [Dense(64, activation="relu"), Dropout(0.2), Dense(3)],
        lambda: [Dense(64, activation="relu"), Dense(65)],  # too many outputs
        lambda: [Dense(64, activation="relu"), Dense(3, kernel_constraint="max_norm")],
    ],
    ids=["narrow", "dropout", "outputs", "constraint"],
)
def test_other_networks_go_the_usual_way(layers, ways):
    ways("QUICK", 2)
    paired = native._native.steps_paired()
    train(layers, Adam, SparseCategoricalCrossentropy(from_logits=True), LABELS, "float32")
    assert native._native.steps_paired() == paired


def test_weights_that_overflow_stop_the_run_as_on_one_thread(ways):
    arguments = CASES["relu"][0], lambda: SGD(1e20), "mse", NUMBERS[:, [0, 1, 1]], "float32"
    results = []
    for way, threads in (("BY_PACE", 1), ("QUICK", 2)):
        ways(way, threads)
        with pytest.warns(RuntimeWarning, match="training stopped"):
            results.append(train(*arguments))
        assert np.isfinite(results[-1][0].parameters.values).all()
    assert_same_bits(*results)


def test_a_step_whose_numbers_are_large_is_left_to_one_thread(ways):
    """A bound of its gradient is beyond float32, the gradient is not."""
    x, y = X.astype("float32"), np.zeros((ROWS, 3), "float32")
    x[-1, 0] = 1e23  # of which small weights leave little
    results, paired = [], native._native.steps_paired()
    for way, threads in (("BY_PACE", 1), ("QUICK", 2)):
        ways(way, threads)
        small = {"kernel_initializer": RandomNormal(stddev=0.01), "activation": "relu"}
        model = Sequential([Dense(64, **small), Dense(64, **small), Dense(3, **small)], dtype="float32", seed=4)
        model.compile(SGD(1e-36), "mse")
        results.append((model, model.fit(x, y, shuffle=False, verbose=0).history))
    assert np.isfinite(results[0][0].parameters.values).all()
    assert_same_bits(*results)
    assert native._native.steps_paired() - paired == ROWS // 32


def test_a_callback_stops_it_between_steps(ways):
    ways("QUICK", 2)
    seen = []
    model = Sequential(CASES["relu"][0](), seed=4)
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True))

    def look(batch, logs):
        seen.append(batch)
        model.stop_training = batch == 4

    model.fit(X, LABELS, epochs=1, verbose=0, callbacks=[LambdaCallback(on_train_batch_end=look)])
    assert seen == [0, 1, 2, 3, 4]
