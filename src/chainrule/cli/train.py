"""``chainrule train``: from a table to a saved network."""

import csv
import json
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli import screen
from chainrule.cli.screen import check_output
from chainrule.errors import UnknownNameError

if TYPE_CHECKING:
    from chainrule.estimators.tabular_model import TabularModel
    from chainrule.tables import Table

CHECKPOINT_MINUTES = 1 / 6


class Widths(click.ParamType[tuple[int, ...]]):
    """Units of the hidden layers: ``64,64``, or ``none`` for a linear model."""

    name = "64,64"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """Return the widths as integers."""
        if isinstance(value, tuple):
            return value
        if value.strip().lower() == "none":
            return ()
        try:
            widths = tuple(int(part) for part in value.split(","))
        except ValueError:
            widths = (0,)
        if min(widths) < 1:
            self.fail(f"expected units like 64,64, or none, got {value!r}", param, ctx)
        return widths


class Shares(click.ParamType[tuple[float, ...]]):
    """Quantiles: ``0.1,0.5,0.9``."""

    name = "0.1,0.9"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Return the quantiles as numbers."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(float(part) for part in value.split(","))
        except ValueError:
            self.fail(f"expected shares like 0.1,0.5,0.9, got {value!r}", param, ctx)


class Names(click.ParamType[tuple[str, ...]]):
    """Names of columns: ``age,sex``."""

    name = "A,B"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Return the names; a name that holds a comma is given in quotes, as in a CSV file."""
        if isinstance(value, tuple):
            return value
        names = next(csv.reader([value], skipinitialspace=True), [])
        if not names or not all(names):
            self.fail(f"expected names of columns like age,sex, got {value!r}", param, ctx)
        return tuple(names)


def _joined(ctx: click.Context, param: click.Parameter, value: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    """Return the names of an option that may be given several times."""
    return tuple(name for names in value for name in names)


def _data_options(command: Any) -> Any:
    """Add the options that become `DataOptions`."""
    names: dict[str, Any] = {"type": Names(), "multiple": True, "callback": _joined}
    options = [
        click.option("--categorical", help="Columns that are categories, numbers too.", **names),
        click.option("--numeric", help="Columns of numbers; words in them are missing.", **names),
        click.option("--drop", help="Columns to leave out.", **names),
        click.option("--group", metavar="COLUMN", help="Rows with the same value come into the same part."),
        click.option("--time", metavar="COLUMN", help="Train on the earliest rows, test on the latest."),
        click.option("--test", type=click.Path(path_type=Path), metavar="FILE", help="Test on these rows instead."),
        click.option("--weight", metavar="COLUMN", help="How much each row counts, in loss and scores."),
        click.option("--class-weight", type=click.Choice(["balanced"]), help="Every class counts alike in the loss."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--sql", metavar="QUERY", help="Instead of FILE: a query over files, named in it as tables are.")
@click.option("--table", metavar="NAME", help="A table of a database FILE; the only one needs no name.")
@click.option("--target", metavar="COLUMN", help="The column to predict.")
@click.option("--task", type=click.Choice(["classification", "regression"]), help="Default: by the target's values.")
@_data_options
@click.option("--out", type=click.Path(path_type=Path), metavar="MODEL", help="Default: FILE-COLUMN.safetensors.")
@click.option("--force", is_flag=True, help="Replace the model file if it exists.")
@click.option(
    "--hidden", type=Widths(), default="128,128", show_default=True, help="Units of the hidden layers; none: linear."
)
@click.option("--activation", default="silu", show_default=True, help="Of the hidden layers.")
@click.option("--optimizer", default="adam", show_default=True, help="sgd, adam, adamw, adadelta, adagrad, rmsprop.")
@click.option("--learning-rate", type=float, help="Its peak. Default: of adam 0.004 (classes) or 0.01, else its own.")
@click.option("--batch-size", type=click.IntRange(1), help="Default: 32 to 256, by the number of rows.")
@click.option("--epochs", type=click.IntRange(1), help="Default: 10 to 40, by the number of rows.")
@click.option("--dropout", type=float, default=0.0, show_default=True, help="After every hidden layer, in [0, 1).")
@click.option("--loss", help="Of numbers: squared_error (default), absolute_error, huber, poisson, quantile.")
@click.option("--quantiles", type=Shares(), default=(), help="What --loss quantile predicts, such as 0.1,0.5,0.9.")
@click.option("--metric", help="Chooses the best epoch: accuracy, f1, roc_auc, log_loss ...; rmse, mae, r2.")
@click.option("--early-stopping", is_flag=True, help="Keep the epoch of the lowest validation loss, not the last.")
@click.option("--label-smoothing", type=float, help="Of classes, in [0, 1). Default: 0.1, of many rows less.")
@click.option("--refit", is_flag=True, help="Train once more on all rows, for as many epochs as were best.")
@click.option("--seed", type=click.IntRange(0), default=0, show_default=True)
@click.option("--run", type=click.Path(path_type=Path), metavar="DIR", help="Keep a record of the run in a folder.")
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(0),
    default=CHECKPOINT_MINUTES,
    help="With --run: how often to save where training stands. Default: every 10 seconds.",
)
@click.option("--resume", type=click.Path(path_type=Path), metavar="DIR", help="Go on with the run in this folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def train(
    context: click.Context,
    /,
    out: Path | None,
    force: bool,
    run: Path | None,
    checkpoint_minutes: float,
    resume: Path | None,
    as_json: bool,
    quiet: bool,
    **asked: Any,
) -> None:
    """Train a network on FILE, test it on rows held out, and save it.

    FILE is CSV, TSV, JSON or Parquet (text also gzipped), several of them by a pattern, a table of a DuckDB or SQLite
    database, or - for standard input.

    \b
    chainrule train examples/penguins.csv --target species
    chainrule train visits.csv --target outcome --group patient --drop notes --class-weight balanced
    chainrule train "sales/*.csv" --target returned --time day
    chainrule train shop.db::orders --target paid
    chainrule train --sql "select * from 'a.csv' join 'b.parquet' using (id)" --target paid
    chainrule train houses.parquet --target price --hidden 128,64 --dropout 0.1 --out houses.safetensors
    chainrule train examples/penguins.csv --target species --run runs/first

    chainrule train --resume runs/first

    A run folder holds settings.json, environment.json, metrics.jsonl (a line for every epoch, as it ends) and
    model.safetensors, which is then the only model unless --out names another. A run that was stopped, whatever stopped
    it, goes on with --resume DIR, in the folder where it began, and ends as if nothing had happened.
    """
    from chainrule.cli.resume import go_on, read_settings, refuse_others
    from chainrule.estimators.network import Options
    from chainrule.estimators.tabular import train_table
    from chainrule.tables import DataOptions
    from chainrule.training.environment import of_command
    from chainrule.training.run_folder import RunFolder

    folder = None
    if resume is not None:
        refuse_others(context)
        folder, force = RunFolder(resume), True
        asked = read_settings(folder, {**asked, "out": None})
        if folder.is_complete:
            screen.remark(f"the run in {resume} is complete; its model is {folder.model}")
            return
        out = asked.pop("out")
    settings = dict(asked)
    file, sql, table, target, task = (settings.pop(name) for name in ("file", "sql", "table", "target", "task"))
    _need_source(context, file, sql, target)
    data = DataOptions(**{field.name: settings.pop(field.name) for field in fields(DataOptions)})
    options = Options(**settings)  # both are checked before the table is read
    name = "query" if file is None or str(file) == "-" else file.name
    if run is not None:
        RunFolder(run).check_free(force)
    elif out is None and folder is None:
        out = Path(f"{screen.stem(Path(name))}-{screen.slug(target)}.safetensors")
    rows = _read(file, sql, table, target)
    if out is not None:  # a path that can't be written is said before the work is done
        check_output(out, force, *([file] if file else []))
    kept = {name: str(value) if isinstance(value, Path) else value for name, value in {**asked, "out": out}.items()}
    if run is not None:
        environment = {**of_command(context.obj, options.seed), "table": rows.fingerprint()}
        folder = RunFolder.create(run, kept, environment, force)
    elif folder is not None:
        go_on(folder, rows)
    silent = as_json or quiet
    model = train_table(
        rows,
        target,
        task,
        options,
        data,
        name=click.format_filename(name),
        announce=None if silent else screen.show_data,
        callbacks=[
            *([folder.log()] if folder else []),
            *([screen.progress_bar()] if screen.in_terminal() and not silent else []),
        ],
        keep_on_interrupt=True,
        keep=folder.keep(checkpoint_minutes) if folder else None,
    )
    saved = [path for path in (out, folder.model if folder else None) if path is not None]
    for path in saved:
        model.save(path, overwrite=force)
    if folder is not None and model.report.stopped_by != "interrupted":  # else it may go on
        folder.finish()
    if as_json:
        screen.echo(json.dumps({**model.report.as_dict(), "model": str(saved[0])}))
    elif not quiet:
        _show(model, saved, file if table is None and file is not None and str(file) != "-" else None)


def _need_source(context: click.Context, file: Path | None, sql: str | None, target: str | None) -> None:
    """Refuse a command that does not say what to train on."""
    if target is None:
        raise click.MissingParameter(ctx=context, param_hint="'--target'", param_type="option")
    if (file is None) == (sql is None):
        raise click.UsageError("give either a FILE or a query with --sql", context)


def _read(file: Path | None, sql: str | None, table: str | None, target: str) -> "Table":
    """Return the table; a misspelt target is said before anything else."""
    from chainrule.tables import read_query, read_table

    rows = read_query(sql) if sql is not None else read_table(file, table)
    try:
        rows.column(target)
    except UnknownNameError as error:
        raise UnknownNameError("; ".join([str(error), *rows.notes])) from None
    return rows


def _show(model: "TabularModel", saved: list[Path], file: Path | None) -> None:
    """Print how it went, and what can be done next; with the file, if another command can read it too."""
    screen.show_results(model.report)
    screen.echo()
    for path in saved:
        screen.echo(f"Saved {click.format_filename(path)} ({path.stat().st_size / 1024:,.0f} KB)")
    screen.echo(f"Next: chainrule predict {screen.quote(saved[0])} new.csv")
    if file is not None:
        screen.echo(f"Why:  chainrule explain {screen.quote(saved[0])} {screen.quote(file)} --row 1")
