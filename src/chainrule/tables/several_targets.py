"""Targets of several columns: labels that may hold together, and numbers predicted together."""

from dataclasses import dataclass
from typing import Any, Self, TypeAlias

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import FileError
from chainrule.tables.state import StateReader
from chainrule.tables.targets import ClassTarget, NumberTarget


@dataclass(frozen=True)
class LabelsTarget:
    """Labels of which any number may hold for a row: each is a question of its own.

    Parameters
    ----------
    name : str
        Of all together.
    labels : tuple of str

    Examples
    --------
    >>> LabelsTarget("genre", ("comedy", "drama")).answers(np.array([[0.9, 0.6], [0.2, 0.5]])).tolist()
    [[1, 1], [0, 0]]
    """

    name: str
    labels: tuple[str, ...]

    def answers(self, outputs: Array) -> Array:
        """Return zeros and ones (rows, labels) for probabilities: 1 above 0.5."""
        return np.asarray(outputs > 0.5, dtype=np.int64)

    def state(self) -> dict[str, Any]:
        """Return the target as plain values for a JSON file."""
        return {"name": self.name, "labels": list(self.labels)}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Return the target that ``state`` was written from; a bad one is a FileError."""
        reader = StateReader(state, "the target")
        return cls(reader.text("name"), reader.texts("labels"))


@dataclass(frozen=True)
class NumbersTarget:
    """Several numbers, each standardised by itself.

    Parameters
    ----------
    name : str
        Of all together.
    parts : tuple of NumberTarget
        One for each number.

    Examples
    --------
    >>> target = NumbersTarget("size", (NumberTarget("height", 170.0, 10.0), NumberTarget("weight", 70.0, 5.0)))
    >>> target.answers(np.array([[0.0, 1.0]]))
    array([[170.,  75.]])
    """

    name: str
    parts: tuple[NumberTarget, ...]

    @property
    def outputs(self) -> int:
        """How many outputs a network has for it."""
        return len(self.parts)

    def answers(self, outputs: Array) -> Array:
        """Return what a network's outputs stand for: (rows, numbers)."""
        return np.stack([part.decode(outputs[:, index]) for index, part in enumerate(self.parts)], axis=1)

    def state(self) -> dict[str, Any]:
        """Return the target as plain values for a JSON file."""
        return {"name": self.name, "parts": [part.state() for part in self.parts]}

    @classmethod
    def from_state(cls, state: Any) -> Self:
        """Return the target that ``state`` was written from; a bad one is a FileError."""
        reader = StateReader(state, "the target")
        parts = tuple(NumberTarget.from_state(part) for part in reader.items("parts"))
        if not parts or any(part.quantiles for part in parts):
            raise FileError("bad model file: a target of several numbers has none, or quantiles")
        return cls(reader.text("name"), parts)


Target: TypeAlias = ClassTarget | LabelsTarget | NumberTarget | NumbersTarget


def target_columns(target: Target) -> tuple[str, ...]:
    """Return the names of the columns that hold the truth.

    Examples
    --------
    >>> target_columns(LabelsTarget("genre", ("comedy", "drama")))
    ('comedy', 'drama')
    """
    if isinstance(target, LabelsTarget):
        return target.labels
    return tuple(part.name for part in target.parts) if isinstance(target, NumbersTarget) else (target.name,)


def read_target(state: Any) -> Target:
    """Return the target of a model file, whichever kind it is.

    Raises
    ------
    FileError
        ``state`` was written by none of them.
    """
    if not isinstance(state, dict):
        raise FileError("bad model file: the target must be a JSON object")
    kinds: dict[str, type[Target]] = {"classes": ClassTarget, "labels": LabelsTarget, "parts": NumbersTarget}
    kind = next((kind for key, kind in kinds.items() if key in state), NumberTarget)
    target: Target = kind.from_state(state)
    return target
