import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.tables import Column, read_table
from chainrule.tables.encodings import CategoryEncoding, LeftOut, NumberEncoding, fit_encoding


def column(values: list[object]) -> Column:
    return read_table({"x": values}).column("x")


def encoded(encoding: NumberEncoding | CategoryEncoding, values: list[object]) -> list[list[float]]:
    block = np.zeros((len(values), len(encoding.feature_names)), dtype=np.float32)
    encoding.encode(column(values), block)
    return [list(map(float, row)) for row in block]


def test_scale_is_the_interquartile_range_of_a_normal_distribution() -> None:
    values = np.random.Generator(np.random.Philox(1)).normal(50, 3, 20_000)
    values[:100] = 1e6  # outliers that would ruin mean and standard deviation
    encoding = NumberEncoding.fit(Column("x", "number", values))
    assert encoding.median == pytest.approx(50, abs=0.1)
    assert encoding.scale == pytest.approx(3, abs=0.1)


def test_scale_falls_back_to_standard_deviation_then_one() -> None:
    mostly_zero = NumberEncoding.fit(column([0] * 9 + [10]))
    assert (mostly_zero.median, mostly_zero.scale) == (0.0, 3.0)  # variance 10^2/10 - 1^2 = 9
    assert NumberEncoding.fit(column([5, 5, None])).scale == 1.0


def test_missing_numbers_are_the_median_and_a_flag() -> None:
    encoding = NumberEncoding("x", "number", 2.0, 0.5, flagged=True)
    assert encoding.feature_names == ("x", "x (missing)")
    assert encoded(encoding, [3, None]) == [[2.0, 0.0], [0.0, 1.0]]
    assert encoding.notes(column([3, None])) == []


def test_missing_numbers_where_training_had_none() -> None:
    encoding = NumberEncoding("x", "number", 2.0, 0.5, flagged=False)
    assert encoded(encoding, [3, None]) == [[2.0], [0.0]]
    assert encoding.notes(column([3, None])) == ["x: 1 missing, none in training: the median is used"]
    assert encoded(encoding, [None, None]) == [[0.0], [0.0]]


def test_numbers_that_arrive_as_text() -> None:
    encoding = NumberEncoding("x", "number", 0.0, 1.0, flagged=False)
    block = np.zeros((2, 1), dtype=np.float32)
    encoding.encode(Column("x", "category", np.array(["2.5", None], dtype=object)), block)
    assert block.tolist() == [[2.5], [0.0]]
    with pytest.raises(DataError, match=r"column 'x', row 2: expected a number as in training, got '12kg'"):
        encoded(encoding, ["3", "12kg"])
    with pytest.raises(DataError, match="column 'x', row 1: expected a number as in training, got '2021-01-05'"):
        encoded(encoding, ["2021-01-05"])


def test_dates() -> None:
    encoding = fit_encoding(column(["1970-01-02", "1970-01-03", "1970-01-04"]))
    assert isinstance(encoding, NumberEncoding)
    assert (encoding.kind, encoding.median) == ("date", 2.0)
    with pytest.raises(DataError, match="column 'x', row 2: expected a date as in training, got '5'"):
        encoded(encoding, [None, 5])


def test_extreme_numbers_are_refused() -> None:
    with pytest.raises(DataError, match=r"column 'x' spans -1e\+308 to 1e\+308, too far to be scaled"):
        NumberEncoding.fit(column([-1e308, -1e308, 1e308, 1e308]))
    with pytest.raises(DataError, match=r"column 'x', row 2: 1e\+300 is too far from the median 0"):
        encoded(NumberEncoding("x", "number", 0.0, 1.0, flagged=False), [1, 1e300])


def test_categories_are_one_hot_in_sorted_order() -> None:
    encoding = fit_encoding(column(["b", "a", None, "b"]))
    assert encoding.feature_names == ("x=a", "x=b", "x=(missing)", "x=(unknown)")
    assert isinstance(encoding, CategoryEncoding)
    assert encoded(encoding, ["b", None, "a", "zzz"]) == [[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    assert encoding.notes(column(["b", "z", "y", "z"])) == ["x: the unknown slot is used in 3 rows: 'y', 'z'"]


def test_missing_categories_where_training_had_none() -> None:
    encoding = fit_encoding(column(["b", "a"]))
    assert isinstance(encoding, CategoryEncoding)
    assert encoded(encoding, ["a", None]) == [[1, 0, 0], [0, 0, 1]]
    assert encoding.notes(column(["a", None])) == ["x: 1 missing, none in training: the unknown slot is used"]


def test_a_category_may_arrive_as_a_number() -> None:
    encoding = fit_encoding(column(["3", "4", "x", "x"]))
    assert isinstance(encoding, CategoryEncoding)
    assert encoded(encoding, [4, 3]) == [[0, 1, 0, 0], [1, 0, 0, 0]]


def test_many_categories_keep_the_most_frequent() -> None:
    values = [f"often{i:03d}" for i in range(256)] * 3 + [f"rare{i}" for i in range(40)]
    encoding = fit_encoding(column(values))
    assert isinstance(encoding, CategoryEncoding)
    assert encoding.categories == tuple(sorted(f"often{i:03d}" for i in range(256)))
    assert encoding.shared_unknown
    assert encoding.describe() == "one-hot of 256; rare and unknown: one slot"
    assert encoded(encoding, ["rare7"])[0][-1] == 1.0


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
