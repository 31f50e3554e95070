import pytest

from chainrule.errors import ArgumentError, DataError
from chainrule.tables import Column, choose_task, read_table


def column(values: list[object]) -> Column:
    return read_table({"y": values}).column("y")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "b", None], ("classification", "text column: classification")),
        ([True, False], ("classification", "true or false: classification")),
        ([0, 1, None], ("classification", "2 distinct whole numbers: classification")),
        (list(range(20)) * 5, ("classification", "20 distinct whole numbers: classification")),
        (list(range(20)) * 4, ("regression", "20 distinct numbers: regression")),
        (list(range(21)) * 50, ("regression", "21 distinct numbers: regression")),
        ([0.5, 1.0] * 10, ("regression", "2 distinct numbers: regression")),
        (list(range(2000)), ("regression", "2,000 distinct numbers: regression")),
    ],
)
def test_the_rule(values: list[object], expected: tuple[str, str]) -> None:
    assert choose_task(column(values)) == expected


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_request_decides(task: str) -> None:
    assert choose_task(column([0, 1, 0, 1]), task) == (task, f"{task}, as requested")


@pytest.mark.parametrize(
    ("values", "requested", "message"),
    [
        (["a", "b"], "regression", "target 'y' holds text such as 'a'; regression needs numbers"),
        ([None, None], None, "target 'y' has no values; choose another column"),
        (["2021-01-05", "2021-01-06"], None, "target 'y' holds dates; expected classes or numbers"),
        (
            [i / 2 for i in range(30)],
            "classification",
            "30 different numbers in 30 rows; .* repeat: take regression",
        ),
        ([f"name {i}" for i in range(30)], None, "holds 30 different texts in 30 rows; classes must repeat"),
    ],
)
def test_impossible_targets(values: list[object], requested: str | None, message: str) -> None:
    with pytest.raises(DataError, match=message):
        choose_task(column(values), requested)


def test_unknown_task() -> None:
    with pytest.raises(ArgumentError, match="unknown task 'regresion'; did you mean 'regression'"):
        choose_task(column([0, 1]), "regresion")
