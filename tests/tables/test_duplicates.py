import numpy as np

from chainrule.tables import Column, read_table
from chainrule.tables.duplicates import count_copies

TRAINING, TEST = np.arange(800), np.arange(800, 1000)


def random(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(seed))


def test_copies_are_counted() -> None:
    x, names = random(0).normal(size=1000), np.array([f"n{i % 7}" for i in range(1000)], dtype=object)
    x[800:850], names[800:850] = x[:50], names[:50]
    x[850] = x[4]  # but of another name
    columns = [Column("x", "number", x), Column("name", "category", names)]
    assert count_copies(columns, TRAINING, TEST) == 50


def test_missing_values_and_the_two_zeros_are_equal() -> None:
    x = random(0).normal(size=1000)
    x[[0, 900]] = np.nan
    x[[1, 901]] = 0.0, -0.0
    x[[2, 902]] = 5.0
    assert count_copies([Column("x", "number", x), Column("y", "date", x)], TRAINING, TEST) == 3


def test_a_few_are_nothing_to_speak_of() -> None:
    x = random(0).normal(size=1000)
    x[900] = x[0]
    assert count_copies([Column("x", "number", x)], TRAINING, TEST) == 0


def test_rows_that_agree_by_chance_are_no_copies() -> None:
    columns = [Column(f"c{i}", "number", random(i).integers(0, 3, 1000).astype(float)) for i in range(4)]
    assert count_copies(columns, TRAINING, TEST) == 0
    twice = read_table({column.name: np.tile(column.values[:500], 2) for column in columns})
    wide = [*twice, Column("x", "number", np.tile(random(9).normal(size=500), 2))]
    assert count_copies(wide, np.arange(500), np.arange(500, 1000)) == 500
