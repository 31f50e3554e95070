"""Training holds the data once, where they lie, and needs no more memory after many epochs than after a few."""

import sys

import pytest

from tests.engine_parity.compare import needs_native, run_python

pytestmark = [
    needs_native,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits and status of a process as Linux has them"),
]

# A file of 250 MB in a process whose memory may grow by 60 MB, to less than the file: what it has are libraries and
# the stacks of threads. The limit is on memory to write in, which a map of a file to read is not.
FILE = 250_000_000
PROGRAM = """
import resource, sys
import numpy as np
from chainrule import Sequential
from chainrule.layers import Dense, Dropout, Flatten

path, dtype, shape, size = sys.argv[1], np.dtype(sys.argv[2]), eval(sys.argv[3]), int(sys.argv[4])
x = np.memmap(path, dtype, "r", shape=shape)
y = (np.arange(len(x)) % 2)[:, None]
weight = np.linspace(0.5, 1.5, len(x))
model = Sequential([Flatten(), Dense(8, activation="tanh"), Dropout(0.2), Dense(1, activation="sigmoid")], seed=0)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"], engine="native")
def use(rows):
    fit = dict(batch_size=256, epochs=1, verbose=0, sample_weight=weight[:rows])
    model.fit(x[:rows], y[:rows], validation_data=(x[:rows], y[:rows]), **fit)
    model.evaluate(x[:rows], y[:rows], batch_size=256)
    model.predict(x[:rows], batch_size=256)
use(4000)
taken = int(next(line for line in open("/proc/self/status") if line.startswith("VmData")).split()[1]) * 1024
limit = taken + 60_000_000
assert limit < size, f"the limit is {limit:,} bytes"
resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.RLIM_INFINITY))
use(len(x))
try:
    np.ones(x.size // 2, np.float64)
except MemoryError:
    print("trained, and a copy would not fit")
"""


@pytest.mark.parametrize(
    ("number_type", "shape"),
    [("float64", (312_500, 100)), ("float32", (312_500, 20, 10)), ("uint8", (312_500, 800)), (">f8", (312_500, 100))],
)
def test_a_memory_map_beyond_the_limit(number_type, shape, tmp_path):
    path = tmp_path / "rows.bin"
    with path.open("wb") as file:
        file.truncate(FILE)
    assert run_python(PROGRAM, str(path), number_type, str(shape), str(FILE)) == "trained, and a copy would not fit\n"


@pytest.mark.parametrize("number_type", ["float32", "float64"])
def test_training_adds_optimizer_state_and_buffers_of_one_batch(number_type):
    """Rows of 48 or 96 MB, 12 MB of weights: nothing as large as another vector of them comes on top of Adam's two."""
    program = """
import sys
import numpy as np
from chainrule import Sequential
from chainrule.layers import Dense

def peak():
    with open("/proc/self/status") as status:
        return 1024 * int(next(line for line in status if line.startswith("VmHWM")).split()[1])

rng = np.random.default_rng(0)
x, y = rng.standard_normal((4000, 3000), np.float32).astype(sys.argv[1]), rng.normal(size=(4000, 1))
weight = np.ones(4000)
def build(units):
    model = Sequential([Dense(units, activation="relu"), Dense(1)], seed=0)
    model.compile("adam", "mse", metrics=["mae"], engine="native")
    model.build((None, 3000))
    return model
def train(model, rows):
    model.fit(x[:rows], y[:rows], sample_weight=weight[:rows], verbose=0)
small, model = build(8), build(1000)
train(small, 100)
small.evaluate(x[:100], y[:100], verbose=0)
with open("/proc/self/clear_refs", "w") as file:
    file.write("5")  # the peak begins anew
before = peak()
train(model, len(x))
trained = peak()
model.evaluate(x, y, verbose=0)
print((trained - before) / model.parameters.values.nbytes, peak() - trained)
"""
    vectors, evaluating = map(float, run_python(program, number_type).split())
    assert 1.9 < vectors < 2.7, "in vectors of parameters: Adam's two, and buffers of a batch"
    assert evaluating < 40_000_000, "buffers of some rows, not of all: these would take 112 MB"


def test_many_epochs_take_no_more_memory_than_a_few():
    program = """
import numpy as np
from chainrule import Sequential
from chainrule.callbacks import LambdaCallback
from chainrule.layers import BatchNormalization, Dense, Dropout

def resident():
    return int(next(line for line in open("/proc/self/status") if line.startswith("RssAnon")).split()[1])

rng = np.random.default_rng(0)
x, y = rng.normal(size=(640, 20)), rng.normal(size=(640, 2))
model = Sequential([Dense(64, activation="relu"), BatchNormalization(), Dropout(0.1), Dense(2)], seed=0)
model.compile("adam", "mse", metrics=["mae"], engine="native")
seen = []
model.fit(x, y, epochs=1000, verbose=0, validation_data=(x[:100], y[:100]),
          callbacks=[LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(resident()))])
sizes = [model.train_on_batch(x[:n], y[:n]) for n in range(1, 400)]
print(seen[999] - seen[99], resident() - seen[999])
"""
    grown, by_batches = map(int, run_python(program).split())
    assert grown < 3000, "kB: a history of 900 epochs, no buffers"
    assert by_batches < 20000, "kB: sessions of few sizes are kept, whatever sizes came"
