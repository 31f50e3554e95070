import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.errors import ArgumentError, DataError
from chainrule.random import generator
from chainrule.tables import split_rows, split_validation

labels_strategy = st.lists(st.integers(0, 4), min_size=5, max_size=300)


@given(labels_strategy, st.integers(0, 2**64 - 1))
def test_parts_are_disjoint_complete_sorted_and_of_exact_size(labels: list[int], seed: int) -> None:
    rows = len(labels)
    parts = split_rows(np.array(labels), rows, seed=seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(rows))
    assert [len(part) for part in parts] == [len(part) for part in split_rows(None, rows)]
    for part, share in zip(parts, (0.64, 0.16, 0.20), strict=True):
        assert (np.diff(part) > 0).all()
        assert abs(len(part) - share * rows) < 1


@given(labels_strategy)
def test_every_class_has_its_share_in_every_part(labels: list[int]) -> None:
    codes = np.array(labels)
    parts = split_rows(codes, len(codes))
    sizes = [len(part) for part in parts]
    for code in np.unique(codes):
        size = int((codes == code).sum())
        found = [int((codes[part] == code).sum()) for part in parts]
        classes = len(np.unique(codes))
        assert found[0] >= 1 or classes > sizes[0]
        assert min(found) >= 1 or classes > min(sizes) or size < 3
        for count, part_size in zip(found, sizes, strict=True):
            assert abs(count - size * part_size / len(codes)) <= 4  # 2 by rounding, the rest exchanged


def test_rounding_alone_is_within_two_rows() -> None:
    codes = np.repeat(np.arange(7), [500, 300, 100, 50, 33, 21, 10])
    parts = split_rows(codes, len(codes))
    for code, size in enumerate(np.bincount(codes)):
        for part, share in zip(parts, (0.64, 0.16, 0.2), strict=True):
            assert abs((codes[part] == code).sum() - share * size) < 2


def test_the_seed_decides_and_nothing_else_does() -> None:
    codes = np.arange(100) % 3
    first = split_rows(codes, 100, seed=1)
    np.random.seed(5)  # noqa: NPY002  (the global state must not matter)
    assert all(np.array_equal(a, b) for a, b in zip(first, split_rows(codes, 100, seed=1), strict=True))
    assert not np.array_equal(first[0], split_rows(codes, 100, seed=2)[0])


def test_sizes_by_largest_remainder() -> None:
    assert [len(part) for part in split_rows(None, 344)] == [220, 55, 69]
    assert [len(part) for part in split_rows(None, 10, (0.5, 0.25, 0.25))] == [5, 3, 2]
    assert [len(part) for part in split_rows(None, 100, (0.7, 0.2, 0.1))] == [70, 20, 10]
    assert [len(part) for part in split_rows(None, 3)] == [1, 1, 1]
    assert [len(part) for part in split_validation(None, 4, 0.01)] == [3, 1]


def test_a_rare_class_reaches_every_part_and_a_single_row_trains() -> None:
    codes = np.zeros(100, dtype=int)
    codes[[10, 20, 30]] = 1
    codes[50] = 2
    for seed in range(10):
        parts = split_rows(codes, 100, seed=seed)
        assert [int((codes[part] == 1).sum()) for part in parts] == [1, 1, 1]
        assert 50 in parts[0]


@given(labels_strategy, st.floats(0.1, 0.5))
def test_validation_split(labels: list[int], fraction: float) -> None:
    rows = len(labels)
    train, validation = split_validation(labels, rows, fraction, seed=3)
    assert sorted([*train, *validation]) == list(range(rows))
    assert abs(len(validation) - fraction * rows) < 1


def test_too_few_rows() -> None:
    with pytest.raises(DataError, match="2 rows can't be split into 3 parts; expected at least one row for each"):
        split_rows(None, 2)
    with pytest.raises(DataError, match="1 row can't be split into 2 parts"):
        split_validation(None, 1, 0.5)


@pytest.mark.parametrize(
    "fractions", [(0.5, 0.5), (0.5, 0.5, 0.5), (1.2, -0.4, 0.2), (0.5, 0.5, 0.0), (np.nan, 0.5, 0.5)]
)
def test_bad_fractions(fractions: tuple[float, ...]) -> None:
    with pytest.raises(ArgumentError, match="three numbers above 0 that sum to 1, got"):
        split_rows(None, 100, fractions)


@pytest.mark.parametrize("fraction", [0, 1, -0.1, 1.5, float("nan")])
def test_bad_validation_fraction(fraction: float) -> None:
    with pytest.raises(ArgumentError, match="validation fraction must be above 0 and below 1"):
        split_validation(None, 10, fraction)


@pytest.mark.parametrize("labels", [[0, 1], [0.5] * 10, [[0]] * 10])
def test_bad_labels(labels: list[object]) -> None:
    with pytest.raises(ArgumentError, match="labels must be 10 integer class codes, got"):
        split_rows(labels, 10)
    with pytest.raises(ArgumentError, match="seed must be an integer"):
        split_rows(None, 10, seed=-1)


@pytest.mark.parametrize(("dtype", "first"), [("int8", -128), ("int64", -(2**63)), ("uint64", 2**64 - 5), ("int64", 0)])
@pytest.mark.parametrize("apart", [1, 49, 1000])
def test_only_the_order_of_codes_counts_not_where_they_lie_or_how_far_apart(dtype, first, apart):
    codes = generator(0, "check").integers(0, 5, 200)
    apart = 1 if first == 2**64 - 5 else min(apart, 60) if dtype == "int8" else apart
    spread = np.array([first + apart * code for code in codes.tolist()], dtype)
    for part, other in zip(split_rows(codes, 200), split_rows(spread, 200), strict=True):
        np.testing.assert_array_equal(part, other)
