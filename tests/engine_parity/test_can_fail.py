"""The parity tests can fail: a rule of each kind is altered a little on the Python side, and the comparison sees it."""

from functools import wraps
from types import SimpleNamespace

import numpy as np
import pytest

from chainrule import activations, losses, optimizers
from chainrule.autodiff import operations
from chainrule.layers import (
    BatchNormalization,
    CategoryEmbedding,
    Dense,
    Dropout,
    Embedding,
    Flatten,
    LayerNormalization,
    Normalization,
)
from chainrule.optimizers.clipping import Clipping
from chainrule.regularizers import L1L2
from chainrule.training.orders import Orders
from tests.engine_parity.compare import (
    CODES,
    DTYPES,
    WEIGHTS,
    X,
    check_parity,
    needs_native,
    rng,
)

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]
A_LITTLE = 1 + 3e-4


def caught(*arguments, match=None, **options):
    """Whether the comparison of a model fails, with the rule as it was first passing it."""
    with pytest.raises(AssertionError, match=match):
        check_parity(*arguments, **options)


def test_nothing_altered(dtype):
    check_parity(lambda: [Dense(6, activation="tanh"), Dense(2)], dtype=dtype)


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "relu", "softplus", "erf", "softmax"])
def test_gradient_of_an_activation(name, dtype, monkeypatch):
    """A gradient rule that is off by 3e-4 of itself."""
    row = operations.OPERATIONS[name]

    def wrong(ops, *arguments, **attributes):
        return row.rules[0](ops, *arguments, **attributes) * A_LITTLE

    monkeypatch.setitem(operations.OPERATIONS, name, operations.op(name, row.forward, wrong))
    activation = {"erf": "gelu"}.get(name, name)
    caught(lambda: [Dense(6, activation=activation), Dense(2)], dtype=dtype, match="gradients of dense_1")


@pytest.mark.parametrize("name", sorted(set(activations.TABLE) - {"linear"}))
def test_value_of_an_activation(name, dtype, monkeypatch):
    row = activations.TABLE[name]
    function = row.function
    monkeypatch.setitem(row.__dict__, "function", lambda z, **parameters: function(z, **parameters) * A_LITTLE)
    caught(lambda: [Dense(6, activation=name), Dense(2)], dtype=dtype, match="outputs")


@pytest.mark.parametrize(
    ("cls", "number", "right", "wrong"),
    [
        (optimizers.SGD, "momentum", 0.5, 0.501),
        (optimizers.Adam, "beta_1", 0.9, 0.901),
        (optimizers.Adam, "beta_2", 0.999, 0.9991),
        (optimizers.Adam, "epsilon", 1e-3, 1.01e-3),
        (optimizers.Adam, "amsgrad", False, True),
        (optimizers.AdamW, "weight_decay", 0.1, 0.11),
        (optimizers.Adadelta, "rho", 0.95, 0.951),
        (optimizers.Adagrad, "epsilon", 0.01, 0.011),
        (optimizers.Adagrad, "initial_accumulator_value", 0.1, 0.101),
        (optimizers.RMSprop, "rho", 0.9, 0.901),
        (optimizers.RMSprop, "momentum", 0.5, 0.501),
        (optimizers.RMSprop, "centered", False, True),
    ],
)
def test_number_of_an_optimizer(cls, number, right, wrong, dtype):
    """The two engines get different numbers."""
    numbers = iter([right, wrong])
    caught(
        lambda: [Dense(6, activation="tanh"), Dense(2)],
        dtype=dtype,
        optimizer=lambda: cls(0.05, **{number: next(numbers)}),
        match="history|weights",
    )


@pytest.mark.parametrize("clipping", [{"clipvalue": 0.02}, {"clipnorm": 0.1}, {"global_clipnorm": 0.1}])
def test_limit_of_clipping(clipping, dtype, monkeypatch):
    vector = Clipping.vector
    monkeypatch.setattr(Clipping, "vector", lambda self, *a: vector(self._replace(limit=self.limit * A_LITTLE), *a))
    caught(
        lambda: [Dense(6, activation="tanh"), Dense(2)],
        dtype=dtype,
        optimizer=lambda: optimizers.SGD(0.1, **clipping),
        match="weights|history",
    )


@pytest.mark.parametrize("name", ["MeanSquaredError", "MeanAbsoluteError", "Huber", "Quantile"])
def test_loss(name, dtype, monkeypatch):
    cls = getattr(losses, name)
    element = cls.element
    monkeypatch.setattr(cls, "element", lambda self, y, f: element(self, y, f) * A_LITTLE)
    caught(lambda: [Dense(6, activation="tanh"), Dense(2)], dtype=dtype, loss=cls(), match="losses")


def test_label_smoothing(dtype, monkeypatch):
    loss = losses.SparseCategoricalCrossentropy(from_logits=True, label_smoothing=0.1)
    values = type(loss).values

    def wrong(self, y, f):
        kept, self.label_smoothing = self.label_smoothing, self.label_smoothing * (1 + 1e-2)
        try:
            return values(self, y, f)
        finally:
            self.label_smoothing = kept

    monkeypatch.setattr(type(loss), "values", wrong)
    caught(lambda: [Dense(6, activation="tanh"), Dense(3)], y=CODES, loss=loss, dtype=dtype, match="losses|gradients")


def test_weight_of_a_row(dtype, monkeypatch):
    reduce = losses.Loss.reduce

    def wrong(self, values, weight=None):
        return reduce(self, values, None if weight is None else np.asarray(weight) * A_LITTLE)

    monkeypatch.setattr(losses.Loss, "reduce", wrong)
    layers = lambda: [Dense(6, activation="tanh"), Dense(2)]  # noqa: E731
    check_parity(layers, dtype=dtype)
    caught(layers, dtype=dtype, sample_weight=WEIGHTS, match="losses")


def test_threshold_of_dropout(dtype, monkeypatch):
    """One 65536th part more is dropped, by the Python engine only."""
    layers = lambda: [Dense(40, activation="tanh"), Dropout(0.3), Dense(2)]  # noqa: E731
    call = Dropout.call

    def wrong(self, inputs, training=False):
        rate, self.rate = self.rate, self.rate + 1 / 65536
        try:
            return call(self, inputs, training)
        finally:
            self.rate = rate

    monkeypatch.setattr(Dropout, "call", wrong)
    caught(layers, dtype=dtype, match="training=True")


@pytest.mark.parametrize("number", ["seed", "layer", "step"])
def test_address_of_the_random_numbers(number, dtype, monkeypatch):
    from chainrule import random

    bits = random.random_bits
    shift = {"seed": (1, 0, 0), "step": (0, 1, 0), "layer": (0, 0, 1)}[number]
    monkeypatch.setattr(
        random,
        "random_bits",
        lambda seed, step, layer, count: bits(seed + shift[0], step + shift[1], layer + shift[2], count),
    )
    caught(lambda: [Dense(6, activation="tanh"), Dropout(0.3), Dense(2)], dtype=dtype, match="training=True")


@pytest.mark.parametrize(
    ("cls", "layers"),
    [
        (BatchNormalization, lambda: [Dense(6, use_bias=False), BatchNormalization(), Dense(2)]),
        (LayerNormalization, lambda: [Dense(6), LayerNormalization(), Dense(2)]),
    ],
)
def test_epsilon_of_a_normalization(cls, layers, dtype, monkeypatch):
    call = cls.call

    @wraps(call)  # layers are asked once whether they take `training`
    def wrong(self, *arguments, **options):
        epsilon, self.epsilon = self.epsilon, 2 * self.epsilon
        try:
            return call(self, *arguments, **options)
        finally:
            self.epsilon = epsilon

    monkeypatch.setattr(cls, "call", wrong)
    caught(layers, dtype=dtype)


def test_momentum_of_the_moving_averages(dtype, monkeypatch):
    follow = BatchNormalization._follow

    def wrong(self, mean, variance):
        momentum, self.momentum = self.momentum, self.momentum - 1e-3
        follow(self, mean, variance)
        self.momentum = momentum

    monkeypatch.setattr(BatchNormalization, "_follow", wrong)
    layers = lambda: [Dense(6, use_bias=False), BatchNormalization(), Dense(2)]  # noqa: E731
    caught(layers, dtype=dtype, optimizer=lambda: optimizers.SGD(0.05), match="state")


def test_variance_of_known_statistics(dtype, monkeypatch):
    call = Normalization.call
    monkeypatch.setattr(Normalization, "call", lambda self, inputs: call(self, inputs) * A_LITTLE)
    layers = lambda: [Normalization(mean=X.mean(0), variance=X.var(0)), Dense(2)]  # noqa: E731
    caught(layers, dtype=dtype, match="outputs")


def test_row_of_an_embedding(dtype, monkeypatch):
    call = Embedding.call
    monkeypatch.setattr(Embedding, "call", lambda self, codes: call(self, codes) * A_LITTLE)
    codes = rng.integers(0, 7, (40, 2))
    caught(lambda: [Embedding(7, 3), Flatten(), Dense(2)], codes, dtype=dtype, optimizer=optimizers.SGD)


def test_row_of_a_column(dtype, monkeypatch):
    call = CategoryEmbedding.call
    monkeypatch.setattr(CategoryEmbedding, "call", lambda self, x: call(self, x) * A_LITTLE)
    x = np.column_stack([X[:, 0], rng.integers(0, 7, 40)])
    caught(lambda: [CategoryEmbedding({1: (7, 3)}), Dense(2)], x, dtype=dtype, optimizer=optimizers.SGD)


@pytest.mark.parametrize("part", ["l1", "l2"])
def test_penalty(part, dtype, monkeypatch):
    penalty = L1L2.__call__

    def wrong(self, weights):
        both = {"l1": self.l1, "l2": self.l2}
        return penalty(SimpleNamespace(**(both | {part: both[part] * (1 + 1e-2)})), weights)

    monkeypatch.setattr(L1L2, "__call__", wrong)
    layers = lambda: [Dense(6, activation="tanh", kernel_regularizer=L1L2(0.01, 0.01)), Dense(2)]  # noqa: E731
    caught(layers, dtype=dtype, match="losses")


def test_order_of_the_rows(dtype, monkeypatch):
    """Two rows change places in the Python engine's epochs."""
    order, made = Orders.of, []

    def wrong(self, epoch):
        made.append(order(self, epoch))
        if len(made) <= 17:  # the epochs of the first model
            made[-1][[0, -1]] = made[-1][[-1, 0]]
        return made[-1]

    monkeypatch.setattr(Orders, "of", wrong)
    caught(lambda: [Dense(6, activation="tanh"), Dense(2)], dtype=dtype, match="history|weights")
