import copy
import json
from typing import Any

import pytest

from chainrule.errors import FileError
from chainrule.estimators import TabularModel
from chainrule.estimators.report import Report
from chainrule.training import History


def test_the_report_is_json_and_comes_back(classifier: TabularModel, regressor: TabularModel) -> None:
    for model in (classifier, regressor):
        text = json.dumps(model.report.as_dict(), allow_nan=False)
        assert Report.from_dict(json.loads(text)) == model.report


def test_the_screen_of_penguins(classifier: TabularModel) -> None:
    lines = classifier.report.lines()
    assert lines[:5] == [
        "penguins.csv   344 rows, target species: 3 classes (text column: classification)",
        "  4 numbers    bill_length_mm ... body_mass_g  (8 missing: median + flag)",
        "  2 categories island, sex                     (11 missing: own slot)",
        "  split        220 train, 55 validation, 69 test",
        "",
    ]
    assert lines[5] == "32-128-128-3  silu, 21,123 weights, Adam"
    assert lines[6].startswith("  validation loss ")
    assert lines[6].endswith("last: epoch 25 of 25")
    assert lines[7].startswith("  5,500 examples in ")
    assert lines[9].startswith("Test rows, never used before: ")
    assert lines[10] == "  always answering Adelie:    30 of 69"
    assert lines[11] == "            Adelie Chinstrap Gentoo  <- predicted"
    assert str(classifier) == "\n".join(lines)


def test_a_narrow_screen_is_kept_to(classifier: TabularModel) -> None:
    assert max(map(len, classifier.report.lines(width=40))) <= 40


def test_rows_without_target_and_notes_are_told(classifier: TabularModel) -> None:
    report = copy.copy(classifier.report)
    report.dropped, report.notes = 1, ["the file has no header line"]
    assert report.data_lines()[-2:] == [
        "  dropped      1 row without species",
        "  note         the file has no header line",
    ]


def test_only_an_unusual_end_of_training_is_told(classifier: TabularModel) -> None:
    report = copy.copy(classifier.report)
    for ordinary in ("all epochs done", "early stopping: val_loss has not improved for 20 epochs"):
        report.stopped_by = ordinary
        assert len(report.training_lines()) == 2
    report.stopped_by = "interrupted"
    assert report.training_lines()[-1] == "  stopped      interrupted"


def test_losses_that_are_not_finite_are_told(classifier: TabularModel) -> None:
    history = History({"engine": "native"})
    for epoch, loss in enumerate((float("inf"), 2.0, float("nan"))):
        history.append(epoch, {"loss": 1.0, "val_loss": loss})
    report = copy.copy(classifier.report)
    report.record(history)
    assert report.losses == [None, 2.0, None]
    assert report.training_lines()[0].startswith("  validation loss not finite ▁ not finite")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seed": None}, "seed is 'None'"),
        ({"seed": True}, "seed is 'True'"),
        ({"classes": ["a", 1]}, "classes is "),
        ({"losses": []}, "it can't be shown"),
        ({"split": [1]}, "it can't be shown"),
        ({"scores": {}}, "it can't be shown"),
        ({"more": 1}, "its fields are not those of this version"),
    ],
)
def test_a_damaged_report_is_refused(classifier: TabularModel, change: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=f"report is damaged: {message}"):
        Report.from_dict(classifier.report.as_dict() | change)


def test_what_is_no_report_is_refused() -> None:
    with pytest.raises(FileError, match="report is damaged"):
        Report.from_dict([1])


def test_headlines(classifier: TabularModel, regressor: TabularModel) -> None:
    assert classifier.report.headline().endswith(" of 69 test rows right")
    assert regressor.report.headline().startswith("RMSE ")
    assert repr(classifier) == f"<TabularModel for species: 32-128-128-3, {classifier.report.headline()}>"
