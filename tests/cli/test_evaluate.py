import json
from pathlib import Path
from typing import Any

import numpy as np
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


def several(columns: list[str]) -> pd.DataFrame:
    """Train on several columns of penguins, save the model, and return the rows."""
    frame = pd.read_csv("penguins.csv").dropna().reset_index(drop=True)
    X, y = frame.drop(columns=columns), frame[columns]
    if "sex" in columns:
        y = pd.DataFrame({"sex": (y["sex"] == "MALE").astype(int), "island": (y["island"] == "Biscoe").astype(int)})
        model: Any = chainrule.TabularClassifier(epochs=20, random_state=0)
    else:
        model = chainrule.TabularRegressor(epochs=20, random_state=0)
    model.fit(X, y).save("several.safetensors")
    rows = X.join(y)
    rows.to_csv("rows.csv", index=False)
    return rows


def test_several_labels_are_scored_each_and_together(run: Any) -> None:
    rows = several(["sex", "island"])
    outcome = run("evaluate", "several.safetensors", "rows.csv", "--json")
    assert (outcome.code, outcome.err) == (0, "")
    scores = json.loads(outcome.out)
    predicted = chainrule.load("several.safetensors").predict(rows)
    truth = rows[["sex", "island"]].to_numpy()
    assert (scores["rows"], scores["right"]) == (len(rows), int((predicted == truth).all(axis=1).sum()))
    assert scores["targets"]["sex"]["accuracy"] == (predicted == truth)[:, 0].mean() > 0.8
    for index, name in enumerate(("sex", "island")):
        assert scores["targets"][name]["positives"] == truth[:, index].sum() > 100
        assert scores["targets"][name]["true_positives"] == (truth * predicted)[:, index].sum()
    screen = run("evaluate", "several.safetensors", "rows.csv", "--quiet").out
    assert screen.startswith(f"{scores['right']} of {len(rows)} rows right in both labels (")
    assert "have it  found  wrongly    F1\n  sex     " in screen


def test_several_numbers_are_scored_each_and_rows_without_one_are_left_out(run: Any) -> None:
    names = ["body_mass_g", "flipper_length_mm"]
    rows = several(names)
    predicted = chainrule.load("several.safetensors").predict(rows)
    rows.loc[:4, "body_mass_g"] = np.nan
    rows.loc[10, "flipper_length_mm"] = np.nan
    rows.to_csv("rows.csv", index=False)
    outcome = run("evaluate", "several.safetensors", "rows.csv", "--json")
    assert outcome.err == "note: 6 rows without body_mass_g or flipper_length_mm left out\n"
    scores = json.loads(outcome.out)
    kept = rows[names].notna().all(axis=1).to_numpy()
    errors = predicted[kept] - rows[names].to_numpy()[kept]
    for index, name in enumerate(names):
        assert scores["targets"][name]["rmse"] == pytest.approx(np.sqrt((errors[:, index] ** 2).mean()))
    assert scores["r2"] == pytest.approx(np.mean([scores["targets"][name]["r2"] for name in names]))
    assert scores["r2"] > 0.7
    outcome = run("evaluate", "several.safetensors", "rows.csv", "--quiet")
    assert outcome.out.startswith(f"R2 {scores['r2']:.3f} on average over 2 targets, {len(rows) - 6} rows\n")
    rows.drop(columns="body_mass_g").to_csv("less.csv", index=False)
    assert run("evaluate", "several.safetensors", "less.csv").err.startswith("error: no column 'body_mass_g'")


def test_a_query_and_a_table_of_a_database(run: Any, model_file: Path) -> None:
    import duckdb

    with duckdb.connect("zoo.db") as connection:
        connection.execute("CREATE TABLE birds AS SELECT * FROM 'penguins.csv'; CREATE TABLE other AS SELECT 1 AS x")
    whole = run("evaluate", model_file, "penguins.csv")
    assert run("evaluate", model_file, "zoo.db", "--table", "birds") == whole
    assert run("evaluate", model_file, "--sql", "select * from 'penguins.csv'") == whole
    half = "select * from 'penguins.csv' where island = 'Dream'"
    assert json.loads(run("evaluate", model_file, "--sql", half, "--json").out)["rows"] == 124
    assert run("evaluate", model_file).err.startswith("error: give either a FILE or a query with --sql")
    assert run("evaluate", model_file, "penguins.csv", "--sql", half).code == 2
    assert run("evaluate", model_file, "zoo.db").err.startswith("error: zoo.db has 2 tables: birds, other; name one")


def test_a_target_that_is_also_read_is_refused(run: Any) -> None:
    frame = pd.DataFrame({"y": np.arange(40.0), "x": np.arange(40.0) % 7})
    chainrule.TabularRegressor(epochs=1).fit(frame, np.arange(40.0)).save("y.safetensors")
    frame.to_csv("y.csv", index=False)
    outcome = run("evaluate", "y.safetensors", "y.csv")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: 'y' is both a column that the model reads and its target")


def test_only_what_the_model_needs_is_read(run: Any, model_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.read_csv("penguins.csv").assign(bad=np.inf, more="x")
    frame.to_csv("wide.csv", index=False)
    seen = []
    inside = chainrule.cli.screen.remark_on
    monkeypatch.setattr(
        "chainrule.cli.screen.remark_on", lambda model, table: seen.append(table) or inside(model, table)
    )
    outcome = run("evaluate", model_file, "wide.csv", "--json")
    assert outcome.err == "note: not used, since training had no such columns: bad, more\n"
    assert outcome.out == run("evaluate", model_file, "penguins.csv", "--json").out
    assert (seen[0].unread, set(seen[0].names)) == (("bad", "more"), set(pd.read_csv("penguins.csv").columns))
    misspelt = frame.rename(columns={"body_mass_g": "mass"}).drop(columns="bad")
    misspelt.to_csv("misspelt.csv", index=False)
    outcome = run("evaluate", model_file, "misspelt.csv")
    assert outcome.err.startswith(
        "error: the table lacks the columns 'body_mass_g' of the training table; it has instead "
    )
