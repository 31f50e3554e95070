"""Checks of the learning rate, batch size and epochs, by what short trainings reach at others, or from where it ended.

All losses are in units of the baseline, the loss of the best constant answer: 1 is no knowledge.
"""

import numpy as np

from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.analysis.diagnosis.fit import overfitting
from chainrule.analysis.diagnosis.probe import STEPS
from chainrule.training.finding import Finding

MARGIN = 0.15  # by so much another setting must be better before the run's own is blamed
LITTLE = 0.05  # ... and at least by so much where it is better several times over
SMALLER, LARGER = (0.1, 0.01, 0.001), (10.0, 100.0, 1000.0)
SLOW = 0.2  # of what a larger rate gains in as many steps
SMALL_UPDATE = 3e-4  # of the weights in a step; about 1e-3 is right (A. Karpathy, CS231n: Neural Networks Part 3)
FEW, MANY = 8, 64  # examples in a batch
STEEP = 0.25  # of all progress in the last third of the epochs: of training that has settled, in our trials, below 0.17
FURTHER = 0.15  # of the loss that some more steps take away


def diverged(evidence: Evidence) -> Finding | None:
    """A loss or gradient that was not finite ended the training; `chainrule.training.divergence` says where."""
    return evidence.history.finding if evidence.history is not None else None


def noisy_batches(evidence: Evidence) -> Finding | None:
    """Batches of 8 or fewer, and a short training at the same rate with 64 gets much lower than the run.

    Lower by 0.15 baselines; or by 0.05 where that leaves less than a third. The run is taken by the loss around which
    its last epochs move: noise makes single ones low, too. At a given rate the noise that a step adds is inverse to the
    batch size (McCandlish et al. 2018, An Empirical Model of Large-Batch Training).
    """
    if evidence.batch_size > FEW or len(evidence.x) < 2 * FEW or evidence.around < LITTLE:
        return None
    with_more = evidence.fresh(batch_size=MANY)
    if not with_more < max(evidence.around - MARGIN, min(evidence.around / 3, evidence.around - LITTLE)):
        return None
    batches = "batches of 1 are" if evidence.batch_size == 1 else f"batches of {evidence.batch_size} are"
    return Finding(
        "noisy-batches",
        "error",
        f"batch_size={evidence.batch_size}, learning_rate={evidence.rate:.3g}",
        f"{batches} too noisy for this rate: the loss stays around {_share(evidence.around)} of guessing's, and is "
        f"{_share(with_more)} after {STEPS} steps of {MANY} examples",
        {"batch_size": evidence.batch_size, "rate": evidence.rate, "around": evidence.around, "with_64": with_more},
        f"use batches of 32 or more, or a rate of {evidence.rate / 10:.3g}",
    )


def rate_too_large(evidence: Evidence) -> Finding | None:
    """A short training at 1/10, 1/100 or 1/1000 of the rate gets lower, by 0.15 baselines, than the run has."""
    if evidence.reached_in_time < MARGIN:
        return None
    tried = {factor: evidence.fresh(factor) for factor in SMALLER}
    best = min(tried, key=tried.__getitem__)
    if not tried[best] < evidence.reached_in_time - MARGIN:
        return None
    return Finding(
        "rate-too-large",
        "error",
        f"learning_rate={evidence.rate:.3g}",
        f"the rate is too large: the loss is {_share(evidence.reached_in_time)} of guessing's, and "
        f"{_share(tried[best])} after {STEPS} steps at {evidence.rate * best:.3g}",
        {"rate": evidence.rate, "reached": evidence.reached_in_time, **_tried(evidence, tried), **_update(evidence)},
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
    """The loss still falls steeply at the end, and some more steps take away another 15% of it.

    Steeply: a quarter of all progress, from guessing or a worse start, came in the last third of the epochs, or there
    was only one. Not where the validation loss rose (see `overfitting`): more epochs would do harm.
    """
    losses = evidence.curve("loss") / evidence.unit
    if not len(losses) or not np.isfinite(losses).all() or not np.isfinite(evidence.reached):
        return None
    late = 1.0  # of a single epoch
    if len(losses) > 1:
        before, progress = losses[-1 - max(1, len(losses) // 3)], max(1.0, losses[0]) - losses[-1]
        late = float((before - losses[-1]) / progress) if progress > 0 else 0.0
    onward = evidence.onward()
    if late < STEEP or not onward < evidence.reached - max(LITTLE, FURTHER * evidence.reached):
        return None
    if overfitting(evidence) is not None:
        return None
    return Finding(
        "too-few-epochs",
        "warning",
        f"epochs={len(losses)}",
        f"training ended too early: the loss was still falling, and {STEPS} more steps take it from "
        f"{_share(evidence.reached)} of guessing's to {_share(onward)}",
        {"epochs": len(losses), "late_share": late, "limit": STEEP, "reached": evidence.reached,
         "after": onward},
        "train for more epochs; EarlyStopping ends them in time",
    )  # fmt: skip


def _share(loss: float) -> str:
    return f"{loss:.0%}" if loss < 100 else "far more than 100%"


def _tried(evidence: Evidence, tried: dict[float, float]) -> dict[str, float]:
    return {f"at {evidence.rate * factor:.3g}": loss for factor, loss in tried.items()}


def _update(evidence: Evidence) -> dict[str, float]:
    updates = [layer.update for layer in evidence.now.layers if layer.update is not None]
    return {"update": float(np.median(updates))} if updates else {}
