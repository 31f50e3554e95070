"""``chainrule plot``: a picture of a model or of a training run."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli import screen
from chainrule.errors import ArgumentError

if TYPE_CHECKING:
    from chainrule.analysis import Drawing
    from chainrule.estimators.tabular import TabularModel
    from chainrule.tables import Table

KINDS = (
    "activations", "boundary", "calibration", "confusion", "curves", "network", "residuals", "roc", "weights",
)  # fmt: skip
JUDGING = (None, "calibration", "confusion", "residuals", "roc")  # which say how good a model is
ENDINGS = (".png", ".svg", ".pdf")


@click.command()
@click.argument("model_or_run", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path), required=False)
@click.option("--kind", type=click.Choice(KINDS), help="Default: curves of a run; network; with DATA the errors.")
@click.option("--features", metavar="A,B", help="The two columns of a boundary or of activations.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help=".png, .svg or .pdf.")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
def plot(
    model_or_run: Path, data: Path | None, kind: str | None, features: str | None, out: Path | None, force: bool
) -> None:
    """Draw a picture of MODEL_OR_RUN: a model file, or the folder that `train --run` made.

    \b
    curves       loss and metrics over the epochs (of a run; of a model file the validation loss alone)
    network      the network with its weights, as SVG
    weights      histograms of weights; with DATA of gradients too
    confusion    which classes are taken for which (DATA)
    roc          ROC and precision-recall curves (DATA)
    calibration  whether probabilities are as often right as they say (DATA)
    residuals    how far predicted numbers are off (DATA)
    boundary     the answers over two columns, the others held at their median (DATA)
    activations  where each neuron is active over two columns (DATA)

    \b
    chainrule plot runs/first
    chainrule plot penguins-species.safetensors --out network.svg
    chainrule plot penguins-species.safetensors penguins.csv --kind roc --out roc.pdf
    chainrule plot penguins-species.safetensors penguins.csv --kind boundary --features bill_length_mm,bill_depth_mm
    """
    if out is not None:
        _check_ending(out, kind)
        screen.check_output(out, force, model_or_run, *([data] if data else []))
    from chainrule import analysis

    axes = None if features is None else _columns(features)
    if data is None or kind == "curves":
        made, about = analysis.plot(model_or_run, kind=kind, features=axes), ""
    else:
        model, rows, about = _model_and_rows(model_or_run, data, kind)
        made = analysis.plot(model, rows, kind=kind, features=axes)
    drawing = isinstance(made, analysis.Drawing)
    if out is None:
        name = f"{screen.stem(model_or_run)}-{kind or ('network' if drawing else 'plot')}"
        out = Path(f"{name}{'.svg' if drawing else '.png'}")
        screen.check_output(out, force, model_or_run, *([data] if data else []))
    elif drawing:
        _check_ending(out, "network")
    _write(made, out, force)
    screen.echo(f"Wrote {click.format_filename(out)}{about and f': {about}'}")


def _check_ending(out: Path, kind: str | None) -> None:
    endings = (".svg",) if kind == "network" else ENDINGS
    if out.suffix.lower() not in endings:
        what = "a drawing of the network is SVG" if kind == "network" else "a picture is PNG, SVG or PDF"
        raise ArgumentError(f"{what}: expected a name that ends in {' or '.join(endings)}, got {out}")


def _columns(features: str) -> list[str]:
    import csv

    names = next(csv.reader([features], skipinitialspace=True), [])
    if len(names) != 2:
        raise ArgumentError(f"--features expects two columns, such as bill_length_mm,bill_depth_mm; got {features!r}")
    return names


def _model_and_rows(model_or_run: Path, data: Path, kind: str | None) -> "tuple[TabularModel, Table, str]":
    """Return what answers, on which rows, and what these are: to judge by, such as training has not seen, if found."""
    from chainrule.analysis.reporting.subject import subject_of
    from chainrule.tables import read_table, with_known_target
    from chainrule.tables.table import counted
    from chainrule.training.run_folder import RunFolder

    model = screen.load_tabular(RunFolder(model_or_run).model if model_or_run.is_dir() else model_or_run)
    table = read_table(data)
    screen.remark_on(model, table)
    target = model.target.name
    if target in table.names:
        known, dropped = with_known_target(table, target)
        if dropped:
            screen.remark(f"{counted(dropped, 'row')} without {target} left out")
        if kind not in JUDGING:
            return model, known, ""
        subject = subject_of(model, table)
        return model, subject.rows or known, subject.about_rows
    return model, table, ""


def _write(made: "Drawing | Any", out: Path, force: bool) -> None:
    from chainrule.analysis import Drawing
    from chainrule.files import write_whole

    if isinstance(made, Drawing):
        made.save(out, overwrite=force)
        return
    picture, form = io.BytesIO(), out.suffix.lower().removeprefix(".")
    made.savefig(picture, format=form)
    write_whole(out, lambda stream: stream.write(picture.getvalue()), overwrite=force)
