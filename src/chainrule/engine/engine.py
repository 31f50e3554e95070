"""What an engine is: it runs steps of training over ranges, evaluates and predicts.

An engine knows the network only through this protocol, and the rest of chainrule knows engines only through
`Engine`; `fit` chooses one. The Python engine (tape on NumPy) defines what everything means.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np

from chainrule.arrays import Array, Shape
from chainrule.engine.data import Rows
from chainrule.engine.parameters import ParameterVector
from chainrule.layers.layer import Layer
from chainrule.losses import Loss
from chainrule.metrics import Metric
from chainrule.optimizers import Optimizer


class Network(Protocol):
    """What engines need of a model."""

    dtype: np.dtype[Any]
    parameters: ParameterVector
    state: ParameterVector
    told_engine: str  # why it does not run natively, once somebody was told

    @property
    def layers(self) -> Sequence[Layer]:
        """The layers, in the order in which they are applied."""

    @property
    def input_shape(self) -> Shape:
        """Shape of the inputs, batch axis None."""

    @property
    def output_shape(self) -> Shape:
        """Shape of the outputs, batch axis None."""

    def seek(self, step: int) -> None:
        """Set the step from which the next random numbers of the layers come."""


@dataclass
class Task:
    """A network with what it is trained by.

    Attributes
    ----------
    metrics, weighted_metrics : sequences of Metric
        The latter count each row by its weight.
    loss_weight : float
        Factor of the reduced loss in J.
    measured : dict of str to Metric
        All metrics under the names they have in results: Keras's, where two would have the same.
    """

    network: Network
    loss: Loss
    optimizer: Optimizer
    metrics: Sequence[Metric]
    loss_weight: float = 1.0
    weighted_metrics: Sequence[Metric] = ()

    def __post_init__(self) -> None:
        self.measured: dict[str, Metric] = {}
        for metric in self.metrics:
            self._name(metric, metric.name)
        for metric in self.weighted_metrics:
            self._name(metric, f"weighted_{metric.name}" if metric.name in self.measured else metric.name)

    def _name(self, metric: Metric, name: str) -> None:
        unused, number = name, 1
        while unused in self.measured:
            unused, number = f"{name}_{number}", number + 1
        self.measured[unused] = metric

    def reset_metrics(self) -> None:
        """Make all metrics empty."""
        for metric in self.measured.values():
            metric.reset_state()

    def results(self) -> dict[str, Any]:
        """Return the value of each metric under its name."""
        return {name: metric.result() for name, metric in self.measured.items()}

    def measure(self, y: Array | None, outputs: Array, weight: Array | None) -> None:
        """Take the outputs for some rows into the metrics."""
        for metric in self.metrics:
            metric.update_state(y, outputs)
        for metric in self.weighted_metrics:
            metric.update_state(y, outputs, weight)


@dataclass
class Position:
    """Where training stands; it lives as long as the optimiser's slots do."""

    slots: dict[str, Array] = field(default_factory=dict)
    step: int = 0
    epoch: int = 0


@dataclass
class Progress:
    """What a range of steps gave: J summed by the mass of each batch, and the step at which numbers went wrong."""

    loss_sum: float = 0.0
    mass: float = 0.0
    rows: int = 0
    failed_step: int | None = None

    def add(self, other: "Progress") -> None:
        """Take in what the next range gave."""
        self.loss_sum += other.loss_sum
        self.mass += other.mass
        self.rows += other.rows
        self.failed_step = other.failed_step

    @property
    def loss(self) -> float:
        """Mean loss; a short last batch counts by its size."""
        return self.loss_sum / self.mass if self.mass else float("nan")


@dataclass
class Draw:
    """An order of rows that the next epoch wants: an engine that leaves a core idle may draw it while it trains.

    Attributes
    ----------
    seed, purpose, index
        Of the stream of random numbers, as in `chainrule.random.generator`.
    order : array of int64
        Where the order of rows goes.
    drawn : bool
        Whether it is there.
    """

    seed: int
    purpose: str
    index: int
    order: Array
    drawn: bool = False


Watch: TypeAlias = Callable[[int, float], None]


# A range of steps takes about a second: time enough to hide what a call costs, short enough to checkpoint between two.
RANGE = 1e11  # multiplications


class Engine(ABC):
    """Runs a `Task`."""

    name: str
    step_cost = 1e5  # of a step, besides its multiplications and in their measure

    def steps_together(self, task: Task, batch_size: int) -> int:
        """Return how many steps make a range.

        It depends on the network and the batch size only, never on time: sums over an epoch are made range by range,
        and so come out alike in every run.
        """
        return max(1, int(RANGE // (3.0 * len(task.network.parameters) * batch_size + self.step_cost)))

    @abstractmethod
    def run(
        self,
        task: Task,
        position: Position,
        data: Rows,
        order: Array,
        batch_size: int,
        start: int,
        stop: int,
        watch: Watch | None = None,
        meanwhile: Draw | None = None,
    ) -> Progress:
        """Train on batches ``start`` to ``stop - 1`` of the rows in ``order``; batch i is step ``position.step``.

        ``watch``, if given, is told while it runs how many of these batches are done and their mean loss: often
        enough for a display, and no more than once a batch. ``meanwhile`` is what an idle core may do.

        Stops before the update of a step whose loss or gradient is not finite, with the weights and the
        state as they were before that step, and says so in the result.
        """

    @abstractmethod
    def evaluate(self, task: Task, data: Rows, batch_size: int) -> float:
        """Return the mean loss over the rows, and update the task's metrics on the way."""

    @abstractmethod
    def predict(self, network: Network, data: Rows, batch_size: int) -> Array:
        """Return the outputs for all rows."""

    def predict_at_once(self, network: Network, x: Any) -> Array | None:  # not every engine has a short way
        """Return the outputs for ``x``, unchecked as it came, where that needs nothing but a call; otherwise None.

        None says nothing about ``x``: check it, then ask `predict`.
        """
        return None

    @abstractmethod
    def loss_and_gradient(self, task: Task, data: Rows, training: bool = False) -> tuple[float, Array]:
        """Return J over these rows and dJ/dW as one flat vector."""
