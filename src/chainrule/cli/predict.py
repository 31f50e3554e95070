"""``chainrule predict``: answers for the rows of a file."""

import sys
from pathlib import Path

import click

from chainrule.cli import screen
from chainrule.cli.options import check_source, table_options
from chainrule.cli.screen import check_output
from chainrule.errors import FileError
from chainrule.files import write_whole

STANDARD = "-"


@click.command(short_help="Predict every row of a table with a model.")
@click.argument("model", type=click.Path(path_type=Path))
@table_options
@click.option(
    "--out",
    type=click.Path(path_type=Path, allow_dash=True),
    metavar="FILE",
    help="CSV, or by its ending .jsonl or .parquet; -, the default: standard output.",
)
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Write one JSON object a row instead of CSV.")
@click.option("--quiet", is_flag=True, help="No remarks on standard error.")
def predict(
    model: Path,
    file: Path | None,
    sql: str | None,
    table: str | None,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Predict every row of FILE with MODEL: a CSV with the target and, for classes, their probabilities.

    Columns are found by name; the target may be absent. FILE may be larger than memory: it is answered in parts, its
    rows in their order, with a copy on the disk meanwhile (where TMPDIR says); - is standard input. A file that is
    written is complete or not there. Remarks go to standard error.

    \b
    chainrule predict penguins-species.safetensors new.csv --out answers.csv
    chainrule predict houses-price.safetensors new.parquet --out answers.parquet
    chainrule predict model.safetensors shop.db --table orders --out answers.csv
    chainrule predict model.safetensors --sql "select * from 'new/*.csv' where price > 0"
    zcat huge.csv.gz | chainrule predict model.safetensors - --json | head
    """
    from chainrule.cli.answers import Predictor, writer_for
    from chainrule.tables.chunks import read_chunks
    from chainrule.tables.encodings import NumberEncoding
    from chainrule.tables.table import counted

    check_source(file, sql)
    trained = screen.load_tabular(model)
    out = None if out is None or str(out) == STANDARD else out
    if out is None and sys.stdout is None:
        raise FileError("standard output is closed; name a file with --out")
    if out is not None:
        check_output(out, force, model, *([file] if file else []))
    features = len(trained.encoder.feature_names)
    with_text = [encoding.name for encoding in trained.encoder.used if not isinstance(encoding, NumberEncoding)]
    write = writer_for(out, as_json)
    with read_chunks(file, lambda names: max(len(names), features), with_text, table, sql or "") as chunks:
        predictor = Predictor(trained, chunks)
        if out is None:
            write(predictor, sys.stdout.buffer)
        else:
            write_whole(out, lambda stream: write(predictor, stream), overwrite=force)
    if quiet:
        return
    for note in predictor.notes:
        screen.remark(note)
    if out is not None:
        click.echo(f"Predicted {counted(predictor.rows, 'row')} into {click.format_filename(out)}", err=True)
