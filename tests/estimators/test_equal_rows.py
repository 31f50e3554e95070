import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.estimators.equal_rows import merge_equal_rows
from chainrule.tables import read_table

TABLE = read_table({"x": [3.0, 1.0, None, 1.0, 3.0, None], "club": ["a", "b", None, "b", "a", "c"]})
ANSWERS = np.array([0, 1, 1, 1, 1, 1])


def merged(table, answers, weights=None):
    rows, merged_weights = merge_equal_rows(table, answers, weights)
    kept = table.take(rows)
    values = [*zip(kept.column("x").values.tolist(), kept.column("club").values, answers[rows].tolist(), strict=True)]
    return [str(value) for value in values], merged_weights


def test_the_order_and_repetition_of_rows_do_not_matter():
    rows, weights = merged(TABLE, ANSWERS)
    assert len(rows) == 5
    assert weights.tolist() == [2, 1, 1, 1, 1]
    order = np.array([4, 2, 1, 0, 5, 3])
    again, same = merged(TABLE.take(order), ANSWERS[order])
    assert again == rows
    assert same.tolist() == weights.tolist()


def test_a_weight_is_a_repetition():
    repeats = np.array([2, 0, 3, 1, 1, 4])
    rows, weights = merged(TABLE, ANSWERS, repeats.astype(float))
    order = np.repeat(np.arange(6), repeats)
    again, same = merged(TABLE.take(order), ANSWERS[order])
    assert again == rows
    assert same.tolist() == weights.tolist()


def test_without_equal_rows_there_are_no_weights():
    table = read_table({"x": [3.0, 1.0, 2.0]})
    rows, weights = merge_equal_rows(table, np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0]]), None)
    assert (rows.tolist(), weights) == ([1, 2, 0], None)


def test_no_row_at_all_is_an_error():
    with pytest.raises(DataError, match="sample_weight is zero in every row"):
        merge_equal_rows(TABLE, ANSWERS, np.zeros(6))
