"""``chainrule evaluate``: how good a model is on rows whose target is known."""

import json
from pathlib import Path

import click

from chainrule.cli import screen


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the scores as JSON.")
def evaluate(model: Path, file: Path, as_json: bool) -> None:
    """Score MODEL on FILE, which holds the target.

    Rows that the model was trained on make it look better than it is.

    \b
    chainrule evaluate penguins-species.safetensors labelled.csv
    """
    from chainrule.estimators.report import score_lines

    trained = screen.load_tabular(model)
    scores = trained.evaluate(file).as_dict()
    if as_json:
        click.echo(json.dumps(scores, ensure_ascii=False))
        return
    screen.headline(trained.report.seed)
    screen.show_scores(score_lines(scores, trained.target.name, held_out=False))
