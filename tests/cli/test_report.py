"""``chainrule report``: from a model or a run folder to a page."""

import re

import pytest


@pytest.fixture
def trained(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "points.csv").write_text("x,y\n" + "".join(f"{i % 7},{'ab'[i % 7 > 3]}\n" for i in range(80)))
    assert run("train", "points.csv", "--target", "y", "--epochs", "3", "--run", "first").code == 0
    return tmp_path


def test_of_a_run_which_knows_its_data(run, trained):
    result = run("report", "first")
    assert result.code == 0, result.err
    assert "Wrote first-report.html" in result.out
    page = (trained / "first-report.html").read_text()
    assert "found again by the seed" in page
    assert "environment" in page
    linear = r"a linear model</th></tr></thead>\s*<tbody><tr>.*?<td class=\"number\">[\d.]+%</td></tr>"
    assert re.search(linear, page, re.DOTALL)
    again = run("report", "first")
    assert again.code == 2
    assert "exists" in again.err
    assert run("report", "first", "--force", "--quiet").out == ""


def test_of_a_model_file_and_data(run, trained):
    result = run("report", "first/model.safetensors", "points.csv", "--out", "page.html")
    assert result.code == 0, result.err
    assert "Worst errors" in (trained / "page.html").read_text()


def test_errors_are_one_line(run, trained):
    for words in (["nothing"], ["points.csv"], ["first", "missing.csv"]):
        result = run("report", *words)
        assert result.code == 2
        assert len(result.err.strip().splitlines()) == 1
