"""``chainrule evaluate``: how good a model is on rows whose target is known."""

import json
from pathlib import Path

import click

from chainrule.cli import screen


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
@click.option("--quiet", is_flag=True, help="The scores alone: no remarks, no headline.")
def evaluate(model: Path, file: Path, as_json: bool, quiet: bool) -> None:
    """Score MODEL on FILE, which holds the target.

    Rows that the model was trained on make it look better than it is.

    \b
    chainrule evaluate penguins-species.safetensors labelled.csv
    chainrule evaluate penguins-species.safetensors labelled.csv --json | jq .accuracy
    """
    from chainrule.estimators.score_text import score_lines
    from chainrule.tables import read_table, with_known_target
    from chainrule.tables.table import counted

    trained = screen.load_tabular(model)
    target = trained.target.name
    table, dropped = with_known_target(read_table(file), target)
    scores = trained.evaluate(table).as_dict()
    if not quiet:
        screen.remark_on(trained, table)
    if dropped and not quiet:
        screen.remark(f"{counted(dropped, 'row')} without {target} left out")
    if as_json:
        screen.echo(json.dumps(scores))
        return
    if not quiet:
        screen.headline()
    screen.show_scores(score_lines(scores, target, held_out=False, width=screen.width()))
