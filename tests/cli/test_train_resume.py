"""train --resume: a run that was killed at any moment ends as if nothing had happened."""

import json
import os
import random
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from chainrule.engine.engine import Engine
from chainrule.models.model_file import read_file
from chainrule.training.checkpoint import ModelCheckpoint
from chainrule.training.run_folder import RunFolder
from tests.training.cutting import cut_short

# The command line, with ranges of three steps, so that there are checkpoints within an epoch of 15 steps too, and a
# rest after each, so that a busy machine kills the run before it is over.
PROGRAM = """
import sys, time
from chainrule.engine.engine import Engine
from chainrule.training.checkpoint import ModelCheckpoint
Engine.steps_together = lambda self, task, batch_size: 3
save = ModelCheckpoint._save
ModelCheckpoint._save = lambda *arguments: (save(*arguments), time.sleep(0.01))[0]
from chainrule.cli.main import main
main(sys.argv[1:])
"""
FOUR = {"settings.json", "environment.json", "metrics.jsonl", "model.safetensors"}


SAID = r"stopped; run holds the training after [^;]+; go on with: chainrule train --resume run\n"


def start(folder, *arguments, **options):
    words = [sys.executable, "-c", PROGRAM, "train", *map(str, arguments), "--quiet"]
    return subprocess.Popen(words, cwd=folder, **options)


def table(path, rows=750):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(rows, 4))
    group = rng.choice(["red", "green", "blue"], rows)
    y = np.where(x[:, 0] + 0.5 * x[:, 1] * (group == "red") + 0.3 * rng.normal(size=rows) > 0, "yes", "no")
    lines = [
        f"{a:.4f},{b:.4f},{c:.4f},{d:.4f},{g},{answer}" for (a, b, c, d), g, answer in zip(x, group, y, strict=True)
    ]
    path.write_text("\n".join(["a,b,c,d,group,answer", *lines]) + "\n")


def wait_for(process, condition):
    while not condition():
        assert process.poll() is None, "it was over before it was to be killed"
        time.sleep(0.002)


def changes(path, times):
    """Return a condition: the file was replaced so many times since."""
    seen: set[object] = set()

    def met():
        seen.add((path.stat().st_ino, path.stat().st_mtime_ns) if path.exists() else None)
        return len(seen) > times

    return met


def result(folder):
    """Return all that a run has left, without how long it took."""
    description, tensors = read_file(folder / "model.safetensors")
    report = description["report"]
    seconds = (report.pop("seconds"), description.get("training", {}).pop("seconds", None))
    assert seconds[0] > 0
    return (
        description,
        {name: array.tobytes() for name, array in tensors.items()},
        (folder / "metrics.jsonl").read_bytes(),
    )


@pytest.mark.parametrize(
    ("kills", "epochs", "options"),
    [
        (3, 6, ("--early-stopping", "--dropout", 0.1, "--refit")),
        pytest.param(20, 30, ("--dropout", 0.2), marks=pytest.mark.product),
        pytest.param(20, 30, ("--metric", "roc_auc", "--optimizer", "rmsprop", "--refit"), marks=pytest.mark.product),
    ],
)
def test_a_run_killed_again_and_again_ends_as_one_that_never_stopped(kills, epochs, options, tmp_path):
    table(tmp_path / "data.csv")
    arguments = ("data.csv", "--target", "answer", "--epochs", epochs, "--batch-size", 32, "--seed", 3, *options)
    undisturbed = start(tmp_path, *arguments, "--run", "whole")
    assert undisturbed.wait() == 0
    rng, run = random.Random(kills), tmp_path / "run"
    process = start(tmp_path, *arguments, "--run", "run", "--checkpoint-minutes", 0)
    wait_for(process, lambda: (run / "metrics.jsonl").exists())
    for _ in range(kills):
        wait_for(process, changes(run / "checkpoint.safetensors", rng.randrange(1, 5)))
        time.sleep(rng.uniform(0, 0.02))
        process.kill()
        assert process.wait() == -signal.SIGKILL
        assert not (run / "model.safetensors").exists()
        process = start(tmp_path, "--resume", "run", "--checkpoint-minutes", 0)
    assert process.wait() == 0
    assert result(run) == result(tmp_path / "whole")
    assert {path.name for path in run.iterdir()} == FOUR


def begun(run, tmp_path, *more):
    """Begin a run of penguins, and leave it as a kill would after its last epoch but before its model is saved."""
    assert run("train", "penguins.csv", "--target", "species", "--epochs", 2, "--run", "a", *more).code == 0
    Path("a/model.safetensors").unlink()
    return RunFolder("a")


def test_without_a_checkpoint_it_begins_again(run, tmp_path):
    folder = begun(run, tmp_path)
    expected = folder.metrics()
    outcome = run("train", "--resume", "a")
    assert (outcome.code, outcome.err) == (0, "")
    assert "Saved a/model.safetensors" in outcome.out
    assert folder.metrics() == expected
    again = run("train", "--resume", "a")
    assert (again.code, again.out) == (0, "")
    assert again.err == "note: the run in a is complete; its model is a/model.safetensors\n"


def test_a_second_model_is_written_too(run, tmp_path):
    folder = begun(run, tmp_path, "--out", "m.safetensors")
    assert run("train", "--resume", "a", "--json").code == 0
    assert Path("m.safetensors").read_bytes() == folder.model.read_bytes()


@pytest.mark.parametrize("name", ["checkpoint", "refit"])
def test_a_damaged_checkpoint_is_said_before_anything_else(name, run, tmp_path):
    folder = begun(run, tmp_path)
    damaged, metrics = folder.path / f"{name}.safetensors", folder.metrics()
    damaged.write_bytes(b"x" * 100)
    outcome = run("train", "--resume", "a")
    assert (outcome.code, outcome.out, outcome.err.count("\n")) == (2, "", 1)
    assert outcome.err.startswith(f"error: {damaged} is not a model file, or is damaged: ")
    assert outcome.err.endswith("; remove the file to go on from what was before it\n")
    damaged.unlink()
    assert run("train", "--resume", "a").code == 0
    assert folder.metrics() == metrics


def test_another_table_is_refused(run, tmp_path):
    folder = begun(run, tmp_path)
    lines = Path("penguins.csv").read_text().splitlines()
    Path("penguins.csv").write_text("\n".join(lines[:-1]) + "\n")
    outcome = run("train", "--resume", "a")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: the table is not the one that the run in a began with; give it the same data")
    assert folder.metrics()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--hidden", "3"), "leave out --hidden"),
        (("penguins.csv",), "leave out FILE"),
        (("--run", "b"), "leave out --run"),
        (("--seed", "0"), "leave out --seed"),
    ],
)
def test_settings_come_from_the_folder_only(arguments, words, run, tmp_path):
    begun(run, tmp_path)
    outcome = run("train", "--resume", "a", *arguments)
    assert outcome.code == 2
    assert words in outcome.err


@pytest.mark.parametrize(
    ("arguments", "folder"), [((), "DIR"), (("--run", "b c"), "'b c'"), (("--quiet", "penguins.csv"), "DIR")]
)
def test_resume_without_its_folder_is_answered_by_the_command_to_type(arguments, folder, run):
    said = f"error: --resume needs the folder of the run: chainrule train --resume {folder}\n"
    assert run("train", *arguments, "--resume") == (2, "", said)
    assert run("train", "--resume", *arguments) == (2, "", said)


def test_a_new_run_in_the_place_of_one_is_told_how_that_goes_on(run, tmp_path):
    begun(run, tmp_path)
    assert run("train", "penguins.csv", "--target", "species", "--run", "a") == (
        2,
        "",
        "error: a holds a training: name another folder, replace it with --force, or go on with: chainrule train "
        "--resume a\n",
    )


def test_what_is_no_run_folder(run, tmp_path):
    assert run("train", "--resume", "nowhere").err == (
        "error: nowhere/settings.json can't be read: No such file or directory\n"
    )
    folder = begun(run, tmp_path)
    for settings, words in (
        ({"target": "species", "width": 3}, "'width' is unknown"),
        ({}, "there is no target"),
        ({"target": "species", "file": 5}, "error: the settings of a are damaged: "),
        ({"target": "species", "file": "penguins.csv", "drop": 3}, "error: the settings of a are damaged: "),
    ):
        (folder.path / "settings.json").write_text(json.dumps(settings))
        outcome = run("train", "--resume", "a")
        assert (outcome.code, outcome.err.count("\n")) == (2, 1)
        assert words in outcome.err


@pytest.mark.skipif(os.name == "nt", reason="needs SIGINT")
@pytest.mark.parametrize(
    ("epochs", "checkpoints"), [(40, ("--checkpoint-minutes", 0)), (500, ())], ids=["many before it", "none before it"]
)
def test_after_ctrl_c_it_can_go_on(epochs, checkpoints, tmp_path):
    table(tmp_path / "data.csv")
    arguments = ("data.csv", "--target", "answer", "--epochs", epochs, "--batch-size", 32)
    assert start(tmp_path, *arguments, "--run", "whole").wait() == 0
    process = start(tmp_path, *arguments, "--run", "run", *checkpoints, stderr=subprocess.PIPE, text=True)
    wait_for(
        process, lambda: (tmp_path / "run/metrics.jsonl").exists() and (tmp_path / "run/metrics.jsonl").stat().st_size
    )
    process.send_signal(signal.SIGINT)
    _, err = process.communicate()
    assert process.returncode == 130
    assert re.fullmatch(SAID, err)
    assert read_file(tmp_path / "run/model.safetensors")[0]["report"]["stopped_by"] == "interrupted"
    assert (tmp_path / "run/checkpoint.safetensors").exists()
    assert start(tmp_path, "--resume", "run").wait() == 0
    assert result(tmp_path / "run") == result(tmp_path / "whole")


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (1, "stopped; nothing to go on from was saved yet; begin it again with: "),
        (2, "stopped; a b holds the training after 0 epochs and 3 batches; go on with: "),
        (14, "stopped; a b holds the training on all rows after 0 epochs and 3 batches; go on with: "),
        (17, "stopped; a b holds the training on all rows after 1 epoch; go on with: "),
    ],
    ids=["at the beginning", "in the first epoch", "on all rows", "after an epoch on all rows"],
)
def test_ctrl_c_saves_where_training_stands_and_says_how_to_go_on(call, said, run, monkeypatch):
    monkeypatch.setattr(Engine, "steps_together", lambda self, task, batch_size: 3)  # 3 ranges an epoch, on all rows 4
    arguments = ("train", "penguins.csv", "--target", "species", "--epochs", 4, "--refit")
    assert run(*arguments, "--run", "whole").code == 0
    with monkeypatch.context() as context:
        cut_short(context, call)
        outcome = run(*arguments, "--run", "a b", "--quiet")
    command = "chainrule train --resume 'a b'"
    assert outcome == (130, "", f"{said}{command}\n")
    assert not Path("a b/model.safetensors").exists()
    assert run(*shlex.split(command)[1:]).code == 0
    assert result(Path("a b")) == result(Path("whole"))
    assert {path.name for path in Path("a b").iterdir()} == FOUR


def test_ctrl_c_where_nothing_can_be_saved_is_no_end(run, monkeypatch):
    monkeypatch.setattr(Engine, "steps_together", lambda self, task, batch_size: 3)
    arguments = ("train", "penguins.csv", "--target", "species", "--epochs", 4)
    assert run(*arguments, "--run", "whole").code == 0
    with monkeypatch.context() as context:
        cut_short(context, 9)
        context.setattr(ModelCheckpoint, "_save", lambda *arguments: False)
        outcome = run(*arguments, "--run", "a", "--quiet")
    command = "chainrule train --resume a"
    best = "its best weights so far are saved, but nothing to go on from was saved yet"
    assert outcome == (130, "", f"stopped; {best}; begin it again with: {command}\n")
    assert run(*shlex.split(command)[1:]).code == 0
    assert result(Path("a")) == result(Path("whole"))


def test_ctrl_c_after_some_epochs_saves_the_model_too_and_trains_no_other(run, monkeypatch):
    monkeypatch.setattr(Engine, "steps_together", lambda self, task, batch_size: 3)
    arguments = ("train", "penguins.csv", "--target", "species", "--epochs", 4, "--refit")
    assert run(*arguments, "--run", "whole").code == 0
    with monkeypatch.context() as context:
        cut_short(context, 9)
        outcome = run(*arguments, "--run", "a")
    assert outcome.code == 130
    assert "  stopped      interrupted\n" in outcome.out
    assert "refitted" not in outcome.out
    assert "Saved a/model.safetensors" in outcome.out
    assert (
        outcome.err
        == "stopped; a holds the training after 2 epochs and 6 batches; go on with: chainrule train --resume a\n"
    )
    assert run("train", "--resume", "a").code == 0
    assert result(Path("a")) == result(Path("whole"))
