import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from chainrule.errors import ArgumentError
from chainrule.estimators.metric import METRICS, best_threshold, check_metric

RANDOM = np.random.Generator(np.random.Philox(3))
POSITIVE = RANDOM.random(120) < 0.2
PROBABILITIES = np.round(np.clip(0.2 + 0.3 * POSITIVE + 0.15 * RANDOM.normal(size=120), 0, 1), 2)  # with ties
SCORES = {"f1": f1_score, "balanced_accuracy": balanced_accuracy_score}


@pytest.mark.parametrize("name", SCORES)
@pytest.mark.parametrize("weighted", [False, True])
def test_no_threshold_is_better(name, weighted):
    weights = RANDOM.integers(0, 4, 120).astype(float) if weighted else None
    threshold = best_threshold(name, POSITIVE, PROBABILITIES, weights)

    def score(cut):
        return SCORES[name](POSITIVE, cut <= PROBABILITIES, sample_weight=weights)

    assert score(threshold) == pytest.approx(max(score(cut) for cut in np.linspace(0, 1, 501)[1:]))
    assert score(threshold) > score(0.5)


@pytest.mark.parametrize("name", [None, "accuracy", "roc_auc", "log_loss"])
def test_other_metrics_keep_the_most_likely_class(name):
    assert best_threshold(name, POSITIVE, PROBABILITIES, None) is None


def test_without_both_classes_there_is_nothing_to_choose():
    assert best_threshold("f1", np.zeros(5, bool), PROBABILITIES[:5], None) is None
    assert best_threshold("f1", np.ones(5, bool), PROBABILITIES[:5], None) is None
    assert best_threshold("f1", POSITIVE, PROBABILITIES, (~POSITIVE).astype(float)) is None


def test_every_metric_measures_and_knows_what_is_better():
    for name in METRICS["classification"]:
        metric = check_metric(name)(2)
        metric.update_state(np.array([0, 1, 1]), np.array([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]]))
        assert metric.result() == pytest.approx(0.2798 if name == "log_loss" else 1.0, abs=1e-4)
        assert metric.larger_is_better is (name != "log_loss")
        assert metric.name == name
    for name in METRICS["regression"]:
        metric = check_metric(name)(1)
        metric.update_state(np.array([[0.0], [2.0]]), np.array([[1.0], [1.0]]))
        assert metric.result() == pytest.approx(0.0 if name == "r2" else 1.0)


def test_a_metric_of_the_other_task_is_refused():
    with pytest.raises(ArgumentError, match="metric 'f1' is not for a regression; expected one of rmse, mae, r2"):
        check_metric("f1", "regression")
