"""Progress: what fit shows - a bar in a terminal, a live line in a notebook, about ten lines in a pipe."""

import sys
import time
from collections.abc import Mapping
from typing import Any

from chainrule.errors import ArgumentError
from chainrule.training.callbacks import Callback

REFRESH_SECONDS = 0.1
PLAIN_LINES = 10
PLAIN_SECONDS = 10.0  # between two lines within an epoch, at least


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


def describe_part(epoch: int, params: Mapping[str, int], steps: int, logs: Mapping[str, float]) -> str:
    """Return one line on an epoch that is under way.

    Examples
    --------
    >>> describe_part(2, {"epochs": 20, "steps": 5000}, 1250, {"loss": 0.25})
    'epoch  3/20  step 1250/5000  loss 0.2500'
    """
    return describe(epoch, params["epochs"], logs).replace("  loss", f"  step {steps}/{params['steps']}  loss", 1)


class PlainProgress(Callback):
    """Lines for a file or a pipe: about ten over the whole run, first and last included.

    Within an epoch that takes long a line for each further tenth of its steps, at most one in ten seconds.
    """

    def __init__(self, every: int | None = None) -> None:
        self.every = every

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Choose how often to print."""
        self._step = self.every or max(1, -(-self.params["epochs"] // PLAIN_LINES))
        self._pending, self._shown = "", time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Count its steps from 0."""
        self._epoch, self._shown_steps = epoch, 0

    def on_epoch_progress(self, steps: int, logs: Mapping[str, float]) -> None:
        """Print now and then."""
        tenth = self._shown_steps + self.params["steps"] / PLAIN_LINES
        if self.every is None and steps >= tenth and time.monotonic() - self._shown >= PLAIN_SECONDS:
            self._shown_steps = steps
            self._flush()
            self._print(describe_part(self._epoch, self.params, steps, logs))

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
            self._print(self._pending)
        self._pending = ""

    def _print(self, line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
        self._shown = time.monotonic()


class LineProgress(Callback):
    """One line that is written over, for notebooks."""

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Start the clock."""
        self._shown, self._line = 0.0, ""

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note which epoch it is."""
        self._epoch = epoch

    def on_epoch_progress(self, steps: int, logs: Mapping[str, float]) -> None:
        """Write the line over within a long epoch."""
        self._write(describe_part(self._epoch, self.params, steps, logs))

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Write the line over, at most ten times a second."""
        self._line = describe(epoch, self.params["epochs"], logs)
        if time.monotonic() - self._shown >= REFRESH_SECONDS:
            self._write(self._line)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Leave the last epoch standing."""
        self._write(self._line)
        sys.stdout.write("\n")

    def _write(self, line: str) -> None:
        self._shown = time.monotonic()
        sys.stdout.write(f"\r{line}\x1b[K")
        sys.stdout.flush()


def start(display: Any) -> None:
    """Start a display of rich's; one that Ctrl-C has cut short while it began leaves no terminal without a cursor."""
    try:
        display.start()
    except BaseException:
        display.stop()
        raise


class BarProgress(Callback):
    """A bar over the epochs in a terminal, refreshed at most ten times a second; it moves within long ones too."""

    def on_train_begin(self, logs: Mapping[str, float] | None = None) -> None:
        """Open the bar."""
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._bar: Any = Progress(
            TextColumn("epoch"),
            MofNCompleteColumn(),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[values]}"),
            TextColumn("{task.fields[part]}"),
            TimeRemainingColumn(),
            refresh_per_second=1 / REFRESH_SECONDS,
            auto_refresh=True,
        )
        self._task = self._bar.add_task("train", total=self.params["epochs"], values="", part="")
        start(self._bar)

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note where the bar stands."""
        self._epoch = epoch

    def on_epoch_progress(self, steps: int, logs: Mapping[str, float]) -> None:
        """Move the bar within an epoch, and show its loss so far beside the values of the last one."""
        share = steps / self.params["steps"]
        part = f"[dim]{100 * share:2.0f}% of {self._epoch + 1}: loss {logs['loss']:.4f}[/]"
        self._bar.update(self._task, completed=self._epoch + share, part=part)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> None:
        """Move the bar; drawing it is the refresh thread's business."""
        values = "  ".join(f"{name} [bold]{value:.4f}[/]" for name, value in logs.items() if isinstance(value, float))
        self._bar.update(self._task, completed=epoch + 1, values=values, part="")

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Close the bar."""
        self._bar.stop()
