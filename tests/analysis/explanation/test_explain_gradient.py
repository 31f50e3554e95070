"""Explanations against the tape: every layer, activation and loss, one example and batches."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule import activations, analysis, losses, ops
from chainrule.errors import ArgumentError, DataError, DTypeError, ShapeError, StateError, UnknownNameError
from chainrule.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    Layer,
    LayerNormalization,
    Normalization,
)
from tests.analysis.explanation.networks import named, network, numbers, tape_gradients
from tests.layers.layers_of_ones_own import Block, Lazy, MyDense

ROUNDING = 1e-10  # relative, of float64 sums in another order
SMALLEST = 1e-13
Y = numbers(4, 2, seed=5)
X = numbers(4, 3)


def places(model, each=2):
    """Some weights of every Variable: the first, the last, and between."""
    for name, variable in named(model).items():
        for flat in np.unique(np.linspace(0, variable.size - 1, each).astype(int)):
            index = np.unravel_index(flat, variable.shape)
            yield f"{name}[{', '.join(str(i) for i in index)}]" if index else name, name, index


def close(value, expected):
    assert value == pytest.approx(expected, rel=ROUNDING, abs=SMALLEST)


def check(model, x, y, loss, training=False, sample_weight=None, each=2, **more):
    """All that must hold for every weight of a model."""
    value, gradients = tape_gradients(model, x, y, loss, sample_weight, training)
    for weight, name, index in places(model, each):
        found = analysis.explain_gradient(
            model, x, y, weight, loss=loss, training=training, sample_weight=sample_weight, **more
        )
        close(found.loss, value)
        close(found.gradient, gradients[name][index])
        close(found.contributions.sum() + (found.penalty or 0.0), found.gradient)
        for step in found.steps:
            close(sum(term.product for term in step.terms), step.gradient)
        if found.chain is None:
            assert found.contributions.sum() == 0
            continue
        if not found.coupled:
            close(np.prod([factor.value for factor in found.factors]), found.contributions[found.example])
        if found.path_count <= len(found.paths):
            close(sum(path.contribution for path in found.paths), found.explained)
            assert abs(found.remainder) <= SMALLEST
        sizes = [abs(path.contribution) for path in found.paths]
        assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("name", activations.TABLE)
def test_every_activation(name):
    check(network(Dense(3, activation=name), Dense(2)), X, Y, "mse")
    check(network(Dense(2), Activation(name)), X[:1], Y[:1], "mse")


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize(
    "layer",
    [
        lambda: BatchNormalization(),
        lambda: LayerNormalization(),
        lambda: Normalization(mean=[1.0, 2.0, 3.0], variance=[1.0, 2.0, 3.0]),
        lambda: Flatten(),
        lambda: Dense(3, activation=lambda z: ops.sin(z)),
        lambda: MyDense(3, 3),
        lambda: Lazy(),
        lambda: Block(),
    ],
)
def test_every_layer_between_others(layer, training):
    check(network(Dense(3, activation="tanh"), layer(), Dense(2)), X, Y, "mse", training)


def test_layers_of_codes():
    model = network(Embedding(5, 3), Dense(2, activation="tanh"), Flatten(), Dense(2), inputs=2)
    check(model, np.array([[1, 2], [0, 4]]), Y[:2], "mse", each=5)
    x = X.copy()
    x[:, 1] = [0, 1, 2, 3]
    model = network(CategoryEmbedding({1: (4, 2)}), LayerNormalization(), Dense(2, activation="relu"), Dense(2))
    check(model, x, Y, "mse", each=4)


def test_weights_behind_a_layer_that_passes_numbers_on():
    """Codes have no derivative, the numbers beside them have."""
    model = network(Dense(3, activation="relu"), Activation(lambda z: 0 * z + ops.cast(z > 0, z.dtype)), Dense(2))
    check(model, X, Y, "mse")


LOSSES = {
    "binary_crossentropy": ("sigmoid", lambda n: numbers(n, 2) > 0),
    "categorical_crossentropy": ("softmax", lambda n: np.eye(2)[np.arange(n) % 2]),
    "sparse_categorical_crossentropy": ("softmax", lambda n: np.arange(n) % 2),
    "mean_squared_error": ("linear", lambda n: Y[:n]),
    "mean_absolute_error": ("linear", lambda n: Y[:n]),
    "huber": ("linear", lambda n: Y[:n]),
    "hinge": ("tanh", lambda n: np.sign(Y[:n])),
    "poisson": ("exponential", lambda n: np.abs(Y[:n]).round()),
    "quantile": ("linear", lambda n: Y[:n]),
}


@pytest.mark.parametrize("name", losses.CLASSES)
def test_every_loss(name):
    activation, targets = LOSSES[name]
    model = network(Dense(3, activation="tanh"), Dense(2, activation=activation))
    check(model, X, np.asarray(targets(4), int if "sparse" in name else float), name)
    check(model, X[:1], np.asarray(targets(1), int if "sparse" in name else float), name)


@pytest.mark.parametrize(
    "loss",
    [
        losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        losses.SparseCategoricalCrossentropy(from_logits=True, reduction="sum"),
        losses.FunctionLoss(lambda y, f: ops.softplus(-ops.abs(f))),
        losses.FunctionLoss(
            lambda y, f: ops.square(f - ops.mean(f, axis=0, keepdims=True))
        ),  # examples depend on others
    ],
)
def test_losses_with_options_and_of_ones_own(loss):
    check(network(Dense(3, activation="tanh"), Dense(2)), X, np.array([0, 1, 1, 0]), loss)


@pytest.mark.parametrize("weight", [None, [1.0, 0.5, 2.0, 0.25]])
def test_a_loss_in_which_examples_depend_on_each_other(weight):
    loss = losses.FunctionLoss(lambda y, f: ops.square(f - ops.mean(f, axis=0, keepdims=True)))
    model = network(Dense(2))
    check(model, X, Y, loss, sample_weight=weight and np.array(weight))
    explanation = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", loss=loss, sample_weight=weight)
    assert explanation.coupled
    assert [str(factor.ratio).partition("#")[0] for factor in explanation.paths[0].factors] == ["dJ/dy[0]", "dy[0]"]
    assert not analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", loss="mse").coupled


def test_smoothed_labels_are_what_outputs_are_compared_with():
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    explanation = analysis.explain_gradient(network(Dense(2)), X[0], [1], "dense_1/bias[1]", loss=loss)
    assert "t[1] = 0.9500 (the class is 1, smoothed by 0.1)" in " ".join(str(explanation).split())
    p, _, t = explanation.factors[0].why.removeprefix("p - t = ").partition(",")[0].partition(" - ")
    assert float(p) - float(t) == pytest.approx(explanation.factors[0].value, abs=1e-5)


def test_weighted_examples_and_penalties():
    model = network(
        Dense(3, activation="tanh", kernel_regularizer="l2"),
        Dense(2, kernel_regularizer="l1", bias_regularizer=lambda b: ops.sum(b * b * b)),
    )
    check(model, X, Y, "mse", sample_weight=np.array([1.0, 0.0, 2.5, 0.5]))
    explanation = analysis.explain_gradient(model, X, Y, "dense_1/kernel[1, 1]", loss="mse")
    close(explanation.penalty, 2 * 0.01 * explanation.value)


@given(
    widths=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    chosen=st.lists(st.sampled_from(sorted(activations.TABLE)), min_size=4, max_size=4),
    examples=st.integers(1, 3),
    seed=st.integers(0, 10**6),
    data=st.data(),
)
@settings(max_examples=40, deadline=None)
def test_random_networks(widths, chosen, examples, seed, data):
    chosen = [name if name != "exponential" else "elu" for name in chosen]  # a tower of them overflows
    model = network(*[Dense(n, activation=g) for n, g in zip(widths, chosen, strict=False)], inputs=2, seed=seed)
    x, y = numbers(examples, 2, seed=seed), numbers(examples, widths[-1], seed=seed + 1)
    _, gradients = tape_gradients(model, x, y, "mse")
    weight, name, index = data.draw(st.sampled_from(list(places(model, each=3))))
    found = analysis.explain_gradient(model, x, y, weight, loss="mse", paths=5)
    close(found.gradient, gradients[name][index])
    close(sum(path.contribution for path in found.paths) + found.remainder, found.explained)
    if found.path_count <= 5:
        assert abs(found.remainder) <= SMALLEST + ROUNDING * abs(found.explained)


def test_dropout_as_in_the_next_step_of_training():
    model = network(Dense(8, activation="tanh"), Dropout(0.5), Dense(2))
    model.compile("sgd", "mse", engine="python")
    model.fit(X, Y, epochs=3, verbose=0)
    explanation = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", training=True)
    again = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", training=True)
    calm = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]")
    assert again.loss == explanation.loss != calm.loss
    close(calm.loss, model.evaluate(X, Y))
    assert explanation.check.error < 1e-6
    dropped = [f.value for e in (explanation, calm) for p in e.paths for f in p.factors if f.of.letter == "d"]
    assert set(dropped) == {2.0, 1.0}
    close(model.train_on_batch(X, Y), explanation.loss)


def test_batch_normalisation_couples_examples_while_training():
    model = network(Dense(3, activation="tanh"), BatchNormalization(), Dense(2))
    before = model.get_weights()
    explanation = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", loss="mse", training=True)
    assert explanation.coupled
    assert explanation.path_count == 4 * 4 * 2  # from each example's unit to each example's, then to each output
    assert {place.example for path in explanation.paths for place in path.places} > {explanation.example}
    close(explanation.explained, explanation.gradient)
    assert "#" in str(explanation.paths[0].units[0])
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)  # moving averages too


def test_the_model_is_left_as_it_is_and_explained_in_float64():
    model = network(Dense(3, activation="tanh"), Dense(2), dtype="float32")
    before = [w.copy() for w in model.get_weights()]
    explanation = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", loss="mse")
    assert explanation.trace.layers[0].outputs.dtype == np.float64
    assert explanation.check.error < 1e-8  # float32 would give 1e-3
    explanation.what_if(1.0)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    _, gradients = tape_gradients(model, X.astype(np.float32), Y, "mse")
    assert explanation.gradient == pytest.approx(gradients["dense_1/kernel"][0, 0], rel=1e-5)


def test_what_if():
    model = network(Dense(3, activation="tanh"), Dense(2))
    explanation = analysis.explain_gradient(model, X, Y, "dense_2/bias[1]", loss="mse")
    change = explanation.what_if(0.25)
    close(change.predicted, 0.25 * explanation.gradient)
    model.layers[1].bias.assign_add([0.0, 0.25])
    close(change.after, tape_gradients(model, X, Y, "mse")[0])
    close(change.true, change.after - explanation.loss)
    with pytest.raises(ArgumentError, match="delta must be a number"):
        explanation.what_if("much")


def test_one_example_needs_no_batch():
    model = network(Dense(2))
    alone = analysis.explain_gradient(model, X[0], Y[0], "dense_1/kernel[0, 0]", loss="mse", sample_weight=3.0)
    batch = analysis.explain_gradient(model, X[:1], Y[:1], "dense_1/kernel[0, 0]", loss="mse", sample_weight=[3.0])
    assert alone.gradient == batch.gradient
    assert [str(factor.ratio) for factor in alone.factors] == ["dJ/dL", "dL/dy[0]", "dy[0]/dw"]


def test_the_example_shown_is_the_one_that_contributes_most_or_the_one_asked_for():
    model = network(Dense(2))
    explanation = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", loss="mse")
    assert explanation.example == np.abs(explanation.contributions).argmax()
    other = analysis.explain_gradient(model, X, Y, "dense_1/kernel[0, 0]", loss="mse", example=2)
    close(np.prod([factor.value for factor in other.factors]), explanation.contributions[2])


def test_a_unit_that_is_switched_off():
    model = network(Dense(1, activation="relu", kernel_initializer="zeros", bias_initializer="ones"), Dense(2))
    model.layers[0].bias.assign([-1.0])
    explanation = analysis.explain_gradient(model, X[0], Y[0], "dense_1/kernel[1, 0]", loss="mse")
    assert (explanation.gradient, explanation.path_count, explanation.paths) == (0.0, 0, ())
    assert "lit: a path of the weight; each adds 0" in explanation.to_svg()
    assert "0 because da1/dz1 is 0 (slope of relu at z1 = -1)" in " ".join(str(explanation).split())


def test_an_input_of_zero_is_shown_as_what_stops_the_gradient():
    explanation = analysis.explain_gradient(
        network(Dense(2)), [0.0, 1.0, 2.0], Y[0], "dense_1/kernel[0, 1]", loss="mse"
    )
    assert explanation.gradient == 0
    assert [factor.value for factor in explanation.factors][-1] == 0


def test_a_vector_that_no_example_uses():
    model = network(Embedding(5, 2), Flatten(), Dense(2), inputs=1)
    explanation = analysis.explain_gradient(model, np.array([[3]]), Y[:1], "embedding_1/embeddings[0, 0]", loss="mse")
    assert (explanation.gradient, explanation.chain, explanation.factors) == (0.0, None, ())
    assert "does not enter" in str(explanation)


def test_errors():
    model = network(Dense(2))
    explain = analysis.explain_gradient
    with pytest.raises(StateError, match="no loss to explain; compile the model first"):
        explain(model, X, Y, "dense_1/kernel[0, 0]")
    with pytest.raises(UnknownNameError, match="no weight 'dense_1/kernal'; did you mean 'dense_1/kernel'"):
        explain(model, X, Y, "dense_1/kernal[0, 0]", loss="mse")
    with pytest.raises(ShapeError, match="same number of examples"):
        explain(model, X, Y[:3], "dense_1/kernel[0, 0]", loss="mse")
    with pytest.raises(ArgumentError, match="example must be from 0 to 3, got 4"):
        explain(model, X, Y, "dense_1/kernel[0, 0]", loss="mse", example=4)
    with pytest.raises(ArgumentError, match="input_names expects 3 names, got 2"):
        explain(model, X, Y, "dense_1/kernel[0, 0]", loss="mse", input_names=["a", "b"])
    with pytest.raises(ArgumentError, match="one number J"):
        explain(model, X, Y, "dense_1/kernel[0, 0]", loss=losses.MeanSquaredError(reduction="none"))
    with pytest.raises(DataError, match="not finite"):
        explain(
            network(Dense(2, "exponential", kernel_initializer="ones")),
            1e4 * np.abs(X),
            Y,
            "dense_1/bias[0]",
            loss="mse",
        )
    single = np.float32([1.0, 2.0, 3.0])
    with pytest.raises(DTypeError, match=r"computed in float64.*ops\.cast\(constant, inputs\.dtype\)"):
        explain(
            network(Activation(lambda x: x * ops.cast(single, "float32")), Dense(2)),
            X,
            Y,
            "dense_1/bias[0]",
            loss="mse",
        )


class Tied(Layer):
    """Back through another layer's matrix: its weights enter at two stages."""

    def __init__(self, dense):
        super().__init__()
        self.dense = [dense.kernel]

    def call(self, inputs):
        return inputs @ ops.transpose(self.dense[0])


def test_a_weight_that_enters_at_two_stages():
    first = Dense(2, activation="tanh")
    model = network(first)
    model.add(Tied(first))
    check(model, X, X, "mse")
    explanation = analysis.explain_gradient(model, X[0], X[0], "dense_1/kernel[1, 0]", loss="mse")
    assert len(explanation.steps[-1].terms) == 2
    assert {path.places[0].stage for path in explanation.paths} == {0, 2}
    weights = analysis.trace(model, X, X, loss="mse").weights
    np.testing.assert_allclose(
        weights["dense_1/kernel"].gradients, tape_gradients(model, X, X, "mse")[1]["dense_1/kernel"]
    )


def test_a_layer_that_reaches_for_anothers_weights():
    first = Dense(3)
    model = network(first, Activation(lambda x: x @ first.kernel))
    with pytest.raises(ArgumentError, match=r"activation_1 computes with kernel.*set it as an attribute"):
        analysis.explain_gradient(model, X, X, "dense_1/kernel[0, 0]", loss="mse")
