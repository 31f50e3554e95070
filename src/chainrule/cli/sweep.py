"""``chainrule sweep``: many settings of a network for a table, tried on all cores; the best one is saved."""

import csv
import io
import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli import screen
from chainrule.cli.options import (
    check_source,
    data_options,
    read_source,
    setting_options,
    source_name,
    source_options,
    take_data_options,
)
from chainrule.cli.screen import check_output
from chainrule.errors import ArgumentError, ChainruleError, StateError

if TYPE_CHECKING:
    from chainrule.analysis import SweepResult
    from chainrule.analysis.search import Search

PICTURES = (".png", ".svg", ".pdf")
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


@click.command()
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
@click.option("--timeout", type=click.FloatRange(0, min_open=True), metavar="SECONDS", help="Begin no trial after it.")
@click.option("--storage", metavar="FILE|URL", help="A study to share: a journal file, or sqlite:///sweep.db ...")
@click.option("--resume", is_flag=True, help="Go on with the study in the storage, or share in it.")
@click.option(
    "--plot", type=click.Path(path_type=Path), metavar="PICTURE", help="Score against rate: .png, .svg, .pdf."
)
@click.option("--out", type=click.Path(path_type=Path), metavar="MODEL", help="Default: FILE-COLUMN.safetensors.")
@click.option("--force", is_flag=True, help="Replace the model file if it exists.")
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
    """
    from chainrule.analysis import SearchSpace
    from chainrule.analysis.search import Search
    from chainrule.analysis.sweep_problem import TableProblem
    from chainrule.cli.trials import display
    from chainrule.estimators.network import Options

    check_source(file, sql)
    data = take_data_options(settings)
    tried = {name: given for name in TRIED if (given := settings.pop(name)) is not None}
    if all(isinstance(entry, list) and len(entry) == 1 for entry in tried.values()) and "learning_rate" not in tried:
        tried["learning_rate"] = RATES
    space = SearchSpace(tried)
    base = Options(**{**space.fixed, **settings})
    name = source_name(file)
    out = out or Path(f"{screen.stem(Path(name))}-{screen.slug(target)}.safetensors")
    if plot is not None:
        _check_plot(plot, space.swept, force)
    check_output(out, force, *([file] if file else []))
    rows = read_source(file, sql, table, target)
    problem = TableProblem(rows, target, task, base, data, folds, click.format_filename(name))
    search = Search(problem, space, trials, sampler, pruner, storage, resume, base.seed)
    show = display(search, as_json or quiet)
    interrupted = False
    try:
        with show:
            search.run(jobs, None, timeout, show.update)
    except KeyboardInterrupt:
        interrupted = True
        _say_how_to_go_on(search, ctx.obj, storage, out)
    try:
        result = search.result()
    except StateError:
        if interrupted:
            sys.exit(130)
        raise
    result.model.save(out, overwrite=force)
    if plot is not None:
        result.plot().savefig(plot)
    repeat = _repeat(ctx, file, result.best.settings)
    if as_json:
        more = {"report": result.model.report.as_dict(), "model": str(out), "repeat": repeat}
        screen.echo(json.dumps({**result.as_dict(), **more}))
    elif not quiet:
        _show(result, out, plot, repeat)
    if interrupted:
        sys.exit(130)


def _check_plot(plot: Path, swept: Sequence[str], force: bool) -> None:
    """Refuse a picture that can't be drawn, before the work is done."""
    import importlib.util

    from chainrule.errors import DependencyError

    if plot.suffix.lower() not in PICTURES:
        raise ArgumentError(f"--plot writes {', '.join(PICTURES)}, got {plot.name!r}")
    if "learning_rate" not in swept:
        raise ArgumentError("--plot shows the score against the learning rate; give --learning-rate a range or a list")
    if importlib.util.find_spec("matplotlib") is None:
        raise DependencyError("--plot needs matplotlib; install it with: pip install 'chainrule[plot]'")
    check_output(plot, force)


def _say_how_to_go_on(search: "Search", words: Sequence[str], storage: str | None, out: Path) -> None:
    """Keep the trials of a search that was stopped, and say on standard error how to go on with it."""
    from chainrule.analysis.sweep_result import count_line

    words = list(words)
    if storage is None:
        kept = next(p for i in range(1, 1000) if not (p := out.with_name(f"{out.stem}-{i}.journal")).exists())
        search.study.copy_to(kept)
        words += ["--storage", str(kept)]
    command = shlex.join(["chainrule", *words, *(["--resume"] if "--resume" not in words else [])])
    click.echo(f"stopped: {count_line(search.study.results(), search.trials)}; go on with: {command}", err=True)


def _show(result: "SweepResult", out: Path, plot: Path | None, repeat: str) -> None:
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
    screen.echo(f"Saved {click.format_filename(out)} ({out.stat().st_size / 1024:,.0f} KB)")
    if plot is not None:
        screen.echo(f"Saved {click.format_filename(plot)}")
    screen.echo(f"Again: {repeat}")
    screen.echo(f"Next: chainrule predict {screen.quote(out)} new.csv")


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
