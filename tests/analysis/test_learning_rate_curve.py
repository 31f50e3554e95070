"""LearningRateCurve: regions, suggestion, and how they are drawn."""

import json

import numpy as np
import pytest

from chainrule.analysis import LearningRateCurve
from chainrule.analysis.learning_rate_text import rate_text

RATES = np.geomspace(1e-6, 1.0, 181)


def curve(noise=0.0, seed=0, **options):
    """A loss that falls from 1 to about 0.2 at rates from 1e-4 to 1e-2, and has risen by half of it at 0.1."""
    fall = 0.8 / (1 + (1e-3 / RATES) ** 1.5)
    losses = 1.0 - fall + 0.4 * (RATES / 0.1) ** 2 + noise * np.random.default_rng(seed).normal(size=len(RATES))
    losses = losses[: np.flatnonzero(losses < 20)[-1] + 1]
    settings = {"start": 1.0, "max_lr": 1.0, "diverged": len(losses) < len(RATES)} | options
    return LearningRateCurve(RATES[: len(losses)], losses, **settings)


def test_regions_join_and_the_suggestion_is_a_third_of_where_it_diverges():
    found = curve()
    small, good, bad = (found.regions[name] for name in ("too small", "good", "diverging"))
    assert (small[0], small[1], good[1], bad[1]) == (1e-6, good[0], bad[0], 1.0)
    assert 1e-4 < small[1] < 5e-4
    assert 0.04 < bad[0] < 0.1
    assert found.suggestion == bad[0] / 3


@pytest.mark.parametrize("seed", range(5))
def test_noise_hardly_moves_them(seed):
    quiet, noisy = curve(), curve(noise=0.1, seed=seed)
    assert abs(np.log10(noisy.suggestion / quiet.suggestion)) < 0.15
    assert abs(np.log10(noisy.regions["too small"][1] / quiet.regions["too small"][1])) < 0.7


def test_a_bump_that_passes_is_not_yet_divergence():
    calm = curve()
    bumped = LearningRateCurve(
        calm.rates,
        calm.losses + 2.0 * (np.abs(np.log10(calm.rates / 0.01)) < 0.1),
        start=1.0,
        max_lr=1.0,
        diverged=False,
    )
    assert bumped.regions["good"][1] == pytest.approx(calm.regions["good"][1], rel=0.3)


def test_noise_alone_is_no_fall():
    for seed in range(20):
        losses = 1.0 + 0.1 * np.random.default_rng(seed).normal(size=len(RATES))
        assert LearningRateCurve(RATES, losses, start=1.0, max_lr=1.0, diverged=False).suggestion is None


def test_losses_below_zero_and_shifted_ones_are_judged_alike():
    found = curve()
    shifted = LearningRateCurve(found.rates, found.losses - 5.0, start=-4.0, max_lr=1.0, diverged=False)
    assert shifted.suggestion == pytest.approx(found.suggestion, rel=0.2)


def test_where_it_was_lost_the_region_goes_on_to_the_last_rate():
    rates = RATES[:100]
    found = LearningRateCurve(rates, np.linspace(1.0, 0.2, 100), start=1.0, max_lr=1.0, diverged=True)
    assert found.regions["diverging"] == (rates[-1], 1.0)
    assert found.suggestion == rates[-1] / 3
    assert found.shown == (1e-6, rates[-1] * 3)


def test_halving():
    found, begun = curve(), curve().suggestion
    found.halve_until(lambda rate: rate < begun / 3)
    assert found.suggestion == begun / 4
    assert "halved 2 times" in found.rule
    never = curve()
    never.halve_until(lambda rate: False)
    assert never.regions["good"][0] <= never.suggestion < 2 * never.regions["good"][0]


@pytest.mark.parametrize("width", [50, 64, 80, 100])
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_the_drawing_keeps_to_its_width_and_names_everything(width, plain, noise):
    found = curve(noise)
    lines = found.lines(width, plain)
    assert max(map(len, lines)) <= width
    text = "\n".join(lines)
    for word in ("loss", "too small", "good", "diverging", f"suggestion {rate_text(found.suggestion)}", "1e-5", "rule"):
        assert word in text
    assert text.isascii() == plain
    assert all(line == line.rstrip() for line in lines)


def test_str_is_the_drawing_of_80_columns():
    assert str(curve()) == "\n".join(curve().lines(80))


def test_the_drawing_goes_down_then_up():
    rows = [line.partition("│")[2] or line.partition("┤")[2] for line in curve().lines()[1:13]]
    heights = {}
    for i, row in enumerate(rows):
        for column, mark in enumerate(row):
            if mark not in " ┊":
                heights.setdefault(column, i)
    left, lowest, right = heights[0], max(heights.values()), heights[max(heights)]
    assert (lowest, right) == (11, 0)
    assert 1 < left < 6
    assert set(range(max(heights) + 1)) == set(heights)  # without a gap


def test_data_and_picture(tmp_path):
    found = curve(0.05)
    data = json.loads(json.dumps(found.as_dict()))
    assert data["suggestion"] == found.suggestion
    assert data["smoothed"] == found.smoothed.tolist()
    figure = found.plot()
    (axes,) = figure.axes
    assert axes.get_xscale() == "log"
    assert {text.get_text() for text in axes.texts} == {"too small", "good", "diverging"}
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == ["loss after each step", "smoothed", f"suggestion {rate_text(found.suggestion)}"]
    figure.savefig(tmp_path / "curve.svg")
    assert (tmp_path / "curve.svg").stat().st_size > 5000
