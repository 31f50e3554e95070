"""train --run keeps a record; --quiet prints nothing."""

import json
from pathlib import Path
from typing import Any

import pytest

import chainrule
from chainrule.training.run_folder import RunFolder


def test_a_run_folder_holds_settings_environment_metrics_and_model(run: Any, tmp_path: Path) -> None:
    arguments = ("train", "penguins.csv", "--target", "species", "--epochs", 3, "--seed", 4, "--run", "runs/a")
    outcome = run(*arguments)
    assert (outcome.code, outcome.err) == (0, "")
    assert "Saved runs/a/model.safetensors" in outcome.out
    folder = RunFolder("runs/a")
    assert {path.name for path in folder.path.iterdir()} == {
        "settings.json", "environment.json", "metrics.jsonl", "model.safetensors",
    }  # fmt: skip
    settings = folder.settings()
    assert (settings["target"], settings["epochs"], settings["file"]) == ("species", 3, "penguins.csv")
    found = folder.environment()
    assert found["command"] == [str(word) for word in arguments]
    assert (found["seed"], found["versions"]["chainrule"]) == (4, chainrule.__version__)
    metrics = folder.metrics()
    assert [line["epoch"] for line in metrics] == [1, 2, 3]
    report = json.loads(run("inspect", folder.model, "--json").out)["report"]
    assert [line["val_loss"] for line in metrics] == report["losses"]
    assert {path.name for path in tmp_path.iterdir()} == {"penguins.csv", "runs"}


def test_out_names_a_second_place(run: Any) -> None:
    run("train", "penguins.csv", "--target", "species", "--epochs", 1, "--run", "a", "--out", "m.safetensors")
    assert Path("m.safetensors").read_bytes() == Path("a/model.safetensors").read_bytes()


def test_a_folder_with_something_in_it_is_refused_before_the_work(run: Any) -> None:
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("keep")
    Path("mine/metrics.jsonl").write_text("{}\n")
    arguments = ("train", "penguins.csv", "--target", "species", "--epochs", 1, "--run", "mine")
    outcome = run(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "error: the folder mine is not empty; name another, or replace its run with --force\n"
    assert run(*arguments, "--force").code == 0
    assert Path("mine/notes.txt").read_text() == "keep"
    assert len(RunFolder("mine").metrics()) == 1
    outcome = run(*arguments[:-1], "penguins.csv")
    assert outcome.err == "error: penguins.csv is a file; a run needs a folder of its own\n"


def test_quiet_training(run: Any) -> None:
    assert run("train", "penguins.csv", "--target", "species", "--epochs", 1, "--quiet") == (0, "", "")
    assert Path("penguins-species.safetensors").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--run a --checkpoint-minutes nan", "Invalid value for '--checkpoint-minutes': expected a number, got nan"),
        ("--run a --checkpoint-minutes -1", "Invalid value for '--checkpoint-minutes': -1.0 is not in the range x>=0"),
        ("--checkpoint-minutes 3", "--checkpoint-minutes goes with --run or --resume"),
        ("--run a --out a", "--run and --out both name a; the run folder holds the model, so leave --out out"),
        ("--run a --out ./a", "--run and --out both name a"),
        ("--run a --schedule cosin", "unknown schedule 'cosin'; did you mean 'cosine'?"),
        ("--run penguins.csv/a", "can't make the run folder penguins.csv/a: Not a directory"),
    ],
)
def test_what_cannot_be_is_refused_before_the_work(run: Any, tmp_path: Path, options: str, message: str) -> None:
    outcome = run("train", "penguins.csv", "--target", "species", "--epochs", 1, *options.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert message in outcome.err
    assert {path.name for path in tmp_path.iterdir()} == {"penguins.csv"}
