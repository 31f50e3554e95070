"""The first steps of each rule worked by hand, the arithmetic in comments."""

import numpy as np
import pytest

from chainrule.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, RMSprop, Segment


def steps(optimizer, gradients, start=1.0):
    """The weight, from ``start``, after each gradient."""
    weights, state = np.array([start]), optimizer.init_state(1, "float64")
    table = optimizer.scalar_table(0, len(gradients), "float64")
    for step, gradient in enumerate(gradients):
        optimizer.update(weights, np.array([gradient]), state, table.row(step))
        yield weights[0]


# name: optimiser, gradients, the weight after each (from 1.0)
BY_HAND = {
    # 1 - 0.1*2 = 0.8;  0.8 - 0.1*3 = 0.5
    "sgd": (SGD(0.1), [2.0, 3.0], [0.8, 0.5]),
    # v = -0.2, w = 0.8;  v = 0.5*-0.2 - 0.3 = -0.4, w = 0.4
    "momentum": (SGD(0.1, momentum=0.5), [2.0, 3.0], [0.8, 0.4]),
    # v = -0.2, w = 1 + 0.5*-0.2 - 0.2 = 0.7;  v = 0.5*-0.2 - 0.3 = -0.4, w = 0.7 + 0.5*-0.4 - 0.3 = 0.2
    "nesterov": (SGD(0.1, momentum=0.5, nesterov=True), [2.0, 3.0], [0.7, 0.2]),
    # m = 0.5*2 = 1, v = 0.75*4 = 3, rate = 0.1 sqrt(0.75)/0.5: step = 0.1 sqrt(0.75)/0.5 * 1/sqrt(3) = 0.1
    # m = 1 + 0.5*(0 - 1) = 0.5, v = 3 + 0.75*(0 - 3) = 0.75,
    # rate = 0.1 sqrt(1 - 1/16)/(1 - 1/4) = 0.1290994: step = 0.1290994*0.5/0.8660254 = 0.0745356
    "adam": (Adam(0.1, beta_1=0.5, beta_2=0.25, epsilon=1e-15), [2.0, 0.0], [0.9, 0.9 - 0.0745356]),
    # as above, but the root stays that of the largest v, 3: 0.1290994*0.5/1.7320508 = 0.0372678
    "amsgrad": (
        Adam(0.1, beta_1=0.5, beta_2=0.25, epsilon=1e-15, amsgrad=True),
        [2.0, 0.0],
        [0.9, 0.9 - 0.0372678],
    ),
    # decay is left to `step`: the rule itself is Adam's
    "adamw": (AdamW(0.1, weight_decay=0.0, epsilon=1e-15), [2.0], [0.9]),
    # s = 0.25*4 = 1, d = 2 sqrt(0.21)/sqrt(1.21) = 0.8331955 (epsilon 0.21), u = 0.25 d^2 = 0.1735537
    # s = 0.75*1 + 0 = 0.75, d = 0
    "adadelta": (Adadelta(1.0, rho=0.75, epsilon=0.21), [2.0, 0.0], [1 - 0.8331955, 1 - 0.8331955]),
    # s = 5 + 4 = 9, step = 0.3*2/3 = 0.2;  s = 9 + 16 = 25, step = 0.3*4/5 = 0.24
    "adagrad": (
        Adagrad(0.3, initial_accumulator_value=5.0, epsilon=1e-15),
        [2.0, 4.0],
        [0.8, 0.56],
    ),
    # v = 0.25*4 = 1, step = 0.1*2/1 = 0.2;  v = 0.75*1 + 0.25*1 = 1, step = 0.1*1/1 = 0.1
    "rmsprop": (RMSprop(0.1, rho=0.75, epsilon=1e-15), [2.0, 1.0], [0.8, 0.7]),
    # d = 0.2, m = 0.2, w = 0.8;  d = 0.1, m = 0.5*0.2 + 0.1 = 0.2, w = 0.6
    "rmsprop momentum": (RMSprop(0.1, rho=0.75, momentum=0.5, epsilon=1e-15), [2.0, 1.0], [0.8, 0.6]),
    # v = 0.5*4 = 2, a = 0.5*2 = 1, variance 2 - 1 = 1: step = 0.1*2/1 = 0.2
    "rmsprop centered": (RMSprop(0.1, rho=0.5, centered=True, epsilon=1e-15), [2.0], [0.8]),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_rule_by_hand(name):
    optimizer, gradients, expected = BY_HAND[name]
    np.testing.assert_allclose(list(steps(optimizer, gradients)), expected, atol=1e-7)


def test_step_clips_then_decays_then_updates():
    # gradient 5 is clipped to 1; decay 0.1*0.5*2 = 0.1 from the old weight: 2 - 0.1 = 1.9; 1.9 - 0.1*1 = 1.8
    optimizer = SGD(0.1, weight_decay=0.5, clipvalue=1.0)
    weights = np.array([2.0])
    row = optimizer.scalar_table(0, 1, "float64").row(0)
    optimizer.step(weights, np.array([5.0]), {}, row, (Segment(0, 1, (1,), "w"),))
    np.testing.assert_allclose(weights, [1.8], rtol=1e-15)


def test_adamw_decays_by_its_default():
    # 1 - 1*0.004*0.001 with a zero gradient
    optimizer = AdamW()
    weights = np.array([1.0])
    row = optimizer.scalar_table(0, 1, "float64").row(0)
    optimizer.step(weights, np.zeros(1), optimizer.init_state(1, "float64"), row, (Segment(0, 1, (1,), "w"),))
    np.testing.assert_allclose(weights, [1 - 4e-6], rtol=1e-15)


def test_centered_root_stays_real_where_rounding_makes_the_variance_negative():
    # v and a^2 both tend to g^2; in float32 their difference is noise, of either sign, far above epsilon
    optimizer = RMSprop(1e-6, centered=True)
    gradient = np.linspace(100, 1000, 200, dtype="float32")
    weights, state = np.zeros(200, "float32"), optimizer.init_state(200, "float32")
    row = optimizer.scalar_table(0, 1, "float32").row(0)
    for _ in range(300):
        optimizer.update(weights, gradient, state, row)
    assert np.min(state["mean_square"] - state["mean"] ** 2) < -1e-3
    assert np.all(np.isfinite(weights))
