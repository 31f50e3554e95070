"""NumPy's BLAS: the machine's best matrix rate, and the products of a dense layer."""

from functools import cache

import numpy as np

from benchmarks.networks import Array
from benchmarks.timing import seconds

_LIBRARY = np.show_config(mode="dicts")["Build Dependencies"]["blas"]
VERSIONS = f"NumPy {np.__version__}, {_LIBRARY['name']} {_LIBRARY['version']}"
SIDE = 4096


@cache
def noise(rows: int, columns: int, seed: int = 0) -> Array:
    return np.random.default_rng(seed).standard_normal((rows, columns), dtype=np.float32)


@cache
def result(side: int) -> Array:
    return np.zeros((side, side), np.float32)


def matrix_rate() -> float:
    """Return the floating-point operations per second of a large product."""
    a = noise(SIDE, SIDE)
    return 2 * SIDE**3 / seconds(lambda: np.matmul(a, a, out=result(SIDE)))


def product(kind: str, inputs: int, units: int, rows: int, repeat: int) -> float:
    """Return the seconds of a product of a dense layer: "forward", "inputs" (their gradient) or "weights"."""
    # Three arrays whatever their shapes: NumPy takes half the time for x.T @ x, which is symmetric.
    x, w, g = noise(rows, inputs, 1), noise(inputs, units, 2), noise(rows, units, 3)
    left, right = {"forward": (x, w), "inputs": (g, w.T), "weights": (x.T, g)}[kind]
    out = left @ right
    return seconds(lambda: np.matmul(left, right, out=out), repeat)
