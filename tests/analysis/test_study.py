"""A study that is shared: by resuming it, and by several processes at once."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from optuna.storages.journal import JournalFileSymlinkLock

import chainrule
from chainrule import Sequential, analysis
from chainrule.analysis.search import Search
from chainrule.analysis.search_space import SearchSpace
from chainrule.analysis.study import Study
from chainrule.analysis.sweep_problem import Outcome
from chainrule.errors import ArgumentError, FileError
from chainrule.layers import Dense

SPACE = SearchSpace({"learning_rate": (1e-4, 1.0)})


class Line:
    """A problem that needs no training: the score is the rate."""

    monitor, larger_is_better = "val_loss", False

    def __init__(self, at=None):
        self.at, self.done = at, []

    def describe(self):
        return {"rows": 1, "target": "y"}

    def train(self, settings, report):
        if len(self.done) == self.at:
            raise KeyboardInterrupt
        self.done.append(settings["learning_rate"])
        return Outcome("complete", settings["learning_rate"], [settings["learning_rate"]])

    def finish(self, settings):
        return None, {}


def search(storage, trials=6, resume=False, problem=None, **more):
    return Search(problem or Line(), SPACE, trials, storage=str(storage), resume=resume, **more)


@pytest.fixture
def storage(tmp_path):
    return str(tmp_path / "study.journal")


@pytest.mark.parametrize("form", ["{}/study.journal", "sqlite:///{}/study.db"])
def test_a_study_is_gone_on_with_and_its_trials_are_of_the_whole(form, tmp_path):
    storage = form.format(tmp_path)
    first = search(storage, trials=3)
    first.run(jobs=1)
    problem = Line()
    again = search(storage, trials=5, resume=True, problem=problem)
    again.run(jobs=1)
    assert len(problem.done) == 2  # three of five were done
    assert [t.number for t in again.study.results()] == [0, 1, 2, 3, 4]
    more = Line()
    search(storage, trials=5, resume=True, problem=more).run(jobs=1)
    assert not more.done


def test_a_line_that_a_kill_has_torn_is_done_again(storage):
    search(storage, trials=3).run(jobs=1)
    whole = Path(storage).read_bytes()
    Path(storage).write_bytes(whole[: len(whole) - 7])
    problem = Line()
    again = search(storage, trials=4, resume=True, problem=problem)
    again.run(jobs=1)
    assert [t.state for t in again.study.results()].count("complete") >= 3
    assert all(json.loads(line) for line in Path(storage).read_text().splitlines())


def test_a_damaged_study_is_said_to_be_damaged(storage):
    search(storage, trials=3).run(jobs=1)
    first, *rest = Path(storage).read_bytes().splitlines(keepends=True)
    Path(storage).write_bytes(b"".join([first, b"{oh\n", *rest]))
    with pytest.raises(FileError, match=r"can't use the study .*: Expecting property name"):
        search(storage, trials=4, resume=True)


def test_a_trial_is_running_until_it_has_its_score(storage, monkeypatch):
    first, seen = search(storage, trials=1), []
    other = search(storage, trials=1, resume=True).study
    tell = first.study._study.tell

    def watched(*arguments, **named):
        seen.extend(other.results())
        tell(*arguments, **named)
        seen.extend(other.results())

    monkeypatch.setattr(first.study._study, "tell", watched)
    first.run(jobs=1)
    assert [(trial.state, trial.score is None) for trial in seen] == [("running", True), ("complete", False)]


def test_a_study_that_is_there_needs_resume_and_the_same_settings(storage):
    search(storage).run(jobs=1)
    with pytest.raises(FileError, match="holds a study already; resume it, or name another storage"):
        search(storage)
    other = SearchSpace({"learning_rate": (1e-3, 1.0)})
    with pytest.raises(ArgumentError, match=r"learning_rate is 0.0001..1 there and 0.001..1 here"):
        Search(Line(), other, 6, storage=storage, resume=True)


def test_a_study_that_nobody_has_said_anything_of_is_taken_up_unless_there_are_trials(storage, monkeypatch):
    monkeypatch.setattr("chainrule.analysis.study.WAIT", 0.0)
    with monkeypatch.context() as context:
        context.setattr(Study, "_agree", lambda self, about: None)
        search(storage)
    search(storage, resume=True).run(jobs=1)
    with pytest.raises(ArgumentError, match="score is not given there and 1 here; give the same, or begin another"):
        Search(Line(), SearchSpace({**SPACE.entries, "score": [1]}), 6, storage=storage, resume=True)
    foreign = f"{storage}.2"
    with monkeypatch.context() as context:
        context.setattr(Study, "_agree", lambda self, about: None)
        search(foreign).run(jobs=1)
    with pytest.raises(ArgumentError, match="does not say what it is about; begin another one"):
        search(foreign, resume=True)


def test_arrays_that_are_others_are_another_study(storage):
    def build():
        model = Sequential([Dense(1)], seed=0)
        model.compile("adam", "mse")
        return model

    x, y = np.arange(20.0)[:, None], np.arange(20.0).astype(object)
    given = {"space": {"epochs": [1, 2]}, "build": build, "trials": 2, "jobs": 1, "storage": storage}
    analysis.sweep((x, y), **given)
    assert len(analysis.sweep((x, y), **given, resume=True).trials) == 2
    with pytest.raises(ArgumentError, match="seed is 0 there and 1 here"):
        analysis.sweep((x, y), **given, resume=True, seed=1)
    with pytest.raises(ArgumentError, match="digest of X and y is "):
        analysis.sweep((x, y + 1), **given, resume=True)


def test_ctrl_c_waits_until_what_belongs_together_is_written(storage, monkeypatch):
    begun, inside = search(storage), JournalFileSymlinkLock.release
    claim, pressed = begun.study.claim(), []

    def release(self):
        if not pressed:
            pressed.append(True)
            signal.raise_signal(signal.SIGINT)
        inside(self)

    with monkeypatch.context() as context:
        context.setattr(JournalFileSymlinkLock, "release", release)
        with pytest.raises(KeyboardInterrupt):
            claim.tell("complete", 0.5, [0.5], 0.1)
    assert [(trial.state, trial.score) for trial in search(storage, resume=True).study.results()] == [("complete", 0.5)]
    assert [path.name for path in Path(storage).parent.iterdir()] == ["study.journal"]


def test_an_interrupted_trial_is_done_again_with_its_settings(storage):
    stopped = search(storage, problem=Line(at=2))
    with pytest.raises(KeyboardInterrupt):
        stopped.run(jobs=1)
    assert len(stopped.study.results()) == 2
    lost = [t for t in stopped.study._study.get_trials() if t.user_attrs.get("lost")]
    problem = Line()
    again = search(storage, resume=True, problem=problem)
    again.run(jobs=1)
    assert len(problem.done) == 4 and len([t for t in again.study.results() if t.state == "complete"]) == 6
    assert problem.done[0] == pytest.approx(lost[0].params["learning_rate"], rel=0.01)


def test_what_a_killed_process_left_is_done_again_and_what_is_alive_is_left_alone(tmp_path):
    path = str(tmp_path / "journal")
    about = {**SPACE.describe(), **Line().describe()}
    program = (
        "import os, signal, sys, json\n"
        "from chainrule.analysis.study import Study\n"
        "from chainrule.analysis.search_space import SearchSpace\n"
        "space = SearchSpace({'learning_rate': (1e-4, 1.0)})\n"
        "Study(sys.argv[1], False, json.loads(sys.argv[2]), space, 4, False).claim()\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, path, json.dumps(about)], check=False)
    assert killed.returncode == -signal.SIGKILL
    mine = Study(path, True, about, SPACE, 4, False)
    claim = mine.claim()
    problem = Line()
    search(path, trials=4, resume=True, problem=problem).run(jobs=1)
    assert len(problem.done) == 3  # the lost one and two more; this process still has the fourth
    claim.tell("complete", 0.5, [0.5], 0.1)
    assert len([t for t in mine.results() if t.state == "complete"]) == 4
    assert mine.claim() is None


def test_a_study_in_memory_can_be_kept(tmp_path):
    begun = Search(Line(at=2), SPACE, 5)
    with pytest.raises(KeyboardInterrupt):
        begun.run(jobs=1)
    begun.study.copy_to(tmp_path / "kept")
    problem = Line()
    again = search(tmp_path / "kept", trials=5, resume=True, problem=problem)
    again.run(jobs=1)
    assert len(problem.done) == 3 and len(again.study.results()) == 5


def test_a_grid_is_gone_through_once_by_several(tmp_path):
    space = SearchSpace({"learning_rate": [0.1, 0.2, 0.3], "units": [1, 2]})
    given = {"trials": 4, "sampler": "grid", "storage": str(tmp_path / "journal"), "resume": True}
    searches = [Search(Line(), space, **given) for _ in range(2)]
    claims = [searches[i % 2].study.claim() for i in range(6)]
    assert claims[4:] == [None, None]
    claims[1].give_back()
    more = Search(Line(), space, **{**given, "trials": 6})
    claims[1] = more.study.claim()
    claims[4:] = [more.study.claim(), more.study.claim()]
    assert more.study.claim() is None
    tried = {(c.settings["learning_rate"], c.settings["units"]) for c in claims}
    assert len(tried) == 6


def test_two_processes_share_a_study_and_the_best_model_predicts(tmp_path):
    """Show 2 of sweeps: every trial done once, whoever begins first."""
    random = np.random.default_rng(0)
    bill, mass = random.normal(44, 5, 120), random.normal(4.2, 0.8, 120)
    kinds = np.where(bill < 42, "Adelie", np.where(mass > 4.5, "Gentoo", "Chinstrap"))
    lines = [f"{b:.1f},{m:.2f},{kind}\n" for b, m, kind in zip(bill, mass, kinds, strict=True)]
    (tmp_path / "penguins.csv").write_text("bill,mass,species\n" + "".join(lines))
    command = [sys.executable, "-W", "error", "-m", "chainrule", "sweep", "penguins.csv", "--target", "species"]
    command += [
        "--trials",
        "8",
        "--epochs",
        "6",
        "--hidden",
        "8|16",
        "--learning-rate",
        "1e-3..0.3",
        "--pruner",
        "none",
    ]
    command += ["--jobs", "1", "--storage", "study.journal", "--resume", "--json"]
    source = str(Path(chainrule.__file__).parents[1])
    environment = {**os.environ, "PYTHONPATH": source}
    both = [
        subprocess.Popen(
            [*command, "--out", f"{name}.safetensors"],
            cwd=tmp_path,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for name in ("one", "two")
    ]
    results = []
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        results.append(json.loads(out))
    trials = max((result["trials"] for result in results), key=lambda t: sum(x["state"] == "complete" for x in t))
    assert sorted(t["number"] for t in trials) == list(range(8))
    assert all(t["state"] == "complete" for t in trials)
    space = {"learning_rate": (1e-3, 0.3), "hidden": [(8,), (16,)]}
    whole = analysis.sweep(
        tmp_path / "penguins.csv", space, "species", trials=8, epochs=6, storage=tmp_path / "study.journal", resume=True
    )
    assert len(whole.trials) == 8 and whole.best.score == min(t["score"] for t in trials)
    model = chainrule.load(tmp_path / "one.safetensors")
    assert set(model.predict(tmp_path / "penguins.csv")) <= {"Adelie", "Chinstrap", "Gentoo"}
