"""Resumption: where a run stands, as data that a checkpoint keeps; and how a run goes on from there, bit for bit.

Orders, splits and dropout masks are addressed by seed, epoch and step, so that no generator's state is kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainrule.arrays import Array
from chainrule.engine.engine import Progress
from chainrule.errors import ChainruleError, StateError, warn
from chainrule.training.callbacks import CallbackList, Logger, Stop
from chainrule.training.environment import what_runs

if TYPE_CHECKING:
    from chainrule.training.fit import Trainer


@dataclass(frozen=True)
class Stand:
    """Where a run stands between two ranges of steps: what the steps that follow change, as it was.

    Attributes
    ----------
    epoch, batch : int
        The next ones to be made.
    heard : {0, 1, 2}
        How much callbacks have heard of their beginning: nothing, ``on_epoch_begin``, ``on_train_batch_begin`` too.
    step, epochs_of_model : int
        Of the position.
    total : list of float
        Of the batches of the epoch so far, as in `Progress`.
    metrics : list
        The states of the metrics, within an epoch.
    stop : str or None
        Why the run is over.
    slots : dict of array
    weights : pair of array or None
        The model's vectors where they, and the slots, are copies; None where they are those that there are.
    """

    epoch: int
    batch: int
    heard: int
    step: int
    epochs_of_model: int
    total: list[float]
    metrics: list[Any]
    stop: str | None
    slots: Mapping[str, Array]
    weights: tuple[Array, Array] | None

    @classmethod
    def of(cls, trainer: "Trainer", heard: int, copies: bool) -> "Stand":
        """Return where a run stands now; copies outlive the steps that follow."""
        position, total = trainer.position, trainer.total
        return cls(
            trainer.epoch,
            trainer.batch,
            heard,
            position.step,
            position.epoch,
            [total.loss_sum, total.mass, total.rows],
            [metric.get_state() for metric in trainer.task.measured.values()] if trainer.batch else [],
            None if trainer.stop is None else trainer.stop.reason,
            {name: values.copy() for name, values in position.slots.items()} if copies else position.slots,
            trainer.run.model.snapshot() if copies else None,
        )


def state_of(trainer: "Trainer", stand: Stand) -> dict[str, Any]:
    """Return all of a run but the network's weights, where it stands."""
    callbacks = [(c, trainer.callbacks.tell(c, "get_state")) for c in trainer.callbacks.callbacks]
    return {
        "settings": _settings(trainer),
        "runs_on": what_runs(trainer.engine.name),
        "seed": trainer.settings.seed,
        "slots": stand.slots,
        "step": stand.step,
        "epochs_of_model": stand.epochs_of_model,
        "epoch": stand.epoch,
        "batch": stand.batch,
        "heard": stand.heard,
        "total": stand.total,
        "metrics": stand.metrics,
        "stop": stand.stop,
        "history": trainer.history.get_state(),
        "callbacks": [[type(c).__name__, not isinstance(c, Logger), state] for c, state in callbacks if state],
    }


def restore(trainer: "Trainer", saved: Mapping[str, Any]) -> None:
    """Put a run where another one stood; its callbacks follow by `restore_callbacks` once they have begun.

    Raises
    ------
    StateError
        The other run had other data, settings or callbacks, or is further than this one should go.
    """
    with _undamaged():
        refuse_other(saved["settings"], _settings(trainer))
        if saved["epoch"] > trainer.settings.epochs:
            raise StateError(
                f"the checkpoint was made after epoch {saved['epoch']}, and epochs is {trainer.settings.epochs}; "
                "give fit more epochs"
            )
        for name, needed, _ in saved["callbacks"]:
            if needed and all(type(callback).__name__ != name for callback in trainer.callbacks.callbacks):
                raise StateError(f"the checkpoint has the state of a callback {name}, which fit was not given; add it")
        position = trainer.position
        for name, values in position.slots.items():
            values[...] = saved["slots"][name]
        position.step, position.epoch = saved["step"], saved["epochs_of_model"]
        trainer.task.network.seek(position.step)
        trainer.epoch, trainer.batch = saved["epoch"], saved["batch"]
        trainer.heard = saved.get("heard", int(saved["batch"] > 0))  # checkpoints of version 0.1 don't say it
        trainer.total, trainer.measured = Progress(*saved["total"]), saved["metrics"]
        trainer.stop = None if saved["stop"] is None else Stop(saved["stop"])
        trainer.history.set_state(saved["history"])
        trainer.run.resumed = True
    here = what_runs(trainer.engine.name)
    if saved["runs_on"] != here:
        began = ", ".join(saved["runs_on"].values())
        warn(f"the run began on {began} and goes on here on {', '.join(here.values())}: not with the same bits")


def restore_callbacks(callbacks: CallbackList, saved: Mapping[str, Any]) -> None:
    """Give each callback what one of its class remembered; those of one class are told apart by their order."""
    waiting = list(callbacks.callbacks)
    with _undamaged():
        for name, _, state in saved["callbacks"]:
            callback = next((c for c in waiting if type(c).__name__ == name), None)
            if callback is not None:
                waiting.remove(callback)
                callbacks.tell(callback, "set_state", state)


def refuse_other(saved: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Raise a StateError that names the first setting in which a checkpoint differs from what is here."""
    for name, value in here.items():
        if saved[name] != value:
            raise StateError(
                f"the checkpoint is of another run: its {name} is {_short(saved[name])}, and this is {_short(value)}; "
                "give the same, or start without the checkpoint"
            )


def _settings(trainer: "Trainer") -> dict[str, Any]:
    """Return what must be the same in a run that goes on; rows come last, since they take longest to tell apart."""
    task, settings, validation = trainer.task, trainer.settings, trainer.validation
    return {
        "loss": task.loss.name,
        "metrics": list(task.measured),
        "number of rows": trainer.orders.rows,
        "number of validation rows": 0 if validation is None else len(validation),
        "batch_size": settings.batch_size,
        "shuffle": settings.shuffle if isinstance(settings.shuffle, bool) else "a function",
        "validation_freq": settings.validation_freq,
        "digest of the rows": trainer.digest,
    }


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:297]}..."


@contextmanager
def _undamaged() -> Iterator[None]:
    """Say of a state in which something is missing or of another kind that the file is damaged."""
    try:
        yield
    except ChainruleError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise StateError(f"the checkpoint is damaged: {error!r}") from error
