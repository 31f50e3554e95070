"""What the commands print: plain text in a pipe, with colours in a terminal, in characters that it can show."""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chainrule import __version__
from chainrule.errors import FileError

if TYPE_CHECKING:
    from chainrule.analysis import Diagnosis
    from chainrule.estimators.report import Report
    from chainrule.estimators.tabular import TabularModel
    from chainrule.tables import Table
    from chainrule.training import Callback

WIDTH, DIAGNOSIS_WIDTH = 100, 80
_REMARKS = r"^(note|dropped|left out|stopped|warning) "
_SEVERITIES = r"^(error|warning): [\w-]+"
_ASCII = str.maketrans({**dict(zip("▁▂▃▄▅▆▇█", "_.-~=+*#", strict=True)), "…": "~"})


def echo(text: str = "") -> None:
    """Print text; once the reader of the output has gone, go on without printing."""
    if not shows(text):
        text = text.translate(_ASCII).encode(_encoding(), "replace").decode(_encoding())
    plain = "NO_COLOR" in os.environ or os.environ.get("TERM") == "dumb"
    try:
        click.echo(text, color=False if plain else None)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def shows(text: str) -> bool:
    """Whether standard output has these characters."""
    try:
        text.encode(_encoding())
    except UnicodeEncodeError:
        return False
    return True


def _encoding() -> str:
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def remark(text: str) -> None:
    """Print a remark to standard error."""
    from chainrule.estimators.wording import printable

    click.echo(f"note: {printable(text)}", err=True)


def say_stopped(text: str = "interrupted; nothing was saved") -> None:
    """Say on standard error what there is after Ctrl-C; in a terminal below the ``^C`` that it shows."""
    below = "\n" if sys.stderr is not None and sys.stderr.isatty() else ""
    click.echo(f"{below}{text}", err=True)


def in_terminal() -> bool:
    """Whether a person sees the output as it comes."""
    return sys.stdout is not None and sys.stdout.isatty()


def width() -> int:
    """Return how many characters a line may have."""
    return min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns) if in_terminal() else WIDTH


def headline(seed: int | None = None) -> None:
    """Print the first line: version, engine, seed."""
    from chainrule.engine import describe

    name = f"chainrule {'.'.join(__version__.split('.')[:2])}"
    _show([f"{name}  {describe()}{'' if seed is None else f', seed {seed}'}"], bold=len(name))
    echo()


def show_data(report: "Report") -> None:
    """Print what was read and which network it meets: what is known before training."""
    headline(report.seed)
    _show(report.data_lines(), len(report.name))
    echo()
    _show([report.network_line()], len(report.shape))


def show_results(report: "Report") -> None:
    """Print how training went, and the scores."""
    from chainrule.estimators.score_text import score_lines

    _show(report.training_lines())
    echo()
    show_scores(score_lines(report.scores, report.target, held_out=True, width=width()))


def show_diagnosis(diagnosis: "Diagnosis") -> None:
    """Print what a diagnosis found."""
    first, *rest = diagnosis.lines(min(width(), DIAGNOSIS_WIDTH))
    echo()
    echo(f"Diagnosis: {first}")
    for line in rest:
        echo(re.sub(_SEVERITIES, lambda word: click.style(word[0], fg="yellow"), line))


def show_scores(lines: Sequence[str]) -> None:
    """Print scores, the first line in bold."""
    first, *rest = lines
    _show([first], len(first))
    for line in rest:
        echo(line)


def section(title: str, lines: Sequence[str]) -> None:
    """Print a title in bold and lines below it, with a blank line at the end."""
    from chainrule.estimators.wording import printable, wrapped

    _show([printable(title)], len(title))
    for line in wrapped([f"  {line}" for line in lines], width()):
        echo(line)
    echo()


def _show(lines: Sequence[str], bold: int = 0) -> None:
    """Print lines, wrapped to the screen, the first so many characters in bold."""
    from chainrule.estimators.wording import BARS, wrapped

    for line in wrapped(lines, width()):
        start = len(line) - len(line.lstrip()) + bold
        rest = re.sub(f"[{BARS}]+", lambda curve: click.style(curve[0], fg="cyan"), line[start:])
        rest = re.sub(_REMARKS, lambda word: click.style(word[0], fg="yellow"), rest)
        echo((click.style(line[:start], bold=True) if bold else line[:start]) + rest)
        bold = max(0, bold - len(line.strip()) - 1)


def progress_bar() -> "Callback":
    """Return a bar over the epochs that goes when training is over."""
    from chainrule.training.progress import BarProgress

    class Bar(BarProgress):
        def on_train_begin(self, logs: object = None) -> None:
            super().on_train_begin()
            self._bar.live.transient = True

    return Bar()


def load_tabular(path: Path) -> "TabularModel":
    """Load a model that has an encoder, or say what it is instead."""
    from chainrule.estimators.tabular import TabularModel, load

    model = load(path)
    if not isinstance(model, TabularModel):
        raise FileError(f"{path} holds a network without an encoder for tables; use it in Python: chainrule.load")
    return model


def remark_on(model: "TabularModel", table: "Table") -> None:
    """Say on standard error what in a table is new to a model."""
    for note in table.notes:
        remark(note)
    extra = model.extra_columns(table)
    if extra:
        remark(f"not used, since training had no such columns: {', '.join(extra)}")
    for note in model.encoder.notes(table):
        remark(note)


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
    return re.sub(r"[^\w]+", "-", name).strip("-")[:60] or "target"


def quote(path: Path) -> str:
    """Return a path as it can be pasted into a shell, where a leading dash would be an option.

    Examples
    --------
    >>> quote(Path("my model.safetensors")), quote(Path("-x.csv"))
    ("'my model.safetensors'", './-x.csv')
    """
    return shlex.quote(f"./{path}" if str(path).startswith("-") else str(path))


def check_output(path: Path, force: bool, *sources: Path) -> None:
    """Refuse an output that can't be written, must not be replaced, or is one of the files that are read.

    Raises
    ------
    FileError
        In each of these cases.
    """
    from chainrule.files import check_writable

    try:
        if any(path.exists() and source.exists() and path.samefile(source) for source in sources):
            raise FileError(f"{path} is a file to read; it would be replaced: name another one to write")
        check_writable(path, overwrite=force)
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"can't write {path}: {error.strerror or error}") from error
