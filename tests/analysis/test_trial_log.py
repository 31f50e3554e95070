"""The trials of a sweep as lines of a file."""

import json
from pathlib import Path

import pytest

from chainrule.analysis.study import Trial
from chainrule.analysis.trial_log import TrialLog


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_a_trial_is_written_once_when_it_has_ended(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_text("of a sweep before\n")
    log = TrialLog(path)
    done = Trial(0, {"hidden": (8, 4), "activation": "relu"}, "complete", 0.25, [0.5, 0.25], 1.5)
    log.update([done, Trial(1, {"hidden": ()}, "running")])
    log.update([done, Trial(1, {"hidden": ()}, "diverged", None, [0.5, float("nan")], 0.5, "numbers went wrong")])
    log.update([done])
    assert lines(path) == [
        {
            "number": 0, "settings": {"hidden": [8, 4], "activation": "relu"}, "state": "complete", "score": 0.25,
            "curve": [0.5, 0.25], "seconds": 1.5, "reason": "",
        },
        {
            "number": 1, "settings": {"hidden": []}, "state": "diverged", "score": None, "curve": [0.5, None],
            "seconds": 0.5, "reason": "numbers went wrong",
        },
    ]  # fmt: skip


def test_what_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    log = TrialLog(tmp_path / "trials.jsonl")
    log.path.unlink()
    log.path.mkdir()
    with pytest.warns(RuntimeWarning, match=r"trials\.jsonl: nothing more is written, the sweep goes on: Is a direc"):
        log.update([Trial(0, {}, "complete", 0.5)])
    log.update([Trial(1, {}, "complete", 0.5)])
