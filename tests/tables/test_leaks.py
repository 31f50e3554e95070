import numpy as np
import pytest

from chainrule.tables import Column
from chainrule.tables.leaks import find_leaks, told
from chainrule.tables.samples import penguins

ROWS = 400


def random(seed: int = 0) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def number(name: str, values: object) -> Column:
    return Column(name, "number", np.asarray(values, dtype=np.float64))


def category(name: str, values: object) -> Column:
    return Column(name, "category", np.array([f"c{value}" for value in values], dtype=object))  # type: ignore[attr-defined]


CLASSES = random(1).permutation(np.repeat([0, 1, 2], [200, 150, 50]))
NUMBERS = np.exp(random(2).normal(size=ROWS))
HONEST = [
    number("weak", CLASSES + random(3).normal(size=ROWS)),
    number("strong", np.log(NUMBERS) + 0.3 * random(4).normal(size=ROWS)),
    category("noise", random(5).integers(0, 4, ROWS)),
]
FLIPPED = np.where(random(6).random(ROWS) < 0.02, 0, CLASSES)


@pytest.mark.parametrize(
    "leak",
    [
        number("leak", CLASSES),
        number("leak", 7 - 3 * CLASSES),
        number("leak", CLASSES + 0.1 * random(7).normal(size=ROWS)),
        number("leak", np.where(CLASSES == 0, np.nan, CLASSES)),
        number("leak", FLIPPED),
        category("leak", (5 * CLASSES + 1) % 7),
        category("leak", CLASSES * 10 + random(8).integers(0, 5, ROWS)),
        Column("leak", "date", 100.0 * CLASSES + random(9).random(ROWS)),
    ],
)
def test_columns_that_give_classes_away(leak: Column) -> None:
    found = find_leaks([*HONEST, leak], CLASSES, 3)
    assert [item.column for item in found] == ["leak"]
    assert found[0].share > 0.95 > found[0].next_share


@pytest.mark.parametrize(
    "leak",
    [
        number("leak", NUMBERS),
        number("leak", 100 - NUMBERS / 3),
        number("leak", np.log(NUMBERS)),
        number("leak", NUMBERS * (1 + 0.02 * random(7).normal(size=ROWS))),
        number("leak", np.round(NUMBERS, 2)),
    ],
)
def test_columns_that_give_numbers_away(leak: Column) -> None:
    assert [item.column for item in find_leaks([*HONEST, leak], NUMBERS, None)] == ["leak"]


def test_two_leaks_are_both_found_the_worst_first() -> None:
    columns = [*HONEST, number("flipped", FLIPPED), category("copy", CLASSES)]
    assert [leak.column for leak in find_leaks(columns, CLASSES, 3)] == ["copy", "flipped"]


def test_honest_columns_raise_no_alarm() -> None:
    assert find_leaks(HONEST, CLASSES, 3) == []
    assert find_leaks(HONEST, NUMBERS, None) == []
    table = penguins()
    species = table.column("species").values
    codes = np.unique(species, return_inverse=True)[1]
    assert find_leaks([column for column in table if column.name != "species"], codes, 3) == []


@pytest.mark.parametrize("seed", range(5))
def test_the_best_of_many_useless_columns_raises_no_alarm(seed: int) -> None:
    columns = [number(f"n{i}", random(100 * seed + i).normal(size=60)) for i in range(50)]
    assert find_leaks(columns, random(seed).integers(0, 2, 60), 2) == []


def test_a_category_of_single_rows_tells_nothing() -> None:
    assert told(category("id", range(ROWS)), CLASSES, 3) == 0.0
    assert told(category("pair", np.arange(ROWS) // 2), CLASSES, 3) < 0.2


def test_few_rows_and_single_columns_are_not_judged() -> None:
    assert find_leaks([number("x", CLASSES)], CLASSES, 3) == []
    few = np.arange(49)
    assert find_leaks([column.take(few) for column in [*HONEST, number("x", CLASSES)]], CLASSES[:49], 3) == []


def test_rows_in_the_order_of_the_target_give_nothing_away() -> None:
    order = np.argsort(CLASSES, kind="stable")
    assert find_leaks([number("constant", np.ones(ROWS)), *HONEST[2:]], CLASSES[order], 3) == []
