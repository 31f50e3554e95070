"""Which engine runs a model, and what is said where the native one can't."""

import warnings

import numpy as np
import pytest

from chainrule import Sequential, engine, losses, ops, optimizers
from chainrule.engine import NativeEngine, PythonEngine, describe, steps_made
from chainrule.engine.lowering import lower_network
from chainrule.errors import ArgumentError, ChainruleError, EngineWarning, UnknownNameError
from chainrule.initializers import RandomNormal
from chainrule.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    Normalization,
)
from chainrule.regularizers import L2
from tests.engine_parity.compare import CODES, ENGINES, NUMBERS, N, X, build, needs_native, rng

pytestmark = [needs_native, pytest.mark.filterwarnings("error::chainrule.errors.EngineWarning")]


class Scale(Layer):
    def build(self, input_shape):
        self.factor = self.add_weight([input_shape[-1]], initializer="ones")

    def call(self, inputs):
        return inputs * self.factor


class DenseOfSquares(Dense):
    def call(self, inputs):
        return super().call(inputs * inputs)


class HalfPenalty(L2):
    def __call__(self, weights):
        return 0.5 * super().__call__(weights)


class DoubledError(losses.MeanSquaredError):
    def element(self, y, f):
        return 2 * super().element(y, f)


class SmootherCrossEntropy(losses.SparseCategoricalCrossentropy):
    def values(self, y_true, y_pred):
        return 2 * super().values(y_true, y_pred)


class SlowSGD(optimizers.SGD):
    def update(self, weights, gradient, slots, scalars):
        super().update(weights, 0.5 * gradient, slots, scalars)


class HalfDropout(Dropout):
    def call(self, inputs, training=False):
        return 0.5 * super().call(inputs, training)


def cubic(y_true, y_pred):
    return ops.abs(y_true - y_pred) ** 3


def softened(z):
    return ops.tanh(z) * 0.5


CATEGORIES = rng.integers(0, 5, (N, 2))
# layers, loss, optimiser, inputs, targets, and what the reason says
UNSUPPORTED = {
    "custom layer": ([lambda: Scale(), lambda: Dense(2)], "mse", "sgd", X, NUMBERS, "scale_1 is a Scale"),
    "subclass of Dense": ([lambda: DenseOfSquares(2)], "mse", "sgd", X, NUMBERS, "is a DenseOfSquares"),
    "subclass of Dropout": ([lambda: HalfDropout(0.5), lambda: Dense(2)], "mse", "sgd", X, NUMBERS, "is a HalfDropout"),
    "function as activation": (
        [lambda: Dense(2, activation=softened)], "mse", "sgd", X, NUMBERS, "activation of dense_1"
    ),
    "activation layer of a function": (
        [lambda: Dense(2), lambda: Activation(softened)], "mse", "sgd", X, NUMBERS, "activation of activation_1"
    ),
    "function as loss": ([lambda: Dense(2)], cubic, "sgd", X, NUMBERS, "the loss cubic"),
    "subclass of a loss": ([lambda: Dense(2)], DoubledError(), "sgd", X, NUMBERS, "the loss DoubledError"),
    "subclass of a cross-entropy": (
        [lambda: Dense(3, activation="softmax")],
        SmootherCrossEntropy(), "sgd", X, CODES, "the loss SmootherCrossEntropy",
    ),
    "subclass of an optimiser": ([lambda: Dense(2)], "mse", SlowSGD(0.1), X, NUMBERS, "the optimizer SlowSGD"),
    "function as penalty": (
        [lambda: Dense(2, kernel_regularizer=lambda w: ops.sum(w * w))],
        "mse", "sgd", X, NUMBERS, "regularizer of dense_1",
    ),
    "subclass of a penalty": (
        [lambda: Dense(2, kernel_regularizer=HalfPenalty(0.1))], "mse", "sgd", X, NUMBERS, "regularizer of dense_1"
    ),
    "mask that is shared": (
        [lambda: Dropout(0.5, (None, 1)), lambda: Dense(2)], "mse", "sgd", X, NUMBERS, "noise_shape"
    ),
    "one mean for all features": (
        [lambda: Normalization(axis=None, mean=0.5, variance=2.0), lambda: Dense(2)],
        "mse", "sgd", X, NUMBERS, "one mean",
    ),
    "several axes": (
        [lambda: Dense(3), lambda: Flatten(), lambda: Dense(2)],
        "mse", "sgd", rng.normal(size=(N, 3, 2)), NUMBERS, "dense_1 gets examples of 2 axes; put a Flatten before it",
    ),
    "embedding behind another layer": (
        [lambda: Dense(2, activation="relu"), lambda: Embedding(2, 3), lambda: Flatten(), lambda: Dense(2)],
        "mse", "sgd", np.zeros((N, 2)), NUMBERS, "embedding_1 does not stand first",
    ),
    "codes behind another layer": (
        [lambda: Dense(2, activation="relu", kernel_initializer="zeros"), lambda: CategoryEmbedding({1: (2, 3)})],
        "mse", "sgd", X, np.zeros((N, 4)), "category_embedding_1 does not stand first",
    ),
    "classes on several axes": (
        [lambda: Embedding(5, 3)],
        losses.SparseCategoricalCrossentropy(from_logits=True), "sgd", CATEGORIES, CATEGORIES % 3, "outputs of 2 axes",
    ),
    "a type of its own": (
        [lambda: Dense(4), lambda: Activation("tanh", dtype="float32"), lambda: Dense(2)],
        "mse", "sgd", X, NUMBERS, "activation_1 computes in float32",
    ),
}  # fmt: skip


def make(name, chosen):
    layers, loss, optimizer, x, y, reason = UNSUPPORTED[name]
    model = Sequential([layer() for layer in layers], dtype="float64", seed=3)
    model.compile(optimizer, loss, engine=chosen)
    return model, x, y, reason


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_native_refuses_and_says_why(name):
    model, x, y, reason = make(name, "native")
    with pytest.raises(ArgumentError, match=r"the native engine can't run this model: .*; use engine='auto'") as raised:
        model.fit(x, y, verbose=0)
    assert reason in str(raised.value)


@pytest.mark.parametrize("name", UNSUPPORTED)
@pytest.mark.filterwarnings("ignore:no gradient for")
def test_auto_says_once_that_python_runs_the_model(name):
    model, x, y, reason = make(name, "auto")
    python, *_ = make(name, "python")
    made = steps_made()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        for _ in range(2):
            model.fit(x, y, verbose=0)
            model.evaluate(x, y)
            model.predict(x)
    told = [w for w in seen if issubclass(w.category, EngineWarning)]
    assert len(told) == 1
    assert reason in str(told[0].message)
    assert told[0].filename == __file__, "the warning is at the user's line"
    assert steps_made() == made
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for _ in range(2):
            python.fit(x, y, verbose=0)
    assert np.array_equal(model.parameters.values, python.parameters.values)


@pytest.mark.parametrize("name", UNSUPPORTED)
def test_python_is_not_talked_about(name):
    model, x, y, _ = make(name, "python")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("error", EngineWarning)
        model.fit(x, y, verbose=0)
        model.predict(x)


def test_a_subclass_is_never_run_as_what_it_derives_from():
    model, *_ = make("subclass of Dense", "auto")
    with pytest.warns(EngineWarning, match="DenseOfSquares"):
        outputs = model.predict(X)
    weights, bias = model.get_weights()
    np.testing.assert_allclose(outputs, (X * X) @ weights + bias)


def test_a_model_that_was_never_compiled_predicts_natively():
    model = Sequential([Dense(3, activation="relu"), Dense(2)], dtype="float64", seed=0)
    outputs = model.predict(X)
    assert isinstance(model._predictor, NativeEngine)
    np.testing.assert_allclose(outputs, np.asarray(model(X)), atol=1e-12)


def test_what_only_training_lacks_does_not_keep_prediction_from_the_native_engine():
    model, *_ = make("function as loss", "auto")
    with pytest.warns(EngineWarning):
        model.fit(X, NUMBERS, verbose=0)
    model.predict(X)
    assert isinstance(model._engine, PythonEngine)
    assert isinstance(model._predictor, NativeEngine)


@pytest.mark.parametrize("chosen", ["auto", "native", "python"])
def test_the_engine_asked_for(chosen):
    model = build(chosen, lambda: [Dense(3), Dense(2)])
    made = steps_made()
    history = model.fit(X, NUMBERS, batch_size=10, epochs=3, verbose=0)
    assert steps_made() - made == (0 if chosen == "python" else 12)
    assert history.params["engine"] == ("Python" if chosen == "python" else "native")
    assert isinstance(model._engine, PythonEngine if chosen == "python" else NativeEngine)
    model.predict(X)
    assert isinstance(model._predictor, PythonEngine if chosen == "python" else NativeEngine)


def test_steps_are_counted_where_they_are_made():
    model = build("native", lambda: [Dense(3), Dense(2)])
    made = steps_made()
    model.evaluate(X, NUMBERS)
    model.predict(X)
    assert steps_made() == made
    model.train_on_batch(X, NUMBERS)
    assert steps_made() == made + 1


def test_an_unknown_engine():
    with pytest.raises(UnknownNameError, match="did you mean 'native'"):
        build("nativ", lambda: [Dense(2)])


def test_describe():
    assert describe().startswith("native engine (")
    assert describe().endswith(("threads)", "thread)"))
    engine.set_threads(1)
    try:
        assert describe().endswith(", 1 thread)")
    finally:
        engine.set_threads(None)


def test_a_model_without_weights_that_train():
    layer = Dense(2)
    layer.trainable = False
    model = Sequential([layer], dtype="float64")
    model.compile("sgd", "mse", engine="native")
    with pytest.raises(ArgumentError, match="nothing in the model is trained"):
        model.fit(X, NUMBERS, verbose=0)


def test_weights_from_any_initializer_are_native():
    build("native", lambda: [Dense(2, kernel_initializer=RandomNormal(0.1))]).fit(X, NUMBERS, verbose=0)


def test_freezing_between_calls_is_seen():
    models = []
    for chosen in ENGINES:
        model = build(chosen, lambda: [Dense(4, activation="tanh"), BatchNormalization(), Dense(2)])
        model.fit(X, NUMBERS, verbose=0)
        for frozen in (1, 0):
            model.layers[frozen].trainable = False
            model.fit(X, NUMBERS, epochs=2, verbose=0)
        models.append(model)
    for a, b in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-9)


def test_batch_normalization_without_weights_frozen_between_calls():
    """Nothing that trains changes, only what the layer does."""
    states = []
    for chosen in ENGINES:
        model = build(chosen, lambda: [BatchNormalization(center=False, scale=False), Dense(2)])
        model.fit(X, NUMBERS, verbose=0)
        before = model.state.values.copy()
        model.layers[0].trainable = False
        model.fit(X, NUMBERS, verbose=0)
        assert np.array_equal(model.state.values, before)
        states.append(model.snapshot())
    np.testing.assert_allclose(states[0][0], states[1][0], atol=1e-12)


def test_a_change_that_the_plan_does_not_cover_is_refused():
    model = build("native", lambda: [Dense(4), Dense(2)])
    model.fit(X, NUMBERS, verbose=0)
    model.predict(X)
    model.layers[0].activation = softened
    for call in (
        lambda: model.fit(X, NUMBERS, verbose=0),
        lambda: model.predict(X),
        lambda: model.evaluate(X, NUMBERS),
    ):
        with pytest.raises(ChainruleError, match="activation of dense_1"):
            call()
    model.compile("sgd", "mse", engine="python")
    model.fit(X, NUMBERS, verbose=0)


def test_a_change_that_the_plan_covers_is_seen():
    model = build("native", lambda: [Dense(4), Dense(2)])
    before = model.predict(X)
    model.layers[0].activation = build("native", lambda: [Dense(1, activation="tanh")]).layers[0].activation
    after = model.predict(X)
    assert not np.allclose(before, after)
    np.testing.assert_allclose(after, np.asarray(model(X)), atol=1e-12)


def test_lowering_names_the_first_layer_it_lacks():
    model = Sequential([Dense(2), Scale(), Scale()])
    model.build((None, 3))
    with pytest.raises(Exception, match="scale_1 is a Scale, which only the Python engine knows"):
        lower_network(model)
