"""``chainrule evaluate``: how good a model is on rows whose target is known."""

import json
from pathlib import Path

import click

from chainrule.cli import screen
from chainrule.cli.options import check_source, read_source, table_options


@click.command(short_help="Score a model on rows whose target is known.")
@click.argument("model", type=click.Path(path_type=Path))
@table_options
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@click.option("--quiet", is_flag=True, help="The scores alone: no remarks, no headline.")
def evaluate(model: Path, file: Path | None, sql: str | None, table: str | None, as_json: bool, quiet: bool) -> None:
    """Score MODEL on FILE, which holds the target, or all of several.

    Rows that the model was trained on make it look better than it is.

    \b
    chainrule evaluate penguins-species.safetensors labelled.csv
    chainrule evaluate penguins-species.safetensors labelled.csv --json | jq .accuracy
    chainrule evaluate model.safetensors --sql "select * from 'sold.parquet' where year = 2024"
    """
    from chainrule.estimators.score_text import score_lines
    from chainrule.tables import target_columns, with_known_target
    from chainrule.tables.table import counted

    check_source(file, sql)
    trained = screen.load_tabular(model)
    targets = target_columns(trained.target)
    needed = {*targets, *(encoding.name for encoding in trained.encoder.used)}
    rows, dropped = with_known_target(read_source(file, sql, table, *targets, only=needed), *targets)
    scores = trained.evaluate(rows).as_dict()
    if not quiet:
        screen.remark_on(trained, rows)
    if dropped and not quiet:
        screen.remark(f"{counted(dropped, 'row')} without {' or '.join(targets)} left out")
    if as_json:
        screen.echo(json.dumps(scores))
        return
    if not quiet:
        screen.headline()
    screen.show_scores(score_lines(scores, trained.target.name, held_out=False, width=screen.width()))
