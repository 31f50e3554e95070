"""How much memory training takes: 784-512-512-10 on 60,000 rows of float32, 188 MB, by each installed peer.

Run ``python -m benchmarks.memory``. Each peer trains in a process of its own, Linux only. What it takes is the peak of
resident memory: after the import, with the data, and over two epochs. The data are made once and read from a file into
each process's own memory, so that making them adds nothing. Peers that are not installed are left out.
"""

import subprocess
import sys
import tempfile
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.timing import machine, table

ROWS, WIDTHS, BATCH, EPOCHS = 60_000, (784, 512, 512, 10), 128, 2
WEIGHTS = sum((a + 1) * b for a, b in pairwise(WIDTHS))

# How each peer makes this network and trains it on arrays x and y.
PROGRAMS = {
    "chainrule": """
from chainrule import Sequential
from chainrule.layers import Dense
from chainrule.losses import SparseCategoricalCrossentropy
def train(x, y, epochs):
    hidden = [Dense(units, activation="relu") for units in widths[1:-1]]
    model = Sequential([*hidden, Dense(widths[-1])], seed=0)
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), engine="native")
    model.fit(x, y, batch_size=batch, epochs=epochs, verbose=0)
""",
    "sklearn": """
import warnings
from sklearn.neural_network import MLPClassifier
def train(x, y, epochs):
    warnings.simplefilter("ignore")  # the number of epochs is the benchmark's
    MLPClassifier(widths[1:-1], batch_size=batch, alpha=0.0, max_iter=epochs).fit(x, y)
""",
    "torch": """
import torch
from torch import nn
def train(x, y, epochs):
    x, y, layers = torch.from_numpy(x), torch.from_numpy(y), []
    for a, b in zip(widths, widths[1:]):
        layers += [nn.Linear(a, b), nn.ReLU()]
    model = nn.Sequential(*layers[:-1])
    optimizer = torch.optim.Adam(model.parameters(), fused=True)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(batch):
            loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
""",
}
NAMES = {"chainrule": "chainrule", "sklearn": "scikit-learn", "torch": "PyTorch"}
MEASURE = """
import sys
import numpy as np
widths, batch = {widths}, {batch}
{program}
def megabytes():
    with open("/proc/self/status") as status:
        return int(next(line for line in status if line.startswith("VmHWM")).split()[1]) * 1024 / 1e6
seen = [megabytes()]
x, y = np.load(sys.argv[1] + "/x.npy"), np.load(sys.argv[1] + "/y.npy")
seen.append(megabytes())
train(x, y, {epochs})
print(*seen, megabytes())
"""


def peaks(module: str, folder: str) -> list[float]:
    """Return the peaks, in MB, of a peer's process: after the import, with the data, and when it has trained."""
    program = MEASURE.format(program=PROGRAMS[module], widths=WIDTHS, batch=BATCH, epochs=EPOCHS)
    done = subprocess.run([sys.executable, "-c", program, folder], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{NAMES[module]} failed:\n{done.stderr}")
    return [float(value) for value in done.stdout.split()]


def main() -> None:
    print(machine())
    rng, rows = np.random.default_rng(0), []
    with tempfile.TemporaryDirectory() as folder:
        np.save(Path(folder) / "x.npy", rng.standard_normal((ROWS, WIDTHS[0]), dtype=np.float32))
        np.save(Path(folder) / "y.npy", rng.integers(0, WIDTHS[-1], ROWS))
        for module, name in NAMES.items():
            if find_spec(module) is None:
                print(f"{name}: left out (not installed)")
                continue
            imported, loaded, trained = peaks(module, folder)
            rows.append([name, *(f"{value:,.0f}" for value in (imported, loaded, trained, trained - loaded))])
    least = 3 * 4 * WEIGHTS / 1e6
    print(f"\n{'-'.join(map(str, WIDTHS))}, batch {BATCH}, Adam, {ROWS:,} rows; peak of resident memory in MB:\n")
    print(table(["", "imported", "with the data", "trained", "added by training"], rows))
    print(f"\nWeights and Adam's two vectors take {least:.0f} MB, the data {4 * ROWS * WIDTHS[0] / 1e6:.0f} MB.")
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
