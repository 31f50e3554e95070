"""``chainrule sweep``: what it prints and writes, and its errors."""

import json
import os
import shlex
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

import chainrule
from chainrule.cli import trials as trials_module

SMALL = ["--trials", "4", "--epochs", "3", "--hidden", "4|8", "--jobs", "1"]


def test_the_best_model_is_saved_and_the_command_it_prints_makes_it_again(run):
    done = run("sweep", "penguins.csv", "--target", "species", *SMALL, "--drop", "island,sex", "--seed", "3")
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[2:5] == ["344 rows, target species", "trying hidden 4|8", "4 trials; the smallest val_loss wins"]
    assert sum(line.startswith("  trial ") and "(3 epochs, " in line for line in lines) == 4
    assert "4 of 4 trials" in done.out and "Test rows, never used before" in done.out
    command = next(line.removeprefix("Again: ") for line in lines if line.startswith("Again: "))
    words = shlex.split(command)
    assert words[:3] == ["chainrule", "train", "penguins.csv"] and "island,sex" in words
    assert run(*words[1:], "--out", "again.safetensors").code == 0
    one, two = chainrule.load("penguins-species.safetensors"), chainrule.load("again.safetensors")
    assert np.array_equal(one.network.parameters.values, two.network.parameters.values)
    assert one.report.scores == two.report.scores
    assert run("predict", "penguins-species.safetensors", "penguins.csv").code == 0


def test_rates_are_tried_where_nothing_is_said_and_drawn(run):
    words = ["sweep", "penguins.csv", "--target", "body_mass_g", *SMALL[:4], "--metric", "rmse"]
    done = run(*words, "--plot", "rates.svg")
    assert done.code == 0 and "trying learning rate 0.0001..1" in done.out
    assert "learning rate      best val_rmse" in done.out and "--metric rmse" in done.out
    assert "<svg" in Path("rates.svg").read_text("utf-8")


def test_json_has_all_trials(run):
    done = run(
        "sweep", "penguins.csv", "--target", "species", *SMALL, "--folds", "2", "--json", "--out", "m.safetensors"
    )
    found = json.loads(done.out)
    assert done.err == "" and found["model"] == "m.safetensors" and len(found["trials"]) == 4
    assert found["best"]["score"] == min(t["score"] for t in found["trials"] if t["score"] is not None)
    assert found["test"] == found["report"]["scores"]


def test_quiet_prints_nothing(run):
    assert run("sweep", "penguins.csv", "--target", "species", *SMALL, "--quiet") == (0, "", "")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--learning-rate", "1..1e-4"],
            "--learning-rate: a range goes from a number to a larger one",
        ),
        (["--learning-rate", "fast"], "--learning-rate expects a number, a range or a list such as 1e-4..1"),
        (["--optimizer", "sdg,adam"], "unknown optimizer 'sdg'; did you mean 'sgd'?"),
        (["--activation", "rleu"], "unknown activation 'rleu'; did you mean 'relu'?"),
        (["--hidden", "8,x"], "--hidden expects units such as 64,64, alternatives such as 32,64|128,128"),
        (["--dropout", "0..1.5"], "dropout must be in [0, 1), got 1.5"),
        (["--sampler", "tpx"], "unknown sampler 'tpx'; did you mean 'tpe'?"),
        (["--pruner", "medain"], "unknown pruner 'medain'; did you mean 'median'?"),
        (["--metric", "acuracy"], "unknown metric 'acuracy'; did you mean 'accuracy'?"),
        (["--plot", "rates.doc"], "--plot writes .png, .svg, .pdf, got 'rates.doc'"),
        (["--plot", "rates.png", "--hidden", "4|8"], "--plot shows the score against the learning rate"),
        (["--storage", "no/such/study"], "can't use the study no/such/study: No such file or directory"),
        (["--folds", "1"], "--folds"),
        (["--target", "specis"], "did you mean 'species'?"),
        (["--out", "penguins.csv"], "penguins.csv is a file to read"),
    ],
)
def test_errors_are_one_line(run, options, message):
    done = run("sweep", "penguins.csv", "--target", "species", "--trials", "1", *options)
    assert done.code == 2 and done.out == ""
    assert done.err.startswith("error: ") and done.err.count("\n") == 1
    assert message in done.err


def test_a_study_that_is_there_needs_resume(run):
    words = ["sweep", "penguins.csv", "--target", "species", *SMALL, "--storage", "study", "--force"]
    assert run(*words).code == 0
    done = run(*words)
    assert done.code == 2 and "study holds a study already; resume it, or name another storage" in done.err
    more = run(*words, "--resume", "--trials", "5")
    assert more.code == 0 and "5 trials; 4 are in study already" not in more.err
    assert "5 trials; 4 are in study already; the smallest val_loss wins" in more.out
    assert sum(line.startswith("  trial ") and "(" in line for line in more.out.splitlines()) == 1  # the new one
    other = run(*words, "--resume", "--learning-rate", "0.1,0.2")
    assert other.code == 2 and "learning_rate is not given there and 0.1,0.2 here" in other.err


def test_ctrl_c_keeps_what_is_done_and_says_how_to_go_on(run, monkeypatch):
    sent = threading.Event()

    def update(self, trials):
        if sum(t.state == "complete" for t in trials) >= 2 and not sent.is_set():
            sent.set()
            os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(trials_module.Lines, "update", update)
    words = ["sweep", "penguins.csv", "--target", "species", "--epochs", "3", "--trials", "500"]
    done = run(*words)
    assert done.code == 130 and "Saved penguins-species.safetensors" in done.out
    command = done.err.partition("go on with: ")[2].strip()
    assert command.endswith("--storage penguins-species-1.journal --resume --force") and "of 500 trials" in done.err
    sent.clear()
    again = run(*shlex.split(command)[1:])
    assert again.code == 130 and "are in penguins-species-1.journal already" in again.out


def test_the_live_table_shows_the_best_and_the_latest(run, monkeypatch):
    monkeypatch.setattr("chainrule.cli.screen.in_terminal", lambda: True)
    tables = []
    inside = trials_module.LiveTable._table
    monkeypatch.setattr(trials_module.LiveTable, "_table", lambda self, t: tables.append(inside(self, t)) or tables[-1])
    assert run("sweep", "penguins.csv", "--target", "species", *SMALL).code == 0
    last = tables[-1]
    assert [column.header for column in last.columns] == ["trial", "hidden", "val_loss", "epochs", "time", "curve"]
    assert len(last.rows) == 4 and last.rows[0].style == "bold cyan" and "4 of 4 trials" in last.caption
    assert any("running" in column._cells for table in tables for column in table.columns)


@pytest.mark.parametrize("content", [b"\xff\xfe", b"mine\n", b'{"mine": 1}\n', b"3"])
def test_a_file_of_something_else_is_no_study_and_stays_as_it_is(run, content):
    Path("mine").write_bytes(content)
    done = run("sweep", "penguins.csv", "--target", "species", "--trials", "1", "--storage", "mine", "--resume")
    assert (done.code, done.out) == (2, "")
    assert done.err == "error: can't use the study mine: the file holds something else; name another\n"
    assert Path("mine").read_bytes() == content


def test_a_study_that_nothing_can_be_added_to_is_refused_before_the_work(run, monkeypatch):
    words = ["sweep", "penguins.csv", "--target", "species", *SMALL, "--storage", "study", "--force"]
    assert run(*words).code == 0
    inside = Path.open

    def read_only(self, mode="r", *more, **named):
        if self.name == "study" and "+" in mode:
            raise PermissionError(13, "Permission denied", str(self))
        return inside(self, mode, *more, **named)

    monkeypatch.setattr(Path, "open", read_only)
    assert run(*words, "--resume") == (2, "", "error: can't use the study study: Permission denied\n")
