import numpy as np
import pytest

from chainrule.errors import DataError, FileError
from chainrule.tables import ClassTarget, Column, LabelsTarget, NumbersTarget, NumberTarget, read_target, target_columns

TARGETS = [
    ClassTarget("y", ("no", "yes"), threshold=0.25),
    ClassTarget("y", ("a", "b", "c")),
    LabelsTarget("y", ("rain", "wind")),
    NumberTarget("y", 2.0, 3.0, (0.1, 0.9)),
    NumbersTarget("y", (NumberTarget("a", 1.0, 2.0), NumberTarget("b", 0.0, 5.0))),
]


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
def test_a_target_comes_back_from_its_state(target):
    assert read_target(target.state()) == target


@pytest.mark.parametrize(
    "state",
    [
        [],
        {"name": "y"},
        {"name": "y", "classes": ["a", "b", "c"], "threshold": 0.5},
        {"name": "y", "classes": ["a", "b"], "threshold": 1.0},
        {"name": "y", "labels": []},
        {"name": "y", "parts": []},
        {"name": "y", "parts": [{"name": "a", "mean": 0.0, "std": 1.0, "quantiles": [0.5]}]},
        {"name": "y", "mean": 0.0, "std": 1.0, "quantiles": [0.5, 0.5]},
        {"name": "y", "mean": 0.0, "std": 1.0, "quantiles": [0.5, 1.5]},
    ],
)
def test_a_bad_state_is_refused(state):
    with pytest.raises(FileError):
        read_target(state)


def test_quantiles_that_cross_are_sorted():
    target = NumberTarget("y", 10.0, 2.0, (0.1, 0.5, 0.9))
    answers = target.answers(np.array([[0.0, -1.0, 1.0]]))
    assert answers.tolist() == [[8.0, 10.0, 12.0]]
    assert target.points(answers).tolist() == [10.0]
    assert NumberTarget("y", 10.0, 2.0, (0.9,)).answers(np.array([[1.0]])).tolist() == [12.0]


def test_counts_are_scaled_by_their_mean_only():
    column = Column("visits", "number", np.array([0.0, 2.0, 4.0]))
    target = NumberTarget.fit(column, counts=True)
    assert (target.mean, target.std) == (0.0, 2.0)
    assert target.encode(column).tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(
        DataError, match="'visits', row 2: expected a count of at least 0 for the loss 'poisson', got -1"
    ):
        NumberTarget.fit(Column("visits", "number", np.array([0.0, -1.0])), counts=True)


def test_the_columns_that_hold_the_truth():
    assert [target_columns(target) for target in TARGETS] == [("y",), ("y",), ("rain", "wind"), ("y",), ("a", "b")]
