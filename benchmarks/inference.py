"""How long a prediction takes: 20-64-64-2, one row and 1,000 rows, as probabilities.

Run ``python -m benchmarks.inference``. All peers have the same weights, must give the same numbers, and take their turn
in each round. Peers that are not installed are left out.
"""

from statistics import median

from benchmarks import peers
from benchmarks.networks import Network
from benchmarks.peers import CHAINRULE, JAX, NUMPY, ONNX_RUNTIME, PYTORCH, SCIKIT_LEARN, Peer
from benchmarks.timing import machine, paired, repeats, table
from benchmarks.workers import Worker

WIDTHS = (20, 64, 64, 2)
CASES = {1: "one row (predict_on_batch)", 1000: "1,000 rows (predict)"}
ROUNDS = 25
LEAST = 0.02  # seconds that a measurement takes at least
TOLERANCE = 1e-5


def measure(workers: dict[Peer, Worker], rows: int) -> dict[Peer, list[float]]:
    """Return the seconds of one prediction in each round, by peer."""
    network = Network(WIDTHS, rows, 1)
    counts, answers = {}, {}
    for peer, worker in workers.items():
        worker.call("predict", network.widths, rows, 5)
        took, answers[peer] = worker.call("predict", network.widths, rows, 5)
        counts[peer] = repeats(LEAST, took)
    for peer, answer in answers.items():
        wrong = max(abs(a - b) for a, b in zip(answer, answers[CHAINRULE], strict=True))
        assert wrong < TOLERANCE, f"{peer.name} gives {answer}, chainrule {answers[CHAINRULE]}"
    times: dict[Peer, list[float]] = {peer: [] for peer in workers}
    for _ in range(ROUNDS):
        for peer, worker in workers.items():
            times[peer].append(worker.call("predict", network.widths, rows, counts[peer])[0])
    return times


def report(rows: int, times: dict[Peer, list[float]]) -> None:
    print(f"\n20-64-64-2, {CASES[rows]}:\n")
    lines = [
        [peer.name, f"{1e6 * median(measured):.1f}", f"{paired(measured, times[CHAINRULE]):.2f}"]
        for peer, measured in times.items()
    ]
    print(table(["", "microseconds", "its time / chainrule's"], lines))


def main() -> None:
    print(machine())
    workers = peers.start((CHAINRULE, NUMPY, PYTORCH, ONNX_RUNTIME, JAX, SCIKIT_LEARN))
    for rows in CASES:
        report(rows, measure(workers, rows))
    for worker in workers.values():
        worker.close()
    print(f"\n{machine()}")


if __name__ == "__main__":
    main()
