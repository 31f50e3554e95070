"""The options of ``chainrule train`` that are about its data."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

QUICK = ("--target", "species", "--epochs", "2", "--hidden", "4")


def trained(run: Any, *arguments: object) -> list[str]:
    """Return the lines on the data, without their indent."""
    outcome = run("train", *arguments, *QUICK, "--force", "--out", "m.safetensors")
    assert (outcome.code, outcome.err) == (0, "")
    return [line.removeprefix("  ") for line in outcome.out.split("\n\n")[1].splitlines()]


def test_kinds_and_columns_left_out(run: Any) -> None:
    lines = trained(
        run, "penguins.csv", "--categorical", "flipper_length_mm,island", "--drop", "sex", "--drop", "body_mass_g"
    )
    assert lines[-2].startswith("left out     body_mass_g, sex") and lines[-2].endswith("(as asked)")
    assert lines[2].startswith("2 categories island, flipper_length_mm")


def test_group_weight_and_balance(run: Any) -> None:
    frame = pd.read_csv("penguins.csv")
    frame["nest"], frame["w"] = range(0, 2 * len(frame), 2), 1.0
    frame["nest"] //= 6
    frame.to_csv("nests.csv", index=False)
    lines = trained(run, "nests.csv", "--group", "nest", "--weight", "w", "--class-weight", "balanced")
    assert any(line.startswith("left out     nest ") and line.endswith("(groups the rows)") for line in lines)
    assert any(line.startswith("left out     w ") and line.endswith("(weighs the rows)") for line in lines)
    assert "grouped by   nest: no group is in two parts" in lines
    assert any(line.startswith("balanced     classes weigh Adelie 0.7") for line in lines)


def test_time(run: Any) -> None:
    frame = pd.read_csv("penguins.csv").sample(frac=1, random_state=0)
    frame["day"] = pd.date_range("2024-01-01", periods=len(frame)).strftime("%Y-%m-%d")
    frame.to_csv("days.csv", index=False)
    lines = trained(run, "days.csv", "--time", "day")
    assert "in time      by day: training ends at 2024-08-07, validation at 2024-10-01" in lines
    assert any(line.startswith("1 date       day") and line.endswith("(as season, weekday)") for line in lines)


def test_test_rows_of_ones_own(run: Any) -> None:
    frame = pd.read_csv("penguins.csv").sample(frac=1, random_state=0)
    frame[:60].to_csv("test.csv", index=False)
    frame[60:].to_csv("rest.csv", index=False)
    lines = trained(run, "rest.csv", "--test", "test.csv")
    assert lines[-2:] == ["test file    test.csv", "split        227 train, 57 validation, 60 test"]


def test_a_leak_is_told(run: Any) -> None:
    frame = pd.read_csv("penguins.csv")
    frame["code"] = frame["species"].str.upper()
    frame.to_csv("leak.csv", index=False)
    lines = trained(run, "leak.csv")
    assert any(line.startswith("warning      code alone tells species: it goes 100.0% of the way") for line in lines)


def test_sources(run: Any) -> None:
    frame = pd.read_csv("penguins.csv")
    with closing(sqlite3.connect("p.db")) as connection:
        frame.to_sql("penguins", connection)
        frame.to_sql("more", connection)
    frame[:200].to_csv("part-1.csv", index=False)
    frame[200:].to_csv("part-2.csv", index=False)
    assert trained(run, "p.db::penguins")[0].startswith("p.db::penguins   344 rows")
    assert trained(run, "p.db", "--table", "more")[0].startswith("p.db   344 rows")
    assert trained(run, "part-*.csv")[-1] == "note         2 files, from part-1.csv to part-2.csv"
    query = "select * from 'penguins.csv' where island <> 'Dream'"
    assert trained(run, "--sql", query)[0].startswith("query   220 rows, target species: 2 classes")


def test_the_default_name_of_a_query_s_model(run: Any) -> None:
    assert run("train", "--sql", "select * from 'penguins.csv'", *QUICK).code == 0
    assert Path("query-species.safetensors").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("penguins.csv", "--drop", "ilsand"), "drop: no column 'ilsand'; did you mean 'island'?"),
        (("penguins.csv", "--group", "sexx"), "group: no column 'sexx'; did you mean 'sex'?"),
        (("penguins.csv", "--drop", "species"), "drop names the target 'species'; expected another column"),
        (("penguins.csv", "--drop", "sex", "--numeric", "sex"), "'sex' is given as numeric and as drop; choose one"),
        (("penguins.csv", "--drop", ","), "expected names of columns like age,sex, got ','"),
        (("penguins.csv", "--group", "sex", "--time", "island"), "split by group or by time, not by both; choose one"),
        (("penguins.csv", "--time", "island"), "time 'island' holds values such as 'Torgersen'; expected dates like"),
        (("penguins.csv", "--weight", "sex"), "weight 'sex' holds values such as 'MALE'; expected numbers"),
        (("penguins.csv", "--test", "none.csv"), "no such file: none.csv"),
        (("penguins.csv", "--sql", "select 1"), "give either a FILE or a query with --sql"),
        ((), "give either a FILE or a query with --sql"),
        (("--sql", "select nothing"), "the SQL query failed: Binder Error"),
        (("penguins.csv", "--table", "t"), "penguins.csv is no database, so it has no table 't'"),
        (("*.parquet",), "no file matches *.parquet"),
    ],
)
def test_errors_are_one_line(run: Any, arguments: tuple[str, ...], message: str) -> None:
    outcome = run("train", *arguments, *QUICK)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err.startswith("error: ") and message in outcome.err
    assert outcome.err.count("\n") == 1


def test_json_tells_of_the_warnings(run: Any) -> None:
    frame = pd.read_csv("penguins.csv")
    frame["code"] = frame["species"]
    frame.to_csv("leak.csv", index=False)
    report = json.loads(run("train", "leak.csv", *QUICK, "--json").out)
    assert any(line.startswith("warning ") for line in report["columns"])
