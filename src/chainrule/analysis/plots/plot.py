"""plot: the picture of a model, a training or a run by its kind; what the command line calls."""

from collections.abc import Callable, Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from chainrule.analysis.answers import Predictions, predictions
from chainrule.analysis.drawing.draw import draw
from chainrule.analysis.drawing.drawing import Drawing
from chainrule.analysis.plots.calibration import plot_calibration
from chainrule.analysis.plots.confusion import plot_confusion
from chainrule.analysis.plots.curves import plot_curves
from chainrule.analysis.plots.ranking import plot_roc
from chainrule.analysis.plots.residuals import plot_residuals
from chainrule.analysis.plots.weights import plot_weights
from chainrule.analysis.surfaces.activation_maps import activation_maps
from chainrule.analysis.surfaces.boundary import decision_boundary
from chainrule.configurable import lookup, named_arguments
from chainrule.errors import ArgumentError, StateError
from chainrule.estimators.tabular import load
from chainrule.estimators.tabular_model import TabularModel
from chainrule.models.sequential import Sequential
from chainrule.training.history import History
from chainrule.training.run_folder import RunFolder

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class Subject(NamedTuple):
    """What a picture is asked of: a model, a run or a history, perhaps data, perhaps two features."""

    thing: Any
    data: Any
    y: Any
    features: Sequence[Any] | None


@named_arguments
def plot(
    model: Any, data: Any = None, y: Any = None, *, kind: str | None = None, features: Sequence[Any] | None = None
) -> "Figure | Drawing":
    """Return a picture of a model or of a training run.

    Parameters
    ----------
    model : TabularModel, Sequential, fitted estimator, History, RunFolder, or path of a model file or run folder
    data : path, data frame or Table for a TabularModel; X (rows, features) for others
    y : array-like (rows,), optional
        A TabularModel finds it in the data.
    kind : str, optional
        "curves" of a history or run folder; "network" and "weights" of any model; with data "confusion", "roc",
        "calibration" of classes, "residuals" of numbers, "boundary" and "activations" over two features. Default:
        curves of a run or history; of a model the network, and with data confusion or residuals.
    features : two names or numbers, optional
        The axes of "boundary" and "activations".

    Returns
    -------
    matplotlib.figure.Figure, or Drawing for "network"

    Raises
    ------
    UnknownNameError
        There is no such kind.
    StateError
        What the picture needs is missing: data, or a history, which model files don't keep.
    ArgumentError
        The kind is of classes and the model gives numbers, or the other way.
    DependencyError
        matplotlib is not installed.

    Examples
    --------
    >>> from chainrule.layers import Dense, Input
    >>> plot(Sequential([Input((2,)), Dense(3), Dense(1)], seed=0)).svg[:4]
    '<svg'
    """
    thing = _opened(model)
    if kind is None:
        kind = _usual_kind(thing, data, y)
    make = lookup("kind of plot", kind, KINDS)
    if kind != "curves":
        thing = _model_of(thing, kind)
    if features is not None and kind not in ("boundary", "activations"):
        raise ArgumentError(f"features are the axes of 'boundary' and 'activations'; {kind!r} has none")
    made: Figure | Drawing = make(Subject(thing, data, y, features))
    return made


def _opened(model: Any) -> Any:
    if not isinstance(model, str | PathLike):
        return model
    return RunFolder(model) if Path(model).is_dir() else load(model)


def _model_of(thing: Any, kind: str) -> Any:
    if isinstance(thing, RunFolder):
        if not thing.model.exists():
            raise StateError(f"{kind!r} needs the model, and {thing.path} has none yet: its training is not over")
        return load(thing.model)
    if isinstance(thing, History):
        raise ArgumentError(f"{kind!r} needs a model; a history has only 'curves'")
    return thing


def _usual_kind(thing: Any, data: Any, y: Any) -> str:
    if isinstance(thing, History | RunFolder) and data is None:
        return "curves"
    if data is None:
        return "network"
    return "residuals" if predictions(_model_of(thing, "residuals"), data, y).classes is None else "confusion"


def _curves(subject: Subject) -> "Figure":
    thing = subject.thing
    if isinstance(thing, TabularModel):
        if not thing.report.losses:
            raise StateError("the model was trained without validation rows; 'curves' needs its run folder (--run DIR)")
        figure = plot_curves({"val_loss": thing.report.losses})
        figure.axes[0].set_title("validation only: a model file keeps no more", fontsize=10)
        return figure
    if isinstance(thing, Sequential):
        if thing.history is None:
            raise StateError("the model keeps no history; 'curves' needs what fit returned, or a run folder")
        return plot_curves(thing.history)
    return plot_curves(getattr(thing, "history_", thing))


def _answers(subject: Subject, kind: str, classes: bool) -> Predictions:
    """Return predictions with what is true, of classes or of numbers."""
    if subject.data is None:
        raise StateError(f"{kind!r} needs data: rows whose answer is known")
    found = predictions(subject.thing, subject.data, subject.y)
    if found.y_true is None:
        what = (
            f"the data have no column {found.target!r}" if isinstance(subject.thing, TabularModel) else "y is missing"
        )
        raise StateError(f"{kind!r} compares with what is true, and {what}")
    if (found.classes is not None) != classes:
        fits = "'residuals'" if classes else "'confusion', 'roc' or 'calibration'"
        gives, other = ("a number", "classes") if classes else ("classes", "a number")
        raise ArgumentError(f"{kind!r} is for {other}, and the model predicts {gives}; try {fits}")
    return found


def _confusion(subject: Subject) -> "Figure":
    found = _answers(subject, "confusion", classes=True)
    return plot_confusion(found.y_true, found.y_pred, found.classes)


def _roc(subject: Subject) -> "Figure":
    found = _answers(subject, "roc", classes=True)
    return plot_roc(found.y_true, found.scores, found.classes)


def _calibration(subject: Subject) -> "Figure":
    found = _answers(subject, "calibration", classes=True)
    return plot_calibration(found.y_true, found.scores, found.classes)


def _residuals(subject: Subject) -> "Figure":
    found = _answers(subject, "residuals", classes=False)
    return plot_residuals(found.y_true, found.y_pred, found.target)


def _weights(subject: Subject) -> "Figure":
    return plot_weights(subject.thing, subject.data, subject.y)


def _network(subject: Subject) -> Drawing:
    return draw(subject.thing)


def _boundary(subject: Subject) -> "Figure":
    _need_data(subject, "boundary")
    return decision_boundary(subject.thing, subject.data, subject.y, features=subject.features)


def _activations(subject: Subject) -> "Figure":
    _need_data(subject, "activations")
    return activation_maps(subject.thing, subject.data, features=subject.features)


def _need_data(subject: Subject, kind: str) -> None:
    if subject.data is None:
        raise StateError(f"{kind!r} needs data: they give the range of the axes, and what the other inputs are held at")


KINDS: dict[str, Callable[[Subject], Any]] = {
    "activations": _activations,
    "boundary": _boundary,
    "calibration": _calibration,
    "confusion": _confusion,
    "curves": _curves,
    "network": _network,
    "residuals": _residuals,
    "roc": _roc,
    "weights": _weights,
}
