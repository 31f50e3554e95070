import numpy as np
import pytest

from chainrule.tables import Column, leak_pairs
from chainrule.tables.leak_pairs import find_leaking_pairs
from chainrule.tables.samples import penguins

ROWS = 400


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def number(name: str, values: object) -> Column:
    return Column(name, "number", np.asarray(values, dtype=np.float64))


def category(name: str, values: object) -> Column:
    return Column(name, "category", np.array([f"c{value}" for value in values], dtype=object))  # type: ignore[attr-defined]


A, B, C = random(0).normal(size=(3, ROWS))
PLUS, TIMES = np.exp(A), np.exp(2 * B)
P, Q = random(1).integers(0, 4, (2, ROWS))
HONEST = [number("weak", A + random(2).normal(size=ROWS)), category("noise", random(3).integers(0, 5, ROWS))]


def found(left: Column, right: Column, answers: object, classes: int | None) -> list[tuple[str, str]]:
    columns = [HONEST[0], left, HONEST[1], right]
    return [pair.columns for pair in find_leaking_pairs(columns, np.asarray(answers), classes)]


@pytest.mark.parametrize(
    ("left", "right", "answers", "classes"),
    [
        (number("l", A), number("r", B), A + B, None),
        (number("l", A), number("r", 1000 * B), 0.3 * A - 0.7 * B, None),
        (number("l", A), number("r", B), np.round(A - B, 2), None),
        (number("l", PLUS), number("r", TIMES), PLUS * TIMES, None),
        (number("l", PLUS), number("r", TIMES), PLUS / TIMES, None),
        (number("l", A), number("r", B), (A > B).astype(int), 2),
        (number("l", A), number("r", B), ((np.median(A) < A) != (np.median(B) < B)).astype(int), 2),
        (category("l", P), category("r", Q), (P + Q) % 2, 2),
        (category("l", P), category("r", Q), (P + Q) % 4, 4),
        (number("l", P), number("r", Q), (P + Q) % 4, 4),
        (category("l", P), number("r", A), np.where(P < 2, A, -A), None),
        (number("l", A), Column("r", "boolean", (P < 2).astype(float)), np.where(P < 2, A, -A), None),
    ],
)
def test_pairs_that_give_the_target_away(left: Column, right: Column, answers: object, classes: int | None) -> None:
    assert found(left, right, answers, classes) == [("l", "r")]


def test_a_few_missing_values_hide_nothing() -> None:
    gaps = np.where(np.arange(ROWS) % 100 == 0, np.nan, A)
    assert found(number("l", gaps), number("r", B), A + B, None) == [("l", "r")]


def test_how_far_a_pair_goes() -> None:
    (pair,) = find_leaking_pairs([*HONEST, number("l", A), number("r", B)], A + B, None)
    assert pair.share > 0.99
    assert 0.2 < pair.alone < 0.8


def test_honest_pairs_raise_no_alarm() -> None:
    noisy = A + B + 0.4 * C
    assert found(number("l", A), number("r", B), noisy, None) == []
    assert found(number("l", A), number("r", B), (noisy > 0).astype(int), 2) == []
    assert found(category("l", P), category("r", Q), np.where(random(4).random(ROWS) < 0.1, 0, (P + Q) % 2), 2) == []
    table = penguins()
    for target in ("species", "sex", "island"):
        known = table.take(np.flatnonzero(~table.column(target).missing))
        codes = np.unique(known.column(target).values, return_inverse=True)[1]
        columns = [column for column in known if column.name != target]
        assert find_leaking_pairs(columns, codes, int(codes.max()) + 1) == []


@pytest.mark.parametrize("seed", range(3))
def test_the_best_of_many_useless_pairs_raises_no_alarm(seed: int) -> None:
    columns = [number(f"n{i}", random(100 * seed + i).normal(size=60)) for i in range(20)]
    assert find_leaking_pairs(columns, random(seed).integers(0, 2, 60), 2) == []


def test_a_column_that_tells_alone_makes_no_pairs() -> None:
    assert found(number("l", A), number("r", A + B), A + B, None) == []


def test_few_rows_and_two_columns_are_not_judged() -> None:
    columns = [number("l", A), number("r", B)]
    assert find_leaking_pairs(columns, A + B, None) == []
    few = [column.take(np.arange(49)) for column in [*columns, *HONEST]]
    assert find_leaking_pairs(few, (A + B)[:49], None) == []


def test_of_many_columns_those_that_tell_most_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leak_pairs, "MOST_COLUMNS", 2)
    useless = [number(f"n{i}", random(10 + i).normal(size=ROWS)) for i in range(6)]
    columns = [*useless, number("l", A), number("r", B)]
    assert [pair.columns for pair in find_leaking_pairs(columns, A + B, None)] == [("l", "r")]


def test_huge_numbers_are_no_error() -> None:
    assert found(number("l", A * 1e300), number("r", B * 1e300), A + B, None) == [("l", "r")]
