"""fit: the one training loop. Engines run ranges of steps; everything between the ranges happens here."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainrule.arrays import Array, fingerprint, whole_number
from chainrule.engine import ahead
from chainrule.engine.data import Rows
from chainrule.engine.engine import Engine, Position, Progress, Task, Watch
from chainrule.errors import ArgumentError, StateError, warn
from chainrule.training import batches, divergence, resumption
from chainrule.training.callbacks import Callback, CallbackList, Run, Stop
from chainrule.training.history import History
from chainrule.training.interrupts import HeldBack
from chainrule.training.orders import Orders
from chainrule.training.progress import make_progress

PROGRESS_SECONDS = 0.1  # between two reports within an epoch
EVALUATION_ROWS = 4096  # batch size where only outputs are wanted: the result does not depend on it


@dataclass
class Settings:
    """The settings of one `fit`, checked."""

    epochs: int = 1
    initial_epoch: int = 0
    batch_size: int = 32
    shuffle: bool | Callable[[int], Array] = True
    seed: int = 0
    verbose: int | str = "auto"
    validation_freq: int = 1
    validation_batch_size: int | None = None


class Trainer:
    """Trains the network of a task on rows; one object per call of fit.

    Parameters
    ----------
    task, engine, position
        What is trained, who runs the steps, and where the training stands.
    train, validation : Rows
    settings : Settings
    callbacks : sequence of Callback
    chosen : array of numbers of rows, optional
        The rows of ``train`` that are trained on, where they lie; None: all.
    """

    def __init__(
        self,
        task: Task,
        engine: Engine,
        position: Position,
        train: Rows,
        validation: Rows | None,
        settings: Settings,
        callbacks: Sequence[Callback],
        chosen: Array | None = None,
    ) -> None:
        self.task, self.engine, self.position = task, engine, position
        self.train, self.validation, self.settings = train, validation, settings
        self.orders = Orders(len(train), chosen, settings.shuffle, settings.seed)
        self.steps = batches.steps(self.orders.rows, settings.batch_size)
        self.epoch, self.batch = settings.initial_epoch, 0  # the next one to be made
        self.total = Progress()  # over the batches of this epoch so far
        self.measured: list[Any] = []  # what the metrics had taken in, in a run that goes on within an epoch
        self.stop: Stop | None = None
        self._saved: Mapping[str, Any] | None = None
        self.heard = 0  # of the beginning of the next step, in a run that goes on; see `resumption.Stand`
        self._stand: resumption.Stand | None = None  # where the run can be saved
        self._together = engine.steps_together(task, settings.batch_size)
        if settings.validation_freq == 1 and not callable(settings.shuffle):
            self.engine = ahead.of_this_thread(engine, self._outlook())
        self._started = self._told = 0.0  # _told: when progress within an epoch was last reported
        params = {
            "epochs": settings.epochs,
            "steps": self.steps,
            "batch_size": settings.batch_size,
            "seed": settings.seed,
            "engine": engine.name,
            "rows": self.orders.rows,
            "validation_rows": 0 if validation is None else len(validation),
        }
        self.history = History(params)
        larger: dict[str, bool | None] = {name: metric.larger_is_better for name, metric in task.measured.items()}
        self.run = Run(task.network, params, self.history, larger)
        self.run.state = self._state
        display = make_progress(settings.verbose)
        self.callbacks = CallbackList([*callbacks, *([display] if display else [])], self.run)
        # While callbacks are told of something Ctrl-C waits: until all have heard, the run can't be saved.
        self._interrupts = HeldBack()

    def _outlook(self) -> ahead.Outlook:
        """Return what is known of the epochs to come."""
        settings, validation = self.settings, self.validation
        return ahead.Outlook(
            self.train,
            self.orders.rows,
            validation,
            self.orders.ahead,
            settings.batch_size,
            0 if validation is None else evaluation_batch(settings.validation_batch_size, len(validation)),
            self.position.epoch + settings.epochs - settings.initial_epoch,
        )

    def resume(self, saved: Mapping[str, Any]) -> None:
        """Stand where the run of a checkpoint stood; the model's weights are not its business."""
        resumption.restore(self, saved)
        self._saved = saved

    @cached_property
    def digest(self) -> str:
        """What tells these rows from others."""
        parts = [(self.train, self.orders.chosen)]
        if self.validation is not None:
            parts.append((self.validation, None))
        return fingerprint((array, rows) for part, rows in parts for array in (part.x, part.y, part.weight))

    def fit(self) -> History:
        """Run the epochs, and return their history."""
        history, model = self.history, self.run.model
        self._started = time.perf_counter() - history.seconds
        self._first = self.epoch, self.batch
        model.stop_training = False
        self.callbacks.begin()
        try:
            if self._saved is not None:
                resumption.restore_callbacks(self.callbacks, self._saved)
            with self._interrupts.listening() if self.callbacks.follows_interrupts else nullcontext():
                self._epochs()
            history.stopped_by = self.stop.reason if self.stop else "all epochs done"
        except BaseException as error:
            history.stopped_by = "interrupted" if isinstance(error, KeyboardInterrupt) else f"an error: {error!r}"
            raise
        finally:  # also after an exception the model holds the weights of its last step, or their average
            history.seconds = time.perf_counter() - self._started
            self._finalize()
            self.callbacks.finish()
        return history

    def _epochs(self) -> None:
        try:
            while self.epoch < self.settings.epochs and self.stop is None:
                self._epoch(self.epoch)
        except KeyboardInterrupt as error:
            with suppress(KeyboardInterrupt), self._interrupts:  # pressed once more: it has been heard
                self._keep(error)
            raise

    def _finalize(self) -> None:
        if self.task.optimizer.average:
            self.task.optimizer.finalize(self.task.network.parameters.writable(), self.position.slots)

    def _tell(self, steps: int, loss: float) -> None:
        """Report progress within the epoch to the callbacks that show it, now and then."""
        if time.perf_counter() - self._told >= PROGRESS_SECONDS:
            self._told = time.perf_counter()
            self.callbacks.call("on_epoch_progress", steps, {"loss": loss})

    def _pause(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        """Let callbacks save the run where it stands."""
        self.history.seconds = time.perf_counter() - self._started
        self.callbacks.call("on_pause", epoch, batch, logs)

    def _mark(self, heard: int, copies: bool = False) -> None:
        """Note that the run can be saved as it stands, from now on or, in copies, during the steps that follow too."""
        if self.callbacks.follows_interrupts or (self.callbacks.follows_pauses and not copies):
            self._stand = resumption.Stand.of(self, heard, copies)

    def _state(self) -> dict[str, Any]:
        if self._stand is None:
            raise StateError("a run can be saved at a pause only: call run.state() in on_pause or on_interrupt")
        return resumption.state_of(self, self._stand)

    def _keep(self, interrupt: KeyboardInterrupt) -> None:
        """Let callbacks save the run as it stood before the steps that Ctrl-C has cut short."""
        stand, model = self._stand, self.run.model
        if stand is None or not self.callbacks.follows_interrupts or (stand.epoch, stand.batch) == self._first:
            return
        self.history.seconds = time.perf_counter() - self._started
        place = (stand.epoch, stand.batch) if stand.batch else (stand.epoch - 1, self.steps)
        now = model.snapshot()
        try:
            if stand.weights is not None:
                model.restore(stand.weights)
            for callback in self.callbacks.callbacks:
                note = self.callbacks.tell(callback, "on_interrupt", *place)
                if note is not None:
                    interrupt.add_note(note)
        finally:
            model.restore(now)

    def _begin(self, hook: str, number: int, heard: int) -> None:
        """Tell callbacks that an epoch (1) or a batch (2) begins; what that did before the run was saved is done."""
        self._stand, rate = None, self.task.optimizer.learning_rate
        self.callbacks.call(hook, number, {})
        if self.heard >= heard and self._saved is not None:
            resumption.restore_callbacks(self.callbacks, self._saved)
            self.task.optimizer.learning_rate = rate

    def _epoch(self, epoch: int) -> None:
        with self._interrupts:
            self._begin("on_epoch_begin", epoch, 1)
            self._mark(1)
        self._told = time.perf_counter()
        self.task.reset_metrics()
        for metric, state in zip(self.task.measured.values(), self.measured, strict=False):
            metric.set_state(state)
        self.measured = []
        self.stop = self._steps(epoch, self.orders.of(self.position.epoch))
        logs = {"loss": self.total.loss, **self.task.results()} if self.total.rows else {}
        due = self.total.failed_step is None and (epoch + 1) % self.settings.validation_freq == 0
        if due and self.validation is not None:
            logs |= {f"val_{name}": value for name, value in self.evaluate(self.validation).items()}
        with self._interrupts:
            self._end(epoch, logs)

    def _end(self, epoch: int, logs: dict[str, Any]) -> None:
        """Note what an epoch has given, and tell the callbacks."""
        total, self.total, self.batch, self.heard, self._stand = self.total, Progress(), 0, 0, None
        self.history.examples += total.rows
        if total.failed_step is not None:
            if total.rows:
                self.history.weights_epoch = None  # some steps beyond the last epoch
                self.history.unfinished = logs
            return
        self.position.epoch += 1
        self.epoch += 1
        self.history.append(epoch, logs)
        self.history.weights_epoch = epoch
        self.stop = self.callbacks.call("on_epoch_end", epoch, logs) or self.stop
        if self.stop is None and self.run.model.stop_training:
            self.stop = Stop("stop_training was set")
        self._mark(0)
        if self.callbacks.follows_pauses:
            self._pause(epoch, self.steps, logs)

    def _ranges(self, epoch: int) -> Iterator[tuple[int, int]]:
        """Give the ranges of steps that are left of an epoch, at whose ends callbacks may follow it."""
        while self.batch < self.steps:
            start = self.batch
            sizes = [self._together - start % self._together, self.steps - start]
            sizes += [every - (epoch * self.steps + start) % every for every in self.callbacks.pauses]
            yield start, start + (1 if self.callbacks.follows_batches else min(sizes))

    def _steps(self, epoch: int, order: Array) -> Stop | None:
        """Run the steps that are left of one epoch, range by range; batch by batch where a callback follows batches."""
        each, told, total = self.callbacks.follows_batches, self.callbacks.follows_progress, self.total
        last = each or epoch + 1 == self.settings.epochs
        draw = None if last else self.orders.draw(self.position.epoch + 1)
        followed = each or self.callbacks.follows_pauses or self.callbacks.follows_interrupts
        for start, stop_at in self._ranges(epoch):
            if followed:
                self._before(start)
            part = self.engine.run(
                self.task,
                self.position,
                self.train,
                order,
                self.settings.batch_size,
                start,
                stop_at,
                watch=self._watch(start) if told and not each else None,
                meanwhile=draw,
            )
            total.add(part)
            if part.failed_step is not None:
                return self._diverged(epoch, order, part, start)
            self.batch = stop_at
            if followed and (stop := self._after(epoch, start)) is not None:
                return stop
        return None

    def _before(self, start: int) -> None:
        """Tell callbacks that a range of steps begins, and note where the run stands."""
        with self._interrupts:
            if self.callbacks.follows_batches:
                self._begin("on_train_batch_begin", start, 2)
                self.heard = 0
            self._mark(2 if self.callbacks.follows_batches else 1, copies=True)

    def _after(self, epoch: int, start: int) -> Stop | None:
        """Tell callbacks that the range of steps from ``start`` has ended, and let them save the run."""
        each, total = self.callbacks.follows_batches, self.total
        with self._interrupts:
            pauses = self.callbacks.follows_pauses and self.batch < self.steps
            logs = {"loss": total.loss, **self.task.results()} if each or pauses else {}
            if each:
                self._stand = None
                stop = self.callbacks.call("on_train_batch_end", start, logs)
                if self.callbacks.follows_progress:
                    self._tell(self.batch, total.loss)
                if stop is not None or self.run.model.stop_training:
                    return stop or Stop("stop_training was set")
            self._mark(1)
            if pauses:
                self._pause(epoch, self.batch, logs)
        return None

    def _watch(self, start: int) -> Watch:
        """Return what is told of the steps and the mean loss of a range that begins with batch ``start``."""
        if not start:
            return self._tell
        before = self.total.loss * start
        return lambda steps, loss: self._tell(start + steps, (before + loss * steps) / (start + steps))

    def _diverged(self, epoch: int, order: Array, part: Progress, start: int) -> Stop:
        size = self.settings.batch_size
        batch = start + part.rows // size
        rows = self.train.take(order[batch * size : (batch + 1) * size])
        self.history.diverged = True
        self.history.finding = divergence.explain(self.task, rows, self.position.step, epoch, batch)
        reason = divergence.sentence(self.history.finding)
        if not any(isinstance(callback, divergence.TerminateOnNaN) for callback in self.callbacks.callbacks):
            warn(f"training stopped: {reason}", RuntimeWarning)
        return Stop(reason)

    def evaluate(self, rows: Rows) -> dict[str, float]:
        """Return loss and metrics over rows."""
        return evaluate(self.task, self.engine, rows, self.settings.validation_batch_size)


def evaluate(task: Task, engine: Engine, rows: Rows, batch_size: int | None = None) -> dict[str, float]:
    """Return loss and metrics over rows."""
    task.reset_metrics()
    loss = engine.evaluate(task, rows, evaluation_batch(batch_size, len(rows)))
    return {"loss": loss, **task.results()}


def evaluation_batch(batch_size: int | None, rows: int, name: str = "batch_size") -> int:
    """Return the batch size of an evaluation or prediction."""
    return batches.check_batch_size(EVALUATION_ROWS if batch_size is None else batch_size, rows, name)


def check_epochs(epochs: Any, initial_epoch: Any) -> None:
    """Refuse numbers of epochs that make no sense."""
    last = whole_number("epochs", epochs, least=1)
    if whole_number("initial_epoch", initial_epoch, least=0) >= last:
        raise ArgumentError(
            f"initial_epoch must be below epochs, got {initial_epoch} and {epochs}; epochs counts from the first fit on"
        )


def check_class_weight(class_weight: Any) -> None:
    """Refuse class weights of another kind than a mapping or "balanced"."""
    if class_weight is not None and not isinstance(class_weight, Mapping | str):
        raise ArgumentError(f"class_weight must be a dict from class to weight or 'balanced', got {class_weight!r}")
