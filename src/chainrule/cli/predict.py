"""``chainrule predict``: answers for the rows of a file."""

import codecs
import csv
import sys
from pathlib import Path
from typing import Any

import click
import numpy as np

from chainrule.cli import screen
from chainrule.cli.screen import check_output
from chainrule.errors import FileError
from chainrule.files import write_whole


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
    from chainrule.tables import read_table
    from chainrule.tables.table import counted

    trained = screen.load_tabular(model)
    if out is None and sys.stdout is None:
        raise FileError("standard output is closed; name a file with --out")
    if out is not None:
        check_output(out, force, model, file)
    table = read_table(file)
    outputs = trained.outputs(table)
    screen.remark_on(trained, table)
    names = [*trained.answer_names, *(f"probability_{name}" for name in trained.classes or ())]
    shares = outputs if trained.classes else outputs[:, :0]
    rows = zip(trained.decide(outputs), shares, strict=True)

    def write(stream: Any) -> None:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(names)
        for answer, probabilities in rows:
            writer.writerow([*map(_text, np.atleast_1d(answer)), *(f"{share:.6g}" for share in probabilities)])
        stream.flush()

    if out is None:
        write(codecs.getwriter("utf-8")(sys.stdout.buffer))  # a CSV is UTF-8, whatever the terminal is
        return
    write_whole(out, lambda stream: write(codecs.getwriter("utf-8")(stream)), overwrite=force)
    click.echo(f"Predicted {counted(table.rows, 'row')} into {click.format_filename(out)}", err=True)


def _text(answer: Any) -> str:
    if isinstance(answer, float):
        return f"{answer:.7g}"
    return str(answer).lower() if isinstance(answer, np.bool_) else str(answer)  # booleans as they are read
