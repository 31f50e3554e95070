"""``chainrule inspect``: what is in a model file."""

import json
from pathlib import Path
from typing import Any

import click

from chainrule.cli import screen


@click.command(short_help="Show what is in a model file.")
@click.argument("model", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--quiet", is_flag=True, help="Print nothing: the exit code says whether the file is whole.")
def inspect(model: Path, as_json: bool, quiet: bool) -> None:
    """Show what is in MODEL: network, columns and their treatment, target, scores, settings, versions.

    Nothing in the file is run. All that can be wrong with it is checked, but for a network that needs classes of your
    own, which are named.

    \b
    chainrule inspect penguins-species.safetensors
    chainrule inspect penguins-species.safetensors --json | jq .scores.accuracy
    """
    from chainrule.estimators.inspection import inspect_file

    found = inspect_file(model)
    if quiet:
        return
    if as_json:
        screen.echo(json.dumps(found))
        return
    for title, lines in _sections(found):
        screen.section(title, lines)


def _sections(found: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """Return the parts of the screen: a title, and the lines below it."""
    what = "network" if found["kind"] == "network" else f"{found['task']} of {found['target']['name']}"
    size = f"{found['bytes'] / 1024:,.0f} KB"
    about = [f"{what}; {size}, written by chainrule {found['version']}, schema {found['schema']}"]
    if "needs" in found:
        given = ", ".join(f"{name!r}: {name}" for name in found["needs"])
        about.append(f"needs classes of your own: chainrule.load(path, custom_objects={{{given}}})")
    sections = [(Path(found["file"]).name, about), ("Network", _network_lines(found["network"]))]
    if found["kind"] == "table":
        sections += [
            ("Columns", _column_lines(found["columns"])),
            ("Target", _target_lines(found)),
            ("Scores", _score_lines(found)),
        ]
    if found["training"]:
        sections.append(("Training", _training_lines(found["training"])))
    return [*sections, ("Settings", _fields(found["settings"]))] if found.get("settings") else sections


def _network_lines(network: dict[str, Any]) -> list[str]:
    rows: list[tuple[str, ...]] = [
        ("layer", "kind", "output", "weights"),
        ("input", "", _shape(network["input_shape"]), ""),
    ]
    for layer in network["layers"]:
        config = layer["config"]
        more = [str(config[name]) for name in ("activation", "rate") if isinstance(config.get(name), str | float)]
        frozen = [] if all(layer["trainable"]) else ["(frozen)"]
        kind = " ".join([_class(layer), *more, *frozen])
        output = _shape(layer["output"]) if "output" in layer else "?"
        rows.append((layer["name"], kind, output, f"{layer['weights']:,}"))
    compiled = network.get("compile")
    lines = [
        *_aligned(rows, right=(2, 3)),
        f"{network['weights']:,} weights, {network['dtype']}, seed {network['seed']}",
    ]
    if compiled:
        lines.append(", ".join(_class(compiled[part]) for part in ("optimizer", "loss")))
    return lines


def _class(entry: dict[str, Any]) -> str:
    """Return the name of an object's class, without the kind that chainrule's own have before it."""
    return str(entry["class"]).rpartition(".")[2]


def _column_lines(columns: list[dict[str, Any]]) -> list[str]:
    return _aligned([(column["column"], column["kind"], column["text"]) for column in columns])


def _target_lines(found: dict[str, Any]) -> list[str]:
    target = found["target"]
    if "classes" in target:
        return [f"{target['name']}: {', '.join(target['classes'])}"]
    if "labels" in target:
        return [f"{target['name']}: any of {', '.join(target['labels'])}"]
    from chainrule.estimators.wording import number

    lines = []
    for part in target.get("parts", [target]):
        quantiles = f"; quantiles {', '.join(map(str, part['quantiles']))}" if part["quantiles"] else ""
        lines.append(f"{part['name']}: mean {number(part['mean'])}, std {number(part['std'])}{quantiles}")
    return lines


def _score_lines(found: dict[str, Any]) -> list[str]:
    from chainrule.estimators.score_text import score_lines

    if not found["scores"]:
        return ["not tested"]
    return score_lines(found["scores"], found["target"]["name"], held_out=True, width=screen.width() - 2)


def _training_lines(training: dict[str, Any]) -> list[str]:
    plain = {name: value for name, value in training.items() if not isinstance(value, dict)}
    inner = {name: value for part in training.values() if isinstance(part, dict) for name, value in part.items()}
    return _fields({**plain, **inner})


def _fields(values: dict[str, Any]) -> list[str]:
    from chainrule.estimators.wording import number

    def text(value: Any) -> str:
        return value if isinstance(value, str) else number(value) if isinstance(value, float) else json.dumps(value)

    texts = {name: text(value) for name, value in values.items()}
    return _aligned([(name, text) for name, text in texts.items() if text not in ("null", "[]")])


def _shape(shape: list[int]) -> str:
    return " x ".join(map(str, shape)) or "1"


def _aligned(rows: list[tuple[str, ...]], right: tuple[int, ...] = ()) -> list[str]:
    """Return rows of cells as lines; the last column may be as long as it likes."""
    from chainrule.estimators.wording import pad, printable, shorten

    cells = [[*(shorten(printable(cell), 40) for cell in row[:-1]), printable(row[-1])] for row in rows]
    from rich.cells import cell_len

    widths = [max(cell_len(row[i]) for row in cells) for i in range(len(cells[0]))] if cells else []
    lines = []
    for row in cells:
        padded = [
            pad(cell, width, right=i in right) if i in right or i + 1 < len(row) else cell
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(padded).rstrip())
    return lines
