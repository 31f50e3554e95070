import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.estimators.core import fit_network, joined, refit_network
from chainrule.estimators.network import Options
from chainrule.random import generator
from chainrule.tables import prepare, read_table

NOISE = generator(0, "check").normal(size=(240, 2))
TABLE = read_table({
    "x": NOISE[:, 0],
    "rare": np.where(NOISE.sum(axis=1) > 1.5, "yes", "no").tolist(),
    "size": 100 + 10 * NOISE[:, 0],
})  # fmt: skip


def fitted(target="rare", validation=True, **settings):
    options = Options(**{"hidden": (8,), "epochs": 12, "learning_rate": 0.02, **settings})
    prepared = prepare(TABLE.drop("size" if target == "rare" else "rare"), target, embed=True, cut=True)
    held = prepared.validation if validation else None
    return (*fit_network(prepared.encoder, prepared.target, prepared.training, held, options), prepared, options)


def test_the_last_epoch_is_kept_unless_one_is_chosen():
    _, history, *_ = fitted()
    assert (history.weights_epoch, history.stopped_by) == (11, "all epochs done")
    _, chosen, *_ = fitted(early_stopping=True, learning_rate=0.5, epochs=30)
    losses = chosen.history["val_loss"]
    assert chosen.weights_epoch == int(np.argmin(losses)) < 29


def test_without_validation_rows_only_training_is_measured():
    model, history, *_ = fitted(validation=False, metric="f1")
    assert set(history.history) == {"loss", "f1"}
    assert model.target.threshold is None


@pytest.mark.parametrize(("metric", "best"), [("f1", np.argmax), ("roc_auc", np.argmax), ("log_loss", np.argmin)])
def test_a_metric_chooses_the_epoch(metric, best):
    model, history, prepared, _ = fitted(metric=metric, epochs=25)
    assert history.weights_epoch == int(best(history.history[f"val_{metric}"]))
    if metric != "f1":
        assert model.target.threshold is None
        return
    validation = prepared.validation
    probabilities = model.run(validation.inputs)
    answers = model.target.codes(probabilities)
    assert answers.tolist() == (probabilities[:, 1] >= model.target.threshold).astype(int).tolist()


def test_a_metric_of_numbers():
    _, history, *_ = fitted("size", metric="mae")
    assert history.weights_epoch == int(np.argmin(history.history["val_mae"]))
    with pytest.raises(ArgumentError, match="metric 'f1' is not for a regression"):
        fitted("size", metric="f1")
    with pytest.raises(ArgumentError, match="loss='huber' needs a number as target"):
        fitted("rare", loss="huber")


def test_refitting_trains_on_all_rows_from_the_start():
    model, _, prepared, options = fitted("size", early_stopping=True)
    before = model.network
    rows = joined([prepared.training, prepared.validation, prepared.test])
    refit_network(model, rows, options, 5)
    assert model.network is not before
    assert len(model.network.history.epoch) == 5
    assert model.network.history.params["rows"] == TABLE.rows == len(rows)
    again = fitted("size", early_stopping=True)[0]
    refit_network(again, rows, options, 5)
    np.testing.assert_array_equal(again.run(rows.inputs), model.run(rows.inputs))


def test_joined_rows_weigh_one_where_they_have_no_weight():
    _, _, prepared, _ = fitted()
    assert joined([prepared.training, prepared.test]).loss_weights is None


def test_the_rate_rises_and_falls_to_zero():
    model, _, prepared, options = fitted("size", learning_rate=0.02, epochs=20)
    steps = 20 * -(-len(prepared.training) // options.batch(len(prepared.training)))
    rates = model.network.optimizer.learning_rate(np.arange(steps))
    assert rates.max() == pytest.approx(0.02, rel=0.02)
    assert rates.argmax() == pytest.approx(0.1 * steps, abs=1)
    assert 0 < rates[-1] < 0.001
    assert rates[0] > 0
