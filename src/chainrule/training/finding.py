"""Finding: what is wrong with a network or its training, where, by what evidence, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Parameters
    ----------
    name : str
        Stable, such as "unscaled-inputs"; programs go by it.
    severity : {"error", "warning"}
        "error": training can't do its work; "warning": it does it badly, or its result misleads.
    where : str
        The layer, the features, the setting or the curve.
    what : str
        In one sentence.
    evidence : mapping from name to number or text
    advice : str
        What to do.
    explains : tuple of str
        Names of findings that follow from this one, and are not told on their own.

    Examples
    --------
    >>> print(Finding("dead-relus", "error", "dense_1", "9 of 10 units are dead", {"dead": 0.9}, "lower the rate"))
    9 of 10 units are dead. Likely remedy: lower the rate
    """

    name: str
    severity: Severity
    where: str
    what: str
    evidence: Mapping[str, Any]
    advice: str
    explains: tuple[str, ...] = field(default=())

    def as_dict(self) -> dict[str, Any]:
        """Return the finding as JSON data."""
        return {**vars(self), "evidence": dict(self.evidence), "explains": list(self.explains)}

    def __str__(self) -> str:
        return f"{self.what}. Likely remedy: {self.advice}"
