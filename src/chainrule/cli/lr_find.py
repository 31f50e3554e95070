"""``chainrule lr-find``: which learning rate suits a table and a network."""

import json
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from chainrule.cli import screen
from chainrule.cli.options import (
    check_source,
    data_options,
    read_source,
    setting_options,
    source_name,
    source_options,
    take_data_options,
)
from chainrule.cli.screen import check_output
from chainrule.errors import ArgumentError, DataError

PICTURES = (".png", ".svg", ".pdf")
WIDTH = 80
DOTS = "⣿┤"
VALUES, FLAGS = ("--min-lr", "--max-lr", "--steps", "--out"), ("--force", "--json", "--quiet")  # that train has not


@click.command("lr-find")
@source_options
@data_options
@setting_options(
    *("hidden", "activation", "optimizer", "batch_size", "dropout", "loss", "quantiles", "label_smoothing", "seed")
)
@click.option("--min-lr", type=float, default=1e-6, show_default=True, help="The first rate.")
@click.option("--max-lr", type=float, default=10.0, show_default=True, help="The last rate.")
@click.option("--steps", type=click.IntRange(20), default=200, show_default=True, help="From the first to the last.")
@click.option("--out", type=click.Path(path_type=Path), metavar="PICTURE", help="Draw the curve: .png, .svg or .pdf.")
@click.option("--force", is_flag=True, help="Replace the picture if it exists.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--quiet", is_flag=True, help="Print the suggested rate alone.")
@click.pass_obj
def lr_find(
    words: list[str],
    /,
    file: Path | None,
    sql: str | None,
    table: str | None,
    target: str,
    task: str | None,
    min_lr: float,
    max_lr: float,
    steps: int,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    **settings: Any,
) -> None:
    """Find a learning rate for FILE: train for some steps while the rate rises, and see what the loss does.

    The network is the one that `chainrule train` makes of the same options, on the same training rows. Nothing is kept
    of its training: no model is saved.

    \b
    chainrule lr-find examples/penguins.csv --target species
    chainrule lr-find houses.csv --target price --optimizer sgd --hidden 64,64 --out curve.png
    chainrule train houses.csv --target price --learning-rate $(chainrule lr-find houses.csv --target price --quiet)
    """
    from chainrule.analysis import find_learning_rate
    from chainrule.analysis.learning_rate_text import rate_text
    from chainrule.estimators.network import Options, build_network, network_shape
    from chainrule.estimators.train_table import prepare_table

    check_source(file, sql)
    data = take_data_options(settings)
    options = Options(**settings)  # both are checked before the table is read
    if out is not None and out.suffix.lower() not in PICTURES:
        raise ArgumentError(f"--out expects a name that ends in {', '.join(PICTURES)}, got {str(out)!r}")
    rows = read_source(file, sql, table, target)
    if out is not None:
        check_output(out, force, *([file] if file else []))
    prepared = prepare_table(rows, target, task, options, data)
    options.check_task(prepared.task)
    training = prepared.training
    network = build_network(prepared.encoder, prepared.target, options, len(training))
    curve = find_learning_rate(
        network,
        training.inputs,
        training.answers,
        min_lr=min_lr,
        max_lr=max_lr,
        steps=steps,
        batch_size=options.batch(len(training)),
        sample_weight=training.loss_weights,
    )
    if out is not None:
        curve.plot().savefig(out)
    name = click.format_filename(source_name(file))
    if as_json:
        screen.echo(json.dumps({"file": name, "target": target, "settings": options.as_dict(), **curve.as_dict()}))
    elif quiet:
        if curve.suggestion is None:
            raise DataError(f"there is no rate to suggest; {curve.rule}")
        screen.echo(rate_text(curve.suggestion))
    else:
        screen.headline(options.seed)
        optimizer = type(network.optimizer).__name__
        screen.section(
            f"{name}, target {target}",
            [
                f"{network_shape(network)}  {options.activation}, {network.count_params():,} weights, {optimizer}",
                f"{len(training):,} training rows in batches of {options.batch(len(training))}; {steps} steps, 3 times",
            ],
        )
        for line in curve.lines(min(WIDTH, screen.width()), plain=not screen.shows(DOTS)):
            screen.echo(line)
        screen.echo()
        if out is not None:
            screen.echo(f"Saved {click.format_filename(out)}")
        if curve.suggestion is not None:
            rate = rate_text(curve.suggestion)
            screen.echo(f"Next: {shlex.join(['chainrule', 'train', *_shared(words[1:]), '--learning-rate', rate])}")


def _shared(words: Sequence[str]) -> list[str]:
    """Return the words of a command line without those that ``train`` has not."""
    kept: list[str] = []
    rest = iter(words)
    for word in rest:
        if word in VALUES:
            next(rest)
        elif word not in FLAGS and word.partition("=")[0] not in VALUES:
            kept.append(word)
    return kept
