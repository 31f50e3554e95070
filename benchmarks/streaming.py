"""Predict a file that is larger than the memory allowed: time and peak memory of ``chainrule predict``.

    python -m benchmarks.streaming [MEGABYTES] [--folder DIR]

Writes a table of that size (2,000 MB unless told), trains a small model on its first rows, predicts the whole file in
a process of its own, and prints what that took. The peak is that of the process, everything in it included.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import chainrule
from chainrule.random import generator

ALLOWED = 500  # megabytes of memory
ROWS = 20_000  # of the block that is repeated
NUMBERS = 8


def block() -> str:
    """Return lines of eight numbers, one in a hundred missing, a category, a date and the class."""
    random = generator(0, "sample")
    x = random.normal(size=(ROWS, NUMBERS))
    cities = random.choice(["Rome", "Oslo", "Paris", "Lima, Peru"], ROWS)
    missing = random.random(ROWS) < 0.01
    lines = []
    for row, city, absent in zip(x, cities, missing, strict=True):
        cells = [f"{value:.6f}" for value in row]
        cells[3] = "NA" if absent else cells[3]
        place = f'"{city}"' if "," in city else city
        answer = "high" if row[0] + row[1] * row[2] > 0.5 else "low"
        lines.append(f"{','.join(cells)},{place},2024-01-{int(abs(row[4]) * 9) % 28 + 1:02d},{answer}\n")
    return "".join(lines)


def write_table(path: Path, megabytes: float, lines: str) -> int:
    """Write the table; return its rows."""
    rows, size = 0, 0
    with path.open("w", encoding="utf-8") as out:
        out.write(",".join([*(f"x{i}" for i in range(NUMBERS)), "city", "day", "answer"]) + "\n")
        while size < megabytes * 1e6:
            out.write(lines)
            rows, size = rows + ROWS, size + len(lines)
    return rows


def measure(command: list[str]) -> tuple[float, float]:
    """Run a command; return its seconds and the most memory that it took, in megabytes."""
    started = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} ended with code {process.returncode}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024 / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("megabytes", nargs="?", type=float, default=2000)
    parser.add_argument(
        "--folder", type=Path, help="Where the files go for as long as it runs; default: a temporary one."
    )
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder = Path(name)
        lines = block()
        write_table(folder / "small.csv", 1, lines)
        chainrule.train(folder / "small.csv", target="answer", epochs=5).save(folder / "model.safetensors")
        rows = write_table(folder / "large.csv", arguments.megabytes, lines)
        size = (folder / "large.csv").stat().st_size / 1e6
        command = [sys.executable, "-m", "chainrule", "predict", str(folder / "model.safetensors")]
        seconds, peak = measure([*command, str(folder / "large.csv"), "--out", str(folder / "answers.csv"), "--quiet"])
        with (folder / "answers.csv").open("rb") as answers:
            written = sum(chunk.count(b"\n") for chunk in iter(lambda: answers.read(1 << 20), b"")) - 1
        assert written == rows, f"{written} answers for {rows} rows"
        print(
            f"{size:,.0f} MB of CSV, {rows:,} rows: {seconds:.1f} s ({size / seconds:.0f} MB/s, "
            f"{rows / seconds:,.0f} rows/s), at most {peak:.0f} MB of memory ({ALLOWED} allowed)"
        )
        print(json.dumps({"megabytes": size, "rows": rows, "seconds": seconds, "peak_megabytes": peak}))
        if peak > ALLOWED:
            raise SystemExit("more memory than allowed")


if __name__ == "__main__":
    main()
