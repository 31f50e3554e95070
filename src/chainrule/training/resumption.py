"""Resumption: where a run stands, as data that a checkpoint keeps; and how a run goes on from there, bit for bit.

Orders, splits and dropout masks are addressed by seed, epoch and step, so that no generator's state is kept.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from chainrule.engine.engine import Progress
from chainrule.errors import ChainruleError, StateError, warn
from chainrule.training.callbacks import CallbackList, Logger, Stop
from chainrule.training.environment import what_runs

if TYPE_CHECKING:
    from chainrule.training.fit import Trainer


def state_of(trainer: "Trainer") -> dict[str, Any]:
    """Return all of a run but the network's weights, between two ranges of steps."""
    position, total = trainer.position, trainer.total
    callbacks = [(c, trainer.callbacks.tell(c, "get_state")) for c in trainer.callbacks.callbacks]
    return {
        "settings": _settings(trainer),
        "runs_on": what_runs(trainer.engine.name),
        "seed": trainer.settings.seed,
        "slots": position.slots,
        "step": position.step,
        "epochs_of_model": position.epoch,
        "epoch": trainer.epoch,
        "batch": trainer.batch,
        "total": [total.loss_sum, total.mass, total.rows],
        "metrics": [metric.get_state() for metric in trainer.task.measured.values()] if trainer.batch else [],
        "stop": None if trainer.stop is None else trainer.stop.reason,
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
        "number of rows": trainer.rows,
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
