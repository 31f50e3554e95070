"""Checks of the inputs and targets as numbers: scales, constants, leaks."""

import numpy as np

from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.arrays import Array
from chainrule.estimators.wording import short_number
from chainrule.tables.leaks import find_leaks
from chainrule.training.finding import Finding

LARGE, SMALL = 10.0, 0.03  # rms; inputs of mean 0 and deviation 1 learn best (LeCun et al. 1998, Efficient BackProp)
CONSTANT = 1e-6  # deviation relative to the largest value: rounding
_LISTED = 4
_MOST_COLUMNS = 200  # where a leak is looked for


def unscaled_inputs(evidence: Evidence) -> Finding | None:
    """Inputs whose root mean square is above 10, or of all below 0.03, and the first layer does not scale them."""
    features = evidence.numbers
    x = evidence.few.x.astype(np.float64)
    sizes = {i: float(np.sqrt(np.mean(x[:, i] ** 2))) for i in features}
    large = sorted((i for i in features if sizes[i] > LARGE), key=lambda i: -sizes[i])
    small = max(sizes.values(), default=1.0) < SMALL and any(sizes.values())
    if not large and not small:
        return None
    found = large or features
    ends = [sizes[i] for i in found]
    return Finding(
        "unscaled-inputs",
        "error",
        listed([evidence.names[i] for i in found]),
        f"inputs are not scaled: their root mean square is up to {short_number(max(ends))} where about 1 is right",
        {"largest": max(ends), "smallest": min(sizes.values()), "features": len(found), "limit": LARGE},
        "scale them to mean 0 and deviation 1, by a Normalization layer say: adapt it to the training rows",
    )


def unscaled_targets(evidence: Evidence) -> Finding | None:
    """Numbers to predict whose root mean square is above 10 or below 0.03; not of counts from an exponential."""
    activation = evidence.last_activation
    if evidence.classes is not None or activation == "exponential":
        return None
    y = evidence.targets(evidence.few)
    size = float(np.sqrt(np.mean(y**2)))
    if SMALL <= size <= LARGE or size == 0:
        return None
    return Finding(
        "unscaled-targets",
        "error",
        "targets",
        f"targets are not scaled: mean {short_number(float(y.mean()))}, deviation {short_number(float(y.std()))}",
        {"rms": size, "mean": float(y.mean()), "deviation": float(y.std()), "limit": LARGE},
        "train on (y - mean) / deviation, and turn the predictions back",
    )


def constant_feature(evidence: Evidence) -> Finding | None:
    """Features whose deviation is at most 1e-6 of their largest value."""
    x = evidence.x
    if x.ndim != 2 or len(x) < 2:
        return None
    found = [i for i in range(x.shape[1]) if i not in evidence.untrained and _constant(x[:, i])]
    if not found:
        return None
    value = float(x[0, found[0]])
    return Finding(
        "constant-feature",
        "warning",
        listed([evidence.names[i] for i in found]),
        f"{_features(len(found))} the same value in all {len(x):,} rows, and can tell nothing",
        {"features": len(found), "value": value},
        "leave out what never varies, or see why it does not",
    )


def leak(evidence: Evidence) -> Finding | None:
    """Columns that tell the target almost by themselves, as `chainrule.tables.leaks` finds them."""
    columns, answers = evidence.columns
    if not 2 <= len(columns) <= _MOST_COLUMNS or answers.size != len(evidence.x):
        return None
    leaks = find_leaks(columns, answers.reshape(-1), evidence.class_count or None, evidence.seed)
    if not leaks:
        return None
    worst = leaks[0]
    return Finding(
        "leak",
        "warning",
        listed([found.column for found in leaks]),
        f"{worst.column} alone goes {worst.share:.1%} of the way from guessing to certainty",
        {"share": worst.share, "next": worst.next_column, "next_share": worst.next_share},
        "leave it out if it is not known when a prediction is wanted",
    )


def _constant(values: Array) -> bool:
    return float(np.ptp(values)) <= CONSTANT * float(np.abs(values).max())


def _features(count: int) -> str:
    return "1 feature has" if count == 1 else f"{count} features have"


def listed(names: list[str]) -> str:
    """Return the first names of a list, and how many more there are.

    Examples
    --------
    >>> listed(["a", "b", "c", "d", "e"])
    'a, b, c, d and 1 more'
    """
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more
