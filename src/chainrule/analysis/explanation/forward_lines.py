"""The forward pass in equations: how each number on a path comes from those before it."""

import numpy as np

from chainrule.analysis.explanation.backpropagation import Backpropagation, Record
from chainrule.analysis.explanation.document import PLUS, TIMES, Equation, Line, Number, Piece, calculation, joined
from chainrule.analysis.explanation.gradient_explanation import GradientExplanation, Place
from chainrule.analysis.explanation.quantities import J, Quantity
from chainrule.analysis.explanation.reasons import multiplied_node, target_of
from chainrule.analysis.explanation.stages import is_standard
from chainrule.configurable import snake_case
from chainrule.layers import BatchNormalization, Dropout, Flatten, LayerNormalization, Normalization
from chainrule.layers.layer import Layer

WRITTEN_OUT = 3  # a sum of so many products is written out
_IN_WORDS: dict[type[Layer], str] = {
    BatchNormalization: "batch normalisation of ",
    Dropout: "dropout of ",
    Flatten: "flattened ",
    LayerNormalization: "layer normalisation of ",
    Normalization: "standardised ",
}


def forward_equations(explanation: GradientExplanation) -> tuple[Equation, ...]:
    """Return the values along the largest path, from the weight to the loss."""
    passes, chain = explanation.trace.passes, explanation.chain
    if chain is None:
        return ()
    equations = [
        *_start_equations(passes, explanation),
        *(
            _stage_equation(passes, place, unit, before)
            for place, unit, before in zip(chain.places, chain.units, [None, *chain.units], strict=False)
        ),
    ]
    return (*equations, *_loss_equations(explanation, chain.places[-1]))


def _start_equations(passes: Backpropagation, explanation: GradientExplanation) -> list[Equation]:
    """Return the number that the weight multiplies, where it is an input or a unit."""
    assert explanation.chain is not None  # asked before
    place = explanation.chain.places[0]
    node = multiplied_node(passes.records[place.stage], explanation.index, explanation.weight, place.unit)
    if node is None:
        return []
    value = passes.records[place.stage].inputs.numpy()[place.example].reshape(-1)[node]
    return [Equation((passes.inputs_of(place.stage)[node],), ((Number(float(value), exact=True),),))]


def _stage_equation(passes: Backpropagation, place: Place, unit: Quantity, before: Quantity | None) -> Equation:
    record = passes.records[place.stage]
    value = Number(float(record.outputs.numpy()[place.example].reshape(-1)[place.unit]), exact=True)
    return Equation((unit,), (_how(passes, record, place, before), (value,)))


def _how(passes: Backpropagation, record: Record, place: Place, before: Quantity | None) -> Line:
    """Return where a number comes from."""
    layer = record.stage.layer
    units = passes.inputs_of(place.stage)
    if record.stage.part == "sum":
        return _weighted_sum(record, place, units.symbol)
    if record.stage.part == "activation":
        whole = record.stage.structure != "elementwise"
        inner: Piece = units.symbol if whole else units[place.unit]
        return (f"{record.stage.activation_name}(", inner, ")")
    for kind, words in _IN_WORDS.items():
        if is_standard(layer, kind):
            return (words, before if before is not None else units[place.unit])
    return (f"output of {layer.name}",)


def _weighted_sum(record: Record, place: Place, symbol: str) -> Line:
    layer = record.stage.dense
    kernel = layer.kernel.numpy()
    bias = layer.bias.numpy() if layer.use_bias else None
    width, units = kernel.shape
    position, unit = divmod(place.unit, units)
    inputs = record.inputs.numpy()[place.example].reshape(-1, width)[position]
    if width > WRITTEN_OUT:
        return (f"{'' if bias is None else 'bias + '}sum of {symbol}[i] w[i, {unit}], i = 0 to {width - 1}",)
    products: list[Line] = [
        (Number(float(x)), TIMES, Number(float(w))) for x, w in zip(inputs, kernel[:, unit], strict=True)
    ]
    added: list[Line] = [] if bias is None else [(Number(float(bias[unit])),)]
    return calculation(joined([*products, *added], PLUS))


def _loss_equations(explanation: GradientExplanation, end: Place) -> list[Equation]:
    passes = explanation.trace.passes
    name = snake_case(passes.problem.loss.name).replace("_", " ")
    outputs = passes.predictions[end.example].reshape(-1)
    names = passes.problem.output_names
    unit = passes.records[-1].units.unit(end.unit)
    equations = []
    if passes.on_logits:
        made: Line = (f"{passes.problem.loss.activation}({passes.records[-1].units.symbol})",)
        equations.append(Equation((Quantity("y", unit=unit),), (made, (Number(float(outputs[end.unit]), exact=True),))))
    answer = [_answer(passes, end.example, names)] if passes.problem.loss.integer_labels else []
    target = Number(float(target_of(passes, end.example, end.unit)))
    equations.append(Equation((Quantity("t", unit=unit),), ((target, *answer),)))
    several = len(passes.losses) > 1
    loss = Quantity("L", example=end.example) if several else Quantity("L")
    alone = not several and float(passes.shares[0]) == 1.0 and explanation.penalty is None
    value = Number(float(passes.losses[end.example]), exact=True)
    equations.append(Equation((J if alone else loss,), ((name,), (value,))))
    if not alone:
        parts = [f"over {len(passes.losses)} examples"] if several else []
        parts += [] if explanation.penalty is None else ["with the penalties on weights"]
        how: Line = (" ".join(parts or ["weighted"]),)
        equations.append(Equation((J,), (how, (Number(explanation.loss, exact=True),))))
    return equations


def _answer(passes: Backpropagation, example: int, names: tuple[str, ...] | None) -> str:
    code = int(np.asarray(passes.problem.targets)[example].reshape(-1)[0])
    smoothing = float(getattr(passes.problem.loss, "label_smoothing", 0.0))
    smoothed = f", smoothed by {smoothing:g}" if smoothing else ""
    return f" (the class is {names[code] if names else code}{smoothed})"
