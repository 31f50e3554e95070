"""Callbacks: hooks that fit calls, with a read-only view of the run; stopping is a value they return."""

import contextlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, ClassVar

from chainrule.configurable import Configurable
from chainrule.errors import ArgumentError, UnknownNameError, did_you_mean, warn
from chainrule.training.history import History


@dataclass(frozen=True)
class Stop:
    """What a hook returns to end the training.

    Examples
    --------
    >>> Stop("the loss is good enough").reason
    'the loss is good enough'
    """

    reason: str


class Run:
    """What callbacks see of a training run.

    Attributes
    ----------
    model : the model
    params : mapping with ``epochs``, ``steps`` (per epoch), ``batch_size``, ``seed``, ``engine``, ``rows``,
        ``validation_rows``
    history : History
    larger_is_better : mapping from metric name to bool
    resumed : bool
        Whether the run goes on from a checkpoint; the history then holds the epochs before it.
    """

    resumed = False
    state: Callable[[], dict[str, Any]]  # all that a checkpoint keeps besides the model; for calls at a pause

    def __init__(
        self, model: Any, params: dict[str, Any], history: History, larger_is_better: dict[str, bool | None]
    ) -> None:
        self.model = model
        self.params: Mapping[str, Any] = MappingProxyType(params)
        self.history = history
        self.larger_is_better: Mapping[str, bool | None] = MappingProxyType(larger_is_better)

    def less_is_better(self, owner: str, monitor: str, mode: str) -> bool:
        """Return whether less of a monitored quantity is better, for a mode of "auto", "min" or "max".

        Raises
        ------
        ArgumentError
            The mode is "auto", and the quantity is a metric that does not say.
        """
        if mode != "auto":
            return mode == "min"
        larger = self.larger_is_better.get(monitor.removeprefix("val_"), False)
        if larger is None:
            raise ArgumentError(f"{owner} can't know whether more {monitor} is better; say mode='min' or 'max'")
        return not larger

    def monitored(self, owner: str, monitor: str, logs: Mapping[str, float]) -> float | None:
        """Return a quantity of the logs; None where it is measured, but not in this epoch (``validation_freq``).

        Raises
        ------
        UnknownNameError
            It is not measured at all.
        """
        if monitor in logs:
            return float(logs[monitor])
        hint = did_you_mean(monitor, logs)
        if monitor.startswith("val_") and monitor.removeprefix("val_") in logs:
            if self.params["validation_rows"]:
                return None
            hint = "; give fit validation_split or validation_data"
        raise UnknownNameError(f"{owner} monitors {monitor!r}, which is not measured{hint}")


class Callback(Configurable):
    """Base of all callbacks; override the hooks you need.

    Hooks have Keras's names and arguments: epochs and batches count from 0, ``logs`` holds the quantities
    known so far. ``on_epoch_end`` and ``on_train_batch_end`` may return `Stop`. ``self.run`` is the `Run`,
    ``self.model`` the model. One that remembers something from epoch to epoch says it in `get_state`, so that a
    checkpoint keeps it.

    Examples
    --------
    >>> class GoodEnough(Callback):
    ...     def on_epoch_end(self, epoch, logs):
    ...         return Stop("loss below 0.1") if logs["loss"] < 0.1 else None
    """

    run: Run
    pause_every: int | None = None  # batches of the run after which `on_pause` is wanted, besides where it comes anyway

    def set_run(self, run: Run) -> None:
        """Give the callback its view of the run; fit calls this first."""
        self.run = run

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self.run.model

    @property
    def params(self) -> Mapping[str, Any]:
        """The settings of the run."""
        return self.run.params

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Run before the first epoch."""

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Run after the last epoch, however it ended."""

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Run before each epoch."""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> Stop | None:
        """Run after each epoch, validation included."""

    def on_epoch_progress(self, steps: int, logs: Mapping[str, float]) -> None:
        """Run about ten times a second within a long epoch, after ``steps`` of its steps; ``logs`` has their mean loss.

        For displays: training does not run batch by batch for it, and the weights may be half way through a step.
        """

    def on_pause(self, epoch: int, batch: int, logs: Mapping[str, float]) -> None:
        """Run where the training can be saved: after ``batch`` batches of the epoch, all of them at its end.

        At an epoch's end every callback has heard of it before. Within an epoch it comes after each range of steps
        that the engine makes at a time, about a second's work, and after every ``pause_every`` batches of the run.
        """

    def on_interrupt(self, epoch: int, batch: int) -> str | None:
        """Run when Ctrl-C ends the training, to save it as it was at the last place where ``on_pause`` may come.

        That was after ``batch`` batches of the epoch, all of them at its end, about a second's work ago at most; the
        model has the weights of that place meanwhile. Where a callback overrides it, Ctrl-C waits for hooks that have
        begun.

        Returns
        -------
        str or None
            What was saved and how to go on from it: a note on the KeyboardInterrupt.
        """

    def get_state(self) -> dict[str, Any]:
        """Return what the callback remembers, as numbers, text, arrays, and lists and dicts of them; for checkpoints.

        Nothing by default.
        """
        return {}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Take up what `get_state` gave, when a run goes on from a checkpoint; it comes after ``on_train_begin``."""

    def on_train_batch_begin(self, batch: int, logs: Mapping[str, float] | None = None) -> None:
        """Run before each batch; a callback that overrides it makes training run batch by batch."""

    def on_train_batch_end(self, batch: int, logs: Mapping[str, float]) -> Stop | None:
        """Run after each batch; a callback that overrides it makes training run batch by batch."""

    @property
    def follows_batches(self) -> bool:
        """Whether the callback overrides a batch hook."""
        return self._overrides("on_train_batch_begin") or self._overrides("on_train_batch_end")

    @property
    def follows_progress(self) -> bool:
        """Whether the callback overrides the hook for progress within an epoch."""
        return self._overrides("on_epoch_progress")

    @property
    def follows_pauses(self) -> bool:
        """Whether the callback overrides the hook for pauses."""
        return self._overrides("on_pause")

    @property
    def follows_interrupts(self) -> bool:
        """Whether the callback overrides the hook for Ctrl-C."""
        return self._overrides("on_interrupt")

    def _overrides(self, hook: str) -> bool:
        return hook in vars(self) or getattr(type(self), hook) is not getattr(Callback, hook)


class LambdaCallback(Callback):
    """A callback made of functions, one per hook.

    Parameters
    ----------
    on_train_begin, on_train_end : callable(logs), optional
    on_epoch_begin, on_epoch_end : callable(epoch, logs), optional
    on_train_batch_begin, on_train_batch_end : callable(batch, logs), optional
    on_epoch_progress : callable(steps, logs), optional
    on_pause : callable(epoch, batch, logs), optional
    on_interrupt : callable(epoch, batch), optional

    Examples
    --------
    >>> quiet = LambdaCallback(on_epoch_end=lambda epoch, logs: None)
    """

    HOOKS: ClassVar = (
        "on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", "on_train_batch_begin",
        "on_train_batch_end", "on_epoch_progress", "on_pause", "on_interrupt",
    )  # fmt: skip

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        on_epoch_progress: Callable[..., Any] | None = None,
        on_pause: Callable[..., Any] | None = None,
        on_interrupt: Callable[..., Any] | None = None,
    ) -> None:
        given = locals()
        for hook in self.HOOKS:
            if given[hook] is None:
                continue
            if not callable(given[hook]):
                raise ArgumentError(f"{hook} must be a function, got {given[hook]!r}")
            setattr(self, hook, given[hook])


class Logger(Callback):
    """Base of callbacks that only write down what happens: an error in one never ends the training.

    The first exception is told as a warning, and the logger is not called again.

    Attributes
    ----------
    target : str
        What it writes, for that warning.

    Examples
    --------
    >>> class Noted(Logger):
    ...     target = "the notes"
    ...     def on_epoch_end(self, epoch, logs):
    ...         raise OSError("the paper is full")
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     history = model.fit([[1.0], [2.0]], [1.0, 2.0], epochs=3, callbacks=[Noted()], verbose=0)
    >>> len(history.epoch), [str(warning.message) for warning in told]
    (3, ['the notes: nothing more is written, training goes on: the paper is full'])
    """

    target = ""


def check_monitor(monitor: Any, mode: Any) -> None:
    """Refuse what can't be the name of a quantity, and unknown words for which way it is better."""
    if not isinstance(monitor, str):
        raise ArgumentError(f"monitor must be the name of a quantity, such as 'val_loss', got {monitor!r}")
    if mode not in ("auto", "min", "max"):
        raise ArgumentError(f"mode must be 'auto', 'min' or 'max', got {mode!r}")


def listed(callbacks: Any) -> list[Any]:
    """Return callbacks as a list; a single one needs none around it.

    Examples
    --------
    >>> listed(None), len(listed(Callback()))
    ([], 1)
    """
    return list(callbacks or []) if isinstance(callbacks, Iterable | None) else [callbacks]


class CallbackList:
    """Calls the hooks of several callbacks in order; the first `Stop` wins, later callbacks still hear of it."""

    def __init__(self, callbacks: list[Callback], run: Run) -> None:
        for callback in callbacks:
            if not isinstance(callback, Callback):
                hint = f"; write {callback.__name__}()" if isinstance(callback, type) else ""
                raise ArgumentError(f"callbacks expects Callback objects, got {callback!r}{hint}")
            callback.set_run(run)
        self.callbacks = callbacks
        self.follows_batches = any(callback.follows_batches for callback in callbacks)
        self.follows_progress = any(callback.follows_progress for callback in callbacks)
        self.follows_pauses = any(callback.follows_pauses for callback in callbacks)
        self.follows_interrupts = any(callback.follows_interrupts for callback in callbacks)
        self.pauses = [c.pause_every for c in callbacks if c.pause_every is not None]
        self._failed: set[int] = set()  # loggers that are not called again

    def begin(self) -> None:
        """Call ``on_train_begin`` of every callback; where one raises an exception, those before it end."""
        with contextlib.ExitStack() as begun:
            for callback in self.callbacks:
                self.tell(callback, "on_train_begin", {})
                begun.callback(self.tell, callback, "on_train_end", {})
            begun.pop_all()

    def finish(self) -> None:
        """Call ``on_train_end`` of every callback, also after one of them has raised an exception."""
        with contextlib.ExitStack() as stack:
            for callback in reversed(self.callbacks):
                stack.callback(self.tell, callback, "on_train_end", {})

    def call(self, hook: str, *arguments: Any) -> Stop | None:
        """Call one hook of every callback."""
        stop: Stop | None = None
        for callback in self.callbacks:
            answer = self.tell(callback, hook, *arguments)
            if isinstance(answer, Stop) and stop is None:
                stop = answer
        return stop

    def tell(self, callback: Callback, hook: str, *arguments: Any) -> Any:
        """Call one hook, or other method, of one callback; None from a logger that has failed."""
        if not isinstance(callback, Logger):
            return getattr(callback, hook)(*arguments)
        if id(callback) in self._failed:
            return None
        try:
            return getattr(callback, hook)(*arguments)
        except Exception as error:
            self._failed.add(id(callback))
            reason = getattr(error, "strerror", None) or str(error) or repr(error)
            name = callback.target or type(callback).__name__
            warn(f"{name}: nothing more is written, training goes on: {reason}", RuntimeWarning)
            return None
