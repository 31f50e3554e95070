import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.tables import Column
from chainrule.tables.encodings import NumberEncoding
from chainrule.tables.state import StateReader
from tests.tables.encodings.columns import column, encoded


def test_scale_is_the_interquartile_range_of_a_normal_distribution() -> None:
    values = np.random.Generator(np.random.Philox(1)).normal(50, 3, 20_000)
    values[:100] = 1e6  # outliers that would ruin mean and standard deviation
    encoding = NumberEncoding.fit(Column("x", "number", values))
    assert encoding.median == pytest.approx(50, abs=0.1)
    assert encoding.scale == pytest.approx(3, abs=0.1)


def test_scale_falls_back_to_the_distance_of_the_others_then_one() -> None:
    mostly_zero = NumberEncoding.fit(column([0] * 17 + [-4, 5, 1e12]))
    assert (mostly_zero.median, mostly_zero.scale) == (0.0, 5.0)
    assert NumberEncoding.fit(column([5, 5, None])).scale == 1.0


@pytest.mark.parametrize(("median", "words"), [(2.0, "(x - 2) / 0.5"), (-121.59, "(x + 121.59) / 0.5")])
def test_the_treatment_in_words(median: float, words: str) -> None:
    assert NumberEncoding("x", "number", median, 0.5, flagged=False).describe() == words


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


def test_extreme_numbers_are_refused() -> None:
    with pytest.raises(DataError, match=r"column 'x' spans -1e\+308 to 1e\+308, too far to be scaled"):
        NumberEncoding.fit(column([-1e308, -1e308, 1e308, 1e308]))
    with pytest.raises(DataError, match=r"column 'x', row 2: 1e\+300 is too far from the median 0"):
        encoded(NumberEncoding("x", "number", 0.0, 1.0, flagged=False), [1, 1e300])


def test_far_values_are_bent_smoothly_and_keep_their_order() -> None:
    encoding = NumberEncoding.fit(column(list(range(101))))
    assert encoding.limit == 3.0
    values = [float(row[0]) for row in encoded(encoding, [50, 50.001, 80, 150, 1000, 1e300, -1e300])]
    assert values[0] == 0
    assert values[1] == pytest.approx(0.001 / encoding.scale, rel=1e-3)
    assert values[2:6] == sorted(values[2:6])
    assert values[2] < values[3] < values[4] <= values[5] == pytest.approx(3)
    assert values[6] == pytest.approx(-3)
    z = 30 / encoding.scale
    assert values[2] == pytest.approx(z / (1 + (z / 3) ** 2) ** 0.5, rel=1e-6)


def test_truth_values_may_stand_for_0_and_1() -> None:
    encoding = NumberEncoding("x", "number", 0.0, 1.0, flagged=False)
    assert encoded(encoding, [True, False]) == [[1.0], [0.0]]


def test_a_column_that_is_called_numeric_may_hold_words() -> None:
    encoding = NumberEncoding.fit(column([1, 2, 3, "unknown"]), lenient=True)
    assert (encoding.median, encoding.flagged) == (2.0, True)
    assert encoded(encoding, [2, "some", None]) == [[0, 0], [0, 1], [0, 1]]
    assert encoding.notes(column([2, "some", None])) == ["x: 1 that are no numbers count as missing: 'some'"]
    with pytest.raises(DataError, match="'x' was called numeric, but no value of it is a number; it holds 'a', 'b'"):
        NumberEncoding.fit(column(["a", "b"]), lenient=True)


def test_a_state_of_version_0_1_is_read_as_it_was() -> None:
    state = {"kind": "date", "median": 2.0, "scale": 0.5, "flagged": True}
    encoding = NumberEncoding.from_state("x", StateReader(state, "x"))
    assert encoding == NumberEncoding("x", "date", 2.0, 0.5, True, limit=None, lenient=False)
    assert encoded(encoding, ["1970-02-02", None]) == [[60.0, 0.0], [0.0, 1.0]]
    with pytest.raises(DataError, match="column 'x', row 2: expected a date as in training, got '5'"):
        encoded(encoding, [None, 5])
