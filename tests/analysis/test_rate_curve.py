"""The lines of the rate curve: bars tell small differences from large ones."""

import pytest

from chainrule.analysis.rate_curve import BAR, rate_lines
from chainrule.analysis.study import Trial


def bars(scores, larger_is_better):
    """Return the lengths of the bars of rates a decade apart, in characters."""
    trials = [Trial(i, {"learning_rate": 10.0**-i}, "complete", score) for i, score in enumerate(scores)]
    head, *lines = rate_lines(trials, larger_is_better, "score")
    assert ("a longer bar is better" in head) == any(set(line) & set("█▏▎▍▌▋▊▉") for line in lines)
    found = [line for line in reversed(lines) if "none" not in line]
    return [
        sum(line.count(part) * size for part, size in zip("█▉▊▋▌▍▎▏", range(8, 0, -1), strict=True)) / 8
        for line in found
    ]


def test_a_bar_half_as_long_is_half_as_good():
    assert bars([0.3, 0.6, 0.301, 1000.0], larger_is_better=False) == [BAR, BAR / 2, BAR - 1 / 8, 1 / 8]
    assert bars([0.8, 0.4, 0.799, -3.0], larger_is_better=True) == [BAR, BAR / 2, BAR, 1 / 8]


@pytest.mark.parametrize("larger", [False, True])
def test_without_a_score_above_0_there_are_no_bars(larger):
    assert bars([-0.1, -5.0, -0.2], larger_is_better=larger) == [0, 0, 0]
    assert bars([0.0, 0.5] if not larger else [0.0, -0.5], larger_is_better=larger) == [0, 0]
