"""What the benchmarks share: how a call is timed, how times are compared, and how busy the machine is."""

import os
from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter
from typing import Any


def seconds(function: Callable[[], Any], repeat: int = 1) -> float:
    """Return the seconds of one call, averaged over ``repeat`` of them."""
    start = perf_counter()
    for _ in range(repeat):
        function()
    return (perf_counter() - start) / repeat


def repeats(target: float, one: float) -> int:
    """Return how often something that takes ``one`` second is to be done to fill ``target`` seconds."""
    return max(1, round(target / max(one, 1e-9)))


def paired(theirs: Sequence[float], ours: Sequence[float]) -> float:
    """Return the median of the ratios within each round: both saw the same machine there."""
    return median(t / o for t, o in zip(theirs, ours, strict=True))


def machine() -> str:
    """Return one line on the processor and what else it is doing."""
    return f"{os.cpu_count()} cores, load of the last minute {os.getloadavg()[0]:.1f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table, aligned for reading as it is: the first column left, the others right."""
    widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        aligned = [cells[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True))]
        return f"| {' | '.join(aligned)} |"

    rule = "|".join("-" * (w + 1) + ("-" if i == 0 else ":") for i, w in enumerate(widths))
    return "\n".join([line(head), f"|{rule}|", *map(line, rows)])
