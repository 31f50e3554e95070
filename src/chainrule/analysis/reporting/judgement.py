"""What the model answers on the rows of a report: truth, answers, and which rows it gets most wrong."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.scores import wilson
from chainrule.estimators.tabular import TabularModel
from chainrule.random import generator
from chainrule.tables import ClassTarget, NumberTarget, Table

RESAMPLES = 1000


@dataclass(frozen=True)
class Judgement:
    """Answers to rows whose truth is known.

    Attributes
    ----------
    truth, answers : array (rows,)
        Class codes, or numbers in the target's unit.
    probabilities : array (rows, classes) or None
    losses : array (rows,)
        What each row costs: minus the logarithm of the true class's probability, or the squared error.
    """

    truth: Array
    answers: Array
    probabilities: Array | None
    losses: Array


def judge(model: TabularModel, rows: Table) -> Judgement:
    """Return what the model answers to rows."""
    target, column = model.target, rows.column(model.target.name)
    outputs = model.outputs(rows)
    if isinstance(target, ClassTarget):
        truth = target.encode(column)
        # One that has rounded to 0 has no logarithm, and small ones keep their order.
        probability = np.clip(outputs[np.arange(len(truth)), truth].astype(np.float64), 1e-12, 1)
        return Judgement(truth, target.codes(outputs), outputs, -np.log(probability))
    assert isinstance(target, NumberTarget)  # several targets are not judged
    truth = np.asarray(column.values, np.float64)
    answers = target.points(target.answers(outputs))
    return Judgement(truth, answers, None, (answers - truth) ** 2)


@dataclass(frozen=True)
class Score:
    """A score with its 95% interval, and what guessing gets."""

    name: str
    value: float
    low: float
    high: float
    guess: float | None
    larger_is_better: bool


def scores(judgement: Judgement, guess: float, seed: int = 0) -> list[Score]:
    """Return the scores on the rows, with intervals by resampling them (percentile bootstrap, Efron 1979).

    The accuracy has Wilson's interval.

    Parameters
    ----------
    judgement : Judgement
    guess : float
        The class code, or the number, that one would always answer without a model.
    seed : int
        Of the resampling.
    """
    truth, answers, rows = judgement.truth, judgement.answers, len(judgement.truth)
    draws = generator(seed, "sample").integers(rows, size=(RESAMPLES, min(rows, 10_000)))
    scale = np.sqrt(draws.shape[1] / rows)  # fewer rows scatter more

    def with_interval(name: str, of: Callable[[Array], Array], larger: bool, guessed: float | None) -> Score:
        value = of(np.arange(rows)[None])[0]
        low, high = np.quantile(np.concatenate([of(part) for part in np.array_split(draws, 20)]), [0.025, 0.975])
        centre = float(value)
        low, high = (float(centre + (end - centre) * scale) for end in (low, high))
        return Score(name, centre, low, high, None if guessed is None else float(guessed), larger)

    if judgement.probabilities is not None:
        right = truth == answers
        classes = judgement.probabilities.shape[1]
        shares = np.bincount(truth, minlength=classes) / rows
        entropy = -float(np.sum(shares[shares > 0] * np.log(shares[shares > 0])))
        low, high = wilson(
            int(right.sum()), rows
        )  # resampling rows that are all right would say that nothing is unsure
        return [
            Score("accuracy", float(right.mean()), low, high, float((truth == guess).mean()), True),
            with_interval(
                "balanced accuracy", lambda d: _balanced(truth[d], right[d], classes), True, 1 / np.sum(shares > 0)
            ),
            with_interval("log loss", lambda d: judgement.losses[d].mean(1), False, entropy),
        ]
    errors = answers - truth
    return [
        with_interval(
            "RMSE", lambda d: np.sqrt((errors[d] ** 2).mean(1)), False, float(np.sqrt(((truth - guess) ** 2).mean()))
        ),
        with_interval(
            "mean absolute error", lambda d: np.abs(errors[d]).mean(1), False, float(np.abs(truth - guess).mean())
        ),
        with_interval("R2", lambda d: 1 - (errors[d] ** 2).sum(1) / _spread(truth[d]), True, 0.0),
    ]


def _spread(truth: Array) -> Array:
    return np.asarray(np.maximum(((truth - truth.mean(1, keepdims=True)) ** 2).sum(1), np.finfo(float).tiny))


def _balanced(truth: Array, right: Array, classes: int) -> Array:
    """Return the mean over classes of the share of their rows that is right; classes that are not there don't count."""
    total, there = np.zeros(len(truth)), np.zeros(len(truth))
    for code in range(classes):
        of_class = truth == code
        count = of_class.sum(1)
        total += np.where(count > 0, (right & of_class).sum(1) / np.maximum(count, 1), 0)
        there += count > 0
    return np.asarray(total / there)
