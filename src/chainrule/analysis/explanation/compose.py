"""From an explanation to the document that tells it: what comes in which order, and in which words."""

from math import prod

import numpy as np

from chainrule.analysis.explanation.document import (
    PLUS,
    TIMES,
    TO,
    Block,
    Document,
    Equation,
    Line,
    Number,
    Section,
    Table,
    Words,
    calculation,
    joined,
)
from chainrule.analysis.explanation.forward_lines import forward_equations
from chainrule.analysis.explanation.gradient_explanation import GradientExplanation, Path, Step
from chainrule.analysis.explanation.quantities import J, Ratio, Units, W
from chainrule.analysis.explanation.reasons import multiplied_node
from chainrule.analysis.explanation.stages import name_of
from chainrule.layers import BatchNormalization, Dropout
from chainrule.layers.layer import Layer
from chainrule.tables.table import counted

LISTED = 3  # terms of a sum that are written out
EXAMPLES = 5  # of a batch that are listed
OUTPUTS = 4  # of an example
_SLOPE = (Ratio(J, W),)


def document_of(explanation: GradientExplanation, delta: float, about: str = "") -> Document:
    """Return the document that explains one weight's gradient.

    Parameters
    ----------
    explanation : GradientExplanation
    delta : float
        Of "what if".
    about : str
        Where the example is from.
    """
    sections = [
        Section("The network, the example, the weight", (_facts(explanation, about),)),
        Section("Forward", forward_equations(explanation)),
        Section("Backward: the chain rule", _chain(explanation)),
        Section("Where paths join", _joins(explanation)),
        Section("Paths", _paths(explanation)),
        Section("In total", _total(explanation)),
        Section("Check", _check(explanation)),
        Section(f"What if w {'grew' if delta >= 0 else 'fell'} by {abs(delta):g}", _what_if(explanation, delta)),
    ]
    return Document(f"How {explanation.weight} moves the loss", tuple(s for s in sections if s.blocks))


def network_line(layers: list[Layer], inputs: tuple[int, ...]) -> str:
    """Return a network in a line: ``2 inputs, dense_1: 2 sigmoid, dense_2: 1``."""
    parts = [f"{' x '.join(map(str, inputs)) or 1} input{'' if inputs == (1,) else 's'}"]
    for layer in layers:
        activation = getattr(layer, "activation", None)
        words = [str(getattr(layer, name)) for name in ("units", "rate") if hasattr(layer, name)]
        if activation is not None and name_of(activation) != "linear":
            words.append(name_of(activation))
        parts.append(f"{layer.name}: {' '.join(words)}" if words else layer.name)
    return ", ".join(parts)


def _facts(explanation: GradientExplanation, about: str) -> Table:
    trace = explanation.trace
    problem = trace.passes.problem
    mode = "as in a step of training" if problem.replica.training else "as in prediction (dropout off, moving averages)"
    count = len(trace)
    which = about or (f"{explanation.example} of 0 to {count - 1}, the one shown" if count > 1 else "one, alone")
    rows: list[tuple[Line, ...]] = [
        (("network",), (network_line(problem.replica.layers, trace.inputs.shape[1:]),)),
        (("loss",), (problem.loss.name,)),
        (("example",), (which,)),
        (("outputs",), _outputs(explanation)),
        (
            ("weight",),
            (W, f" = {explanation.weight} = ", Number(explanation.value, exact=True), *_between(explanation)),
        ),
    ]
    if any(isinstance(layer, Dropout | BatchNormalization) for layer in problem.replica.layers):
        rows.append((("mode",), (mode,)))
    return Table((), tuple(rows))


def _outputs(explanation: GradientExplanation) -> Line:
    """Return what the network answers for the example, the largest outputs first."""
    passes, example = explanation.trace.passes, explanation.example
    values = passes.predictions[example].reshape(-1)
    units = Units("y", None, passes.predictions.shape[1:], passes.problem.output_names)
    order = np.argsort(-values, kind="stable")[:OUTPUTS] if values.size > OUTPUTS else range(values.size)
    line = joined([(units[int(i)], " = ", Number(float(values[i]))) for i in order], ", ")
    return (*line, " ...") if values.size > OUTPUTS else line


def _between(explanation: GradientExplanation) -> Line:
    """Say which unit a weight of a dense layer's matrix leads to from where."""
    if explanation.chain is None:
        return ()
    place = explanation.chain.places[0]
    record = explanation.trace.passes.records[place.stage]
    node = multiplied_node(record, explanation.index, explanation.weight, place.unit)
    if node is None:
        return ()
    return (", from ", explanation.trace.passes.inputs_of(place.stage)[node], " to ", record.units[place.unit])


def _chain(explanation: GradientExplanation) -> tuple[Block, ...]:
    if explanation.chain is None:
        why = " does not enter: no example here uses it, so its gradient is that of the penalties alone, "
        return (Words((W, why, Number(explanation.penalty or 0.0), ".")),)
    factors = explanation.factors
    several = len(explanation.contributions) > 1
    left: Line = _SLOPE
    if explanation.penalty is not None or (several and not explanation.coupled):
        left = (f"{f'example {explanation.example}' if several and not explanation.coupled else 'the loss'} adds",)
    if factors[0].by == W:
        ways = f"w enters in {len(explanation.steps[-1].terms)} places, and the ways from there add up:"
        return Words((ways,)), Equation(left, ((Number(factors[0].value, exact=True),),))
    rights: list[Line] = [joined([(factor.ratio,) for factor in factors], TIMES)]
    if len(factors) > 1:
        rights.append(calculation(joined([(Number(factor.value, exact=True),) for factor in factors], TIMES)))
    rights.append((Number(prod(factor.value for factor in factors), exact=True),))
    rows = tuple(((factor.ratio,), (Number(factor.value, exact=True),), (factor.why,)) for factor in factors)
    blocks: list[Block] = [Equation(left, tuple(rights)), Table((), rows, numbers=(1,))]
    zero = next((factor for factor in explanation.chain.factors if factor.value == 0), None)
    if explanation.path_count == 0 and zero is not None:
        blocks.append(Words(("It is 0 because ", zero.ratio, f" is 0 ({zero.why}): nothing passes.")))
    return tuple(blocks)


def _joins(explanation: GradientExplanation) -> tuple[Block, ...]:
    """Return the steps from the loss down to the last join of paths; nothing where there is one path only."""
    last = max((place for place, step in enumerate(explanation.steps) if len(step.terms) > 1), default=-1)
    if last < 0:
        return ()
    words = Words(
        ("Back from the loss along the largest path; a unit that reaches it on several ways gets the sum of them.",)
    )
    return (words, *(_step_equation(step) for step in explanation.steps[: last + 1]))


def _step_equation(step: Step) -> Equation:
    left = (Ratio(J, step.of),)
    shown = step.terms if len(step.terms) <= LISTED + 1 else step.terms[:LISTED]
    rights: list[Line] = []
    if len(step.terms) == 1:
        term = step.terms[0]
        if term.above != J:
            rights.append((Ratio(J, term.above), TIMES, Ratio(term.above, step.of)))
            rights.append(calculation((Number(term.gradient), TIMES, Number(term.local), f"   {term.why}")))
    else:
        first = step.terms[0].above
        ways = f"{len(step.terms)} ways through {first.letter}{first.number or ''}: "
        rights.append((ways, Ratio(J, first), TIMES, Ratio(first, step.of), PLUS, "..."))
        line = joined([(Number(t.gradient), TIMES, Number(t.local)) for t in shown], PLUS)
        if len(shown) < len(step.terms):
            rest = sum(t.product for t in step.terms[len(shown) :])
            line = (*line, PLUS, Number(rest), f" ({len(step.terms) - len(shown)} more)")
        rights.append(calculation(line))
    start = len(step.terms) == 1 and step.terms[0].above == J
    rights.append((Number(step.gradient, exact=True), f"   {step.terms[0].why}" if start else ""))
    return Equation(left, tuple(rights))


def path_line(explanation: GradientExplanation, path: Path) -> Line:
    """Return the units on a path; of a unit's sum and its activation only the first, since one leads to the other."""
    records = explanation.trace.passes.records
    shown = [
        unit
        for place, unit in zip(path.places, path.units, strict=True)
        if place == path.places[0] or records[place.stage].stage.structure != "elementwise"
    ]
    return joined([(unit,) for unit in shown], TO)


def _paths(explanation: GradientExplanation) -> tuple[Block, ...]:
    if explanation.path_count < 2:
        return ()
    total = explanation.explained
    rows = [
        ((Number(path.contribution),), _share(path.contribution, total), path_line(explanation, path))
        for path in explanation.paths
    ]
    rest = explanation.path_count - len(explanation.paths)
    if rest:
        rows.append(
            ((Number(explanation.remainder),), _share(explanation.remainder, total), (counted(rest, "more path"),))
        )
    rows.append(((Number(total),), _share(total, total), ("all paths",)))
    title = f"largest of {explanation.path_count:,} paths, from the weight to the loss"
    words = "Each path's factors multiply, and the paths add up" + (
        "; paths run through all examples, since batch normalisation couples them:" if explanation.coupled else ":"
    )
    return (Words((words,)), Table(("adds", "share", title), tuple(rows), numbers=(0, 1), total=True))


def _share(part: float, whole: float) -> Line:
    return (f"{100 * part / whole:.1f} %",) if whole else ("",)


def _total(explanation: GradientExplanation) -> tuple[Block, ...]:
    parts: list[tuple[Line, ...]] = []
    contributions = explanation.contributions
    if len(contributions) > 1:
        order = np.argsort(-np.abs(contributions), kind="stable")
        parts += [((Number(float(contributions[i])),), (f"example {i}",)) for i in order[:EXAMPLES]]
        if len(order) > EXAMPLES:
            rest = float(contributions[order[EXAMPLES:]].sum())
            parts.append(((Number(rest),), (counted(len(order) - EXAMPLES, "more example"),)))
    elif explanation.penalty is not None:
        parts.append(((Number(float(contributions[0])),), ("the example",)))
    if explanation.penalty is not None:
        parts.append(((Number(explanation.penalty),), ("penalties on weights, by the weight itself",)))
    if not parts:
        return ()
    parts.append(((Number(explanation.gradient),), (Ratio(J, W),)))
    return (Table(("adds", "from"), tuple(parts), numbers=(0,), total=True),)


def _check(explanation: GradientExplanation) -> tuple[Block, ...]:
    check = explanation.check
    rows: tuple[tuple[Line, ...], ...] = (
        (("chain rule",), (Number(explanation.gradient, exact=True),), ("",)),
        (
            ("difference",),
            (Number(check.value, exact=True),),
            (f"(J(w + h) - J(w - h)) / 2h, h = {check.step:.0e}",),
        ),
        (("apart",), (f"{check.error:.1e}",), ("relative to the larger of the two",)),
    )
    return (Table((), rows, numbers=(1,)),)


def _what_if(explanation: GradientExplanation, delta: float) -> tuple[Block, ...]:
    change = explanation.what_if(delta)
    course: Line = (J, " from ", Number(change.before, exact=True), " to ", Number(change.after, exact=True))
    rows: tuple[tuple[Line, ...], ...] = (
        (("predicted",), (Number(change.predicted, exact=True),), (Ratio(J, W), TIMES, f"{delta:g}")),
        (("true",), (Number(change.true, exact=True),), course),
    )
    return (Table((), rows, numbers=(1,)),)
