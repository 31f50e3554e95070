"""What the drop-in estimators have beyond scikit-learn's."""

import numpy as np
import pytest
from sklearn.base import clone

from chainrule import activations, losses, ops, optimizers
from chainrule.callbacks import Callback, EarlyStopping
from chainrule.engine import native, steps_made
from chainrule.errors import ArgumentError, DataError, DependencyError
from chainrule.estimators import MLPClassifier, MLPRegressor
from chainrule.estimators.rate_schedule import check_schedule, make_schedule
from chainrule.layers import BatchNormalization, Dropout, LayerNormalization
from chainrule.optimizers.schedules import CosineDecay, ExponentialDecay
from tests.estimators.data_sets import BINARY, CLASSES, COUNTS, LABELS, NUMBERS, PAIRS, WEIGHTS, X

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def classifier(hidden_layer_sizes=(8, 6), **parameters):
    return MLPClassifier(hidden_layer_sizes, **{"random_state": 0, "max_iter": 5, **parameters})


def regressor(**parameters):
    return MLPRegressor(**{"hidden_layer_sizes": (8,), "random_state": 0, "max_iter": 5, **parameters})


def kinds(model):
    return [type(layer).__name__ for layer in model.network_.layers]


def test_layers_of_the_network():
    model = classifier(dropout=[0.25, 0], normalization="batch", activation=["gelu", "tanh"]).fit(X, CLASSES)
    block = ["Dense", "BatchNormalization", "Activation"]
    assert kinds(model) == [*block, "Dropout", *block, "Dense"]
    assert [model.network_.layers[i].activation.name for i in (2, 6, 7)] == ["gelu", "tanh", "softmax"]
    assert model.network_.layers[3].rate == 0.25
    assert [w.shape for w in model.coefs_] == [(8, 8), (8, 6), (6, 3)]
    assert "LayerNormalization" in kinds(classifier(normalization="layer").fit(X, CLASSES))
    assert classifier([], dropout=[]).fit(X, CLASSES).n_layers_ == 2


@pytest.mark.skipif(not native.available(), reason="the native engine was not built")
@pytest.mark.parametrize("normalization", [None, "batch", "layer"])
def test_it_all_runs_natively(normalization):
    made = steps_made()
    classifier(dropout=0.2, normalization=normalization, activation="silu", solver="rmsprop").fit(X, CLASSES)
    regressor(loss="huber", dropout=0.1, solver="adamw").fit(X, PAIRS)
    assert steps_made() - made == 10


def test_dropout_depends_on_random_state_only():
    one, same, other = (classifier(dropout=0.5, random_state=s).fit(X, CLASSES) for s in (1, 1, 2))
    assert one.loss_curve_ == same.loss_curve_ != other.loss_curve_
    np.testing.assert_array_equal(one.predict_proba(X), one.predict_proba(X))


@pytest.mark.parametrize("name", sorted(activations.TABLE.keys() - {"softmax", "log_softmax", "exponential"}))
def test_every_activation(name):
    model = regressor(activation=name, max_iter=60, learning_rate_init=0.02).fit(X, NUMBERS)
    assert model.loss_curve_[-1] < 0.8 * model.loss_curve_[0]


@pytest.mark.filterwarnings("ignore::chainrule.errors.EngineWarning")
def test_functions_as_activation_and_loss():
    by_hand = regressor(activation=lambda z: ops.tanh(z), loss=lambda y, f: 0.5 * ops.square(y - f), alpha=0)
    np.testing.assert_allclose(
        by_hand.fit(X, NUMBERS).loss_curve_, regressor(activation="tanh", alpha=0).fit(X, NUMBERS).loss_curve_
    )


def test_losses_as_written():
    smooth = classifier(loss=losses.CategoricalCrossentropy(label_smoothing=0.1), alpha=0).fit(X, CLASSES)
    by_code = classifier(loss=losses.SparseCategoricalCrossentropy(label_smoothing=0.1), alpha=0).fit(X, CLASSES)
    np.testing.assert_allclose(smooth.loss_curve_, by_code.loss_curve_)
    low, high = (regressor(loss=losses.Quantile(q), max_iter=200).fit(X, NUMBERS) for q in (0.1, 0.9))
    assert (low.predict(X) < high.predict(X)).mean() > 0.9
    assert regressor(loss=losses.Poisson()).fit(X, COUNTS).predict(X).min() > 0


SOLVERS = ["adamw", "rmsprop", "adagrad", "adadelta", optimizers.Adam(0.02, amsgrad=True), optimizers.SGD(0.1)]


@pytest.mark.parametrize("solver", SOLVERS, ids=str)
def test_solvers(solver):
    before = repr(solver)
    model = classifier(solver=solver, learning_rate_init=0.02, max_iter=30).fit(X, CLASSES)
    assert model.loss_curve_[-1] < model.loss_curve_[0]
    assert repr(solver) == before
    if isinstance(solver, str):
        assert type(model.network_.optimizer) is optimizers.OPTIMIZERS[solver]
    else:
        assert model.network_.optimizer is not solver


@pytest.mark.parametrize("solver", ["sgd", "adam", optimizers.RMSprop()], ids=str)
def test_a_schedule_counts_with_every_solver(solver):
    still = ExponentialDecay(0.01, decay_steps=1, decay_rate=1e-9)
    model = classifier(solver=solver, learning_rate=still, momentum=0.0, batch_size=200, alpha=0).fit(X, CLASSES)
    first, second, *later = model.loss_curve_
    assert first != pytest.approx(second, abs=1e-5)
    np.testing.assert_allclose(later, second, atol=1e-5)  # only the first step had a rate worth its name


@pytest.mark.parametrize("solver", ["sgd", "adam", optimizers.RMSprop(0.02)], ids=str)
@pytest.mark.parametrize("name", ["cosine", "one-cycle"])
def test_a_named_schedule_runs_over_all_epochs(name, solver):
    model = classifier(solver=solver, learning_rate=name, learning_rate_init=0.02, max_iter=10, batch_size=50)
    model.fit(X, CLASSES)
    rate = model.network_.optimizer.learning_rate
    assert repr(rate) == repr(make_schedule(check_schedule(name), 0.02, 40))
    assert model.loss_curve_ != clone(model).set_params(learning_rate="constant").fit(X, CLASSES).loss_curve_
    again = clone(model).fit(X, CLASSES)
    assert again.loss_curve_ == model.loss_curve_
    message = f"learning_rate='{name}' runs over all steps, and partial_fit can't know"
    with pytest.raises(ArgumentError, match=message):
        clone(model).partial_fit(X, CLASSES, classes=[0, 1, 2])
    with pytest.raises(ArgumentError, match=message):  # the schedule is at its end
        model.partial_fit(X, CLASSES)


def test_float32():
    model = classifier(dtype="float32").fit(X, CLASSES)
    assert {w.dtype.name for w in model.coefs_} == {"float32"}
    np.testing.assert_allclose(model.loss_curve_, classifier().fit(X, CLASSES).loss_curve_, rtol=1e-5)


def test_class_weights_are_weights_of_rows():
    named = np.array(["no", "yes"])[BINARY]
    weighted = classifier(class_weight={"no": 0.5, "yes": 3.0}).fit(X, named, WEIGHTS)
    by_hand = classifier().fit(X, named, WEIGHTS * np.where(BINARY, 3.0, 0.5))
    np.testing.assert_allclose(weighted.loss_curve_, by_hand.loss_curve_)
    rare = BINARY & (X[:, 0] > 0.5)
    plain, balanced = (classifier(class_weight=w, max_iter=100).fit(X, rare) for w in (None, "balanced"))
    assert balanced.predict(X).sum() > plain.predict(X).sum()
    several = classifier(class_weight=[{0: 1, 1: 5}] * 4).fit(X, LABELS)
    assert several.loss_curve_ != classifier().fit(X, LABELS).loss_curve_


def test_an_eval_set_gives_curves():
    fit, held = slice(0, 150), slice(150, 200)
    model = classifier(max_iter=8).fit(X[fit], CLASSES[fit], eval_set=(X[held], CLASSES[held], WEIGHTS[held]))
    assert len(model.validation_scores_) == len(model.history_.history["val_loss"]) == 8
    assert model.validation_scores_[-1] == pytest.approx(model.score(X[held], CLASSES[held], WEIGHTS[held]))
    assert model.best_validation_score_ == max(model.validation_scores_)
    plain = classifier(max_iter=8).fit(X[fit], CLASSES[fit])
    assert plain.loss_curve_ == model.loss_curve_  # looking on changes nothing
    listed = regressor().fit(X[fit], PAIRS[fit], eval_set=[(X[held], PAIRS[held])])
    assert listed.validation_scores_[-1] == pytest.approx(listed.score(X[held], PAIRS[held]))


def test_early_stopping_by_an_eval_set_trains_on_all_rows():
    model = classifier(early_stopping=True, max_iter=200, n_iter_no_change=3, learning_rate_init=0.02)
    model.fit(X, CLASSES, eval_set=(X[:60], CLASSES[:60]))
    assert model.history_.params["rows"] == 200
    assert model.n_iter_ < 200
    assert model.converged_
    assert model.score(X[:60], CLASSES[:60]) == pytest.approx(model.best_validation_score_)


@pytest.mark.parametrize("held", [None, (X[:50], NUMBERS[:50])], ids=["training loss", "score"])
def test_the_best_epoch_comes_back(held):
    """With a large rate the last epoch is not the best one."""
    options = {"learning_rate_init": 0.5, "batch_size": 20, "max_iter": 40, "tol": 0.0, "n_iter_no_change": 40}
    kept = regressor(restore_best_weights=True, **options).fit(X, NUMBERS, eval_set=held)
    last = regressor(**options).fit(X, NUMBERS, eval_set=held)
    best = int(np.argmin(kept.loss_curve_) if held is None else np.argmax(kept.validation_scores_))
    assert kept.history_.weights_epoch == best < 39
    assert last.history_.weights_epoch == 39
    again = regressor(**{**options, "max_iter": best + 1}).fit(X, NUMBERS)
    np.testing.assert_allclose(kept.coefs_[0], again.coefs_[0])
    assert not np.allclose(kept.coefs_[0], last.coefs_[0])


def test_callbacks_see_the_run_and_can_stop_it():
    class Third(Callback):
        def on_epoch_end(self, epoch, logs):
            self.seen = sorted(logs)
            return super().on_epoch_end(epoch, logs)

    spy = Third()
    stop = EarlyStopping(monitor="val_loss", patience=0, min_delta=10.0)
    model = classifier(callbacks=[spy, stop], max_iter=9).fit(X, CLASSES, eval_set=(X, CLASSES))
    assert spy.seen == ["loss", "val_loss"]
    assert model.n_iter_ == 2
    assert not model.converged_
    assert "val_loss has not improved" in model.history_.stopped_by
    assert classifier(callbacks=Third()).fit(X, CLASSES).n_iter_ == 5


@pytest.mark.parametrize("state", [0, None])
def test_partial_fit_holds_out_the_same_rows_at_every_call(state):
    class Spy(MLPClassifier):
        def _score_of(self, rows):
            held.append(rows.x.copy())
            return super()._score_of(rows)

    held = []
    model = Spy((8,), random_state=state, early_stopping=True)
    for _ in range(3):
        model.partial_fit(X, CLASSES, classes=[0, 1, 2])
    assert held[0].shape == (20, 8)
    np.testing.assert_array_equal(held[1], held[0])
    np.testing.assert_array_equal(held[2], held[0])


@pytest.mark.parametrize("state", [0, None])
def test_partial_fit_with_early_stopping(state):
    """It says when training has converged, and brings the best weights back then."""
    model = MLPClassifier(
        (8,), random_state=state, early_stopping=True, n_iter_no_change=3, tol=0.01, learning_rate_init=0.02
    )
    calls = 0
    while not getattr(model, "converged_", False) and calls < 300:
        model.partial_fit(X, CLASSES, classes=[0, 1, 2])
        calls += 1
    assert model.converged_
    assert len(model.validation_scores_) == len(model.loss_curve_) == calls < 300
    assert model.history_.params["rows"] == 180
    rising = classifier(early_stopping=True)
    for _ in range(3):
        rising.partial_fit(X, CLASSES, classes=[0, 1, 2], eval_set=(X[:40], CLASSES[:40]))
    assert rising.validation_scores_[-1] == pytest.approx(rising.score(X[:40], CLASSES[:40]))
    assert rising.history_.params["rows"] == 200


def test_the_network_is_a_sequential(tmp_path):
    from chainrule import load

    model = classifier(normalization="batch", dropout=0.1).fit(X, CLASSES)
    model.network_.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(load(tmp_path / "model.safetensors").predict(X), model.predict_proba(X))
    assert any(isinstance(layer, BatchNormalization | Dropout | LayerNormalization) for layer in model.network_.layers)


def test_scores_for_a_decision():
    binary, several, labels = (classifier().fit(X, y) for y in (BINARY, CLASSES, LABELS))
    odds = binary.decision_function(X)
    np.testing.assert_allclose(1 / (1 + np.exp(-odds)), binary.predict_proba(X)[:, 1])
    np.testing.assert_allclose(several.decision_function(X), several.predict_log_proba(X))
    np.testing.assert_array_equal(labels.decision_function(X) > 0, labels.predict(X))


def test_extras_take_part_in_clone():
    model = classifier(callbacks=[EarlyStopping()], learning_rate=CosineDecay(0.1, 10), solver=optimizers.SGD(0.1))
    copied = clone(model)
    assert copied.callbacks[0] is not model.callbacks[0]
    assert repr(copied.solver) == repr(model.solver)


WRONG = [
    ({"alpha": -1}, "alpha must be a number >= 0, got -1"),
    ({"solver": "adma"}, "unknown solver 'adma'; did you mean 'adam'?"),
    ({"solver": 3}, "solver must be one of lbfgs, sgd, .*, or an Optimizer, got 3"),
    ({"activation": "rleu"}, "unknown activation 'rleu'; did you mean 'relu'?"),
    ({"activation": ["relu"]}, "activation has 1 entries for 2 hidden layers; give one for each layer"),
    ({"dropout": [0.1, 0.2, 0.3]}, "dropout has 3 entries for 2 hidden layers"),
    ({"dropout": 1.0}, r"rate must be in \[0, 1\), got 1.0"),
    ({"normalization": "group"}, "normalization must be None, 'batch' or 'layer', got 'group'"),
    ({"learning_rate": "cosin"}, "unknown learning_rate 'cosin'; did you mean 'cosine'?"),
    ({"learning_rate": 0.1}, "learning_rate must be 'constant', .*, the name of a schedule, or a Schedule, got 0.1"),
    (
        {"learning_rate": "linear", "solver": optimizers.SGD(CosineDecay(0.1, 10))},
        r"learning_rate='linear' needs a rate as its peak, and the solver's is CosineDecay\(",
    ),
    ({"batch_size": 0}, "batch_size must be 'auto' or an integer >= 1, got 0"),
    ({"hidden_layer_sizes": (8, 0)}, "each of hidden_layer_sizes must be an integer >= 1, got 0"),
    ({"validation_fraction": 1.0}, r"validation_fraction must be a number in \[0, 1\), got 1.0"),
    ({"momentum": 1}, r"momentum must be a number in \[0, 1\), got 1"),
    ({"n_iter_no_change": 0}, "n_iter_no_change must be an integer >= 1 or infinity, got 0"),
    ({"early_stopping": "yes"}, "early_stopping must be True or False, got 'yes'"),
    ({"callbacks": EarlyStopping}, r"callbacks expects Callback objects, got <.*>; write EarlyStopping\(\)"),
    ({"loss": "entropy"}, "unknown loss 'entropy'"),
    ({"solver": "lbfgs", "dropout": 0.5}, "lbfgs goes without dropout"),
    ({"solver": "lbfgs", "normalization": "batch"}, "lbfgs goes without dropout, batch normalization"),
    (
        {"solver": "lbfgs", "learning_rate": CosineDecay(0.1, 10)},
        r"lbfgs .* goes without a schedule, got learning_rate=CosineDecay\(.*\); leave it out, or take another solver",
    ),
    ({"solver": "lbfgs", "learning_rate": "one_cycle"}, "without a schedule, got learning_rate='one_cycle'; leave it"),
]


@pytest.mark.parametrize(("parameters", "message"), WRONG, ids=[str(p) for p, _ in WRONG])
def test_what_is_refused(parameters, message):
    with pytest.raises(ValueError, match=message):
        classifier(**parameters).fit(X, CLASSES)


def test_calls_that_are_refused():
    with pytest.raises(ArgumentError, match="classes must be passed on the first call"):
        classifier().partial_fit(X, CLASSES)
    with pytest.raises(ArgumentError, match="is not the same as on last call"):
        classifier().fit(X, CLASSES).partial_fit(X, CLASSES, classes=[0, 1])
    with pytest.raises(ArgumentError, match="class_weight='balanced' needs all rows at once"):
        classifier(class_weight="balanced").partial_fit(X, CLASSES, classes=[0, 1, 2])
    with pytest.raises(ArgumentError, match=r"eval_set expects \(X, y\)"):
        classifier().fit(X, CLASSES, eval_set=X)
    with pytest.raises(DataError, match=r"has classes not in `self\.classes_`"):
        classifier().fit(X, CLASSES, eval_set=(X, CLASSES + 1))
    with pytest.raises(DataError, match="validation set is too small: 1 of 10 rows"):
        classifier(early_stopping=True).fit(X[:10], CLASSES[:10])
    with pytest.raises(AttributeError, match="has no attribute 'partial_fit'"):
        _ = classifier(solver="lbfgs").partial_fit
    with pytest.raises(AttributeError, match="no coefs_ before it is fitted"):
        _ = classifier().coefs_
    with pytest.warns(UserWarning, match="Got `batch_size` less than 1 or larger than sample size"):
        classifier(batch_size=500).fit(X, CLASSES)


@pytest.mark.parametrize("change", [{"hidden_layer_sizes": (9,)}, {"activation": "tanh"}, {"dropout": 0.5}], ids=str)
def test_going_on_with_another_network(change):
    model = classifier(warm_start=True).fit(X, CLASSES)
    model.set_params(**change)
    with pytest.raises(ArgumentError, match="go on with the same network"):
        model.fit(X, CLASSES)
    with pytest.raises(ArgumentError, match="go on with the same network"):
        model.partial_fit(X, CLASSES)
    model.set_params(warm_start=False).fit(X, CLASSES)


def test_other_settings_may_change_between_calls():
    model = classifier().fit(X, CLASSES)
    model.set_params(alpha=50.0, batch_size=40).partial_fit(X, CLASSES)
    again = classifier().fit(X, CLASSES).set_params(batch_size=40).partial_fit(X, CLASSES)
    assert model.loss_ > again.loss_ + 1  # the penalty is that of the new alpha


def test_numbers_that_go_wrong_are_an_error_that_says_where():
    with pytest.raises(DataError, match=r"non-finite parameter weights.* Numbers went wrong in epoch"):
        regressor(solver="sgd", learning_rate_init=1e6, max_iter=50).fit(X, 1e6 * NUMBERS)


def test_ctrl_c_keeps_what_there_is():
    class Interrupt(Callback):
        def on_epoch_end(self, epoch, logs):
            if epoch == 2:
                raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="Training interrupted by user"):
        model = classifier(callbacks=Interrupt(), max_iter=9).fit(X, CLASSES)
    assert model.n_iter_ == 3
    assert model.predict(X).shape == (200,)


def test_without_scikit_learn_the_error_names_the_extra(monkeypatch):
    import sys

    from chainrule import estimators

    monkeypatch.delitem(vars(estimators), "MLPRegressor", raising=False)
    for name in [name for name in sys.modules if name.startswith(("chainrule.estimators.regressor", "sklearn.base"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn.base", None)
    monkeypatch.setattr(sys.modules["sklearn"], "base", None)
    with pytest.raises(DependencyError, match=r"MLPRegressor needs scikit-learn; .*pip install 'chainrule\[sklearn\]'"):
        _ = estimators.MLPRegressor
    with pytest.raises(AttributeError, match=r"no name 'MLPRegresor'; did you mean 'MLPRegressor'\?"):
        _ = estimators.MLPRegresor
