"""``chainrule lr-find``: the curve, a rate that it suggests, and what it leaves alone."""

import json

import pytest

from tests.cli.conftest import Run


def test_the_curve_and_the_rate_it_suggests(run: Run) -> None:
    outcome = run("lr-find", "penguins.csv", "--target", "species")
    assert outcome.code == 0, outcome.err
    lines = outcome.out.splitlines()
    assert "32-128-128-3  silu, 21,123 weights, Adam" in outcome.out
    assert lines[-1].startswith("Next: chainrule train penguins.csv --target species --learning-rate 0.0")
    assert max(len(line) for line in lines[:-1]) <= 80
    for word in ("too small", "good", "diverging", "suggestion", "rule  a third of"):
        assert word in outcome.out


def test_as_data_and_as_a_number(run: Run) -> None:
    found = json.loads(run("lr-find", "penguins.csv", "--target", "species", "--json").out)
    assert found["target"] == "species"
    assert 1e-5 < found["suggestion"] < 1
    assert len(found["rates"]) == len(found["losses"])
    quiet = run("lr-find", "penguins.csv", "--target", "species", "--quiet")
    assert float(quiet.out) == float(f"{found['suggestion']:.2g}")


def test_a_picture(run: Run, tmp_path: object) -> None:
    outcome = run("lr-find", "penguins.csv", "--target", "species", "--out", "curve.svg", "--quiet")
    assert outcome.code == 0, outcome.err
    again = run("lr-find", "penguins.csv", "--target", "species", "--out", "curve.svg", "--quiet")
    assert again.code == 2
    assert "exists" in again.err


def test_what_comes_next_is_the_same_without_what_train_has_not(run: Run) -> None:
    words = ["lr-find", "penguins.csv", "--steps=60", "--optimizer", "sgd", "--target", "body_mass_g", "--max-lr", "1"]
    outcome = run(*words, "--hidden", "8", "--out", "a.png", "--force")
    next_line = outcome.out.splitlines()[-1]
    expected = "Next: chainrule train penguins.csv --optimizer sgd --target body_mass_g --hidden 8 --learning-rate "
    assert next_line.startswith(expected)
    assert run(*next_line.split()[2:], "--epochs", "2").code == 0


def test_a_query_weights_and_losses_of_numbers(run: Run) -> None:
    query = "select * from 'penguins.csv' where body_mass_g is not null"
    words = ["--sql", query, "--target", "body_mass_g", "--loss", "huber", "--drop", "species", "--json"]
    found = json.loads(run("lr-find", *words).out)
    assert (found["file"], found["settings"]["loss"]) == ("query", "huber")


def test_plain_characters_where_there_are_no_others(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chainrule.cli.screen._encoding", lambda: "ascii")
    outcome = run("lr-find", "penguins.csv", "--target", "species", "--steps", "60")
    assert outcome.out.isascii()
    assert "****" in outcome.out
    assert "?" not in outcome.out


def test_quiet_without_a_suggestion_is_an_error(run: Run) -> None:
    words = ["--min-lr", "1e-30", "--max-lr", "1e-20", "--quiet"]
    outcome = run("lr-find", "penguins.csv", "--target", "species", *words)
    assert (outcome.code, outcome.out) == (2, "")
    assert "there is no rate to suggest; none: between 1.00e-30 and 1.00e-20" in outcome.err


def test_errors_are_one_line(run: Run) -> None:
    more = ["penguins.csv", "--target", "species"]
    for extra in (["--out", "curve.txt"], ["--min-lr", "2", "--max-lr", "1"], ["--min-lr", "0"], ["--loss", "huber"]):
        outcome = run("lr-find", *more, *extra)
        assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    for words in (["nothing.csv", "--target", "y"], ["penguins.csv", "--target", "specie"], ["penguins.csv"]):
        outcome = run("lr-find", *words)
        assert outcome.code == 2
        assert len(outcome.err.strip().splitlines()) == 1
