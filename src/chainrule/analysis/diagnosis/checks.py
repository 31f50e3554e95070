"""The table of checks: causes first, each with what it explains.

To add one: a function from `Evidence` to a `Finding` or None in the file of its theme, a row here, and a set-up in
``tests/analysis/diagnosis_setups.py``.
"""

from collections.abc import Callable
from typing import NamedTuple

from chainrule.analysis.diagnosis import fit, inputs, rate, start, task, units
from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.training.finding import Finding


class Check(NamedTuple):
    """A check, and the names of findings that only follow from its own: these are not told apart."""

    name: str
    find: Callable[[Evidence], Finding | None]
    explains: tuple[str, ...] = ()


_OUTCOME = ("too-few-epochs", "imbalance-ignored", "underfitting")
_RATE = ("noisy-batches", "rate-too-large", "rate-too-small", *_OUTCOME)
_STUCK = ("saturated-units", "dead-relus")
_START = ("loss-at-start", "vanishing-gradients", "exploding-gradients", *_STUCK, *_RATE)

CHECKS = (
    Check("activation-before-logits-loss", task.activation_before_logits_loss, ("duplicated-softmax", *_RATE)),
    Check("duplicated-softmax", task.duplicated_softmax, _RATE),
    Check("wrong-loss", task.wrong_loss, ("unscaled-targets", "unreachable-targets", "overfitting", *_START)),
    Check("unscaled-targets", inputs.unscaled_targets, ("unreachable-targets", *_START)),
    Check("unreachable-targets", task.unreachable_targets, _START),
    Check("no-signal", fit.no_signal, ("overfitting", *_RATE)),
    Check("unscaled-inputs", inputs.unscaled_inputs, ("overfitting", *_START)),
    Check("constant-feature", inputs.constant_feature),
    Check("leak", inputs.leak),
    Check("symmetric-start", start.symmetric_start, _START),
    Check("exploding-gradients", start.exploding_gradients, ("loss-at-start", *_STUCK, *_RATE)),
    Check("vanishing-gradients", start.vanishing_gradients, ("saturated-units", *_RATE)),
    Check("loss-at-start", start.loss_at_start),
    Check("diverged", rate.diverged),
    Check("noisy-batches", rate.noisy_batches, ("rate-too-large", "rate-too-small", *_STUCK, *_OUTCOME)),
    Check("rate-too-large", rate.rate_too_large, ("rate-too-small", *_STUCK, *_OUTCOME)),
    Check("rate-too-small", rate.rate_too_small, _OUTCOME),
    Check("dead-relus", units.dead_relus, _OUTCOME),
    Check("saturated-units", units.saturated_units, _OUTCOME),
    Check("too-few-epochs", rate.too_few_epochs, ("imbalance-ignored", "underfitting")),
    Check("imbalance-ignored", fit.imbalance_ignored, ("underfitting",)),
    Check("underfitting", fit.underfitting),
    Check("overfitting", fit.overfitting),
)
