"""Where a result may be written: a new file, or an ordinary one that may be replaced."""

import os
from os import PathLike
from pathlib import Path

from chainrule.errors import FileError


def ordinary_file(path: str | PathLike[str]) -> Path:
    """Return the path of a file to write, links followed; refuse to replace a device, a pipe or a socket.

    Files are written beside and then moved to their place, which would replace such a thing itself.

    Raises
    ------
    FileError
        If something that is no file (nor a folder, which writing refuses) is there.
    """
    real = Path(os.path.realpath(path)) if Path(path).is_symlink() else Path(path)
    if real.exists() and not (real.is_file() or real.is_dir()):
        raise FileError(f"{path} is a device, pipe or socket, not a file that can be replaced; name a file")
    return real
