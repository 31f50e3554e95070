import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import chainrule


def test_the_screen(run: Any, model_file: Path) -> None:
    outcome = run("evaluate", model_file, "penguins.csv")
    assert (outcome.code, outcome.err) == (0, "")
    head, scores = outcome.out.split("\n\n")
    assert head.endswith(f"  {chainrule.engine.describe()}")
    scored = chainrule.load(model_file).evaluate("penguins.csv")
    assert scores.startswith(f"{scored.right} of 344 right ({scored.accuracy:.1%}; 95%: ")
    assert "  always answering Adelie:    152 of 344\n" in scores
    assert "            Adelie Chinstrap Gentoo  <- predicted\n" in scores


def test_json_holds_the_scores(run: Any, model_file: Path, mass_file: Path) -> None:
    for path in (model_file, mass_file):
        scores = json.loads(run("evaluate", path, "penguins.csv", "--json").out)
        assert scores == chainrule.load(path).evaluate("penguins.csv").as_dict()


def test_rows_without_target_are_left_out_and_told(run: Any, model_file: Path) -> None:
    frame = pd.read_csv("penguins.csv")
    frame.loc[:9, "species"] = None
    frame.to_csv("some.csv", index=False)
    outcome = run("evaluate", model_file, "some.csv")
    assert outcome.err == "note: 10 rows without species left out\n"
    assert "of 334 right" in outcome.out


def test_one_row_of_a_regression_has_no_r2(run: Any, mass_file: Path) -> None:
    pd.read_csv("penguins.csv").head(1).to_csv("one.csv", index=False)
    assert "R2 undefined (the target does not vary) on 1 row\n" in run("evaluate", mass_file, "one.csv").out
    text = run("evaluate", mass_file, "one.csv", "--json").out
    assert json.loads(text, parse_constant=pytest.fail)["r2"] is None


def test_tables_that_cannot_be_scored_are_refused(run: Any, model_file: Path) -> None:
    frame = pd.read_csv("penguins.csv")
    frame.drop(columns="species").to_csv("without.csv", index=False)
    assert run("evaluate", model_file, "without.csv").err.startswith("error: no column 'species'; expected one of ")
    frame.assign(species="Emperor").to_csv("other.csv", index=False)
    outcome = run("evaluate", model_file, "other.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: target 'species' holds classes never seen in training: 'Emperor'")
