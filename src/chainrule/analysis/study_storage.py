"""Where a study is kept: in memory, in a journal file, or in a database."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import optuna
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock

from chainrule.errors import FileError
from chainrule.training.interrupts import HeldBack


@contextmanager
def silence() -> Iterator[None]:
    """Keep Optuna from writing to standard error meanwhile: a sweep says itself what happens.

    Ctrl-C waits until the end: it would leave a lock, or half of what is written together.
    """
    before, held_back = optuna.logging.get_verbosity(), HeldBack()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with held_back.listening(), held_back:
            yield
    finally:
        optuna.logging.set_verbosity(before)


def is_journal(storage: str) -> bool:
    """Whether a storage is a journal file, not the URL of a database.

    Examples
    --------
    >>> is_journal("sweep.journal"), is_journal("sqlite:///sweep.db")
    (True, False)
    """
    return "://" not in storage


def open_storage(storage: str | None) -> Any:
    """Return Optuna's storage: in memory, a journal file, or a database by its URL."""
    if storage is None:
        return optuna.storages.InMemoryStorage()
    try:
        if is_journal(storage):
            _check_journal(Path(storage))
            _drop_torn_line(Path(storage))
            return optuna.storages.JournalStorage(JournalFileBackend(storage))
        return optuna.storages.get_storage(storage)
    except OSError as error:
        raise FileError(f"can't use the study {storage}: {error.strerror or error}") from error
    except ImportError as error:
        raise FileError(f"can't use the study {storage}: its database needs a driver ({error})") from error
    except Exception as error:  # of a database, its driver or a damaged journal
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise FileError(f"can't use the study {storage}: {reason}") from error


def _check_journal(path: Path) -> None:
    """Refuse a file of something else, for what is done would be added to it, and one that nothing can be added to."""
    if not path.is_file():
        return
    with path.open("r+b") as file:
        first = file.readline()
    try:
        fits = not first or "op_code" in json.loads(first)
    except (ValueError, TypeError):
        fits = False
    if not fits:
        raise ValueError("the file holds something else; name another")


def _drop_torn_line(path: Path) -> None:
    """Remove a last line without an end, which a full disk or a kill leaves: the next one would be added to it."""

    def is_torn() -> bool:
        with path.open("rb") as file:
            if file.seek(0, os.SEEK_END) == 0:
                return False
            file.seek(-1, os.SEEK_END)
            return file.read() != b"\n"

    if not path.is_file() or not is_torn():
        return
    lock = JournalFileSymlinkLock(str(path))
    lock.acquire()  # whoever writes a line just now has finished it then
    try:
        if is_torn():
            with path.open("r+b") as file:
                file.truncate(file.read().rfind(b"\n") + 1)
    finally:
        lock.release()
