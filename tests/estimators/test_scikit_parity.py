"""Side by side with scikit-learn's own classes: the same random_state gives the same losses and weights."""

import inspect

import numpy as np
import pytest
from sklearn import neural_network as theirs

from chainrule import estimators as ours
from chainrule.engine import native, steps_made
from tests.estimators.data_sets import BINARY, CLASSES, COUNTS, LABELS, NUMBERS, PAIRS, WEIGHTS, X

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
KINDS = ("MLPClassifier", "MLPRegressor")
ROUNDING = 1e-11  # float64, 20 epochs of sums over a few hundred numbers around 1
FLOAT32 = 1e-5
KERAS_EPSILON = 1e-7  # chainrule's Poisson loss, as Keras's, adds it inside its logarithm
SHORT_BATCH = 1e-5  # scikit-learn's penalty is larger in a short last batch: alpha (1/b - 1/B) W more, once an epoch


def both(kind, y, x=X, fit=(), **parameters):
    parameters = {"max_iter": 20, "random_state": 3, "hidden_layer_sizes": (12, 7), **parameters}
    made = steps_made()
    mine = getattr(ours, kind)(**parameters).fit(x, y, **dict(fit))
    if native.available() and parameters.get("solver") != "lbfgs":
        assert steps_made() > made, "trained by the Python engine"
    return getattr(theirs, kind)(**parameters).fit(x, y, **dict(fit)), mine


def weights(model):
    return np.concatenate([w.ravel() for w in (*model.coefs_, *model.intercepts_)])


def assert_same(their, mine, tolerance=ROUNDING, loss_tolerance=None):
    """Compare weights and curves; with a loss tolerance of infinity only how many epochs there were."""
    np.testing.assert_allclose(weights(mine), weights(their), rtol=0, atol=tolerance)
    for name in ("n_iter_", "t_", "n_layers_", "n_outputs_", "out_activation_", "n_features_in_"):
        assert getattr(mine, name) == getattr(their, name), name
    loss_tolerance = loss_tolerance or tolerance
    assert mine.loss_ == pytest.approx(their.loss_, abs=loss_tolerance)
    if hasattr(their, "loss_curve_"):
        np.testing.assert_allclose(mine.loss_curve_, their.loss_curve_, rtol=0, atol=loss_tolerance)
        assert mine.best_loss_ == (their.best_loss_ and pytest.approx(their.best_loss_, abs=loss_tolerance))
        assert (mine.validation_scores_ is None) == (their.validation_scores_ is None)
        assert mine.best_validation_score_ == (
            their.best_validation_score_ and pytest.approx(their.best_validation_score_, abs=loss_tolerance)
        )
    if getattr(their, "validation_scores_", None) is not None:
        np.testing.assert_allclose(mine.validation_scores_, their.validation_scores_, rtol=0, atol=loss_tolerance)


SOLVERS = {
    "adam": {"solver": "adam", "learning_rate_init": 0.01, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-6},
    "sgd": {"solver": "sgd", "learning_rate_init": 0.05, "momentum": 0.0},
    "sgd, momentum": {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False},
    "sgd, nesterov": {"solver": "sgd", "learning_rate_init": 0.05},
    "sgd, invscaling": {"solver": "sgd", "learning_rate": "invscaling", "learning_rate_init": 0.1, "power_t": 0.4},
    "sgd, adaptive": {
        "solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.03, "tol": 0.03, "n_iter_no_change": 1,
    },
}  # fmt: skip


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("activation", ["identity", "logistic", "tanh", "relu"])
def test_solvers_and_activations(solver, activation):
    assert_same(*both("MLPClassifier", CLASSES, batch_size=40, activation=activation, alpha=0.1, **SOLVERS[solver]))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("batch_size", ["auto", 50])
def test_solvers_without_shuffling(solver, batch_size):
    assert_same(*both("MLPRegressor", NUMBERS, shuffle=False, batch_size=batch_size, **SOLVERS[solver]))


def test_the_adaptive_rate_has_been_divided():
    """Else the case above would compare nothing new."""
    mine = both("MLPClassifier", CLASSES, batch_size=40, activation="relu", alpha=0.1, **SOLVERS["sgd, adaptive"])[1]
    assert mine.network_.optimizer.learning_rate < 0.03


TASKS = {
    "two classes": ("MLPClassifier", BINARY, {}),
    "classes": ("MLPClassifier", CLASSES, {}),
    "names": ("MLPClassifier", np.array(["c", "a", "b"])[CLASSES], {}),
    "labels": ("MLPClassifier", LABELS, {}),
    "number": ("MLPRegressor", NUMBERS, {}),
}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("early", [False, True])
def test_tasks(task, early):
    kind, y, parameters = TASKS[task]
    their, mine = both(kind, y, early_stopping=early, validation_fraction=0.2, batch_size=40, **parameters)
    assert_same(their, mine)
    for method in ("predict_proba", "predict_log_proba") if kind == KINDS[0] else ("predict",):
        np.testing.assert_allclose(getattr(mine, method)(X), getattr(their, method)(X), atol=1e-9)
    if kind == KINDS[0]:
        np.testing.assert_array_equal(mine.predict(X), their.predict(X))
    assert mine.score(X, y) == pytest.approx(their.score(X, y), abs=1e-9)


def test_poisson():
    their, mine = both("MLPRegressor", COUNTS, loss="poisson", batch_size=40)
    untrained = both("MLPRegressor", COUNTS, loss="poisson", max_iter=1, learning_rate_init=1e-12)[0]
    ratio = (COUNTS / untrained.predict(X)).max()  # y log(f + epsilon) is off by epsilon y / f, most at the start
    assert_same(their, mine, KERAS_EPSILON * ratio)


def test_several_numbers_follow_the_same_path_but_the_loss_is_their_sum():
    their, mine = both("MLPRegressor", PAIRS, batch_size=40, alpha=0.0)
    np.testing.assert_allclose(weights(mine), weights(their), rtol=0, atol=ROUNDING)
    np.testing.assert_allclose(mine.loss_curve_, 2 * np.array(their.loss_curve_), rtol=ROUNDING)


@pytest.mark.parametrize(("kind", "y"), [("MLPClassifier", CLASSES), ("MLPRegressor", NUMBERS)])
def test_weighted_rows(kind, y):
    weighted = {"sample_weight": WEIGHTS}
    assert_same(*both(kind, y, fit=weighted, batch_size=200, alpha=0.1))
    their, mine = both(kind, y, fit=weighted, batch_size=40, alpha=0.0)
    np.testing.assert_allclose(weights(mine), weights(their), rtol=0, atol=ROUNDING)


def test_a_short_last_batch_differs_by_its_penalty_only():
    their, mine = both("MLPClassifier", CLASSES, batch_size=60, alpha=0.0)
    assert_same(their, mine)
    their, mine = both("MLPClassifier", CLASSES, batch_size=60, solver="sgd")
    assert_same(their, mine, SHORT_BATCH)


@pytest.mark.parametrize(("kind", "y"), [("MLPClassifier", CLASSES), ("MLPRegressor", NUMBERS)])
def test_lbfgs(kind, y):
    """Line searches blow up rounding: only the first iterations can be compared."""
    assert_same(*both(kind, y, solver="lbfgs", max_iter=12, activation="tanh", alpha=0.1), tolerance=1e-8)


def test_float32_stays_float32():
    their, mine = both("MLPClassifier", CLASSES, x=X.astype(np.float32))
    assert_same(their, mine, FLOAT32)
    assert {w.dtype.name for w in mine.coefs_} == {"float32"} == {mine.predict_proba(X).dtype.name}


def test_sparse_rows():
    from scipy.sparse import csc_array, csr_array

    thin = np.where(np.abs(X) > 0.8, X, 0.0)
    models = [both("MLPClassifier", CLASSES, x=kind(thin))[1] for kind in (csr_array, csc_array, np.asarray)]
    for model in models:
        np.testing.assert_array_equal(weights(model), weights(models[-1]))
        np.testing.assert_allclose(model.predict_proba(csr_array(thin)), models[-1].predict_proba(thin), rtol=1e-12)


@pytest.mark.parametrize(("kind", "y"), [("MLPClassifier", CLASSES), ("MLPRegressor", NUMBERS)])
def test_partial_fit_and_warm_starts(kind, y):
    names = {"classes": [0, 1, 2]} if kind == KINDS[0] else {}
    models = [
        getattr(module, kind)(hidden_layer_sizes=(9,), random_state=1, max_iter=4, batch_size=40)
        for module in (theirs, ours)
    ]
    for model in models:
        model.partial_fit(X, y, **names)
        for rows in (slice(0, 120), slice(80, 200), slice(None)):
            model.partial_fit(X[rows], y[rows])
    assert_same(*models)
    for model in models:
        model.set_params(warm_start=True).fit(X, y)
        model.fit(X, y)
    assert_same(*models)
    assert len(models[1].loss_curve_) == 12


def test_convergence_ends_at_the_same_epoch():
    their, mine = both("MLPClassifier", BINARY, max_iter=500, tol=1e-3, learning_rate_init=0.01, n_iter_no_change=4)
    assert their.n_iter_ < 500
    assert_same(their, mine, tolerance=1e-6)  # rounding grows over the epochs
    assert mine.converged_


@pytest.mark.parametrize("early", [False, True])
@pytest.mark.parametrize("solver", ["adam", "adaptive"])
def test_what_verbose_prints(capsys, early, solver):
    rule = {**SOLVERS["sgd, adaptive"], "learning_rate_init": 0.01} if solver == "adaptive" else {}
    both("MLPClassifier", BINARY, verbose=True, early_stopping=early, max_iter=40, batch_size=20, **rule)
    lines = capsys.readouterr().out.splitlines()
    half = len(lines) // 2
    assert lines[:half] == lines[half:]
    assert half >= 20


@pytest.mark.parametrize("kind", KINDS)
def test_arguments_and_defaults_are_theirs_in_their_order(kind):
    mine, their = (list(inspect.signature(getattr(module, kind)).parameters.values()) for module in (ours, theirs))
    named = [(p.name, p.default) for p in mine]
    assert named[: len(their)] == [(p.name, p.default) for p in their]
    positional = [[p.name for p in some if p.kind is p.POSITIONAL_OR_KEYWORD] for some in (mine, their)]
    assert positional[0] == positional[1]


@pytest.mark.parametrize(("kind", "y"), [("MLPClassifier", CLASSES), ("MLPRegressor", NUMBERS)])
@pytest.mark.parametrize("solver", ["adam", "lbfgs"])
def test_attributes_and_methods_are_theirs(kind, y, solver):
    their, mine = both(kind, y, solver=solver)
    public = {name for name in dir(their) if not name.startswith("_")}
    if solver == "lbfgs":
        public.discard("partial_fit")  # theirs hides the classifier's, and forgets the regressor's
    assert public <= set(dir(mine))
    for name in public:
        if name.endswith("_"):
            assert isinstance(getattr(their, name), type(getattr(mine, name))), name  # np.float64 is a float


def test_weights_can_be_read_and_written_in_place():
    mine = both("MLPRegressor", NUMBERS)[1]
    mine.coefs_[-1][:] = 0
    mine.intercepts_[-1][:] = 2.5
    assert (mine.predict(X) == 2.5).all()
    mine.coefs_ = [w + 1 for w in mine.coefs_]
    assert (mine.network_.get_weights()[-2] == 1).all()
