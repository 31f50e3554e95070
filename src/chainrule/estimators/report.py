"""Report: what happened when a table was trained on, as data and as the screen that people read."""

from dataclasses import MISSING, asdict, dataclass, field, fields
from math import isfinite
from types import UnionType
from typing import Any, get_args, get_origin

from chainrule.errors import FileError
from chainrule.estimators.network import network_shape
from chainrule.estimators.score_text import WIDTH, score_lines
from chainrule.estimators.wording import duration, number, short_number, sparkline, wrapped
from chainrule.models.sequential import Sequential
from chainrule.tables.table import counted
from chainrule.training.history import History


@dataclass
class Report:
    """What `train` did and found; every field is plain data that the model file keeps.

    Attributes
    ----------
    name, target, task, reason : str
        The table, the column to predict, what kind of task that is and the rule that chose it.
    classes : list of str or None
    number_classes : bool
        Whether the classes were numbers in the table.
    rows, dropped : int
        Rows of the table, and how many of them have no target.
    notes, columns : list of str
        What the reader had to decide, and how the columns are treated.
    split : list of int
        Rows of the training, validation and test parts.
    shape, activation, optimizer : str
    weights, seed : int
    engine : str
    guess : str or float
        The most frequent class, or the mean, of training: what one would always answer without a model.
    best_epoch, epochs, examples : int
    seconds : float
    stopped_by : str
    losses : list of float or None
        Validation loss of each epoch, None where it was not finite.
    scores : dict
        ``as_dict`` of the scores on the test part.
    settings : dict
        What `train` was asked for, by the names of its arguments; empty in files of schema 1.
    refitted : int
        On how many rows the network was trained once more, with those of validation and test; 0 if it was not.
    """

    name: str
    target: str
    task: str
    reason: str
    classes: list[str] | None
    number_classes: bool
    rows: int
    dropped: int
    notes: list[str]
    columns: list[str]
    split: list[int]
    seed: int
    shape: str = ""
    activation: str = ""
    optimizer: str = ""
    weights: int = 0
    engine: str = ""
    guess: str | float = ""
    best_epoch: int = 0
    epochs: int = 0
    examples: int = 0
    seconds: float = 0.0
    stopped_by: str = ""
    losses: list[float | None] = field(default_factory=list)
    scores: dict[str, Any] = field(default_factory=dict)
    settings: dict[str, Any] = field(default_factory=dict)
    refitted: int = 0

    def describe(self, network: Sequential, activation: str) -> None:
        """Keep what the network is."""
        self.shape, self.activation, self.weights = network_shape(network), activation, network.count_params()
        self.optimizer = type(network.optimizer).__name__

    def record(self, history: History) -> None:
        """Keep what the history of the training says."""
        self.best_epoch = (history.weights_epoch or 0) + 1
        self.epochs = len(history.epoch)
        self.examples, self.seconds = history.examples, history.seconds
        self.stopped_by, self.engine = history.stopped_by, history.params["engine"]
        self.losses = [loss if isfinite(loss) else None for loss in history.history.get("val_loss", [])]

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Any) -> "Report":
        """Return the report that ``data`` was made from.

        Raises
        ------
        FileError
            If a field is missing, unknown or of another type, or the scores can't be shown.
        """
        types = {f.name: f.type for f in fields(cls)}
        needed = {f.name for f in fields(cls) if f.default is MISSING and f.default_factory is MISSING}
        if not isinstance(data, dict) or not needed <= data.keys() <= types.keys():
            raise FileError("the file's report is damaged: its fields are not those of this version")
        for key, value in data.items():
            if not _fits(value, types[key]):
                raise FileError(f"the file's report is damaged: {key} is {str(value)[:40]!r}")
        report = cls(**data)
        try:
            report.lines(), report.headline()
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            raise FileError(f"the file's report is damaged: it can't be shown ({error!r})") from error
        return report

    def headline(self) -> str:
        """Return the test score in a few words."""
        if not self.scores:
            return "not tested"
        rows = counted(self.scores["rows"], "test row")
        if self.task == "classification":
            return f"{self.scores['right']:,} of {rows} right"
        return f"RMSE {number(self.scores['rmse'])} on {rows}"

    def lines(self, width: int = WIDTH) -> list[str]:
        """Return the screen, without colours."""
        text = [*self.data_lines(), "", self.network_line(), *self.training_lines()]
        if not self.scores:
            return wrapped(text, width)
        first, *scores = score_lines(self.scores, self.target, held_out=True, width=width)
        return [*wrapped([*text, "", first], width), *scores]

    def data_lines(self) -> list[str]:
        """Return what was read, how it is treated and how it was split."""
        kind = counted(len(self.classes), "class", "classes") if self.classes else "a number"
        rows = counted(self.rows, "row")
        train, validation, test = self.split
        lines = [
            f"{self.name}   {rows}, target {self.target}: {kind} ({self.reason})",
            *(f"  {line}" for line in self.columns),
            f"  {'split':<12} {train:,} train, {validation:,} validation, {test:,} test",
        ]
        if self.dropped:
            lines.append(f"  {'dropped':<12} {counted(self.dropped, 'row')} without {self.target}")
        return lines + [f"  {'note':<12} {note}" for note in self.notes]

    def network_line(self) -> str:
        """Return what the network is."""
        return f"{self.shape}  {self.activation}, {self.weights:,} weights, {self.optimizer}"

    def training_lines(self) -> list[str]:
        """Return how training went."""
        lines = [f"  {self.examples:,} examples in {duration(self.seconds)}"]
        if self.losses:
            first, last = (
                "not finite" if loss is None else short_number(loss) for loss in (self.losses[0], self.losses[-1])
            )
            curve = f"  validation loss {first} {sparkline(self.losses)} {last}   "
            lines.insert(0, f"{curve}best: epoch {self.best_epoch} of {self.epochs}")
        if self.refitted:
            lines.append(f"  {'refitted':<12} on {counted(self.refitted, 'row')}; scores are of the network before")
        ordinary = self.stopped_by == "all epochs done" or self.stopped_by.startswith("early stopping")
        return lines if ordinary else [*lines, f"  {'stopped':<12} {self.stopped_by}"]


def _fits(value: Any, kind: Any) -> bool:
    """Whether JSON data are of a field's type."""
    origin = get_origin(kind)
    if origin is UnionType:
        return any(_fits(value, choice) for choice in get_args(kind))
    if origin is list:
        return isinstance(value, list) and all(_fits(item, get_args(kind)[0]) for item in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else origin or kind)
