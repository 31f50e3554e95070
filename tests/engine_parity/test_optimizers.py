"""Every optimiser with each option, every kind of clipping, decay, and every schedule on both engines."""

import pytest

from chainrule.layers import BatchNormalization, Dense, Dropout
from chainrule.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop, schedules
from chainrule.regularizers import L1L2
from tests.engine_parity.compare import CODES, DTYPES, NUMBERS, WEIGHTS, X, adam, check_parity, needs_native

pytestmark = [needs_native, pytest.mark.parametrize("dtype", DTYPES)]

RULES = {
    "sgd": (SGD, {"learning_rate": 0.05}),
    "momentum": (SGD, {"learning_rate": 0.05, "momentum": 0.9}),
    "nesterov": (SGD, {"learning_rate": 0.05, "momentum": 0.8, "nesterov": True}),
    "adam": (Adam, {"learning_rate": 0.01}),
    "adam, betas": (Adam, {"learning_rate": 0.01, "beta_1": 0.5, "beta_2": 0.7, "epsilon": 1e-3}),
    "adam, no memory": (Adam, {"learning_rate": 0.01, "beta_1": 0.0, "beta_2": 0.0, "epsilon": 1e-2}),
    "amsgrad": (Adam, {"learning_rate": 0.01, "amsgrad": True, "beta_2": 0.8}),
    "adamw": (AdamW, {"learning_rate": 0.01, "weight_decay": 0.1}),
    "adamw, amsgrad": (AdamW, {"learning_rate": 0.01, "weight_decay": 0.1, "amsgrad": True}),
    "adadelta": (Adadelta, {"learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-4}),
    "adagrad": (Adagrad, {"learning_rate": 0.1}),
    "adagrad, from 1": (Adagrad, {"learning_rate": 0.1, "initial_accumulator_value": 1.0, "epsilon": 1e-3}),
    "rmsprop": (RMSprop, {"learning_rate": 0.005, "rho": 0.8}),
    "rmsprop, momentum": (RMSprop, {"learning_rate": 0.002, "momentum": 0.6}),
    # Centred, the rule divides by a difference of like numbers; a larger epsilon keeps rounding from being magnified.
    "rmsprop, centred": (RMSprop, {"learning_rate": 0.005, "centered": True, "epsilon": 1e-3}),
    "rmsprop, centred, momentum": (
        RMSprop,
        {"learning_rate": 0.002, "centered": True, "momentum": 0.6, "epsilon": 1e-3},
    ),
}
CLIPPINGS = {
    "value": {"clipvalue": 0.02},
    "norm": {"clipnorm": 0.1},
    "global norm": {"global_clipnorm": 0.1},
    "value, never reached": {"clipvalue": 1e3},
    "norm, never reached": {"clipnorm": 1e3},
    "global norm, never reached": {"global_clipnorm": 1e3},
}
SCHEDULES = {
    "constant": lambda: schedules.Constant(0.05),
    "exponential": lambda: schedules.ExponentialDecay(0.1, 10, 0.5),
    "exponential, stairs": lambda: schedules.ExponentialDecay(0.1, 10, 0.5, staircase=True),
    "inverse time": lambda: schedules.InverseTimeDecay(0.1, 5, 0.5),
    "polynomial": lambda: schedules.PolynomialDecay(0.1, 20, power=2.0),
    "polynomial, cycle": lambda: schedules.PolynomialDecay(0.1, 20, cycle=True),
    "cosine": lambda: schedules.CosineDecay(0.1, 30),
    "cosine, warm-up": lambda: schedules.CosineDecay(0.0, 30, warmup_target=0.1, warmup_steps=10),
    "pieces": lambda: schedules.PiecewiseConstantDecay([10, 30], [0.1, 0.05, 0.01]),
}


def network():
    return [Dense(9, activation="tanh"), Dense(6, activation="sigmoid"), Dense(2)]


def penalised():
    options = {"kernel_regularizer": L1L2(0.01, 0.02), "bias_regularizer": "l2", "bias_initializer": "random_normal"}
    return [Dense(9, activation="tanh", **options), Dense(2, **options)]


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_optimizer(rule, batch_size, dtype):
    cls, options = RULES[rule]
    check_parity(network, dtype=dtype, optimizer=lambda: cls(**options), batch_size=batch_size)


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("clipping", CLIPPINGS)
def test_clipping(rule, clipping, dtype):
    cls, options = RULES[rule]
    check_parity(penalised, dtype=dtype, optimizer=lambda: cls(**options, **CLIPPINGS[clipping]))


@pytest.mark.parametrize("clipping", CLIPPINGS)
def test_clipping_of_batches_of_one(clipping, dtype):
    check_parity(penalised, dtype=dtype, optimizer=lambda: SGD(0.05, **CLIPPINGS[clipping]), batch_size=1)


@pytest.mark.parametrize("rule", RULES)
def test_weight_decay(rule, dtype):
    cls, options = RULES[rule]
    check_parity(network, dtype=dtype, optimizer=lambda: cls(**(options | {"weight_decay": 0.2})))


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("batch_size", [1, 16])
def test_moving_average_of_the_weights(rule, batch_size, dtype):
    """The weights compared are the average, which `fit` leaves; its slot and the last weights go with it."""
    cls, options = RULES[rule]
    options = options | {"use_ema": True, "ema_momentum": 0.9, "ema_overwrite_frequency": 7}
    models = check_parity(network, dtype=dtype, optimizer=lambda: cls(**options), batch_size=batch_size)
    for model in models.values():
        assert (model.parameters.values == model._position.slots["average"]).all()


@pytest.mark.parametrize("clipping", CLIPPINGS)
def test_moving_average_with_everything_else(clipping, dtype):
    options = {"use_ema": True, "ema_momentum": 0.8, "weight_decay": 0.1, **CLIPPINGS[clipping]}
    check_parity(penalised, dtype=dtype, optimizer=lambda: Adam(0.01, amsgrad=True, **options))


@pytest.mark.parametrize("rule", ["sgd", "nesterov", "adam", "rmsprop"])
@pytest.mark.parametrize("batch_size", [1, 16])
def test_penalty_decay_and_schedule_together(rule, batch_size, dtype):
    cls, options = RULES[rule]
    options = options | {"learning_rate": schedules.CosineDecay(0.02, 40), "weight_decay": 0.1}
    check_parity(penalised, dtype=dtype, optimizer=lambda: cls(**options), batch_size=batch_size, sample_weight=WEIGHTS)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name, dtype):
    check_parity(network, dtype=dtype, optimizer=lambda: SGD(SCHEDULES[name]()))


def test_a_schedule_goes_on_over_calls_of_fit(dtype):
    models = check_parity(network, dtype=dtype, optimizer=lambda: SGD(SCHEDULES["pieces"]()), steps=20)
    for model in models.values():
        model.fit(X, NUMBERS, batch_size=7, epochs=3, verbose=0)
        assert model._position.step == 21 + 3 * 6
    python, native = models.values()
    assert abs(python.parameters.values - native.parameters.values).max() < 1e-5


def test_a_rate_that_is_set_between_calls(dtype):
    models = check_parity(network, dtype=dtype, optimizer=adam, steps=20)
    before = models["native"].parameters.values.copy()
    for model in models.values():
        model.optimizer.learning_rate = 1e-12
        model.fit(X, NUMBERS, epochs=2, verbose=0)
    assert abs(models["native"].parameters.values - before).max() < 1e-6


def test_a_clip_group_is_every_weight_that_trains(dtype):
    """Frozen weights and moving averages have no part in the global norm."""

    def layers():
        frozen = Dense(9, activation="tanh")
        frozen.trainable = False
        return [frozen, BatchNormalization(), Dense(9, activation="tanh"), Dropout(0.2), Dense(3, activation="softmax")]

    check_parity(
        layers,
        y=CODES,
        loss="sparse_categorical_crossentropy",
        dtype=dtype,
        optimizer=lambda: SGD(0.1, momentum=0.9, global_clipnorm=0.05),
    )
