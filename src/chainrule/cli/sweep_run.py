"""What a sweep leaves behind: its run folder, its pictures, and how to go on with one that was stopped."""

import shlex
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli import screen
from chainrule.cli.resume import check_same_table, how_to_go_on, kind_of
from chainrule.cli.screen import check_output
from chainrule.errors import ArgumentError, DependencyError, FileError
from chainrule.training.interrupts import unheard
from chainrule.training.run_folder import RATES, RunFolder

if TYPE_CHECKING:
    from chainrule.analysis import SweepResult
    from chainrule.analysis.search import Search
    from chainrule.tables import Table

PICTURES = (".png", ".svg", ".pdf")
_NOT_SETTINGS = ("run", "resume", "force", "as_json", "quiet")


class Resumable(click.Command):
    """A command whose --resume is a flag; a folder after it, as ``chainrule train`` has it, is answered."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Refuse ``--resume DIR`` with the command that goes on there."""
        words = [part for word in args for part in (word.split("=", 1) if word.startswith("--resume=") else [word])]
        for option, word in pairwise(words):
            if option == "--resume" and Path(word).is_dir() and not ctx.resilient_parsing:
                folder = RunFolder(word)
                kind = kind_of(folder)
                if kind is None:
                    raise click.UsageError(f"--resume takes no folder, and {word} holds no run; name it by --run", ctx)
                raise FileError(f"--resume takes no folder, and {word} holds a {kind}; {how_to_go_on(folder)}")
        return super().parse_args(ctx, args)


def open_folder(path: Path, rows: "Table", ctx: click.Context, seed: int) -> RunFolder:
    """Return the run folder: the one of a sweep to go on with, else a new one.

    Raises
    ------
    DataError
        The sweep there began with another table.
    FileError
        No folder can be made there.
    """
    from chainrule.training.environment import of_command

    folder = RunFolder(path)
    goes_on = ctx.params["resume"] and folder.holds_sweep
    if goes_on and folder.is_described:
        check_same_table(folder, rows)
        return folder
    asked = {name: _plain(value) for name, value in ctx.params.items() if name not in _NOT_SETTINGS}
    environment = {**of_command(ctx.obj, seed), "table": rows.fingerprint()}
    if goes_on:
        folder.describe(asked, environment)
        return folder
    return RunFolder.create(path, asked, environment, ctx.params["force"], sweep=True)


def _plain(value: Any) -> Any:
    """Return what was asked for as JSON data; ranges as they are typed."""
    from chainrule.analysis.search_space import Range

    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value.text if isinstance(value, Range) else str(value) if isinstance(value, Path) else value


def check_plot(plot: Path, swept: Sequence[str], force: bool) -> None:
    """Refuse a picture that can't be drawn, before the work is done."""
    if plot.suffix.lower() not in PICTURES:
        raise ArgumentError(f"--plot writes {', '.join(PICTURES)}, got {plot.name!r}")
    if "learning_rate" not in swept:
        raise ArgumentError("--plot shows the score against the learning rate; give --learning-rate a range or a list")
    if not _can_draw():
        raise DependencyError("--plot needs matplotlib; install it with: pip install 'chainrule[plot]'")
    check_output(plot, force)


def draw(result: "SweepResult", plot: Path | None, folder: RunFolder | None) -> list[Path]:
    """Draw the rate curve where it is asked for, and in the run folder where rates were tried; return the files."""
    pictures = [] if plot is None else [plot]
    if folder is not None and "learning_rate" in result.swept:
        if _can_draw():
            pictures.append(folder.path / RATES)
        else:
            screen.remark(f"no {RATES}: it needs matplotlib; install it with: pip install 'chainrule[plot]'")
    if pictures:
        figure = result.plot()
        for picture in pictures:
            figure.savefig(picture)
    return pictures


def _can_draw() -> bool:
    import importlib.util

    return importlib.util.find_spec("matplotlib") is not None


@unheard()
def say_how_to_go_on(search: "Search", ctx: click.Context, out: Path) -> None:
    """Keep the trials of a search that was stopped, and say on standard error how to go on with it."""
    from chainrule.analysis.sweep_result import count_line

    words, trials = list(ctx.obj), search.study.results()
    if search.study.storage is None:
        if all(trial.state == "running" for trial in trials):
            screen.say_stopped()
            return
        kept = next(p for i in range(1, 1000) if not (p := out.with_name(f"{out.stem}-{i}.journal")).exists())
        search.study.copy_to(kept)
        words += ["--storage", str(kept)]
    more = ["--resume"] if ctx.params["run"] else ["--resume", "--force"]  # in a run folder what is there is replaced
    command = shlex.join(["chainrule", *words, *(word for word in more if word not in words)])
    screen.say_stopped(f"stopped: {count_line(trials, search.trials)}; go on with: {command}")


def say_stopped_again() -> None:
    """Say on standard error that Ctrl-C has ended what follows `say_how_to_go_on`: the best model and its results."""
    screen.say_stopped(
        "stopped again, before all of it was saved; the trials are kept, to go on with by the same command"
    )
