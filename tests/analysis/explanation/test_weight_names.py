import numpy as np
import pytest

from chainrule import Variable
from chainrule.analysis.explanation.weight_names import find_weight
from chainrule.errors import ArgumentError, UnknownNameError

WEIGHTS = [("dense_1/kernel", Variable(np.zeros((2, 3)))), ("scale_1/factor", Variable(1.0))]


@pytest.mark.parametrize(
    ("given", "name", "index"),
    [
        ("dense_1/kernel[1, 2]", "dense_1/kernel[1, 2]", (1, 2)),
        (" dense_1/kernel [ 1,-1 ] ", "dense_1/kernel[1, 2]", (1, 2)),
        ("scale_1/factor", "scale_1/factor", ()),
        ("scale_1/factor[]", "scale_1/factor", ()),
    ],
)
def test_names(given, name, index):
    assert find_weight(given, WEIGHTS)[::2] == (name, index)


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("dense_1/kernel", ArgumentError, r"shape \(2, 3\); name one weight of it, such as dense_1/kernel\[0, 0\]"),
        ("dense_1/kernel[1]", ArgumentError, "name one weight"),
        ("dense_1/kernel[a, b]", ArgumentError, "name one weight"),
        ("dense_1/kernel[0, 3]", ArgumentError, "outside of dense_1/kernel, whose places are 0 to 1, 0 to 2"),
        ("dense_1/kernel[0, -4]", ArgumentError, "outside"),
        ("dens_1/kernel[0, 0]", UnknownNameError, "did you mean 'dense_1/kernel'"),
        ("dense_1/kernel[0", ArgumentError, "is named like"),
        (7, ArgumentError, "is named like"),
    ],
)
def test_errors(given, error, message):
    with pytest.raises(error, match=message):
        find_weight(given, WEIGHTS)
