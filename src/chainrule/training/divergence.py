"""Where numbers first went wrong: one step is replayed, layer by layer, to name the culprit."""

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.tape import GradientTape
from chainrule.engine.data import Rows
from chainrule.engine.engine import Task
from chainrule.layers import BatchNormalization, CategoryEmbedding, Embedding, Layer, Normalization
from chainrule.training.callbacks import Callback
from chainrule.training.finding import Finding
from chainrule.training.forward import layer_by_layer, loss_values

LARGE_RATE = 0.1
LARGE = 100.0


class TerminateOnNaN(Callback):
    """Stop when the loss or a gradient is NaN or infinite. fit always does; this callback is Keras's name for it.

    The model keeps the weights of the last good step; ``history.stopped_by`` names the epoch, the step and the
    layer where numbers first went wrong, and the likely cause.
    """


def explain(task: Task, data: Rows, step: int, epoch: int, batch: int) -> Finding:
    """Replay a failed step on these rows and return what went wrong where, and the likely cause.

    Random numbers are addressed by the step, so the replay sees the masks of the original.
    """
    before = task.network.state.values.copy()
    task.network.seek(step)
    with np.errstate(all="ignore"):
        where, what = _first_fault(task, data)
    task.network.state.writable()[...] = before
    return Finding(
        name="diverged",
        severity="error",
        where=where,
        what=f"numbers went wrong in epoch {epoch + 1}, step {batch + 1}: {what}",
        evidence={"epoch": epoch + 1, "step": batch + 1, "learning_rate": _rate(task, step)},
        advice=_cause(task, data, step),
    )


def sentence(finding: Finding) -> str:
    """Return the finding as the message with which training stops."""
    return f"{finding.what}. Likely cause: {finding.advice}. The model keeps the weights from before that step"


def _first_fault(task: Task, data: Rows) -> tuple[str, str]:
    """Name the first layer whose output, else whose gradient, is not finite, and say so."""
    layers = list(task.network.layers)
    with GradientTape(persistent=True) as tape:
        for layer, _, x in layer_by_layer(task, data.x):
            if not np.isfinite(x.numpy()).all():
                return layer.name, f"the output of {layer.name} is {_kind(x.numpy())}"
        values = loss_values(task, data, x)
        penalties = {layer.name: penalty for layer in layers for penalty in layer.losses}
        loss = task.loss_weight * task.loss.reduce(values, data.weight) + sum(penalties.values())
    for name, penalty in penalties.items():
        if not np.isfinite(penalty.numpy()):
            return name, f"the penalty on the weights of {name} is {_kind(penalty.numpy())}"
    if not np.isfinite(values.numpy()).all():
        return "loss", f"the loss is {_kind(values.numpy())}, though every layer's output is finite"
    for layer in reversed(layers):
        for variable in layer.trainable_weights:
            g = tape.gradient(loss, variable)
            if g is not None and not np.isfinite(g.numpy()).all():
                return layer.name, f"the gradient of {layer.name}/{variable.name} is {_kind(g.numpy())}"
    return "gradient", "the gradient overflowed"


def _largest(values: Array) -> float:
    return float(np.max(np.abs(values), initial=0.0))


def _unscaled(first: Layer, x: Array) -> float:
    """Return the largest input that the first layer takes as a number, as it comes."""
    if isinstance(first, Normalization | BatchNormalization | Embedding):
        return 0.0
    return _largest(np.delete(x, list(first.columns), axis=1) if isinstance(first, CategoryEmbedding) else x)


def _kind(values: Array) -> str:
    return "NaN" if np.isnan(values).any() else "infinite"


def _rate(task: Task, step: int) -> float:
    given = task.optimizer.learning_rate
    return float(given(step)) if callable(given) else float(given)


def _cause(task: Task, data: Rows, step: int) -> str:
    rate = _rate(task, step)
    if rate >= LARGE_RATE:
        return f"the learning rate {rate:g} is too large; try {rate / 10:g}"
    inputs, targets = _unscaled(task.network.layers[0], data.x), 0.0 if data.y is None else _largest(data.y)
    if inputs > LARGE:
        return f"inputs are not scaled (up to {inputs:.3g}); add a Normalization layer or scale them"
    if targets > LARGE and not task.loss.integer_labels:
        return f"targets are not scaled (up to {targets:.3g}); scale them, to mean 0 and deviation 1 say"
    return "weights have grown without bound; lower the learning rate or clip gradients (clipnorm=1.0)"
