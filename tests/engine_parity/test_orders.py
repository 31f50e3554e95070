"""The order of the rows in an epoch is NumPy's permutation, bit for bit, whoever makes it."""

import numpy as np
import pytest

from chainrule.engine import native
from chainrule.random import generator


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 8, 9, 255, 256, 257, 1000, 4097, 100_000])
@pytest.mark.parametrize(("seed", "epoch"), [(0, 0), (7, 1), (2**64 - 1, 2**40)])
def test_a_permutation_is_numpys(count, seed, epoch):
    expected = generator(seed, "shuffle", epoch).permutation(count)
    order = native.permutation(seed, "shuffle", epoch, count)
    assert order.dtype == np.int64
    np.testing.assert_array_equal(order, expected)
