"""The largest paths against all paths, listed one by one."""

from itertools import pairwise

import numpy as np
import pytest

from chainrule import analysis
from chainrule.analysis.explanation.jacobians import LocalJacobian
from chainrule.analysis.explanation.paths import largest_paths
from chainrule.layers import Dense, LayerNormalization
from chainrule.random import generator
from tests.analysis.explanation.networks import every_path, network, numbers


@pytest.mark.parametrize("count", [1, 3, 10])
def test_largest_paths_of_a_network_among_all(count):
    model = network(Dense(3, activation="tanh"), LayerNormalization(), Dense(3, activation="softmax"), Dense(2))
    found = analysis.explain_gradient(
        model, numbers(3), numbers(2, seed=2), "dense_1/kernel[1, 2]", loss="mse", paths=count
    )
    every = every_path(found)
    expected = sorted(every.values(), key=abs, reverse=True)
    assert found.path_count == len(every) == 3 * 3 * 3 * 2
    ours = [path.contribution for path in found.paths]
    np.testing.assert_allclose(ours, expected[:count], rtol=1e-6)  # of the differences that `every_path` takes
    units = [tuple(place.unit for place in path.places) for path in found.paths]
    np.testing.assert_allclose([every[path] for path in units], ours, rtol=1e-6)
    assert found.remainder == pytest.approx(sum(expected[count:]), abs=1e-9)


def all_paths(start, matrices, slopes):
    paths = [((i,), value) for i, value in enumerate(start) if value]
    for matrix in matrices:
        paths = [((*p, j), v * matrix[j, p[-1]]) for p, v in paths for j in range(len(matrix)) if matrix[j, p[-1]]]
    return {path: value * slopes[path[-1]] for path, value in paths if slopes[path[-1]]}


@pytest.mark.parametrize("seed", range(20))
def test_random_stages_with_holes(seed):
    draw = generator(seed, "sample")
    widths = draw.integers(1, 7, size=4)
    matrices = [draw.normal(size=(b, a)) * (draw.random((b, a)) < 0.7) for a, b in pairwise(widths)]
    start, slopes = draw.normal(size=widths[0]) * (draw.random(widths[0]) < 0.6), draw.normal(size=widths[-1])
    start[0] = 1.0
    every = all_paths(start, matrices, slopes)
    jacobians = [LocalJacobian(m[None], np.arange(m.shape[0])[None], np.arange(m.shape[1])[None]) for m in matrices]
    nodes = np.flatnonzero(start)
    found, count = largest_paths([(nodes, start[nodes]), None, None, None], [None, *jacobians], slopes, k=4)
    assert count == len(every)
    expected = sorted(map(abs, every.values()), reverse=True)[:4]
    if every:
        assert [abs(every[path.nodes]) for path in found] == pytest.approx(expected)


def test_a_weight_that_enters_at_two_stages():
    """The paths from both places compete, also at the unit where the later ones start."""
    ones = LocalJacobian(np.array([[[2.0, 1.0], [1.0, 3.0]]]), np.array([[0, 1]]), np.array([[0, 1]]))
    first, second = (np.array([0]), np.array([1.0])), (np.array([0, 1]), np.array([5.0, 0.5]))
    found, count = largest_paths([first, second], [None, ones], np.array([1.0, 1.0]), k=3)
    assert count == 4
    assert [(path.start, path.nodes) for path in found] == [(1, (0,)), (0, (0, 0)), (0, (0, 1))]
    (best,), _ = largest_paths([first, second], [None, ones], np.array([1.0, 1.0]), k=1)
    assert (best.start, best.nodes) == (1, (0,))


def test_blocks_beside_each_other():
    blocks = LocalJacobian(np.array([[[2.0]], [[-3.0]]]), np.array([[1], [0]]), np.array([[0], [1]]))
    found, _ = largest_paths(
        [(np.array([0, 1]), np.array([1.0, 1.0])), None], [None, blocks], np.array([1.0, 1.0]), k=2
    )
    assert [path.nodes for path in found] == [(1, 0), (0, 1)]
