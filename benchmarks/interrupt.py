"""How soon Ctrl-C ends a training: full-batch steps over a million rows, interrupted at random times.

Run ``python -m benchmarks.interrupt``. The process sends SIGINT to itself from another thread; the time is that from
the signal until `fit` has raised KeyboardInterrupt. Some signals meet the set-up or the first step, whose memory is
given then, some a later one. After each the weights are compared with those of as many finished steps.
"""

import argparse
import os
import signal
import threading
from statistics import median
from time import perf_counter

import numpy as np

import chainrule
from benchmarks.timing import machine
from chainrule.layers import Dense, Input
from chainrule.losses import SparseCategoricalCrossentropy

ROWS, WIDTHS = 1_000_000, (50, 64, 64, 2)
BAR = 0.1  # seconds


def compiled() -> chainrule.Sequential:
    inputs, *hidden, classes = WIDTHS
    layers = [Dense(units, activation="relu") for units in hidden]
    model = chainrule.Sequential([Input((inputs,)), *layers, Dense(classes)], seed=0)
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), engine="native")
    return model


class Steps:
    """The weights after 0, 1, 2 ... full-batch steps."""

    def __init__(self, x: np.ndarray, y: np.ndarray) -> None:
        self._x, self._y, self._model = x, y, compiled()
        self._weights = [self._model.parameters.values.copy()]

    def after(self, steps: int) -> np.ndarray:
        """Return the weights after so many."""
        while len(self._weights) <= steps:
            self._model.fit(self._x, self._y, batch_size=ROWS, verbose=0)
            self._weights.append(self._model.parameters.values.copy())
        return self._weights[steps]


def interrupted(x: np.ndarray, y: np.ndarray, after: float) -> tuple[float, int, np.ndarray]:
    """Return how long a fit went on after the signal, the steps it had made, and its weights."""
    model, sent = compiled(), 0.0

    def send() -> None:
        nonlocal sent
        sent = perf_counter()
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(after, send)
    try:
        timer.start()
        model.fit(x, y, batch_size=ROWS, epochs=1000, verbose=0)
    except KeyboardInterrupt:
        took = perf_counter() - sent
    timer.join()
    made = 0 if model.history is None else len(model.history.history.get("loss", []))  # none: set-up was not over
    return took, made, model.parameters.values.copy()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--times", type=int, default=40, help="signals")
    parser.add_argument("--seed", type=int, default=0, help="of the times at which they come")
    arguments = parser.parse_args()
    print(machine())
    rng = np.random.default_rng(arguments.seed)
    x = rng.standard_normal((ROWS, WIDTHS[0]), dtype=np.float32)
    y = rng.integers(0, WIDTHS[-1], ROWS)
    steps = Steps(x, y)
    steps.after(1)
    start = perf_counter()
    steps.after(3)
    step = (perf_counter() - start) / 2
    print(f"{'-'.join(map(str, WIDTHS))}, {ROWS:,} rows in one batch: {1e3 * step:.0f} ms a step")
    took = []
    for _ in range(arguments.times):
        after = float(rng.uniform(0, 3 * step))
        seconds, made, weights = interrupted(x, y, after)
        took.append(seconds)
        same = np.array_equal(weights, steps.after(made))
        assert same, f"the weights are not those after {made} steps"
        if seconds > BAR:
            print(f"a pause of {1e3 * seconds:.0f} ms: the signal came after {after:.2f} s, {made} steps were made")
    print(
        f"{len(took)} signals: {1e3 * min(took):.0f} to {1e3 * max(took):.0f} ms, median {1e3 * median(took):.0f}; "
        f"{sum(seconds > BAR for seconds in took)} above {1e3 * BAR:.0f} ms; weights always those of the finished steps"
    )
    print(machine())


if __name__ == "__main__":
    main()
