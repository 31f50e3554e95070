"""Workers: each framework lives in a process of its own that stays warm and is asked for rounds in turn.

So they share neither thread pools nor environment variables, one that can't be imported is left out, and all see
the same machine. Requests and answers are lines of JSON; `benchmarks.serve` is the other side.
"""

import json
import math
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from time import sleep
from typing import Any

from benchmarks.networks import Network

PAUSE = 0.1  # seconds before a request: threads of the last one (OpenBLAS, OpenMP) go on spinning for some 30 ms


class WorkerError(RuntimeError):
    """A worker ended or failed; the message is what it wrote."""


class Worker:
    """A process that has a module of `benchmarks.peers` imported.

    Attributes
    ----------
    versions : str or None
        What the module measures; None where it can't be imported, and ``missing`` says why.
    """

    def __init__(self, module: str, environment: Mapping[str, str] | None = None, pause: float = PAUSE) -> None:
        self._pause = pause
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # as long as the process
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.serve", module],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=os.environ | dict(environment or {}),
        )
        self.versions: str | None = None
        self.missing = ""

    def wait(self) -> bool:
        """Wait for the import, and return whether it worked."""
        ready = self._read()
        self.versions, self.missing = ready["versions"], ready["missing"]
        return self.versions is not None

    def call(self, function: str, *arguments: Any) -> Any:
        """Return what a function of the worker returns."""
        sleep(self._pause)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it has ended: reading will say why
            self._process.stdin.write(json.dumps([function, arguments]) + "\n")
            self._process.stdin.flush()
        return self._read()

    def train(self, network: Network, epochs: int) -> tuple[float, list[float]]:
        """Return the seconds that epochs took, and their losses."""
        took, losses = self.call("train", network.widths, network.batch, network.steps, epochs)
        assert len(losses) == epochs and all(map(math.isfinite, losses)), losses
        return took, losses

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._errors.seek(0)
            ended = f"{self._process.args} ended with {self._process.wait()}"
            raise WorkerError(f"{ended}\n{self._errors.read()[-2000:]}")
        return json.loads(line)
