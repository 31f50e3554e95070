"""The estimators for tables with a schedule of the learning rate."""

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

import chainrule
from chainrule import TabularClassifier, TabularRegressor
from chainrule.errors import ArgumentError, FileError, UnknownNameError
from chainrule.estimators.rate_schedule import make_schedule
from chainrule.models.model_file import read_file, write_file
from chainrule.optimizers.schedules import CosineDecay, ExponentialDecay, Schedule, WarmUp
from tests.estimators.data_sets import CLASSES, FRAME, NUMBERS

QUICK = {"hidden": (8,), "epochs": 5, "batch_size": 50, "random_state": 0}
OWN = WarmUp(ExponentialDecay(0.05, 10, 0.5), warmup_steps=5)

every_estimator = pytest.mark.parametrize(
    ("cls", "y"), [(TabularClassifier, CLASSES), (TabularRegressor, NUMBERS)], ids=["classifier", "regressor"]
)


@every_estimator
def test_cosine_is_the_default_and_names_are_those_of_the_command_line(cls, y):
    assert cls().schedule == "cosine"
    models = {name: cls(schedule=name, learning_rate=0.03, **QUICK).fit(FRAME, y) for name in ("cosine", "one-cycle")}
    rates = {name: model.network_.optimizer.learning_rate for name, model in models.items()}
    assert repr(rates["one-cycle"]) == repr(make_schedule("one_cycle", 0.03, 20))
    default = cls(learning_rate=0.03, **QUICK).fit(FRAME, y)
    assert default.history_.history == models["cosine"].history_.history != models["one-cycle"].history_.history


@every_estimator
def test_a_schedule_of_ones_own_is_cloned_set_and_saved(cls, y, tmp_path):
    model = cls(schedule=OWN, **QUICK)
    copied = clone(model)
    assert copied.schedule is not OWN
    assert repr(copied.schedule) == repr(OWN) == repr(model.get_params()["schedule"])
    fitted = cls(**QUICK).set_params(schedule=OWN).fit(FRAME, y)
    assert fitted.network_.optimizer.learning_rate is OWN
    assert copied.fit(FRAME, y).history_.history == fitted.history_.history
    assert fitted.history_.history != cls(**QUICK).fit(FRAME, y).history_.history
    fitted.save(tmp_path / "m.safetensors")
    loaded = cls.load(tmp_path / "m.safetensors")
    assert repr(loaded.schedule) == repr(OWN)
    np.testing.assert_array_equal(loaded.predict(FRAME), fitted.predict(FRAME))
    again = clone(loaded).fit(FRAME, y)
    assert again.history_.history == fitted.history_.history
    assert chainrule.load(tmp_path / "m.safetensors").report.settings["schedule"] == repr(OWN)


def test_a_search_tries_schedules():
    tried = ["cosine", "constant", ExponentialDecay(0.05, 10, 0.5)]
    found = GridSearchCV(TabularRegressor(**QUICK), {"schedule": tried}, cv=2).fit(FRAME, NUMBERS)
    assert len(set(found.cv_results_["mean_test_score"])) == 3


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"schedule": "cosin"}, UnknownNameError, "unknown schedule 'cosin'; did you mean 'cosine'?"),
        ({"schedule": 3}, ArgumentError, "or a Schedule, got 3"),
        ({"schedule": OWN, "learning_rate": 0.1}, ArgumentError, "leave learning_rate=0.1 out"),
    ],
)
def test_what_is_refused(settings, error, message):
    with pytest.raises(error, match=message):
        TabularClassifier(**QUICK, **settings).fit(FRAME, CLASSES)


def test_a_class_of_ones_own_is_trained_with_but_not_saved(tmp_path):
    class Harmonic(Schedule):
        def __call__(self, step):
            return 0.1 / (step + 1)

    model = TabularRegressor(schedule=Harmonic(), **QUICK).fit(FRAME, NUMBERS)
    with pytest.raises(ArgumentError, match="can't be saved: a model file holds data, not objects"):
        model.save(tmp_path / "m.safetensors")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"class": "optimizers.schedules.NoSuch", "config": {}},
        {"class": "schedules.CosineDecay", "config": {"decay_steps": -1}},
        {"class": ["x"]},
    ],
)
def test_a_damaged_schedule_is_a_file_error(changed, tmp_path):
    path = tmp_path / "m.safetensors"
    TabularRegressor(schedule=CosineDecay(0.05, 20), **QUICK).fit(FRAME, NUMBERS).save(path)
    description, tensors = read_file(path)
    description["estimator"]["parameters"]["schedule"] = changed
    for name in ("schema", "version"):
        description.pop(name, None)
    write_file(path, description, tensors, overwrite=True)
    with pytest.raises(FileError):
        TabularRegressor.load(path)
