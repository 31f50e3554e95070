"""``chainrule sweep --run``: what a sweep leaves in its folder, and how it goes on after whatever stopped it."""

import shlex
import shutil
from pathlib import Path

import pytest

from chainrule.analysis import study, trial_log
from chainrule.analysis.sweep_problem import TableProblem
from chainrule.cli import trials as trials_module
from chainrule.training import run_folder
from chainrule.training.run_folder import RunFolder
from tests.cli.conftest import PENGUINS

LONG = 300 * "a"
RUN = ["sweep", "penguins.csv", "--target", "species", "--epochs", "3", "--jobs", "1", "--run", "runs/a"]
LEFT = {"settings.json", "environment.json", "trials.jsonl", "study.journal", "rates.svg", "model.safetensors"}


def test_a_run_folder_holds_what_a_sweep_leaves(run):
    words = [*RUN, "--trials", "4", "--learning-rate", "1e-3..1e-1", "--hidden", "4|8,8", "--seed", "3"]
    done = run(*words)
    assert (done.code, done.err) == (0, "")
    folder = RunFolder("runs/a")
    assert {path.name for path in folder.path.iterdir()} == LEFT
    assert {path.name for path in Path().iterdir()} == {"penguins.csv", "runs"}
    settings = folder.settings()
    assert (settings["file"], settings["target"], settings["trials"]) == ("penguins.csv", "species", 4)
    assert (settings["learning_rate"], settings["hidden"]) == ("0.001..0.1", [[4], [8, 8]])
    found = folder.environment()
    assert (found["command"], found["seed"]) == (words, 3)
    trials = folder.trials()
    assert [trial["number"] for trial in trials] == [0, 1, 2, 3]
    assert all(trial["seconds"] > 0 and trial["settings"]["hidden"] in ([4], [8, 8]) for trial in trials)
    best = min(trials, key=lambda trial: trial["score"])
    assert f"Best: trial {best['number']}, trained again" in done.out
    assert "<svg" in (folder.path / "rates.svg").read_text("utf-8")
    for name in ("model.safetensors", "rates.svg"):
        assert f"Saved runs/a/{name}" in done.out
    assert run("predict", folder.model, "penguins.csv").code == 0
    again = run("train", "--resume", "runs/a")
    command = shlex.join(["chainrule", *words, "--resume"])
    assert again == (2, "", f"error: runs/a holds a sweep; go on with: {command}\n")


@pytest.mark.parametrize(
    "words",
    [("--resume", "runs/a"), ("penguins.csv", "--target", "species", "--resume", "runs/a"), ("--resume=runs/a",)],
)
def test_a_folder_after_resume_is_answered_by_the_command_to_type(run, words):
    assert run("train", "penguins.csv", "--target", "species", "--epochs", "1", "--run", "runs/a").code == 0
    done = run("sweep", *words)
    said = "error: --resume takes no folder, and runs/a holds a training; go on with: chainrule train --resume runs/a\n"
    assert done == (2, "", said)
    assert run(*RUN, "--trials", "1", "--force").code == 0
    done = run("sweep", *words)
    command = shlex.join(["chainrule", *RUN, "--trials", "1", "--force", "--resume"])
    assert done == (2, "", f"error: --resume takes no folder, and runs/a holds a sweep; go on with: {command}\n")
    assert run(*shlex.split(command)[1:]).code == 0
    Path("runs/a/environment.json").write_text("{}")
    done = run("sweep", *words)
    assert done.err.endswith("runs/a holds a sweep; go on with it by its own command and --resume\n")


def test_a_folder_that_holds_no_run_is_named_by_run(run):
    done = run("sweep", "--resume", ".")
    assert done.code == 2 and "--resume takes no folder, and . holds no run; name it by --run" in done.err


def test_resume_may_stand_before_the_file(run):
    assert run("sweep", "--resume", *RUN[1:], "--trials", "1").code == 0


def test_a_training_is_no_sweep_to_go_on_with(run):
    assert run("train", "penguins.csv", "--target", "species", "--epochs", "1", "--run", "runs/a").code == 0
    for more in ((), ("--resume",)):
        done = run(*RUN, "--trials", "1", *more)
        assert done.code == 2 and done.err == (
            "error: runs/a holds a training: name another folder, replace it with --force, or go on with: chainrule "
            "train --resume runs/a\n"
        )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--seed 4 --loss huber --group island", "seed is 3 there and 4 here"),
        ("--loss huber --group island", "seed is 3 there and 0 here"),
        ("--seed 3 --group island", "loss is huber there and not given here"),
        ("--seed 3 --loss absolute_error --group island", "loss is huber there and absolute_error here"),
        ("--seed 3 --loss huber", "group is island there and not given here"),
        ("--seed 3 --loss huber --group sex", "group is island there and sex here"),
        ("--seed 3 --loss huber --group island --refit", "refit is not given there and True here"),
        ("--seed 3 --loss huber --group island --folds 2", "folds is None there and 2 here"),
        (
            "--seed 3 --loss huber --group island --learning-rate 1e-4..1 --hidden 4|8",
            "hidden is not given there and 4|8 here",
        ),
        ("--seed 3 --loss huber --group island --metric r2", "metric is not given there and r2 here"),
        (
            "--seed 3 --loss huber --group island --test penguins.csv",
            "test is not given there and rows with the digest ",
        ),
        ("--seed 3 --loss huber --group island", None),
    ],
)
def test_a_sweep_goes_on_with_the_same_settings_only(run, resumed, options, message):
    shutil.copytree(resumed, "a")
    words = ["sweep", "penguins.csv", "--target", "body_mass_g", "--epochs", "1", "--trials", "1", "--run", "a"]
    done = run(*words, "--resume", "--quiet", *options.split())
    if message is None:
        assert done == (0, "", "")
    else:
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
        assert f"a/study.journal is about something else: {message}" in done.err
        assert done.err.endswith("; give the same, or begin another study\n")


@pytest.fixture(scope="module")
def resumed(tmp_path_factory):
    """The folder of a sweep with settings of all kinds."""
    from chainrule.cli.main import main

    folder = tmp_path_factory.mktemp("sweeps") / "a"
    words = ["sweep", str(PENGUINS), "--target", "body_mass_g", "--epochs", "1", "--trials", "1", "--quiet"]
    main([*words, "--run", str(folder), "--seed", "3", "--loss", "huber", "--group", "island"])
    return folder


def test_trials_are_written_as_they_end(run, monkeypatch):
    seen = []

    def update(self, trials):
        seen.append((sum(t.state != "running" for t in trials), len(RunFolder("runs/a").trials())))

    monkeypatch.setattr(trials_module.Lines, "update", update)
    assert run(*RUN, "--trials", "3").code == 0
    assert all(ended - written in (0, 1) for ended, written in seen) and seen[-1] == (3, 2)


def test_a_run_goes_on(run, tmp_path):
    assert run(*RUN, "--trials", "2").code == 0
    first = RunFolder("runs/a").trials()
    refused = run(*RUN, "--trials", "4")
    assert (refused.code, refused.out) == (2, "")
    command = shlex.join(["chainrule", *RUN, "--trials", "2", "--resume"])
    assert refused.err == (
        f"error: runs/a holds a sweep: name another folder, replace it with --force, or go on with: {command}\n"
    )
    more = run(*RUN, "--trials", "4", "--resume")
    assert more.code == 0 and "4 trials; 2 are in runs/a/study.journal already" in more.out
    trials = RunFolder("runs/a").trials()
    assert trials[:2] == first and [trial["number"] for trial in trials] == [0, 1, 2, 3]
    assert {path.name for path in Path("runs/a").iterdir()} == LEFT
    lines = Path("penguins.csv").read_text().splitlines()
    Path("penguins.csv").write_text("\n".join([*lines[:-2], lines[-1], lines[-2]]) + "\n")
    other = run(*RUN, "--trials", "5", "--resume")
    assert other.code == 2 and "the table is not the one that the run in runs/a began with" in other.err
    anew = run(*RUN, "--trials", "1", "--force")
    assert anew.code == 0 and len(RunFolder("runs/a").trials()) == 1


@pytest.mark.parametrize(
    ("where", "name"),
    [
        (RunFolder, "describe"),
        (run_folder, "write_whole"),
        (study.Study, "__init__"),
        (study.Study, "_agree"),
        (trial_log.TrialLog, "__init__"),
    ],
)
@pytest.mark.parametrize("more", [(), ("--force",)], ids=["new", "in the place of another"])
def test_a_run_that_was_stopped_while_it_began_goes_on(run, monkeypatch, where, name, more):
    monkeypatch.setattr(study, "WAIT", 0.0)
    words = [*RUN, "--trials", "1", *more]
    if more:
        assert run("train", "penguins.csv", "--target", "species", "--epochs", "1", "--run", "runs/a").code == 0
    with monkeypatch.context() as context:
        context.setattr(where, name, stop)
        assert run(*words).code == 130
    done = run(*words, "--resume")
    assert (done.code, done.err) == (0, "")
    assert {path.name for path in Path("runs/a").iterdir()} == LEFT and len(RunFolder("runs/a").trials()) == 1
    assert RunFolder("runs/a").settings()["trials"] == 1


def stop(*_, **__):
    raise KeyboardInterrupt


def test_ctrl_c_keeps_the_run_and_says_how_to_go_on(run, monkeypatch):
    def update(self, trials):
        if sum(t.state == "complete" for t in trials) >= 2:
            raise KeyboardInterrupt

    words = [*RUN, "--trials", "3", "--pruner", "none"]
    with monkeypatch.context() as context:
        context.setattr(trials_module.Lines, "update", update)
        done = run(*words)
    assert done.code == 130 and "Saved runs/a/model.safetensors" in done.out
    assert done.err == f"stopped: 2 of 3 trials: 2 complete; go on with: chainrule {shlex.join(words)} --resume\n"
    assert len(RunFolder("runs/a").trials()) == 2
    command = done.err.partition("go on with: ")[2]
    assert run(*shlex.split(command)[1:]).code == 0
    assert len(RunFolder("runs/a").trials()) == 3


@pytest.mark.parametrize("place", ["chainrule.analysis.sweep_problem.TableProblem.finish", "chainrule.cli.sweep._show"])
@pytest.mark.parametrize("kept", [["--run", "a"], []], ids=["run", "no place"])
def test_ctrl_c_after_the_trials_keeps_them(run, monkeypatch, place, kept):
    words = ["sweep", "penguins.csv", "--target", "species", "--epochs", "2", "--trials", "3", *kept]
    with monkeypatch.context() as context:
        context.setattr(place, stop)
        done = run(*words)
    more = ["--resume"] if kept else ["--storage", "penguins-species-1.journal", "--resume", "--force"]
    command = shlex.join(["chainrule", *words, *more])
    assert done.code == 130 and done.err.endswith(f"; go on with: {command}\n")
    assert done.err.startswith("stopped: 3 of 3 trials: ") and done.err.count("\n") == 1
    monkeypatch.setattr(TableProblem, "train", None)  # no trial is done again
    again = run(*shlex.split(command)[1:])
    assert (again.code, again.err) == (0, "") and "Test rows, never used before" in again.out


def test_ctrl_c_pressed_again_while_the_best_model_is_made(run, monkeypatch):
    def update(self, trials):
        if any(t.state == "complete" for t in trials):
            raise KeyboardInterrupt

    monkeypatch.setattr(trials_module.Lines, "update", update)
    monkeypatch.setattr(TableProblem, "finish", stop)
    done = run(*RUN, "--trials", "3")
    assert done.code == 130 and "Saved" not in done.out
    first, second = done.err.splitlines()
    assert first.startswith("stopped: 1 of 3 trials") and second.startswith("stopped again, ")


def test_ctrl_c_before_a_trial_has_ended_keeps_nothing_where_no_place_was_given(run, monkeypatch):
    monkeypatch.setattr(trials_module.Lines, "update", stop)
    words = ["sweep", "penguins.csv", "--target", "species", "--epochs", "2", "--trials", "3"]
    done = run(*words)
    assert (done.code, done.err) == (130, "interrupted; nothing was saved\n")
    assert {path.name for path in Path().iterdir()} == {"penguins.csv"}
    done = run(*words, "--run", "a")
    assert done.code == 130 and done.err.startswith("stopped: 0 of 3 trials; go on with: chainrule sweep ")


def test_a_second_model_and_a_study_elsewhere(run):
    words = [*RUN, "--hidden", "4|8", "--trials", "2", "--out", "m.safetensors", "--storage", "study"]
    assert run(*words).code == 0
    assert Path("m.safetensors").read_bytes() == Path("runs/a/model.safetensors").read_bytes()
    assert {path.name for path in Path("runs/a").iterdir()} == LEFT - {"study.journal", "rates.svg"}
    Path("runs/a").rename("b")
    refused = run(*words, "--force")
    assert refused.code == 2 and "study holds a study already" in refused.err and not Path("runs/a").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--run", "penguins.csv"], "penguins.csv is a file; a run needs a folder of its own"),
        (["--run", "penguins.csv/a"], "can't make the run folder penguins.csv/a: Not a directory"),
        (["--run", "/proc/a"], "can't make the run folder /proc/a: "),
        (["--run", LONG], f"can't use the run folder {LONG}: File name too long"),
        (["--run", "r", "--out", "r"], "--run and --out both name r; the run folder holds the model"),
        (["--run", "r", "--timeout", "nan"], "Invalid value for '--timeout': expected a number, got nan"),
        (["--run", "r", "--plot", "r/rates.png"], "there is no folder r to write rates.png in"),
        (["--resume"], "--resume goes on with a study: name its --storage, or its --run folder"),
        (["--run", "r", "--sampler", "tpx"], "unknown sampler 'tpx'; did you mean 'tpe'?"),
        (["--run", "r", "--out", "no/m.safetensors"], "there is no folder no"),
        (["--run", "r", "--storage", "no/study"], "can't use the study no/study: No such file or directory"),
        (["--run", "r", "--metric", "rmse"], "metric 'rmse' is not for a classification"),
    ],
)
def test_a_run_that_cannot_be_kept_is_refused_before_the_work(run, options, message):
    done = run("sweep", "penguins.csv", "--target", "species", "--trials", "1", *options)
    assert (done.code, done.out) == (2, "") and message in done.err
    assert done.err.startswith("error: ") and done.err.count("\n") == 1
    assert {path.name for path in Path().iterdir()} == {"penguins.csv"}
