"""``chainrule lr-find``: the curve, a rate that it suggests, and what it leaves alone."""

import json

from tests.cli.conftest import Run


def test_the_curve_and_the_rate_it_suggests(run: Run) -> None:
    outcome = run("lr-find", "penguins.csv", "--target", "species")
    assert outcome.code == 0, outcome.err
    assert "--learning-rate" in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 110


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


def test_errors_are_one_line(run: Run) -> None:
    for words in (["nothing.csv", "--target", "y"], ["penguins.csv", "--target", "specie"], ["penguins.csv"]):
        outcome = run("lr-find", *words)
        assert outcome.code == 2
        assert len(outcome.err.strip().splitlines()) == 1
