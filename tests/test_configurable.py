"""Objects that know their arguments, and misspelt ones."""

import pytest

from chainrule import Sequential, callbacks, layers, losses, optimizers
from chainrule.configurable import Configurable, lookup, named_arguments
from chainrule.errors import UnknownArgumentError, UnknownNameError


class Base(Configurable):
    def __init__(self, rate=0.1, name=None):
        self.rate = rate


class Open(Base):
    def __init__(self, units, **options):
        super().__init__(**options)
        self.units = units


class Anything(Configurable):
    def __init__(self, **settings):
        self.settings = settings


class Plain(Base):
    pass


def test_config_holds_what_was_given():
    assert Open(3).get_config() == {"units": 3}
    assert Open(units=3, rate=0.5).get_config() == {"units": 3, "rate": 0.5}
    assert Plain(0.2).get_config() == {"rate": 0.2}
    assert Anything(a=1).get_config() == {"a": 1}
    assert repr(Open(3, name="x")) == "Open(units=3, name='x')"


def test_config_is_a_copy():
    made = Plain(0.2)
    made.get_config()["rate"] = 9.0
    assert made.get_config() == {"rate": 0.2}


def test_too_many_arguments_are_pythons_error():
    with pytest.raises(TypeError, match="positional argument"):
        Plain(0.1, None, 3)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: layers.Dropout(p=0.5), "Dropout has no argument 'p'; did you mean 'rate'?"),
        (lambda: layers.Dense(3, activaton="relu"), "Dense has no argument 'activaton'; did you mean 'activation'?"),
        (lambda: layers.Dense(out_features=3), "Dense has no argument 'out_features'; did you mean 'units'?"),
        (lambda: layers.Dense(3, bias=False), "Dense has no argument 'bias'; did you mean 'use_bias'?"),
        (lambda: layers.Dense(3, input_dim=2), "Dense has no argument 'input_dim'; did you mean 'input_shape'?"),
        (lambda: optimizers.Adam(lr=0.1), "Adam has no argument 'lr'; did you mean 'learning_rate'?"),
        (lambda: optimizers.Adam(beta1=0.1), "Adam has no argument 'beta1'; did you mean 'beta_1'?"),
        (lambda: losses.Huber(delt=2), "Huber has no argument 'delt'; did you mean 'delta'?"),
        (
            lambda: callbacks.EarlyStopping(patiance=3),
            "EarlyStopping has no argument 'patiance'; did you mean 'patience'?",
        ),
        (lambda: Sequential(sead=1), "Sequential has no argument 'sead'; did you mean 'seed'?"),
        (
            lambda: Sequential().fit([[1.0]], [1.0], nb_epoch=3),
            "fit has no argument 'nb_epoch'; did you mean 'epochs'?",
        ),
        (
            lambda: Sequential().fit([[1.0]], [1.0], max_iter=3),
            "fit has no argument 'max_iter'; did you mean 'epochs'?",
        ),
        (
            lambda: Sequential().fit([[1.0]], [1.0], validation_fraction=0.3),
            "fit has no argument 'validation_fraction'; did you mean 'validation_split'?",
        ),
        (lambda: Sequential().compile(metric=["mse"]), "compile has no argument 'metric'; did you mean 'metrics'?"),
        (
            lambda: Sequential().predict([[1.0]], batchsize=1),
            "predict has no argument 'batchsize'; did you mean 'batch_size'?",
        ),
    ],
)
def test_unknown_argument(make, message):
    with pytest.raises(UnknownArgumentError) as raised:
        make()
    assert str(raised.value) == message
    assert isinstance(raised.value, TypeError)  # what Python itself raises


def test_misspelt_argument_of_a_subclass_is_found_before_its_init_runs():
    class Mine(layers.Layer):
        def __init__(self, units, **options):
            raise AssertionError("must not run")

        def call(self, inputs):
            return inputs

    with pytest.raises(UnknownArgumentError, match="Mine has no argument 'unit'; did you mean 'units'"):
        Mine(unit=3)


def test_named_arguments_leaves_the_function_as_it_was():
    @named_arguments
    def scale(value, factor=2):
        """Multiply."""
        return value * factor

    assert (scale(3), scale(3, factor=5), scale(value=1)) == (6, 15, 2)
    assert (scale.__name__, scale.__doc__) == ("scale", "Multiply.")


def test_named_arguments_tells_what_belongs_to_a_part():
    class Part(Configurable):
        def __init__(self, width=1, value=2):
            pass

    def scale(value, part=None):
        return value

    checked = named_arguments(scale, part=Part)
    assert checked(value=3, part=Part(width=2)) == 3
    with pytest.raises(UnknownArgumentError, match=r"scale takes width as a part of part; write part=Part\(width=5\)"):
        checked(3, width=5)
    with pytest.raises(UnknownArgumentError, match="scale has no argument 'vale'; did you mean 'value'"):
        checked(vale=3)


def test_lookup():
    table = {"mse": 1, "mae": 2}
    assert lookup("loss", "mse", table) == 1
    with pytest.raises(UnknownNameError, match=r"unknown loss 'mmse'; did you mean 'mse'\?"):
        lookup("loss", "mmse", table)
