"""sweep: the trials, the best of them, and who runs them."""

import logging
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

import chainrule
from chainrule import Sequential, analysis
from chainrule.errors import (
    ArgumentError,
    DependencyError,
    FileError,
    StateError,
    UnknownArgumentError,
    UnknownNameError,
)
from chainrule.layers import Dense
from chainrule.optimizers import SGD
from chainrule.tables import DataOptions

X = np.random.default_rng(0).normal(size=(160, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
TABLE = {"a": X[:, 0], "b": X[:, 1], "c": X[:, 2], "kind": np.where(Y, "yes", "no").tolist()}
SPACE = {"learning_rate": (1e-4, 1.0), "hidden": [(4,), (8, 8)]}


def build(learning_rate, units):
    model = Sequential([Dense(units, activation="relu"), Dense(2, activation="softmax")], seed=0)
    model.compile(SGD(learning_rate), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def sweep(**more):
    given = {"space": SPACE, "target": "kind", "trials": 6, "epochs": 6, **more}
    return analysis.sweep(TABLE, **given)


def test_the_best_trial_is_trained_again_as_train_would_with_its_settings():
    result = sweep(jobs=1)
    assert [trial.number for trial in result.trials] == list(range(6))
    best = min((t for t in result.trials if t.state == "complete"), key=lambda t: t.score)
    assert result.best == best
    again = chainrule.train(TABLE, "kind", **best.settings)
    assert np.array_equal(again.network.parameters.values, result.model.network.parameters.values)
    assert result.test == again.report.scores and result.test["rows"] == 32
    assert again.report.losses[-1] == best.score == best.curve[-1]


def test_one_job_tries_the_same_each_time_and_the_seed_changes_it():
    first, same, other = (sweep(jobs=1, seed=seed) for seed in (0, 0, 1))
    assert [(t.settings, t.score, t.curve) for t in first.trials] == [
        (t.settings, t.score, t.curve) for t in same.trials
    ]
    assert [t.settings for t in first.trials] != [t.settings for t in other.trials]


def test_trials_at_once_score_what_they_score_alone():
    alone, many = (sweep(jobs=jobs, sampler="grid", pruner="none", trials=8) for jobs in (1, 2))
    assert {t.number: (t.settings, t.score) for t in alone.trials} == {
        t.number: (t.settings, t.score) for t in many.trials
    }


def test_no_trial_sees_the_test_rows():
    changed = {**TABLE, "a": TABLE["a"].copy()}
    seen = analysis.sweep(TABLE, SPACE, "kind", trials=3, epochs=3, jobs=1, data=DataOptions())
    model = chainrule.train(TABLE, "kind", epochs=1)
    _, _, test = chainrule.tables.split_rows(Y, 160, seed=model.report.seed)
    changed["a"][test] = 1e3
    others = analysis.sweep(changed, SPACE, "kind", trials=3, epochs=3, jobs=1)
    assert [t.score for t in seen.trials] == [t.score for t in others.trials]
    assert seen.test != others.test


def test_a_metric_says_what_is_best():
    result = sweep(metric="accuracy", sampler="random", pruner="none")
    assert result.monitor == "val_accuracy" and result.larger_is_better
    assert result.best.score == max(t.score for t in result.trials)
    assert all(t.score == max(t.curve) for t in result.trials)  # with a metric the best epoch counts


def test_folds_average_over_the_rows_of_training_and_validation():
    result = sweep(folds=3, trials=2, pruner="none")
    single = sweep(trials=2, pruner="none")
    assert all(t.state == "complete" for t in result.trials)
    assert [t.score for t in result.trials] != [t.score for t in single.trials]
    with pytest.raises(ArgumentError, match="can't be cross-validated"):
        sweep(folds=3, data=DataOptions(time="a"))
    with pytest.raises(ArgumentError, match="folds"):
        sweep(folds=1)


@pytest.mark.parametrize("pruner", ["median", "hyperband"])
def test_what_does_badly_ends_early(pruner):
    space = {"learning_rate": [0.02, *(10.0**-i for i in range(5, 13))]}
    result = analysis.sweep(TABLE, space, "kind", sampler="grid", epochs=30, jobs=1, pruner=pruner)
    states = [t.state for t in result.trials]
    assert "pruned" in states and states[0] == "complete" and result.best.number == 0
    assert all(t.epochs < 30 and t.score is None for t in result.trials if t.state == "pruned")


def test_a_model_of_ones_own_on_arrays():
    result = analysis.sweep(
        (X, Y), {"learning_rate": (0.01, 1.0), "units": [4, 8]}, build=build, trials=4, epochs=8, metric="accuracy"
    )
    assert isinstance(result.model, Sequential) and set(result.test) == {"loss", "accuracy"}
    again = build(**{name: value for name, value in result.best.settings.items() if name != "epochs"})
    train, _, test = chainrule.tables.split_rows(Y, 160)
    again.fit(X[train], Y[train], epochs=8, verbose=0)
    assert again.evaluate(X[test], Y[test], return_dict=True) == result.test
    assert len(analysis.sweep((X, Y), {"learning_rate": [0.01, 0.1]}, sampler="grid", epochs=2).trials) == 2


def test_a_trial_that_diverges_or_fails_is_noted_and_the_others_go_on():
    def fragile(learning_rate):
        if learning_rate == 0.5:
            raise RuntimeError("not this one")
        model = Sequential([Dense(1)], seed=0)
        model.compile(SGD(learning_rate), loss="mse")
        return model

    result = analysis.sweep(
        (1e3 * X, Y), {"learning_rate": [1e-8, 0.5, 100.0]}, build=fragile, sampler="grid", pruner="none", epochs=8
    )
    assert [t.state for t in result.trials] == ["complete", "failed", "diverged"]
    assert result.trials[1].reason == "RuntimeError: not this one"
    assert "numbers went wrong" in result.trials[2].reason
    with pytest.raises(StateError, match=r"none of 1 trials is complete; .*: RuntimeError: not this"):
        analysis.sweep((X, Y), {"learning_rate": [0.1, 0.2]}, build=fragile_but_once(fragile), trials=1)


def fragile_but_once(build):
    """Build a model when asked what it measures, and none for the trials."""
    asked = []

    def once(learning_rate):
        asked.append(learning_rate)
        return build(0.1 if len(asked) == 1 else 0.5)

    return once


@pytest.mark.parametrize("kind", [ThreadPoolExecutor, ProcessPoolExecutor])
def test_any_executor_runs_the_trials(kind, tmp_path):
    space = {"learning_rate": [1e-12, 1e-11, 1e-10, 1e-9, 1e-8, 1e-1, 1e-13]}
    with kind(2) as executor:
        result = analysis.sweep(
            TABLE, space, "kind", sampler="grid", epochs=12, executor=executor, jobs=1, storage=tmp_path / "journal"
        )
    alone = analysis.sweep(TABLE, space, "kind", sampler="grid", epochs=12, jobs=1)
    told = [[(t.state, t.score, t.curve) for t in found.trials] for found in (result, alone)]
    assert told[0] == told[1]
    assert result.trials[6].state == "pruned"  # by a worker that has opened the storage


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"sampler": "tep"}, UnknownNameError, "did you mean 'tpe'"),
        ({"pruner": "medain"}, UnknownNameError, "did you mean 'median'"),
        ({"metric": "acuracy"}, UnknownNameError, "did you mean 'accuracy'"),
        ({"metric": "rmse"}, ArgumentError, "not for a classification"),
        ({"trials": 0}, ArgumentError, "trials"),
        ({"jobs": 0}, ArgumentError, "jobs"),
        ({"timeout": 0}, ArgumentError, "timeout"),
        ({"seed": -1}, ArgumentError, "seed"),
        ({"target": None}, ArgumentError, "target"),
        ({"target": "kidn"}, UnknownNameError, "kind"),
        ({"hiden": (4,)}, UnknownArgumentError, "did you mean 'hidden'"),
        ({"build": build}, ArgumentError, "pair of arrays"),
        ({"space": {"learning_rate": 0.1}}, ArgumentError, "nothing to try"),
        ({"storage": "no/such/folder"}, FileError, "can't use the study"),
    ],
)
def test_what_makes_no_sense_is_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        sweep(**wrong)


def test_a_timeout_begins_no_more_trials():
    told = []
    result = sweep(trials=500, timeout=0.3, jobs=1, watch=told.append)
    assert 0 < len(result.trials) < 500 and result.wanted == 500
    assert f"{len(result.trials)} of 500 trials" in str(result)
    assert max(len(trials) for trials in told) == len(result.trials)


def test_the_result_shows_itself():
    result = sweep(trials=8)
    shown = str(result)
    assert "8 of 8 trials" in shown and "learning rate      best val_loss" in shown and "  best" in shown
    assert shown.endswith(
        f"best: learning_rate {result.best.settings['learning_rate']:g}, hidden "
        f"{','.join(map(str, result.best.settings['hidden']))}"
    )
    axes = result.plot().axes[0]
    assert axes.get_xscale() == "log"
    assert any(text.get_text().startswith("best: ") for text in axes.get_legend().get_texts())
    points = sum(len(line.get_xdata()) for line in axes.lines if line.get_marker() in ("o", "x"))
    assert points == len(result.trials)
    with pytest.raises(StateError, match="no rate curve"):
        analysis.sweep(TABLE, {"hidden": [(4,), (8,)]}, "kind", trials=2, epochs=1).plot()


def test_optuna_says_nothing(capfd, caplog):
    with caplog.at_level(logging.DEBUG):
        sweep(trials=3)
    assert capfd.readouterr() == ("", "")


def test_without_optuna_the_error_says_how_to_install_it(monkeypatch):
    for name in list(sys.modules):
        if name.partition(".")[0] == "optuna" or name.startswith("chainrule.analysis."):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "optuna", None)
    monkeypatch.delattr(analysis, "sweep", raising=False)
    with pytest.raises(DependencyError, match=r"pip install 'chainrule\[search\]'"):
        _ = analysis.sweep
