"""Checks of the learning rate and batch size, by what short trainings at others reach.

All losses are in units of the baseline, the loss of the best constant answer: 1 is no knowledge.
"""

import numpy as np

from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.analysis.diagnosis.probe import STEPS
from chainrule.training.finding import Finding

MARGIN = 0.15  # by so much another setting must be better before the run's own is blamed
SMALLER, LARGER = (0.1, 0.01, 0.001), (10.0, 100.0, 1000.0)
SLOW = 0.2  # of what a larger rate gains in as many steps
SMALL_UPDATE = 3e-4  # of the weights in a step; about 1e-3 is right (A. Karpathy, CS231n: Neural Networks Part 3)
FEW, MANY = 8, 64  # examples in a batch


def diverged(evidence: Evidence) -> Finding | None:
    """A loss or gradient that was not finite ended the training; `chainrule.training.divergence` says where."""
    return evidence.history.finding if evidence.history is not None else None


def noisy_batches(evidence: Evidence) -> Finding | None:
    """Batches of 8 or fewer, and a short training at the same rate with 64 gets lower by 0.15 baselines."""
    if evidence.batch_size > FEW or len(evidence.x) < 2 * FEW or evidence.reached < MARGIN:
        return None
    with_more = evidence.fresh(batch_size=MANY)
    if not with_more < evidence.reached - MARGIN:
        return None
    batches = "batches of 1 are" if evidence.batch_size == 1 else f"batches of {evidence.batch_size} are"
    return Finding(
        "noisy-batches",
        "error",
        f"batch_size={evidence.batch_size}, learning_rate={evidence.rate:.3g}",
        f"{batches} too noisy for this rate: the loss is {_share(evidence.reached)} of guessing's, and "
        f"{_share(with_more)} after {STEPS} steps of {MANY} examples",
        {"batch_size": evidence.batch_size, "rate": evidence.rate, "reached": evidence.reached, "with_64": with_more},
        f"use batches of 32 or more, or a rate of {evidence.rate / 10:.3g}",
    )


def rate_too_large(evidence: Evidence) -> Finding | None:
    """A short training at 1/10, 1/100 or 1/1000 of the rate gets lower, by 0.15 baselines, than the run has."""
    if evidence.reached < MARGIN:
        return None
    tried = {factor: evidence.fresh(factor) for factor in SMALLER}
    best = min(tried, key=tried.__getitem__)
    if not tried[best] < evidence.reached - MARGIN:
        return None
    return Finding(
        "rate-too-large",
        "error",
        f"learning_rate={evidence.rate:.3g}",
        f"the rate is too large: the loss is {_share(evidence.reached)} of guessing's, and {_share(tried[best])} after "
        f"{STEPS} steps at {evidence.rate * best:.3g}",
        {"rate": evidence.rate, "reached": evidence.reached, **_tried(evidence, tried), **_update(evidence)},
        f"try {evidence.rate * best:.3g}",
    )


def rate_too_small(evidence: Evidence) -> Finding | None:
    """A larger rate gains 0.15 baselines in a few steps, and the run's own less than a fifth of it.

    The updates must be small, too: below 3e-4 of the weights.
    """
    if evidence.reached < MARGIN or not np.isfinite(evidence.reached):
        return None
    update = _update(evidence).get("update", 0.0)
    before = evidence.now.loss / evidence.unit
    tried = {factor: evidence.onward(factor) for factor in LARGER}
    best = min(tried, key=tried.__getitem__)
    gain, own = before - tried[best], before - evidence.onward()
    if update >= SMALL_UPDATE or gain < MARGIN or own > SLOW * gain:
        return None
    return Finding(
        "rate-too-small",
        "error",
        f"learning_rate={evidence.rate:.3g}",
        f"the rate is too small: {STEPS} more steps take the loss from {_share(before)} of guessing's to "
        f"{_share(evidence.onward())}, and to {_share(tried[best])} at {evidence.rate * best:.3g}",
        {"rate": evidence.rate, "reached": before, **_tried(evidence, tried), "update": update, "limit": SMALL_UPDATE},
        f"try {evidence.rate * best:.3g}",
    )


def too_few_epochs(evidence: Evidence) -> Finding | None:
    """Some more steps at the same rate gain 0.15 baselines."""
    if not evidence.trained or evidence.reached < MARGIN or not np.isfinite(evidence.reached):
        return None
    onward = evidence.onward()
    if not onward < evidence.reached - MARGIN:
        return None
    epochs = len(evidence.curve("loss"))
    return Finding(
        "too-few-epochs",
        "warning",
        f"epochs={epochs}",
        f"training ended too early: {STEPS} more steps take the loss from {_share(evidence.reached)} of guessing's to "
        f"{_share(onward)}",
        {"epochs": epochs, "reached": evidence.reached, "after": onward},
        "train for more epochs; EarlyStopping ends them in time",
    )


def _share(loss: float) -> str:
    return f"{loss:.0%}" if loss < 100 else "far more than 100%"


def _tried(evidence: Evidence, tried: dict[float, float]) -> dict[str, float]:
    return {f"at {evidence.rate * factor:.3g}": loss for factor, loss in tried.items()}


def _update(evidence: Evidence) -> dict[str, float]:
    updates = [layer.update for layer in evidence.now.layers if layer.update is not None]
    return {"update": float(np.median(updates))} if updates else {}
