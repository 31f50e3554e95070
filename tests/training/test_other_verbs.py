"""train_on_batch, predict and evaluate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import Sequential
from chainrule.errors import DataError
from chainrule.layers import Dense
from chainrule.metrics import MeanAbsoluteError
from chainrule.random import generator
from tests.training.networks import ROUNDING, X, Y, network, noisy, same


@pytest.mark.parametrize("rows", [1, 50])
def test_train_on_batch_is_a_fit_of_one_batch(rows):
    a, b = noisy(metrics=["mae"]), noisy(metrics=["mae"])
    for _ in range(3):
        history = a.fit(X[:rows], Y[:rows], batch_size=rows, shuffle=False, verbose=0)
        loss, mae = b.train_on_batch(X[:rows], Y[:rows])
        assert [loss] == history.history["loss"]
        assert [mae] == history.history["mae"]
    assert same(a, b)
    assert b.train_on_batch(X, Y, return_dict=True).keys() == {"loss", "mae"}


def test_train_on_batch_with_weights():
    weights = generator(1, "check").uniform(0, 2, 50)
    a, b = network(), network()
    a.train_on_batch(X, Y, sample_weight=weights)
    b.fit(X, Y, sample_weight=weights, batch_size=50, shuffle=False, verbose=0)
    assert same(a, b)
    assert isinstance(a.train_on_batch(X, Y), float)


def test_train_on_a_batch_that_overflows_leaves_everything_as_it_was():
    model = noisy()
    before = model.get_weights()
    with pytest.raises(
        DataError, match="the loss or its gradient is not finite on this batch; the weights are unchanged"
    ):
        model.train_on_batch(X, np.full(50, 1e300))
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))


@settings(max_examples=20)
@given(st.integers(1, 60))
def test_predict_does_not_depend_on_the_batch_size(batch_size):
    model = noisy()
    np.testing.assert_allclose(model.predict(X, batch_size=batch_size), model.predict(X), rtol=ROUNDING)
    np.testing.assert_array_equal(model.predict_on_batch(X), model.predict(X))


def test_predict_before_compile_and_on_one_row():
    model = Sequential([Dense(2)], seed=0)
    assert model.predict([[1.0, 2.0]]).shape == (1, 2)
    predictions = model.predict(X[:, :2])
    predictions[...] = 0  # the caller's own array
    assert model.predict([[1.0, 2.0]]).any()


def test_evaluate_returns():
    model = network(metrics=["mae", MeanAbsoluteError(name="again")])
    loss, mae, again = model.evaluate(X, Y)
    assert mae == again
    assert model.evaluate(X, Y, return_dict=True) == {"loss": loss, "mae": mae, "again": again}
    assert isinstance(network().evaluate(X, Y), float)
