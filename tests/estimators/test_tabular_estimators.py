"""TabularClassifier and TabularRegressor: frames as they are, several targets, losses, weights, files."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from sklearn.exceptions import NotFittedError

import chainrule
from chainrule import TabularClassifier, TabularRegressor
from chainrule.errors import ArgumentError, DataError, FileError, UnknownNameError
from chainrule.estimators import TabularModel
from chainrule.random import generator

ROWS = 300
RANDOM = generator(1, "check")
SIZE = RANDOM.normal(50, 10, ROWS)
CITY = RANDOM.choice(["Rome", "Oslo", "Lima"], ROWS).astype(object)
DAY = pd.to_datetime("2024-01-01") + pd.to_timedelta(RANDOM.integers(0, 365, ROWS), unit="D")
FRAME = pd.DataFrame({"size": SIZE, "city": CITY, "day": DAY, "note": [f"row {i}" for i in range(ROWS)]})
FRAME.loc[::17, "size"] = np.nan
FRAME.loc[::13, "city"] = None
PRICE = 1000 + 30 * SIZE + 400 * (CITY == "Rome") + RANDOM.normal(0, 20, ROWS)
DEAR = np.where(np.median(PRICE) < PRICE, "dear", "cheap")
QUICK = {"hidden": (16,), "epochs": 20, "learning_rate": 0.03, "random_state": 0}


def classifier(**settings):
    return TabularClassifier(**{**QUICK, **settings})


def regressor(**settings):
    return TabularRegressor(**{**QUICK, **settings})


def test_a_frame_with_text_dates_and_missing_values():
    model = classifier().fit(FRAME, DEAR)
    assert model.score(FRAME, DEAR) > 0.9
    assert model.feature_names_in_.tolist() == ["size", "city", "day", "note"]
    assert model.n_features_in_ == 4
    kinds = {treatment.column: treatment.kind for treatment in model.encoder_.describe()}
    assert kinds == {"size": "number", "city": "category", "day": "date", "note": "left out"}
    new = pd.DataFrame({"size": [90.0, None], "city": ["Atlantis", None], "day": [None, None], "note": ["", ""]})
    new["day"] = pd.to_datetime(new["day"])
    assert model.predict(new)[0] == "dear"
    np.testing.assert_allclose(model.predict_proba(new).sum(axis=1), 1)


def test_polars_gives_what_pandas_gives():
    of_pandas = regressor().fit(FRAME, PRICE)
    frame = pl.from_pandas(FRAME)
    of_polars = regressor().fit(frame, pl.Series("price", PRICE))
    np.testing.assert_array_equal(of_polars.predict(frame), of_pandas.predict(FRAME))
    assert of_pandas.score(FRAME, PRICE) > 0.8


def test_arrays_of_objects_hold_words_and_missing_values():
    X = FRAME[["size", "city"]].astype(object).to_numpy()
    model = classifier(categorical=["x1"]).fit(X, DEAR)
    assert model.score(X, DEAR) > 0.9
    assert model.encoder_.feature_names[-1].startswith("x1=")


@pytest.mark.parametrize("labels", [[3, 7], [False, True], [2.0, 4.0], ["a", "b"]])
def test_classes_come_back_as_they_were(labels):
    y = np.array(labels)[(DEAR == "dear").astype(int)]
    model = classifier(epochs=3).fit(FRAME, y)
    assert model.classes_.tolist() == labels
    assert model.predict(FRAME).dtype == y.dtype
    assert set(model.predict(FRAME).tolist()) <= set(labels)


def test_the_order_and_repetition_of_rows_do_not_matter():
    model = regressor(epochs=4).fit(FRAME, PRICE, sample_weight=np.where(SIZE > 50, 2, 1))
    order = RANDOM.permutation(np.concatenate([np.arange(ROWS), np.flatnonzero(SIZE > 50)]))
    other = regressor(epochs=4).fit(FRAME.iloc[order].reset_index(drop=True), PRICE[order])
    np.testing.assert_array_equal(other.predict(FRAME), model.predict(FRAME))


def test_weights_and_class_weights_shift_the_answers():
    rare = (np.quantile(PRICE, 0.85) < PRICE).astype(int)
    noise = pd.DataFrame({"x": RANDOM.normal(size=ROWS)})
    plain, balanced, heavy = (
        classifier(class_weight=weight, epochs=10).fit(noise, rare).predict(noise).mean()
        for weight in (None, "balanced", {1: 100.0})
    )
    assert plain < 0.2 < balanced < 0.8 < heavy
    weighted = classifier(epochs=10).fit(noise, rare, sample_weight=np.where(rare == 1, 100.0, 1.0))
    assert weighted.predict(noise).mean() > 0.8
    with pytest.raises(ArgumentError, match="class_weight names 5, which is no class"):
        classifier(class_weight={5: 1.0}).fit(noise, rare)


def test_labels_that_hold_together():
    y = np.c_[PRICE > 2500, CITY == "Rome", SIZE > 50].astype(int)
    model = classifier(epochs=40).fit(FRAME, y)
    assert model.predict(FRAME).shape == model.predict_proba(FRAME).shape == (ROWS, 3)
    assert (model.predict(FRAME) == y).mean() > 0.9
    assert (model.predict_proba(FRAME).sum(axis=1) > 1.2).any()
    with pytest.raises(ArgumentError, match="class_weight is for classes that exclude each other"):
        classifier(class_weight="balanced").fit(FRAME, y)
    with pytest.raises(DataError, match="y has several columns of classes"):
        classifier().fit(FRAME, np.c_[DEAR, DEAR])
    with pytest.raises(DataError, match="the data frame has several columns of the same name"):
        classifier().fit(pd.concat([FRAME, FRAME], axis=1), DEAR)
    with pytest.raises(ArgumentError, match="callbacks expects Callback objects, got 3"):
        classifier(callbacks=3).fit(FRAME, DEAR)


def test_numbers_predicted_together_keep_their_units():
    y = np.c_[PRICE, PRICE / 1e6 - 5]
    model = regressor().fit(FRAME, y)
    assert model.predict(FRAME).shape == (ROWS, 2)
    assert model.score(FRAME, y) > 0.8
    np.testing.assert_allclose(model.predict(FRAME).mean(axis=0), y.mean(axis=0), rtol=0.02)


def test_quantiles_hold_their_shares_and_never_cross():
    x = RANDOM.normal(size=1000)
    y = x + RANDOM.normal(size=1000)
    model = regressor(loss="quantile", quantiles=[0.1, 0.5, 0.9]).fit(x[:, None], y)
    bounds = model.predict(x[:, None])
    assert (np.diff(bounds, axis=1) >= 0).all()
    np.testing.assert_allclose((y[:, None] <= bounds).mean(axis=0), [0.1, 0.5, 0.9], atol=0.05)
    assert 0.3 < model.score(x[:, None], y) < 0.6
    assert regressor(loss="quantile", quantiles=[0.9], epochs=2).fit(x[:, None], y).predict(x[:, None]).ndim == 1
    with pytest.raises(ArgumentError, match="loss='quantile' predicts one target"):
        regressor(loss="quantile", quantiles=[0.5]).fit(x[:, None], np.c_[y, y])


def test_counts_have_rates_above_zero():
    x = RANDOM.normal(size=1000)
    counts = RANDOM.poisson(np.exp(0.3 + 0.8 * x))
    model = regressor(loss="poisson").fit(x[:, None], counts)
    rates = model.predict(x[:, None])
    assert rates.min() > 0
    np.testing.assert_allclose(rates.mean(), counts.mean(), rtol=0.1)
    assert np.corrcoef(np.log(rates), x)[0, 1] > 0.95
    with pytest.raises(DataError, match="expected a count of at least 0"):
        regressor(loss="poisson").fit(x[:, None], x)


def test_outliers_do_not_move_the_absolute_error():
    y = PRICE.copy()
    y[::20] += 1e5
    assert np.median(np.abs(regressor(loss="absolute_error", epochs=40).fit(FRAME, y).predict(FRAME) - PRICE)) < 300


def test_the_huber_loss_trains():
    assert regressor(loss="huber").fit(FRAME, PRICE).score(FRAME, PRICE) > 0.8


def test_the_best_epoch_and_a_threshold_are_chosen_on_rows_held_out():
    rare = (np.quantile(PRICE, 0.85) < PRICE).astype(int)
    model = classifier(metric="balanced_accuracy").fit(FRAME, rare)
    history = model.history_.history["val_balanced_accuracy"]
    assert model.best_iteration_ == 1 + int(np.argmax(history)) <= model.n_iter_ == len(history)
    positive = model.predict_proba(FRAME)[:, 1] >= model.threshold_
    assert model.predict(FRAME).tolist() == positive.astype(int).tolist()
    assert classifier().fit(FRAME, rare).threshold_ is None


def test_an_eval_set_is_measured_and_chooses_if_asked_to():
    held = FRAME.iloc[:60], PRICE[:60]
    X, y = FRAME.iloc[60:], PRICE[60:]
    model = regressor().fit(X, y, eval_set=held)
    assert len(model.history_.history["val_loss"]) == 20
    assert model.best_iteration_ == 20
    chosen = regressor(early_stopping=True).fit(X, y, eval_set=(*held, np.ones(60)))
    assert chosen.best_iteration_ == 1 + int(np.argmin(chosen.history_.history["val_loss"]))
    assert "val_loss" not in regressor().fit(X, y).history_.history


def test_a_refit_takes_in_the_rows_held_out():
    model = regressor(early_stopping=True, refit=True).fit(FRAME, PRICE)
    assert model.network_.history.params["rows"] == ROWS
    assert model.history_.params["rows"] == 0.9 * ROWS
    assert len(model.network_.history.epoch) == model.best_iteration_


CASES = {
    "classes": (classifier(metric="f1"), DEAR),
    "labels": (classifier(), np.c_[PRICE > 2500, SIZE > 50].astype(int)),
    "number": (regressor(hidden=(), drop=("note",)), PRICE),
    "numbers": (regressor(), np.c_[PRICE, SIZE]),
    "quantiles": (regressor(loss="quantile", quantiles=(0.2, 0.8)), PRICE),
}


@pytest.mark.parametrize("case", CASES)
def test_a_saved_estimator_is_the_same_estimator(case, tmp_path):
    model, y = CASES[case]
    model.fit(FRAME, y)
    model.save(tmp_path / "model.safetensors")
    loaded = type(model).load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(loaded.predict(FRAME), model.predict(FRAME))
    assert loaded.get_params() == model.get_params()
    assert loaded.history_.history == model.history_.history
    assert loaded.best_iteration_ == model.best_iteration_
    assert loaded.feature_names_in_.tolist() == model.feature_names_in_.tolist()
    if isinstance(model, TabularClassifier):
        np.testing.assert_array_equal(loaded.predict_proba(FRAME), model.predict_proba(FRAME))
        np.testing.assert_array_equal(loaded.classes_, model.classes_)
        assert loaded.threshold_ == model.threshold_
    loaded.save(tmp_path / "again.safetensors")
    assert (tmp_path / "again.safetensors").read_bytes() == (tmp_path / "model.safetensors").read_bytes()
    of_table = chainrule.load(tmp_path / "model.safetensors")
    assert isinstance(of_table, TabularModel)
    assert of_table.predict(FRAME).tolist() == model.predict(FRAME).tolist()
    assert "not tested" in repr(of_table)
    assert len(of_table.answer_names) == (
        y.shape[1] if y.ndim == 2 else len(model.get_params().get("quantiles") or "y")
    )


def test_a_file_of_something_else_is_refused(tmp_path):
    regressor(epochs=1).fit(FRAME, PRICE).save(tmp_path / "number.safetensors")
    with pytest.raises(FileError, match="holds TabularRegressor, not a TabularClassifier"):
        TabularClassifier.load(tmp_path / "number.safetensors")
    chainrule.train(FRAME.assign(price=PRICE), target="price", epochs=1).save(tmp_path / "table.safetensors")
    with pytest.raises(FileError, match="holds no estimator, not a TabularRegressor"):
        TabularRegressor.load(tmp_path / "table.safetensors")
    with pytest.raises(NotFittedError):
        regressor().save(tmp_path / "empty.safetensors")


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"hidden": 64}, ArgumentError, "hidden must be the units of each hidden layer"),
        ({"loss": "mse"}, ArgumentError, "loss must be one of squared_error, .*, got 'mse'"),
        ({"loss": "quantile"}, ArgumentError, "loss='quantile' and quantiles=.* go together"),
        ({"loss": "quantile", "quantiles": (0.9, 0.1)}, ArgumentError, r"quantiles must increase, got \[0.9, 0.1\]"),
        ({"metric": "accuracy"}, ArgumentError, "metric 'accuracy' is not for a regression"),
        ({"validation_fraction": 1.0}, ArgumentError, r"validation_fraction must be in \(0, 1\), got 1.0"),
        ({"drop": "siz"}, UnknownNameError, "drop: no column 'siz'; did you mean 'size'?"),
        ({"epochs": 0}, ArgumentError, "epochs must be an integer >= 1, got 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(settings, error, message):
    with pytest.raises(error, match=message):
        regressor(**settings).fit(FRAME, PRICE)


def test_unknown_classes_in_an_eval_set_are_refused():
    with pytest.raises(DataError, match="y holds classes never seen in training: 'odd'"):
        classifier().fit(FRAME, DEAR, eval_set=(FRAME[:2], ["dear", "odd"]))


@pytest.mark.parametrize("library", [pd.DataFrame, pl.DataFrame])
def test_columns_of_a_frame_as_y_keep_their_names(tmp_path, library):
    y = library({"price": PRICE, "area": SIZE**2})
    regressor(epochs=1).fit(FRAME, y).save(tmp_path / "numbers.safetensors")
    assert chainrule.load(tmp_path / "numbers.safetensors").answer_names == ("price", "area")
    labels = library({"dear": (PRICE > 2500).astype(int), "large": (SIZE > 50).astype(int)})
    classifier(epochs=1).fit(FRAME, labels).save(tmp_path / "labels.safetensors")
    assert chainrule.load(tmp_path / "labels.safetensors").answer_names == ("dear", "large")


def test_a_file_keeps_the_guess_and_what_was_said_of_the_columns(tmp_path):
    y = pd.Series(PRICE, name="price")
    regressor(drop=["note"], numeric="size").fit(FRAME, y).save(tmp_path / "price.safetensors")
    model = chainrule.load(tmp_path / "price.safetensors")
    assert model.report.settings["drop"] == ["note"]
    assert model.report.settings["numeric"] == ["size"]
    scores = model.evaluate(FRAME.assign(price=PRICE))
    assert scores.guess == pytest.approx(PRICE.mean())
    assert scores.guess_rmse == pytest.approx(PRICE.std())
