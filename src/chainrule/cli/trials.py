"""What is seen of a sweep while it runs: a live table of its trials in a terminal, a line for each in a pipe."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from chainrule.cli import screen

if TYPE_CHECKING:
    from chainrule.analysis import Trial
    from chainrule.analysis.search import Search

LATEST = 10  # trials in the live table, beside the best


class Display:
    """Shows nothing; the base of those that do.

    Parameters
    ----------
    search : Search
    """

    def __init__(self, search: "Search") -> None:
        self.search = search

    def __enter__(self) -> "Display":
        """Begin to show."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop showing."""

    def update(self, trials: "Sequence[Trial]") -> None:
        """Take in the trials as they are now."""


class Lines(Display):
    """A line for each trial, when it has ended."""

    def __init__(self, search: "Search") -> None:
        super().__init__(search)
        self._seen = {t.number for t in search.study.results() if t.state != "running"}

    def __enter__(self) -> "Display":
        """Say what is tried."""
        screen.headline()
        for line in about(self.search, len(self._seen)):
            screen.echo(line)
        return self

    def __exit__(self, *_: object) -> None:
        """Leave a blank line below."""
        screen.echo()

    def update(self, trials: "Sequence[Trial]") -> None:
        """Print the trials that have ended since."""
        from chainrule.analysis.search_space import label
        from chainrule.estimators.wording import duration, short_number

        width = len(str(self.search.trials))
        for trial in trials:
            if trial.state == "running" or trial.number in self._seen:
                continue
            self._seen.add(trial.number)
            names = self.search.space.swept
            settings = "  ".join(f"{name.replace('_', ' ')} {label(trial.settings[name])}" for name in names)
            score = trial.state
            if trial.score is not None:
                score = f"{self.search.problem.monitor} {short_number(trial.score)}"
            after = f"{trial.epochs} epochs, {duration(trial.seconds)}"
            screen.echo(f"  trial {trial.number:{width}}  {settings}  {score}  ({after})")


class LiveTable(Display):
    """A table that changes as trials begin and end: the best one, and the latest."""

    def __enter__(self) -> "Display":
        """Open the table."""
        from rich.live import Live

        from chainrule.training.progress import start

        screen.headline()
        for line in about(self.search, len(self.search.study.results())):
            screen.echo(line)
        self._live = Live(self._table([]), refresh_per_second=8, transient=True)
        start(self._live)
        return self

    def __exit__(self, *_: object) -> None:
        """Close it; the result takes its place."""
        self._live.stop()
        screen.echo()

    def update(self, trials: "Sequence[Trial]") -> None:
        """Draw the table anew."""
        self._live.update(self._table(trials))

    def _table(self, trials: "Sequence[Trial]") -> Any:
        from rich.table import Table

        from chainrule.analysis.sweep_result import count_line, ranked, row_of
        from chainrule.estimators.wording import sparkline

        names = self.search.space.swept
        table = Table(box=None, pad_edge=False, header_style="bold", caption_justify="left", caption_style="dim")
        heads = ["trial", *(name.replace("_", " ") for name in names), self.search.problem.monitor, "epochs", "time"]
        for head in heads:
            table.add_column(head, justify="right" if head in ("trial", "epochs", "time") else "left")
        table.add_column("curve")
        best = ranked(trials, self.search.problem.larger_is_better)[:1]
        shown = [*best, *(t for t in trials[-LATEST:] if t not in best)]
        for trial in shown:
            style = "bold cyan" if trial in best else "dim" if trial.state != "complete" else ""
            curve = "" if trial.state == "running" else sparkline(trial.curve)
            table.add_row(*row_of(trial, names), curve, style=style)
        table.caption = count_line(trials, self.search.trials)
        return table


def about(search: "Search", known: int) -> list[str]:
    """Return what is tried, in lines."""
    space, problem = search.space, search.problem
    tried = ", ".join(f"{name.replace('_', ' ')} {space.text(name)}" for name in space.swept)
    there = f"; {known} are in {search.study.storage} already" if known else ""
    what = problem.describe()
    score = f"the mean {problem.monitor} of {what['folds']} folds" if what.get("folds") else problem.monitor
    best = "largest" if problem.larger_is_better else "smallest"
    return [
        f"{what['rows']:,} rows, target {what['target']}",
        f"trying {tried}",
        f"{search.trials} trials{there}; the {best} {score} wins",
        "",
    ]


def display(search: "Search", silent: bool) -> Display:
    """Return what shows a search: nothing, a live table or lines."""
    if silent:
        return Display(search)
    return LiveTable(search) if screen.in_terminal() else Lines(search)
