"""Files that are written: checked before the work is done, complete or not there at all."""

import contextlib
import glob
import os
import tempfile
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import IO, Any

from chainrule.errors import DTypeError, FileError


def path_of(filepath: Any) -> Path:
    """Return a path that is given as text or as a path.

    Examples
    --------
    >>> path_of(None)
    Traceback (most recent call last):
    chainrule.errors.DTypeError: expected the path of a file, as text or a pathlib.Path, got None
    """
    if isinstance(filepath, str | PathLike) and isinstance(os.fspath(filepath), str):
        return Path(filepath)
    raise DTypeError(f"expected the path of a file, as text or a pathlib.Path, got {filepath!r:.60}")


def check_writable(filepath: str | PathLike[str], overwrite: bool) -> Path:
    """Return the path of a file that can be written, links followed; say what is in the way otherwise.

    Files are written beside their place and then moved there, which would replace a device or a pipe itself: those
    are refused.

    Raises
    ------
    FileError
        A folder, a device, a file that must not be replaced, no folder to write in, no right to.
    """
    given = path_of(filepath)
    path = Path(os.path.realpath(given)) if given.is_symlink() else given
    if path.is_dir():
        raise FileError(f"{given} is a folder; name a file in it, such as {given / 'model.safetensors'}")
    if path.exists() and not path.is_file():
        raise FileError(f"{given} is a device, pipe or socket, not a file that can be replaced; name a file")
    if path.exists() and not overwrite:
        raise FileError(f"{given} exists already; it is left as it is (to replace it: --force, or overwrite=True)")
    if not path.parent.is_dir():
        raise FileError(f"there is no folder {path.parent} to write {path.name} in")
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise FileError(f"can't write {given}: {error.strerror or error}") from error
    return path


def write_whole(filepath: str | PathLike[str], write: Callable[[IO[bytes]], Any], overwrite: bool = True) -> None:
    """Write a file that takes its place when it is complete and on the disk; its mode is kept.

    Parameters
    ----------
    filepath : str or path
    write : function of the open binary file
    overwrite : bool
        Whether an existing file is replaced.
    """
    path = check_writable(filepath, overwrite)
    try:
        handle, temporary = tempfile.mkstemp(prefix=_prefix(path), dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as out:
                write(out)
                out.flush()
                os.fsync(out.fileno())
            Path(temporary).chmod(path.stat().st_mode & 0o7777 if path.exists() else 0o666 & ~_umask())
            Path(temporary).replace(path)
            _sync_folder(path.parent)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise FileError(f"can't write {filepath}: {error.strerror or error}") from error


def remove_leftovers(filepath: str | PathLike[str]) -> None:
    """Remove what a process that was killed while it wrote this file has left beside it."""
    path = Path(os.path.realpath(filepath))
    for leftover in path.parent.glob(f"{glob.escape(_prefix(path))}????????"):
        with contextlib.suppress(OSError):  # another process was faster, or it belongs to somebody else
            leftover.unlink()


def _prefix(path: Path) -> str:
    """Return how the name of a file begins while it is not complete; eight characters follow."""
    return f".{path.name[:100]}."


def _sync_folder(folder: Path) -> None:
    """Have the file's new name on the disk too, where the system can say so."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems can't; the file itself is safe
            os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
