"""Training holds the data once, where they lie, and needs no more memory after many epochs than after a few."""

import sys

import pytest

from tests.engine_parity.compare import needs_native, run_python

pytestmark = [
    needs_native,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits and status of a process as Linux has them"),
]

# A file of 150 MB in a process that may take 60 MB more than it has.
PROGRAM = """
import resource, sys
import numpy as np
from chainrule import Sequential
from chainrule.layers import Dense, Dropout, Flatten

path, dtype, shape = sys.argv[1], np.dtype(sys.argv[2]), eval(sys.argv[3])
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
resource.setrlimit(resource.RLIMIT_DATA, (taken + 60_000_000, resource.RLIM_INFINITY))
use(len(x))
try:
    np.ones(x.size // 2, np.float64)
except MemoryError:
    print("trained, and a copy would not fit")
"""


@pytest.mark.parametrize(
    ("number_type", "shape"),
    [("float64", (375_000, 50)), ("float32", (375_000, 10, 10)), ("uint8", (375_000, 400)), (">f8", (375_000, 50))],
)
def test_a_memory_map_beyond_the_limit(number_type, shape, tmp_path):
    path = tmp_path / "rows.bin"
    with path.open("wb") as file:
        file.truncate(150_000_000)
    assert run_python(PROGRAM, str(path), number_type, str(shape)) == "trained, and a copy would not fit\n"


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
