"""Measures: how the native engine keeps metrics up to date, from answers counted in the pass or else from outputs."""

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.engine.data import CHUNK, Rows
from chainrule.engine.engine import Position, Progress, Task
from chainrule.engine.plan import Plan, PlannedAccuracy
from chainrule.engine.python import measure
from chainrule.layers import Layer
from chainrule.metrics.inputs import SUM_TOLERANCE
from chainrule.metrics.mean import RunningMean


def is_plain(y: Array, accuracy: PlannedAccuracy) -> bool:
    """Whether answers to these labels can be counted; metrics themselves say what is wrong with others.

    Examples
    --------
    >>> is_plain(np.array([0, 1]), PlannedAccuracy("binary")), is_plain(np.array([0.2, 1]), PlannedAccuracy("binary"))
    (True, False)
    """
    if accuracy.labels == "binary":
        return bool(((y == 0) | (y == 1)).all())
    if accuracy.labels == "one_hot":
        return bool((np.abs(y.sum(axis=1, dtype=np.float64) - 1) <= SUM_TOLERANCE).all())
    return True


class Measures:
    """The metrics of a task over some rows.

    Parameters
    ----------
    task : Task
    plan : Plan
    counted : bool
        Whether the plan's accuracy is what the metrics ask for, and the labels are plain.
    """

    def __init__(self, task: Task, plan: Plan, counted: bool) -> None:
        self.task, self.counted = task, counted
        self.keeps_outputs = bool(task.measured) and not counted
        self._units = plan.instructions[-1].outputs
        self._answers = self._units if plan.accuracy and plan.accuracy.labels == "binary" else 1

    def rows_together(self, batch_size: int, rows: int) -> int:
        """Return for how many rows outputs are kept at a time: whole batches, of bounded size."""
        return batch_size * max(1, CHUNK // (self._units * batch_size)) if self.keeps_outputs else max(rows, 1)

    def outputs(self, rows: int) -> Array:
        """Return memory for the outputs, of no rows where nobody asks for them."""
        return np.empty((rows if self.keeps_outputs else 0, self._units), self.task.network.dtype)

    def update(
        self, y: Array | None, weight: Array | None, rows: int, outputs: Array, right: float, weighted: float
    ) -> None:
        """Take in some rows: their outputs, or how many answers are right, also by the weights of their rows."""
        if self.keeps_outputs:
            shape = [n for n in self.task.network.output_shape[1:] if n is not None]
            measure(self.task, y, outputs.reshape(len(outputs), *shape), weight)
        elif self.counted:
            for metric in self.task.metrics:
                self._add(metric, right, rows)
            for metric in self.task.weighted_metrics:
                if weight is None:
                    self._add(metric, right, rows)
                else:
                    self._add(metric, weighted, float(weight.sum(dtype=np.float64)))

    def _add(self, metric: object, right: float, weight: float) -> None:
        if isinstance(metric, RunningMean):
            metric.add_sum(np.full(self._answers, right / self._answers), weight)


def mean_loss(task: Task, total: float, data: Rows, layers: Sequence[Layer]) -> float:
    """Return the mean loss over rows from the sum of the batches' losses by their mass, with the layers' penalties."""
    mean = total if task.loss.reduction == "sum" else total / task.loss.mass(len(data), data.weight)
    return float(mean) + sum(float(penalty) for layer in layers for penalty in layer.losses)


def taken(
    result: tuple[float, int, int, bool, float, float],
    measures: Measures,
    position: Position,
    data: Rows,
    rows: Array,
    outputs: Array,
) -> Progress:
    """Take in what steps on these rows, in this order, have given, and return it."""
    loss_sum, count, made, failed, right, weighted = result
    task = measures.task
    position.step += made
    task.network.seek(position.step)
    weight = None if data.weight is None else data.weight[rows[:count]]
    if count:
        y = data.y[rows[:count]] if data.y is not None and measures.keeps_outputs else None
        measures.update(y, weight, count, outputs[:count], right, weighted)
    return Progress(loss_sum, task.loss.mass(count, weight), count, position.step if failed else None)
