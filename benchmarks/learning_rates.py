"""How near the learning rate that `find_learning_rate` suggests comes to the best one of a sweep.

Run ``python -m benchmarks.learning_rates DATA_FOLDER [--rows 2500] [--seeds 2]``. DATA_FOLDER is that of
``benchmarks.tabular``; moons and a sum of sines come from a formula. Of every set so many rows are drawn; the network,
its schedule (a cosine with the rate as its peak) and the number of epochs are the defaults of ``chainrule train``. The
sweep tries rates a quarter of a decade apart. A score is the validation loss of the best epoch, as early stopping keeps
it, and that of the last epoch; both are means over the seeds, by the smallest such mean of the sweep: 1 is as good as
the best rate.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.tabular import SETS
from benchmarks.timing import machine, table
from chainrule.analysis import find_learning_rate
from chainrule.estimators.network import Options, build_network
from chainrule.estimators.train_table import prepare_table
from chainrule.tables import read_table, samples
from chainrule.training import TerminateOnNaN

SWEPT = {"adam": 10 ** np.arange(-3.5, -0.99, 0.25), "sgd": 10 ** np.arange(-2.5, 0.01, 0.25)}
Made = tuple[dict[str, Any], str | None]  # columns with the target as "target", and the task


def sines(rows: int) -> Made:
    """Return numbers that are a sum of sines and a product."""
    rng = np.random.default_rng(1)
    a, b, c = rng.uniform(-2, 2, (3, rows))
    return {"a": a, "b": b, "c": c, "target": np.sin(3 * a) + b * c + 0.1 * rng.normal(size=rows)}, "regression"


def moons(rows: int) -> Made:
    """Return the two moons."""
    data = samples.moons(rows=rows)
    return {"a": data.X[:, 0], "b": data.X[:, 1], "target": np.where(data.y.ravel() > 0, "up", "down")}, None


def from_folder(name: str, folder: Path) -> Callable[[int], Made]:
    """Return the function that draws rows of a set of `SETS`."""

    def draw(rows: int) -> Made:
        X, y = SETS[name].read(folder, SETS[name].file)
        drawn = np.random.default_rng(0).permutation(len(X))[:rows]
        columns = {column: X[column].to_numpy()[drawn] for column in X}
        return {**columns, "target": y.to_numpy()[drawn]}, "classification" if SETS[name].classes else "regression"

    return draw


def losses(prepared: Any, options: Options) -> tuple[float, float]:
    """Train, and return the validation loss of the best and of the last epoch; infinite where training was lost."""
    network = build_network(prepared.encoder, prepared.target, options, len(prepared.training))
    history = network.fit(
        prepared.training.inputs,
        prepared.training.answers,
        batch_size=options.batch(len(prepared.training)),
        epochs=options.most_epochs(len(prepared.training), prepared.task),
        validation_data=(prepared.validation.inputs, prepared.validation.answers),
        callbacks=[TerminateOnNaN()],
        verbose=0,
    )
    curve = history.history.get("val_loss", [np.inf])
    return float(np.nanmin(curve)), np.inf if history.diverged else curve[-1]


def suggested(prepared: Any, options: Options) -> float:
    """Return the rate that the range test suggests."""
    training = prepared.training
    network = build_network(prepared.encoder, prepared.target, options, len(training))
    found = find_learning_rate(network, training.inputs, training.answers, batch_size=options.batch(len(training)))
    assert found.suggestion is not None, found.rule
    return found.suggestion


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rows", type=int, default=2500)
    parser.add_argument("--seeds", type=int, default=2)
    asked = parser.parse_args()
    made = {name: from_folder(name, asked.folder) for name in SETS} | {"moons": moons, "sines": sines}
    print(machine())
    lines = []
    for name, draw in made.items():
        columns, task = draw(asked.rows)
        rows = read_table(columns)
        for optimizer, swept in SWEPT.items():
            swept_losses, own, rates = [], [], []
            for seed in range(asked.seeds):
                options = Options(optimizer=optimizer, seed=seed)
                prepared = prepare_table(rows, "target", task, options)
                swept_losses.append([losses(prepared, replace(options, learning_rate=float(rate))) for rate in swept])
                rates.append(suggested(prepared, options))
                own.append(losses(prepared, replace(options, learning_rate=rates[-1])))
            every, best = np.mean(swept_losses, axis=0), np.mean(swept_losses, axis=0).min(axis=0)
            ratios = np.mean(own, axis=0) / best
            texts = ", ".join(f"{rate:.2g}" for rate in rates)
            lines.append(
                [name, optimizer, texts, f"{swept[every[:, 0].argmin()]:.2g}", f"{ratios[0]:.3f}", f"{ratios[1]:.3f}"]
            )
            print(lines[-1], flush=True)
    print(table(["set", "optimiser", "suggested", "best of the sweep", "best epoch", "last epoch"], lines))


if __name__ == "__main__":
    main()
