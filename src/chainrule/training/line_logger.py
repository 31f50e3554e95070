"""LineLogger: what writes a line for every epoch to a file."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from chainrule.errors import warn
from chainrule.training.callbacks import Logger


class LineLogger(Logger):
    """Base of loggers that write lines to the file ``target``; each is on its way to the disk when the epoch ends.

    A checkpoint keeps how long the file was. A run that goes on from it cuts off what a killed run wrote since, and so
    no epoch stands in the file twice.
    """

    _file: IO[bytes] | None = None

    def open(self, append: bool) -> None:
        """Open the file, empty or to go on at its end."""
        self._file = Path(self.target).open("ab" if append else "wb")  # noqa: SIM115  # open as long as the run

    def write(self, text: str) -> None:
        """Write some lines, and let nothing of them wait."""
        if self._file is not None:
            self._file.write(text.encode("utf-8"))
            self._file.flush()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the file."""
        file, self._file = self._file, None
        if file is not None:
            file.close()

    def get_state(self) -> dict[str, Any]:
        """Return how long the file is, once all of that is on the disk."""
        if self._file is None:
            return {}
        os.fsync(self._file.fileno())
        return {"bytes": os.fstat(self._file.fileno()).st_size}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Cut off what was written since."""
        if self._file is None:
            return
        if os.fstat(self._file.fileno()).st_size < state["bytes"]:
            warn(f"{self.target} is shorter than it was at the checkpoint: epochs are missing in it", RuntimeWarning)
            return
        self._file.truncate(state["bytes"])
