"""scikit-learn's own conformance suite, whole, for all four estimators: nothing skipped, nothing expected to fail."""

from unittest import SkipTest

import pytest
from sklearn.neural_network import MLPClassifier as TheirClassifier
from sklearn.neural_network import MLPRegressor as TheirRegressor
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from chainrule.estimators import MLPClassifier, MLPRegressor, TabularClassifier, TabularRegressor

# scikit-learn's checks train with defaults, on data of their own: that 200 epochs don't suffice there is no fault.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


@parametrize_with_checks([MLPClassifier(), MLPRegressor(), TabularClassifier(), TabularRegressor()])
def test_scikit_learns_check(estimator, check, monkeypatch, request):
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")  # else its check of array namespaces skips itself
    assert not request.node.get_closest_marker("xfail")
    try:
        check(estimator)
    except SkipTest as reason:
        pytest.fail(f"skipped: {reason}")


def names_of_checks(estimator):
    return [check.func.__name__ for _, check in estimator_checks_generator(estimator)]


@pytest.mark.parametrize(("ours", "theirs"), [(MLPClassifier, TheirClassifier), (MLPRegressor, TheirRegressor)])
def test_every_check_of_scikit_learns_own_class_is_among_them(ours, theirs):
    collected, expected = names_of_checks(ours()), names_of_checks(theirs())
    assert set(collected) >= set(expected)
    assert len(collected) >= len(expected) >= 50


@pytest.mark.parametrize(("estimator", "least"), [(TabularClassifier, 60), (TabularRegressor, 53)])
def test_so_many_checks_are_collected(estimator, least):
    assert len(names_of_checks(estimator())) >= least
