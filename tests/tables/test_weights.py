import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.tables import read_table
from chainrule.tables.weights import balanced, row_weights


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (["a", "b"], "weight 'w' holds values such as 'a'; expected numbers of at least 0"),
        ([1, -2], "weight 'w', row 2: expected a number of at least 0, got -2"),
        ([1, None], "weight 'w', row 2: expected a number of at least 0, got nothing"),
        ([0, 0.0], "weight 'w' is 0 in every row"),
    ],
)
def test_what_is_no_weight(values: list[object], message: str) -> None:
    with pytest.raises(DataError, match=message):
        row_weights(read_table({"w": values}).column("w"))


def test_balanced_classes_weigh_the_same() -> None:
    codes, weights = np.array([0, 0, 0, 1, 2, 2]), np.array([1.0, 2, 3, 4, 0, 5])
    for given in (None, weights):
        of_rows = balanced(codes, given, 4)[codes] * (1 if given is None else given)
        np.testing.assert_allclose(np.bincount(codes, of_rows), of_rows.sum() / 3)
    assert balanced(codes, None, 4)[3] == 0
