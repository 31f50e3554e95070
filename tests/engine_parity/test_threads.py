"""The same bits on any number of threads; several callers at once; forked processes; calls inside calls."""

import threading

import numpy as np
import pytest

from chainrule import Sequential, engine
from chainrule.callbacks import LambdaCallback
from chainrule.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    Normalization,
)
from chainrule.optimizers import SGD, Adam
from tests.engine_parity.compare import DTYPES, assert_same_weights, needs_native, run_python

pytestmark = needs_native
ROWS, BATCH = 1100, 512  # a last batch of 76 rows; steps large enough to be worth several threads
rng = np.random.default_rng(5)
X = rng.normal(size=(ROWS, 30))
CODES = rng.integers(0, 50, (ROWS, 6))
MIXED = np.column_stack([X[:, 0], CODES[:, :2], X[:, 1:3], CODES[:, 2]])
Y = rng.integers(0, 5, ROWS)
WEIGHTS = rng.uniform(0.1, 2, ROWS)

NETWORKS = {
    "dense": lambda: [Dense(90, activation="gelu"), Dense(71, activation="tanh"), Dense(5)],
    "penalties": lambda: [
        Dense(90, activation="relu", kernel_regularizer="l1_l2", bias_regularizer="l2"),
        Dense(70, activation="tanh", kernel_regularizer="l2"),
        Dense(5),
    ],
    "batch normalization": lambda: [
        Dense(90),
        BatchNormalization(),
        Activation("relu"),
        Dropout(0.3),
        Dense(70),
        BatchNormalization(),
        Dense(5),
    ],
    "layer normalization": lambda: [
        Normalization(mean=X.mean(0), variance=X.var(0)),
        Dense(90),
        LayerNormalization(),
        Dropout(0.3),
        Dense(70, activation="softmax"),
        Dense(5),
    ],
    "embedding": lambda: [Embedding(50, 12), Flatten(), Dropout(0.1), Dense(120, activation="silu"), Dense(5)],
    "category embedding": lambda: [
        CategoryEmbedding({1: (50, 12), 2: (50, 3), 5: (50, 40)}),
        Dense(120, activation="silu"),
        Dense(5),
    ],
}


@pytest.fixture
def any_threads():
    yield engine.set_threads
    engine.set_threads(None)


def train(name, dtype="float32", optimizer=None, seed=3, epochs=2):
    model = Sequential(NETWORKS[name](), dtype=dtype, seed=seed)
    model.compile(optimizer or Adam(0.01), _loss(), ["accuracy"])
    x = {"embedding": CODES, "category embedding": MIXED}.get(name, X)
    history = model.fit(x, Y, batch_size=BATCH, epochs=epochs, verbose=0, sample_weight=WEIGHTS, validation_data=(x, Y))
    return model, history.history, model.predict(x)


def _loss():
    from chainrule.losses import SparseCategoricalCrossentropy

    return SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)


def assert_same_bits(first, second):
    (a, losses, outputs), (b, other_losses, other_outputs) = first, second
    assert a.parameters.values.tobytes() == b.parameters.values.tobytes()
    assert a.state.values.tobytes() == b.state.values.tobytes()
    assert losses == other_losses
    assert outputs.tobytes() == other_outputs.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NETWORKS)
def test_any_number_of_threads_gives_the_same_bits(name, dtype, any_threads):
    any_threads(1)
    alone = train(name, dtype)
    assert_same_bits(alone, train(name, dtype))
    for count in (2, 3, 4):
        any_threads(count)
        together = train(name, dtype)
        assert max(key[1] for key in together[0]._engine._training.idle) == count, "so many threads ran"
        assert_same_bits(alone, together)


@pytest.mark.parametrize(
    "options",
    [{"clipvalue": 0.001}, {"clipnorm": 0.01}, {"global_clipnorm": 0.01}, {"weight_decay": 0.1, "momentum": 0.9}],
)
def test_clipping_on_any_number_of_threads(options, any_threads):
    results = []
    for count in (1, 2, 4):
        any_threads(count)
        results.append(train("penalties", optimizer=SGD(0.1, **options)))
    assert_same_bits(results[0], results[1])
    assert_same_bits(results[0], results[2])


def test_gradients_on_any_number_of_threads(any_threads):
    gradients = []
    for count in (1, 2, 4):
        any_threads(count)
        model, *_ = train("batch normalization", epochs=1)
        task, rows = model._rows(X, Y, WEIGHTS, "fit")
        gradients.append([model._engine.loss_and_gradient(task, rows, training) for training in (False, True)])
    for other in gradients[1:]:
        for (a, g), (b, h) in zip(gradients[0], other, strict=True):
            assert a == b
            assert g.tobytes() == h.tobytes()


def test_threads_do_as_python_does(any_threads):
    """What the threads share among them is also right: the Python engine's weights."""
    any_threads(3)
    native, *_ = train("batch normalization", "float64", SGD(0.05))
    python = Sequential(NETWORKS["batch normalization"](), dtype="float64", seed=3)
    python.compile(SGD(0.05), _loss(), engine="python")
    python.fit(X, Y, batch_size=BATCH, epochs=2, verbose=0, sample_weight=WEIGHTS)
    assert_same_weights(python, native, 1e-10)


def run_together(*functions):
    """Run functions in Python threads of their own; return their results, or raise the first error."""
    results, gate = [None] * len(functions), threading.Barrier(len(functions))

    def call(index, function):
        gate.wait()
        try:
            results[index] = function()
        except BaseException as error:  # raised again below
            results[index] = error

    started = [threading.Thread(target=call, args=pair) for pair in enumerate(functions)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join(60)
        assert not thread.is_alive()
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


def test_models_trained_at_once_are_those_trained_alone(any_threads):
    any_threads(2)
    alone = {name: train(name, epochs=5) for name in NETWORKS}
    for _ in range(3):
        together = run_together(*[lambda name=name: train(name, epochs=5) for name in NETWORKS])
        for name, result in zip(NETWORKS, together, strict=True):
            assert_same_bits(alone[name], result)


def test_one_model_predicts_for_several_callers(any_threads):
    any_threads(2)
    model, _, outputs = train("dense")
    parts = [slice(100 * i, 100 * i + 700) for i in range(4)]

    def ask(rows):
        return all(np.array_equal(model.predict(X[rows]), outputs[rows]) for _ in range(50))

    assert all(run_together(*[lambda rows=rows: ask(rows) for rows in parts]))


def test_a_callback_that_trains_another_model(any_threads):
    any_threads(2)
    alone = train("dense")
    inner = []
    nested = LambdaCallback(on_epoch_end=lambda epoch, logs: inner.append(train("embedding")) if epoch == 0 else None)
    model = Sequential(NETWORKS["dense"](), dtype="float32", seed=3)
    model.compile(Adam(0.01), _loss(), ["accuracy"])
    history = model.fit(
        X, Y, batch_size=BATCH, epochs=2, verbose=0, sample_weight=WEIGHTS, validation_data=(X, Y), callbacks=[nested]
    )
    assert_same_bits(alone, (model, history.history, model.predict(X)))
    assert_same_bits(inner[0], train("embedding"))


def test_a_callback_that_asks_its_own_model(any_threads):
    any_threads(2)
    alone = train("dense")
    model = Sequential(NETWORKS["dense"](), dtype="float32", seed=3)
    model.compile(Adam(0.01), _loss(), ["accuracy"])
    ask = LambdaCallback(on_train_batch_end=lambda batch, logs: model.predict(X[:100]))
    model.fit(X, Y, batch_size=BATCH, epochs=2, verbose=0, sample_weight=WEIGHTS, callbacks=[ask])
    assert model.parameters.values.tobytes() == alone[0].parameters.values.tobytes()


def test_a_signal_handler_that_asks_the_model_in_the_middle_of_its_training():
    """The nested call gets a session and a thread of its own; the outer one goes on with the same bits."""
    program = """
import signal, sys
import numpy as np
from chainrule import Sequential, engine
from chainrule.layers import Dense

engine.set_threads(2)
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(4000, 30)), rng.normal(size=(4000, 2))

def make():
    model = Sequential([Dense(90, activation="tanh"), Dense(70, activation="tanh"), Dense(2)], seed=1)
    model.compile("adam", "mse")
    return model

other = make()
other.train_on_batch(X[:100], Y[:100])
expected, answers = other.predict(X[:300]), []
alone = make()
alone.fit(X, Y, batch_size=400, epochs=30, verbose=0)
busy = make()
def ask(number, frame):
    answers.append(np.array_equal(other.predict(X[:300]), expected))
    busy.predict(X[:300])
    other.evaluate(X, Y)
signal.signal(signal.SIGALRM, ask)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.03)
while len(answers) < 3:
    busy = make()
    busy.fit(X, Y, batch_size=400, epochs=30, verbose=0)
signal.setitimer(signal.ITIMER_REAL, 0)
print(all(answers), np.array_equal(alone.parameters.values, busy.parameters.values))
"""
    assert run_python(program).split() == ["True", "True"]


FORKS = """
import os, sys, threading, time, warnings
import numpy as np
from chainrule import Sequential, engine
from chainrule.layers import Dense

warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of forks in a process with threads
engine.set_threads(2)
rng = np.random.default_rng(0)
X, Y = rng.normal(size=(4000, 30)), rng.normal(size=(4000, 2))

def trained(epochs=2):
    model = Sequential([Dense(90, activation="tanh"), Dense(70, activation="tanh"), Dense(2)], seed=1)
    model.compile("adam", "mse", engine="native")
    model.fit(X, Y, batch_size=400, epochs=epochs, verbose=0)
    return model.parameters.values

def forked():
    child = os.fork()
    if child == 0:
        same = False
        try:
            same = np.array_equal(trained(), expected) and np.array_equal(trained(), expected)
        finally:
            os._exit(0 if same else 1)
    for _ in range(600):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.05)
    os.kill(child, 9)
    return "hangs"
"""


def test_a_fork_after_training():
    program = FORKS + "expected = trained()\nprint(forked(), np.array_equal(trained(), expected), forked())"
    assert run_python(program).split() == ["0", "True", "0"]


def test_forks_while_another_thread_trains():
    program = (
        FORKS
        + """
expected, long = trained(), trained(100)
found = []
background = threading.Thread(target=lambda: found.append(np.array_equal(trained(100), long)))
background.start()
time.sleep(0.02)
answers = [forked() for _ in range(3)]
background.join()
print(answers, found[0])
"""
    )
    assert run_python(program).strip() == "[0, 0, 0] True"


def test_a_pool_of_forked_workers():
    program = (
        FORKS
        + """
import multiprocessing
expected = trained()
with multiprocessing.get_context("fork").Pool(2) as pool:
    results = pool.map(trained, [2, 2, 2, 2])
print(all(np.array_equal(result, expected) for result in results), np.array_equal(trained(), expected))
"""
    )
    assert run_python(program).split() == ["True", "True"]


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"CHAINRULE_THREADS": "1"}, 1),
        ({"OMP_NUM_THREADS": "1"}, 1),
        ({"OMP_NUM_THREADS": "1,4"}, 1),
        ({"CHAINRULE_THREADS": "1", "OMP_NUM_THREADS": "64"}, 1),
        ({"CHAINRULE_THREADS": "nonsense", "OMP_NUM_THREADS": "1"}, 1),
        ({"CHAINRULE_THREADS": "0", "OMP_NUM_THREADS": "1"}, 1),
    ],
    ids=str,
)
def test_limits_in_the_environment(environment, expected):
    unset = {"CHAINRULE_THREADS": "", "OMP_NUM_THREADS": ""}
    program = (
        "from chainrule.engine import describe, threads; print(threads.maximum(), threads.count(1e12), describe())"
    )
    maximum, count, *_, words, thread = run_python(program, **(unset | environment)).split()
    assert (int(maximum), int(count)) == (expected, expected)
    assert (words, thread) == ("1", "thread)")


def test_the_environment_gives_no_more_than_the_machine_has():
    program = "from chainrule.engine import threads; print(threads.maximum())"
    have = int(run_python(program, CHAINRULE_THREADS="", OMP_NUM_THREADS=""))
    assert int(run_python(program, CHAINRULE_THREADS="4096", OMP_NUM_THREADS="")) == have


def test_a_process_that_may_run_on_one_processor_has_one_thread():
    program = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
        "from chainrule.engine import threads; print(threads.maximum())"
    )
    assert int(run_python(program, CHAINRULE_THREADS="", OMP_NUM_THREADS="")) == 1
