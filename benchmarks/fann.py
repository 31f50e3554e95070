"""One example at a time against the C library FANN: plain gradient descent, squared error, sigmoid units.

Run ``python -m benchmarks.fann``. It needs a C compiler and FANN's float library (Debian: libfann-dev), which it calls
through benchmarks/fann.c. Both start from the same weights, see the same rows in the same order, make the same steps
and must report nearly the same losses; they take turns. A ratio is FANN's time / ours.
"""

import ctypes
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

import chainrule
from benchmarks.networks import Array, Network
from benchmarks.timing import machine, paired, seconds, table
from chainrule import engine
from chainrule.layers import Dense, Input
from chainrule.optimizers import SGD

SOURCE = Path(__file__).with_suffix(".c")
BARS = {  # at least this many times as fast; epochs so long that the set-up of `fit` does not matter
    Network((2, 8, 2), 1, 200_000): 1,
    Network((20, 64, 64, 2), 1, 20_000): 5,
    Network((54, 256, 256, 7), 1, 2_000): 5,
}
RATE = 0.05
ROUNDS = 15
# FANN takes the sigmoid's derivative at outputs between 0.01 and 0.99, and sums in another order.
TOLERANCE = 1e-3

Epoch = Callable[[], float]  # an epoch of one-example steps; its mean squared error


def library() -> ctypes.CDLL:
    """Compile fann.c against FANN, and load it."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "fann.so"
        command = ["cc", "-O3", "-shared", "-fPIC", SOURCE, "-o", target, "-lfloatfann"]
        try:
            built = subprocess.run(command, check=False, capture_output=True, text=True)
        except FileNotFoundError:
            raise SystemExit("benchmarks.fann needs a C compiler named cc; install one (Debian: gcc)") from None
        if built.returncode:
            raise SystemExit(f"benchmarks.fann needs FANN (Debian: libfann-dev). cc says:\n{built.stderr}")
        fann = ctypes.CDLL(str(target))
    fann.network_create.restype = ctypes.c_void_p
    fann.network_epoch.restype = ctypes.c_float
    return fann


def data(network: Network) -> tuple[Array, Array]:
    """Return the network's inputs, and its classes as rows of one 1 among 0s."""
    x, classes = network.data
    return x, np.eye(network.widths[-1], dtype=np.float32)[classes]


def theirs(network: Network, fann: ctypes.CDLL) -> Epoch:
    """Return FANN's epoch. Its step is rate (target - output) times the slopes, with no factor for the outputs."""
    x, y = data(network)
    weights = np.concatenate([np.vstack([kernel, bias]).T.ravel() for kernel, bias in network.weights])
    widths = (ctypes.c_uint * len(network.widths))(*network.widths)
    handle = ctypes.c_void_p(
        fann.network_create(len(widths), widths, ctypes.c_void_p(weights.ctypes.data), ctypes.c_float(RATE))
    )

    def epoch() -> float:
        pointers = ctypes.c_void_p(x.ctypes.data), ctypes.c_void_p(y.ctypes.data)
        return float(fann.network_epoch(handle, *pointers, ctypes.c_long(len(x))))

    return epoch


def ours(network: Network) -> Epoch:
    """Return our epoch, of the same steps: our loss is the mean over outputs, whose slope has a factor 2 / outputs."""
    x, y = data(network)
    inputs, *units = network.widths
    model = chainrule.Sequential([Input((inputs,)), *(Dense(n, activation="sigmoid") for n in units)], seed=0)
    model.set_weights([array for layer in network.weights for array in layer])
    model.compile(SGD(learning_rate=RATE * units[-1] / 2), "mean_squared_error", engine="native")

    def epoch() -> float:
        before = engine.steps_made()
        history = model.fit(x, y, batch_size=1, epochs=1, shuffle=False, verbose=0)
        assert engine.steps_made() - before == len(x)
        return float(history.history["loss"][0])

    return epoch


def compare(network: Network, fann: ctypes.CDLL) -> tuple[list[float], list[float]]:
    """Return the seconds of FANN's and of our step in each round, after checking that both learn the same."""
    epochs = theirs(network, fann), ours(network)
    for _ in range(2):
        other, own = (epoch() for epoch in epochs)
        assert abs(other - own) < TOLERANCE * other, f"{network.name}: FANN's loss is {other}, ours {own}"
    rounds = [[seconds(epoch) / network.steps for epoch in epochs] for _ in range(ROUNDS)]
    return [other for other, _ in rounds], [own for _, own in rounds]


def main() -> None:
    fann = library()
    print(f"{machine()}; {engine.describe()}\n")
    lines = []
    for network, bar in BARS.items():
        other, own = compare(network, fann)
        times = (f"{1e6 * median(measured):.2f}" for measured in (other, own))
        lines.append([network.name, *times, f"{paired(other, own):.2f}", str(bar)])
    print(table(["network, batch", "FANN, microseconds a step", "chainrule", "FANN / chainrule", "at least"], lines))
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
