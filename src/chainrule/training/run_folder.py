"""RunFolder: what one training leaves behind in a folder, for people and for programs that go on from it.

    settings.json      what was asked for
    environment.json   versions, platform, engine, seed and command
    metrics.jsonl      one JSON object a line for every epoch, written as it ends; numbers that are not finite are null
    model.safetensors  the model, when training is over

All files are UTF-8. Readers ignore fields that they don't know, and other files in the folder.
"""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from os import PathLike
from pathlib import Path
from typing import IO, Any, Self

import numpy as np

from chainrule.errors import FileError, warn
from chainrule.files import write_whole
from chainrule.training.callbacks import Callback

SETTINGS, ENVIRONMENT, METRICS, MODEL = "settings.json", "environment.json", "metrics.jsonl", "model.safetensors"


class RunFolder:
    """A folder with the record of one training.

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

        Raises
        ------
        FileError
            There is a file of that name, a folder that is not empty, or none can be made.
        """
        folder = cls(path)
        folder.check_free(overwrite)
        try:
            folder.path.mkdir(parents=True, exist_ok=True)
            for name in (METRICS, MODEL):
                (folder.path / name).unlink(missing_ok=True)
        except OSError as error:
            raise FileError(f"can't make the run folder {path}: {error.strerror or error}") from error
        for name, content in ((SETTINGS, settings), (ENVIRONMENT, environment)):
            text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
            write_whole(folder.path / name, lambda out, text=text: out.write(text.encode("utf-8")))  # type: ignore[misc]
        return folder

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
        """Return versions, platform, engine, seed and command."""
        return self._read(ENVIRONMENT)

    def metrics(self) -> list[dict[str, Any]]:
        """Return the metrics of the epochs that ended; half a line, of a run that was killed, is left out."""
        try:
            lines = (self.path / METRICS).read_text("utf-8").split("\n")
            return [json.loads(line) for line in lines[:-1]]  # what follows the last line end is unfinished
        except (OSError, ValueError) as error:
            raise FileError(
                f"{self.path / METRICS} can't be read: {getattr(error, 'strerror', None) or error}"
            ) from error

    def _read(self, name: str) -> dict[str, Any]:
        try:
            content = json.loads((self.path / name).read_text("utf-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise FileError(f"{self.path / name} can't be read: {reason}") from error
        if not isinstance(content, dict):
            raise FileError(f"{self.path / name} should hold a JSON object, got {type(content).__name__}")
        return content


def environment(command: Sequence[str], seed: int) -> dict[str, Any]:
    """Return what a run depends on besides its data: versions, platform, engine, seed, and the command's words.

    Examples
    --------
    >>> found = environment(["train", "penguins.csv"], seed=0)
    >>> found["command"], found["seed"], sorted(found["versions"])
    (['train', 'penguins.csv'], 0, ['chainrule', 'duckdb', 'numpy', 'python', 'safetensors'])
    """
    from importlib.metadata import version

    from chainrule import __version__
    from chainrule.engine import describe

    return {
        "command": list(command),
        "seed": seed,
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "engine": describe(),
        "platform": platform.platform(),
        "machine": platform.machine(),
        "processors": os.cpu_count(),
        "versions": {
            "chainrule": __version__,
            "python": platform.python_version(),
            **{name: version(name) for name in ("duckdb", "numpy", "safetensors")},
        },
    }


class RunLog(Callback):
    """Appends one line of JSON for every epoch to a file; a disk that is full never ends the training.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[str] | None = None

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the file."""
        self._try(self._open)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Write the line of an epoch, and let nothing of it wait."""
        line = {"epoch": epoch + 1, **{name: _plain(value) for name, value in logs.items()}}
        self._try(self._write, json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the file."""
        self._try(self._close)

    def _open(self) -> None:
        self._file = self.path.open("a", encoding="utf-8")

    def _write(self, line: str) -> None:
        if self._file is not None:
            self._file.write(line)
            self._file.flush()

    def _close(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def _try(self, action: Any, *arguments: Any) -> None:
        try:
            action(*arguments)
        except OSError as error:
            self._file = None
            warn(f"the metrics are no longer written to {self.path}: {error.strerror or error}", RuntimeWarning)


def _plain(value: Any) -> Any:
    """Return a metric as JSON data."""
    if np.ndim(value):
        return [_plain(part) for part in value]
    return float(value) if isfinite(value) else None
