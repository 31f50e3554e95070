import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule.errors import ArgumentError, DataError, DTypeError, UnknownNameError
from chainrule.tables import ClassTarget, DataOptions, PreparedData, read_table, split_rows
from chainrule.tables.preparation import prepare
from chainrule.tables.samples import penguins

ROWS = 60
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def data(**more: Any) -> dict[str, Any]:
    index = np.arange(ROWS)
    random = np.random.Generator(np.random.Philox(4))
    return {
        "x": random.normal(size=ROWS),
        "who": [f"p{i % 12}" for i in range(ROWS)],
        "when": [str(np.datetime64("2024-01-01") + int(i)) for i in index],
        "w": 1.0 + index % 4,
        "y": np.where(random.random(ROWS) < 0.3, "yes", "no"),
        **more,
    }


def prepared(**options: Any) -> PreparedData:
    return prepare(read_table(data()), "y", options=DataOptions(**options))


def test_the_usual_split_is_stratified_and_seeded() -> None:
    table = penguins()
    target = ClassTarget.fit(table.column("species"))
    codes = target.encode(table.column("species"))
    parts = split_rows(codes, table.rows, seed=3)
    found = prepare(table, "species", seed=3)
    for part, rows in zip((found.training, found.validation, found.test), parts, strict=True):
        np.testing.assert_array_equal(part.answers, codes[rows])
        assert part.weights is None and part.loss_weights is None
    assert (found.rows, found.dropped, found.number_classes) == (344, 0, False)


def test_the_encoder_sees_only_the_training_part() -> None:
    table = read_table(data())
    found = prepare(table, "y", options=DataOptions(drop=["w", "who", "when"]))
    np.testing.assert_allclose(np.median(found.training.inputs[:, 0]), 0, atol=1e-6)
    assert abs(np.median(np.concatenate([found.test.inputs, found.validation.inputs])[:, 0])) > 1e-3


def test_groups_weights_and_times_are_no_features() -> None:
    found = prepared(group="who", weight="w", drop="when")
    assert found.encoder.feature_names == ("x",)
    assert found.columns == [
        "1 number     x",
        "left out     who   (groups the rows)",
        "left out     when  (as asked)",
        "left out     w     (weighs the rows)",
        "grouped by   who: no group is in two parts",
    ]


def test_by_time() -> None:
    found = prepared(time="when", drop=["who", "w"])
    assert [len(part) for part in (found.training, found.validation, found.test)] == [38, 10, 12]
    assert found.encoder.feature_names == ("x", *(f"when ({day})" for day in DAYS))
    assert found.columns[-1] == "in time      by when: training ends at 2024-02-07, validation at 2024-02-17"


def test_weights_and_balanced_classes_multiply() -> None:
    plain, weighted = prepared(weight="w"), prepared(weight="w", class_weight="balanced")
    for found in (plain, weighted):
        assert found.training.weights is not None and found.training.loss_weights is not None
        assert set(found.training.weights) == {1.0, 2.0, 3.0, 4.0}
        assert found.training.loss_weights.mean() == pytest.approx(1)
    sums = np.bincount(weighted.training.answers, weighted.training.loss_weights)
    assert sums[0] == pytest.approx(sums[1])
    assert plain.training.loss_weights is not None and plain.training.weights is not None
    np.testing.assert_allclose(plain.training.loss_weights * plain.training.weights.mean(), plain.training.weights)
    assert any(line.startswith("balanced     classes weigh no ") for line in weighted.columns)


def test_test_rows_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "test.csv"
    path.write_text("y,x,who,when,w\nyes,1,p1,2024-01-05,2\nno,2,new,2024-01-06,1\n,3,p1,2024-01-07,1\n")
    found = prepare(read_table(data()), "y", options=DataOptions(test=path, weight="w"))
    assert [len(part) for part in (found.training, found.validation, found.test)] == [48, 12, 2]
    assert found.test.answers.tolist() == [1, 0]
    assert found.test.weights is not None and found.test.weights.tolist() == [2, 1]
    assert found.columns[-1] == "test file    test.csv"
    assert found.notes == ["1 test row without y left out"]


def test_test_rows_may_lack_weights_but_no_feature_and_not_the_target() -> None:
    test = {"y": ["no", "yes"], "x": [1, 2], "who": ["p1", "p2"], "when": ["2024-01-05", "2024-01-06"]}
    options = DataOptions(test=test, weight="w")
    assert prepare(read_table(data()), "y", options=options).test.weights is None
    with pytest.raises(DataError, match="lacks the columns 'x' of the training table"):
        without_x = {key: value for key, value in test.items() if key != "x"}
        prepare(read_table(data()), "y", options=DataOptions(test=without_x, drop="w"))
    with pytest.raises(DataError, match="the test rows lack the target 'y'"):
        prepare(read_table(data()), "y", options=DataOptions(test={"x": [1]}))
    with pytest.raises(DataError, match="classes never seen in training: 'perhaps'"):
        prepare(read_table(data()), "y", options=DataOptions(test={**test, "y": ["no", "perhaps"]}, drop="w"))


def test_classes_of_test_rows_with_full_stops() -> None:
    test = {"y": ["no.", "yes."], "x": [1, 2], "who": ["p1", "p2"], "when": ["2024-01-05", "2024-01-06"], "w": [1, 2]}
    found = prepare(read_table(data()), "y", options=DataOptions(test=test))
    assert found.test.answers.tolist() == [0, 1]
    assert found.notes == ["y ends in a full stop in the test rows, which is not counted"]


def test_what_does_not_fit() -> None:
    with pytest.raises(ArgumentError, match="class_weight needs classes, and 'x' is a number"):
        prepare(read_table(data()), "x", options=DataOptions(class_weight="balanced"))
    with pytest.raises(UnknownNameError, match="group: no column 'whoo'; did you mean 'who'"):
        prepared(group="whoo")
    with pytest.raises(DataError, match="weight 'w' is 0 in all 12 rows of a part of the split"):
        weights = np.where(np.arange(ROWS) < 48, 1, 0)
        prepare(read_table(data(w=weights)), "y", options=DataOptions(weight="w", time="when"))


@pytest.mark.parametrize(("target", "hint"), [(None, ""), (["y"], ""), (2, "; did you mean '2'\\?")])
def test_a_target_is_one_name(target: Any, hint: str) -> None:
    with pytest.raises(
        DTypeError, match=rf"target expects the name of one column, got {re.escape(repr(target))}{hint}$"
    ):
        prepare(read_table({"2": [1, 2], "y": [1, 2]}), target)


def test_options_are_an_object() -> None:
    options: Any = {"drop": ["x"]}
    with pytest.raises(DTypeError, match=r"data expects DataOptions, got {'drop': \['x'\]}; write data=DataOptions"):
        prepare(read_table(data()), "y", options=options)


def test_kinds_can_be_set() -> None:
    found = prepared(categorical="w", drop="when")
    assert "w=2" in found.encoder.feature_names
