"""An explanation as JSON data: the numbers of the worked example, under the names that they have there."""

from math import isfinite
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainrule.analysis.explanation.gradient_explanation import Factor, GradientExplanation, Path, Step


def as_data(explanation: "GradientExplanation", delta: float) -> dict[str, Any]:
    """Return an explanation as JSON data; see `GradientExplanation.as_dict`."""
    check, change = explanation.check, explanation.what_if(delta)
    return {
        "weight": explanation.weight,
        "value": explanation.value,
        "gradient": explanation.gradient,
        "loss": explanation.loss,
        "contributions": explanation.contributions.tolist(),
        "penalty": explanation.penalty,
        "example": explanation.example,
        "coupled": explanation.coupled,
        "factors": [_factor(factor) for factor in explanation.factors],
        "steps": [_step(step) for step in explanation.steps],
        "chain": None if explanation.chain is None else _path(explanation.chain),
        "paths": [_path(path) for path in explanation.paths],
        "path_count": explanation.path_count,
        "remainder": explanation.remainder,
        "check": {"step": check.step, "value": check.value, "error": check.error},
        "what_if": {
            "delta": change.delta,
            "before": change.before,
            "after": change.after if isfinite(change.after) else None,
            "predicted": change.predicted,
            "true": change.true if isfinite(change.true) else None,
        },
    }


def _factor(factor: "Factor") -> dict[str, Any]:
    return {"derivative": str(factor.ratio), "value": factor.value, "why": factor.why}


def _step(step: "Step") -> dict[str, Any]:
    terms = [
        {"above": str(t.above), "gradient": t.gradient, "local": t.local, "product": t.product, "why": t.why}
        for t in step.terms
    ]
    return {"of": str(step.of), "gradient": step.gradient, "terms": terms}


def _path(path: "Path") -> dict[str, Any]:
    return {
        "units": [str(unit) for unit in path.units],
        "contribution": path.contribution,
        "factors": [_factor(factor) for factor in path.factors],
    }
