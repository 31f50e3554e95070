"""``chainrule report``: a page on a model that one can send to a colleague."""

from pathlib import Path

import click

from chainrule.cli import screen
from chainrule.cli.screen import check_output


@click.command()
@click.argument("model", metavar="MODEL_OR_RUN", type=click.Path(path_type=Path))
@click.argument("data", type=click.Path(path_type=Path), required=False)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Default: MODEL-report.html.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
@click.option("--quiet", is_flag=True, help="Print nothing but errors.")
def report(model: Path, data: Path | None, out: Path | None, force: bool, quiet: bool) -> None:
    """Write one HTML file that tells all about MODEL, or the model of a run folder: it fetches nothing.

    With DATA it judges the model. Of the table that it was trained on, the test rows are found again, by the seed;
    other rows whose target is known are judged as they are. A run folder knows its data. Without DATA the page holds
    what the model file knows.

    \b
    chainrule report penguins-species.safetensors penguins.csv
    chainrule report runs/first --out first.html
    """
    from chainrule.analysis import report as make

    out = out or Path(f"{screen.stem(model)}-report.html")
    check_output(out, force, model, *([data] if data else []))
    make(model, data).save(out, overwrite=force)
    if not quiet:
        screen.echo(f"Wrote {click.format_filename(out)} ({out.stat().st_size / 1024:,.0f} KB)")
