"""What the commands print: plain text in a pipe, with colours in a terminal."""

import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from chainrule import __version__
from chainrule.errors import FileError

if TYPE_CHECKING:
    from chainrule.estimators.report import Report
    from chainrule.estimators.tabular import TabularModel


def headline(seed: int) -> None:
    """Print the first line: version, engine, seed."""
    from chainrule.engine import describe

    release = ".".join(__version__.split(".")[:2])
    click.echo(f"{click.style(f'chainrule {release}', bold=True)}  {describe()}, seed {seed}\n")


def show_report(report: "Report") -> None:
    """Print what was read, how training went, and the scores."""
    from chainrule.estimators.report import score_lines

    first, *data = report.data_lines()
    click.echo(_bold_start(first, len(report.name)))
    click.echo("\n".join(data) + "\n")
    first, *training = report.training_lines()
    click.echo(_bold_start(first, len(report.shape)))
    click.echo("\n".join(training) + "\n")
    show_scores(score_lines(report.scores, report.target, held_out=True))


def show_scores(lines: Sequence[str]) -> None:
    """Print scores, the first line in bold."""
    first, *rest = lines
    click.secho(first, bold=True)
    if rest:
        click.echo("\n".join(rest))


def _bold_start(line: str, length: int) -> str:
    return click.style(line[:length], bold=True) + line[length:]


def verbosity(as_json: bool) -> int:
    """Return how much training shows: a bar in a terminal, nothing in a pipe (the report tells it all)."""
    return 1 if sys.stdout.isatty() and not as_json else 0


def load_tabular(path: Path) -> "TabularModel":
    """Load a model that has an encoder, or say what it is instead."""
    from chainrule.estimators.tabular import TabularModel, load

    model = load(path)
    if not isinstance(model, TabularModel):
        raise FileError(f"{path} holds a network without an encoder for tables; use it in Python: chainrule.load")
    return model


def stem(path: Path) -> str:
    """Return a file's name without its endings.

    Examples
    --------
    >>> stem(Path("data/penguins.csv.gz"))
    'penguins'
    """
    return path.name.split(".")[0] or "model"


def slug(name: str) -> str:
    """Return a column's name in a form that is safe in a file name.

    Examples
    --------
    >>> slug("Price (USD)")
    'Price-USD'
    """
    return re.sub(r"[^\w]+", "-", name).strip("-") or "target"


def name(path: Path) -> str:
    """Return a path as it is shown: its characters, none of them able to control the terminal."""
    return click.format_filename(path)


def quote(path: Path) -> str:
    """Return a path as it can be pasted into a shell."""
    return shlex.quote(str(path))


def write_whole(path: Path, write: Callable[[IO[str]], Any]) -> None:
    """Write a text file that takes its place when it is complete."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=path.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
        ) as f:
            try:
                write(f)
            except BaseException:
                Path(f.name).unlink(missing_ok=True)
                raise
        Path(f.name).chmod(0o644)
        os.replace(f.name, path)  # noqa: PTH105  # atomic, and Path.replace is the same call
    except OSError as error:
        raise FileError(f"can't write {path}: {error.strerror or error}") from error
