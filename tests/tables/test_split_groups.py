import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.errors import DataError
from chainrule.tables import Column, read_table
from chainrule.tables.split_groups import split_groups

FRACTIONS = (0.64, 0.16, 0.2)


def column(values: list[object]) -> Column:
    return read_table({"g": values}).column("g")


@settings(max_examples=50, deadline=None)
@given(st.lists(st.integers(0, 12), min_size=3, max_size=80), st.integers(0, 3))
def test_no_group_is_in_two_parts_and_no_row_is_lost(values: list[int], seed: int) -> None:
    if len(set(values)) < 3:
        return
    groups, labels = column([f"g{value}" for value in values]), np.array(values) % 2
    parts = split_groups(groups, labels, FRACTIONS, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(values)))
    assert all(len(part) for part in parts)
    sets = [set(groups.values[part]) for part in parts]
    assert not (sets[0] & sets[1] or sets[0] & sets[2] or sets[1] & sets[2])


def test_sizes_and_classes_come_near_their_shares() -> None:
    random = np.random.Generator(np.random.Philox(2))
    groups = random.integers(0, 300, 3000)
    labels = (random.random(3000) < np.where(groups % 3 == 0, 0.5, 0.05)).astype(np.int64)
    parts = split_groups(Column("g", "number", groups.astype(float)), labels, FRACTIONS)
    np.testing.assert_allclose([len(part) / 3000 for part in parts], FRACTIONS, atol=0.01)
    np.testing.assert_allclose([labels[part].mean() for part in parts], labels.mean(), atol=0.02)


def test_one_large_group_goes_to_training_and_each_part_has_one() -> None:
    parts = split_groups(column(["a"] * 90 + ["b"] * 5 + ["c"]), None, FRACTIONS)
    assert [len(part) for part in parts] == [90, 1, 5]


def test_the_seed_decides() -> None:
    groups = column([f"g{i // 2}" for i in range(60)])
    first, again, other = (split_groups(groups, None, FRACTIONS, seed)[2].tolist() for seed in (0, 0, 1))
    assert first == again != other


def test_rows_without_a_group_are_alone() -> None:
    parts = split_groups(column(["a", "a", None, None]), None, (0.5, 0.25, 0.25))
    assert sorted(len(part) for part in parts) == [1, 1, 2]


@pytest.mark.parametrize("values", [["a"] * 5, ["a", "b"] * 5])
def test_too_few_groups(values: list[object]) -> None:
    count = "1 group" if len(set(values)) == 1 else "2 groups"
    with pytest.raises(DataError, match=f"group 'g' has {count}; 3 parts need at least as many"):
        split_groups(column(values), None, FRACTIONS)
