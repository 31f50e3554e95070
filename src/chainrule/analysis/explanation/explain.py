"""explain_gradient: one weight's gradient, taken apart by the chain rule."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from chainrule import losses
from chainrule.analysis.explanation.backpropagation import Backpropagation, Record, backpropagate
from chainrule.analysis.explanation.gradient_explanation import (
    Check,
    Factor,
    GradientExplanation,
    Path,
    Place,
    Step,
    Term,
)
from chainrule.analysis.explanation.jacobians import LocalJacobian, couples, local_jacobian
from chainrule.analysis.explanation.paths import FoundPath, largest_paths
from chainrule.analysis.explanation.problem import Problem
from chainrule.analysis.explanation.quantities import J, Quantity, W
from chainrule.analysis.explanation.reasons import entry_reason, local_reason, loss_reason
from chainrule.analysis.explanation.replica import explained_in_float64
from chainrule.analysis.explanation.traces import trace_of
from chainrule.analysis.explanation.weight_names import find_weight
from chainrule.arrays import Array, whole_number
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.variable import Variable
from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError

STEP = 6e-6  # of the central difference: near the cube root of float64's precision, where its error is smallest


@named_arguments
def explain_gradient(
    model: Any,
    x: Any,
    y: Any,
    weight: str,
    *,
    sample_weight: Any = None,
    loss: losses.LossLike | None = None,
    training: bool = False,
    example: int | None = None,
    paths: int = 10,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> GradientExplanation:
    """Explain how a small change of one weight moves the loss: ``dJ/dw = dJ/dy dy/dz dz/da ... dz/dw``.

    Each factor is the local derivative of one stage, and paths add up where they join:
    ``dJ/dw = sum over paths of the product of the factors along the path``. All is computed in float64, whatever the
    model's type, with the weights as they are; the model is not changed. J is what training goes down: the reduced loss
    of the examples, ``loss_weights`` and penalties included.

    Parameters
    ----------
    model : Sequential
    x : array-like (examples, ...), or one example alone
    y : array-like
        Targets, as for `fit`.
    weight : str
        Such as ``"dense_1/kernel[0, 2]"``: the Variable's name and a place in it, counted from 0.
    sample_weight : array-like (examples,), optional
    loss : str, Loss or function, optional
        Default: the one that the model is compiled with.
    training : bool
        Whether dropout and batch normalisation work as in the model's next training step, with the same masks; default:
        as in prediction, dropout off and moving averages used.
    example : int, optional
        The example, from 0, whose factors are shown; default: the one that contributes most.
    paths : int >= 1
        How many of the paths are listed.
    input_names, output_names : sequence of str, optional
        What inputs and outputs are called.

    Returns
    -------
    GradientExplanation
        Its ``to_text``, ``to_latex``, ``to_html`` and ``to_svg`` show it; a notebook does by itself.

    Raises
    ------
    UnknownNameError, ArgumentError
        There is no such weight or example.
    StateError
        There is no loss.
    ShapeError, DataError, DTypeError
        The examples don't fit the model or its loss, or the loss is not finite.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")], seed=0)
    >>> explanation = explain_gradient(model, [3.0], [1.0], "dense_1/kernel[0, 0]", loss="mse")
    >>> print(*explanation.factors, sep=" and ")
    dJ/dy = 4 and dy/dw = 3
    >>> explanation.gradient
    12.0
    """
    problem = Problem.of(model, x, y, sample_weight, loss, training, input_names, output_names)
    name, variable, index = find_weight(weight, problem.replica.named_weights())
    count = whole_number("paths", paths, least=1)
    if example is not None and whole_number("example", example, least=0) >= len(problem):
        raise ArgumentError(f"example must be from 0 to {len(problem) - 1}, got {example}")
    passes = backpropagate(problem)
    with explained_in_float64():
        return _Explainer(passes, name, variable, index, example).explain(count)


class _Explainer:
    """What the parts of an explanation are computed from.

    Parameters
    ----------
    passes : Backpropagation
    name, variable, index
        The weight.
    example : int, optional
        Default: the one that contributes most.
    """

    def __init__(
        self, passes: Backpropagation, name: str, variable: Variable, index: tuple[int, ...], example: int | None
    ) -> None:
        self.passes, self.records = passes, passes.records
        self.name, self.variable, self.index = name, variable, index
        self.entries = [self._entry(record) for record in self.records]  # d stage / dw where the weight enters
        self.couples = [couples(record) for record in self.records]
        self.coupled = passes.loss_couples or any(self.couples)
        self.contributions = self._contributions()
        self.example = int(np.abs(self.contributions).argmax()) if example is None else example
        self.rows = np.arange(len(self.contributions)) if self.coupled else np.array([self.example])
        self.starts = self._starts()
        self.jacobians = self._jacobians()

    def _entry(self, record: Record) -> Array | None:
        used = any(variable is self.variable for variable in record.variables)
        return record.by_weight(self.variable, self.index) if used else None

    def explain(self, count: int) -> GradientExplanation:
        """Put the explanation together, with so many paths."""
        slopes = self._slopes(self.passes.records[-1].gradient)
        found, number = largest_paths(self.starts, self.jacobians, slopes, count)
        steps = self._steps(found[0]) if found else ()
        penalty = self._penalty()
        gradient = float(self.contributions.sum()) + (penalty or 0.0)
        value = float(self.variable.numpy()[self.index])
        return GradientExplanation(
            weight=self.name,
            index=self.index,
            value=value,
            gradient=gradient,
            loss=self.passes.loss,
            contributions=self.contributions,
            penalty=penalty,
            example=self.example,
            coupled=self.coupled,
            factors=self._factors(found[0], steps) if found else (),
            chain=self._path(found[0]) if found else None,
            steps=steps,
            paths=tuple(self._path(path) for path in found) if number else (),
            path_count=number,
            trace=trace_of(self.passes),  # before the weight moves: tapes refuse to look at another value
            check=self._check(value, gradient),
            objective=self._moved,
        )

    def _contributions(self) -> Array:
        """Return what each example adds: ``sum_j dJ/dz_j dz_j/dw`` over the stages where the weight enters."""
        total = np.zeros(len(self.passes.losses))
        for record, entry in zip(self.records, self.entries, strict=True):
            if entry is not None:
                total += (record.gradient * entry).reshape(len(total), -1).sum(axis=1)
        return total

    def _starts(self) -> list[tuple[Array, Array] | None]:
        """Return for every stage the nodes where the weight enters, with their derivatives by it.

        Where a dense layer's weight multiplies nothing but zeros, they are the nodes of its unit all the same: that is
        worth being shown.
        """
        starts: list[tuple[Array, Array] | None] = []
        for record, entry in zip(self.records, self.entries, strict=True):
            values = np.zeros(0) if entry is None else entry[self.rows].reshape(-1)
            nodes = np.flatnonzero(values)
            if entry is not None and not len(nodes) and record.stage.part == "sum":
                nodes = np.arange(self.index[-1], len(values), record.outputs.shape[-1])
            starts.append((nodes, values[nodes]) if len(nodes) else None)
        return starts

    def _jacobians(self) -> list[LocalJacobian | None]:
        """Return the local Jacobian of every stage that a path can go through."""
        first = next((place for place, start in enumerate(self.starts) if start is not None), len(self.starts))
        return [
            local_jacobian(record, self.rows, coupled) if place > first else None
            for place, (record, coupled) in enumerate(zip(self.records, self.couples, strict=True))
        ]

    def _slopes(self, gradient: Array) -> Array:
        return np.asarray(gradient[self.rows].reshape(-1))

    def _penalty(self) -> float | None:
        with GradientTape() as tape:
            tape.watch(self.variable)
            total = self.passes.problem.penalties()
        if total is None:
            return None
        slope = tape.gradient(total, self.variable)
        return 0.0 if slope is None else float(slope.numpy()[self.index])

    def _moved(self, change: float) -> float:
        replica = self.passes.problem.replica
        with replica.changed(self.variable, self.index, change):
            return self.passes.problem.objective()

    def _check(self, value: float, gradient: float) -> Check:
        step = STEP * max(1.0, abs(value))
        difference = (self._moved(step) - self._moved(-step)) / (2 * step)
        scale = max(abs(difference), abs(gradient))
        return Check(step, difference, abs(difference - gradient) / scale if scale else 0.0)

    # What nodes are called, and why factors are what they are

    def _quantity(self, stage: int, node: int) -> Quantity:
        units = self.records[stage].units
        row, unit = divmod(node, units.size)
        return units.of_example(unit, int(self.rows[row])) if self.coupled else units[unit]

    def _gradient(self, stage: int, nodes: Array) -> Array:
        return self._slopes(self.records[stage].gradient)[nodes]

    def _loss_factors(self, node: int) -> tuple[Factor, ...]:
        """Return dJ/dy of a node of the last stage: in two factors where the example has only a share of J."""
        passes, last = self.passes, len(self.records) - 1
        row, unit = divmod(node, self.records[-1].units.size)
        example, of = int(self.rows[row]), self._quantity(last, node)
        share = float(passes.shares[example])
        why = loss_reason(passes, example, unit)
        if passes.loss_couples or share == 1.0:
            return (Factor(J, of, float(self._gradient(last, np.array([node]))[0]), why),)
        loss = Quantity("L", example=example) if len(passes.losses) > 1 else Quantity("L")
        slope = float(passes.loss_slopes[example].reshape(-1)[unit])
        return (Factor(J, loss, share, "the example's share of J"), Factor(loss, of, slope, why))

    def _local(self, stage: int, output: int, node: int) -> Factor:
        """Return the derivative of a node by one of the stage before."""
        jacobian = self.jacobians[stage]
        assert jacobian is not None  # a path goes through
        of, by = self._quantity(stage, output), self._quantity(stage - 1, node)
        units, before = self.records[stage].units, self.records[stage - 1].units
        why = local_reason(self.records[stage], by, output % units.size, node % before.size, self._row(stage, output))
        return Factor(of, by, jacobian.entry(output, node), why)

    def _row(self, stage: int, node: int) -> int:
        return int(self.rows[node // self.records[stage].units.size])

    def _entry_factor(self, stage: int, node: int) -> Factor:
        entry = self.entries[stage]
        assert entry is not None  # the path starts here
        value = float(entry[self.rows].reshape(-1)[node])
        unit, row = node % self.records[stage].units.size, self._row(stage, node)
        why = entry_reason(self.records[stage], self.passes.inputs_of(stage), self.variable, self.index, unit, row)
        return Factor(self._quantity(stage, node), W, value, why)

    # The path, the steps along it, and the factors of the formula

    def _path(self, found: FoundPath) -> Path:
        last = found.start + len(found.nodes) - 1
        factors = list(self._loss_factors(found.nodes[-1]))
        for stage in range(last, found.start, -1):
            at = stage - found.start
            factors.append(self._local(stage, found.nodes[at], found.nodes[at - 1]))
        places = [
            Place(found.start + at, self._row(found.start + at, node), node % self.records[found.start + at].units.size)
            for at, node in enumerate(found.nodes)
        ]
        return Path((*factors, self._entry_factor(found.start, found.nodes[0])), tuple(places))

    def _steps(self, found: FoundPath) -> tuple[Step, ...]:
        """Go back along a path: at every unit of it, the sum over all ways on which it reaches the loss."""
        steps = []
        for at in range(len(found.nodes) - 1, -1, -1):
            stage, node = found.start + at, found.nodes[at]
            of, gradient = self._quantity(stage, node), float(self._gradient(stage, np.array([node]))[0])
            if stage + 1 == len(self.records):
                *share, slope = self._loss_factors(node)
                above = share[0].value if share else 1.0
                terms: tuple[Term, ...] = (Term(slope.of, above, slope.value, slope.why),)
            else:
                terms = self._terms(stage, node)
            steps.append(Step(of, terms, gradient))
        ways = [
            (self._gradient(stage, np.array([node]))[0], self._entry_factor(stage, int(node)))
            for stage, start in enumerate(self.starts)
            if start is not None
            for node in start[0]
        ]
        entering = [Term(factor.of, float(slope), factor.value, factor.why) for slope, factor in ways]
        return (*steps, Step(W, _largest_first(entering), sum(term.product for term in entering)))

    def _terms(self, stage: int, node: int) -> tuple[Term, ...]:
        """Return the ways from a node to the next stage."""
        jacobian = self.jacobians[stage + 1]
        assert jacobian is not None  # the path goes through
        outputs, slopes = jacobian.column(node)
        gradients = self._gradient(stage + 1, outputs)
        products = np.abs(gradients * slopes)
        kept = np.argsort(-products, kind="stable")[: max(1, int(np.count_nonzero(products)))]
        by, record = self._quantity(stage, node), self.records[stage + 1]
        before = node % self.records[stage].units.size
        return tuple(
            Term(
                self._quantity(stage + 1, int(outputs[i])),
                float(gradients[i]),
                float(slopes[i]),
                local_reason(record, by, int(outputs[i]) % record.units.size, before, self._row(stage + 1, outputs[i])),
            )
            for i in kept
        )

    def _factors(self, found: FoundPath, steps: tuple[Step, ...]) -> tuple[Factor, ...]:
        """Return the factors from the last join of paths down to the weight, led by the gradient at that join."""
        *above, entering = steps
        if len(entering.terms) != 1:
            return (Factor(J, W, entering.gradient, f"the sum of {len(entering.terms)} ways in which it enters"),)
        factors = [self._entry_factor(found.start, found.nodes[0])]
        for at, step in enumerate(reversed(above)):
            if at + 1 == len(above):
                return (*self._loss_factors(found.nodes[-1]), *reversed(factors))
            if len(step.terms) > 1:
                joined = f"{len(step.terms)} ways to the loss, added up"
                return (Factor(J, step.of, step.gradient, joined), *reversed(factors))
            factors.append(self._local(found.start + at + 1, found.nodes[at + 1], found.nodes[at]))
        raise AssertionError("a path ends at the loss")


def _largest_first(terms: list[Term]) -> tuple[Term, ...]:
    return tuple(sorted(terms, key=lambda term: -abs(term.product)))
