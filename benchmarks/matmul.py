"""The engine's matrix kernels against NumPy's BLAS, on one thread, over the products that dense layers make.

Run ``python -m benchmarks.matmul``. It builds native/bench/products (CMake and a C++ compiler), which times the kernels
of the best instruction set, or of CHAINRULE_ISA's; NumPy has its turn after each. A number is NumPy's time / ours.
"""

import subprocess
from collections.abc import Iterable
from itertools import product as pairs
from math import exp, fsum, log
from pathlib import Path

from benchmarks.networks import TABLE
from benchmarks.peers import BLAS
from benchmarks.timing import machine, paired, repeats, table
from benchmarks.workers import Worker

NATIVE = Path(__file__).parents[1] / "native"
BUILD = NATIVE.parent / "build" / "bench"
KINDS = {"forward": "forward", "inputs": "gradient of inputs", "weights": "gradient of weights"}
BATCHES = (1, 2, 8, 32, 128, 256, 512)
ROUNDS = 7
LEAST = 0.003  # seconds that a measurement takes at least
LOWEST = 0.8  # no shape should be below

Shape = tuple[str, int, int, int]  # kind, inputs, units, rows


class Products:
    """The C++ program, which waits for products to time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen([build()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.isa = self._read()

    def seconds(self, shape: Shape, repeat: int) -> float:
        """Return the seconds of one product."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, (*shape, repeat))) + "\n")
        self._process.stdin.flush()
        return float(self._read())

    def close(self) -> None:
        """End the program."""
        self._process.communicate()

    def _read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()


def build() -> Path:
    """Build the C++ program, and return where it is."""
    configure = ["cmake", "-S", NATIVE, "-B", BUILD, "-DCHAINRULE_NATIVE_TESTS=ON"]
    for command in (configure, ["cmake", "--build", BUILD, "--target", "products", "--parallel"]):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return BUILD / "bench" / "products"


def ratio(shape: Shape, ours: Products, blas: Worker) -> float:
    """Return NumPy's time / ours, the median of some rounds."""
    counts = repeats(LEAST, ours.seconds(shape, 1)), repeats(LEAST, blas.call("product", *shape, 1))
    times = [(ours.seconds(shape, counts[0]), blas.call("product", *shape, counts[1])) for _ in range(ROUNDS)]
    return paired([theirs for _, theirs in times], [own for own, _ in times])


def geometric_mean(values: Iterable[float]) -> float:
    logs = [log(value) for value in values]
    return exp(fsum(logs) / len(logs))


def main() -> None:
    ours, blas = Products(), Worker(BLAS.module, {"OPENBLAS_NUM_THREADS": "1"}, pause=0)
    if not blas.wait():
        raise SystemExit(blas.missing)
    print(f"{machine()}; kernels: {ours.isa}; {blas.versions}; one thread\n")
    layers = sorted({layer for network in TABLE for layer in network.layers})
    ratios = {
        (kind, *layer, rows): ratio((kind, *layer, rows), ours, blas)
        for layer, kind, rows in pairs(layers, KINDS, BATCHES)
    }
    lines = [
        [f"{inputs}-{units} {name}", *(f"{ratios[kind, inputs, units, rows]:.2f}" for rows in BATCHES)]
        for (inputs, units), (kind, name) in pairs(layers, KINDS.items())
    ]
    print(table(["NumPy's time / ours; rows:", *map(str, BATCHES)], lines))
    worst = min(ratios, key=ratios.__getitem__)
    low = sum(value < LOWEST for value in ratios.values())
    print(f"\ngeometric mean {geometric_mean(ratios.values()):.2f}, minimum {ratios[worst]:.2f} {worst}")
    print(f"{low} of {len(ratios)} below {LOWEST}; {machine()}")
    ours.close()
    blas.close()


if __name__ == "__main__":
    main()
