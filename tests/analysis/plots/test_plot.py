"""plot: the kind by what is given, models of all kinds, errors that say what is missing."""

import numpy as np
import pytest

import chainrule
from chainrule import Sequential, analysis
from chainrule.analysis.plots.plot import KINDS
from chainrule.cli import plot as command
from chainrule.errors import ArgumentError, StateError, UnknownArgumentError, UnknownNameError
from chainrule.layers import Dense, Input
from chainrule.tables import samples
from chainrule.training.history import History

TABLE = {"x": [float(i // 4) for i in range(60)], "z": [float(i % 7) for i in range(60)]}
CLASSES = {**TABLE, "y": ["low"] * 30 + ["high"] * 30}
NUMBERS = {**TABLE, "y": [3.0 * i + i % 3 for i in range(60)]}


@pytest.fixture(scope="module")
def classifier():
    return chainrule.train(CLASSES, target="y", epochs=3, hidden=(4,))


@pytest.fixture(scope="module")
def regressor():
    return chainrule.train(NUMBERS, target="y", epochs=3, hidden=(4,))


def ylabels(figure):
    return [axes.get_ylabel() for axes in figure.axes]


def test_the_kind_follows_from_what_is_given(classifier, regressor):
    assert isinstance(analysis.plot(classifier), analysis.Drawing)
    assert ylabels(analysis.plot(classifier, CLASSES))[0] == "true"
    assert ylabels(analysis.plot(regressor, NUMBERS))[0] == "predicted y"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_of_a_model_of_a_table(classifier, regressor, kind):
    made = analysis.plot(
        regressor if kind == "residuals" else classifier, NUMBERS if kind == "residuals" else CLASSES, kind=kind
    )
    if kind != "network":
        made.canvas.draw()


def test_networks_histories_and_features():
    moons = samples.moons(rows=40)
    model = Sequential([Input((2,)), Dense(4, activation="tanh"), Dense(1, activation="sigmoid")], seed=0)
    model.compile("adam", "binary_crossentropy")
    history = model.fit(moons.X, moons.y, epochs=2, verbose=0)
    assert ylabels(analysis.plot(history)) == ylabels(analysis.plot(model, kind="curves")) == ["loss"]
    figure = analysis.plot(model, moons.X, moons.y, kind="boundary", features=(1, 0))
    assert figure.axes[0].get_xlabel() == "x2"
    assert ylabels(analysis.plot(model, moons.X, moons.y))[0] == "true"
    assert len(analysis.plot(model, moons.X, moons.y, kind="weights").axes) == 8


def test_a_file_keeps_the_validation_losses(classifier, tmp_path):
    classifier.save(tmp_path / "model.safetensors")
    figure = analysis.plot(tmp_path / "model.safetensors", kind="curves")
    assert figure.axes[0].lines[0].get_ydata().tolist() == pytest.approx(classifier.report.losses)
    assert figure.axes[0].get_title() == "validation only: a model file keeps no more"


def test_what_is_missing_is_said(classifier, regressor, tmp_path):
    def refused(error, match, *given, **options):
        with pytest.raises(error, match=match):
            analysis.plot(*given, **options)

    for kind in ("confusion", "roc", "calibration", "boundary", "activations"):
        refused(StateError, f"'{kind}' needs data", classifier, kind=kind)
    refused(StateError, "compares with what is true, and the data have no column 'y'", classifier, TABLE, kind="roc")
    refused(ArgumentError, "'residuals' is for a number, and the model predicts classes; try 'confusion'", classifier,
            CLASSES, kind="residuals")  # fmt: skip
    refused(ArgumentError, "'roc' is for classes, and the model predicts a number; try 'residuals'", regressor, NUMBERS,
            kind="roc")  # fmt: skip
    refused(UnknownNameError, "unknown kind of plot 'rok'; did you mean 'roc'", classifier, kind="rok")
    refused(UnknownArgumentError, "plot has no argument 'kinds'; did you mean 'kind'", classifier, kinds="roc")
    refused(ArgumentError, "features are the axes of", classifier, CLASSES, kind="roc", features=("x", "z"))
    network = Sequential([Input((2,)), Dense(1)], seed=0)
    refused(StateError, "keeps no history; 'curves' needs what fit returned, or a run folder", network, kind="curves")
    refused(StateError, "y is missing", network, np.ones((3, 2)), kind="residuals")
    refused(ArgumentError, "a history has only 'curves'", History({}), kind="network")
    (tmp_path / "run").mkdir()
    refused(StateError, "its training is not over", tmp_path / "run", kind="network")


def test_the_command_line_knows_all_kinds():
    assert tuple(sorted(KINDS)) == command.KINDS
