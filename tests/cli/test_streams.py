"""predict in parts, between standard streams, in three forms; what is quiet; what shells complete."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import chainrule
from chainrule.cli import answers
from chainrule.tables import chunks


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunks, "MOST_ROWS", 50)


def given(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("model", ["model_file", "mass_file"])
def test_parts_give_what_the_whole_gives(
    run: Any, model: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = request.getfixturevalue(model)
    whole = run("predict", path, "penguins.csv")
    monkeypatch.setattr(chunks, "MOST_ROWS", 50)
    assert run("predict", path, "penguins.csv").out == whole.out
    assert len(whole.out.splitlines()) == 345


@pytest.mark.usefixtures("small_chunks")
def test_the_kinds_are_those_of_the_whole_file(run: Any, tmp_path: Path) -> None:
    """A category whose first hundred values read as numbers is one there too: '07' does not become 7."""
    codes = ["07"] * 100 + ["x"] * 100
    data = {"code": codes, "y": ["a"] * 100 + ["b"] * 100}
    model = chainrule.train(data, target="y", epochs=30)
    model.save("codes.safetensors")
    pd.DataFrame(data).to_csv("codes.csv", index=False)
    outcome = run("predict", "codes.safetensors", "codes.csv")
    assert outcome.err == ""
    assert [line.split(",")[0] for line in outcome.out.splitlines()[1:]] == model.predict(data).tolist()


@pytest.mark.usefixtures("small_chunks")
def test_notes_of_later_parts_name_their_rows(run: Any, model_file: Path) -> None:
    frame = pd.read_csv("penguins.csv")
    frame.loc[[60, 120, 121], "island"] = "Atlantis"
    frame.to_csv("new.csv", index=False)
    expected = "island: the unknown slot is used in 1 row: 'Atlantis' (in rows 51 to 100; more in later ones)"
    assert run("predict", model_file, "new.csv").err == f"note: {expected}\n"
    assert run("predict", model_file, "new.csv", "--quiet").err == ""


@pytest.mark.usefixtures("small_chunks")
def test_an_error_in_a_later_part_tells_the_row_and_leaves_no_file(run: Any, model_file: Path, tmp_path: Path) -> None:
    frame = pd.read_csv("penguins.csv", dtype=str)
    frame.loc[130, "bill_length_mm"] = "abc"
    frame.to_csv("odd.csv", index=False)
    outcome = run("predict", model_file, "odd.csv", "--out", "answers.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert "row 31: expected a number as in training, got 'abc'" in outcome.err
    assert outcome.err.endswith("(row 1 is here row 101 of the table)\n")
    assert {path.name for path in tmp_path.iterdir()} == {"penguins.csv", "odd.csv"}


def test_wide_rows_come_in_smaller_parts(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("x,y\n" + "1,2\n" * 10)
    with chunks.read_chunks(tmp_path / "a.csv", lambda names: 1_000_000 if names == ("x", "y") else 1) as parts:
        assert [part.rows for part in parts] == [4, 4, 2]


def test_standard_input_and_output(run: Any, model_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    expected = run("predict", model_file, "penguins.csv").out
    given(monkeypatch, Path("penguins.csv").read_bytes())
    assert run("predict", model_file, "-", "--out", "-") == (0, expected, "")
    assert not (tmp_path / "-").exists()
    given(monkeypatch, b"")
    outcome = run("predict", model_file, "-")
    assert outcome.code == 2
    assert "is empty; expected" in outcome.err
    monkeypatch.setattr(sys, "stdin", None)
    assert run("predict", model_file, "-").err.startswith("error: nothing comes from standard input")


def test_json_lines_and_parquet(run: Any, model_file: Path) -> None:
    expected = pd.read_csv(io.StringIO(run("predict", model_file, "penguins.csv").out))
    lines = run("predict", model_file, "penguins.csv", "--json").out
    assert json.loads(lines.splitlines()[0]) == expected.iloc[0].to_dict()
    assert run("predict", model_file, "penguins.csv", "--out", "a.jsonl", "--quiet") == (0, "", "")
    assert Path("a.jsonl").read_text() == lines
    assert run("predict", model_file, "penguins.csv", "--out", "a.parquet").code == 0
    pd.testing.assert_frame_equal(pd.read_parquet("a.parquet"), expected)


@pytest.mark.usefixtures("small_chunks")
def test_parquet_in_parts(run: Any, mass_file: Path) -> None:
    run("predict", mass_file, "penguins.csv", "--out", "a.parquet")
    found = pd.read_parquet("a.parquet")
    assert found.equals(pd.read_csv(io.StringIO(run("predict", mass_file, "penguins.csv").out)))


def test_booleans_and_whole_numbers_keep_their_types(run: Any) -> None:
    for name, classes in (("flag", [True, False]), ("count", [3, 7])):
        data = {"x": [0.0, 1.0] * 20, name: classes * 20}
        chainrule.train(data, target=name, epochs=1).save(f"{name}.safetensors")
        pd.DataFrame(data).to_csv("data.csv", index=False)
        run("predict", f"{name}.safetensors", "data.csv", "--out", "a.parquet", "--force")
        assert set(pd.read_parquet("a.parquet")[name]) <= set(classes)
        first = json.loads(run("predict", f"{name}.safetensors", "data.csv", "--json").out.splitlines()[0])
        assert type(first[name]) is type(classes[0])


def test_a_name_that_needs_quotes(run: Any) -> None:
    data = {"x": [0.0, 1.0] * 20, 'a "b", c': ["é,1", "'2'"] * 20}
    chainrule.train(data, target='a "b", c', epochs=1).save("odd.safetensors")
    pd.DataFrame(data).to_csv("data.csv", index=False)
    run("predict", "odd.safetensors", "data.csv", "--out", "it's.parquet")
    frame = pd.read_csv(io.StringIO(run("predict", "odd.safetensors", "data.csv").out))
    pd.testing.assert_frame_equal(pd.read_parquet("it's.parquet"), frame)
    assert list(frame.columns) == ['a "b", c', "probability_'2'", "probability_é,1"]


def test_the_form_follows_from_the_ending() -> None:
    assert answers.writer_for(Path("a.PARQUET"), as_json=False) is answers.write_parquet
    assert answers.writer_for(Path("a.ndjson"), as_json=False) is answers.write_json
    assert answers.writer_for(None, as_json=True) is answers.write_json
    assert answers.writer_for(Path("a.txt"), as_json=False) is answers.write_csv


def test_quiet_evaluation(run: Any, model_file: Path) -> None:
    pd.read_csv("penguins.csv").assign(more=1).to_csv("more.csv", index=False)
    loud, quiet = run("evaluate", model_file, "more.csv"), run("evaluate", model_file, "more.csv", "--quiet")
    assert loud.err
    assert quiet.err == ""
    assert quiet.out and loud.out.endswith(quiet.out) and "chainrule" not in quiet.out


def completions(shell: str, *words: str) -> list[str]:
    environment = {
        "_CHAINRULE_COMPLETE": f"{shell}_complete",
        "COMP_WORDS": " ".join(["chainrule", *words]),
        "COMP_CWORD": str(len(words)),
    }
    code = "from chainrule.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""
    return done.stdout.split("\n")


def test_bash_completes_commands_options_and_file_names() -> None:
    assert [line for line in completions("bash", "in") if line] == ["plain,inspect"]
    assert "plain,--hidden" in completions("bash", "train", "--h")
    assert completions("bash", "predict", "mod")[0] == "file,mod"  # the shell itself lists files
    assert [line for line in completions("bash", "nonsense", "x") if line] == []


def test_zsh_completes_commands() -> None:
    assert completions("zsh", "ins")[:2] == ["plain", "inspect"]


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_completion_script_is_printed(run: Any, shell: str) -> None:
    outcome = run("completion", shell)
    assert (outcome.code, outcome.err) == (0, "")
    assert "_CHAINRULE_COMPLETE" in outcome.out
    if shell == "bash":
        assert subprocess.run(["bash", "-n"], input=outcome.out.encode(), check=False).returncode == 0
