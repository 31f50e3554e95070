"""Ahead: several epochs of a fit in one call of the C++ library, given out one by one.

Where many networks train at once, each on a thread of Python, the threads share one interpreter: a network of a few
thousand weights would wait for it longer than it computes. So a fit that is one of many runs epochs before they are
asked for, on copies of its vectors, and keeps a copy for each. The loop of `fit`, its callbacks and its metrics then
see every epoch as if it had just been run. What a callback changes (the rate, the weights, a layer) makes the copies
that are left worthless: they are dropped, and the epochs run again from where the model is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import changes
from chainrule.arrays import Array
from chainrule.engine import many
from chainrule.engine.blocks import NOTHING, address, blocks, is_readable
from chainrule.engine.data import Rows
from chainrule.engine.engine import Draw, Engine, Network, Position, Progress, Task, Watch
from chainrule.engine.measures import Measures, mean_loss, taken
from chainrule.engine.native import EVALUATION_ROWS, NativeEngine, work
from chainrule.layers import Layer
from chainrule.optimizers.moving_average import SLOT as AVERAGE

WORTH = 3e8  # multiplications of a call, some 20 ms: the interpreter's part is small beside them
MOST_EPOCHS, MOST_BYTES = 32, 1 << 25
_ALIGNED = 16  # elements

Result = tuple[float, int, int, bool, float, float]


@dataclass(frozen=True)
class Outlook:
    """What is known of a fit before it begins.

    Attributes
    ----------
    train : Rows
    rows : int
        So many of them are trained on.
    validation : Rows or None
    orders : function of an epoch and a number of epochs
        The orders of the rows of training in those from it on, one a row.
    batch_size, validation_batch : int
    stop : int
        The epoch of the position at which the fit ends.
    """

    train: Rows
    rows: int
    validation: Rows | None
    orders: Callable[[int, int], Array]
    batch_size: int
    validation_batch: int
    stop: int


def of_this_thread(engine: Engine, outlook: Outlook) -> Engine:
    """Return the engine for a fit: one that looks ahead where the thread is one of a pool of networks."""
    pool = many.current_pool()
    return AheadEngine(engine, pool, outlook) if pool and isinstance(engine, NativeEngine) else engine


@dataclass
class _Course:
    """Epochs that have been run ahead, and for which state of things they are good."""

    results: list[tuple[Result, Result]]
    kept: list[tuple[Array, Array]]  # each vector of the model, and (epochs, its length) at the end of each epoch
    orders: Array
    outputs: Array
    validation_outputs: Array
    measures: Measures
    judging: Measures
    penalised: list[Layer]
    stamp: object
    rate: Any
    given: int = 0
    versions: tuple[int, int] = (0, 0)
    place: tuple[int, int] = (0, 0)  # step and epoch of the position

    def is_good(self, task: Task, position: Position) -> bool:
        """Whether the next epoch is what training from here would give."""
        network = task.network
        return (
            self.given < len(self.results)
            and self.stamp is changes.stamp()
            and self.rate is task.optimizer.learning_rate
            and self.versions == (network.parameters.version, network.state.version)
            and self.place == (position.step, position.epoch)
        )


class AheadEngine(Engine):
    """The native engine for one fit of a pool of networks.

    Parameters
    ----------
    engine : NativeEngine
    pool : NetworkPool
        When it is stopped, the training ends.
    outlook : Outlook
    """

    name = "native"

    def __init__(self, engine: NativeEngine, pool: many.NetworkPool, outlook: Outlook) -> None:
        self._engine, self._pool, self._outlook = engine, pool, outlook
        self._epochs = 1  # of the next call: twice as many each time, for it may be the last one that is wanted
        self._course: _Course | None = None

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
        meanwhile: Draw | None = None,  # every core has a network to train
    ) -> Progress:
        """Train on batches ``start`` to ``stop - 1``, or give out an epoch that has been run."""
        self._pool.check()
        outlook, steps = self._outlook, -(-len(order) // batch_size)
        if data is not outlook.train or (start, stop, batch_size) != (0, steps, outlook.batch_size):
            return self._engine.run(task, position, data, order, batch_size, start, stop, self._checked(watch))
        if self._course is None or not self._course.is_good(task, position):
            self._course = self._run_ahead(task, position)
        if self._course is None:
            return self._engine.run(task, position, data, order, batch_size, start, stop, self._checked(watch))
        return self._give(self._course, task, position)

    def _checked(self, watch: Watch | None) -> Watch:
        def checked(steps: int, loss: float) -> None:
            self._pool.check()
            if watch is not None:
                watch(steps, loss)

        return checked

    def _run_ahead(self, task: Task, position: Position) -> _Course | None:
        """Run some epochs on copies; None where one can't be run in a single call, or is long enough by itself."""
        network, outlook, validation = task.network, self._outlook, self._outlook.validation
        self._engine.look_at(task, outlook.train)
        sessions = self._engine.trained(task)
        measures = Measures(task, sessions.plan, self._engine.counts(sessions.plan, outlook.train))
        judging, size, judged = measures, 0, 0
        if validation is not None:
            judged, size = len(validation), min(outlook.validation_batch, EVALUATION_ROWS, len(validation))
            judging = Measures(task, sessions.plan, self._engine.counts(sessions.plan, validation))
            if not is_readable(validation) or judging.rows_together(size, judged) < judged:
                return None
        count = outlook.rows
        if not is_readable(outlook.train) or measures.rows_together(outlook.batch_size, count) < count:
            return None
        parts = _vectors(task, position)
        places, length = _places(parts)
        epochs = min(self._epochs, outlook.stop - position.epoch, self._most(task, sessions.plan, measures, length))
        if epochs < 1:
            return None
        self._epochs *= 2
        steps = -(-count // outlook.batch_size)
        orders = outlook.orders(position.epoch, epochs)
        table = task.optimizer.scalar_table(position.step, position.step + epochs * steps, network.dtype).values
        rows = np.empty((epochs, length), network.dtype)
        kept = [(p, rows[:, at : at + len(p)]) for at, p in zip(places, parts, strict=True) if p is not None]
        for vector, copies in kept:
            copies[0] = vector
        outputs, units = measures.outputs(epochs * count), sessions.plan.instructions[-1].outputs
        validation_outputs = judging.outputs(epochs * judged)
        with (
            sessions.borrow(network.dtype, outlook.batch_size) as session,
            sessions.borrow(network.dtype, max(1, size)) as judge,
        ):
            results = session.train_epochs(
                None if validation is None else judge, places, address(rows), length, epochs,
                blocks(outlook.train), len(outlook.train), address(orders), count, outlook.batch_size, position.step,
                address(table), table.shape[1], address(outputs), units,
                [NOTHING] * 3 if validation is None else blocks(validation), judged, size,
                address(validation_outputs), self._pool.flag,
            )  # fmt: skip
        self._pool.check()
        penalised = [layer for layer in network.layers if layer.losses]
        return _Course(
            results, kept, orders, outputs.reshape(epochs, -1, units), validation_outputs.reshape(epochs, -1, units),
            measures, judging, penalised, changes.stamp(), task.optimizer.learning_rate,
            versions=(network.parameters.version, network.state.version), place=(position.step, position.epoch),
        )  # fmt: skip

    def _most(self, task: Task, plan: Any, measures: Measures, length: int) -> int:
        """Return the most epochs worth a call."""
        rows = self._outlook.rows
        outputs = rows * plan.instructions[-1].outputs if measures.keeps_outputs else 0
        bytes_of_one = (length + outputs) * task.network.dtype.itemsize
        by_work = max(1, int(WORTH / (work(plan.instructions) * rows)))
        return min(MOST_EPOCHS, by_work, max(1, MOST_BYTES // bytes_of_one))

    def _give(self, course: _Course, task: Task, position: Position) -> Progress:
        """Put the next epoch that has been run into the model, and return what it gave."""
        index, network = course.given, task.network
        network.parameters.writable(), network.state.writable()
        for vector, kept in course.kept:
            vector[...] = kept[index]
        progress = taken(
            course.results[index][0], course.measures, position, self._outlook.train, course.orders[index],
            course.outputs[index],
        )  # fmt: skip
        course.given += 1
        course.versions = network.parameters.version, network.state.version
        course.place = position.step, position.epoch + 1
        return progress

    def evaluate(self, task: Task, data: Rows, batch_size: int) -> float:
        """Return the mean loss over the rows, and update the task's metrics on the way."""
        course, network = self._course, task.network
        if (
            course is None
            or data is not self._outlook.validation
            or course.versions != (network.parameters.version, network.state.version)
        ):
            return self._engine.evaluate(task, data, batch_size)
        total, count, _, _, right, weighted = course.results[course.given - 1][1]
        if course.judging.counted and not np.isfinite(total):  # the metrics say what is wrong with the outputs
            return self._engine.evaluate(task, data, batch_size)
        outputs = course.validation_outputs[course.given - 1]
        course.judging.update(data.y, data.weight, count, outputs, right, weighted)
        return mean_loss(task, total, data, course.penalised)

    def predict(self, network: Network, data: Rows, batch_size: int) -> Array:
        """Return the outputs for all rows."""
        return self._engine.predict(network, data, batch_size)

    def loss_and_gradient(self, task: Task, data: Rows, training: bool = False) -> tuple[float, Array]:
        """Return J over these rows and dJ/dW as one flat vector."""
        return self._engine.loss_and_gradient(task, data, training)


def _vectors(task: Task, position: Position) -> list[Array | None]:
    """Return the vectors that training changes: parameters, state, their average, and the optimiser's slots."""
    optimizer, network = task.optimizer, task.network
    slots: list[Array | None] = [position.slots[name] for name in optimizer.initial_slots]
    average = position.slots[AVERAGE] if optimizer.average else None
    return [network.parameters.values, network.state.values, average, *slots, *[None] * (3 - len(slots))]


def _places(parts: list[Array | None]) -> tuple[list[int], int]:
    """Return where each vector begins in a row that has them all, -1 for an absent one, and the row's length."""
    places, end = [], 0
    for part in parts:
        places.append(-1 if part is None else end)
        end += 0 if part is None else -(-len(part) // _ALIGNED) * _ALIGNED
    return places, max(end, 1)
