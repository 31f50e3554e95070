"""LearningRateCurve: what a range test found, and the rules by which a rate is suggested and the regions are told."""

from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.estimators.wording import short_number

SMOOTHING = 0.15  # decades of the learning rate: the deviation of the Gaussian
BELOW = 3.0  # the suggestion is the rate of the lowest loss by this
NOTICEABLE = 0.1  # of the whole fall: what has changed by less has not changed yet
CERTAIN = 5.0  # deviations of the smoothed noise that a fall must exceed
NAMES = ("too small", "good", "diverging")


class LearningRateCurve:
    """The loss against the learning rate, as `find_learning_rate` measured it.

    With s the smoothed loss, s_0 at the first rate, s_min at its lowest, and fall = s_0 - s_min:

        too small:   up to the last rate, before the lowest loss, at which s > s_0 - fall / 10
        diverging:   from the first rate on, beyond the lowest loss, at which s > s_min + fall / 10 + noise
        good:        between them
        suggestion:  the rate of s_min by 3, in the good region

    s is the mean of the losses around a rate, weighted by a Gaussian of 0.15 decades; losses above s_0 + fall count as
    that. A third of the rate of the lowest loss, because there the steps are just not too large yet, and while a
    network trains they must not become so; `find_learning_rate` names a paper on it.

    Attributes
    ----------
    rates, losses, smoothed : arrays (steps,)
        Fewer than were asked for where the loss was lost before.
    start : float
        The loss before the first step.
    diverged : bool
        Whether the loss was lost before the last rate.
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
    >>> curve = LearningRateCurve(rates, losses, start=1.0, diverged=False)
    >>> print(f"{curve.suggestion:.2g}", {name: f"{high:.2g}" for name, (low, high) in curve.regions.items()})
    0.0053 {'too small': '0.00025', 'good': '0.032', 'diverging': '1'}
    """

    def __init__(self, rates: Array, losses: Array, start: float, diverged: bool) -> None:
        self.rates, self.losses, self.start, self.diverged = rates, losses, start, diverged
        self._per_decade = (len(rates) - 1) / np.log10(rates[-1] / rates[0])
        self.smoothed = self._smooth(np.minimum(losses, start + abs(start)))
        first = float(self.smoothed[0])
        fall = first - float(self.smoothed.min())
        self.smoothed = self._smooth(np.minimum(losses, first + fall)) if fall > 0 else self.smoothed
        self.lowest = int(self.smoothed.argmin())
        self.fall = first - float(self.smoothed[self.lowest])
        noise = self._noise()
        self.learns = self.fall > CERTAIN * noise
        self.regions: dict[str, tuple[float, float] | None] = dict.fromkeys(NAMES)
        self.suggestion: float | None = None
        if self.learns:
            self._judge(first, noise)
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

    def _judge(self, first: float, noise: float) -> None:
        s, rates, lowest = self.smoothed, self.rates, self.lowest
        before = np.flatnonzero(s[: lowest + 1] > first - NOTICEABLE * self.fall)
        begin = int(before[-1]) if len(before) else 0
        after = np.flatnonzero(s[lowest:] > s[lowest] + NOTICEABLE * self.fall + CERTAIN * noise)
        end = lowest + int(after[0]) if len(after) else len(rates) - 1
        bounds = rates[[0, begin, end, -1]].tolist()
        self.regions["too small"] = (bounds[0], bounds[1]) if begin else None
        self.regions["good"] = (bounds[1], bounds[2])
        self.regions["diverging"] = (bounds[2], bounds[3]) if len(after) or self.diverged else None
        self.suggestion = max(float(rates[lowest]) / BELOW, bounds[1])

    def _rule(self) -> str:
        low, high = short_number(float(self.rates[0])), short_number(float(self.rates[-1]))
        if self.suggestion is None:
            return f"none: between {low} and {high} the loss fell by no more than its noise"
        where = short_number(float(self.rates[self.lowest]))
        if self.suggestion > self.rates[self.lowest] / BELOW:
            rule = f"the first rate at which the loss falls, for it is lowest soon after, at {where}"
        else:
            rule = f"a third of the rate at which the smoothed loss is lowest, {where}"
        return rule if self.regions["diverging"] else f"{rule}; it did not diverge up to {high}: try a larger max_lr"

    def as_dict(self) -> dict[str, Any]:
        """Return everything as JSON data."""
        return {
            "suggestion": self.suggestion,
            "rule": self.rule,
            "regions": {name: None if ends is None else list(ends) for name, ends in self.regions.items()},
            "start": self.start,
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
