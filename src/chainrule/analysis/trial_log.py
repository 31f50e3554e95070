"""TrialLog: the trials of a sweep in a file, a line for each as it ends."""

import json
from collections.abc import Sequence
from os import PathLike
from pathlib import Path

from chainrule.analysis.study import Trial
from chainrule.analysis.sweep_result import record
from chainrule.errors import warn


class TrialLog:
    """Writes one line of JSON for every trial that has ended; the file begins anew.

    An error, a full disk say, is told in a warning, once, and the sweep goes on.

    Parameters
    ----------
    path : str or path

    Examples
    --------
    >>> import tempfile
    >>> log = TrialLog(Path(tempfile.mkdtemp()) / "trials.jsonl")
    >>> log.update([Trial(0, {"dropout": 0.5}, "complete", 0.25, seconds=1.5), Trial(1, {"dropout": 0.1}, "running")])
    >>> log.update([Trial(0, {"dropout": 0.5}, "complete", 0.25, seconds=1.5), Trial(1, {"dropout": 0.1}, "failed")])
    >>> for line in log.path.read_text().splitlines():
    ...     print({name: value for name, value in json.loads(line).items() if name in ("number", "score", "state")})
    {'number': 0, 'state': 'complete', 'score': 0.25}
    {'number': 1, 'state': 'failed', 'score': None}
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        self.path.write_bytes(b"")
        self._written: set[int] = set()
        self._failed = False

    def update(self, trials: Sequence[Trial]) -> None:
        """Write those that have ended since."""
        ended = [t for t in trials if t.state != "running" and t.number not in self._written]
        if self._failed or not ended:
            return
        self._written.update(t.number for t in ended)
        lines = [json.dumps(record(t), ensure_ascii=False, allow_nan=False) + "\n" for t in ended]
        try:
            with self.path.open("ab") as file:
                file.write("".join(lines).encode("utf-8"))
        except OSError as error:
            self._failed = True
            reason = error.strerror or error
            warn(f"{self.path}: nothing more is written, the sweep goes on: {reason}", RuntimeWarning)
