import math
from typing import Any

import pytest

from chainrule.errors import FileError
from chainrule.tables.state import StateReader


def reader(value: Any) -> StateReader:
    return StateReader({"x": value}, "the thing")


@pytest.mark.parametrize("value", [1, 0.1, -1e308, 0])
def test_numbers(value: float) -> None:
    assert reader(value).number("x") == value


@pytest.mark.parametrize("value", [None, "1", True, math.nan, math.inf, 10**400, [1]])
def test_what_is_no_number(value: Any) -> None:
    with pytest.raises(FileError, match="bad model file: the thing needs a finite number 'x', got"):
        reader(value).number("x")


@pytest.mark.parametrize("value", [0, -1.0])
def test_what_is_not_positive(value: float) -> None:
    with pytest.raises(FileError, match="the thing needs a positive finite number 'x'"):
        reader(value).number("x", positive=True)


def test_other_types() -> None:
    assert reader(True).flag("x") is True
    assert reader("a").text("x", ("a", "b")) == "a"
    assert reader(None).optional_text("x") is None
    assert reader(["a", "b"]).texts("x") == ("a", "b")
    assert reader([1, None]).items("x") == [1, None]


@pytest.mark.parametrize(
    ("method", "arguments", "value", "message"),
    [
        ("flag", (), 1, "needs true or false in 'x', got 1"),
        ("text", (), 1, "needs text in 'x', got 1"),
        ("text", (("a", "b"),), "c", "needs one of a, b in 'x', got 'c'"),
        ("optional_text", (), 1, "needs text in 'x', got 1"),
        ("texts", (), "ab", "needs a list in 'x', got 'ab'"),
        ("texts", (), ["a", "a"], "needs at least 1 different names in 'x'"),
        ("texts", (), ["a", 1], "different names in 'x'"),
        ("texts", (2,), ["a"], "needs at least 2 different names in 'x'"),
        ("items", (), {}, "needs a list in 'x', got {}"),
    ],
)
def test_wrong_types(method: str, arguments: tuple[Any, ...], value: Any, message: str) -> None:
    with pytest.raises(FileError, match=message):
        getattr(reader(value), method)("x", *arguments)


@pytest.mark.parametrize("method", ["flag", "text", "optional_text", "texts", "items", "number"])
def test_absent_fields(method: str) -> None:
    with pytest.raises(FileError, match="'x', got nothing"):
        getattr(StateReader({}, "the thing"), method)("x")


def test_not_an_object() -> None:
    with pytest.raises(FileError, match="bad model file: the thing must be a JSON object, got list"):
        StateReader([], "the thing")
