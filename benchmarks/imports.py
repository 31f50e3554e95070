"""How long ``import chainrule`` takes, as a ratio to ``import numpy``.

Run it with ``python -m benchmarks.imports``. Fresh interpreters, in turn; the time of the import statement itself;
medians. The bar is a ratio of 2 at most.
"""

import statistics
import subprocess
import sys

ROUNDS = 15
CASES = {
    "import numpy": "import numpy",
    "import chainrule": "import chainrule",
    "chainrule.Sequential": "import chainrule; chainrule.Sequential",
    "chainrule.train": "import chainrule; chainrule.train",
}


def seconds(statement: str) -> float:
    """Return how long a statement takes in a fresh interpreter."""
    code = f"import time; t = time.perf_counter(); {statement}; print(time.perf_counter() - t)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main() -> None:
    times: dict[str, list[float]] = {name: [] for name in CASES}
    for _ in range(ROUNDS):
        for name, statement in CASES.items():
            times[name].append(seconds(statement))
    numpy = times["import numpy"]
    print(f"{'statement':<24}{'ms':>8}{'ratio to numpy':>18}")
    for name, measured in times.items():
        ratio = statistics.median(ours / theirs for ours, theirs in zip(measured, numpy, strict=True))
        print(f"{name:<24}{1000 * statistics.median(measured):>8.1f}{ratio:>18.2f}")


if __name__ == "__main__":
    main()
