import pytest

from chainrule.errors import DataError
from chainrule.tables.encodings import BooleanEncoding, fit_encoding
from tests.tables.encodings.columns import column, encoded


def test_false_is_minus_one_and_true_one() -> None:
    encoding = fit_encoding(column([True, False, None]))
    assert isinstance(encoding, BooleanEncoding)
    assert encoding.feature_names == ("x", "x (missing)")
    assert encoded(encoding, [True, False, None]) == [[1, 0], [-1, 0], [0, 1]]
    assert encoding.describe() == "false -1, true 1; missing: 0 + flag"


@pytest.mark.parametrize("values", [[True, False], ["true", "FALSE"], [1, 0], [1.0, 0.0], ["1", "0"]])
def test_what_means_the_same_is_the_same(values: list[object]) -> None:
    encoding = BooleanEncoding("x", flagged=False)
    assert encoded(encoding, values) == [[1], [-1]]


def test_other_values_are_refused() -> None:
    encoding = BooleanEncoding("x", flagged=False)
    with pytest.raises(DataError, match="column 'x', row 2: expected true or false as in training, got '2'"):
        encoded(encoding, [1, 2])
    with pytest.raises(DataError, match="column 'x', row 2: expected true or false as in training, got 'perhaps'"):
        encoded(encoding, [True, "perhaps"])


def test_missing_where_training_had_none() -> None:
    encoding = fit_encoding(column([True, False]))
    assert encoded(encoding, [None, True]) == [[0], [1]]
    assert encoding.notes(column([None, True])) == ["x: 1 missing, none in training: 0 is used"]
