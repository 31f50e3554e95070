"""What TabularClassifier and TabularRegressor share: scikit-learn's estimator around the core for tables."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from numbers import Integral
from os import PathLike
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.utils import check_array, check_consistent_length, check_random_state
from sklearn.utils.validation import check_is_fitted, validate_data

from chainrule.arrays import Array
from chainrule.errors import ArgumentError
from chainrule.estimators import estimator_file
from chainrule.estimators.core import TabularNetwork, fit_network, joined, refit_network
from chainrule.estimators.equal_rows import merge_equal_rows
from chainrule.estimators.estimator import Estimator
from chainrule.estimators.network import Options
from chainrule.estimators.report import Report
from chainrule.estimators.rows import evaluation_parts, weights_of
from chainrule.estimators.tabular import units
from chainrule.estimators.tabular_model import TabularModel
from chainrule.estimators.train_table import guess_of
from chainrule.models.sequential import Sequential
from chainrule.optimizers.schedules import Schedule
from chainrule.tables import (
    ClassTarget,
    Column,
    DataOptions,
    Encoder,
    Part,
    Table,
    Target,
    read_table,
    split_validation,
)
from chainrule.tables.overview import overview
from chainrule.training.callbacks import listed
from chainrule.training.history import History


class TabularEstimator(Estimator, ABC):
    """Base of the two estimators; they say what targets and predictions are, training is here."""

    task: ClassVar[str]
    hidden: Any
    activation: str
    optimizer: str
    learning_rate: float | None
    schedule: str | Schedule
    batch_size: int | None
    epochs: int | None
    dropout: float
    metric: str | None
    refit: bool
    early_stopping: bool
    validation_fraction: float
    categorical: Any
    numeric: Any
    drop: Any
    random_state: Any
    verbose: Any
    callbacks: Any
    history_: History
    n_features_in_: int
    _model: TabularNetwork
    _report: Report

    @abstractmethod
    def _options(self) -> dict[str, Any]:
        """Return the settings that only this estimator has."""

    @abstractmethod
    def _learn_target(self, y: Array) -> None:
        """Check targets for training, and keep what they are."""

    @abstractmethod
    def _fit_target(self, name: str, columns: Sequence[str], answers: Array) -> Target:
        """Return the target, fitted on the training part of what `_encode` gives; its columns may have names."""

    @abstractmethod
    def _encode(self, y: Array) -> Array:
        """Return class codes, zeros and ones, or numbers as they are."""

    @abstractmethod
    def _scale(self, target: Target, answers: Array) -> Array:
        """Return the answers as the network learns them."""

    def _class_weights(self, answers: Array, weights: Array | None) -> Array | None:
        """Return the weight of each class, where classes have some."""
        return None

    def fit(self, X: Any, y: Any, sample_weight: Any = None, eval_set: Any = None) -> Self:
        """Train on rows X and targets y.

        Parameters
        ----------
        X : data frame or array-like (rows, features)
            pandas, Polars, Arrow: numbers, text, categories, booleans, dates, missing values. Arrays, of numbers or
            objects, NaN and None where missing.
        y : array-like (rows,) or (rows, outputs)
        sample_weight : array-like (rows,), optional
            How much each row counts; the same as repeating it.
        eval_set : (X, y) or (X, y, sample_weight), optional
            Rows to measure every epoch on: for the curves of ``history_``, and, with ``early_stopping`` or a
            ``metric``, to choose the best epoch by instead of a held-out share.

        Returns
        -------
        self
        """
        options = self._all_options()
        name, columns = _names_of(y)
        table, y = self._read(X, y, reset=True)
        self._learn_target(y)
        answers, weights = self._encode(y), weights_of(sample_weight, table.rows)
        rows, weights = merge_equal_rows(table, answers, weights)
        table, answers = table.take(rows), answers[rows]
        self._check_rows(answers)
        held = None if eval_set is None else self._read_eval_set(eval_set)
        kept, held_rows = np.arange(table.rows), np.arange(0)
        if held is None and options.monitor is not None:
            codes = answers if self.task == "classification" and answers.ndim == 1 else None
            kept, held_rows = split_validation(codes, table.rows, self.validation_fraction, options.seed)
            held = table.take(held_rows), answers[held_rows], None if weights is None else weights[held_rows]
        training = table.take(kept)
        data = DataOptions(categorical=self.categorical, numeric=self.numeric, drop=self.drop)
        data.check(table, "")
        encoder = Encoder.fit(training, None, data.roles, data.without, embed=True, cut=True)
        target = self._fit_target(name, columns, answers[kept])
        parts = self._parts(
            encoder, target, (training, answers[kept], None if weights is None else weights[kept]), held
        )
        self._report = self._new_report(table, encoder, target, parts, options, data)
        self._model, self.history_ = fit_network(
            encoder,
            target,
            parts[0],
            parts[1] if len(parts) > 1 else None,
            options,
            int(self.verbose) if isinstance(self.verbose, bool) else self.verbose,
            listed(self.callbacks),
            built=lambda network: self._report.describe(network, self.activation if options.hidden else "linear"),
        )
        self._report.record(self.history_)
        if options.refit and options.monitor is not None:
            everything = joined(parts) if eval_set is None else parts[0]
            refit_network(self._model, everything, options, self.best_iteration_)
            self._report.refitted = len(everything)
        return self

    def _all_options(self) -> Options:
        names = ("activation", "optimizer", "learning_rate", "schedule", "batch_size", "epochs")
        own = {name: getattr(self, name) for name in names}
        seed = self.random_state
        if not isinstance(seed, Integral):
            seed = check_random_state(seed).randint(np.iinfo(np.int32).max)
        options = Options(
            hidden=units(self.hidden),
            dropout=self.dropout,
            metric=self.metric,
            early_stopping=bool(self.early_stopping),
            refit=self.refit,
            seed=int(seed),
            **own,
            **self._options(),
        )
        options.check_task(self.task)
        if not 0 < self.validation_fraction < 1:
            raise ArgumentError(f"validation_fraction must be in (0, 1), got {self.validation_fraction!r}")
        return options

    def _read(self, X: Any, y: Any, reset: bool) -> tuple[Table, Array]:
        """Return the table of X, and y as an array."""
        table = self._read_rows(X, y, reset)
        values = getattr(y, "to_numpy", lambda: y)()
        y = check_array(
            values, ensure_2d=False, dtype=None if self.task == "classification" else np.float64, input_name="y"
        )
        check_consistent_length(table.column(table.names[0]).values, y)
        return table, y

    def _read_rows(self, X: Any, y: Any, reset: bool) -> Table:
        if _is_frame(X):
            table = read_table(X)
            validate_data(self, X, *([y] if reset else []), reset=reset, skip_check_array=True)
            return table
        more = {"y": y, "multi_output": True} if reset else {}
        checked = validate_data(
            self,
            X,
            reset=reset,
            dtype=None,
            ensure_all_finite="allow-nan",
            ensure_min_samples=2 if reset else 1,
            **more,
        )
        array = checked[0] if reset else checked
        return _table_of(array)

    def _read_eval_set(self, eval_set: Any) -> tuple[Table, Array, Array | None]:
        X, y, weight = evaluation_parts(eval_set)
        table, y = self._read(X, y, reset=False)
        return table, self._encode(y), weights_of(weight, table.rows)

    def _check_rows(self, answers: Array) -> None:
        """Refuse targets that can't be learned from."""

    def _parts(
        self,
        encoder: Encoder,
        target: Target,
        training: tuple[Table, Array, Array | None],
        held: tuple[Table, Array, Array | None] | None,
    ) -> list[Part]:
        """Return training and validation rows as the network takes them; the weights of training have the mean 1."""
        per_class = self._class_weights(training[1], training[2])
        parts, mean = [], 0.0
        for table, answers, given in (training,) if held is None else (training, held):
            weights = given if per_class is None else per_class[answers] * (1.0 if given is None else given)
            if weights is not None:
                mean = mean or float(weights.mean())
                weights = weights / mean
            parts.append(Part(encoder.encode(table), self._scale(target, answers), None, weights))
        return parts

    def _new_report(
        self,
        table: Table,
        encoder: Encoder,
        target: Target,
        parts: Sequence[Part],
        options: Options,
        data: DataOptions,
    ) -> Report:
        classes = target.classes if isinstance(target, ClassTarget) else None
        return Report(
            name=type(self).__name__,
            target=target.name,
            task=self.task,
            reason=f"{self.task}, as requested",
            classes=None if classes is None else list(classes),
            number_classes=classes is not None and self._number_classes,
            rows=table.rows,
            dropped=0,
            notes=[],
            columns=overview(encoder, table),
            split=[len(parts[0]), len(parts[1]) if len(parts) > 1 else 0, 0],
            seed=options.seed,
            guess=guess_of(target, parts[0]),
            settings={**options.as_dict(), **data.as_dict()},
        )

    @property
    def _number_classes(self) -> bool:
        """Whether classes were numbers."""
        return False

    def _outputs(self, X: Any) -> Array:
        """Return the network's outputs for rows as a user gives them."""
        check_is_fitted(self)
        return self._model.outputs(self._read_rows(X, None, reset=False)).astype(np.float64)

    @property
    def best_iteration_(self) -> int:
        """The number of epochs after which the weights that are kept were reached, counted from 1."""
        return self._trained("best_iteration_")[1].best_epoch

    @property
    def n_iter_(self) -> int:
        """The number of epochs that were run."""
        return self._trained("n_iter_")[1].epochs

    @property
    def network_(self) -> Sequential:
        """The network itself: ``network_.summary()``."""
        return self._trained("network_")[0].network

    @property
    def encoder_(self) -> Encoder:
        """What becomes of each column: ``encoder_.describe()``."""
        return self._trained("encoder_")[0].encoder

    def _trained(self, name: str) -> tuple[TabularNetwork, Report]:
        """Return the model and its report for the attribute ``name``, which there is not before."""
        if not self.__sklearn_is_fitted__():
            raise AttributeError(f"{type(self).__name__} has no {name} before it is fitted")
        return self._model, self._report

    def __sklearn_is_fitted__(self) -> bool:
        return "_model" in vars(self)

    def save(self, path: str | PathLike[str], overwrite: bool = True) -> None:
        """Write the fitted estimator to one safetensors file.

        ``load`` of its class gives the estimator back; `chainrule.load`, and the command line, read the same file as a
        model for tables. Callbacks are not kept.

        Raises
        ------
        NotFittedError
            It is not fitted.
        ArgumentError
            A parameter is an object that can't be data in a file.
        """
        check_is_fitted(self)
        model = TabularModel(self._model.network, self._model.encoder, self._model.target, self._report)
        model.write(path, {"estimator": estimator_file.describe(self)}, overwrite)

    @classmethod
    def load(cls, path: str | PathLike[str]) -> Self:
        """Read an estimator that `save` wrote; nothing in the file is run.

        Raises
        ------
        FileError
            There is no such file, or it holds something else.
        """
        model, attributes, parameters = estimator_file.read(path, cls)
        estimator = cls(**parameters)
        for name, value in attributes.items():
            setattr(estimator, name, value)
        estimator._model = TabularNetwork(model.network, model.encoder, model.target)
        estimator._report = model.report
        return estimator

    def __sklearn_tags__(self) -> Any:
        """Say what scikit-learn's tools may do: values may be missing, text and categories are read."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.target_tags.required = True
        return tags


def _is_frame(X: Any) -> bool:
    import narwhals as nw

    return nw.dependencies.is_into_dataframe(X)


def _names_of(y: Any) -> tuple[str, tuple[str, ...]]:
    """Return the name of a target, and those of its columns if it is a data frame."""
    import narwhals as nw

    if _is_frame(y):
        columns = tuple(map(str, nw.from_native(y, eager_only=True).columns))
        return (columns[0] if len(columns) == 1 else "y"), columns
    name = getattr(y, "name", None)
    return (name if isinstance(name, str) else "y"), ()


def _table_of(array: Array) -> Table:
    """Return the table of an array, its columns named x0, x1, ... as scikit-learn does."""
    names = [f"x{index}" for index in range(array.shape[1])]
    if array.dtype.kind in "iuf":
        return Table(tuple(Column(name, "number", array[:, i].astype(np.float64)) for i, name in enumerate(names)))
    return read_table({name: array[:, i].tolist() for i, name in enumerate(names)})
