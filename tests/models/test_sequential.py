"""Sequential: building, one vector under all variables, weights in and out, summary, copies."""

import copy
import pickle

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Tensor, Variable, losses, ops
from chainrule.errors import ArgumentError, GradientError, ShapeError, StateError, UnknownNameError
from chainrule.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Input,
    Layer,
    LayerNormalization,
    Normalization,
)
from chainrule.models import Model
from chainrule.random import generator

X = generator(0, "check").normal(size=(20, 3))
Y = X @ [1.0, -2.0, 0.5]


def everything(seed=0, dtype="float32"):
    """A model with a layer of every kind."""
    layers = [
        Embedding(5, 4),
        Flatten(),
        Normalization(mean=0.01, variance=0.5),
        Dense(6, activation="relu", kernel_regularizer="l2"),
        BatchNormalization(),
        Dropout(0.2),
        LayerNormalization(),
        Dense(3, use_bias=False),
        Activation("softmax"),
    ]
    model = Sequential([Input((2,)), *layers], seed=seed, dtype=dtype)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


CODES = generator(1, "check").integers(0, 5, size=(20, 2))
CLASSES = generator(2, "check").integers(0, 3, size=20)


def same(a, b):
    return all(np.array_equal(v, w) for v, w in zip(a.get_weights(), b.get_weights(), strict=True))


# ---- building


@pytest.mark.parametrize("how", ["input", "input_shape", "build", "add", "fit", "call"])
def test_all_ways_to_build_give_the_same_model(how):
    def layers(**first):
        return [Dense(4, activation="tanh", **first), Dense(1)]

    if how == "input":
        model = Sequential([Input((3,)), *layers()], seed=0)
        assert model.built
    elif how == "input_shape":
        model = Sequential(layers(input_shape=(3,)), seed=0)
        assert model.built
    elif how == "add":
        model = Sequential(seed=0)
        for layer in layers():
            model.add(layer)
        assert not model.built
    else:
        model = Sequential(layers(), seed=0)
    if how == "build":
        model.build((None, 3))
    model.compile("sgd", "mse")
    if how == "fit":
        model.fit(X, Y, verbose=0)
        assert model.input_shape == (None, 3)
        return
    model(X) if how == "call" else model.predict(X)
    reference = Sequential([Input((3,)), *layers()], seed=0)
    assert same(model, reference)
    assert (model.input_shape, model.output_shape, model.count_params()) == ((None, 3), (None, 1), 21)


def test_building_needs_no_more_than_once():
    model = Sequential([Dense(1)], seed=0)
    model.build((None, 3))
    before = model.get_weights()
    model.build((20, 3))  # the batch axis is free
    assert all(np.array_equal(v, w) for v, w in zip(before, model.get_weights(), strict=True))


def test_add_after_build_and_prediction():
    model = Sequential([Input((3,)), Dense(4)], seed=0)
    model.predict(X)
    first = model.get_weights()
    model.add(Dense(2))
    assert model.output_shape == (None, 2)
    assert all(np.array_equal(v, w) for v, w in zip(first, model.get_weights(), strict=False))
    assert len(model.parameters) == 16 + 10


def test_a_layer_that_does_not_fit_leaves_the_model_as_it_was():
    model = Sequential([Input((3,)), Dense(4)], seed=0)
    with pytest.raises(ShapeError, match="normalises the last axis"):
        model.add(BatchNormalization(axis=2))
    model.add(Dense(2))
    assert [layer.name for layer in model.layers] == ["dense_1", "dense_2"]
    assert model.predict(X).shape == (20, 2)


def test_names_of_layers():
    model = Sequential([Dense(1, name="dense_2"), Dense(1), Dense(1), Dropout(0.1)])
    assert [layer.name for layer in model.layers] == ["dense_2", "dense_3", "dense_4", "dropout_1"]
    with pytest.raises(ArgumentError, match="two layers are named 'dense_3'; give one of them another name"):
        model.add(Dense(1, name="dense_3"))
    assert len(model.layers) == 4


@pytest.mark.parametrize(
    ("use", "error", "message"),
    [
        (lambda: Sequential().predict(X), StateError, "the model has no layers; add one first: model.add(Dense(1))"),
        (
            lambda: Sequential(Dense(1)),
            ArgumentError,
            "Sequential expects a list of layers, got one; write Sequential([Dense(units=1)])",
        ),
        (lambda: Sequential([Dense]), ArgumentError, "add expects a layer, got <class 'chainrule.layers.dense.Dense'>"),
        (lambda: Sequential(["dense"]), ArgumentError, "add expects a layer, got 'dense'"),
        (
            lambda: Sequential([Sequential([Dense(1)])]),
            ArgumentError,
            "a model can't be a layer of another; call what comes next on its outputs",
        ),
        (
            lambda: Sequential([Dense(1), Input((3,))]),
            StateError,
            "Input must be the first entry of a Sequential model",
        ),
        (
            lambda: Sequential([Input((3,)), Input((3,))]),
            StateError,
            "Input must be the first entry of a Sequential model",
        ),
        (
            lambda: Sequential([Dense(1)]).output_shape,
            StateError,
            "output_shape is not known before the model is built; start with Input((features,)) or fit it",
        ),
        (
            lambda: Sequential([Dense(1)]).count_params(),
            StateError,
            "the number of weights is not known before the model is built; start with Input((features,)) or fit it",
        ),
        (
            lambda: Sequential([Dense(1)]).predict([1.0, 2.0]),
            ShapeError,
            "inputs must be rows of features, (batch, features), got shape (2,)",
        ),
        (
            lambda: Sequential([Input((3,)), Dense(1)]).build((None, 4)),
            ShapeError,
            "the model is built for inputs of shape (batch, 3), got (batch, 4)",
        ),
        (
            lambda: Sequential([Dense(1)]).build(4),
            ShapeError,
            "build expects a shape with the batch axis first, such as (None, 4), got 4",
        ),
        (
            lambda: Sequential([Input((3,)), Dense(1)]).predict(X[:, :2]),
            ShapeError,
            "the model expects inputs of shape (batch, 3), got (20, 2)",
        ),
        (
            lambda: Sequential([Dense(1)]).get_layer("dense1"),
            UnknownNameError,
            "unknown layer 'dense1'; did you mean 'dense_1'?",
        ),
        (lambda: Sequential([Dense(1)]).get_layer(index=1), ArgumentError, "the model has 1 layers, got index 1"),
        (
            lambda: Sequential([Dense(1)]).summary(),
            StateError,
            "the model is not built yet; start with Input((features,)), call build((None, features)) or fit it",
        ),
    ],
)
def test_errors(use, error, message):
    with pytest.raises(error) as raised:
        use()
    assert str(raised.value).startswith(message)


def test_a_trained_model_does_not_grow():
    model = Sequential([Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(X, Y, verbose=0)
    with pytest.raises(StateError, match="a model that was trained can't grow"):
        model.add(Dense(1))


def test_get_layer():
    model = everything()
    assert model.get_layer("dense_2") is model.layers[7]
    assert model.get_layer(index=-1) is model.layers[-1]


# ---- one vector


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


# ---- weights


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


# ---- summary


def test_summary(capsys):
    everything(seed=3).summary()
    assert capsys.readouterr().out == (
        "sequential, float32, seed 3\n"
        "\n"
        "  layer                   kind                        output   weights\n"
        " ──────────────────────────────────────────────────────────────────────\n"
        "  embedding_1             Embedding            (batch, 2, 4)        20\n"
        "  flatten_1               Flatten                 (batch, 8)         0\n"
        "  normalization_1         Normalization           (batch, 8)        16\n"
        "  dense_1                 Dense relu              (batch, 6)        54\n"
        "  batch_normalization_1   BatchNormalization      (batch, 6)        24\n"
        "  dropout_1               Dropout 0.2             (batch, 6)         0\n"
        "  layer_normalization_1   LayerNormalization      (batch, 6)        12\n"
        "  dense_2                 Dense linear            (batch, 3)        18\n"
        "  activation_1            Activation softmax      (batch, 3)         0\n"
        "\n"
        "144 weights (576 bytes): 116 trained, 28 not\n"
    )


LINEAR = "Without an activation between them, {} linear layers equal one linear layer, {}.\n"


@pytest.mark.parametrize(
    ("layers", "note"),
    [
        ([Dense(4), Dense(2)], LINEAR.format(2, "Dense(2)")),
        ([Dense(4), Dropout(0.5), Dense(3), Dense(1)], LINEAR.format(3, "Dense(1)")),
        ([Dense(4), Activation("linear"), Dense(2)], LINEAR.format(2, "Dense(2)")),
        ([Dense(4), Dense(2, activation="softmax")], LINEAR.format(2, "Dense(2, activation='softmax')")),
        ([Dense(4)], ""),
        ([Dense(4, activation="relu"), Dense(2)], ""),
        ([Dense(4), Activation("tanh"), Dense(2)], ""),
        ([Dense(4, activation=ops.tanh), Dense(2)], ""),
        ([Dense(4), BatchNormalization(), Dense(2)], ""),
        ([Dropout(0.5)], ""),
    ],
)
def test_note_on_linear_stacks(layers, note, capsys):
    fresh = [type(layer)(**layer.get_config()) for layer in layers]
    Sequential([Input((3,)), *fresh], seed=0).summary()
    assert capsys.readouterr().out.split(" not\n")[1] == note


def test_summary_of_odd_models(capsys):
    class Mine(Layer):
        def __init__(self):
            super().__init__(name="mine [bold]with brackets[/bold] and a name that goes on and on and on")
            self.inner = Dense(2)

        def call(self, inputs):
            return self.inner(inputs)

    model = Sequential([Input((3,)), Mine(), Dense(1, activation=lambda z: z)], name="[red]odd", seed=0)
    model.layers[0].trainable = False
    model.summary()
    out = capsys.readouterr().out
    assert out.startswith("[red]odd, float32, seed 0\n")
    assert "[bold]" in out
    assert "11 weights (44 bytes): 3 trained, 8 not" in out
    assert max(map(len, out.splitlines())) <= 78


# ---- copies


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


# ---- calling


def test_call_is_recorded_for_any_inputs():
    model = Sequential([Input((3,)), Dense(1, use_bias=False, kernel_initializer="ones")], seed=0)
    for inputs in (Variable(X), Tensor(X)):
        with GradientTape() as tape:
            tape.watch(inputs)
            total = ops.sum(model(inputs))
        np.testing.assert_array_equal(tape.gradient(total, inputs).numpy(), np.ones((20, 3)))
    np.testing.assert_array_equal(model([[1.0, 2.0, 3.0]]).numpy(), [[6.0]])


def test_seeds_are_kept_and_checked():
    assert Sequential(seed=7).seed == 7
    assert 0 <= Sequential().seed < 2**64
    with pytest.raises(ArgumentError, match="seed must be an integer"):
        Sequential(seed=-1)


def test_model_is_a_base_class():
    with pytest.raises(TypeError, match="abstract"):
        Model()
