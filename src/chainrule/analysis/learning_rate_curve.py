"""LearningRateCurve: what a range test found, and the rules by which a rate is suggested and the regions are told."""

from collections.abc import Callable
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.wording import short_number

SMOOTHING = 0.15  # decades of the learning rate: the deviation of the Gaussian
BELOW = 3.0  # the suggestion is the rate from which the loss diverges by this
NOTICEABLE, HARMFUL = 0.1, 0.2  # of the whole fall: where a rate begins to do something, and where it does harm
BEYOND = 3.0  # times the rate at which the loss was lost, which drawings show
CERTAIN = 5.0  # deviations of the smoothed noise that a fall must exceed
NAMES = ("too small", "good", "diverging")


class LearningRateCurve:
    """The loss against the learning rate, as `find_learning_rate` measured it.

    With s the smoothed loss, s_0 at the first rate, s_min at its lowest, and fall = s_0 - s_min:

        too small:   up to the last rate, before the lowest loss, at which s > s_0 - fall / 10
        diverging:   from the first rate on, beyond the lowest loss, from which on s stays above s_min + fall / 5
        good:        between them
        suggestion:  a third of the rate at which "diverging" begins, or where "good" does if that is larger;
                     halved while as many steps at that rate alone do not bring the loss down

    s is the mean of the losses around a rate, weighted by a Gaussian of 0.15 decades; losses above s_0 + fall count as
    that. A test in which no rate makes the loss fall by more than its noise has no regions and no suggestion.

    The rule goes by the rate that is too large, and not by the lowest loss or the steepest fall as others do, for it
    alone does not depend on the noise of the batches: near its lowest point the curve is flat. How near to the best
    rate of a sweep it comes was measured (``benchmarks/RESULTS.md``). It is meant as the peak of a schedule that falls,
    such as the cosine of ``chainrule train``; a rate that stays may have to be smaller. And it says what trains well,
    not what generalises best: a network that learns its rows by heart may want less, or early stopping.

    Attributes
    ----------
    rates, losses, smoothed : arrays (steps,)
        Fewer than were asked for where the loss was lost before.
    start : float
        The loss before the first step.
    max_lr : float
        The last rate of the test.
    diverged : bool
        Whether the loss was lost before it.
    regions : dict of str to (float, float) or None
        "too small", "good" and "diverging", each from one rate to another; None for one that was not met.
    suggestion : float or None
        None where no rate made the loss fall by more than noise.
    rule : str
        Why it is the suggestion, in one sentence.

    Examples
    --------
    >>> rates = np.geomspace(1e-5, 1.0, 101)
    >>> losses = 1.0 - 0.5 / (1 + (0.003 / rates)) + (rates / 0.1) ** 2
    >>> curve = LearningRateCurve(rates, losses, start=1.0, max_lr=1.0, diverged=False)
    >>> print(f"{curve.suggestion:.2g}", {name: f"{high:.2g}" for name, (low, high) in curve.regions.items()})
    0.012 {'too small': '0.00025', 'good': '0.035', 'diverging': '1'}
    """

    def __init__(self, rates: Array, losses: Array, start: float, max_lr: float, diverged: bool) -> None:
        self.rates, self.losses, self.start, self.max_lr, self.diverged = rates, losses, start, max_lr, diverged
        self._per_decade = (len(rates) - 1) / np.log10(rates[-1] / rates[0])
        self.smoothed = self._smooth(np.minimum(losses, start + abs(start)))
        first = float(self.smoothed[0])
        fall = first - float(self.smoothed.min())
        self.smoothed = self._smooth(np.minimum(losses, first + fall)) if fall > 0 else self.smoothed
        self.lowest = int(self.smoothed.argmin())
        self.fall = first - float(self.smoothed[self.lowest])
        self.learns = self.fall > CERTAIN * self._noise()
        self.regions: dict[str, tuple[float, float] | None] = dict.fromkeys(NAMES)
        self.suggestion: float | None = None
        if self.learns:
            self._judge(first)
        self.rule = self._rule()

    def _smooth(self, losses: Array) -> Array:
        deviation = SMOOTHING * self._per_decade
        reach = max(1, int(np.ceil(3 * deviation)))
        weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2)
        inside = slice(reach, reach + len(losses))  # at the ends, of the losses that there are
        return np.asarray((np.convolve(losses, weights) / np.convolve(np.ones(len(losses)), weights))[inside])

    def _noise(self) -> float:
        """Return the deviation of the smoothed loss that comes from the batches alone."""
        upto = max(self.lowest, len(self.rates) // 4) + 1
        differences = np.diff(self.losses[:upto])
        independent = max(1.0, 2 * np.sqrt(np.pi) * SMOOTHING * self._per_decade)
        return float(1.4826 * np.median(np.abs(differences - np.median(differences))) / np.sqrt(2 * independent))

    def _judge(self, first: float) -> None:
        s, rates, lowest = self.smoothed, self.rates, self.lowest
        before = np.flatnonzero(s[: lowest + 1] > first - NOTICEABLE * self.fall)
        begin = float(rates[before[-1]]) if len(before) else float(rates[0])
        kept = lowest + int(np.flatnonzero(s[lowest:] <= s[lowest] + HARMFUL * self.fall)[-1])
        end = float(rates[min(kept + 1, len(rates) - 1)])
        diverges = self.diverged or kept + 1 < len(rates)
        self.regions["too small"] = (float(rates[0]), begin) if len(before) else None
        self.regions["good"] = (begin, end)
        self.regions["diverging"] = (end, self.max_lr) if diverges else None
        self.suggestion = max(end / BELOW, begin)

    def _rule(self) -> str:
        low, high = short_number(float(self.rates[0])), short_number(float(self.rates[-1]))
        good = self.regions["good"]
        if self.suggestion is None or good is None:
            return f"none: between {low} and {high} the loss fell by no more than its noise"
        if self.regions["diverging"] is None:
            return f"a third of {high}, the last rate; it did not diverge up to there: try a larger max_lr"
        end = short_number(good[1])
        if self.suggestion > good[1] / BELOW:
            return f"the first rate at which the loss falls, for it diverges soon after, from {end} on"
        return f"a third of {end}, the rate from which the loss diverges (a fifth of its fall is lost)"

    @property
    def shown(self) -> tuple[float, float]:
        """The rates that drawings reach from and to: somewhat beyond the one at which the loss was lost."""
        last = float(self.rates[-1])
        return float(self.rates[0]), min(self.max_lr, last * BEYOND) if self.diverged else last

    def drawn(self) -> tuple[Array, Array]:
        """Return the rates and the smoothed loss as they are drawn: where it was lost, it leaves upwards."""
        if not self.diverged:
            return self.rates, self.smoothed
        top = self.smoothed[0] + self.fall + abs(self.start)
        return np.append(self.rates, self.rates[-1] ** 2 / self.rates[-2]), np.append(self.smoothed, top)

    def halve_until(self, trains: Callable[[float], bool]) -> None:
        """Halve the suggestion until a function says that a network trains at it; not below the good region.

        The rates of the test come one after the other; at one rate alone, from the first step on, training can be
        lost sooner.
        """
        good, halvings = self.regions["good"], 0
        while self.suggestion is not None and good is not None and not trains(self.suggestion):
            if self.suggestion / 2 < good[0]:
                break
            self.suggestion, halvings = self.suggestion / 2, halvings + 1
        if halvings:
            times = "once" if halvings == 1 else f"{halvings} times"
            self.rule += f"; halved {times}, for steady steps at more did not bring the loss down"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON data."""
        return {
            "suggestion": self.suggestion,
            "rule": self.rule,
            "regions": {name: None if ends is None else list(ends) for name, ends in self.regions.items()},
            "start": self.start,
            "max_lr": self.max_lr,
            "diverged": self.diverged,
            "rates": self.rates.tolist(),
            "losses": self.losses.tolist(),
            "smoothed": self.smoothed.tolist(),
        }

    def lines(self, width: int = 80, plain: bool = False) -> list[str]:
        """Return the curve drawn as text, regions and suggestion below it; ``plain`` keeps to ASCII."""
        from chainrule.analysis.learning_rate_text import draw

        return draw(self, width, plain)

    def plot(self) -> Any:
        """Return a matplotlib figure: the loss against the rate, the regions and the suggestion.

        Raises
        ------
        DependencyError
            matplotlib is not installed.
        """
        from chainrule.analysis.learning_rate_plot import plot_learning_rates

        return plot_learning_rates(self)

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def __repr__(self) -> str:
        rate = "none" if self.suggestion is None else short_number(self.suggestion)
        return f"LearningRateCurve({len(self.rates)} steps, suggestion {rate})"
