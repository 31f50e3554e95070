"""The catalogue of broken set-ups, and healthy runs beside it: how many `diagnose` recognises, and its false alarms.

python -m tests.analysis.diagnosis_catalogue                 # the final sets, seeds 5 to 9, 100 healthy runs
python -m tests.analysis.diagnosis_catalogue --development   # the sets and seeds that thresholds were chosen on
python -m tests.analysis.diagnosis_catalogue --seeds 1 --healthy 24
"""

import argparse
import time
import warnings
from collections import Counter
from typing import NamedTuple

from chainrule.analysis import diagnose
from chainrule.random import generator
from tests.analysis.diagnosis_setups import DEVELOPMENT, FINAL, SETUPS, healthy

DEVELOPMENT_SEED, FINAL_SEED = 1000, 5
HEALTHY = 500  # seeds of healthy runs begin so much later


class Row(NamedTuple):
    """What came of one set-up: runs, those recognised by name, those where that name was the first, and all names."""

    name: str
    expected: str
    runs: int
    recognised: int
    first: int
    names: Counter[str]


def run(setup, make, seed):
    """Return the names of the findings on one broken run."""
    data = setup.change(make(seed), generator(seed, "sample", 5))
    recipe = setup.recipe(seed)
    if setup.trained:
        model, data = recipe.trained(data, seed)
    else:
        model = recipe.model(data, seed)
    return diagnose(model, data.x, data.y).names


def catalogue(sets, seeds, only=""):
    """Give a row for each set-up whose name holds ``only``, over its three data sets and all seeds."""
    for setup in (setup for setup in SETUPS if only in setup.name):
        outcomes = [run(setup, make, seed) for make in sets[setup.of].values() for seed in seeds]
        yield Row(
            setup.name,
            setup.expected,
            len(outcomes),
            sum(setup.expected in names for names in outcomes),
            sum(names[:1] == (setup.expected,) for names in outcomes),
            Counter(name for names in outcomes for name in names),
        )


def healthy_run(sets, number, seed):
    """Return the data set, the names of the findings before and after the training of a healthy run, and its recipe."""
    makes = [*sets["classes"].items(), *sets["numbers"].items()]
    name, make = makes[number % len(makes)]
    data, recipe = make(seed), healthy(seed)
    before = diagnose(recipe.model(data, seed), data.x, data.y).names
    model, data = recipe.trained(data, seed)
    return name, (*before, *diagnose(model, data.x, data.y).names), recipe


def alarms(sets, count, start):
    """Return what was found in healthy runs in which anything was found."""
    found = [healthy_run(sets, number, start + number) for number in range(count)]
    return [outcome for outcome in found if outcome[1]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--development", action="store_true")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--healthy", type=int, default=100)
    parser.add_argument("--only", default="", help="set-ups whose name holds this")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    sets, first = (DEVELOPMENT, DEVELOPMENT_SEED) if arguments.development else (FINAL, FINAL_SEED)
    began = time.perf_counter()
    print(f"{'set-up':<30}{'finding':<31}{'named':>9}{'first':>7}  others")
    rows = []
    for row in catalogue(sets, range(first, first + arguments.seeds), arguments.only):
        rows.append(row)
        others = ", ".join(f"{name} {count}" for name, count in row.names.most_common() if name != row.expected)
        print(
            f"{row.name:<30}{row.expected:<31}{row.recognised:>4} of{row.runs:>2}{row.first:>7}  {others}", flush=True
        )
    named, runs = sum(row.recognised for row in rows), sum(row.runs for row in rows)
    print(f"recognised by name: {named} of {runs} ({named / max(1, runs):.1%})")
    found = alarms(sets, arguments.healthy, first + HEALTHY)
    for name, names, recipe in found:
        print(f"  alarm: {name}: {', '.join(names)}: {recipe}")
    print(f"alarms: {len(found)} in {arguments.healthy} healthy runs, each diagnosed before and after training")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
