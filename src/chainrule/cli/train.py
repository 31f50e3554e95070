"""``chainrule train``: from a table to a saved network."""

import json
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from chainrule.cli import screen
from chainrule.cli.options import (
    a_number,
    check_source,
    data_options,
    read_source,
    refuse_same,
    setting_options,
    source_name,
    table_options,
    take_data_options,
    target_options,
)
from chainrule.cli.screen import check_output
from chainrule.errors import ArgumentError

if TYPE_CHECKING:
    from chainrule.analysis import Diagnosis
    from chainrule.estimators.network import Options
    from chainrule.estimators.tabular import TabularModel
    from chainrule.tables import DataOptions, Table
    from chainrule.training.run_folder import RunFolder

CHECKPOINT_MINUTES = 1 / 6
NOWHERE = Path("--")  # what a --resume without its folder stands for


@click.command(short_help="Train a network on a table, test it and save it.")
@table_options
@target_options(required=False)
@data_options
@click.option("--out", type=click.Path(path_type=Path), metavar="MODEL", help="Default: FILE-COLUMN.safetensors.")
@click.option("--force", is_flag=True, help="Replace the model file, or the run, if it exists.")
@setting_options(
    *("hidden", "activation", "optimizer", "learning_rate", "schedule", "batch_size", "epochs", "dropout", "loss"),
    *("quantiles", "metric", "early_stopping", "label_smoothing", "refit", "seed"),
)
@click.option("--run", type=click.Path(path_type=Path), metavar="DIR", help="Keep a record of the run in a folder.")
@click.option("--diagnose", is_flag=True, help="Say what is wrong with data, network or training, and what to do.")
@click.option(
    "--checkpoint-minutes",
    type=click.FloatRange(0),
    default=CHECKPOINT_MINUTES,
    callback=a_number,
    help="With --run: how often to save where training stands. Default: every 10 seconds.",
)
@click.option(
    "--resume",
    type=click.Path(path_type=Path),
    is_flag=False,
    flag_value=NOWHERE,
    metavar="DIR",
    help="Go on with the run in this folder.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
@click.pass_context
def train(
    context: click.Context,
    /,
    out: Path | None,
    force: bool,
    run: Path | None,
    diagnose: bool,
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

    Ctrl-C ends the training, saves the network with its best weights so far, in a run folder also where training
    stands, and exits with code 130.
    """
    from chainrule.cli.resume import (
        check_place,
        is_complete,
        read_settings,
        refuse_others,
        say_what_is_saved,
        stopping,
        undamaged,
    )
    from chainrule.training.run_folder import RunFolder

    folder = None
    if resume == NOWHERE:
        place = "DIR" if run is None else screen.quote(run)
        raise ArgumentError(f"--resume needs the folder of the run: chainrule train --resume {place}")
    if resume is not None:
        refuse_others(context)
        folder, force = RunFolder(resume), True
        asked = read_settings(folder, {**asked, "out": None})
        if is_complete(folder):
            screen.remark(f"the run in {resume} is complete; its model is {folder.model}")
            return
        out = asked.pop("out")
    elif run is None and context.get_parameter_source("checkpoint_minutes") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--checkpoint-minutes goes with --run or --resume", context)
    with undamaged(folder):
        job = Job.of(asked, context)
    refuse_same(run, out)
    if run is not None:
        check_place(run, force)
    elif out is None and folder is None:
        out = Path(f"{screen.stem(Path(job.name))}-{screen.slug(job.target)}.safetensors")
    rows = read_source(job.file, job.sql, job.table, job.target)
    if out is not None:  # a path that can't be written before the work is done
        check_output(out, force, *([job.file] if job.file else []))
    folder = _ready_folder(job, rows, run, folder, {**asked, "out": out}, force, context.obj)
    places, saved = [path for path in (out, folder.model if folder else None) if path is not None], list[Path]()
    with stopping(partial(say_what_is_saved, saved, folder)):
        model = job.run(rows, folder, checkpoint_minutes, as_json or quiet)
        for path in places:
            model.save(path, overwrite=force)
            saved.append(path)
        interrupted = model.report.stopped_by == "interrupted"
        if folder is not None and not interrupted:  # else it may go on
            folder.finish()
        diagnosis = _diagnose(model, rows) if diagnose and not quiet else None
        if as_json:
            found = {} if diagnosis is None else {"diagnosis": diagnosis.as_dict()}
            screen.echo(json.dumps({**model.report.as_dict(), "model": str(saved[0]), **found}))
        elif not quiet:
            _show(job, model, diagnosis, saved)
        if interrupted:  # said at last, below the results
            raise KeyboardInterrupt


@dataclass(frozen=True)
class Job:
    """A training that was asked for, with its settings checked; the table is not read yet."""

    file: Path | None
    sql: str | None
    table: str | None
    target: str
    task: str | None
    data: "DataOptions"
    options: "Options"

    @classmethod
    def of(cls, asked: dict[str, Any], context: click.Context) -> "Job":
        """Check what was asked for."""
        from chainrule.estimators.network import Options

        settings = dict(asked)
        file, sql, table, target, task = (settings.pop(name) for name in ("file", "sql", "table", "target", "task"))
        if target is None:
            raise click.MissingParameter(ctx=context, param_hint="'--target'", param_type="option")
        check_source(file, sql)
        data = take_data_options(settings)
        return cls(file, sql, table, target, task, data, Options(**settings))

    @property
    def name(self) -> str:
        """What the table is called."""
        return source_name(self.file)

    def run(self, rows: "Table", folder: "RunFolder | None", minutes: float, silent: bool) -> "TabularModel":
        """Train on the rows; Ctrl-C ends it with the best weights so far, once an epoch is finished."""
        from chainrule.estimators.tabular import train_table

        return train_table(
            rows,
            self.target,
            self.task,
            self.options,
            self.data,
            name=click.format_filename(self.name),
            announce=None if silent else screen.show_data,
            callbacks=[
                *([folder.log()] if folder else []),
                *([screen.progress_bar()] if screen.in_terminal() and not silent else []),
            ],
            keep_on_interrupt=True,
            keep=folder.keep(minutes) if folder else None,
        )


def _ready_folder(
    job: Job,
    rows: "Table",
    run: Path | None,
    begun: "RunFolder | None",
    asked: dict[str, Any],
    force: bool,
    words: list[str],
) -> "RunFolder | None":
    """Return the folder of the run, made for a new one, or made ready for one that goes on; None where none is kept."""
    from chainrule.cli.resume import go_on
    from chainrule.training.environment import of_command
    from chainrule.training.run_folder import RunFolder

    if run is not None:
        kept = {option: str(value) if isinstance(value, Path) else value for option, value in asked.items()}
        environment = {**of_command(words, job.options.seed), "table": rows.fingerprint()}
        return RunFolder.create(run, kept, environment, force)
    if begun is not None:
        go_on(begun, rows)
    return begun


def _diagnose(model: "TabularModel", rows: "Table") -> "Diagnosis":
    from chainrule.analysis import diagnose

    return diagnose(model, rows)


def _show(job: Job, model: "TabularModel", diagnosis: "Diagnosis | None", saved: list[Path]) -> None:
    """Print how it went, what was saved, and what can be done next."""
    screen.show_results(model.report)
    if diagnosis is not None:
        screen.show_diagnosis(diagnosis)
    screen.echo()
    for path in saved:
        screen.echo(f"Saved {click.format_filename(path)} ({path.stat().st_size / 1024:,.0f} KB)")
    screen.echo(f"Next: chainrule predict {screen.quote(saved[0])} new.csv")
    if job.file is not None and str(job.file) != "-" and job.table is None:
        screen.echo(f"Why:  chainrule explain {screen.quote(saved[0])} {screen.quote(job.file)} --row 1")
