"""Layers of one's own: what the base class does for them, and what it says when something is missing."""

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Tensor, Variable, ops
from chainrule.errors import ArgumentError, DTypeError, ShapeError, StateError, UnknownNameError
from chainrule.layers import Activation, BatchNormalization, Dense, Dropout, Input, InputLayer, Layer, Normalization

X = np.array([[1.0, -2.0, 0.5], [0.25, 3.0, -1.0]])


class MyDense(Layer):
    """The lecture's: weights in __init__."""

    def __init__(self, input_dim, output_dim):
        super().__init__()
        self.W = self.add_weight([input_dim, output_dim])
        self.b = self.add_weight([1, output_dim])

    def call(self, inputs):
        return ops.sigmoid(inputs @ self.W + self.b)


class Lazy(Layer):
    """Weights in build."""

    def build(self, input_shape):
        self.w = self.add_weight([input_shape[-1]], "ones")

    def call(self, inputs):
        return inputs * self.w


class Block(Layer):
    """Layers inside: an attribute, a list that grows, a dict, and one made in build."""

    def __init__(self):
        super().__init__()
        self.first = Dense(4, activation="tanh")
        self.stack = []
        for units in (3, 2):
            self.stack.append(Dense(units))
        self.named = {"norm": BatchNormalization()}

    def build(self, input_shape):
        self.last = Dense(1)

    def call(self, inputs, training=False):
        x = self.first(inputs)
        for layer in self.stack:
            x = layer(x)
        return self.last(self.named["norm"](x, training=training))


def test_weights_in_init_and_in_build():
    for layer, count in ((MyDense(3, 2), 2), (Lazy(), 1)):
        y = layer(X)
        assert y.shape[0] == 2
        assert len(layer.trainable_weights) == count
        with GradientTape() as tape:
            total = ops.sum(layer(X))
        assert all(g is not None for g in tape.gradient(total, layer.trainable_weights))


def test_default_names_of_weights():
    layer = MyDense(3, 2)
    assert [v.name for v in layer.weights] == ["kernel", "kernel_2"]


def test_build_runs_once():
    calls = []

    class Counting(Lazy):
        def build(self, input_shape):
            calls.append(input_shape)
            super().build(input_shape)

    layer = Counting()
    for _ in range(3):
        layer(X)
    assert calls == [(None, 3)]


def test_layers_inside_are_found_wherever_they_stand():
    model = Sequential([Block()], seed=0)
    model.predict(X)
    (block,) = model.layers
    assert list(block._sublayers) == ["first", "stack_0", "stack_1", "named_norm", "last"]
    assert [name for name, _ in block.named_weights()] == [
        "block_1/first/kernel",
        "block_1/first/bias",
        "block_1/stack_0/kernel",
        "block_1/stack_0/bias",
        "block_1/stack_1/kernel",
        "block_1/stack_1/bias",
        "block_1/named_norm/gamma",
        "block_1/named_norm/beta",
        "block_1/named_norm/moving_mean",
        "block_1/named_norm/moving_variance",
        "block_1/last/kernel",
        "block_1/last/bias",
    ]
    assert len(model.parameters) == 16 + 15 + 8 + 4 + 3
    assert len(model.state) == 4


def test_layers_inside_are_trained_from_the_first_fit_on():
    model = Sequential([Block()], seed=0)
    model.compile("sgd", "mse")
    model.predict(X)
    before = model.get_weights()
    model.fit(X, [1.0, 2.0], verbose=0)
    changed = {v.name for v, old in zip(model.weights, before, strict=True) if (v.numpy() != old).any()}
    assert changed >= {"kernel", "gamma", "beta", "moving_mean", "moving_variance"}


def test_layers_inside_draw_from_the_models_seed():
    """Also those that build makes, and also in another type."""
    made = []
    for seed in (0, 0, 1):
        model = Sequential([Block()], seed=seed)
        model.predict(X)
        made.append(model.get_weights())
    assert all((a == b).all() for a, b in zip(made[0], made[1], strict=True))
    assert any((a != b).any() for a, b in zip(made[0], made[2], strict=True))
    kernels = [w for w in made[0] if w.ndim == 2]
    assert len({w.ravel()[0].item() for w in kernels}) == len(kernels)
    model = Sequential([Block()], dtype="float64", seed=0)
    assert model.predict(X).dtype == np.float64
    assert {v.dtype for v in model.weights} == {np.dtype("float64")}


def test_a_layer_with_its_own_output_shape_builds_the_layers_inside_too():
    class Announced(Block):
        def output_shape(self, input_shape):
            return (*input_shape[:-1], 1)

    model = Sequential([Announced()], seed=0)
    model.compile("sgd", "mse")
    model.fit(X, [1.0, 2.0], verbose=0)
    assert len(model.parameters.variables) == len(model.trainable_weights) == 10


def test_replaced_attributes_are_forgotten():
    layer = Lazy()
    layer.w = Variable([1.0])
    layer.w = Variable([2.0])
    layer.inner = Dense(1)
    layer.inner = Dense(2)
    assert [v.numpy().item() for v in layer.own] == [2.0]
    assert [child.units for child in layer._sublayers.values()] == [2]


def test_a_variable_or_layer_under_two_names_counts_once():
    layer = Lazy()
    layer.a = layer.b = Variable([1.0])
    layer.one = layer.two = Dense(2)
    layer.both = [layer.one, layer.two]
    assert len(layer.weights) == 1
    assert len(layer._sublayers) == 1


def test_variables_as_attributes():
    class Scale(Layer):
        def __init__(self):
            super().__init__()
            self.factor = Variable([2.0, 2.0, 2.0], name="factor")
            self.count = Variable(0, name="count")  # an integer has no gradient: state

        def call(self, inputs):
            return inputs * self.factor

    layer = Scale()
    np.testing.assert_array_equal(layer(X).numpy(), 2 * X)
    assert [v.name for v in layer.trainable_weights] == ["factor"]
    assert [v.name for v in layer.non_trainable_weights] == ["count"]


@pytest.mark.parametrize("training", [False, True])
def test_call_with_and_without_training(training):
    class Says(Layer):
        def call(self, inputs, training=False):
            return inputs * (2.0 if training else 1.0)

    class Silent(Layer):
        def call(self, inputs):
            return inputs

    class Keyword(Layer):
        def call(self, inputs, *, training):
            return inputs * (2.0 if training else 1.0)

    factor = 2.0 if training else 1.0
    np.testing.assert_array_equal(Says()(X, training=training).numpy(), factor * X.astype("float32"))
    np.testing.assert_array_equal(Silent()(X, training=training).numpy(), X.astype("float32"))
    np.testing.assert_array_equal(Keyword()(X, training=training).numpy(), factor * X.astype("float32"))


def test_call_that_returns_none():
    class Forgetful(Layer):
        def call(self, inputs):
            inputs * 2

    message = r"Forgetful.call returned None; is its `return` inside the method\?"
    with pytest.raises(DTypeError, match=message):
        Forgetful()(X)
    with pytest.raises(DTypeError, match=message):
        Sequential([Forgetful(), Dense(1)]).predict(X)


class WithoutSuper(Layer):
    def __init__(self, units):
        self.units = units

    def build(self, input_shape):
        self.w = self.add_weight([input_shape[-1], self.units])

    def call(self, inputs):
        return inputs @ self.w


@pytest.mark.parametrize(
    "use",
    [
        lambda: WithoutSuper(2)(X),
        lambda: Sequential([WithoutSuper(2)]),
        lambda: WithoutSuper(2).add_weight([2]),
    ],
    ids=["called", "in a model", "add_weight"],
)
def test_forgotten_super_init(use):
    with pytest.raises(StateError) as raised:
        use()
    assert str(raised.value) == "WithoutSuper.__init__ must call super().__init__() first"


@pytest.mark.parametrize("value", [Variable([1.0]), Dense(1)], ids=["variable", "layer"])
def test_super_init_after_the_first_weight(value):
    class Late(Layer):
        def __init__(self):
            self.part = value
            super().__init__()

        def call(self, inputs):
            return inputs

    with pytest.raises(StateError, match=r"Late.__init__ must call super\(\).__init__\(\) before it sets 'part'"):
        Late()


def test_call_must_be_written():
    class Nothing(Layer):
        pass

    with pytest.raises(TypeError, match="abstract"):
        Nothing()


@pytest.mark.parametrize("again", ["same model", "other model"])
def test_a_layer_belongs_to_one_model(again):
    layer = Dense(2, name="shared")
    model = Sequential([layer])
    other = model if again == "same model" else Sequential()
    with pytest.raises(StateError) as raised:
        other.add(layer)
    assert str(raised.value) == (
        "shared belongs to a model already; make a new layer, and copy its weights with get_weights"
    )
    assert len(model.layers) == 1


def test_a_layer_inside_two_others_is_refused():
    inner = Dense(2)

    class Holder(Layer):
        def __init__(self):
            super().__init__()
            self.inner = inner

        def call(self, inputs):
            return self.inner(inputs)

    with pytest.raises(StateError, match="dense belongs to a model already"):
        Sequential([Holder(), Holder()])


def test_weights_made_in_init_are_drawn_from_the_models_seed():
    made = [Sequential([MyDense(3, 2)], seed=seed).get_weights()[0] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(made[0], made[1])
    assert (made[0] != made[2]).any()


def test_weights_of_one_layer_are_drawn_apart():
    class Two(Lazy):
        def build(self, input_shape):
            self.a, self.b = (self.add_weight([3, 3]) for _ in range(2))

        def call(self, inputs):
            return inputs @ self.a + inputs @ self.b

    layer = Two()
    Sequential([layer], seed=0).build((None, 3))
    assert (layer.a.numpy() != layer.b.numpy()).all()


def test_a_built_layer_keeps_its_weights_when_it_joins():
    layer = Dense(2)
    layer(X)
    before = layer.get_weights()
    model = Sequential([layer], dtype="float64", seed=5)
    assert model.predict(X).dtype == np.float64  # float32 values fit into float64
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_float64_layer_does_not_fit_a_float32_model():
    model = Sequential([Dense(2, dtype="float64", name="fine")])
    with pytest.raises(DTypeError) as raised:
        model.predict(X)
    assert str(raised.value) == (
        "fine/kernel is float64 in a float32 model; give the model the type: Sequential(..., dtype='float64')"
    )


def test_statistics_adapted_before_keep_all_their_digits_in_a_float64_model():
    layer = Normalization()
    layer.adapt(X / 3)
    model = Sequential([layer], dtype="float64", seed=0)
    model.build((None, 3))
    np.testing.assert_array_equal(layer.mean.numpy(), (X / 3).mean(axis=0))
    np.testing.assert_array_equal(layer.variance.numpy(), (X / 3).var(axis=0))


def test_freezing_reaches_the_layers_inside():
    block = Block()
    model = Sequential([block], seed=0)
    model.predict(X)
    block.trainable = False
    assert model.trainable_weights == []
    before = model.get_weights()
    model(X, training=True)  # the BatchNormalization inside stands still as well
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    block.trainable = True
    assert len(model.trainable_weights) == 10
    block.stack[0].trainable = False
    assert len(model.trainable_weights) == 8


def test_frozen_from_the_start_holds_for_layers_made_in_build():
    block = Block()
    block.trainable = False
    block(X)
    assert block.trainable_weights == []
    assert not block.last.trainable


def test_wrong_input_shape_names_the_layer_before():
    model = Sequential([Input((3,)), Dense(46), Dense(64)], seed=0)
    first, second = model.layers
    with pytest.raises(ShapeError) as raised:
        second(np.ones((1, 64)))
    assert str(raised.value) == (
        "dense_2 expects inputs of shape (batch, 46), got (batch, 64). "
        "dense_1 before it has 64 units; did you mean Dense(46)?"
    )
    with pytest.raises(ShapeError) as raised:
        first(np.ones((1, 2)))
    assert str(raised.value) == "dense_1 expects inputs of shape (batch, 3), got (batch, 2)"


def test_two_layers_that_do_not_fit():
    layer = Dense(8)
    layer(np.ones((1, 64)))  # a layer built before, for 64 inputs
    with pytest.raises(ShapeError) as raised:
        Sequential([Input((3,)), Dense(46), layer])
    assert str(raised.value) == (
        "dense_2 expects inputs of shape (batch, 64), got (batch, 46). "
        "dense_1 before it has 46 units; did you mean Dense(64)?"
    )


def test_declared_input_shape_must_hold():
    with pytest.raises(ShapeError, match=r"dense expects inputs of shape \(batch, 4\), got \(batch, 3\)"):
        Dense(2, input_shape=(4,))(X)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Dense(0), ArgumentError, "units must be an integer >= 1, got 0"),
        (lambda: Dense(2.5), ArgumentError, "units must be an integer >= 1, got 2.5"),
        (lambda: Dense(True), ArgumentError, "units must be an integer >= 1, got True"),
        (lambda: Dense(2, activation="rleu"), UnknownNameError, "unknown activation 'rleu'; did you mean 'relu'?"),
        (
            lambda: Dense(2, kernel_initializer="he_nromal"),
            UnknownNameError,
            "unknown initializer 'he_nromal'; did you mean 'he_normal'?",
        ),
        (lambda: Dense(2, dtype="int32"), DTypeError, "dtype int32 can't be trained in; expected float32 or float64"),
        (
            lambda: Dense(2)(np.ones(3)),
            ShapeError,
            "dense expects inputs of shape (batch, features), got (None,)",
        ),
        (
            lambda: Activation("softmaxx"),
            UnknownNameError,
            "unknown activation 'softmaxx'; did you mean 'softmax'?",
        ),
        (lambda: Input(3), ShapeError, "Input expects the shape of one example, such as (4,), got 3"),
        (lambda: Input((0,)), ShapeError, "Input expects the shape of one example, such as (4,), got (0,)"),
        (
            lambda: Lazy().add_weight([2, 0]),
            ShapeError,
            "add_weight expects a shape such as [in, out] with lengths >= 1, got [2, 0]",
        ),
        (
            lambda: Lazy().add_weight(3),
            ShapeError,
            "add_weight expects a shape such as [in, out] with lengths >= 1, got 3",
        ),
        (lambda: Dropout(0.5)("text"), DTypeError, None),
    ],
)
def test_errors(make, error, message):
    with pytest.raises(error) as raised:
        make()
    assert message is None or str(raised.value) == message


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ([np.ones((3, 2))], ArgumentError, "dense has 2 weights, got 1"),
        ([np.ones((3, 2)), np.ones(3)], ShapeError, "dense/bias has shape (2,), got values of shape (3,)"),
    ],
)
def test_set_weights_that_do_not_fit_changes_nothing(weights, error, message):
    layer = Dense(2)
    layer(X)
    before = layer.get_weights()
    with pytest.raises(error) as raised:
        layer.set_weights(weights)
    assert str(raised.value) == message
    for old, new in zip(before, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_names():
    assert Dense(2).name == "dense"
    assert BatchNormalization().name == "batch_normalization"
    assert Dense(2, name="head").name == "head"

    class MLPBlock(Lazy):
        pass

    assert MLPBlock().name == "mlp_block"
    assert InputLayer((2,)).output_shape((None, 2)) == (None, 2)
    np.testing.assert_array_equal(InputLayer((2,))([[1.0, 2.0]]).numpy(), [[1.0, 2.0]])


def test_result_may_be_a_list_of_tensors_or_a_number_array():
    class Pair(Layer):
        def call(self, inputs):
            return [inputs[:, 0], inputs[:, 1]]

    np.testing.assert_array_equal(Pair()(Tensor(X, "float32")).numpy(), X[:, :2].T)
