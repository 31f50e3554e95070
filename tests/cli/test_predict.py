import csv
import io
import json
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import chainrule

HEAD = "species,probability_Adelie,probability_Chinstrap,probability_Gentoo"


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_rows_come_in_input_order_with_probabilities(run: Any, model_file: Path) -> None:
    outcome = run("predict", model_file, "penguins.csv")
    assert (outcome.code, outcome.err) == (0, "")
    head, *rows = read(outcome.out)
    assert ",".join(head) == HEAD
    assert len(rows) == 344
    shares = np.array([row[1:] for row in rows], np.float64)
    np.testing.assert_allclose(shares.sum(axis=1), 1, atol=1e-5)
    model = chainrule.load(model_file)
    assert [row[0] for row in rows] == model.predict("penguins.csv").tolist()
    np.testing.assert_allclose(shares, model.predict_proba("penguins.csv"), rtol=1e-5)


def test_a_regression_gives_one_column(run: Any, mass_file: Path) -> None:
    outcome = run("predict", mass_file, "penguins.csv")
    head, *rows = read(outcome.out)
    assert head == ["body_mass_g"]
    expected = chainrule.load(mass_file).predict("penguins.csv")
    np.testing.assert_allclose([float(row[0]) for row in rows], expected, rtol=1e-6)


def test_columns_are_found_by_name(run: Any, model_file: Path) -> None:
    expected = run("predict", model_file, "penguins.csv").out
    frame = pd.read_csv("penguins.csv")
    frame.drop(columns="species")[frame.columns[:0:-1]].to_csv("turned.csv", index=False)
    assert run("predict", model_file, "turned.csv") == (0, expected, "")
    frame.assign(more=1, other="x").to_csv("more.csv", index=False)
    outcome = run("predict", model_file, "more.csv")
    assert outcome.out == expected
    assert outcome.err == "note: not used, since training had no such columns: more, other\n"


def test_missing_columns_are_an_error_that_lists_them(run: Any, model_file: Path) -> None:
    pd.read_csv("penguins.csv").drop(columns=["sex", "island"]).to_csv("less.csv", index=False)
    outcome = run("predict", model_file, "less.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: the table lacks the columns 'island', 'sex' of the training table")


def test_what_training_never_saw_works_and_is_noted(run: Any, model_file: Path) -> None:
    pd.read_csv("penguins.csv").head(3).assign(island="Atlantis").to_csv("new.csv", index=False)
    outcome = run("predict", model_file, "new.csv")
    assert outcome.code == 0
    assert len(read(outcome.out)) == 4
    assert outcome.err == "note: island: the unknown slot is used in 3 rows: 'Atlantis'\n"


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("abc", "column 'bill_length_mm', row 2: expected a number as in training, got 'abc'"),
        ("inf", "column 'bill_length_mm' holds an infinite number in row 2"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_row(
    run: Any, model_file: Path, value: str, message: str
) -> None:
    frame = pd.read_csv("penguins.csv", dtype=str)
    frame.loc[1, "bill_length_mm"] = value
    frame.to_csv("odd.csv", index=False)
    outcome = run("predict", model_file, "odd.csv", "--out", "answers.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert not Path("answers.csv").exists()


def test_an_output_file_is_complete_or_absent(run: Any, model_file: Path, tmp_path: Path) -> None:
    expected = run("predict", model_file, "penguins.csv").out
    outcome = run("predict", model_file, "penguins.csv", "--out", "answers.csv")
    assert outcome == (0, "", "Predicted 344 rows into answers.csv\n")
    assert Path("answers.csv").read_text(encoding="utf-8") == expected
    outcome = run("predict", model_file, "penguins.csv", "--out", "answers.csv")
    assert outcome.code == 2
    assert "answers.csv exists already" in outcome.err
    assert run("predict", model_file, "penguins.csv", "--out", "answers.csv", "--force").code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"penguins.csv", "answers.csv"}


@pytest.mark.parametrize(
    ("out", "message"),
    [("no_folder/a.csv", "there is no folder no_folder"), ("penguins.csv", "is a file to read"), (".", "is a folder")],
)
def test_an_output_that_cannot_be_written_is_refused(
    run: Any, model_file: Path, tmp_path: Path, out: str, message: str
) -> None:
    outcome = run("predict", model_file, "penguins.csv", "--out", out, "--force")
    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert {path.name for path in tmp_path.iterdir()} == {"penguins.csv"}


def test_the_model_is_not_replaced_by_its_answers(run: Any, model_file: Path) -> None:
    before = model_file.read_bytes()
    assert "is a file to read" in run("predict", model_file, "penguins.csv", "--out", model_file, "--force").err
    assert model_file.read_bytes() == before


def test_models_and_tables_are_not_confused(run: Any, model_file: Path, tmp_path: Path) -> None:
    assert "penguins.csv is not a model file, or is damaged" in run("predict", "penguins.csv", model_file).err
    assert "holds binary data, not a table" in run("predict", model_file, model_file).err
    assert "there is no file none.safetensors" in run("predict", "none.safetensors", "penguins.csv").err
    assert run("predict", model_file, "none.csv").err == "error: no such file: none.csv\n"
    assert "is a folder" in run("predict", ".", "penguins.csv").err
    network = chainrule.Sequential([chainrule.layers.Input((2,)), chainrule.layers.Dense(1)], seed=0)
    network.save("network.safetensors")
    outcome = run("predict", "network.safetensors", "penguins.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert "network.safetensors holds a network without an encoder for tables" in outcome.err


def test_classes_with_separators_are_quoted(run: Any, tmp_path: Path) -> None:
    data = {"x": list(range(40)), "an, odd name": ["a,b", 'q"\nr'] * 20}
    chainrule.train(data, target="an, odd name", epochs=1).save("odd.safetensors")
    pd.DataFrame(data).to_csv("odd.csv", index=False)
    head, *rows = read(run("predict", "odd.safetensors", "odd.csv").out)
    assert head == ["an, odd name", "probability_a,b", 'probability_q"\nr']
    assert {row[0] for row in rows} <= {"a,b", 'q"\nr'}
    assert len(rows) == 40


def test_number_classes_come_back_as_they_were(run: Any) -> None:
    data = {"x": list(range(40)), "y": [0, 1] * 20}
    chainrule.train(data, target="y", epochs=1).save("zero.safetensors")
    pd.DataFrame(data).to_csv("zero.csv", index=False)
    head, *rows = read(run("predict", "zero.safetensors", "zero.csv").out)
    assert head == ["y", "probability_0", "probability_1"]
    assert {row[0] for row in rows} <= {"0", "1"}


def shell(command: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    python = f"'{sys.executable}' -W error -m chainrule"
    return subprocess.run(
        ["bash", "-c", command.replace("chainrule", python)], capture_output=True, check=False, **options
    )


def test_a_reader_that_stops_reading_is_no_error(run: Any, model_file: Path) -> None:
    frame = pd.read_csv("penguins.csv")
    pd.concat([frame] * 40).to_csv("long.csv", index=False)
    result = shell(f"chainrule predict '{model_file}' long.csv | head -1")
    assert (result.stdout.decode().strip(), result.stderr) == (HEAD, b"")


def test_a_closed_output_is_one_error(run: Any, model_file: Path) -> None:
    result = shell(f"chainrule predict '{model_file}' penguins.csv >&-")
    assert (result.returncode, result.stderr) == (2, b"error: standard output is closed; name a file with --out\n")


def test_a_full_disk_leaves_nothing_behind(run: Any, model_file: Path, tmp_path: Path) -> None:
    result = shell(
        f"chainrule predict '{model_file}' penguins.csv --out answers.csv",
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000)),
    )
    assert (result.returncode, result.stderr) == (2, b"error: can't write answers.csv: File too large\n")
    assert {path.name for path in tmp_path.iterdir()} == {"penguins.csv"}


def test_a_query_and_a_table_of_a_database(run: Any, model_file: Path) -> None:
    import duckdb

    with duckdb.connect("zoo.db") as connection:
        connection.execute("CREATE TABLE birds AS SELECT * FROM 'penguins.csv'; CREATE TABLE other AS SELECT 1 AS x")
    whole = run("predict", model_file, "penguins.csv")
    assert run("predict", model_file, "zoo.db", "--table", "birds") == whole
    assert run("predict", model_file, "--sql", "select * from 'penguins.csv'") == whole
    some = run("predict", model_file, "--sql", "select * from 'penguins.csv' limit 3", "--out", "some.csv")
    assert some == (0, "", "Predicted 3 rows into some.csv\n")
    assert Path("some.csv").read_text() == "".join(whole.out.splitlines(keepends=True)[:4])
    failed = run("predict", model_file, "--sql", "select * from 'nowhere.csv'")
    assert (failed.code, failed.out) == (2, "")
    assert failed.err.startswith("error: the SQL query failed: ")
    assert failed.err.count("\n") == 1


def test_quantiles_have_a_column_each(run: Any) -> None:
    shares = (0.1, 0.5, 0.9)
    model = chainrule.train("penguins.csv", "body_mass_g", loss="quantile", quantiles=shares, epochs=20)
    model.save("mass.safetensors")
    outcome = run("predict", "mass.safetensors", "penguins.csv")
    head, *rows = read(outcome.out)
    assert outcome.code == 0
    assert head == ["body_mass_g_q0.1", "body_mass_g_q0.5", "body_mass_g_q0.9"]
    found = np.array(rows, np.float64)
    np.testing.assert_allclose(found, model.predict("penguins.csv"), rtol=1e-6)
    assert (np.diff(found, axis=1) >= 0).all()
    mass = pd.read_csv("penguins.csv")["body_mass_g"]
    known = mass.notna().to_numpy()
    below = (mass.to_numpy()[known, None] < found[known]).mean(axis=0)
    np.testing.assert_allclose(below, shares, atol=0.15)
    first = json.loads(run("predict", "mass.safetensors", "penguins.csv", "--json").out.splitlines()[0])
    assert list(first) == head


def test_columns_that_no_network_reads_do_not_matter_unless_they_are_needed(run: Any, model_file: Path) -> None:
    frame = pd.read_csv("penguins.csv")
    expected = run("predict", model_file, "penguins.csv").out
    frame.assign(tags=[["a", "b"]] * len(frame)).to_parquet("more.parquet")
    outcome = run("predict", model_file, "more.parquet")
    assert outcome == (
        0,
        expected,
        "note: column tags is left out: it holds VARCHAR[] values, no numbers, text or dates\n",
    )
    frame.assign(sex=[["a", "b"]] * len(frame)).to_parquet("less.parquet")
    outcome = run("predict", model_file, "less.parquet")
    assert outcome.code == 2
    assert "the table lacks the columns 'sex'" in outcome.err


def test_answers_are_not_written_under_the_name_of_another_form(run: Any, model_file: Path) -> None:
    outcome = run("predict", model_file, "penguins.csv", "--out", "answers.xlsx")
    expected = "error: answers are not written as .xlsx; name a file that ends in .csv, .jsonl or .parquet\n"
    assert outcome == (2, "", expected)
    assert not Path("answers.xlsx").exists()


def test_numbers_far_beyond_training_are_no_error(run: Any, model_file: Path) -> None:
    pd.read_csv("penguins.csv").head(3).assign(body_mass_g=1e300).to_csv("far.csv", index=False)
    outcome = run("predict", model_file, "far.csv")
    assert (outcome.code, outcome.err, len(read(outcome.out))) == (0, "", 4)
