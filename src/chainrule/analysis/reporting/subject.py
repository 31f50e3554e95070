"""What a report is about: a model, the rows it is judged on, and how honest these are."""

from dataclasses import dataclass, fields
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, ChainruleError, FileError
from chainrule.estimators.network import Options
from chainrule.estimators.tabular import TabularModel, load
from chainrule.estimators.tabular_model import score
from chainrule.estimators.train_table import prepare_table
from chainrule.tables import (
    ClassTarget,
    DataOptions,
    NumberTarget,
    PreparedData,
    Table,
    read_table,
    with_known_target,
)
from chainrule.tables.table import counted
from chainrule.training.run_folder import RunFolder


@dataclass(frozen=True)
class Subject:
    """A model with what is at hand about it.

    Attributes
    ----------
    model : TabularModel
    source : str
        Name of the model's file or run, for people.
    run : RunFolder or None
    rows : Table or None
        Rows whose target is known; None where there are no data.
    places : int array or None
        Which rows of the data they are, counted from 1.
    prepared : PreparedData or None
        The parts of the training, where the data are those of the training and could be split again.
    data : Table or None
        All that was given, or that the run names.
    """

    model: TabularModel
    source: str
    run: RunFolder | None
    rows: Table | None = None
    places: Array | None = None
    prepared: PreparedData | None = None
    data: Table | None = None

    @property
    def about_rows(self) -> str:
        """Say what rows these are."""
        if self.rows is None:
            return ""
        count = counted(self.rows.rows, "row")
        if self.prepared is not None:
            return f"{count} of the test part, found again by the seed; training has never seen them"
        if self.model.report.refitted:
            return f"all {count} given; the model was trained once more on all rows, so it may have seen these"
        return f"all {count} given; training may have seen some of them"

    @property
    def honest(self) -> bool:
        """Whether training has certainly never seen the rows."""
        return self.prepared is not None


def subject_of(model: TabularModel | str | PathLike[str], data: Any = None) -> Subject:
    """Find the model, and the rows to judge it on.

    Of the table that it was trained on, the test part is found again: the split depends on the settings and the seed,
    which the model keeps, and it is the same one if the scores on it are those in the model, to the digit.

    Raises
    ------
    FileError
        No such file or folder, or it holds no model of a table.
    """
    run = None
    source = "model"
    if not isinstance(model, TabularModel):
        if not isinstance(model, str | PathLike):
            raise ArgumentError(
                "a report is of what chainrule.train returns, or the path of its model file or run folder, "
                f"got {type(model).__name__}"
            )
        path = Path(model)
        source = path.name
        if path.is_dir():
            run = RunFolder(path)
            path = run.model
            data = _data_of(run) if data is None else data
        loaded = load(path)
        if not isinstance(loaded, TabularModel):
            raise FileError(f"{path} holds a network without a table; a report needs what chainrule train saves")
        model = loaded
    if data is None:
        return Subject(model, source, run)
    table = read_table(data)
    known, _ = with_known_target(table, model.target.name)
    prepared = None if model.report.refitted else _split_again(model, table)
    if prepared is not None:
        return Subject(model, source, run, prepared.test_rows, prepared.test_places + 1, prepared, table)
    places = np.flatnonzero(~table.column(model.target.name).missing) + 1
    return Subject(model, source, run, known, places, data=table)


def _data_of(run: RunFolder) -> Path | None:
    file = run.settings().get("file")
    return Path(file) if isinstance(file, str) and Path(file).is_file() else None


def _split_again(model: TabularModel, table: Table) -> PreparedData | None:
    """Return the parts of the training, or None if these are other data."""
    report = model.report
    if not isinstance(model.target, ClassTarget | NumberTarget) or table.rows != report.rows:
        return None
    try:
        options, data = settings_of(model)
        prepared = prepare_table(table, report.target, report.task, options, data)
    except ChainruleError:  # such as a column that these data lack
        return None
    if prepared.encoder.feature_names != model.encoder.feature_names or not len(prepared.test):
        return None
    scores = score(model, prepared.test.inputs, prepared.test.answers, prepared.test.weights).as_dict()
    return prepared if _same(scores, report.scores) else None


def settings_of(model: TabularModel) -> tuple[Options, DataOptions]:
    """Return what the model was trained with.

    Raises
    ------
    ArgumentError
        The file does not hold all of it.
    """
    settings = model.report.settings

    def made(cls: Any) -> Any:
        names = [field.name for field in fields(cls)]
        lists = {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
        return cls(**{name: lists.get(name, settings[name]) for name in names if name in settings})

    try:
        return made(Options), made(DataOptions)
    except TypeError as error:
        raise ArgumentError(f"the settings in the model file can't be used again: {error}") from error


def _same(scores: dict[str, Any], saved: dict[str, Any]) -> bool:
    """Whether scores are those in the file; floats may differ by what another machine rounds."""
    if "confusion" in scores:
        return bool(scores["confusion"] == saved.get("confusion"))
    return bool(np.isclose(scores["rmse"], saved.get("rmse", np.nan), rtol=1e-4) and scores["rows"] == saved["rows"])
