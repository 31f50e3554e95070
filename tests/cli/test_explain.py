"""chainrule explain: one weight, one row, five formats."""

import json
from xml.etree import ElementTree

import pytest

from chainrule import analysis, load
from chainrule.tables import read_table


def test_the_largest_gradient_of_a_row_as_text(run, model_file):
    result = run("explain", model_file, "penguins.csv", "--row", 3)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "  example  row 3 of penguins.csv" in lines
    model = load(model_file)
    table = read_table("penguins.csv")
    inputs, answers = model.encoder.encode(table)[2:3], model.target.encode(table.column("species"))[2:3]
    (name, slope), *_ = analysis.trace(model.network, inputs, answers).largest_gradients(1)
    assert lines[0] == f"How {name} moves the loss"
    assert f"{slope:.8f}" in result.out
    assert "y[Adelie]" in result.out
    assert "the class is Adelie" in result.out


def test_a_weight_by_its_name_with_the_names_of_inputs(run, model_file):
    result = run("explain", model_file, "penguins.csv", "--weight", "dense_1/kernel[4, 2]", "--delta", "-0.25")
    assert result.code == 0
    assert "x[bill_length_mm], which the weight multiplies" in " ".join(result.out.split())
    assert "What if w fell by 0.25" in result.out


def test_rows_count_from_1(run, model_file):
    texts = [
        run("explain", model_file, "penguins.csv", "--weight", "dense_3/bias[0]", *row).out
        for row in ([], ["--row", 1])
    ]
    assert texts[0] == texts[1]
    assert "row 1 of penguins.csv" in texts[0]
    assert run("explain", model_file, "penguins.csv", "--row", 344).code == 0


def test_several_weights_and_the_list(run, model_file):
    result = run("explain", model_file, "penguins.csv", "--largest", 3)
    assert result.out.count("moves the loss\n") == 3
    result = run("explain", model_file, "penguins.csv", "--list")
    assert result.code == 0
    rows = [line.split() for line in result.out.splitlines() if line.startswith("  dense_")]
    assert [row[0] for row in rows] == [f"dense_{n}/{part}" for n in (1, 2, 3) for part in ("kernel", "bias")]


@pytest.mark.parametrize(("ending", "form"), [("tex", "latex"), ("html", "html"), ("svg", "svg"), ("txt", "text")])
def test_formats(run, model_file, tmp_path, ending, form):
    out = tmp_path / f"explained.{ending}"
    result = run("explain", model_file, "penguins.csv", "--weight", "dense_2/bias[3]", "--out", out)
    assert (result.code, result.err) == (0, "")
    assert result.out == f"Wrote {out}\n"
    text = out.read_text(encoding="utf-8")
    start = {"latex": "\\documentclass", "html": "<!DOCTYPE html>", "svg": "<svg", "text": "How dense_2/bias[3]"}[form]
    assert text.startswith(start)
    assert "row 1 of penguins.csv" in text
    if form == "svg":
        ElementTree.fromstring(text)
    printed = run("explain", model_file, "penguins.csv", "--weight", "dense_2/bias[3]", "--format", form)
    assert printed.out.startswith(start)
    again = run("explain", model_file, "penguins.csv", "--out", out)
    assert again.code == 2
    assert "exists already" in again.err
    assert run("explain", model_file, "penguins.csv", "--out", out, "--force").code == 0


def test_json(run, model_file, tmp_path):
    out = tmp_path / "explained.json"
    result = run("explain", model_file, "penguins.csv", "--row", 3, "--largest", 2, "--delta", 0.5, "--out", out)
    assert (result.code, result.err) == (0, "")
    found = json.loads(out.read_text("utf-8"), parse_constant=pytest.fail)
    assert found["about"] == "row 3 of penguins.csv"
    first, second = found["explanations"]
    assert abs(first["gradient"]) >= abs(second["gradient"]) > 0
    assert abs(first["gradient"] - first["check"]["value"]) < 1e-6
    assert (first["what_if"]["delta"], first["what_if"]["before"]) == (0.5, first["loss"])
    printed = run("explain", model_file, "penguins.csv", "--row", 3, "--weight", first["weight"], "--format", "json")
    assert json.loads(printed.out)["explanations"][0]["gradient"] == first["gradient"]
    listed = json.loads(run("explain", model_file, "penguins.csv", "--list", "--format", "json").out)["weights"]
    assert [weight["name"] for weight in listed] == [
        f"dense_{n}/{part}" for n in (1, 2, 3) for part in ("kernel", "bias")
    ]
    assert listed[-1]["shape"] == [3]


def test_a_number_as_target(run, mass_file):
    result = run("explain", mass_file, "penguins.csv", "--row", 2)
    assert result.code == 0
    assert "2 (y - t) with y =" in result.out


def test_names_from_data_stay_text(run, tmp_path):
    rows = "\n".join(f"{i},{'ab'[i % 2]}" for i in range(60))
    (tmp_path / "evil.csv").write_text(f"<script>alert(1)</script>,y\n{rows}\n")
    assert run("train", "evil.csv", "--target", "y", "--epochs", 1, "--hidden", 4, "--quiet").code == 0
    for form in ("html", "svg"):
        out = run("explain", "evil-y.safetensors", "evil.csv", "--weight", "dense_1/kernel[0, 0]", "--format", form).out
        assert "<script" not in out
        assert "&lt;script&gt;" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--weight", "dens_1/kernel[0, 0]"], "no weight 'dens_1/kernel'; did you mean 'dense_1/kernel'?"),
        (["--weight", "dense_1/kernel[0, 500]"], "is outside of dense_1/kernel, whose places are 0 to "),
        (["--weight", "dense_1/kernel"], "name one weight of it, such as dense_1/kernel[0, 0]"),
        (["--row", 345], "penguins.csv has 344 rows; there is no row 345"),
        (["--row", 0], "0 is not in the range x>=1"),
        (["--largest", 2, "--list"], "give one of --weight, --largest and --list"),
        (["--largest", 2, "--format", "svg"], "a picture shows one weight"),
        (["--out", "explained.pdf"], "ends in none of .tex, .html, .htm, .svg, .txt, .json; say which --format"),
        (["--list", "--out", "list.html"], "--list writes text or json, got html"),
        (["--delta", "nan", "--format", "json"], "delta must be a number, such as 0.1, got nan"),
        (["--delta", "inf"], "delta must be a number, such as 0.1, got inf"),
        (["--format", "svgg"], "'svgg' is not one of"),
    ],
)
def test_errors_are_one_line(run, model_file, arguments, message):
    result = run("explain", model_file, "penguins.csv", *arguments)
    assert result.code == 2
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
    assert message in result.err


def test_a_row_without_its_target(run, model_file, tmp_path):
    table = (tmp_path / "penguins.csv").read_text().splitlines()
    (tmp_path / "new.csv").write_text("\n".join([table[0], "," + table[1].partition(",")[2]]) + "\n")
    result = run("explain", model_file, "new.csv")
    assert (result.code, result.err.count("\n")) == (2, 1)
    assert "row 1 has no species, and the loss compares with it" in result.err


def test_train_ends_with_an_example_of_it(run):
    result = run("train", "penguins.csv", "--target", "species", "--epochs", 1, "--hidden", "4")
    last = result.out.splitlines()[-1]
    assert last == "Why:  chainrule explain penguins-species.safetensors penguins.csv --row 1"
    assert run(*last.split()[2:]).code == 0
