"""The report: what it tells, that the test rows are found again, and that data stay text."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import chainrule
from chainrule.analysis import report
from chainrule.analysis.reporting.importance import permutation_importance
from chainrule.analysis.reporting.judgement import judge, scores
from chainrule.analysis.reporting.sections_of_data import command_of
from chainrule.analysis.reporting.subject import subject_of
from chainrule.errors import ArgumentError, FileError, UnknownNameError
from chainrule.estimators.network import Options
from chainrule.estimators.train_table import train_table
from chainrule.layers import Dense, Input
from chainrule.tables import DataOptions, read_table, samples

VOID = {"meta", "br", "img", "hr", "input", "link", "col"}
EVIL = "<script>alert(1)</script>"


class Checker(HTMLParser):
    """Sees that elements are closed in order, and what would be fetched or run."""

    def __init__(self):
        super().__init__()
        self.open, self.fetched, self.scripts = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.scripts += tag == "script"
        self.fetched += [v for k, v in attrs if k in ("src", "href", "data") and not str(v).startswith("#")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.fetched += [v for k, v in attrs if k in ("src", "href", "data") and not str(v).startswith("#")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def check(html):
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    assert checker.fetched == []
    assert checker.scripts == 0
    assert "@import" not in html
    assert not re.search(r"url\((?!#)", html)


@pytest.fixture(scope="module")
def penguins():
    table = samples.penguins()
    return chainrule.train(table, target="species", epochs=10), table


def test_the_whole_of_penguins(penguins, tmp_path):
    model, table = penguins
    made = report(model, table)
    check(made.html)
    titles = re.findall(r"<h2>(.*?)</h2>", made.html)
    expected = [
        "Scores", "Confusions", "How far confidence can be trusted", "Worst errors", "What each column is worth",
        "Data", "Network and training", "One gradient explained", "Diagnosis", "How to repeat it",
    ]  # fmt: skip
    assert [title for title in titles if title in expected] == expected
    assert "found again by the seed" in made.html
    assert "chainrule train" in made.html
    made.save(tmp_path / "report.html")
    assert (tmp_path / "report.html").read_text() == made.html


def test_the_test_rows_are_those_of_the_training(penguins):
    model, table = penguins
    subject = subject_of(model, table)
    assert subject.honest
    assert subject.rows.rows == model.report.split[2]
    species = table.column("species").values
    np.testing.assert_array_equal(species[subject.places - 1], subject.rows.column("species").values)
    judged = judge(model, subject.rows)
    assert (judged.truth == judged.answers).sum() == model.report.scores["right"]


def test_other_rows_are_judged_as_they_are(penguins):
    model, table = penguins
    subject = subject_of(model, table.take(np.arange(0, 300)))
    assert not subject.honest
    assert "training may have seen some" in subject.about_rows
    check(report(model, table.take(np.arange(0, 300))).html)


def test_without_data_the_file_tells_what_it_knows(penguins, tmp_path):
    model, _ = penguins
    model.save(tmp_path / "model.safetensors")
    html = report(tmp_path / "model.safetensors").html
    check(html)
    assert "as the model file keeps them" in html
    assert "Worst errors" not in html


def test_names_from_data_stay_text():
    rng = np.random.default_rng(0)
    n = 120
    data = {
        EVIL: rng.normal(size=n).tolist(),
        "kind": rng.choice(["<b>x</b>", "a&b", '"q"'], n).tolist(),
        "y<i>": [EVIL if v > 0 else "</td>" for v in rng.normal(size=n)],
    }
    model = chainrule.train(data, target="y<i>", epochs=3)
    html = report(model, data).html
    check(html)
    assert EVIL not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert "<b>x</b>" not in html


def test_regression():
    wave = samples.sine(rows=200)
    data = {"x": wave.X[:, 0].tolist(), "y": np.asarray(wave.y).ravel().tolist()}
    model = chainrule.train(data, target="y", epochs=10, hidden=(16,))
    html = report(model, data).html
    check(html)
    for words in ("Predicted and true", "RMSE", "mean absolute error", "R2", "off by"):
        assert words in html


def test_scores_and_their_intervals(penguins):
    model, table = penguins
    judged = judge(model, table)
    accuracy, balanced, log_loss = scores(judged, 0)
    assert accuracy.value == pytest.approx((judged.truth == judged.answers).mean())
    for score in (accuracy, balanced, log_loss):
        assert score.low <= score.value <= score.high
    shares = np.bincount(judged.truth) / len(judged.truth)
    assert accuracy.guess == pytest.approx(shares[0])
    assert log_loss.guess == pytest.approx(-(shares * np.log(shares)).sum())
    per_class = [(judged.answers[judged.truth == c] == c).mean() for c in range(3)]
    assert balanced.value == pytest.approx(np.mean(per_class))


def test_importance_finds_the_column_that_matters():
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=400), rng.normal(size=400)
    data = {"noise": noise.tolist(), "signal": x.tolist(), "y": (3 * x).tolist()}
    model = chainrule.train(data, target="y", epochs=20, hidden=(16,))
    first, second = permutation_importance(model, read_table(data))
    assert (first.column, second.column) == ("signal", "noise")
    assert first.low <= first.mean <= first.high
    assert first.mean > 10 * abs(second.mean)
    # In the unit of the target: shuffled, every row gets any row's answer (what noise adds to it is small).
    answers, truth = model.predict(data), np.array(data["y"])
    rise = np.sqrt(np.mean((answers[:, None] - truth) ** 2)) - np.sqrt(np.mean((answers - truth) ** 2))
    assert first.mean == pytest.approx(rise, rel=0.1)  # 5 shuffles


def test_without_a_linear_model_there_is_no_column_for_it(penguins):
    model, table = penguins
    assert "a linear model" in report(model, table).html
    assert "a linear model" not in report(model, table.take(np.arange(0, 300))).html


def test_the_command_says_what_is_not_as_usual(penguins):
    model, table = penguins
    options = Options(epochs=2, hidden=(), seed=3)
    other = train_table(table, "species", None, options, DataOptions(drop="sex"))
    words = command_of(subject_of(other))
    for part in ("--target species", "--hidden none", "--epochs 2", "--seed 3", "--drop sex"):
        assert part in words
    assert command_of(subject_of(model)).endswith("--epochs 10")


def test_errors(penguins, tmp_path):
    model, _ = penguins
    with pytest.raises(FileError, match="there is no file"):
        report(tmp_path / "nothing.safetensors")
    network = chainrule.Sequential([Input((2,)), Dense(1)], seed=0)
    network.save(tmp_path / "network.safetensors")
    with pytest.raises(FileError, match="holds a network without a table"):
        report(tmp_path / "network.safetensors")
    with pytest.raises(ArgumentError, match=r"a report is of what chainrule.train returns, .* got Sequential"):
        report(network)
    with pytest.raises(UnknownNameError, match="species"):
        report(model, {"island": ["Dream"], "sex": ["male"]})
