"""scikit-learn's own conformance suite for the estimators for tables, whole: nothing skipped or expected to fail."""

from unittest import SkipTest

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from chainrule import TabularClassifier, TabularRegressor

LEAST = {TabularClassifier: 60, TabularRegressor: 53}


@parametrize_with_checks([TabularClassifier(), TabularRegressor()])
def test_scikit_learns_check(estimator, check, monkeypatch, request):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # else its check of array namespaces skips itself
    assert not request.node.get_closest_marker("xfail")
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.fail(f"skipped: {reason}")


@pytest.mark.parametrize("estimator", LEAST)
def test_so_many_checks_are_collected(estimator):
    assert len(list(estimator_checks_generator(estimator()))) >= LEAST[estimator]
