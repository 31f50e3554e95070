"""Options that several commands share: the table, what is said of its columns, the network and its training."""

import csv
from collections.abc import Callable, Collection
from dataclasses import fields
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.errors import ArgumentError, UnknownNameError

if TYPE_CHECKING:
    from chainrule.tables import DataOptions, Table


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


def _together(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the decorator that adds all of these, which ``--help`` shows in this order."""

    def add(command: Any) -> Any:
        for option in reversed(options):
            command = option(command)
        return command

    return add


_NAMES: dict[str, Any] = {"type": Names(), "multiple": True, "callback": _joined}

table_options = _together(
    click.argument("file", type=click.Path(path_type=Path, allow_dash=True), required=False),
    click.option("--sql", metavar="QUERY", help="Instead of FILE: a query over files, named in it as tables are."),
    click.option("--table", metavar="NAME", help="A table of a database FILE; the only one needs no name."),
)
"""Which table: see `check_source`."""

_TASK = click.option(
    "--task", type=click.Choice(["classification", "regression"]), help="Default: by the target's values."
)


def target_options(required: bool = True) -> Callable[[Any], Any]:
    """Return the options that say what to predict; a run to go on with knows its target."""
    return _together(
        click.option("--target", required=required, metavar="COLUMN", help="The column to predict."), _TASK
    )


source_options = _together(table_options, target_options())
"""Which table, and what to predict in it: see `read_source`."""

data_options = _together(
    click.option("--categorical", help="Columns that are categories, numbers too.", **_NAMES),
    click.option("--numeric", help="Columns of numbers; words in them are missing.", **_NAMES),
    click.option("--drop", help="Columns to leave out.", **_NAMES),
    click.option("--group", metavar="COLUMN", help="Rows with the same value come into the same part."),
    click.option("--time", metavar="COLUMN", help="Train on the earliest rows, test on the latest."),
    click.option("--test", type=click.Path(path_type=Path), metavar="FILE", help="Test on these rows instead."),
    click.option("--weight", metavar="COLUMN", help="How much each row counts, in loss and scores."),
    click.option("--class-weight", type=click.Choice(["balanced"]), help="Every class counts alike in the loss."),
)
"""What is said of the columns: see `take_data_options`."""

_SETTINGS: dict[str, Callable[[Any], Any]] = {
    "hidden": click.option(
        "--hidden",
        type=Widths(),
        default="128,128",
        show_default=True,
        help="Units of the hidden layers; none: linear.",
    ),
    "activation": click.option("--activation", default="silu", show_default=True, help="Of the hidden layers."),
    "optimizer": click.option(
        "--optimizer", default="adam", show_default=True, help="sgd, adam, adamw, adadelta, adagrad, rmsprop."
    ),
    "learning_rate": click.option(
        "--learning-rate", type=float, help="Its peak. Default: of adam 0.004 (classes) or 0.01, else its own."
    ),
    "schedule": click.option(
        "--schedule",
        default="cosine",
        show_default=True,
        help="Of the rate: constant, cosine, cosine-restarts, exponential, inverse-time, linear, one-cycle, step.",
    ),
    "batch_size": click.option(
        "--batch-size", type=click.IntRange(1), help="Default: 32 to 256, by the number of rows."
    ),
    "epochs": click.option("--epochs", type=click.IntRange(1), help="Default: 10 to 40, by the number of rows."),
    "dropout": click.option(
        "--dropout", type=float, default=0.0, show_default=True, help="After every hidden layer, in [0, 1)."
    ),
    "loss": click.option(
        "--loss", help="Of numbers: squared_error (default), absolute_error, huber, poisson, quantile."
    ),
    "quantiles": click.option(
        "--quantiles", type=Shares(), default=(), help="What --loss quantile predicts, such as 0.1,0.5,0.9."
    ),
    "metric": click.option(
        "--metric", help="Chooses the best epoch: accuracy, f1, roc_auc, log_loss ...; rmse, mae, r2."
    ),
    "early_stopping": click.option(
        "--early-stopping", is_flag=True, help="Keep the epoch of the lowest validation loss, not the last."
    ),
    "label_smoothing": click.option(
        "--label-smoothing", type=float, help="Of classes, in [0, 1). Default: 0.1, of many rows less."
    ),
    "refit": click.option(
        "--refit", is_flag=True, help="Train once more on all rows, for as many epochs as were best."
    ),
    "seed": click.option("--seed", type=click.IntRange(0), default=0, show_default=True),
}


def a_number(ctx: click.Context, param: click.Parameter, value: float | None) -> float | None:
    """Refuse NaN, which no range of click's keeps out: for the callback of an option."""
    if value is not None and isnan(value):
        raise click.BadParameter("expected a number, got nan", ctx, param)
    return value


def refuse_same(run: Path | None, out: Path | None) -> None:
    """Refuse a model file at the place of the run folder, which is not made yet."""
    if run is not None and out is not None and run.absolute() == out.absolute():
        raise ArgumentError(f"--run and --out both name {run}; the run folder holds the model, so leave --out out")


def setting_options(*names: str) -> Callable[[Any], Any]:
    """Return the decorator that adds options for these settings of the network, by their names in `Options`."""
    return _together(*(_SETTINGS[name] for name in names))


def check_source(file: Path | None, sql: str | None) -> None:
    """Refuse both a file and a query, and neither."""
    if (file is None) == (sql is None):
        raise click.UsageError("give either a FILE or a query with --sql", click.get_current_context())


def source_name(file: Path | None) -> str:
    """Return what a table is called on screens and in file names."""
    return "query" if file is None or str(file) == "-" else file.name


def read_source(
    file: Path | None, sql: str | None, table: str | None, *columns: str, only: Collection[str] | None = None
) -> "Table":
    """Read the table that `table_options` name; a column that it must have and lacks is said before anything else.

    Where it is said what is needed, ``only`` that is read.
    """
    from chainrule.tables import read_query, read_table

    rows = read_query(sql, only) if sql is not None else read_table(file, table, only)
    try:
        for name in columns:
            rows.column(name)
    except UnknownNameError as error:
        raise UnknownNameError("; ".join([str(error), *rows.notes])) from None
    return rows


def take_data_options(settings: dict[str, Any]) -> "DataOptions":
    """Take what `data_options` gave out of the settings."""
    from chainrule.tables import DataOptions

    return DataOptions(**{field.name: settings.pop(field.name) for field in fields(DataOptions)})
