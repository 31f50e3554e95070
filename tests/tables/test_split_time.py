import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import DataError
from chainrule.tables import Column, read_table
from chainrule.tables.split_time import split_time

FRACTIONS = (0.64, 0.16, 0.2)


def column(values: list[object]) -> Column:
    return read_table({"t": values}).column("t")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=3, max_size=80))
def test_each_part_is_wholly_earlier_than_the_next(values: list[int]) -> None:
    if len(set(values)) < 3:
        return
    parts = split_time(column(list(values)), FRACTIONS)
    assert sorted(np.concatenate(parts)) == list(range(len(values)))
    times = [np.array(values)[part] for part in parts]
    assert times[0].max() < times[1].min() and times[1].max() < times[2].min()


def test_sizes_come_near_their_shares() -> None:
    shuffled = np.random.Generator(np.random.Philox(1)).permutation(100)
    dates = [str(np.datetime64("2024-01-01") + int(day)) for day in shuffled]
    parts = split_time(column(list(dates)), FRACTIONS)
    assert [len(part) for part in parts] == [64, 16, 20]
    assert set(shuffled[parts[2]]) == set(range(80, 100))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["monday", "tuesday", "x"], r"time 't' holds values such as 'monday'; expected dates like 2024-05-31"),
        ([1, 2, None], "time 't' has no value in 1 row, the first is row 3"),
        ([1, 2, 2], "time 't' has 2 times; 3 parts need at least as many"),
    ],
)
def test_what_is_no_time(values: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        split_time(column(values), FRACTIONS)
