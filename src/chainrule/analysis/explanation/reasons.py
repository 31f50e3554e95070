"""Reasons: what each factor of the chain rule is, in a few words."""

import numpy as np

from chainrule import activations
from chainrule.analysis.explanation.backpropagation import Backpropagation, Record
from chainrule.analysis.explanation.quantities import Quantity, Units
from chainrule.analysis.explanation.stages import is_standard
from chainrule.analysis.explanation.weight_names import weight_name
from chainrule.autodiff.variable import Variable
from chainrule.layers import (
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    Normalization,
)
from chainrule.losses import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Loss,
    MeanAbsoluteError,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)

CLASSES = (CategoricalCrossentropy, SparseCategoricalCrossentropy)


def loss_reason(passes: Backpropagation, example: int, unit: int) -> str:
    """Say what dJ/dy of one output is."""
    problem = passes.problem
    loss, outputs = problem.loss, int(np.prod(passes.records[-1].units.shape))
    y, target = (f"{v:.6g}" for v in (passes.predictions[example].reshape(-1)[unit], target_of(passes, example, unit)))
    mean = f" / {outputs}" if outputs > 1 else ""
    if type(loss) in CLASSES and (passes.on_logits or _from_logits(loss)):
        p = f"{activations.softmax(passes.outputs).numpy()[example].reshape(-1)[unit]:.6g}"
        return f"p - t = {p} - {target}, softmax and cross-entropy in one"
    if type(loss) is BinaryCrossentropy:
        if passes.on_logits or loss.from_logits:
            p = f"{activations.sigmoid(passes.outputs).numpy()[example].reshape(-1)[unit]:.6g}"
            return f"(p - t){mean} with p = {p}, t = {target}"
        return f"(y - t) / (y (1 - y)){mean} with y = {y}, t = {target}"
    if type(loss) is MeanSquaredError:
        return f"2 (y - t){mean} with y = {y}, t = {target}"
    if type(loss) is MeanAbsoluteError:
        return f"sign of y - t{mean} with y = {y}, t = {target}"
    return f"slope of {loss.name} at y = {y}, t = {target}"


def _from_logits(loss: Loss) -> bool:
    return bool(getattr(loss, "from_logits", False))


def target_of(passes: Backpropagation, example: int, unit: int) -> float:
    """Return what the loss compares an output with: of class codes their share, smoothed as the loss smooths it."""
    problem = passes.problem
    given = problem.targets if isinstance(problem.targets, np.ndarray) else problem.targets.numpy()
    width = passes.outputs.shape[-1]
    if problem.loss.integer_labels:
        target = float(given[example].reshape(-1)[unit // width] == unit % width)
    else:
        flat = given[example].reshape(-1)
        target = float(flat[unit] if unit < flat.size else flat[-1])
    smoothing = float(getattr(problem.loss, "label_smoothing", 0.0))
    return target * (1 - smoothing) + smoothing / (2 if type(problem.loss) is BinaryCrossentropy else width)


def local_reason(record: Record, by: Quantity, output: int, node: int, row: int) -> str:
    """Say what d output / d input of a stage is.

    Parameters
    ----------
    record : Record
    by : Quantity
        The input.
    output, node : int
        Places in the flattened example.
    row : int
        The example.
    """
    stage, layer = record.stage, record.stage.layer
    before = record.inputs.numpy()[row].reshape(-1)[node]
    if stage.part == "sum":
        width = record.inputs.shape[-1]
        return weight_name(f"{layer.name}/kernel", (node % width, output % stage.dense.units))
    if stage.part == "activation":
        return f"slope of {stage.activation_name} at {by} = {before:.6g}"
    if is_standard(layer, Dropout):
        if not record.back(np.ones(record.outputs.shape))[row].reshape(-1)[node]:
            return "dropped in this step"
        return f"kept, times 1 / (1 - {layer.rate:g})" if _masked(record) else "dropout is off"
    if is_standard(layer, Flatten):
        return "the same number at another place"
    if is_standard(layer, Normalization):
        return "1 / standard deviation"
    if is_standard(layer, BatchNormalization):
        whose = "of this batch" if stage.structure == "batch" else "moving"
        return f"{layer.name}: gamma / sqrt(variance + epsilon), {whose} variance"
    if is_standard(layer, LayerNormalization):
        return f"{layer.name}: through the unit itself, the mean and the variance"
    return f"local derivative of {layer.name}, from the tape"


def _masked(record: Record) -> bool:
    return bool((record.back(np.ones(record.outputs.shape)) != 1).any())


def multiplied_node(record: Record, index: tuple[int, ...], name: str, output: int) -> int | None:
    """Return the place of the input that a weight of a dense layer's matrix multiplies; None for other weights.

    Parameters
    ----------
    record : Record
    index : tuple of int
        The weight's place.
    name : str
        Of the Variable, alone or in full.
    output : int
        The place of the sum that it enters.
    """
    if record.stage.part != "sum" or name.partition("[")[0].rpartition("/")[2] != "kernel":
        return None
    units = record.outputs.shape[-1]
    return output // units * record.inputs.shape[-1] + index[0]


def entry_reason(
    record: Record, before: Units, variable: Variable, index: tuple[int, ...], output: int, row: int
) -> str:
    """Say what d stage / d w is at the place where the weight enters."""
    layer = record.stage.layer
    node = multiplied_node(record, index, variable.name, output)
    if node is not None:
        return f"{before[node]}, which the weight multiplies"
    if is_standard(layer, Dense) or variable.name == "beta":
        return "1: it is added"
    if is_standard(layer, Embedding, CategoryEmbedding):
        return f"1: the example has category {index[0]}"
    if variable.name == "gamma":
        return "the normalised value, which it multiplies"
    return f"local derivative of {layer.name}, from the tape"
