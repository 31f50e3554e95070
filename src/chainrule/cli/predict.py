"""``chainrule predict``: answers for the rows of a file."""

import csv
import sys
from pathlib import Path
from typing import IO, Any

import click

from chainrule.cli import screen


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), metavar="CSV", help="Default: standard output.")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
def predict(model: Path, file: Path, out: Path | None, force: bool) -> None:
    """Predict every row of FILE with MODEL: a CSV with the target and, for classes, their probabilities.

    Columns are found by name; the target may be absent. Remarks go to standard error.

    \b
    chainrule predict penguins-species.safetensors new.csv --out answers.csv
    """
    from chainrule.models.model_file import check_writable
    from chainrule.tables import read_table

    trained = screen.load_tabular(model)
    if out is not None:
        check_writable(out, overwrite=force)
    table = read_table(file)
    extra = trained.encoder.extra_columns(table)
    if extra:
        click.echo(f"note: not used, since training had no such columns: {', '.join(extra)}", err=True)
    for note in trained.encoder.notes(table):
        click.echo(f"note: {note}", err=True)
    names = [trained.target.name, *(f"probability_{name}" for name in trained.classes or ())]
    answers = trained.predict(table)
    shares = trained.predict_proba(table) if trained.classes else None
    rows = ([answer, *([] if shares is None else shares[i])] for i, answer in enumerate(answers))
    if out is None:
        _write(sys.stdout, names, rows)
        return
    screen.write_whole(out, lambda stream: _write(stream, names, rows))
    click.echo(f"Predicted {table.rows:,} rows into {out}", err=True)


def _write(stream: IO[str], names: list[str], rows: Any) -> None:
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(names)
    for answer, *shares in rows:
        writer.writerow([_text(answer), *(f"{share:.6g}" for share in shares)])


def _text(answer: Any) -> str:
    return f"{answer:.7g}" if isinstance(answer, float) else str(answer)
