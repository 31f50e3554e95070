"""Progress within a long epoch: the native engine tells it from inside its one call."""

import threading

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.callbacks import LambdaCallback
from chainrule.layers import Dense
from chainrule.training import fit
from tests.engine_parity.compare import needs_native

pytestmark = [needs_native, pytest.mark.usefixtures("at_once")]

ROWS = 600_000  # steps of one row: the engine tells every 20 ms
X = np.random.default_rng(0).normal(size=(1000, 4)).astype(np.float32)
Y = X[:, :1]


def network():
    model = Sequential([Dense(8, activation="tanh"), Dense(1)], seed=1)
    model.compile("sgd", "mse", engine="native")
    return model


@pytest.fixture
def at_once(monkeypatch):
    monkeypatch.setattr(fit, "PROGRESS_SECONDS", 0.0)


@pytest.fixture(scope="module")
def data():
    return np.tile(X, (ROWS // 1000, 1)), np.tile(Y, (ROWS // 1000, 1))


@pytest.mark.parametrize("dtype", ["float32", "float16"])  # the latter is converted part by part
def test_steps_and_loss_so_far(data, dtype):
    x, y = data
    told, model = [], network()
    model.fit(
        x.astype(dtype),
        y,
        batch_size=1,
        verbose=0,
        callbacks=LambdaCallback(on_epoch_progress=lambda steps, logs: told.append((steps, logs["loss"]))),
    )
    steps = [s for s, _ in told]
    assert 0 < steps[0] < ROWS
    assert steps == sorted(steps)
    assert all(np.isfinite(loss) and loss > 0 for _, loss in told)
    assert told[-1][1] == pytest.approx(model.history.history["loss"][0], rel=1.0)
    other = network()
    other.fit(x.astype(dtype), y, batch_size=1, verbose=0)
    np.testing.assert_array_equal(model.parameters.values, other.parameters.values)
    assert model.history.history == other.history.history


def test_an_error_in_the_hook_ends_the_run_after_a_finished_step(data):
    def fail(steps, logs):
        raise OSError("no room for the log")

    model = network()
    with pytest.raises(OSError, match="no room"):
        model.fit(*data, batch_size=1, verbose=0, callbacks=LambdaCallback(on_epoch_progress=fail))
    made = model._position.step
    assert 0 < made < ROWS
    assert model.history.stopped_by.startswith("an error: OSError")
    model.fit(X, Y, verbose=0)  # and it can go on


def test_from_another_thread(data):
    told = []
    follow = LambdaCallback(on_epoch_progress=lambda steps, logs: told.append(steps))
    thread = threading.Thread(
        target=lambda: network().fit(*data, batch_size=1, verbose=0, callbacks=follow), daemon=True
    )
    thread.start()
    thread.join()
    assert told
