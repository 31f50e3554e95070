"""Files that the commands write: checked before the work is done, complete or not there at all."""

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

from chainrule.errors import FileError


def check_output(path: Path, force: bool, *sources: Path) -> None:
    """Refuse a path that can't be written, must not be replaced, or is one of the files that are read.

    Raises
    ------
    FileError
        In each of these cases.
    """
    from chainrule.estimators.files import ordinary_file
    from chainrule.models.model_file import check_writable

    try:
        real = ordinary_file(path)
        if any(real.exists() and source.exists() and real.samefile(source) for source in sources):
            raise FileError(f"{path} is a file to read; it would be replaced: name another one to write")
        check_writable(path, overwrite=force)
        with tempfile.TemporaryFile(dir=real.parent):
            pass
    except OSError as error:
        if isinstance(error, FileError):
            raise
        raise FileError(f"can't write {path}: {error.strerror or error}") from error


def write_whole(path: Path, write: Callable[[IO[str]], Any]) -> None:
    """Write a text file that takes its place when it is complete."""
    real = Path(os.path.realpath(path))
    temporary = real.with_name(f".{real.name[:100]}.{os.getpid()}.tmp")
    try:
        with temporary.open("x", encoding="utf-8", newline="") as stream:
            write(stream)
        if real.exists():
            shutil.copymode(real, temporary)
        temporary.replace(real)
    except OSError as error:
        raise FileError(f"can't write {path}: {error.strerror or error}") from error
    finally:
        temporary.unlink(missing_ok=True)
