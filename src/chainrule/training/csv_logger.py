"""CSVLogger: the metrics of every epoch in a file for spreadsheets and data frames."""

import csv
import io
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.errors import ArgumentError
from chainrule.files import path_of
from chainrule.training.line_logger import LineLogger

MISSING = "NA"


class CSVLogger(LineLogger):
    """Write a row for every epoch: its number, from 0, and every quantity of the logs, by name.

    An error, such as a full disk, is told in a warning and never ends the training.

    Parameters
    ----------
    filename : str or path
    separator : str
        One character.
    append : bool
        Whether rows are added to a file that is there, which then has the header already.

    Examples
    --------
    >>> import tempfile
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense
    >>> path = Path(tempfile.mkdtemp()) / "log.csv"
    >>> model = Sequential([Dense(1)], seed=0)
    >>> model.compile("sgd", "mse")
    >>> history = model.fit([[0.0]], [1.0], epochs=2, callbacks=[CSVLogger(path)], verbose=0)
    >>> print(path.read_text())
    epoch,loss
    0,1.0
    1,0.9604000449180603
    """

    def __init__(self, filename: str | PathLike[str], separator: str = ",", append: bool = False) -> None:
        if not isinstance(separator, str) or len(separator) != 1:
            raise ArgumentError(f"separator must be one character, got {separator!r}")
        self.target, self.separator, self.append = str(path_of(filename)), separator, append
        self._names: list[str] = []

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the file."""
        path, append = Path(self.target), self.append or self.run.resumed
        self._header = not (append and path.is_file() and path.stat().st_size)
        self._names = []
        self.open(append)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any]) -> None:
        """Write the row of an epoch; what is not measured in every epoch is NA in the others."""
        if not self._names:
            later = [f"val_{name}" for name in logs] if self.params["validation_rows"] else []
            self._names = sorted({*logs, *later})
        if self._header:
            self._row(["epoch", *self._names])
        self._header = False
        self._row([epoch, *(_cell(logs.get(name, MISSING)) for name in self._names)])

    def get_state(self) -> dict[str, Any]:
        """Return how long the file is, and its columns."""
        return super().get_state() | {"names": self._names, "header": self._header}

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Go on with the same columns."""
        super().set_state(state)
        self._names, self._header = state["names"], state["header"]

    def _row(self, cells: list[Any]) -> None:
        line = io.StringIO()
        csv.writer(line, delimiter=self.separator, lineterminator="\n").writerow(cells)
        self.write(line.getvalue())


def _cell(value: Any) -> Any:
    return value if np.ndim(value) == 0 else np.asarray(value).tolist()
