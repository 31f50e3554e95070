"""Progress: what fit shows - a bar in a terminal, a live line in a notebook, about ten lines in a pipe."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.training.callbacks import Callback

REFRESH_SECONDS = 0.1
PLAIN_LINES = 10


def make_progress(verbose: int | str) -> Callback | None:
    """Return the progress display for ``fit(verbose=...)``: 0 none, 1 or "auto" by the output, 2 a line an epoch."""
    if verbose not in ("auto", 0, 1, 2):
        raise ArgumentError(f"verbose must be 'auto', 0, 1 or 2, got {verbose!r}")
    if verbose == 0:
        return None
    if verbose == 2:
        return PlainProgress(every=1)
    if sys.stdout.isatty():
        return BarProgress()
    return LineProgress() if "ipykernel" in sys.modules else PlainProgress()


def describe(epoch: int, epochs: int, logs: Mapping[str, float]) -> str:
    """Return one line on an epoch.

    Examples
    --------
    >>> describe(2, 20, {"loss": 0.25, "val_loss": 0.5})
    'epoch  3/20  loss 0.2500  val_loss 0.5000'
    """
    values = "  ".join(f"{name} {value:.4f}" for name, value in logs.items() if isinstance(value, float | int))
    return f"epoch {epoch + 1:{len(str(epochs))}d}/{epochs}  {values}"


class PlainProgress(Callback):
    """Lines for a file or a pipe: about ten over the whole run, first and last included."""

    def __init__(self, every: int | None = None) -> None:
        self.every = every

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Choose how often to print."""
        self._step = self.every or max(1, -(-self.params["epochs"] // PLAIN_LINES))
        self._pending = ""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Print every so many epochs."""
        self._pending = describe(epoch, self.params["epochs"], logs)
        if epoch == 0 or (epoch + 1) % self._step == 0:
            self._flush()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Print the last epoch."""
        self._flush()

    def _flush(self) -> None:
        if self._pending:
            sys.stdout.write(self._pending + "\n")
            sys.stdout.flush()
        self._pending = ""


class LineProgress(Callback):
    """One line that is written over, for notebooks."""

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Start the clock."""
        self._shown, self._line = 0.0, ""

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Write the line over, at most ten times a second."""
        self._line = describe(epoch, self.params["epochs"], logs)
        if time.monotonic() - self._shown >= REFRESH_SECONDS:
            self._shown = time.monotonic()
            self._write()

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Leave the last epoch standing."""
        self._write()
        sys.stdout.write("\n")

    def _write(self) -> None:
        sys.stdout.write(f"\r{self._line}\x1b[K")
        sys.stdout.flush()


class BarProgress(Callback):
    """A bar over the epochs in a terminal, refreshed at most ten times a second."""

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the bar."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar: Any = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[values]}"),
            TimeRemainingColumn(),
            refresh_per_second=1 / REFRESH_SECONDS,
            auto_refresh=True,
        )
        self._task = self._bar.add_task("train", total=self.params["epochs"], values="")
        self._bar.start()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Move the bar; drawing it is the refresh thread's business."""
        values = "  ".join(f"{name} [bold]{value:.4f}[/]" for name, value in logs.items() if isinstance(value, float))
        self._bar.update(self._task, completed=epoch + 1, values=values)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the bar."""
        self._bar.stop()
