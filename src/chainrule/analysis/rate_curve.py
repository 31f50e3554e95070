"""The rate curve: which learning rates worked, as a few lines of text and as a picture."""

from collections.abc import Sequence
from math import ceil, floor, log10
from typing import Any

import numpy as np

from chainrule.analysis.drawing.figures import MUTED, SERIES, new_figure
from chainrule.analysis.study import Trial
from chainrule.errors import StateError
from chainrule.estimators.wording import short_number

RATE = "learning_rate"
BAR, ROWS = 28, 12  # characters of the longest bar, lines at most
COMPLETE, BEST = SERIES[:2]


def rate_lines(trials: Sequence[Trial], larger_is_better: bool, monitor: str) -> list[str]:
    """Return a line for each decade of rates, or half of one: the best score there, as a number and a bar.

    A bar begins at 0: half as long is half as good, a loss of 0.6 where the best is 0.3, an accuracy of 0.4 where it is
    0.8. Where no score is above 0 there are no bars.

    Examples
    --------
    >>> trials = [Trial(i, {"learning_rate": rate}, "complete", score) for i, (rate, score) in enumerate(
    ...     [(0.001, 0.9), (0.01, 0.3), (0.011, 0.2), (1.0, 2.0)])]
    >>> for line in rate_lines(trials, False, "val_loss")[:4]:
    ...     print(line)
    learning rate      best val_loss; a longer bar is better
    0.001 to 0.00316   0.900    ██████▎                      1 trial
    0.00316 to 0.01                                          none
    0.01 to 0.0316     0.200    ████████████████████████████ 2 trials  best
    """
    swept = [t for t in trials if isinstance(t.settings.get(RATE), float | int) and t.state != "running"]
    if not any(t.state == "complete" for t in swept) or len({t.settings[RATE] for t in swept}) < 2:
        return []
    logs = np.log10([t.settings[RATE] for t in swept])
    width = 0.5 if logs.max() - logs.min() <= ROWS / 2 else 1.0
    # Rates that begin a row, 0.01 say, have logarithms that are rounded.
    last = ceil(logs.max() / width - 1e-9) - 1  # the largest rate belongs to what is below it
    places = [min(floor(v / width + 1e-9), last) for v in logs.tolist()]
    best = min((t for t in swept if t.score is not None), key=lambda t: _badness(t, larger_is_better))
    assert best.score is not None
    lines = []
    for place in range(min(places), max(places) + 1):
        here = [t for t, p in zip(swept, places, strict=True) if p == place]
        done = [t for t in here if t.score is not None]
        name = f"{_rate(10 ** (place * width))} to {_rate(10 ** ((place + 1) * width))}"
        if not done:
            text = ", ".join(_counts(here)) or "none"
            lines.append(f"{name:<18} {'':<8} {'':<{BAR}} {text}")
            continue
        top = min(done, key=lambda t: _badness(t, larger_is_better))
        assert top.score is not None
        bar = _bar(_share(top.score, best.score, larger_is_better)) if best.score > 0 else ""
        mark = "  best" if top is best else ""
        lines.append(f"{name:<18} {short_number(top.score):<8} {bar:<{BAR}} {', '.join(_counts(here))}{mark}".rstrip())
    legend = "; a longer bar is better" if best.score > 0 else ""
    return [f"{'learning rate':<18} best {monitor}{legend}", *lines]


def _badness(trial: Trial, larger_is_better: bool) -> float:
    assert trial.score is not None
    return -trial.score if larger_is_better else trial.score


def _share(score: float, best: float, larger_is_better: bool) -> float:
    """Return how good a score is beside the best one, from 0 to 1: losses that are far off don't flatten the rest."""
    return max(0.0, score / best) if larger_is_better else best / score


def _bar(share: float) -> str:
    eighths = max(1, round(share * BAR * 8))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _rate(value: float) -> str:
    digits = max(0, 2 - floor(log10(value)))
    return f"{value:.{digits}f}".rstrip("0").rstrip(".") if 1e-4 <= value < 1e4 else f"{value:.2g}"


def _counts(trials: Sequence[Trial]) -> list[str]:
    states = [t.state for t in trials]
    complete = states.count("complete")
    first = [f"{complete} trial{'' if complete == 1 else 's'}"] if complete else []
    return first + [f"{states.count(state)} {state}" for state in ("pruned", "diverged", "failed") if state in states]


def plot_rates(trials: Sequence[Trial], larger_is_better: bool, monitor: str) -> Any:
    """Return a figure: score against learning rate, a point for each trial, the best and the pruned ones marked.

    Trials that diverged stand as crosses at the upper end; a score of pruned ones is their last.

    Raises
    ------
    StateError
        The learning rate was not tried, or no trial is complete.
    DependencyError
        matplotlib is not installed.
    """
    done = [t for t in trials if t.state == "complete"]
    if not done or not all(isinstance(t.settings.get(RATE), float | int) for t in trials):
        raise StateError("there is no rate curve: it needs complete trials of a learning_rate that was tried")
    figure, axes = new_figure(width=6.4, height=4.0)
    best = min(done, key=lambda t: _badness(t, larger_is_better))
    axes.set_xscale("log")
    pruned = [t for t in trials if t.state == "pruned" and t.curve]
    lost = [t for t in trials if t.state == "diverged"]
    if pruned:
        axes.plot(*_points(pruned), "o", mfc="none", color=MUTED, label=f"pruned ({len(pruned)})")
    axes.plot(*_points(done), "o", color=COMPLETE, label=f"complete ({len(done)})", alpha=0.8)
    if lost:
        axes.plot(
            [t.settings[RATE] for t in lost], [0.98] * len(lost), "x", color=MUTED,
            transform=axes.get_xaxis_transform(), label=f"diverged ({len(lost)})",
        )  # fmt: skip
    rate = best.settings[RATE]
    axes.plot(*_points([best]), "*", color=BEST, markersize=15, label=f"best: {rate:g}")
    axes.axvline(rate, color=BEST, linewidth=0.8, linestyle=":")
    scores = _points([*done, *pruned])[1]
    if min(scores) > 0 and max(scores) > 20 * min(scores):
        axes.set_yscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel(monitor.replace("val_", "validation ").replace("_", " "))
    axes.legend(frameon=False)
    return figure


def _points(trials: Sequence[Trial]) -> tuple[list[float], list[float]]:
    scores = [t.curve[-1] if t.score is None else t.score for t in trials]
    return [t.settings[RATE] for t in trials], scores
