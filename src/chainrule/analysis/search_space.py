"""SearchSpace: which settings a sweep tries: ranges and lists of choices, in Python or as text of the command line."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite, prod
from typing import Any

import numpy as np

from chainrule import activations, optimizers
from chainrule.arrays import is_number
from chainrule.errors import ArgumentError

DIGITS = 3  # of a number from a range: enough for a rate, and short enough to type again


@dataclass(frozen=True)
class Range:
    """All numbers from ``low`` to ``high``.

    Parameters
    ----------
    low, high : float or int
    log : bool
        Whether every factor is as likely as another of its size, as is right for a learning rate.
    whole : bool
        Whether only integers count.

    Examples
    --------
    >>> Range(1e-4, 1.0, log=True).text, Range(1e-4, 1.0, log=True).grid(3)
    ('0.0001..1', [0.0001, 0.01, 1.0])
    """

    low: float
    high: float
    log: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        """Check the ends."""
        ends = self.low, self.high
        if not all(is_number(end) and isfinite(end) for end in ends) or not self.low < self.high:
            raise ArgumentError(f"a range goes from a number to a larger one, such as 1e-4..1, got {self.text}")
        if self.log and self.low <= 0:
            raise ArgumentError(f"a range on a logarithmic scale starts above 0, got {self.text}")
        if self.whole and any(end != int(end) for end in ends):
            raise ArgumentError(f"expected a range of integers such as 16..256, got {self.text}")

    @property
    def text(self) -> str:
        """The range as the command line has it."""
        return f"{self.low:g}..{self.high:g}"

    def take(self, value: float) -> float | int:
        """Return a value with the digits that mean something, within the range."""
        if self.whole:
            return int(value)
        return min(max(float(f"{value:.{DIGITS}g}"), float(self.low)), float(self.high))

    def grid(self, points: int) -> list[float | int]:
        """Return so many values, evenly spaced on the range's scale."""
        spaced = np.geomspace if self.log else np.linspace
        values = spaced(self.low, self.high, points) if points > 1 else [self._middle()]
        return list(dict.fromkeys(self.take(round(float(v)) if self.whole else float(v)) for v in values))

    def _middle(self) -> float:
        return float(np.sqrt(self.low * self.high)) if self.log else (self.low + self.high) / 2


Entry = Range | tuple[Any, ...]


def _check_range(name: str, low: float, high: float) -> Callable[[str, Entry], None]:
    def check(_: str, entry: Entry) -> None:
        values = (entry.low, entry.high) if isinstance(entry, Range) else entry
        for value in values:
            if not is_number(value) or not low <= value < high:
                raise ArgumentError(f"{name} must be in [{low:g}, {high:g}), got {value!r}")

    return check


def _check_names(get: Callable[[Any], Any]) -> Callable[[str, Entry], None]:
    def check(name: str, entry: Entry) -> None:
        if isinstance(entry, Range):
            raise ArgumentError(f"{name} has names, not numbers: give a list of them, got {entry.text}")
        for value in entry:
            get(value)

    return check


def _check_least(least: float) -> Callable[[str, Entry], None]:
    def check(name: str, entry: Entry) -> None:
        for value in (entry.low, entry.high) if isinstance(entry, Range) else entry:
            if value is None and name != "learning_rate":
                continue
            if not is_number(value) or value < least or (least == 0 and value == 0):
                raise ArgumentError(f"{name} must be {'above' if least == 0 else 'at least'} {least:g}, got {value!r}")

    return check


def _check_hidden(_: str, entry: Entry) -> None:
    if isinstance(entry, Range):
        raise ArgumentError("hidden has units of layers: give alternatives such as 32,64|128,128")
    for widths in entry:
        if not all(isinstance(width, int) and width >= 1 for width in widths):
            raise ArgumentError(f"hidden expects units of each layer such as (64, 64), got {widths!r}")


@dataclass(frozen=True)
class _Kind:
    """How the values of a setting are read and checked."""

    check: Callable[[str, Entry], None]
    log: bool = False
    whole: bool = False
    is_text: bool = False


_KINDS = {
    "learning_rate": _Kind(_check_least(0), log=True),
    "batch_size": _Kind(_check_least(1), log=True, whole=True),
    "epochs": _Kind(_check_least(1), whole=True),
    "dropout": _Kind(_check_range("dropout", 0, 1)),
    "label_smoothing": _Kind(_check_range("label_smoothing", 0, 1)),
    "weight_decay": _Kind(_check_least(0), log=True),
    "hidden": _Kind(_check_hidden, is_text=True),
    "activation": _Kind(_check_names(activations.get), is_text=True),
    "optimizer": _Kind(_check_names(optimizers.get), is_text=True),
}


def read_entry(name: str, text: str) -> Range | list[Any]:
    """Return what text says of a setting: ``a..b`` a range, ``a,b`` a list; of widths ``32,64|128`` alternatives.

    Raises
    ------
    ArgumentError
        The text is none of these, or a value is outside its range.
    UnknownNameError
        There is no optimiser or activation of a name.

    Examples
    --------
    >>> read_entry("hidden", "32,64|none"), read_entry("dropout", "0..0.5").text, read_entry("optimizer", "sgd,adam")
    ([(32, 64), ()], '0..0.5', ['sgd', 'adam'])
    """
    kind = _KINDS[name]
    option = f"--{name.replace('_', '-')}"
    if name == "hidden":
        entry: Entry = tuple(_widths(part) for part in text.split("|"))
    elif kind.is_text:
        entry = tuple(part.strip() for part in text.split(","))
    else:
        example = "16..256 or 32,64" if kind.whole else "1e-4..1 or 0.01,0.1"
        try:
            numbers = [_number(part, kind.whole) for part in text.split(".." if ".." in text else ",")]
            if ".." in text and len(numbers) != 2:
                raise ValueError
        except ValueError:
            raise ArgumentError(
                f"{option} expects a number, a range or a list such as {example}, got {text!r}"
            ) from None
        try:
            entry = Range(numbers[0], numbers[1], kind.log, kind.whole) if ".." in text else tuple(numbers)
        except ArgumentError as error:
            raise ArgumentError(f"{option}: {error}") from None
    kind.check(name, entry)
    _check_once(option, entry)
    return entry if isinstance(entry, Range) else list(entry)


def _number(text: str, whole: bool) -> float | int:
    return int(text) if whole else float(text)


def _widths(text: str) -> tuple[int, ...]:
    if text.strip().lower() == "none":
        return ()
    try:
        widths = tuple(int(part) for part in text.split(","))
    except ValueError:
        widths = (0,)
    if min(widths) < 1:
        raise ArgumentError(f"--hidden expects units such as 64,64, alternatives such as 32,64|128,128, got {text!r}")
    return widths


def _check_once(name: str, entry: Entry) -> None:
    if isinstance(entry, tuple) and len(set(entry)) < len(entry):
        raise ArgumentError(f"{name} has a choice twice: {', '.join(map(label, entry))}")


def label(value: Any) -> str:
    """Return a value as people read and type it.

    Examples
    --------
    >>> label((128, 64)), label(()), label(0.00123), label("adam")
    ('128,64', 'none', '0.00123', 'adam')
    """
    if isinstance(value, tuple | list):
        return ",".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


class SearchSpace:
    """The settings to try.

    Parameters
    ----------
    entries : mapping from the name of a setting to what is tried
        A `Range`; a tuple of two numbers, a range too (of a learning rate, a weight decay and a batch size on a
        logarithmic scale); or a list of choices. Any other value is fixed.

    Examples
    --------
    >>> space = SearchSpace({"learning_rate": (1e-4, 1.0), "optimizer": ["sgd", "adam"], "epochs": 20})
    >>> space.swept, space.fixed, space.text("learning_rate")
    (['learning_rate', 'optimizer'], {'epochs': 20}, '0.0001..1')
    >>> len(space.grid(8))
    8
    """

    def __init__(self, entries: Mapping[str, Any]) -> None:
        if not isinstance(entries, Mapping):
            raise ArgumentError(f"space expects a dict from setting to what is tried, got {entries!r}")
        self.entries = {name: _entry(name, given) for name, given in entries.items()}
        self.swept = [name for name, entry in self.entries.items() if isinstance(entry, Range) or len(entry) > 1]
        self.fixed: dict[str, Any] = {
            name: entry[0] for name, entry in self.entries.items() if not isinstance(entry, Range) and len(entry) == 1
        }
        if not self.swept:
            raise ArgumentError(
                "there is nothing to try: give a setting a range or a list, such as learning_rate=(1e-4, 1.0)"
            )

    def text(self, name: str) -> str:
        """Return what is tried of a setting, as the command line has it."""
        entry = self.entries[name]
        return entry.text if isinstance(entry, Range) else ("|" if name == "hidden" else ",").join(map(label, entry))

    def describe(self) -> dict[str, str]:
        """Return the space as JSON data, by which two processes see that they mean the same."""
        return {name: self.text(name) for name in self.entries}

    def settings(self, sampled: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings that numbers and labels of choices stand for, the fixed ones with them."""
        found = dict(self.fixed)
        for name in self.swept:
            entry = self.entries[name]
            if isinstance(entry, Range):
                found[name] = entry.take(sampled[name])
            else:
                found[name] = next(choice for choice in entry if label(choice) == sampled[name])
        return found

    def grid(self, trials: int) -> list[dict[str, Any]]:
        """Return all combinations, each as `settings` takes it; ranges get the points that ``trials`` has room for."""
        choices = prod(len(entry) for entry in self.entries.values() if not isinstance(entry, Range))
        ranges = [entry for entry in self.entries.values() if isinstance(entry, Range)]
        points = 2
        while ranges and choices * (points + 1) ** len(ranges) <= trials:
            points += 1
        combined: list[dict[str, Any]] = [{}]
        for name in self.swept:
            entry = self.entries[name]
            values = entry.grid(points) if isinstance(entry, Range) else [label(choice) for choice in entry]
            combined = [{**one, name: value} for one in combined for value in values]
        return combined


def _entry(name: str, given: Any) -> Entry:
    kind = _KINDS.get(name)
    if isinstance(given, str) and kind is not None and (".." in given or "|" in given):
        given = read_entry(name, given)
    if isinstance(given, Range):
        entry: Entry = given
    elif isinstance(given, tuple) and len(given) == 2 and name != "hidden" and all(map(is_number, given)):
        whole = all(isinstance(end, int) for end in given) if kind is None else kind.whole
        entry = Range(given[0], given[1], kind is not None and kind.log, whole)
    elif name == "hidden":
        entry = _alternatives(given)
    elif isinstance(given, Sequence) and not isinstance(given, str):
        entry = tuple(given)
    else:
        entry = (given,)
    if isinstance(entry, tuple) and not entry:
        raise ArgumentError(f"{name} has no choices; give at least one")
    if kind is not None:
        kind.check(name, entry)
    _check_once(name, entry)
    return entry


def _alternatives(given: Any) -> tuple[tuple[int, ...], ...]:
    """Return alternatives of widths: ``(64, 64)`` is one, ``[(64,), (64, 64)]`` are two, and so are ``[32, 64]``."""
    if isinstance(given, tuple) and all(isinstance(width, int) for width in given):
        return (given,)
    if isinstance(given, int):
        return ((given,),)
    if not isinstance(given, Sequence) or isinstance(given, str):
        raise ArgumentError(f"hidden expects units such as (64, 64), or a list of such tuples, got {given!r}")
    return tuple((widths,) if isinstance(widths, int) else tuple(widths) for widths in given)
