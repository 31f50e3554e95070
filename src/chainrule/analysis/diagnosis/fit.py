"""Checks of what was learned: nothing, too little, by heart, or only the frequent classes."""

import numpy as np

from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.arrays import Array
from chainrule.training.finding import Finding

FEWEST_ROWS = 50  # to say that there is nothing to learn
NOTHING = 1e-6  # a baseline below: all targets are the same
CERTAIN = 3.0  # deviations: below, what simple learners find may be chance
CHANCE = 2.0  # deviations of a mean of squares over the validation rows: so far the lowest of many losses may fall
RARE = 1 / 3  # of an even share: a class is rare from here on
MISSED = 1 / 3  # share of a rare class that is recognised, too small by itself
OFTEN_MISSED = 2 / 3  # ... and where weighing it gains this much balanced accuracy:
GAIN = 0.05
BEHIND = 0.15  # skill by which a network is behind simple learners
SMOOTH = 5  # epochs whose median stands for each, so that one bad epoch is no curve
RISE = 0.08  # of the baseline, from the lowest validation loss to that of the weights the model has
PER_GAP = 2.0  # ... and by so much of the training loss as a share of the validation loss


def no_signal(evidence: Evidence) -> Finding | None:
    """Neither simple learners (see `chainrule.analysis.diagnosis.reference`) nor the validation rows show a relation.

    Their answers to rows left out correlate with the targets by less than 3 deviations of chance, and the lowest
    validation loss, if there is one, is above ``1 - 2 sqrt(2 / rows)`` baselines.
    """
    found = evidence.reference
    if found.evidence >= CERTAIN or len(evidence.x) < FEWEST_ROWS or evidence.baseline < NOTHING:
        return None
    validation = evidence.curve("val_loss")
    lowest = float(np.nanmin(validation)) / evidence.unit if np.isfinite(validation).any() else float("inf")
    if lowest < 1 - CHANCE * np.sqrt(2 / evidence.validation_rows):
        return None
    return Finding(
        "no-signal",
        "error",
        "targets",
        "targets have nothing to do with the inputs: no learner does better than guessing on rows it has not seen",
        {"deviations": found.evidence, "limit": CERTAIN, "lowest_validation_loss": None if lowest > 1e9 else lowest},
        "see whether rows of x and y still belong together: shuffled, sorted or joined by mistake",
    )


def imbalance_ignored(evidence: Evidence) -> Finding | None:
    """A class of less than a third of an even share, which the trained network answers too seldom.

    It recognises less than a third of it. Or less than two thirds, and would gain from outputs divided by the shares of
    the classes: these answer by likelihood instead of by frequency, as classes weighed alike do (Elkan 2001, The
    Foundations of Cost-Sensitive Learning). The gain is in balanced accuracy, the mean recall of the classes, and 0.05
    at least. Simple learners must show that there is something to tell (see `no_signal`).
    """
    if not evidence.trained or evidence.classes is None or evidence.reference.evidence < CERTAIN:
        return None
    counts = np.bincount(evidence.classes, minlength=evidence.class_count)
    shares = counts / counts.sum()
    rare = np.flatnonzero((counts > 0) & (shares < RARE / evidence.class_count))
    if not len(rare):
        return None
    recalls = _recalls(evidence.outputs, evidence.classes)
    weighed = _recalls(evidence.probabilities / np.where(counts > 0, shares, np.inf), evidence.classes)
    gain = float(np.nanmean(weighed) - np.nanmean(recalls))
    limit = MISSED if gain < GAIN else OFTEN_MISSED
    missed = [int(c) for c in rare if recalls[c] < limit]
    if not missed:
        return None
    worst = min(missed, key=lambda c: (recalls[c], shares[c]))
    name = evidence.class_name(worst)
    return Finding(
        "imbalance-ignored",
        "warning",
        f"class {name}",
        f"class {name} is {shares[worst]:.1%} of the rows, and of these {recalls[worst]:.0%} are recognised; weighed "
        f"like the others it would be {weighed[worst]:.0%}",
        {"share": float(shares[worst]), "recognised": float(recalls[worst]), "weighed": float(weighed[worst]),
         "balanced_accuracy": float(np.nanmean(recalls)), "balanced_accuracy_weighed": float(np.nanmean(weighed)),
         "classes": len(missed), "limit": limit},
        "weigh the classes: fit(class_weight='balanced'), or --class-weight balanced",
    )  # fmt: skip


def _recalls(scores: Array, classes: Array) -> Array:
    """Return the share of each class that gets its largest score where it should; NaN of a class without rows."""
    right = scores.argmax(axis=1) == classes
    count = scores.shape[1]
    with np.errstate(invalid="ignore"):
        return np.asarray(np.bincount(classes[right], minlength=count) / np.bincount(classes, minlength=count))


def underfitting(evidence: Evidence) -> Finding | None:
    """The network answers its own training rows worse, by 0.15, than simple learners answer rows left out.

    Measured by accuracy above guessing, or R2; of classes by balanced accuracy, too, of which a network has more where
    they were weighed.
    """
    if not evidence.trained:
        return None
    found = evidence.reference
    if not min(found.skill - evidence.skill, found.balanced - evidence.balanced_skill) > BEHIND:
        return None
    return Finding(
        "underfitting",
        "error",
        "network",
        f"the network is too small, or held back: its skill on its own rows is {evidence.skill:.2f}, and nearest "
        f"neighbours or ridge regression reach {evidence.reference.skill:.2f} on rows they have not seen",
        {"skill": evidence.skill, "reference": evidence.reference.skill, "limit": BEHIND},
        "use more units or a further hidden layer, less dropout and weight decay, or train longer",
    )


def overfitting(evidence: Evidence) -> Finding | None:
    """The validation loss has risen by 0.08 baselines from its lowest, and the training loss is far below it.

    That is ``rise > 2 training / validation``: the more has risen, the less the two must differ. Curves are medians
    over 5 epochs. Not where the model holds the weights of the best epoch again.
    """
    history, validation, training = evidence.history, _smooth(evidence.curve("val_loss")), evidence.curve("loss")
    if history is None or not np.isfinite(validation).any() or history.weights_epoch not in history.epoch:
        return None
    held = history.epoch.index(history.weights_epoch)
    lowest = int(np.nanargmin(validation))
    rise = float(validation[held] - validation[lowest]) / evidence.unit
    limit = max(RISE, PER_GAP * float(training[held] / validation[held]))
    if not rise > limit:
        return None
    return Finding(
        "overfitting",
        "warning",
        "curves",
        f"the network learns rows by heart: the validation loss rose from {validation[lowest]:.3g} in epoch "
        f"{history.epoch[lowest] + 1} to {validation[held]:.3g}, while the training loss fell to {training[held]:.3g}",
        {"lowest": float(validation[lowest]), "held": float(validation[held]), "training": float(training[held]),
         "rise": rise, "limit": limit},
        "stop earlier: EarlyStopping(restore_best_weights=True); or a smaller network, dropout, more rows",
    )  # fmt: skip


def _smooth(curve: Array) -> Array:
    """Return the running median of a curve, over fewer epochs at its ends."""
    half = SMOOTH // 2
    return np.array([np.median(curve[max(0, i - half) : i + half + 1]) for i in range(len(curve))])
