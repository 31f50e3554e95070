import json
import os
import re
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import chainrule
from chainrule.engine.engine import Engine
from tests.training.cutting import cut_short

TRAIN = ("train", "penguins.csv", "--target", "species")
COMMAND = (sys.executable, "-W", "error", "-m", "chainrule")


def files(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def without_time(screen: str) -> str:
    return re.sub(r"in [\d.]+ m?s\n", "in a moment\n", screen)


def test_the_screen(run: Any, tmp_path: Path) -> None:
    outcome = run(*TRAIN)
    assert (outcome.code, outcome.err) == (0, "")
    blocks = outcome.out.split("\n\n")
    assert (
        blocks[0]
        == f"chainrule {'.'.join(chainrule.__version__.split('.')[:2])}  {chainrule.engine.describe()}, seed 0"
    )
    assert blocks[1].splitlines() == [
        "penguins.csv   344 rows, target species: 3 classes (text column: classification)",
        "  4 numbers    bill_length_mm ... body_mass_g  (8 missing: median + flag)",
        "  2 categories island, sex                     (11 missing: own slot)",
        "  split        220 train, 55 validation, 69 test",
    ]
    assert re.fullmatch(
        r"32-128-128-3  silu, 21,123 weights, Adam\n"
        r"  validation loss \S+ [▁▂▃▄▅▆▇█]{8} \S+   last: epoch \d+ of \d+\n"
        r"  [\d,]+ examples in [\d.]+ m?s",
        blocks[2],
    )
    assert re.match(
        r"Test rows, never used before: \d\d of 69 right \([\d.]+%; 95%: \d+-\d+\)\n"
        r"  always answering Adelie:    30 of 69\n"
        r"            Adelie Chinstrap Gentoo  <- predicted\n"
        r"  Adelie +\d+ +\d+ +\d+\n",
        blocks[3],
    )
    assert re.fullmatch(
        r"Saved penguins-species\.safetensors \(\d+ KB\)\n"
        r"Next: chainrule predict penguins-species\.safetensors new\.csv\n"
        r"Why:  chainrule explain penguins-species\.safetensors penguins\.csv --row 1\n",
        blocks[4],
    )
    assert files(tmp_path) == {"penguins.csv", "penguins-species.safetensors"}
    assert isinstance(chainrule.load("penguins-species.safetensors"), chainrule.estimators.tabular.TabularModel)


def test_the_screen_of_a_regression(run: Any) -> None:
    outcome = run("train", "penguins.csv", "--target", "body_mass_g", "--epochs", 3)
    assert "target body_mass_g: a number (94 distinct numbers: regression)" in outcome.out
    assert "  dropped      2 rows without body_mass_g\n" in outcome.out
    assert re.search(r"R2 -?\d\.\d{3} on 68 rows\n  body_mass_g is off by +[\d.,]+ \(RMSE; 95%: ", outcome.out)


def test_the_same_seed_gives_the_same_screen(run: Any) -> None:
    first, second, other = (
        run(*TRAIN, "--epochs", 4, "--force", "--seed", seed).out.replace(f"seed {seed}", "seed") for seed in (5, 5, 6)
    )
    assert without_time(first) == without_time(second)
    assert without_time(first) != without_time(other)


def test_json_holds_the_same_scores(run: Any) -> None:
    screen = run(*TRAIN, "--epochs", 4, "--out", "a.safetensors").out
    outcome = run(*TRAIN, "--epochs", 4, "--out", "b.safetensors", "--json")
    report = json.loads(outcome.out)
    assert outcome.out.count("\n") == 1
    assert f"{report['scores']['right']} of {report['scores']['rows']} right" in screen
    assert report["model"] == "b.safetensors"
    model = chainrule.load("b.safetensors")
    assert isinstance(model, chainrule.estimators.tabular.TabularModel)
    assert report["scores"] == model.report.scores


def test_python_trains_the_same_model(run: Any) -> None:
    run(*TRAIN, "--epochs", 3)
    saved = chainrule.load("penguins-species.safetensors")
    model = chainrule.train("penguins.csv", target="species", epochs=3)
    assert isinstance(saved, chainrule.estimators.tabular.TabularModel)
    assert (saved.predict_proba("penguins.csv") == model.predict_proba("penguins.csv")).all()


def test_options_reach_the_network(run: Any) -> None:
    options = (
        "--hidden 7,5 --activation tanh --optimizer sgd --learning-rate 0.1 --batch-size 50 --dropout 0.2 --epochs 2"
    )
    assert "32-7-5-3  tanh, 289 weights, SGD\n" in run(*TRAIN, *options.split()).out
    assert "32-3  linear, 99 weights, Adam\n" in run(*TRAIN, "--hidden", "none", "--epochs", 2, "--force").out


def test_the_task_can_be_chosen(run: Any, tmp_path: Path) -> None:
    (tmp_path / "grades.csv").write_text("hours,grade\n" + "".join(f"{i % 17},{i % 3}\n" for i in range(90)))
    assert "3 classes (3 distinct whole numbers: classification)" in run("train", "grades.csv", "--target", "grade").out
    chosen = run("train", "grades.csv", "--target", "grade", "--task", "regression", "--force")
    assert "a number (regression, as requested)" in chosen.out


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--learning-rate -1", "Adam: learning_rate must be a number > 0, got -1.0"),
        ("--learning-rate 0", "Adam: learning_rate must be a number > 0, got 0.0"),
        ("--learning-rate nan", "Adam: learning_rate must be a number > 0, got nan"),
        ("--learning-rate inf", "Adam: learning_rate must be a number > 0, got inf"),
        ("--learning-rate x", "Invalid value for '--learning-rate'"),
        ("--dropout 1", "rate must be in [0, 1), got 1.0"),
        ("--dropout -0.1", "rate must be in [0, 1), got -0.1"),
        ("--dropout nan", "rate must be in [0, 1), got nan"),
        ("--hidden 0", "expected units like 64,64, or none, got '0'"),
        ("--hidden 64,,3", "expected units like 64,64, or none, got '64,,3'"),
        ("--hidden x", "expected units like 64,64, or none, got 'x'"),
        ("--activation rleu", "unknown activation 'rleu'; did you mean 'relu'?"),
        ("--optimizer adm", "unknown optimizer 'adm'; did you mean 'adam'?"),
        ("--batch-size 0", "0 is not in the range x>=1"),
        ("--epochs 0", "0 is not in the range x>=1"),
        ("--epochs 1.5", "'1.5' is not a valid integer"),
        ("--seed -1", "-1 is not in the range x>=0"),
        ("--seed 99999999999999999999999", "seed must be an integer from 0 to 2**64 - 1"),
        ("--task clasification", "'clasification' is not one of 'classification', 'regression'"),
        ("--task regression", "target 'species' holds text such as 'Adelie'; regression needs numbers"),
    ],
)
def test_options_are_checked(run: Any, tmp_path: Path, option: str, message: str) -> None:
    outcome = run(*TRAIN, *option.split())
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert outcome.err.startswith("error: ")
    assert outcome.err.count("\n") == 1
    assert files(tmp_path) == {"penguins.csv"}


def test_options_are_checked_before_the_table_is_read(run: Any) -> None:
    assert "rate must be in [0, 1)" in run("train", "no_such.csv", "--target", "y", "--dropout", 1).err


BAD_FILES = {
    "empty.csv": (b"", "empty.csv is empty; expected CSV, TSV, Parquet"),
    "blank.csv": (b"\n\n", "blank.csv is empty"),
    "header.csv": (b"x,species\n", "the table has no rows"),
    "one.csv": (b"x,species\n1,a\n", "target 'species' has only the value 'a' in 1 row"),
    "two.csv": (b"x,species\n1,a\n2,b\n", "2 rows can't be split into 3 parts"),
    "class.csv": (b"x,species\n1,a\n2,a\n3,a\n4,a\n", "target 'species' has only the value 'a' in 4 rows"),
    "twice.csv": (b"a,a,species\n1,2,x\n3,4,y\n", "several columns named 'a'"),
    "ragged.csv": (b"x,species\n1,2,3\n1,2\n1\n", "line 2 has 3 values, the first line 2"),
    "picture.png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "picture.png holds binary data, not a table"),
    "latin.csv": ("x,species\n1,é\n".encode("latin-1"), "line 2 is not UTF-8 text"),
    "infinite.csv": (b"x,species\n1,a\ninf,b\n", "column 'x' holds an infinite number in row 2"),
    "constant.csv": (b"x,species\n" + b"7,a\n7,b\n" * 10, "no column to learn from ('x': always 7)"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_holds_no_table_is_refused(run: Any, tmp_path: Path, name: str) -> None:
    content, message = BAD_FILES[name]
    (tmp_path / name).write_bytes(content)
    outcome = run("train", name, "--target", "species")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert files(tmp_path) == {"penguins.csv", name}


def test_what_is_no_file_is_refused(run: Any, model_file: Path, tmp_path: Path) -> None:
    assert run("train", "no_such.csv", "--target", "y").err == "error: no such file: no_such.csv\n"
    assert run("train", ".", "--target", "y").err.startswith("error: . is a folder; expected CSV")
    assert "holds binary data, not a table" in run("train", model_file, "--target", "y").err


def test_a_misspelt_target_gets_a_suggestion(run: Any) -> None:
    outcome = run("train", "penguins.csv", "--target", "specie", "--out", "no_folder/x")
    assert outcome == (2, "", "error: no column 'specie'; did you mean 'species'?\n")


def test_an_existing_file_is_kept_without_force(run: Any, tmp_path: Path) -> None:
    model = tmp_path / "penguins-species.safetensors"
    model.write_text("mine")
    outcome = run(*TRAIN)
    assert outcome.code == 2
    assert outcome.err.startswith("error: penguins-species.safetensors exists already; it is left as it is")
    assert model.read_text() == "mine"
    assert run(*TRAIN, "--force", "--epochs", 1).code == 0
    assert model.stat().st_size > 10_000


@pytest.mark.parametrize(
    ("out", "message"),
    [
        (".", "is a folder; name a file in it"),
        ("no_folder/m.safetensors", "there is no folder no_folder"),
        ("penguins.csv/m.safetensors", "there is no folder penguins.csv"),
        ("penguins.csv", "penguins.csv is a file to read; it would be replaced"),
        ("x" * 300, "File name too long"),
        ("pipe", "pipe is a device, pipe or socket"),
        ("/proc/m.safetensors", "can't write /proc/m.safetensors"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_training(
    run: Any, tmp_path: Path, out: str, message: str
) -> None:
    os.mkfifo(tmp_path / "pipe")
    before = (tmp_path / "penguins.csv").read_bytes()
    outcome = run(*TRAIN, "--out", out, "--force")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert files(tmp_path) == {"penguins.csv", "pipe"}
    assert (tmp_path / "penguins.csv").read_bytes() == before


def test_a_full_disk_leaves_nothing_behind(run: Any, tmp_path: Path) -> None:
    result = subprocess.run(
        [*COMMAND, *TRAIN, "--epochs", "1"],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)),
    )
    assert result.returncode == 2
    assert result.stderr == "error: can't write penguins-species.safetensors: File too large\n"
    assert files(tmp_path) == {"penguins.csv"}


def test_ctrl_c_keeps_the_best_weights_so_far(run: Any, tmp_path: Path) -> None:
    endless = ("--epochs", "1000000", "--learning-rate", "1e-6", "--batch-size", "1")
    process = subprocess.Popen([*COMMAND, *TRAIN, *endless], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(8)]
    assert lines[-1].startswith("32-128-128-3")  # training has begun
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    best = "it has the best weights so far (with --run a training can go on later)"
    assert (process.returncode, err) == (130, f"stopped; penguins-species.safetensors is saved; {best}\n")
    assert "  stopped      interrupted\n" in out
    assert "Test rows, never used before: " in out
    assert files(tmp_path) == {"penguins.csv", "penguins-species.safetensors"}


@pytest.mark.parametrize(("what", "options"), [("_diagnose", ["--diagnose"]), ("_show", [])])
def test_ctrl_c_after_training_says_what_is_saved(
    run: Any, monkeypatch: pytest.MonkeyPatch, what: str, options: list[str]
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"chainrule.cli.train.{what}", stop)
    outcome = run(*TRAIN, "--epochs", 1, *options)
    assert (outcome.code, outcome.err) == (130, "stopped; penguins-species.safetensors is saved\n")
    assert run("predict", "penguins-species.safetensors", "penguins.csv").code == 0


def test_ctrl_c_in_the_training_on_all_rows_keeps_the_network_before(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    arguments = (*TRAIN, "--epochs", 2)
    assert run(*arguments, "--out", "before.safetensors").code == 0
    monkeypatch.setattr(Engine, "steps_together", lambda self, task, batch_size: 100)
    cut_short(monkeypatch, 3)  # two epochs are one call each
    outcome = run(*arguments, "--refit")
    assert (outcome.code, outcome.err.partition(";")[0]) == (130, "stopped")
    assert "  stopped      interrupted\n" in outcome.out and "refitted" not in outcome.out
    models = [chainrule.load(path) for path in ("before.safetensors", "penguins-species.safetensors")]
    first, second = (model.network.parameters.values for model in models)
    assert np.array_equal(first, second)
    assert models[0].report.scores == models[1].report.scores


def test_ctrl_c_before_the_first_epoch_saves_nothing(run: Any, tmp_path: Path) -> None:
    slow = ("--hidden", "2000,2000,2000,2000", "--batch-size", "1")
    process = subprocess.Popen([*COMMAND, *TRAIN, *slow], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "32-2000" in [process.stdout.readline() for _ in range(8)][-1]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=30)
    assert (process.returncode, err.strip()) == (130, "interrupted; nothing was saved")
    assert files(tmp_path) == {"penguins.csv"}


def test_names_may_hold_anything(run: Any, tmp_path: Path) -> None:
    head = '"naïve, ""q""\nline",<script>alert(1)</script>,a,ziel \x1b[31mred\r\n'
    classes = ('"ä,b"', '"x\ny"', '"q""u"', "日本語", "a")
    rows = "".join(f"{i * 7 % 11},{i % 13},{'pqr'[i % 3]},{classes[i % 5]}\r\n" for i in range(100))
    path = tmp_path / "mit Leerzeichen é 名.csv"
    path.write_text(head + rows, encoding="utf-8", newline="")
    outcome = run("train", path.name, "--target", "ziel \x1b[31mred", "--epochs", 2)
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert outcome.out.splitlines()[2].startswith(f"{path.name}   100 rows, target ziel \\x1b[31mred: 5 classes")
    model = tmp_path / "mit Leerzeichen é 名-ziel-31mred.safetensors"
    assert f"Next: chainrule predict '{model.name}' new.csv\n" in outcome.out
    assert run("predict", model.name, path.name).code == 0
    assert run("evaluate", model.name, path.name).code == 0


def test_a_file_without_header_is_said_to_have_none(run: Any, tmp_path: Path) -> None:
    (tmp_path / "numbers.tsv").write_text("".join(f"{i % 2}\t{i}\t{i * i % 31}\n" for i in range(60)))
    outcome = run("train", "numbers.tsv", "--target", "column_1", "--epochs", 2)
    assert "note         numbers.tsv has no header line: its columns are named column_1 to column_3" in outcome.out


def test_a_table_with_many_columns_is_read(run: Any, tmp_path: Path) -> None:
    names = ",".join([*(f"c{i}" for i in range(100)), "y"])
    rows = "".join(",".join([*(str(i * (j % 5 + 1) % 7) for j in range(100)), "ab"[i % 2]]) + "\n" for i in range(30))
    (tmp_path / "wide.csv").write_text(f"{names}\n{rows}")
    assert "\n100-128-128-2  silu" in run("train", "wide.csv", "--target", "y", "--epochs", 1).out
    outcome = run("train", "wide.csv", "--target", "species")
    assert outcome.err == (
        f"error: no column 'species'; expected one of {', '.join(f'c{i}' for i in range(20))} ... (101 in all)\n"
    )


def test_quantiles_refit_and_metric_reach_the_model(run: Any) -> None:
    options = ["--target", "body_mass_g", "--loss", "quantile", "--quantiles", "0.1,0.9", "--epochs", 3, "--refit"]
    outcome = run("train", "penguins.csv", *options, "--metric", "mae", "--out", "mass.safetensors")
    assert outcome.code == 0
    assert "refitted     on 342 rows; scores are of the network before" in outcome.out
    assert run("predict", "mass.safetensors", "penguins.csv", "--out", "answers.csv").code == 0
    answers = Path("answers.csv").read_text().splitlines()
    assert answers[0] == "body_mass_g_q0.1,body_mass_g_q0.9"
    low, high = map(float, answers[1].split(","))
    assert low < high


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--quantiles 0.1,x", "expected shares like 0.1,0.5,0.9, got '0.1,x'"),
        ("--loss quantile", "loss='quantile' and quantiles=[0.1, 0.5, 0.9], say, go together; give both or neither"),
        ("--loss huber", "loss='huber' needs a number as target; classes are trained by cross-entropy"),
        ("--metric acuracy", "unknown metric 'acuracy'; did you mean 'accuracy'?"),
        ("--metric rmse", "metric 'rmse' is not for a classification; expected one of accuracy, balanced_accuracy"),
        ("--label-smoothing 2", "label_smoothing must be in [0, 1], got 2.0"),
    ],
)
def test_settings_of_another_task_are_refused(run: Any, options: str, message: str) -> None:
    outcome = run(*TRAIN, *options.split())
    assert outcome.code == 2
    assert message in outcome.err


def test_diagnose(run: Any) -> None:
    healthy = run(*TRAIN, "--diagnose")
    assert "\n\nDiagnosis: no findings: healthy\n\nSaved penguins-species.safetensors" in healthy.out
    slow = run(*TRAIN, "--diagnose", "--learning-rate", "1e-7", "--force")
    assert "\nDiagnosis: 1 finding\n\nerror: rate-too-small  (learning_rate=1e-07)\n  what      " in slow.out
    data = json.loads(run(*TRAIN, "--diagnose", "--learning-rate", "1e-7", "--force", "--json").out)
    assert [finding["name"] for finding in data["diagnosis"]["findings"]] == ["rate-too-small"]
    assert "diagnosis" not in json.loads(run(*TRAIN, "--epochs", 1, "--force", "--json").out)


def test_a_rate_that_makes_numbers_go_wrong_is_one_message(run: Any) -> None:
    for rate in (10, 30, 3000):
        outcome = run(*TRAIN, "--optimizer", "sgd", "--learning-rate", rate, "--diagnose")
        assert outcome.code == 2
        assert re.fullmatch(
            r"error: [^\n]*(numbers went wrong in epoch|grown without bound)[^\n]*rate[^\n]*\n", outcome.err
        )
