"""Many networks at once: what `run_many` makes of the cores, and 32 learning rates beside two peers.

Run ``python -m benchmarks.sweep``. The first table trains 8 and 16 networks of one size on 1, 2, 4 ... cores: 1.0 is
perfect, as many times as fast as on one core; the bar is 0.9. Each network, built before, is trained by `fit`, with
validation after every epoch. Rounds of all counts of cores take turns, and a result is the median of the ratios within
a round. "fit" is the same networks one after the other, each on as many cores as `fit` takes, over `run_many` on all.

The second table is what people do: 32 learning rates on 20-64-64-2, by chainrule, by scikit-learn with joblib, and by
JAX, which trains all 32 in one program (vmap). Peers that are not installed are left out.
"""

import sys
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from benchmarks.networks import Network
from benchmarks.timing import machine, paired, repeats, seconds, table
from benchmarks.workers import Worker

ROUNDS, SECONDS = 5, 0.8  # a round on one core takes about so long
BAR = 0.9
NETWORKS = (
    Network((8, 32, 32, 3), 32, 7),
    Network((8, 128, 128, 3), 32, 7),
    Network((20, 64, 64, 2), 32, 62),
    Network((54, 128, 128, 7), 128, 40),
    Network((54, 256, 256, 7), 256, 20),
)
RATES, RATES_NETWORK, EPOCHS = np.geomspace(1e-4, 1e-1, 32), Network((20, 64, 64, 2), 32, 62), 10


def build(network: Network, seed: int) -> Any:
    """Return a compiled network."""
    import chainrule
    from chainrule.layers import Dense, Input
    from chainrule.losses import SparseCategoricalCrossentropy

    inputs, *hidden, classes = network.widths
    layers = [Dense(units, activation="relu") for units in hidden]
    model = chainrule.Sequential([Input((inputs,)), *layers, Dense(classes)], seed=seed)
    model.compile("adam", SparseCategoricalCrossentropy(from_logits=True), engine="native")
    return model


def train(model: Any, network: Network, epochs: int) -> bytes:
    """Train a network on, and return its weights."""
    x, y = network.data
    held = x[: len(x) // 4], y[: len(x) // 4]
    model.fit(x, y, batch_size=network.batch, epochs=epochs, verbose=0, validation_data=held)
    return bytes(model.parameters.values.tobytes())


def scaling(network: Network, count: int, cores: list[int]) -> list[str]:
    """Return the row of a network in the table."""
    from chainrule.engine import run_many

    models = [build(network, seed) for seed in range(count)]

    def alone(epochs: int) -> list[bytes]:
        return [train(model, network, epochs) for model in models]

    def many(epochs: int, jobs: int) -> list[bytes]:
        results = run_many([partial(train, model, network, epochs) for model in models], jobs)
        assert all(isinstance(weights, bytes) for weights in results), results
        return [weights for weights in results if isinstance(weights, bytes)]

    first = alone(4)
    models = [build(network, seed) for seed in range(count)]
    assert first == many(4, cores[-1]), "bits differ"
    epochs = repeats(SECONDS, seconds(lambda: many(20, 1)) / 20)
    times: dict[int, list[float]] = {jobs: [] for jobs in cores}
    fits = []
    for _ in range(ROUNDS):
        for jobs in cores:
            times[jobs].append(seconds(partial(many, epochs, jobs)))
        fits.append(seconds(partial(alone, epochs)))
    cells = []
    for jobs in cores[1:]:
        shares = [one / (jobs * n) for one, n in zip(times[1], times[jobs], strict=True)]
        cells.append(f"{median(shares):.2f} ({min(shares):.2f} to {max(shares):.2f})")
    return [network.name, str(count), str(epochs), *cells, f"{paired(fits, times[cores[-1]]):.1f}"]


def rates(workers: dict[str, Worker]) -> list[list[str]]:
    """Return the rows of the table of 32 learning rates."""
    times: dict[str, list[float]] = {name: [] for name in workers}
    given = RATES.tolist(), RATES_NETWORK.widths, RATES_NETWORK.batch, RATES_NETWORK.steps
    for worker in workers.values():
        worker.call("sweep", *given, 2)  # data, compilation, processes
    for _ in range(ROUNDS):
        for name, worker in workers.items():
            times[name].append(worker.call("sweep", *given, EPOCHS))
    ours = times["chainrule"]
    return [
        [f"{name} {workers[name].versions}", f"{median(taken):.3f}", f"{paired(taken, ours):.1f}"]
        for name, taken in times.items()
    ]


def main() -> None:
    """Print both tables."""
    from chainrule import engine
    from chainrule.engine.threads import maximum

    cores = sorted({1, *(2**i for i in range(1, 8) if 2**i < maximum()), maximum()})
    print(f"{machine()}; {engine.describe()}\n")
    head = ["network, batch", "networks", "epochs", *(f"{jobs} cores" for jobs in cores[1:]), "fit / run_many"]
    print(table(head, [scaling(network, count, cores) for network in NETWORKS for count in (8, 16)]))
    print(f"\nperfect = 1.0, bar {BAR}\n")
    workers = {}
    for name, module in (("chainrule", "ours"), ("scikit-learn", "scikit"), ("JAX", "jax_vmap")):
        worker = Worker(module)
        if worker.wait():
            workers[name] = worker
        else:
            print(f"{name} is left out: {worker.missing}", file=sys.stderr)
    print(f"{len(RATES)} learning rates, {RATES_NETWORK.name}, {EPOCHS} epochs of {RATES_NETWORK.steps} steps\n")
    print(table(["", "seconds", "times ours"], rates(workers)))
    for worker in workers.values():
        worker.close()


if __name__ == "__main__":
    main()
