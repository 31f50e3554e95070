"""Models that were trained natively: saved, loaded, copied and pickled, with the rest of the training the same."""

import copy
import pickle

import numpy as np
import pytest

import chainrule
from chainrule import Sequential, engine
from chainrule.engine import NativeEngine
from chainrule.layers import BatchNormalization, Dense, Dropout
from chainrule.optimizers import Adam
from tests.engine_parity.compare import NUMBERS, X, needs_native

pytestmark = needs_native


def trained(chosen="auto"):
    model = Sequential(
        [Dense(6, activation="gelu"), BatchNormalization(), Dropout(0.2), Dense(2)], dtype="float64", seed=4
    )
    model.compile(Adam(0.01, clipnorm=1.0), "mse", metrics=["mae"], engine=chosen)
    model.fit(X, NUMBERS, epochs=3, verbose=0)
    model.predict(X)
    return model


COPIES = {
    "deepcopy": copy.deepcopy,
    "pickle": lambda model: pickle.loads(pickle.dumps(model)),
}


@pytest.mark.parametrize("kind", COPIES)
@pytest.mark.parametrize("chosen", ["native", "python"])
def test_a_copy_goes_on_as_the_model_would(kind, chosen):
    model = trained(chosen)
    other = COPIES[kind](model)
    assert np.array_equal(other.predict(X), model.predict(X))
    made = engine.steps_made()
    other.fit(X, NUMBERS, epochs=2, verbose=0)
    assert engine.steps_made() - made == (4 if chosen == "native" else 0)
    kept = trained(chosen)
    assert np.array_equal(model.parameters.values, kept.parameters.values), "the copy's training is its own"
    model.fit(X, NUMBERS, epochs=2, verbose=0)
    assert np.array_equal(model.parameters.values, other.parameters.values)
    assert np.array_equal(model.state.values, other.state.values)
    for variable, weights in zip(other.weights, model.get_weights(), strict=True):
        assert np.array_equal(variable.numpy(), weights), "the copy's Variables are views of its vector"


def test_a_pickle_holds_no_buffers():
    model = trained()
    small = len(pickle.dumps(model))
    model.evaluate(np.resize(X, (5000, 5)), np.resize(NUMBERS, (5000, 2)))
    assert len(pickle.dumps(model)) == small
    assert isinstance(pickle.loads(pickle.dumps(model._engine)), NativeEngine)


def test_a_saved_model(tmp_path):
    model = trained()
    model.save(tmp_path / "model.safetensors")
    other = chainrule.load(tmp_path / "model.safetensors")
    assert np.array_equal(other.predict(X), model.predict(X))
    assert other.evaluate(X, NUMBERS) == model.evaluate(X, NUMBERS)
    made = engine.steps_made()
    for each in (model, other):
        each.fit(X, NUMBERS, epochs=2, verbose=0)
    assert engine.steps_made() - made == 8
    assert np.isfinite(other.parameters.values).all()


def test_weights_that_are_set_are_those_that_run():
    model, other = trained(), trained()
    other.fit(X, NUMBERS, verbose=0)
    other.set_weights(model.get_weights())
    assert np.array_equal(other.predict(X), model.predict(X))
    snapshot = model.snapshot()
    model.fit(X, NUMBERS, verbose=0)
    model.restore(snapshot)
    assert np.array_equal(model.predict(X), other.predict(X))
    other.layers[-1].bias.assign(np.array([5.0, -5.0]))
    np.testing.assert_allclose(other.predict(X), np.asarray(other(X)), atol=1e-12)


def test_a_hand_written_step_between_two_fits():
    results = []
    for chosen in ("python", "native"):
        model = trained(chosen)
        with chainrule.GradientTape() as tape:
            loss = chainrule.losses.MeanSquaredError()(NUMBERS, model(X, training=True))
        gradients = tape.gradient(loss, model.trainable_variables)
        model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
        model.fit(X, NUMBERS, verbose=0)
        results.append(model.snapshot())
    np.testing.assert_allclose(results[0][0], results[1][0], atol=1e-10)
    np.testing.assert_allclose(results[0][1], results[1][1], atol=1e-10)


def test_a_tape_that_is_older_than_native_steps_is_refused():
    model = trained()
    with chainrule.GradientTape(persistent=True) as tape:
        loss = chainrule.losses.MeanSquaredError()(NUMBERS, model(X))
    model.fit(X, NUMBERS, verbose=0)
    with pytest.raises(chainrule.errors.GradientError, match=r"changed|assigned"):
        tape.gradient(loss, model.trainable_variables)
