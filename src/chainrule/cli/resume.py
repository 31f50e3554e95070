"""``chainrule train --resume DIR``: the settings of a run that was stopped, from its folder; how runs go on."""

import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from chainrule.cli import screen
from chainrule.errors import ChainruleError, DataError, DTypeError, FileError
from chainrule.tables import Table
from chainrule.training.interrupts import unheard
from chainrule.training.run_folder import RunFolder

ALLOWED = {"resume", "checkpoint_minutes", "diagnose", "as_json", "quiet"}  # beside each other
PATHS = ("file", "test", "out")


def refuse_others(context: click.Context) -> None:
    """Refuse what the folder says already."""
    for parameter in context.command.params:
        name = str(parameter.name)
        given = context.get_parameter_source(name) not in (ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP, None)
        if given and name not in ALLOWED:
            option = "FILE" if isinstance(parameter, click.Argument) else parameter.opts[-1]
            raise click.UsageError(f"--resume takes the settings from the folder; leave out {option}", context)


def kind_of(folder: RunFolder) -> str | None:
    """Return what a folder holds: a "sweep", a "training", or None."""
    try:
        return "sweep" if folder.holds_sweep else "training" if folder.is_described else None
    except OSError as error:
        raise FileError(f"can't use the run folder {folder.path}: {error.strerror or error}") from error


def how_to_go_on(folder: RunFolder) -> str:
    """Return how to go on with what a folder holds: the command, where the folder knows it."""
    if not folder.holds_sweep:
        return f"go on with: chainrule train --resume {screen.quote(folder.path)}"
    words = folder.environment().get("command") if folder.is_described else None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        return "go on with it by its own command and --resume"
    return f"go on with: {shlex.join(['chainrule', *words, *([] if '--resume' in words else ['--resume'])])}"


def check_place(path: Path, force: bool) -> None:
    """Refuse a place where no new run can be kept; where there is one, say how to go on with it.

    Raises
    ------
    FileError
    """
    folder = RunFolder(path)
    kind = kind_of(folder)
    if kind is not None and not force:
        raise FileError(
            f"{path} holds a {kind}: name another folder, replace it with --force, or {how_to_go_on(folder)}"
        )
    folder.check_free(force)


def read_settings(folder: RunFolder, defaults: dict[str, Any]) -> dict[str, Any]:
    """Return what a run was asked for, in the types that the command line gives.

    Parameters
    ----------
    folder : RunFolder
    defaults : dict
        All that a run can be asked for.
    """
    if kind_of(folder) == "sweep":
        raise FileError(f"{folder.path} holds a sweep; {how_to_go_on(folder)}")
    kept = folder.settings()
    unknown = kept.keys() - defaults.keys()
    if unknown or not isinstance(kept.get("target"), str):
        fault = f"{min(unknown)!r} is unknown" if unknown else "there is no target"
        raise FileError(f"the settings of {folder.path} are not those of this version: {fault}")
    asked = defaults | {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    with undamaged(folder):
        return asked | {name: Path(asked[name]) for name in PATHS if asked.get(name) is not None}


def is_complete(folder: RunFolder) -> bool:
    """Return whether a run has ended; a model that Ctrl-C has left without a checkpoint is no end."""
    return folder.has_only_a_model and not _is_cut_short(folder.model)


def _is_cut_short(model: Path) -> bool:
    """Return whether Ctrl-C has ended the training of a saved model."""
    from chainrule.models.model_file import read_file

    report = read_file(model)[0].get("report")
    return isinstance(report, dict) and report.get("stopped_by") == "interrupted"


@contextmanager
def undamaged(folder: RunFolder | None) -> Iterator[None]:
    """Say of settings of another type than theirs, which only a file can have, that the run folder is damaged."""
    try:
        yield
    except (TypeError, ValueError, AttributeError) as error:
        if folder is None or (isinstance(error, ChainruleError) and not isinstance(error, DTypeError)):
            raise
        raise FileError(f"the settings of {folder.path} are damaged: {error}") from error


def go_on(folder: RunFolder, table: Table) -> None:
    """Make a run folder ready, unless the run began with another table, or where it stands can't be read.

    Raises
    ------
    DataError, FileError
    """
    from chainrule.models.checkpoint_file import Checkpoint

    check_same_table(folder, table)
    for kept in folder.keep(0.0):
        try:
            if kept.resume_from:
                Checkpoint(kept.path)
        except FileError as error:
            raise FileError(f"{error}; remove the file to go on from what was before it") from error
    folder.restart()


def check_same_table(folder: RunFolder, table: Table) -> None:
    """Refuse another table than the one that a run began with.

    Raises
    ------
    DataError
    """
    if folder.environment().get("table") != table.fingerprint():
        raise DataError(
            f"the table is not the one that the run in {folder.path} began with; give it the same data, or start "
            "anew with --run"
        )


@contextmanager
def stopping(say: Callable[[], None]) -> Iterator[None]:
    """Where Ctrl-C ends the block, say what is saved, and exit with code 130."""
    try:
        yield
    except KeyboardInterrupt:
        say()
        sys.exit(130)


@unheard()
def say_what_is_saved(models: Sequence[Path], folder: RunFolder | None) -> None:
    """Say on standard error what is there of a training, over or not: models that are saved, where it can go on."""
    if folder is not None and not is_complete(folder):
        _say_how_to_go_on(folder)
    elif models:
        best = "; it has the best weights so far (with --run a training can go on later)"
        screen.say_stopped(f"stopped; {models[0]} is saved{best if _is_cut_short(models[0]) else ''}")
    else:
        screen.say_stopped()


def _say_how_to_go_on(folder: RunFolder) -> None:
    """Say on standard error up to where the training of a run that was stopped is saved, and the command to go on."""
    from chainrule.models.checkpoint_file import Checkpoint
    from chainrule.tables.table import counted

    command = f"chainrule train --resume {screen.quote(folder.path)}"
    first, refit = folder.keep(0.0)
    last = refit if refit.resume_from else first
    if last.resume_from is None:
        best = "its best weights so far are saved, but " if folder.has_only_a_model else ""
        screen.say_stopped(f"stopped; {best}nothing to go on from was saved yet; begin it again with: {command}")
        return
    state = Checkpoint(last.path).state
    done = counted(state["epoch"], "epoch")
    if state["batch"]:
        done += f" and {state['batch']:,} {'batch' if state['batch'] == 1 else 'batches'}"
    rows = " on all rows" if last is refit else ""
    screen.say_stopped(f"stopped; {folder.path} holds the training{rows} after {done}; go on with: {command}")
