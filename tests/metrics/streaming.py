"""Random sets of examples cut into random batches, for comparing a stream with the whole."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st

FLOAT64 = 1e-12
FLOAT32 = 1e-6  # where scikit-learn itself computes in float32
quick = settings(max_examples=30, deadline=None)


@dataclass(frozen=True)
class Stream:
    random: np.random.Generator
    n: int
    cuts: list[int]
    weights: np.ndarray | None

    def feed(self, metric, y_true, y_pred):
        """Reset, give the batches one after the other, and return the metric's value."""
        metric.reset_state()
        edges = [0, *self.cuts, self.n]
        for start, stop in pairwise(edges):
            weights = None if self.weights is None else self.weights[start:stop]
            metric.update_state(y_true[start:stop], y_pred[start:stop], weights)
        return metric.result()

    def binary(self):
        """Return labels, of which both occur, and probabilities with ties."""
        labels = self.random.integers(0, 2, self.n)
        labels[:2] = 0, 1
        return labels, self.random.integers(0, 11, self.n) / 10

    def classes(self, k, decimals=1):
        """Return class numbers, of which all occur, and probabilities of k classes."""
        labels = self.random.integers(0, k, self.n)
        labels[:k] = np.arange(k)
        return labels, self.random.dirichlet(np.ones(k), self.n).round(decimals)


@st.composite
def streams(draw, smallest=4):
    n = draw(st.integers(smallest, 40))
    cuts = sorted(draw(st.lists(st.integers(0, n), max_size=6)))  # equal cuts: empty batches
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    weights = None
    if draw(st.booleans()):
        weights = random.integers(0, 4, n) * random.random(n)
        weights[:smallest] = 0.5 + random.random(smallest)
    return Stream(random, n, cuts, weights)


def close(value, expected, tolerance=FLOAT64):
    np.testing.assert_allclose(value, expected, rtol=tolerance, atol=tolerance)
