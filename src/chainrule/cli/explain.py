"""``chainrule explain``: how a small change of one weight moves the loss of a row."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chainrule.cli import screen
from chainrule.errors import ArgumentError, DataError, FileError

if TYPE_CHECKING:
    from chainrule.analysis import GradientExplanation, Trace
    from chainrule.arrays import Array
    from chainrule.estimators.tabular import TabularModel

TEXT_WIDTH = 80
FORMATS = ("text", "latex", "html", "svg", "json")


@click.command()
@click.argument("model", type=click.Path(path_type=Path))
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--row", type=click.IntRange(1), default=1, show_default=True, help="Of FILE; its first row of data is 1."
)
@click.option("--weight", metavar="NAME", help="Such as 'dense_1/kernel[0, 2]': row 0, column 2, counted from 0.")
@click.option("--largest", type=click.IntRange(1), metavar="N", help="The N weights that move the loss most.")
@click.option("--list", "list_weights", is_flag=True, help="Only list the weights, with their gradients on the row.")
@click.option("--delta", type=float, default=0.1, show_default=True, help="Of the weight, in 'what if'.")
@click.option("--format", "form", type=click.Choice(FORMATS), help="Default: by the ending of --out, else text.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help=".txt, .tex, .html, .svg or .json.")
@click.option("--force", is_flag=True, help="Replace the output file if it exists.")
def explain(
    model: Path,
    file: Path,
    row: int,
    weight: str | None,
    largest: int | None,
    list_weights: bool,
    delta: float,
    form: str | None,
    out: Path | None,
    force: bool,
) -> None:
    """Explain by the chain rule how a small change of one weight of MODEL moves its loss on a row of FILE.

    Without --weight it is the weight that moves the loss most. The target must be known in the row: it is what the loss
    compares with. Rows count from 1, the first row of data; places in a weight count from 0, as in Python.

    \b
    chainrule explain penguins-species.safetensors penguins.csv --row 3
    chainrule explain penguins-species.safetensors penguins.csv --row 3 --weight "dense_1/kernel[0, 2]"
    chainrule explain penguins-species.safetensors penguins.csv --row 3 --list
    chainrule explain penguins-species.safetensors penguins.csv --row 3 --largest 5 --out explained.html
    chainrule explain penguins-species.safetensors penguins.csv --row 3 --format json | jq .explanations[0].gradient
    """
    if sum([weight is not None, largest is not None, list_weights]) > 1:
        raise click.UsageError("give one of --weight, --largest and --list", click.get_current_context())
    form = _form(form, out)
    if list_weights and form not in ("text", "json"):
        raise ArgumentError(f"--list writes text or json, got {form}")
    if form == "svg" and (largest or 1) > 1:
        raise ArgumentError("a picture shows one weight: give --weight or --largest 1, or another --format for several")
    if out is not None:
        screen.check_output(out, force, model, file)
    trained = screen.load_tabular(model)
    inputs, answers = _example(trained, file, row)
    problem: dict[str, Any] = {
        "input_names": trained.encoder.feature_names,
        "output_names": trained.classes or (trained.answer_names if len(trained.answer_names) > 1 else None),
    }
    about = f"row {row} of {click.format_filename(file.name)}{_standardised(trained)}"
    if list_weights or weight is None:
        from chainrule.analysis import trace

        found = trace(trained.network, inputs, answers, **problem)
        if list_weights:
            _write(_listed(found, form, about), out, force)
            return
        names = [name for name, _ in found.largest_gradients(largest or 1)]
    else:
        names = [weight]
    from chainrule.analysis import explain_gradient

    explanations = [explain_gradient(trained.network, inputs, answers, weight=name, **problem) for name in names]
    _write(_rendered(explanations, form, delta, about), out, force)


def _form(form: str | None, out: Path | None) -> str:
    """Return the format asked for, or that of the output's name."""
    if form is not None or out is None:
        return form or "text"
    endings = {".tex": "latex", ".html": "html", ".htm": "html", ".svg": "svg", ".txt": "text", ".json": "json"}
    if out.suffix.lower() not in endings:
        raise ArgumentError(f"{out} ends in none of {', '.join(endings)}; say which --format it is")
    return endings[out.suffix.lower()]


def _example(model: "TabularModel", file: Path, row: int) -> "tuple[Array, Array]":
    """Return one row as the network takes it, with its target."""
    import numpy as np

    from chainrule.tables import ClassTarget, NumberTarget, read_table
    from chainrule.tables.table import counted

    if not isinstance(model.target, ClassTarget | NumberTarget):
        raise FileError("the model has several targets; explain its network in Python: chainrule.analysis")
    table = read_table(file)
    if row > table.rows:
        raise ArgumentError(f"{file} has {counted(table.rows, 'row')}; there is no row {row}")
    table = table.take(np.array([row - 1]))
    target = table.column(model.target.name)
    if target.missing.any():
        raise DataError(f"row {row} has no {target.name}, and the loss compares with it; choose another row")
    screen.remark_on(model, table)
    return model.encoder.encode(table), model.target.encode(target)


def _standardised(model: "TabularModel") -> str:
    """Say how the target's own numbers became those that the network works with."""
    from chainrule.tables import NumberTarget

    target = model.target
    return f", {target.name} as (y - {target.mean:.5g}) / {target.std:.5g}" if isinstance(target, NumberTarget) else ""


def _listed(trace: "Trace", form: str, about: str) -> str:
    """Return for each weight matrix or vector its shape and its largest gradient on the row, in a table or as JSON."""
    import numpy as np

    from chainrule.analysis.explanation.document import Document, Number, Section, Table
    from chainrule.analysis.explanation.render_text import render_text
    from chainrule.analysis.explanation.weight_names import weight_name

    found = []
    for name, weight in trace.weights.items():
        place = np.unravel_index(int(np.abs(weight.gradients).argmax()), weight.gradients.shape)
        at = weight_name(name, [int(i) for i in place])
        found.append((name, weight.values.shape, float(weight.gradients[place]), at))
    if form == "json":
        heads = ("name", "shape", "gradient", "at")
        return _json({"about": about, "weights": [dict(zip(heads, line, strict=True)) for line in found]})
    rows = tuple(
        ((name,), (" x ".join(map(str, shape)) or "1",), (Number(slope),), (at,)) for name, shape, slope, at in found
    )
    table = Table(("weights", "shape", "largest dJ/dw", "at"), rows, numbers=(1, 2))
    document = Document(f"The weights, and which of each moves the loss most on {about}", (Section("", (table,)),))
    return render_text(document, TEXT_WIDTH)


def _json(content: dict[str, Any]) -> str:
    import json

    return json.dumps(content, ensure_ascii=False, allow_nan=False)


def _rendered(explanations: "Sequence[GradientExplanation]", form: str, delta: float, about: str) -> str:
    from chainrule.analysis.explanation.compose import document_of
    from chainrule.analysis.explanation.render_svg import render_explanation

    if form == "svg":
        return render_explanation(explanations[0], about)
    if form == "json":
        return _json({"about": about, "explanations": [explanation.as_dict(delta) for explanation in explanations]})
    documents = [document_of(explanation, delta, about) for explanation in explanations]
    if form == "latex":
        from chainrule.analysis.explanation.render_latex import render_latex

        return render_latex(*documents)
    if form == "html":
        from chainrule.analysis.explanation.render_html import page

        return page(documents, [render_explanation(explanation, about) for explanation in explanations])
    from chainrule.analysis.explanation.render_text import render_text

    return "\n\n".join(render_text(document, TEXT_WIDTH) for document in documents)


def _write(text: str, out: Path | None, force: bool) -> None:
    from chainrule.files import write_whole

    if out is None:
        screen.echo(text.rstrip("\n"))
        return
    write_whole(out, lambda stream: stream.write(text.encode()), overwrite=force)
    screen.echo(f"Wrote {click.format_filename(out)}")
