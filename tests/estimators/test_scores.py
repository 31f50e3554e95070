import numpy as np
import pytest
from sklearn import metrics

from chainrule.estimators.scores import class_scores, number_scores, wilson
from chainrule.random import generator


def test_class_scores_equal_scikit_learns() -> None:
    random = generator(0, "check")
    codes = random.integers(3, size=200)
    shares = random.dirichlet([1, 1, 1], size=200)
    scores = class_scores(codes, shares, ("a", "b", "c"), "b")
    answers = shares.argmax(axis=1)
    assert scores.accuracy == metrics.accuracy_score(codes, answers)
    assert scores.confusion.tolist() == metrics.confusion_matrix(codes, answers).tolist()
    assert scores.log_loss == pytest.approx(metrics.log_loss(codes, shares), rel=1e-9)
    assert scores.guess_right == (codes == 1).sum()
    assert scores.rows == 200


def test_number_scores_equal_scikit_learns() -> None:
    random = generator(1, "check")
    truth = random.normal(5, 3, size=300)
    answers = truth + random.normal(size=300)
    scores = number_scores(truth, answers, guess=4.0)
    assert scores.rmse == pytest.approx(metrics.root_mean_squared_error(truth, answers), rel=1e-12)
    assert scores.mae == pytest.approx(metrics.mean_absolute_error(truth, answers), rel=1e-12)
    assert scores.r2 == pytest.approx(metrics.r2_score(truth, answers), rel=1e-12)
    assert scores.guess_rmse == pytest.approx(metrics.root_mean_squared_error(truth, np.full(300, 4.0)), rel=1e-12)


def test_the_interval_of_the_rmse_holds_it_and_is_seeded() -> None:
    random = generator(2, "check")
    truth, answers = random.normal(size=500), random.normal(size=500)
    scores = number_scores(truth, answers, guess=0.0)
    low, high = scores.rmse_interval
    assert low < scores.rmse < high
    # The RMSE of normal errors scatters by about rmse / sqrt(2 n).
    assert high - low == pytest.approx(2 * 1.96 * scores.rmse / np.sqrt(1000), rel=0.2)
    assert number_scores(truth, answers, guess=0.0).rmse_interval == scores.rmse_interval


def test_the_interval_narrows_with_more_rows_than_are_drawn() -> None:
    errors = generator(3, "check").normal(size=90_000)
    scores = number_scores(np.zeros(90_000), errors, guess=0.0)
    low, high = scores.rmse_interval
    assert high - low == pytest.approx(2 * 1.96 * scores.rmse / np.sqrt(180_000), rel=0.2)


def test_numbers_whose_squares_overflow_are_scored() -> None:
    scores = number_scores(np.array([0.0, 1e200]), np.array([0.0, 0.0]), guess=0.0)
    assert scores.rmse == pytest.approx(1e200 / np.sqrt(2))
    assert np.isfinite(scores.rmse_interval).all()
    assert scores.r2 == pytest.approx(-1)


def test_r2_is_unknown_where_the_target_does_not_vary() -> None:
    assert number_scores(np.array([3.0, 3.0]), np.array([3.0, 4.0]), guess=3.0).r2 is None
    assert number_scores(np.array([3.0]), np.array([3.0]), guess=3.0).rmse == 0.0


def test_wilsons_interval() -> None:
    # Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
    for right, rows, low, high in ((81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)):
        assert wilson(right, rows) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)
    assert wilson(1, 1)[1] == 1.0
