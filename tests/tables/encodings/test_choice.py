import pytest

from chainrule.tables.encodings import CategoryEncoding, LeftOut, NumberEncoding, fit_encoding
from tests.tables.encodings.columns import column


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([None, None], "no values"),
        ([3, 3, 3], "always 3"),
        (["a", "a"], "always a"),
        ([f"name {i}" for i in range(30)], "30 different texts in 30 values"),
        ([f"name {i}" for i in range(21)] + [None] * 100, "21 different texts in 21 values"),
    ],
)
def test_what_is_left_out(values: list[object], reason: str) -> None:
    assert fit_encoding(column(values)) == LeftOut("x", reason)


@pytest.mark.parametrize("values", [[f"n{i}" for i in range(20)], [f"n{i % 30}" for i in range(60)], ["a", None]])
def test_what_is_kept(values: list[object]) -> None:
    assert isinstance(fit_encoding(column(values)), CategoryEncoding)


def test_roles_overrule_the_rules() -> None:
    names = column([f"name {i % 15}" for i in range(30)] + [f"name {i}" for i in range(15, 40)])
    assert isinstance(fit_encoding(names), LeftOut)
    assert isinstance(fit_encoding(names, "categorical"), CategoryEncoding)
    counter = column(list(range(30)))
    assert fit_encoding(counter) == LeftOut("x", "counts the rows")
    assert isinstance(fit_encoding(counter, "numeric"), NumberEncoding)
    assert isinstance(fit_encoding(counter, "any"), NumberEncoding)


def test_a_category_of_which_every_value_is_rare() -> None:
    names = column([f"n{i}" for i in range(75)] * 2)
    assert fit_encoding(names) == LeftOut("x", "75 different values, every one of them rare")
