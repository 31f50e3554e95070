"""How long a training step takes: chainrule and every installed peer, on the networks of `networks.TABLE`.

Run ``python -m benchmarks.training``, or with ``--quick`` in under 3 minutes. The time is that of one call of `fit`
divided by its steps. All peers take their turn in each round; a ratio is the median over the rounds of the ratio
within a round. Peers that are not installed are left out.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median

import numpy as np

from benchmarks import peers
from benchmarks.networks import TABLE, Network, nearby
from benchmarks.peers import BLAS, CHAINRULE, KERAS_JAX, KERAS_TENSORFLOW, PYTORCH, SCIKIT_LEARN, Peer
from benchmarks.timing import machine, paired, repeats, table
from benchmarks.workers import Worker

Workers = Mapping[Peer, Worker]
ALL = (CHAINRULE, peers.JAX, PYTORCH, KERAS_JAX, KERAS_TENSORFLOW, SCIKIT_LEARN)
NEVER_FASTEST = (KERAS_TENSORFLOW, SCIKIT_LEARN)
NEIGHBOURS = TABLE[2:5]
CLIFF = 0.7
FRESH_MODELS = 5


@dataclass(frozen=True)
class Effort:
    """How much time is spent.

    Attributes
    ----------
    rounds : measurements of each peer
    least : seconds that a measurement takes at least
    largest : operations of the largest step for which scikit-learn is asked
    """

    rounds: int
    least: float
    largest: float


QUICK, FULL = Effort(3, 0.1, 1e8), Effort(9, 0.4, 1e12)


@dataclass(frozen=True)
class Measured:
    """Of one network: the seconds of a step in each round, by peer, and the rates of a large product in between."""

    network: Network
    times: dict[Peer, list[float]]
    rates: list[float]

    @property
    def ours(self) -> list[float]:
        """The times of chainrule."""
        return self.times[CHAINRULE]

    def ratio(self, peer: Peer) -> float:
        """Return a peer's time as a multiple of chainrule's."""
        return paired(self.times[peer], self.ours)

    @property
    def fastest(self) -> Peer | None:
        """The peer with the least median time."""
        others = {peer: median(times) for peer, times in self.times.items() if peer != CHAINRULE}
        return min(others, key=others.__getitem__) if others else None


def measure(network: Network, workers: Workers, blas: Worker, effort: Effort) -> Measured:
    """Measure a network in rounds."""
    if network.operations > effort.largest:
        workers = {peer: worker for peer, worker in workers.items() if peer != SCIKIT_LEARN}
    sizes = {peer: peer.fitted(network) for peer in workers}
    epochs = {}
    for peer, worker in workers.items():
        worker.train(sizes[peer], 1)  # compiles, and warms up
        epochs[peer] = repeats(effort.least, worker.train(sizes[peer], 1)[0])
    times: dict[Peer, list[float]] = {peer: [] for peer in workers}
    rates = []
    for _ in range(effort.rounds):
        for peer, worker in workers.items():
            seconds, _ = worker.train(sizes[peer], epochs[peer])
            times[peer].append(seconds / (epochs[peer] * sizes[peer].steps))
        rates.append(blas.call("matrix_rate"))
    return Measured(network, times, rates)


def number(value: float) -> str:
    """Return three digits or more."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def ratio_rows(results: Sequence[Measured]) -> list[list[str]]:
    rows = []
    for result in results:
        rate = result.network.operations / median(result.ours)
        share = paired(result.rates, [result.network.operations / t for t in result.ours])
        fastest, keras = result.fastest, KERAS_TENSORFLOW
        rows.append(
            [
                result.network.name,
                f"{result.ratio(fastest):.2f} ({fastest.name})" if fastest else "-",
                number(result.ratio(keras)) if keras in result.times else "-",
                number(rate / 1e9),
                f"{100 / share:.0f}%",
            ]
        )
    return rows


def time_rows(
    results: Sequence[Measured], shown: Sequence[Peer], of: Callable[[list[float]], float]
) -> list[list[str]]:
    return [[r.network.name, *(number(1e6 * of(r.times[p])) if p in r.times else "-" for p in shown)] for r in results]


def report(results: Sequence[Measured], shown: Sequence[Peer]) -> None:
    print("\nA peer's time / chainrule's, chainrule's rate, and its share of the rate of a 4096^3 product:\n")
    head = ["network, batch", "fastest peer / chainrule", "Keras on TensorFlow / chainrule", "GFLOP/s", "share"]
    print(table(head, ratio_rows(results)))
    for title, of in (("medians", median), ("the least of the rounds, nearer to an idle machine", min)):
        print(f"\nMicroseconds per training step, {title}:\n")
        print(table(["network, batch", *(peer.name for peer in shown)], time_rows(results, shown, of)))


def report_first_fits(results: Sequence[Measured], ours: Worker) -> None:
    """Print what the first `fit` of a fresh model takes beyond its one step."""
    print("\nThe first fit of a fresh model, for one step, and what of it is set-up, milliseconds:\n")
    rows = []
    for result in results:
        first = median(ours.call("first_fit", result.network.widths, result.network.batch) for _ in range(FRESH_MODELS))
        rows.append([result.network.name, f"{1e3 * first:.2f}", f"{1e3 * (first - median(result.ours)):.2f}"])
    print(table(["network, batch", "first fit", "set-up"], rows))


def report_nearby(results: Sequence[Measured], workers: Workers, blas: Worker, effort: Effort, seed: int) -> None:
    """Measure random shapes near some of the table, and say where the ratio falls off."""
    rng, rows = np.random.default_rng(seed), []
    fast = {peer: worker for peer, worker in workers.items() if peer not in NEVER_FASTEST}
    for neighbour in (result for result in results if result.network in NEIGHBOURS and result.fastest):
        result = measure(nearby(neighbour.network, rng), fast, blas, effort)
        ratios = [r.ratio(r.fastest) for r in (neighbour, result)]
        share = ratios[1] / ratios[0]
        verdict = "a cliff" if share < CLIFF else "level"
        rows.append([neighbour.network.name, result.network.name, *map(number, [*ratios, share]), verdict])
    print(f"\nThree random shapes near those of the table (--seed {seed}), fastest peer / chainrule:\n")
    print(table(["network, batch", "nearby", "its ratio", "ratio nearby", "nearby / its", ""], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--seed", type=int, default=None, help="of the random shapes; default: another every time")
    arguments = parser.parse_args()
    effort = QUICK if arguments.quick else FULL
    seed = np.random.SeedSequence().entropy % 10_000 if arguments.seed is None else arguments.seed
    print(machine())
    workers = peers.start((BLAS, *ALL))
    blas = workers.pop(BLAS)
    results = []
    for network in TABLE:
        results.append(measure(network, workers, blas, effort))
        print(f"measured {network.name}: {number(1e6 * median(results[-1].ours))} us a step; {machine()}", flush=True)
    report(results, list(workers))
    report_first_fits(results, workers[CHAINRULE])
    report_nearby(results, workers, blas, replace(effort, rounds=max(3, effort.rounds // 2)), seed)
    for worker in (blas, *workers.values()):
        worker.close()
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
