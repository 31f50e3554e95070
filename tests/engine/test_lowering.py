"""Lowering: what layers, losses and optimisers become. What it refuses is in engine_parity/test_choice.py."""

import pytest

from chainrule import Sequential, activations, losses, optimizers
from chainrule.engine.description import ACTIVATIONS, CLIPPINGS, LOSSES, OPERATIONS, describe_plan
from chainrule.engine.description import REDUCTIONS as NATIVE_REDUCTIONS
from chainrule.engine.description import RULES as OPTIMIZERS
from chainrule.engine.engine import Task
from chainrule.engine.lowering import ELEMENT_LOSSES, REDUCTIONS, RULES, lower, lower_network
from chainrule.engine.plan import Operand
from chainrule.layers import (
    Activation,
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    Normalization,
)
from chainrule.regularizers import L1, L1L2


def network(*layers, inputs=(4,), **options):
    model = Sequential(layers, **{"seed": 7, **options})
    model.build((None, *inputs))
    return model


def plan(*layers, loss="mse", optimizer="sgd", inputs=(4,)):
    model = network(*layers, inputs=inputs)
    return lower(Task(model, losses.get(loss), optimizers.get(optimizer), ()))


def test_a_dense_network():
    first, second = lower_network(network(Dense(3, activation="leaky_relu"), Dense(2, use_bias=False)))
    assert (first.operation, first.inputs, first.outputs) == ("dense", 4, 3)
    assert first.operands == {"weights": Operand("parameters", 0), "bias": Operand("parameters", 12)}
    assert first.attributes == {"activation": "leaky_relu", "alpha": 0.2}
    assert second.operands == {"weights": Operand("parameters", 15)}
    assert second.attributes == {}


def test_the_activation_of_a_layer_of_its_own_joins_the_product():
    (dense,) = lower_network(network(Dense(3), Activation("tanh")))
    assert dense.attributes["activation"] == "tanh"


def test_softmax_is_an_instruction_of_its_own():
    assert [i.operation for i in lower_network(network(Dense(3, activation="softmax")))] == ["dense", "softmax"]


def test_dropout_says_where_its_numbers_come_from():
    model = network(Dropout(0.25), Dense(3), Dropout(0.0), Dropout(0.5, seed=9))
    first, _, last = lower_network(model)
    assert first.attributes == {"seed": 7, "layer": 0, "threshold": 16384}
    assert last.attributes == {"seed": 9, "layer": 3, "threshold": 32768}
    model.reseed(8)
    assert [i.attributes.get("seed") for i in lower_network(model)] == [8, None, 9]


def test_a_frozen_layer_has_its_weights_in_the_state():
    dense, frozen = Dense(3), BatchNormalization()
    frozen.trainable = False
    first, second = lower_network(network(dense, frozen))
    assert first.operands["weights"].vector == "parameters"
    assert {operand.vector for operand in second.operands.values()} == {"state"}
    assert second.attributes["frozen"]


def test_normalizations():
    given, batch, layer, _ = lower_network(
        network(
            Normalization(mean=[0.0] * 4, variance=[1.0] * 4, invert=True),
            BatchNormalization(momentum=0.5, epsilon=0.25, center=False),
            LayerNormalization(epsilon=0.125, scale=False),
            Dense(1),
        )
    )
    assert given.operands == {"mean": Operand("state", 0), "variance": Operand("state", 4)}
    assert given.attributes == {"inverted": True}
    assert set(batch.operands) == {"weights", "mean", "variance"}
    assert batch.attributes == {"momentum": 0.5, "epsilon": 0.25, "frozen": False}
    assert set(layer.operands) == {"bias"}
    assert layer.attributes == {"epsilon": 0.125}


def test_an_embedding():
    first, _ = lower_network(network(Embedding(7, 3), Flatten(), Dense(1), inputs=(2,)))
    assert (first.operation, first.inputs, first.outputs) == ("embedding", 2, 6)
    assert first.operands == {"embeddings": Operand("parameters", 0)}
    assert first.attributes == {"tables": (("embeddings", 0, 2, 7, 3),)}


def test_embeddings_of_some_columns():
    layer = CategoryEmbedding({3: (9, 1), 1: (7, 3)})
    first, dense = lower_network(network(layer, Dense(1), inputs=(5,)))
    assert (first.operation, first.inputs, first.outputs, dense.inputs) == ("embedding", 5, 7, 7)
    assert first.operands == {"embeddings_1": Operand("parameters", 0), "embeddings_3": Operand("parameters", 21)}
    assert first.attributes == {"tables": (("embeddings_1", 1, 1, 7, 3), ("embeddings_3", 3, 1, 9, 1))}
    assert describe_plan(plan(CategoryEmbedding({1: (7, 3)}), Dense(1)))["instructions"][0] == {
        "operation": OPERATIONS.index("embedding"),
        "inputs": 4,
        "outputs": 6,
        "tables": [((True, 0), 1, 1, 7, 3)],
    }


def test_flatten_is_nothing():
    assert len(lower_network(network(Flatten(), Dense(1), Flatten(), inputs=(2, 3)))) == 1


@pytest.mark.parametrize(
    ("loss", "last", "planned"),
    [
        ("sparse_categorical_crossentropy", "softmax", "sparse_cross_entropy_logits"),
        ("categorical_crossentropy", "softmax", "cross_entropy_logits"),
        ("binary_crossentropy", "sigmoid", "binary_cross_entropy_logits"),
        ("binary_crossentropy", "hard_sigmoid", "binary_cross_entropy"),
        ("sparse_categorical_crossentropy", "sigmoid", "sparse_cross_entropy"),
        (losses.CategoricalCrossentropy(from_logits=True), None, "cross_entropy_logits"),
    ],
)
def test_a_loss_that_undoes_the_last_activation_works_on_its_inputs(loss, last, planned):
    made = plan(Dense(3, activation=last), loss=loss)
    assert made.loss.name == planned
    undone = planned.endswith("_logits")
    assert [i.attributes.get("activation", i.operation) for i in made.instructions] == ["dense" if undone else last]


def test_numbers_of_a_loss():
    assert plan(Dense(1), loss=losses.Huber(0.3)).loss.parameter == 0.3
    assert plan(Dense(1), loss=losses.Quantile(0.7)).loss.parameter == 0.7
    smooth = losses.SparseCategoricalCrossentropy(True, 0.2, reduction="mean_with_sample_weight")
    made = plan(Dense(3), loss=smooth).loss
    assert (made.parameter, made.sparse, made.reduction) == (0.2, True, "weighted_mean")


def test_segments_are_the_weights_that_train_with_their_penalties():
    frozen = Dense(3, kernel_regularizer="l2")
    frozen.trainable = False
    made = plan(Dense(2, kernel_regularizer=L1L2(0.1, 0.2), bias_regularizer=L1(0.3)), frozen, Dense(1))
    assert made.segments == ((0, 8, 0.1, 0.2, 0), (8, 2, 0.3, 0.0, 0), (10, 3, 0.0, 0.0, 0), (13, 1, 0.0, 0.0, 0))


@pytest.mark.parametrize(
    ("optimizer", "rule"),
    [
        (optimizers.SGD(), "sgd"),
        (optimizers.SGD(momentum=0.9), "momentum"),
        (optimizers.SGD(momentum=0.9, nesterov=True), "nesterov"),
        (optimizers.Adam(), "adam"),
        (optimizers.AdamW(amsgrad=True), "amsgrad"),
        (optimizers.Adadelta(), "adadelta"),
        (optimizers.Adagrad(), "adagrad"),
        (optimizers.RMSprop(), "rmsprop"),
        (optimizers.RMSprop(momentum=0.1), "rmsprop_momentum"),
        (optimizers.RMSprop(centered=True), "rmsprop_centered"),
        (optimizers.RMSprop(centered=True, momentum=0.1), "rmsprop_centered_momentum"),
    ],
)
def test_rules(optimizer, rule):
    assert plan(Dense(1), optimizer=optimizer).optimizer.rule == rule


def test_clipping():
    made = plan(Dense(1), optimizer=optimizers.Adam(global_clipnorm=0.5, beta_1=0.8)).optimizer
    assert (made.clipping, made.clip_limit, made.numbers["beta_1"]) == ("global_clipnorm", 0.5, 0.8)


def test_every_row_of_the_tables_has_a_native_name():
    """A new activation, loss, layer or optimiser is either native or says why not: none is forgotten here."""
    assert set(activations.TABLE) == {*ACTIVATIONS, "softmax", "log_softmax"}
    named = {loss for loss, _ in ELEMENT_LOSSES.values()}
    assert named < set(LOSSES)
    assert len(LOSSES) == len(named) + 6
    assert {type(losses.get(name)) for name in losses.__all__ if name.endswith("Crossentropy")} | set(
        ELEMENT_LOSSES
    ) == set(losses.CLASSES.values())
    assert set(REDUCTIONS.values()) == set(NATIVE_REDUCTIONS)
    assert len(RULES) == 10
    assert len(OPTIMIZERS) == 11
    assert CLIPPINGS[0] == "none"


def test_a_described_plan_has_numbers_only():
    made = plan(
        Dropout(0.1), Dense(3, activation="gelu"), BatchNormalization(), Dense(3), loss="huber", optimizer="adam"
    )
    described = describe_plan(made)
    assert [OPERATIONS[i["operation"]] for i in described["instructions"]] == [
        "dropout", "dense", "batch_normalization", "dense",
    ]  # fmt: skip
    assert described["instructions"][1]["activation"] == ACTIVATIONS.index("gelu")
    assert described["instructions"][2]["mean"] == (False, 0)
    assert LOSSES[described["loss"]] == "huber"
    assert OPTIMIZERS[described["optimizer"]] == "adam"
    assert described["beta_2"] == 0.999
