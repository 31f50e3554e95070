"""Sequential's weights: one vector under all variables, their order, in and out."""

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, losses, ops
from chainrule.errors import ArgumentError, GradientError, ShapeError, StateError
from chainrule.layers import Dense, Input
from tests.models.everything import CLASSES, CODES, X, everything


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_all_variables_are_views_into_two_vectors(dtype):
    model = everything(dtype=dtype)
    assert model.parameters.values.dtype == dtype
    assert len(model.parameters) == sum(v.size for v in model.trainable_weights)
    assert len(model.state) == sum(v.size for v in model.non_trainable_weights)
    assert [s.name for s in model.parameters.segments][:3] == [
        "embedding_1/embeddings",
        "dense_1/kernel",
        "dense_1/bias",
    ]
    vector = model.parameters.writable()
    vector[...] = np.arange(len(vector))
    for variable, segment in zip(model.trainable_weights, model.parameters.segments, strict=True):
        np.testing.assert_array_equal(variable.numpy().ravel(), vector[segment.where])
        assert variable.numpy().dtype == dtype
        variable.assign(-variable.numpy())
    np.testing.assert_array_equal(vector, -np.arange(len(vector)))


def test_weights_lie_in_other_vectors_only_when_others_are_trained():
    model = Sequential([Input((4,)), Dense(3), Dense(2)], seed=0)
    vector, values = model.parameters, model.get_weights()
    for _ in range(2):
        model.compile("sgd", "mse")
        model.train_on_batch(np.zeros((1, 4)), np.zeros((1, 2)))
        assert model.parameters is vector
    model.set_weights(values)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    model.train_on_batch(np.zeros((1, 4)), np.zeros((1, 2)))
    assert model.parameters is not vector
    assert (len(vector), len(model.parameters), len(model.state)) == (23, 8, 15)
    for variable in model.layers[0].weights:
        assert np.shares_memory(variable.writable(), model.state.values)
        assert not np.shares_memory(variable.writable(), vector.values)


def test_the_function_follows_its_vector():
    model = Sequential([Input((3,)), Dense(4, activation="tanh"), Dense(1)], seed=0)
    before = model.predict(X)
    kept = model.parameters.values.copy()
    model.parameters.writable()[...] *= 2
    assert (model.predict(X) != before).any()
    model.parameters.writable()[...] = kept
    np.testing.assert_array_equal(model.predict(X), before)


def test_writing_to_the_vector_is_an_assignment_to_every_variable():
    """A tape that recorded the old values refuses to give a gradient through them."""
    model = Sequential([Input((3,)), Dense(1)], seed=0)
    with GradientTape() as tape:
        loss = ops.sum(model(X))
    model.parameters.writable()[0] += 1
    with pytest.raises(GradientError, match="bias was assigned to after"):
        tape.gradient(loss, model.trainable_weights)


def test_the_engine_gives_the_gradient_as_one_vector():
    model = everything()
    model.fit(CODES, CLASSES, verbose=0)
    task, rows = model._rows(CODES, CLASSES, None, "fit")
    loss, gradient = model._engine.loss_and_gradient(task, rows)
    with GradientTape() as tape:
        value = losses.SparseCategoricalCrossentropy()(CLASSES, model(CODES)) + model.losses[0]
    by_hand = [g.numpy().ravel() for g in tape.gradient(value, model.trainable_weights)]
    np.testing.assert_allclose(loss, float(value), rtol=1e-5)
    np.testing.assert_allclose(gradient, np.concatenate(by_hand), rtol=1e-3, atol=1e-6)  # float32, softmax and log


def test_type_throughout():
    model = everything(dtype="float64")
    assert model(CODES).dtype == np.float64
    assert model.predict(CODES).dtype == np.float64
    assert {v.dtype for v in model.weights} == {np.dtype("float64")}
    model.fit(CODES, CLASSES, verbose=0)
    assert {slot.dtype for slot in model._position.slots.values()} == {np.dtype("float64")}


def test_order_of_weights():
    model = everything()
    names = [f"{layer.name}/{v.name}" for layer in model.layers for v in layer.weights]
    assert names == [
        "embedding_1/embeddings",
        "normalization_1/mean",
        "normalization_1/variance",
        "dense_1/kernel",
        "dense_1/bias",
        "batch_normalization_1/gamma",
        "batch_normalization_1/beta",
        "batch_normalization_1/moving_mean",
        "batch_normalization_1/moving_variance",
        "layer_normalization_1/gamma",
        "layer_normalization_1/beta",
        "dense_2/kernel",
    ]
    assert [v.shape for v in model.weights] == [w.shape for w in model.get_weights()]
    assert len(model.trainable_weights) + len(model.non_trainable_weights) == len(model.weights)


def test_set_weights():
    a, b = everything(0), everything(1)
    b.set_weights(a.get_weights())
    np.testing.assert_array_equal(a.predict(CODES), b.predict(CODES))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        (lambda w: w[:-1], ArgumentError, "the model has 12 weights, got 11"),
        (lambda w: [], ArgumentError, "the model has 12 weights, got 0"),
        (
            lambda w: [*w[:-1], w[-1].T],
            ShapeError,
            "dense_2/kernel has shape (6, 3), got values of shape (3, 6)",
        ),
    ],
)
def test_set_weights_that_do_not_fit_changes_nothing(change, error, message):
    model = everything()
    before = model.get_weights()
    with pytest.raises(error) as raised:
        model.set_weights(change([w + 1 for w in before]))
    assert str(raised.value) == message
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))


def test_set_weights_of_a_model_that_is_not_built():
    with pytest.raises(StateError, match="the number of weights is not known before the model is built"):
        Sequential([Dense(1)]).set_weights([np.ones((3, 1)), np.ones(1)])


def test_penalties():
    model = everything()
    kernel = model.get_layer("dense_1").kernel.numpy()
    np.testing.assert_allclose([float(p) for p in model.losses], [0.01 * np.sum(kernel**2)], rtol=1e-6)
