"""Layers of one's own: what the base class does for them, and what it says when something is missing."""

import numpy as np
import pytest

from chainrule import GradientTape, Sequential, Tensor, Variable, ops
from chainrule.errors import DTypeError, StateError
from chainrule.layers import BatchNormalization, Dense, InputLayer, Layer
from tests.layers.layers_of_ones_own import Lazy, MyDense, X


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


def test_weights_of_one_layer_are_drawn_apart():
    class Two(Lazy):
        def build(self, input_shape):
            self.a, self.b = (self.add_weight([3, 3]) for _ in range(2))

        def call(self, inputs):
            return inputs @ self.a + inputs @ self.b

    layer = Two()
    Sequential([layer], seed=0).build((None, 3))
    assert (layer.a.numpy() != layer.b.numpy()).all()


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
