"""SweepResult: what a sweep found: its trials, the best settings, the model trained with them and its test scores."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

from chainrule.analysis.rate_curve import plot_rates, rate_lines
from chainrule.analysis.search_space import label
from chainrule.analysis.study import Trial
from chainrule.estimators.wording import duration, short_number

SHOWN = 5  # of the best trials


@dataclass(frozen=True)
class SweepResult:
    """What a sweep found; ``print(result)`` shows it.

    Attributes
    ----------
    trials : list of Trial
        By number; also those of other processes that share the study.
    best : Trial
    model : TabularModel, or the model that ``build`` returned
        Trained with the best settings.
    test : dict of str to float
        Its scores on the test rows, which no trial has seen.
    monitor : str
        What the score is: a name in the history of training.
    larger_is_better : bool
    swept : list of str
        The settings that were tried.
    wanted : int
        Trials that the whole study is to have.
    """

    trials: list[Trial]
    best: Trial
    model: Any
    test: dict[str, Any]
    monitor: str
    larger_is_better: bool
    swept: list[str]
    wanted: int

    def plot(self) -> Any:
        """Return a matplotlib figure: score against learning rate, the best and the pruned trials marked."""
        return plot_rates(self.trials, self.larger_is_better, self.monitor)

    def count_line(self) -> str:
        """Return how the trials ended."""
        return count_line(self.trials, self.wanted)

    def lines(self) -> list[str]:
        """Return the screen: how the trials ended, the best of them, and which learning rates worked."""
        head = ["trial", *(name.replace("_", " ") for name in self.swept), self.monitor, "epochs", "time"]
        rows = [head, *(row_of(t, self.swept) for t in ranked(self.trials, self.larger_is_better)[:SHOWN])]
        widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
        table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        curve = rate_lines(self.trials, self.larger_is_better, self.monitor)
        return [
            self.count_line(),
            "",
            *(f"  {line}" for line in table),
            *([""] if curve else []),
            *(f"  {c}" for c in curve),
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the result, but for the model, as JSON data."""
        trials = [record(t) for t in self.trials]
        return {
            "monitor": self.monitor,
            "larger_is_better": self.larger_is_better,
            "best": next(t for t in trials if t["number"] == self.best.number),
            "test": self.test,
            "trials": trials,
        }

    def __str__(self) -> str:
        found = ", ".join(f"{name} {label(self.best.settings[name])}" for name in self.swept)
        return "\n".join([*self.lines(), "", f"best: {found}"])


def record(trial: Trial) -> dict[str, Any]:
    """Return a trial as JSON data; numbers that are not finite are None.

    Examples
    --------
    >>> record(Trial(3, {"hidden": (8, 4)}, "diverged", curve=[0.5, float("nan")]))["curve"]
    [0.5, None]
    """
    settings = {name: list(value) if isinstance(value, tuple) else value for name, value in trial.settings.items()}
    curve = [value if isfinite(value) else None for value in trial.curve]
    score = trial.score if trial.score is not None and isfinite(trial.score) else None
    return {**asdict(trial), "settings": settings, "score": score, "curve": curve}


def ranked(trials: Sequence[Trial], larger_is_better: bool) -> list[Trial]:
    """Return the complete trials, the best first, of equal ones the first.

    Examples
    --------
    >>> trials = [Trial(0, {}, "complete", 0.5), Trial(1, {}, "pruned"), Trial(2, {}, "complete", 0.2)]
    >>> [trial.number for trial in ranked(trials, larger_is_better=False)]
    [2, 0]
    """
    done = [(t.score, t) for t in trials if t.score is not None]
    done.sort(key=lambda pair: (-pair[0] if larger_is_better else pair[0], pair[1].number))
    return [trial for _, trial in done]


def count_line(trials: Sequence[Trial], wanted: int) -> str:
    """Return how trials ended, in a line.

    Examples
    --------
    >>> count_line([Trial(0, {}, "complete", 0.5), Trial(1, {}, "pruned")], 8)
    '2 of 8 trials: 1 complete, 1 pruned'
    >>> count_line([], 8)
    '0 of 8 trials'
    """
    states = [t.state for t in trials]
    kinds = ("complete", "pruned", "diverged", "failed", "running")
    ended = len(states) - states.count("running")
    each = ", ".join(f"{states.count(s)} {s}" for s in kinds if s in states)
    return f"{ended} of {wanted} trials{each and f': {each}'}"


def row_of(trial: Trial, swept: Sequence[str]) -> list[str]:
    """Return a trial as the cells of a table: number, settings, score or what became of it, epochs, time."""
    score = trial.state if trial.score is None else short_number(trial.score)
    time = duration(trial.seconds) if trial.seconds else ""
    return [str(trial.number), *(label(trial.settings[name]) for name in swept), score, str(trial.epochs or ""), time]
