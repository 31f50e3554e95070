"""Ctrl-C: training stops soon, and the model stands where its last finished step left it."""

import pytest

from tests.engine_parity.compare import needs_native, run_python

pytestmark = needs_native

# A process sends itself SIGINT from another thread, some time after the first epoch of a run has begun.
PROGRAM = """
import os, signal, sys, threading, time
import numpy as np
from chainrule import Sequential, engine, losses
from chainrule.callbacks import LambdaCallback
from chainrule.layers import BatchNormalization, Dense
from chainrule.training.orders import Orders

rows, width, batch, threads, share, normalised = (float(word) for word in sys.argv[1:])
rows, width, batch, threads = int(rows), int(width), int(batch), int(threads)
engine.set_threads(threads)
block = np.random.default_rng(0).normal(size=(2000, 20)).astype(np.float32)
x = np.tile(block, (-(-rows // 2000), 1))[:rows]
y = (x[:, 0] > 0).astype(int)

def make():
    between = [BatchNormalization()] if normalised else []
    model = Sequential([Dense(width, activation="relu"), *between, Dense(width, activation="relu"), Dense(2)], seed=1)
    model.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), engine="native")
    return model

warm = make()
began = time.perf_counter()
warm.fit(x, y, batch_size=batch, epochs=1, verbose=0)
epoch = time.perf_counter() - began

def interrupt():
    if running:
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

def begin(number, logs):
    timer.start()

for tries in range(5):  # on a busy machine an epoch may end sooner than the first one made it seem
    sent, running = [], True
    timer = threading.Timer(share * epoch / 2**tries, interrupt)
    timer.daemon = True
    model = make()
    try:
        model.fit(x, y, batch_size=batch, epochs=1, verbose=0, callbacks=[LambdaCallback(on_epoch_begin=begin)])
        running = False
        timer.cancel()
    except KeyboardInterrupt:
        break
if sent:
    latency = time.perf_counter() - sent[0]
    step = model._position.step
    again = make()
    task, data = again._rows(x, y, None, "fit")
    order = Orders(rows, None, True, 1).of(0)
    if step:
        again._engine.run(task, again._position, data, order, batch, 0, step)
    same = np.array_equal(model.parameters.values, again.parameters.values)
    same &= np.array_equal(model.state.values, again.state.values)
    same &= all(np.array_equal(model._position.slots[n], s) for n, s in again._position.slots.items())
    finite = bool(np.isfinite(model.parameters.values).all())
    print(f"step {step} of {-(-rows // batch)} in {epoch:.2f} s; stopped after {1000 * latency:.0f} ms")
    print("interrupted", step, same, finite, model.history.stopped_by)
    model.fit(x[:1000], y[:1000], verbose=0)  # and it can go on
"""


def interrupted(rows, width, batch, threads, share=0.3, normalised=False):
    words = run_python(PROGRAM, *map(str, (rows, width, batch, threads, share, int(normalised))), timeout=300)
    report, _, last = words.strip().rpartition("\n")
    print(report)
    kind, step, same, finite, stopped_by = last.split()
    assert (kind, same, finite, stopped_by) == ("interrupted", "True", "True", "interrupted")
    return int(step)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("normalised", [False, True])
def test_in_the_middle_of_one_very_long_step(threads, normalised):
    """A full batch: the only step of the epoch is left half done, and undone."""
    assert interrupted(30_000, 512, 30_000, threads, normalised=normalised) == 0


def test_between_steps():
    steps = 1_500_000 // 32
    assert 0 < interrupted(1_500_000, 32, 32, 2) < steps


def test_between_steps_of_one_row():
    assert 0 < interrupted(300_000, 32, 1, 1) < 300_000


def test_between_long_steps():
    # Each step takes some 60 ms: long beside what a busy machine may delay the signal.
    assert interrupted(40_000, 512, 8000, 2, share=0.5) < 5


def test_while_evaluating_and_predicting():
    program = """
import os, signal, threading
import numpy as np
from chainrule import Sequential
from chainrule.layers import Dense

model = Sequential([Dense(256, activation="tanh"), Dense(256, activation="tanh"), Dense(2)], seed=1)
model.compile("sgd", "mse")
x, y = np.broadcast_to(np.ones((1, 20)), (2_000_000, 20)), np.broadcast_to(1.0, (2_000_000, 2))
model.train_on_batch(x[:10], y[:10])
for call in (lambda: model.evaluate(x, y), lambda: model.predict(x)):
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    try:
        call()
        print("ended")
    except KeyboardInterrupt:
        print("interrupted")
    timer.join()
print(np.array_equal(model.predict(x[:5]), model.predict(x[:5], batch_size=1)))
"""
    assert run_python(program).split() == ["interrupted", "interrupted", "True"]


def test_another_signal_whose_handler_raises():
    program = """
import signal
import numpy as np
from chainrule import Sequential
from chainrule.layers import Dense

class Late(Exception):
    pass

def late(number, frame):
    raise Late

model = Sequential([Dense(8, activation="tanh"), Dense(2)], seed=1)
model.compile("sgd", "mse", engine="native")
x, y = np.ones((500_000, 4)), np.ones((500_000, 2))
model.train_on_batch(x[:10], y[:10])
signal.signal(signal.SIGALRM, late)
signal.setitimer(signal.ITIMER_REAL, 0.1)
try:
    model.fit(x, y, batch_size=1, epochs=1000, verbose=0)
except Late:
    print(1 < model._position.step)
"""
    assert run_python(program).strip() == "True"
