"""``chainrule sweep``: many settings of a network for a table, tried on all cores; the best one is saved."""

import csv
import io
import json
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli import screen
from chainrule.cli.options import (
    a_number,
    check_source,
    data_options,
    read_source,
    refuse_same,
    setting_options,
    source_name,
    source_options,
    take_data_options,
)
from chainrule.cli.resume import check_place, stopping
from chainrule.cli.screen import check_output
from chainrule.cli.sweep_run import Resumable, check_plot, draw, open_folder, say_how_to_go_on, say_stopped_again
from chainrule.errors import ChainruleError, StateError

if TYPE_CHECKING:
    from chainrule.analysis import SearchSpace, SweepResult, Trial
    from chainrule.analysis.search import Search
    from chainrule.analysis.trial_log import TrialLog
    from chainrule.cli.trials import Display

RATES = "1e-4..1"  # tried where nothing is said
TRIED = ("learning_rate", "hidden", "optimizer", "activation", "batch_size", "epochs", "dropout")
_REPEATED = (
    *("sql", "table", "target", "task", "categorical", "numeric", "drop", "group", "time", "test", "weight"),
    *("class_weight", "loss", "quantiles", "metric", "early_stopping", "label_smoothing", "refit", "seed"),
)


class Tried(click.ParamType[Any]):
    """What is tried of a setting: a range, a list, or one value."""

    name = "A..B|A,B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return a range or the choices."""
        from chainrule.analysis.search_space import read_entry

        if not isinstance(value, str):
            return value
        assert param is not None and param.name is not None  # an option's type
        try:
            return read_entry(param.name, value)
        except ChainruleError as error:
            raise click.UsageError(str(error), ctx) from None


def _tried(name: str, metavar: str, text: str) -> Callable[[Any], Any]:
    return click.option(f"--{name}", type=Tried(), metavar=metavar, help=text)


@click.command(cls=Resumable)
@source_options
@data_options
@_tried("learning-rate", "A..B", f"A range, on a logarithmic scale, or a list. Default: {RATES} if nothing is tried.")
@_tried("hidden", "A,B|C", "Units of the hidden layers, alternatives by |; none: linear. Default: 128,128.")
@_tried("optimizer", "A,B", "Names: sgd, adam, adamw, adadelta, adagrad, rmsprop. Default: adam.")
@_tried("activation", "A,B", "Names, of the hidden layers. Default: silu.")
@_tried("batch-size", "A..B", "A range, on a logarithmic scale, or a list. Default: by the number of rows.")
@_tried("epochs", "A..B", "A range or a list. Default: by the number of rows.")
@_tried("dropout", "A..B", "A range or a list, in [0, 1). Default: 0.")
@setting_options("loss", "quantiles", "metric", "early_stopping", "label_smoothing", "refit", "seed")
@click.option("--trials", type=click.IntRange(1), help="Of the whole study. Default: 32, or all points of a grid.")
@click.option("--jobs", type=click.IntRange(1), help="Trials at once, each on one core. Default: all cores.")
@click.option("--sampler", default="tpe", show_default=True, metavar="NAME", help="tpe, random, grid.")
@click.option("--pruner", default="median", show_default=True, metavar="NAME", help="median, hyperband, none.")
@click.option("--folds", type=click.IntRange(2), help="Score each trial by a cross-validation of so many folds.")
@click.option(
    "--timeout",
    type=click.FloatRange(0, min_open=True),
    metavar="SECONDS",
    callback=a_number,
    help="Begin no trial after it.",
)
@click.option("--storage", metavar="FILE|URL", help="A study to share: a journal file, or sqlite:///sweep.db ...")
@click.option("--resume", is_flag=True, help="Go on with the study in the storage or the run folder, or share in it.")
@click.option("--run", type=click.Path(path_type=Path), metavar="DIR", help="Keep a record of the sweep in a folder.")
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="PICTURE", help="Score against rate: .png, .svg, .pdf."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="MODEL", help="Default: FILE-COLUMN.safetensors.")
@click.option("--force", is_flag=True, help="Replace the model file, or the run, if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print the trials and the scores as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def sweep(
    ctx: click.Context,
    /,
    file: Path | None,
    sql: str | None,
    table: str | None,
    target: str,
    task: str | None,
    trials: int | None,
    jobs: int | None,
    sampler: str,
    pruner: str,
    folds: int | None,
    timeout: float | None,
    storage: str | None,
    resume: bool,
    run: Path | None,
    plot: Path | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Try settings of a network for FILE, train it with the best ones, test it on rows held out, and save it.

    Trials are scored on validation rows, by the validation loss or --metric; those that do badly end early. The test
    rows are used once, for the model that is saved. FILE is read as by chainrule train.

    \b
    chainrule sweep examples/penguins.csv --target species
    chainrule sweep penguins.csv --target species --learning-rate 1e-4..1 --hidden "32,64|128,128" \\
        --optimizer sgd,adam --dropout 0..0.5 --trials 64 --plot rates.png
    chainrule sweep houses.parquet --target price --folds 5 --sampler random --timeout 600

    Several processes, on this and other machines, share a study through its storage; every trial is done once:

    \b
    chainrule sweep big.parquet --target paid --trials 200 --storage sweep.journal --resume

    A run folder holds settings.json, environment.json, trials.jsonl (a line for every trial, as it ends), the study,
    rates.svg where rates were tried, and model.safetensors, which is then the only model unless --out names another.

    A sweep with --run or --storage, whatever stopped it, goes on by the same command with --resume. Ctrl-C keeps the
    trials in any case, saves the network of the best so far, says the command to go on with, and exits with code 130.
    """
    from chainrule.analysis import search as searching
    from chainrule.analysis.search import Search
    from chainrule.analysis.study import make_pruner, make_sampler
    from chainrule.analysis.sweep_problem import TableProblem
    from chainrule.analysis.trial_log import TrialLog
    from chainrule.cli.trials import display
    from chainrule.estimators.network import Options
    from chainrule.training.run_folder import STUDY, TRIALS, RunFolder

    check_source(file, sql)
    if resume and storage is None and run is None:
        raise click.UsageError("--resume goes on with a study: name its --storage, or its --run folder", ctx)
    data, space = take_data_options(settings), _space(settings)
    base = Options(**{**space.fixed, **settings})
    make_sampler(sampler, space, trials or searching.TRIALS, base.seed), make_pruner(pruner)
    force = force or (run is not None and resume and RunFolder(run).holds_sweep)  # what the sweep itself has written
    out = _check_places(file, target, run, out, plot, space, force)
    rows = read_source(file, sql, table, target)
    problem = TableProblem(rows, target, task, base, data, folds, click.format_filename(source_name(file)))
    folder = None if run is None or storage is not None else open_folder(run, rows, ctx, base.seed)
    place = folder.path / STUDY if folder else storage
    search = Search(problem, space, trials, sampler, pruner, place, resume, base.seed)
    if run is not None and folder is None:  # the storage is usable
        folder = open_folder(run, rows, ctx, base.seed)
    saved = [path for path in (out, folder.model if folder else None) if path is not None]
    log = TrialLog(folder.path / TRIALS) if folder else None
    say = partial(say_how_to_go_on, search, ctx, saved[0])
    with stopping(say):  # pressed twice
        interrupted = _run(search, display(search, as_json or quiet), log, jobs, timeout)
    if interrupted:
        say()
    with stopping(say_stopped_again if interrupted else say):
        try:
            result = search.result()
        except StateError:
            if interrupted:
                sys.exit(130)
            raise
        for path in saved:
            result.model.save(path, overwrite=force)
        pictures = draw(result, plot, folder)
        repeat = _repeat(ctx, file, result.best.settings)
        if as_json:
            more = {"report": result.model.report.as_dict(), "model": str(saved[0]), "repeat": repeat}
            screen.echo(json.dumps({**result.as_dict(), **more}))
        elif not quiet:
            _show(result, saved, pictures, repeat)
    if interrupted:
        sys.exit(130)


def _space(settings: dict[str, Any]) -> "SearchSpace":
    """Take what is tried out of the settings; where nothing is, rates are."""
    from chainrule.analysis import SearchSpace

    tried = {name: given for name in TRIED if (given := settings.pop(name)) is not None}
    if all(isinstance(entry, list) and len(entry) == 1 for entry in tried.values()) and "learning_rate" not in tried:
        tried["learning_rate"] = RATES
    return SearchSpace(tried)


def _check_places(
    file: Path | None,
    target: str,
    run: Path | None,
    out: Path | None,
    plot: Path | None,
    space: "SearchSpace",
    force: bool,
) -> Path | None:
    """Refuse places that can't be written before the work is done; return where the model is saved besides the run."""
    refuse_same(run, out)
    if run is not None:
        check_place(run, force)
    elif out is None:
        out = Path(f"{screen.stem(Path(source_name(file)))}-{screen.slug(target)}.safetensors")
    if plot is not None:
        check_plot(plot, space.swept, force)
    if out is not None:
        check_output(out, force, *([file] if file else []))
    return out


def _run(search: "Search", show: "Display", log: "TrialLog | None", jobs: int | None, timeout: float | None) -> bool:
    """Do the trials, and return whether Ctrl-C has stopped them."""

    def watch(trials: "list[Trial]") -> None:
        show.update(trials)
        note(trials)

    def note(trials: "list[Trial]") -> None:
        if log is not None:
            log.update(trials)

    note(search.study.results())  # those that are there already
    try:
        with show:
            search.run(jobs, None, timeout, watch)
    except KeyboardInterrupt:
        return True
    finally:
        note(search.study.results())  # those of other processes
    return False


def _show(result: "SweepResult", saved: list[Path], pictures: list[Path], repeat: str) -> None:
    """Print the result."""
    for line in result.lines():
        screen.echo(line)
    if any(trial.state == "running" for trial in result.trials):
        screen.remark("other processes are still at work on the study; run this again with --resume when they are done")
    screen.echo()
    report = result.model.report
    screen.section(f"Best: trial {result.best.number}, trained again", [report.network_line()])
    screen.show_results(report)
    screen.echo()
    for path in saved:
        screen.echo(f"Saved {click.format_filename(path)} ({path.stat().st_size / 1024:,.0f} KB)")
    for picture in pictures:
        screen.echo(f"Saved {click.format_filename(picture)}")
    screen.echo(f"Again: {repeat}")
    screen.echo(f"Next: chainrule predict {screen.quote(saved[0])} new.csv")


def _repeat(ctx: click.Context, file: Path | None, settings: dict[str, Any]) -> str:
    """Return the command that trains the best model again."""
    from chainrule.analysis.search_space import label

    words = ["chainrule", "train", *([] if file is None else [screen.quote(file)])]
    for param in ctx.command.params:
        given = param.name is not None and ctx.get_parameter_source(param.name)
        if param.name in _REPEATED and given is click.core.ParameterSource.COMMANDLINE:
            value = ctx.params[param.name]
            words += [param.opts[0]] if value is True else [param.opts[0], shlex.quote(_text(value))]
    for name, value in settings.items():
        words += [f"--{name.replace('_', '-')}", shlex.quote(label(value))]
    return " ".join(words)


def _text(value: Any) -> str:
    """Return an option's value as it is typed."""
    if not isinstance(value, tuple):
        return str(value)
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(value)
    return line.getvalue()
