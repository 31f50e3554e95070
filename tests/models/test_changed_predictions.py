"""Predictions follow every change of a model: what is prepared for them once is never used for another model."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import Sequential, Variable, activations, changes, optimizers
from chainrule.engine import NativeEngine, PythonEngine
from chainrule.engine.parameters import ParameterVector
from chainrule.errors import EngineWarning, StateError
from chainrule.layers import Activation, BatchNormalization, Dense, Dropout, LayerNormalization, Normalization
from tests.engine_parity.compare import needs_native

rng = np.random.default_rng(6)
X = rng.normal(size=(9, 4))
Y = rng.normal(size=(9, 3))


def network():
    model = Sequential(
        [
            Normalization(mean=X.mean(0), variance=X.var(0)),
            Dense(6, activation="gelu"),
            BatchNormalization(beta_initializer="random_normal"),
            Dropout(0.5),
            LayerNormalization(),
            Activation("tanh"),
            Dense(3, bias_initializer="ones"),
        ],
        seed=0,
        dtype="float64",
    )
    model.compile(optimizers.SGD(0.5), "mse")
    model.build((None, 4))
    return model


def trained_by(engine):
    def change(model):
        model.compile(optimizers.SGD(0.5), "mse", engine=engine)
        model.fit(X, Y, verbose=0)

    return change


def freeze_and_train(model):
    model.layers[1].trainable = False
    model.fit(X, Y, verbose=0)


def freeze_one_and_train(model):
    model.layers[1].kernel.trainable = False
    model.fit(X, Y, verbose=0)


def step_by_hand(model):
    model.optimizer.apply_gradients([(np.ones(v.shape), v) for v in model.trainable_variables])


def rebuilt_vectors(model):
    model.arrange()
    model.parameters.writable()[...] *= 2


def other_vector(which):
    def change(model):
        named = [(v.name, v) for v in getattr(model, which).variables]
        setattr(model, which, ParameterVector(named, "float64"))
        getattr(model, which).writable()[...] *= np.arange(1.0, 1 + len(getattr(model, which)))

    return change


def grown(model):
    model.add(Dense(2, activation="softmax"))


CHANGES = {
    "set_weights": lambda m: m.set_weights([w * 1.5 for w in m.get_weights()]),
    "a layer's set_weights": lambda m: m.layers[1].set_weights([w * 2 for w in m.layers[1].get_weights()]),
    "assign": lambda m: m.layers[-1].bias.assign([4.0, 5.0, 6.0]),
    "assign_sub": lambda m: m.layers[-1].bias.assign_sub([4.0, 5.0, 6.0]),
    "writable": lambda m: m.parameters.writable().__imul__(3.0),
    "restore": lambda m: m.restore((m.parameters.values * 2, m.state.values * 2)),
    "a moving average": lambda m: m.layers[2].moving_mean.assign(np.arange(6.0)),
    "adapt": lambda m: m.layers[0].adapt(10 * X + 3),
    "invert": lambda m: setattr(m.layers[0], "invert", True),
    "fit": trained_by("auto"),
    "fit in Python": trained_by("python"),
    "a step by hand": step_by_hand,
    "freeze": freeze_and_train,
    "freeze a Variable": freeze_one_and_train,
    "arrange": rebuilt_vectors,
    "another vector": other_vector("parameters"),
    "another vector of state": other_vector("state"),
    "replace a Variable": lambda m: (setattr(m.layers[1], "kernel", Variable(np.ones((4, 6)))), m.arrange()),
    "another activation": lambda m: setattr(m.layers[1], "activation", activations.relu),
    "the activation of a layer": lambda m: setattr(m.layers[5], "activation", activations.softmax),
    "no bias": lambda m: setattr(m.layers[-1], "use_bias", False),
    "no centre": lambda m: setattr(m.layers[2], "center", False),
    "another epsilon": lambda m: setattr(m.layers[4], "epsilon", 5.0),
    "one more layer": grown,
}


def check(model, x=X):
    """All ways to ask give what the tape computes."""
    expected = np.asarray(model(x))
    for outputs in (model.predict(x), model.predict(x, batch_size=2), model.predict_on_batch(x)):
        np.testing.assert_allclose(outputs, expected, atol=1e-12)
    rows = [model.predict_on_batch(x[i : i + 1]) for i in range(len(x))]
    np.testing.assert_allclose(np.concatenate(rows), expected, atol=1e-12)
    return expected


@pytest.mark.parametrize("name", CHANGES)
def test_predictions_follow(name):
    model = Sequential([Dense(2, input_shape=(4,))], seed=0, dtype="float64") if name == "one more layer" else network()
    before = check(model)
    CHANGES[name](model)
    after = check(model)
    assert before.shape != after.shape or np.abs(before - after).max() > 1e-3, "the change made a difference"


@pytest.mark.parametrize("how", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))], ids=["deepcopy", "pickle"])
def test_a_copy_and_its_original_go_ways_of_their_own(how):
    model = network()
    before = check(model)
    twin = how(model)
    np.testing.assert_array_equal(check(twin), before)
    twin.layers[1].activation = activations.relu
    twin.parameters.writable()[...] *= 2
    check(twin)
    np.testing.assert_array_equal(check(model), before)
    model.layers[-1].bias.assign([7.0, 8.0, 9.0])
    check(model)
    check(twin)


@needs_native
def test_the_engine_is_chosen_anew_by_compile():
    model = network()
    model.predict(X)
    assert isinstance(model._predictor, NativeEngine)
    model.compile("sgd", "mse", engine="python")
    check(model)
    assert isinstance(model._predictor, PythonEngine)


@needs_native
def test_what_no_plan_can_say_any_more_is_refused_until_the_model_is_compiled_again():
    model = network()
    check(model)
    model.layers[1].activation = lambda z: z * z
    with pytest.raises(StateError, match=r"changed since .* the activation of dense_1 .* compile it again"):
        model.predict_on_batch(X)
    model.compile("sgd", "mse")
    with pytest.warns(EngineWarning):
        model.predict(X)
    check(model)


@needs_native
def test_nothing_is_lowered_again_without_need():
    model = network()
    model.set_weights(model.get_weights())
    check(model)
    prepared, vector = model._predictor._prepared, model.parameters
    for _ in range(2):
        model.fit(X, Y, epochs=2, batch_size=4, verbose=0)
        check(model)
        assert model.parameters is vector, "nothing was frozen: weights stay where they are"
        assert model._predictor._prepared is prepared, "training moves weights in place"


def test_stamps_tell_changes_of_layers_only():
    model = network()
    stamp = changes.stamp()
    model.predict(X)
    model.layers[1].bias.assign(np.ones(6))
    model.fit(X, Y, verbose=0)
    assert changes.stamp() is stamp
    model.layers[3].note = "mine"
    noted = changes.stamp()
    assert noted is not stamp
    del model.layers[3].note
    assert changes.stamp() not in (noted, stamp)
