"""Permutation importance: how much worse the answers become when one column says nothing any more."""

from dataclasses import dataclass, replace
from math import sqrt

import numpy as np

from chainrule.analysis.reporting.judgement import judge
from chainrule.estimators.tabular import TabularModel
from chainrule.random import generator
from chainrule.tables import ClassTarget, Table

MOST_ROWS = 2000


@dataclass(frozen=True)
class Importance:
    """What shuffling a column costs.

    Attributes
    ----------
    column : str
    mean, low, high : float
        By how much the log loss, or of a number the RMSE, rises: the mean over shuffles, and their range.
    """

    column: str
    mean: float
    low: float
    high: float


def permutation_importance(model: TabularModel, rows: Table, repeats: int = 5, seed: int = 0) -> list[Importance]:
    """Shuffle the values of each column in turn, and see how much the error rises; the largest rise comes first.

    Columns that say the same can stand in for one another, and then none of them looks important.

    Parameters
    ----------
    model : TabularModel
    rows : Table
        With the target known; at most 2,000 are used, the first ones.
    repeats : int
    seed : int

    References
    ----------
    Breiman, "Random forests", Machine Learning 45, 2001, section 10.
    """
    if rows.rows > MOST_ROWS:
        rows = rows.take(np.arange(MOST_ROWS))
    before = _error(model, rows)
    found = []
    for number, encoding in enumerate(model.encoder.used):
        place = rows.names.index(encoding.name)
        draw, rises = generator(seed, "sample", number), []
        for _ in range(repeats):
            columns = list(rows.columns)
            columns[place] = columns[place].take(draw.permutation(rows.rows))
            rises.append(_error(model, replace(rows, columns=tuple(columns))) - before)
        found.append(Importance(encoding.name, float(np.mean(rises)), min(rises), max(rises)))
    return sorted(found, key=lambda importance: -importance.mean)


def _error(model: TabularModel, rows: Table) -> float:
    """Return the log loss, or the root of the mean squared error, in the unit of the target."""
    mean = float(judge(model, rows).losses.mean())
    return mean if isinstance(model.target, ClassTarget) else sqrt(mean)
