"""Copies of Sequential models: they train on as the original does and share nothing."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import Sequential
from chainrule.layers import Dense, Input
from tests.models.everything import CLASSES, CODES, X, everything, same


def trained(**options):
    model = everything(**options)
    model.fit(CODES, CLASSES, epochs=2, batch_size=8, verbose=0)
    return model


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("make", [everything, trained], ids=["fresh", "trained"])
def test_copies_train_on_exactly_as_the_original_and_share_nothing(how, make):
    model, original = make(), make()
    twin = how(model)
    np.testing.assert_array_equal(twin.predict(CODES), model.predict(CODES))
    before = model.get_weights()
    history = twin.fit(CODES, CLASSES, epochs=3, batch_size=8, verbose=0)
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))
    expected = original.fit(CODES, CLASSES, epochs=3, batch_size=8, verbose=0)
    assert history.history == expected.history  # slots, steps and the position in the random streams go with it
    assert same(twin, original)
    assert twin.layers[0].owner is twin
    twin.parameters.writable()[...] = 0
    assert all(not v.numpy().any() for v in twin.trainable_weights)


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_copies_of_models_that_are_not_built(how):
    twin = how(Sequential([Dense(2), Dense(1)], seed=5))
    assert same(_predicted(twin), _predicted(Sequential([Dense(2), Dense(1)], seed=5)))


def _predicted(model):
    model.predict(X)
    return model


def test_a_copy_works_on_logits_as_the_original_does():
    """Activations are known by identity: a copy that lost it would lose the stable loss, silently."""
    model = Sequential([Input((1,)), Dense(1, activation="sigmoid", use_bias=False)], seed=0)
    model.set_weights([[[1e4]]])
    model.compile("sgd", "bce")
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert twin.evaluate([[1.0]], [0.0]) == 1e4


def test_a_model_with_a_lambda_can_be_copied_but_not_pickled():
    model = _predicted(Sequential([Dense(2, activation=lambda z: z * z)], seed=0))
    np.testing.assert_array_equal(copy.deepcopy(model).predict(X), model.predict(X))
    with pytest.raises((pickle.PicklingError, AttributeError), match="lambda"):
        pickle.dumps(model)
