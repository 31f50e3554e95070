from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.tables import samples
from chainrule.tables.samples import LossCurve, Sample, loss_curve, penguins, will_i_pass

CLASSES = [
    samples.will_i_pass,
    samples.xor,
    samples.circles,
    samples.moons,
    samples.spirals,
    samples.gaussians,
    samples.checkerboard,
]
NUMBERS = [samples.sine, samples.plane]


@pytest.mark.parametrize("make", [*CLASSES, *NUMBERS])
def test_samples_are_seeded_and_of_the_stated_types(make: Callable[..., Sample]) -> None:
    sample, again, other = make(rows=60, seed=4), make(rows=60, seed=4), make(rows=60, seed=5)
    assert sample.X.dtype == np.float32
    assert sample.X.shape == (60, len(sample.feature_names))
    assert sample.y.shape == (60,)
    assert sample.y.dtype == (np.float32 if make in NUMBERS else np.int64)
    assert sample.description
    np.testing.assert_array_equal(sample.X, again.X)
    np.testing.assert_array_equal(sample.y, again.y)
    assert not np.array_equal(sample.X, other.X)


@pytest.mark.parametrize("make", CLASSES)
def test_classes_are_zero_and_one_and_neither_is_rare(make: Callable[..., Sample]) -> None:
    counts = np.bincount(make().y)
    assert len(counts) == 2
    assert counts.min() > 0.15 * counts.sum()


@pytest.mark.parametrize("make", [*CLASSES, *NUMBERS])
def test_impossible_arguments(make: Callable[..., Sample]) -> None:
    for rows in (0, 1.5, "10", None, True):
        with pytest.raises(ArgumentError, match=f"rows must be an integer >= 1, got {rows!r}"):
            make(rows=rows)
    with pytest.raises(ArgumentError, match="seed must be"):
        make(seed=-1)


def test_impossible_shapes() -> None:
    for noise in (-1, "0.1"):
        with pytest.raises(ArgumentError, match=f"noise and spread must be finite and not negative, got {noise!r}"):
            samples.moons(noise=noise)
    with pytest.raises(ArgumentError, match="classes must be an integer >= 2, got 1"):
        samples.gaussians(classes=1)
    with pytest.raises(ArgumentError, match="cells must be an integer >= 1, got 0"):
        samples.checkerboard(cells=0)


def test_the_question_point_passes_clearly() -> None:
    for seed in range(5):
        sample = will_i_pass(seed=seed)
        near = np.hypot(sample.X[:, 0] - 4, sample.X[:, 1] - 5) < 1.2
        assert near.sum() >= 5
        assert sample.y[near].all()


def test_will_i_pass_has_noise_but_not_much() -> None:
    sample = will_i_pass()
    rule = sample.X[:, 0] + 1.5 * sample.X[:, 1] > 7.5
    assert 0.9 < (rule == sample.y).mean() < 1.0


def descend(curve: LossCurve, rate: float, steps: int = 2000) -> float:
    weight = curve.initial_guess
    for _ in range(steps):
        weight -= rate * curve.gradient(weight)
        if abs(weight) > 1e6:
            break
    return weight


def test_loss_curve_is_what_it_says() -> None:
    curve = loss_curve()
    w = np.linspace(-3, 4, 701)
    numeric = (curve.loss(w + 1e-5) - curve.loss(w - 1e-5)) / 2e-5
    np.testing.assert_allclose(curve.gradient(w), numeric, atol=1e-6)
    assert w[np.argmin(curve.loss(w))] == pytest.approx(curve.true_minimum)
    left = w[w < 0]
    assert left[np.argmin(curve.loss(left))] == pytest.approx(curve.false_minimum)
    assert curve.loss(w).min() > 0


def test_the_rate_decides_where_descent_ends() -> None:
    curve = loss_curve()
    assert descend(curve, curve.small_rate) == pytest.approx(curve.false_minimum)
    assert descend(curve, curve.stable_rate) == pytest.approx(curve.true_minimum)
    assert abs(descend(curve, curve.large_rate)) > 1e6


def test_penguins() -> None:
    table = penguins()
    assert table.rows == 344
    assert sum(int(column.missing.sum()) for column in table) == 19
    assert set(table.column("species").values) == {"Adelie", "Chinstrap", "Gentoo"}


def test_bundled_penguins_equal_the_example() -> None:
    bundled = (resources.files("chainrule.tables") / "data" / "penguins.csv").read_bytes()
    assert bundled == (Path(__file__).parents[2] / "examples" / "penguins.csv").read_bytes()
