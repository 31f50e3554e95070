"""The catalogue of broken set-ups, and healthy runs beside it: how many `diagnose` recognises, and its false alarms.

How testing is kept apart from tuning: rules and thresholds are chosen on the sets of DEVELOPMENT, with seeds from 1000
on. What counts is measured on BROKEN with seeds 7000 to 7004 and on HEALTHY with seeds 7500 to 7599. No family of data
is in two of these lists (`tests.analysis.diagnosis_data`), and no rule was changed after these seeds were first run.
Rules were also tried by hand, on real tables: one of them, penguins.csv, is in BROKEN. An earlier catalogue used its
sets, but for "hill", with seeds 0 to 9.

python -m tests.analysis.diagnosis_catalogue                 # the measurement: 5 seeds, 100 healthy runs
python -m tests.analysis.diagnosis_catalogue --development   # what rules and thresholds are chosen on
python -m tests.analysis.diagnosis_catalogue --seeds 1 --healthy 24
"""

import argparse
import time
import warnings
from collections import Counter
from typing import NamedTuple

from chainrule.analysis import diagnose
from chainrule.random import generator
from tests.analysis.diagnosis_data import BROKEN, DEVELOPMENT, DEVELOPMENT_HEALTHY, HEALTHY
from tests.analysis.diagnosis_recipes import healthy
from tests.analysis.diagnosis_setups import SETUPS

DEVELOPMENT_SEED, FINAL_SEED = 1000, 7000
HEALTHY_LATER = 500  # seeds of healthy runs begin so much later


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
    """Give a row for each set-up whose name holds ``only``, over its data sets and all seeds."""
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
    name = list(sets)[number % len(sets)]
    data = sets[name](seed)
    recipe = healthy(seed, data.noisy)
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
    broken, sound, first = BROKEN, HEALTHY, FINAL_SEED
    if arguments.development:
        broken, sound, first = DEVELOPMENT, DEVELOPMENT_HEALTHY, DEVELOPMENT_SEED
    began = time.perf_counter()
    print(f"{'set-up':<30}{'finding':<31}{'named':>10}{'first':>7}  others")
    rows = []
    for row in catalogue(broken, range(first, first + arguments.seeds), arguments.only):
        rows.append(row)
        others = ", ".join(f"{name} {count}" for name, count in row.names.most_common() if name != row.expected)
        print(
            f"{row.name:<30}{row.expected:<31}{row.recognised:>4} of{row.runs:>3}{row.first:>7}  {others}", flush=True
        )
    named, runs = sum(row.recognised for row in rows), sum(row.runs for row in rows)
    print(f"recognised by name: {named} of {runs} ({named / max(1, runs):.1%})")
    found = alarms(sound, arguments.healthy, first + HEALTHY_LATER)
    for name, names, recipe in found:
        print(f"  alarm: {name}: {', '.join(names)}: {recipe}")
    print(f"alarms: {len(found)} in {arguments.healthy} healthy runs, each diagnosed before and after training")
    print(f"{time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
