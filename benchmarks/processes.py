"""Two processes that train at once, each with as many threads as there are cores, against one that trains alone.

Run ``python -m benchmarks.processes``. With twice the work on the same cores, 2 times as long is the least to expect;
what is beyond is what threads of one cost the other: those that wait must give their core up. The bar is 2.5. Each
process trains the same epochs; rounds of one alone and of both at once take turns, and the result is the median of the
ratios within a round.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from benchmarks.networks import Network
from benchmarks.timing import machine, paired, repeats, table
from benchmarks.workers import Worker

ROUNDS, SECONDS = 9, 1.0  # a round alone takes about so long
NETWORKS = (
    Network((20, 64, 64, 2), 32, 2000),
    Network((54, 256, 256, 7), 256, 200),
    Network((784, 512, 512, 10), 128, 100),
)


def together(workers: Sequence[Worker], network: Network, epochs: int) -> float:
    """Return the seconds until the last of some workers, set going at once, has trained its epochs."""
    with ThreadPoolExecutor(len(workers)) as pool:
        return max(pool.map(lambda worker: worker.train(network, epochs)[0], workers))


def measure(workers: Sequence[Worker], network: Network) -> list[str]:
    """Return the row of a network in the table."""
    epochs = repeats(SECONDS, together(workers[:1], network, 2) / 2)
    together(workers, network, 1)  # everybody has the data and the buffers
    alone, both = [], []
    for _ in range(ROUNDS):
        alone.append(together(workers[:1], network, epochs))
        both.append(together(workers, network, epochs))
    ratios = [b / a for b, a in zip(both, alone, strict=True)]
    return [network.name, f"{paired(both, alone):.2f}", f"{min(ratios):.2f} to {max(ratios):.2f}"]


def main() -> None:
    """Print the table."""
    threads = str(os.cpu_count())
    workers = [Worker("ours", {"CHAINRULE_THREADS": threads}) for _ in range(2)]
    for worker in workers:
        worker.wait()
    print(machine())
    print(f"chainrule {workers[0].versions}: two processes of {threads} threads over one alone\n")
    print(table(["network, batch", "two / one", "range"], [measure(workers, network) for network in NETWORKS]))
    for worker in workers:
        worker.close()


if __name__ == "__main__":
    main()
