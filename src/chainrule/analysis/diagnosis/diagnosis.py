"""Diagnosis: the findings on a network, the statistics of its layers, and how people read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chainrule.analysis.diagnosis.statistics import LayerStatistics
from chainrule.estimators.wording import pad, shorten, wrapped
from chainrule.tables.table import counted
from chainrule.training.finding import Finding

WIDTH = 80
_NAME = 20
_HEAD = f"{'layer':<{_NAME}} {'activation':<12}{'mean':>9}{'std':>9}{'off':>7}{'gradient':>11}{'update':>11}"


@dataclass(frozen=True)
class Diagnosis:
    """What `diagnose` found.

    Attributes
    ----------
    findings : list of Finding
        Causes before consequences; empty for a healthy network.
    layers : list of LayerStatistics
        The network as it is.
    start : list of LayerStatistics
        The network as it began.

    Examples
    --------
    >>> print(Diagnosis([], [], []))
    no findings: healthy
    """

    findings: Sequence[Finding]
    layers: Sequence[LayerStatistics]
    start: Sequence[LayerStatistics]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the findings."""
        return tuple(finding.name for finding in self.findings)

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnosis as JSON data."""
        return {
            "findings": [finding.as_dict() | {"evidence": _plain(finding.evidence)} for finding in self.findings],
            "layers": [layer.as_dict() for layer in self.layers],
            "start": [layer.as_dict() for layer in self.start],
        }

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the findings, and the table of the layers where there are any."""
        if not self.findings:
            return ["no findings: healthy"]
        lines = [counted(len(self.findings), "finding")]
        for finding in self.findings:
            lines += ["", f"{finding.severity}: {finding.name}  ({finding.where})", f"  {'what':<9} {finding.what}"]
            numbers = ", ".join(f"{name} {_shown(value)}" for name, value in finding.evidence.items())
            lines += [f"  {'evidence':<9} {numbers}", f"  {'do':<9} {finding.advice}"]
            if finding.explains:
                lines.append(f"  {'explains':<9} {', '.join(finding.explains)}")
        return [*wrapped(lines, width), "", *self.table()]

    def table(self) -> list[str]:
        """Return the statistics of the layers: ``off`` is the share of dead units or saturated outputs."""
        return [_HEAD, *map(_row, self.layers)] if self.layers else []

    def __str__(self) -> str:
        return "\n".join(self.lines())


def _row(layer: LayerStatistics) -> str:
    off = next((f"{share:.0%}" for share in (layer.dead, layer.saturated) if share is not None), "-")
    update = "-" if layer.update is None else f"{layer.update:.1e}"
    return (
        f"{pad(shorten(layer.name, _NAME), _NAME)} {layer.activation or '-':<12}{layer.mean:>9.2g}"
        f"{layer.deviation:>9.2g}{off:>7}{layer.gradient:>11.1e}{update:>11}"
    )


def _shown(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _plain(evidence: Any) -> dict[str, Any]:
    finite = float("inf")
    return {
        name: value if not isinstance(value, float) or abs(value) < finite else None for name, value in evidence.items()
    }
