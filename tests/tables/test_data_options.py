import json
from pathlib import Path
from typing import Any

import pytest

from chainrule.errors import ArgumentError, DTypeError, UnknownNameError
from chainrule.tables import DataOptions, Table, read_table


def table() -> Table:
    return read_table({"age": [1, 2], "sex": ["m", "f"], "day": [1, 2], "y": [0, 1]})


def test_names_alone_and_in_lists_are_the_same() -> None:
    assert DataOptions(drop="age", numeric=["sex"]) == DataOptions(drop=("age",), numeric=("sex",))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"drop": ["a", "a"]}, ArgumentError, "column 'a' is given twice; choose one"),
        ({"drop": ["a"], "weight": "a"}, ArgumentError, "column 'a' is given as drop and as weight; choose one"),
        ({"categorical": "a", "numeric": "a"}, ArgumentError, "'a' is given as categorical and as numeric"),
        ({"group": "a", "time": "b"}, ArgumentError, "split by group or by time, not by both"),
        ({"class_weight": "equal"}, ArgumentError, "class_weight must be 'balanced' or None, got 'equal'"),
        ({"group": 3}, DTypeError, "group expects names of columns, got 3"),
        ({"drop": 3}, DTypeError, "drop expects names of columns, got 3"),
        ({"drop": ["a", 3]}, DTypeError, "drop expects names of columns, got 3"),
    ],
)
def test_contradictions(given: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        DataOptions(**given)


def test_names_are_checked_against_the_table() -> None:
    DataOptions(drop="age", group="sex", weight="day").check(table(), "y")
    with pytest.raises(UnknownNameError, match="group: no column 'sexx'; did you mean 'sex'"):
        DataOptions(group="sexx").check(table(), "y")
    with pytest.raises(ArgumentError, match="drop names the target 'y'; expected another column"):
        DataOptions(drop=["age", "y"]).check(table(), "y")


def test_roles_and_reasons() -> None:
    options = DataOptions(categorical="a", numeric="b", drop="c", time="d", weight="e")
    assert options.roles == {"a": "categorical", "b": "numeric", "d": "time"}
    assert options.without == {"c": "as asked", "e": "weighs the rows"}
    assert DataOptions(group="g").without == {"g": "groups the rows"}


def test_as_dict_is_json_data() -> None:
    given = DataOptions(drop="age", time="day", test=Path("new.csv")).as_dict()
    assert json.loads(json.dumps(given)) == given
    assert given | {"drop": ["age"], "numeric": [], "time": "day", "group": None, "test": "new.csv"} == given
    assert DataOptions(test=table()).as_dict()["test"] == "2 rows"
