"""RunFolder: what a training or a sweep leaves behind in a folder, for people and for programs that go on from it.

    settings.json      what was asked for
    environment.json   versions, platform, engine, seed and command
    metrics.jsonl      one JSON object a line for every epoch, written as it ends; numbers that are not finite are null
    model.safetensors  the model, when training is over
    checkpoint.safetensors, refit.safetensors
                       where training stands, while it lasts; the latter when it goes over all rows once more

A sweep has no metrics and checkpoints, but

    trials.jsonl       one JSON object a line for every trial, written as it ends
    study.journal      the study, to go on with, unless it is in another storage
    rates.svg          scores against learning rates, where those were tried

All files are UTF-8. Readers ignore fields that they don't know, and other files in the folder.
"""

import json
from collections.abc import Mapping
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple, Self

import numpy as np

from chainrule.errors import FileError
from chainrule.files import remove_leftovers, write_whole
from chainrule.training.checkpoint import ModelCheckpoint
from chainrule.training.line_logger import LineLogger

SETTINGS, ENVIRONMENT, METRICS, MODEL = "settings.json", "environment.json", "metrics.jsonl", "model.safetensors"
CHECKPOINT, REFIT = "checkpoint.safetensors", "refit.safetensors"
TRIALS, STUDY, RATES = "trials.jsonl", "study.journal", "rates.svg"


class RunFolder:
    """A folder with the record of one training, or of one sweep.

    Parameters
    ----------
    path : str or path

    Examples
    --------
    >>> import tempfile
    >>> folder = RunFolder.create(Path(tempfile.mkdtemp()) / "run", {"hidden": [64, 64]}, {"seed": 0})
    >>> log = folder.log()
    >>> log.on_train_begin(), log.on_epoch_end(0, {"loss": 0.5, "val_loss": float("nan")}), log.on_train_end()
    (None, None, None)
    >>> folder.metrics(), folder.settings()
    ([{'epoch': 1, 'loss': 0.5, 'val_loss': None}], {'hidden': [64, 64]})
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)

    @classmethod
    def create(
        cls,
        path: str | PathLike[str],
        settings: Mapping[str, Any],
        environment: Mapping[str, Any],
        overwrite: bool = False,
        sweep: bool = False,
    ) -> Self:
        """Make the folder, with what is known before the first epoch.

        Parameters
        ----------
        path : str or path
            A new or an empty folder.
        settings, environment : mapping of JSON data
        overwrite : bool
            Whether a folder that is not empty is taken too; the files of an earlier run in it are replaced, all
            others are left alone.
        sweep : bool
            Whether it is the folder of a sweep.

        Raises
        ------
        FileError
            There is a file of that name, a folder that is not empty, or none can be made.
        """
        folder = cls(path)
        folder.check_free(overwrite)
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            for name in (SETTINGS, ENVIRONMENT, METRICS, MODEL, CHECKPOINT, REFIT, TRIALS, STUDY, RATES):
                (folder.path / name).unlink(missing_ok=True)
            if sweep:  # first of all: whatever stops it from here on, it can be gone on with
                (folder.path / TRIALS).touch()
        except OSError as error:
            raise FileError(f"can't make the run folder {path}: {error.strerror or error}") from error
        folder.describe(settings, environment)
        return folder

    def describe(self, settings: Mapping[str, Any], environment: Mapping[str, Any]) -> None:
        """Write what is known before the first epoch or trial."""
        for name, content in ((SETTINGS, settings), (ENVIRONMENT, environment)):
            text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            write_whole(self.path / name, lambda out, text=text: out.write(text.encode("utf-8")))  # type: ignore[misc]

    def check_free(self, overwrite: bool = False) -> None:
        """Refuse a path at which no run can be kept, before the work is done."""
        try:
            if self.path.exists() and not self.path.is_dir():
                raise FileError(f"{self.path} is a file; a run needs a folder of its own")
            if self.path.is_dir() and not overwrite and any(self.path.iterdir()):
                raise FileError(f"the folder {self.path} is not empty; name another, or replace its run with --force")
        except OSError as error:
            if isinstance(error, FileError):
                raise
            raise FileError(f"can't use the run folder {self.path}: {error.strerror or error}") from error

    @property
    def model(self) -> Path:
        """Where the model is."""
        return self.path / MODEL

    def log(self) -> "RunLog":
        """Return the callback that writes the metrics of each epoch."""
        return RunLog(self.path / METRICS)

    def settings(self) -> dict[str, Any]:
        """Return what was asked for."""
        return self._read(SETTINGS)

    def environment(self) -> dict[str, Any]:
        """Return versions, platform, engine, seed, command, and what tells the table from others."""
        return self._read(ENVIRONMENT)

    def metrics(self) -> list[dict[str, Any]]:
        """Return the metrics of the epochs that ended; half a line, of a run that was killed, is left out."""
        return self._lines(METRICS)

    def trials(self) -> list[dict[str, Any]]:
        """Return the trials of a sweep that ended; half a line is left out."""
        return self._lines(TRIALS)

    @property
    def holds_sweep(self) -> bool:
        """Whether it is the folder of a sweep."""
        return (self.path / TRIALS).exists()

    @property
    def is_described(self) -> bool:
        """Whether all that is known beforehand was written: nothing has stopped it before."""
        return (self.path / SETTINGS).exists() and (self.path / ENVIRONMENT).exists()

    def keep(self, minutes: float) -> "tuple[Keep, Keep]":
        """Return where and how often training, and training on all rows after it, are kept."""
        return Keep(self.path / CHECKPOINT, minutes), Keep(self.path / REFIT, minutes)

    @property
    def has_only_a_model(self) -> bool:
        """Whether there is a model, and nothing left to go on from."""
        return self.model.exists() and not (self.path / CHECKPOINT).exists()

    def restart(self) -> None:
        """Make ready to go on: without a checkpoint yet the metrics start anew, and half-written files go.

        Raises
        ------
        FileError
            It holds no run, or can't be written.
        """
        self.settings()
        try:
            for path in (self.path / CHECKPOINT, self.path / REFIT, self.model):
                remove_leftovers(path)
            if not (self.path / CHECKPOINT).exists():
                (self.path / METRICS).unlink(missing_ok=True)
        except OSError as error:
            raise FileError(f"can't go on in the run folder {self.path}: {error.strerror or error}") from error

    def finish(self) -> None:
        """Remove the checkpoints, once the model is saved."""
        for name in (REFIT, CHECKPOINT):
            (self.path / name).unlink(missing_ok=True)

    def _lines(self, name: str) -> list[dict[str, Any]]:
        try:
            lines = (self.path / name).read_text("utf-8").split("\n")
            return [json.loads(line) for line in lines[:-1]]  # what follows the last line end is unfinished
        except (OSError, ValueError) as error:
            raise FileError(f"{self.path / name} can't be read: {getattr(error, 'strerror', None) or error}") from error

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FileError(f"{self.path / name} can't be read: {reason}") from error
        if not isinstance(content, dict):
            raise FileError(f"{self.path / name} should hold a JSON object, got {type(content).__name__}")
        return content


class Keep(NamedTuple):
    """A checkpoint file of one training, and after how many minutes it is renewed."""

    path: Path
    minutes: float

    def callback(self) -> ModelCheckpoint:
        """Return the callback that writes it."""
        return ModelCheckpoint(self.path, every_minutes=self.minutes)

    @property
    def resume_from(self) -> Path | None:
        """The file, if there is one to go on from."""
        return self.path if self.path.exists() else None


class RunLog(LineLogger):
    """Appends one line of JSON for every epoch to a file.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.target = str(path)

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the file."""
        self.open(append=True)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Write the line of an epoch."""
        line = {"epoch": epoch + 1, **{name: _plain(value) for name, value in logs.items()}}
        self.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")


def _plain(value: Any) -> Any:
    """Return a metric as JSON data."""
    if np.ndim(value):
        return [_plain(part) for part in value]
    return float(value) if isfinite(value) else None
