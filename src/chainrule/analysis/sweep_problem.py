"""What a sweep trains: a network for a table, or a model that a function builds; each can score settings."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from time import perf_counter
from typing import Any, Protocol

import numpy as np

from chainrule import metrics
from chainrule.analysis.search_space import label
from chainrule.arrays import fingerprint, whole_number
from chainrule.errors import ArgumentError, DataError, StateError, UnknownArgumentError, did_you_mean
from chainrule.estimators.core import fit_network
from chainrule.estimators.metric import check_metric
from chainrule.estimators.network import Options, outputs_of
from chainrule.estimators.tabular import TabularModel, train_table
from chainrule.models.outputs import classes_of, loss_name
from chainrule.tables import DataOptions, Table, read_table
from chainrule.tables.folds import Fold
from chainrule.tables.preparation import prepare
from chainrule.tables.split import split_rows
from chainrule.training import Callback, Stop
from chainrule.training.history import History

Report = Callable[[int, float], bool]
GROWTH = 1.4  # from one epoch that is reported to the next: a report may be a write to a file that others wait for


@dataclass
class Outcome:
    """How a training of given settings ended; ``state`` and ``curve`` are those of a `Trial`."""

    state: str
    score: float | None = None
    curve: list[float] = field(default_factory=list)
    seconds: float = 0.0
    reason: str = ""


class Problem(Protocol):
    """What is searched; it can be pickled, to be sent to other processes."""

    monitor: str
    larger_is_better: bool

    def describe(self) -> dict[str, Any]:
        """Return what all who share a study must agree on, as JSON data."""

    def train(self, settings: Mapping[str, Any], report: Report) -> Outcome:
        """Train with these settings, and score them on validation rows."""

    def finish(self, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Train with the best settings; return the model, and its scores on test rows, which no trial has seen."""


def attempt(problem: Problem, settings: Mapping[str, Any], report: Report) -> Outcome:
    """Train, and return how that ended: an exception ends this trial only."""
    started = perf_counter()
    try:
        outcome = problem.train(settings, report)
    except DataError as error:  # no epoch gave finite numbers
        outcome = Outcome("diverged", reason=str(error))
    outcome.seconds = perf_counter() - started
    return outcome


class Pruning(Callback):
    """Reports the curve of validation, at epochs that lie further and further apart, and stops where it is told to.

    Parameters
    ----------
    monitor : str
        Name in the logs.
    report : function of epoch (from 1) and score
        Whether the trial is not worth going on with.
    """

    def __init__(self, monitor: str, report: Report) -> None:
        self.monitor, self.report = monitor, report
        self.curve: list[float] = []
        self.pruned = False
        self._next = 1

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> Stop | None:
        """Report the epoch, if it is one of those."""
        score, done = float(logs[self.monitor]), epoch + 1
        self.curve.append(score)
        if done < self._next or not np.isfinite(score):
            return None
        self._next = max(done + 1, round(done * GROWTH))
        if done < self.params["epochs"] and self.report(done, score):
            self.pruned = True
            return Stop("pruned: others were better at this epoch")
        return None


def score_of(history: History, monitor: str) -> float | None:
    """Return the monitored quantity at the epoch whose weights were kept; None where numbers went wrong."""
    if history.diverged or history.weights_epoch is None:
        return None
    score = float(history.history[monitor][history.epoch.index(history.weights_epoch)])
    return score if np.isfinite(score) else None


def _outcome(history: History, pruning: Pruning) -> Outcome:
    if pruning.pruned:
        return Outcome("pruned", curve=pruning.curve)
    score = score_of(history, pruning.monitor)
    if score is None:
        return Outcome("diverged", curve=[c for c in pruning.curve if np.isfinite(c)], reason=history.stopped_by)
    return Outcome("complete", score, pruning.curve)


class TableProblem:
    """A network for a table, with the split, the encoding and the training of ``chainrule.train``.

    Parameters
    ----------
    table : Table
    target : str
    task : str, optional
    base : Options
        The settings that are not tried; with its metric, or early stopping, the best epoch of a trial counts, else the
        last one.
    data : DataOptions, optional
    folds : int, optional
        The score is the mean over so many folds of the training and validation rows.
    name : str
    """

    def __init__(
        self,
        table: Table,
        target: str,
        task: str | None,
        base: Options,
        data: DataOptions | None = None,
        folds: int | None = None,
        name: str = "table",
    ) -> None:
        self.table, self.target, self.task, self.base, self.data, self.name = table, target, task, base, data, name
        self.folds = folds
        more: Any = {"embed": True, "cut": True, "quantiles": base.quantiles, "counts": base.loss == "poisson"}
        common = (table, target, task, data, base.seed)
        splits = [None] if folds is None else [Fold(i, whole_number("folds", folds, 2)) for i in range(folds)]
        self.parts = [prepare(*common, **more, fold=fold) for fold in splits]
        base.check_task(self.parts[0].task)
        self.monitor = base.monitor or "val_loss"
        metric = None if base.metric is None else check_metric(base.metric)(outputs_of(self.parts[0].target))
        self.larger_is_better = bool(metric is not None and metric.larger_is_better)

    def describe(self) -> dict[str, Any]:
        """Return what all who share a study must agree on, as JSON data."""
        data = _given(self.data or DataOptions(), DataOptions())
        if "test" in data:
            assert self.data is not None
            data["test"] = f"rows with the digest {read_table(self.data.test).fingerprint()}"
        return {
            "target": self.target,
            "task": self.parts[0].task,
            **_given(self.base, Options()),
            **data,
            "score": self.monitor,
            "folds": self.folds,
            "seed": self.base.seed,
            "rows": self.parts[0].rows,
            "features": len(self.parts[0].encoder.feature_names),
            "digest of the table": self._digest,
        }

    @cached_property
    def _digest(self) -> str:
        return self.table.fingerprint()

    def train(self, settings: Mapping[str, Any], report: Report) -> Outcome:
        """Train with these settings, and score them on validation rows; the first fold's curve decides on pruning."""
        options, scores = options_of(self.base, settings), []
        first: Outcome | None = None
        for part in self.parts:
            pruning = Pruning(self.monitor, report if first is None else lambda epoch, score: False)
            _, history = fit_network(
                part.encoder, part.target, part.training, part.validation, options, callbacks=[pruning]
            )
            outcome = _outcome(history, pruning)
            first = first or outcome
            if outcome.state != "complete":
                return Outcome(outcome.state, curve=first.curve, reason=outcome.reason)
            scores.append(outcome.score)
        assert first is not None
        return Outcome("complete", float(np.mean(np.array(scores, np.float64))), first.curve)

    def finish(self, settings: Mapping[str, Any]) -> tuple[TabularModel, dict[str, Any]]:
        """Train with the best settings, as ``chainrule.train`` does with the same; the test rows score the model."""
        options = options_of(self.base, settings)
        model = train_table(self.table, self.target, self.task, options, self.data, name=self.name)
        return model, dict(model.report.scores)


def _given(options: Options | DataOptions, usual: Options | DataOptions) -> dict[str, str]:
    """Return, as text, the options that are not the usual ones."""
    there = usual.as_dict()
    return {name: label(value) for name, value in options.as_dict().items() if value != there[name]}


def options_of(base: Options, settings: Mapping[str, Any]) -> Options:
    """Return the options with these settings in the place of the base's.

    Examples
    --------
    >>> options_of(Options(), {"hiden": (8,)})
    Traceback (most recent call last):
    chainrule.errors.UnknownArgumentError: a network for a table has no setting 'hiden'; did you mean 'hidden'?
    """
    known = [f.name for f in fields(Options)]
    for name in settings:
        if name not in known:
            raise UnknownArgumentError(f"a network for a table has no setting {name!r}{did_you_mean(name, known)}")
    return replace(base, **settings)


class ModelProblem:
    """A model that a function builds, trained on arrays.

    Parameters
    ----------
    build : function
        Takes the settings but ``epochs`` and ``batch_size`` as keywords, and returns a compiled model.
    X, y : array (rows, ...)
        Split into training, validation and test rows (64, 16 and 20%), by class where targets are class codes.
    metric : str, optional
        One that the model measures; default: the loss.
    seed : int
        Of the split.
    example : mapping
        Settings with which a model can be built, to ask it what it measures.
    """

    FIT = ("epochs", "batch_size")

    def __init__(
        self, build: Callable[..., Any], X: Any, y: Any, metric: str | None, seed: int, example: Mapping[str, Any]
    ) -> None:
        self.build, self.seed = build, seed
        self.X, self.y = np.asarray(X), np.asarray(y)
        if self.X.ndim == 0 or self.y.ndim == 0 or len(self.X) != len(self.y):
            raise ArgumentError(f"X and y must have the same rows, got {self.X.shape} and {self.y.shape}")
        model = self._model(example)
        codes = classes_of(model.loss, self.y)
        self.rows = split_rows(codes, len(self.X), seed=seed)
        self.monitor, self.larger_is_better = f"val_{metric or 'loss'}", False
        if metric is not None:
            found = metrics.resolve(
                metric, loss=loss_name(model.loss), output_units=1, sparse=model.loss.integer_labels
            )
            self.larger_is_better = bool(found.larger_is_better)

    def _model(self, settings: Mapping[str, Any]) -> Any:
        model = self.build(**{name: value for name, value in settings.items() if name not in self.FIT})
        if not getattr(model, "_compiled", False):
            raise StateError(f"build must return a compiled model, got {model!r}; call model.compile(...) in it")
        return model

    def _fit(self, settings: Mapping[str, Any], callbacks: Sequence[Callback]) -> tuple[Any, History]:
        model, (training, validation, _) = self._model(settings), self.rows
        given = {name: settings[name] for name in self.FIT if name in settings}
        history = model.fit(
            self.X[training],
            self.y[training],
            validation_data=(self.X[validation], self.y[validation]),
            verbose=0,
            callbacks=callbacks,
            **given,
        )
        return model, history

    def describe(self) -> dict[str, Any]:
        """Return what all who share a study must agree on, as JSON data."""
        numbers = [array.astype(str) if array.dtype.hasobject else array for array in (self.X, self.y)]
        digest = fingerprint((array, None) for array in numbers)
        return {"rows": len(self.X), "score": self.monitor, "seed": self.seed, "digest of X and y": digest}

    def train(self, settings: Mapping[str, Any], report: Report) -> Outcome:
        """Train with these settings, and score them on validation rows."""
        from chainrule.training import TerminateOnNaN

        pruning = Pruning(self.monitor, report)
        _, history = self._fit(settings, [pruning, TerminateOnNaN()])
        return _outcome(history, pruning)

    def finish(self, settings: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Train with the best settings; return the model, and what it measures on the test rows."""
        model, _ = self._fit(settings, [])
        test = self.rows[2]
        return model, model.evaluate(self.X[test], self.y[test], return_dict=True)
