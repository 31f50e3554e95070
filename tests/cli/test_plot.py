import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from chainrule import Sequential
from chainrule.layers import Dense, Input

TEST_ROWS = "69 rows of the test part, found again by the seed; training has never seen them"
SIGNATURES = {"png": b"\x89PNG", "pdf": b"%PDF", "svg": b"<?xml"}


@pytest.mark.parametrize("ending", SIGNATURES)
def test_a_picture_in_each_form(run: Any, model_file: Path, ending: str) -> None:
    outcome = run("plot", model_file, "penguins.csv", "--out", f"errors.{ending}")
    assert outcome == (0, f"Wrote errors.{ending}: {TEST_ROWS}\n", "")
    assert Path(f"errors.{ending}").read_bytes().startswith(SIGNATURES[ending])


def test_the_network_without_data(run: Any, model_file: Path) -> None:
    assert run("plot", model_file).out == "Wrote penguins-species-network.svg\n"
    assert ET.parse("penguins-species-network.svg").getroot().tag.endswith("svg")
    outcome = run("plot", model_file)
    assert outcome.code == 2 and "exists already" in outcome.err
    assert run("plot", model_file, "--force").code == 0


def test_curves_of_a_run(run: Any) -> None:
    assert (
        run("train", "penguins.csv", "--target", "species", "--epochs", 3, "--run", "runs/first", "--quiet").code == 0
    )
    assert run("plot", "runs/first").out == "Wrote first-plot.png\n"
    assert run("plot", "runs/first", "penguins.csv", "--kind", "curves", "--out", "same.png").code == 0
    assert Path("same.png").read_bytes() == Path("first-plot.png").read_bytes()  # data add nothing to curves
    assert run("plot", "runs/first", "--kind", "weights", "--out", "w.png").code == 0
    assert run("plot", "runs/first", "penguins.csv", "--kind", "roc").out == f"Wrote first-roc.png: {TEST_ROWS}\n"


def test_a_boundary_over_two_columns(run: Any, mass_file: Path) -> None:
    columns = "bill_length_mm,bill_depth_mm"
    outcome = run("plot", mass_file, "penguins.csv", "--kind", "boundary", "--features", columns, "--out", "b.png")
    assert (outcome.code, outcome.out) == (0, "Wrote b.png\n")


def test_rows_that_cannot_be_used_are_told(run: Any, model_file: Path) -> None:
    frame = pd.read_csv("penguins.csv")
    frame.loc[:9, "species"] = None
    frame.assign(more=1).to_csv("some.csv", index=False)
    outcome = run("plot", model_file, "some.csv", "--kind", "calibration", "--out", "c.png")
    assert outcome.out == "Wrote c.png: all 334 rows given; training may have seen some of them\n"
    assert outcome.err == (
        "note: not used, since training had no such columns: more\nnote: 10 rows without species left out\n"
    )


def test_a_network_without_an_encoder_takes_no_table(run: Any) -> None:
    Sequential([Input((2,)), Dense(1)], seed=0).save("network.safetensors")
    assert run("plot", "network.safetensors").code == 0
    outcome = run("plot", "network.safetensors", "penguins.csv")
    assert outcome.code == 2 and "a network without an encoder for tables" in outcome.err


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--kind", "roc"), "'roc' needs data: rows whose answer is known"),
        (
            ("--out", "network.png"),
            "a drawing of the network is SVG: expected a name that ends in .svg, got network.png",
        ),
        (
            ("--out", "network.gif"),
            "a picture is PNG, SVG or PDF: expected a name that ends in .png or .svg or .pdf, got",
        ),
        (("penguins.csv", "--kind", "residuals"), "'residuals' is for a number, and the model predicts classes; try"),
        (("penguins.csv", "--kind", "boundary", "--features", "island"), "--features expects two columns, such as"),
        (("missing.csv",), "no such file: missing.csv"),
    ],
)
def test_errors_are_one_line(run: Any, model_file: Path, arguments: tuple[str, ...], error: str) -> None:
    outcome = run("plot", model_file, *arguments)
    assert outcome.code == 2 and outcome.out == "" and outcome.err.count("\n") == 1
    assert outcome.err.startswith(f"error: {error}")
    assert not list(Path().glob("*.[gps][inv][fg]"))
