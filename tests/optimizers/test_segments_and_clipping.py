"""Segments with their factors, and the three kinds of clipping."""

import numpy as np
import pytest

from chainrule.errors import ArgumentError
from chainrule.optimizers import SGD, Adam, Segment, segments
from chainrule.optimizers.clipping import shrink_factor

KERNEL = Segment(0, 2, (1, 2), "kernel")
BIAS = Segment(2, 2, (2,), "bias")
GRADIENT = np.array([3.0, 4.0, 0.3, 0.4])  # norms 5 and 0.5, together sqrt(25.25)


def sgd_step(optimizer, gradient, *parts, weights=None, dtype="float64"):
    """The change of weights, zeros at first unless given, after one step."""
    weights = np.zeros(len(gradient), dtype) if weights is None else weights
    row = optimizer.scalar_table(0, 1, dtype).row(0)
    optimizer.step(weights, np.asarray(gradient, dtype), optimizer.init_state(len(weights), dtype), row, parts)
    return weights


def test_clipnorm_limits_each_weight():
    # kernel: 5 -> 1, so [0.6, 0.8]; bias: 0.5 is short enough
    result = sgd_step(SGD(1.0, clipnorm=1.0), GRADIENT, KERNEL, BIAS)
    np.testing.assert_allclose(result, [-0.6, -0.8, -0.3, -0.4], rtol=1e-15)


def test_global_clipnorm_limits_all_weights_together():
    result = sgd_step(SGD(1.0, global_clipnorm=1.0), GRADIENT, KERNEL, BIAS)
    np.testing.assert_allclose(result, -GRADIENT / np.sqrt(25.25), rtol=1e-15)


def test_global_clipnorm_takes_each_clip_group_for_itself():
    alone = Segment(2, 2, (2,), "bias", clip_group=1)
    result = sgd_step(SGD(1.0, global_clipnorm=1.0), GRADIENT, KERNEL, alone)
    np.testing.assert_allclose(result, [-0.6, -0.8, -0.3, -0.4], rtol=1e-15)


def test_clipvalue_limits_each_element():
    result = sgd_step(SGD(1.0, clipvalue=0.35), GRADIENT * [1, -1, 1, -1], KERNEL, BIAS)
    np.testing.assert_allclose(result, [-0.35, 0.35, -0.3, 0.35], rtol=1e-15)


@pytest.mark.parametrize("kind", ["clipnorm", "clipvalue", "global_clipnorm"])
def test_clipping_leaves_the_gradient_as_it_is(kind):
    gradient = GRADIENT.copy()
    sgd_step(SGD(1.0, **{kind: 0.1}), gradient, KERNEL, BIAS)
    np.testing.assert_array_equal(gradient, GRADIENT)


def test_norm_of_large_float32_gradients_does_not_overflow():
    # 3e30^2 + 4e30^2 is beyond float32; the clipped gradient is still (0.6, 0.8)
    result = sgd_step(SGD(1.0, clipnorm=1.0), [3e30, 4e30], KERNEL, dtype="float32")
    np.testing.assert_allclose(result, [-0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.inf, np.nan])
@pytest.mark.parametrize("kind", ["clipnorm", "global_clipnorm"])
def test_gradient_that_is_not_finite_shows(bad, kind):
    result = sgd_step(SGD(1.0, **{kind: 1.0}), [bad, 4.0], KERNEL)
    assert np.all(np.isnan(result))


def test_zero_gradient_is_not_clipped():
    assert shrink_factor([np.zeros(3)], 1.0) == 1.0


def test_frozen_segment_stays_and_does_not_count_in_the_norm():
    frozen = Segment(2, 2, (2,), "bias", trainable=False)
    gradient = np.array([0.3, 0.4, 100.0, 100.0])
    result = sgd_step(SGD(1.0, weight_decay=0.1, global_clipnorm=1.0), gradient, KERNEL, frozen, weights=np.ones(4))
    np.testing.assert_allclose(result, [0.6, 0.5, 1.0, 1.0], rtol=1e-15)


def test_elements_outside_the_segments_stay():
    result = sgd_step(SGD(1.0), [1.0, 1.0, 1.0, 1.0, 1.0], KERNEL, Segment(3, 2, (2,), "bias"))
    np.testing.assert_array_equal(result, [-1, -1, 0, -1, -1])


def test_decay_factor_multiplies_the_decay():
    # 1 - 0.1*0.5*factor - 0.1*1
    free = Segment(2, 2, (2,), "bias", decay_factor=0.0)
    result = sgd_step(SGD(0.1, weight_decay=0.5), np.ones(4), KERNEL, free, weights=np.ones(4))
    np.testing.assert_allclose(result, [0.85, 0.85, 0.9, 0.9], rtol=1e-15)


@pytest.mark.parametrize("make", [lambda rate: SGD(rate, momentum=0.9), lambda rate: Adam(rate, weight_decay=0.1)])
def test_rate_factor_is_a_rate_of_its_own(make):
    gradients = np.random.default_rng(0).standard_normal((4, 4))

    def train(rate, *parts):
        optimizer, weights = make(rate), np.ones(4)
        state, table = optimizer.init_state(4, "float64"), optimizer.scalar_table(0, 4, "float64")
        for step, gradient in enumerate(gradients):
            optimizer.step(weights, gradient, state, table.row(step), parts)
        return weights

    halved = train(0.1, KERNEL, Segment(2, 2, (2,), "bias", rate_factor=0.5))
    np.testing.assert_allclose(halved[:2], train(0.1, KERNEL, BIAS)[:2], rtol=1e-14)
    np.testing.assert_allclose(halved[2:], train(0.05, KERNEL, BIAS)[2:], rtol=1e-14)


def test_another_model_s_segments_are_noticed():
    optimizer = SGD(1.0)
    assert sgd_step(optimizer, np.ones(4), KERNEL).tolist() == [-1, -1, 0, 0]
    assert sgd_step(optimizer, np.ones(4), BIAS).tolist() == [0, 0, -1, -1]


def test_parts_join_equal_neighbours_and_are_cut_in_blocks(monkeypatch):
    monkeypatch.setattr(segments, "BLOCK", 3)
    slow = Segment(4, 2, (2,), "slow", rate_factor=0.1)
    frozen = Segment(6, 1, (1,), "frozen", trainable=False)
    assert segments.parts([slow, BIAS, frozen, KERNEL]) == (
        (slice(0, 3), 1.0, 1.0),
        (slice(3, 4), 1.0, 1.0),
        (slice(4, 6), 0.1, 1.0),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            {"offset": 0, "length": 5, "shape": (2, 3)},
            "segment 'w' of shape (2, 3) must start at 0 or later and hold 6 elements, got offset 0 and length 5",
        ),
        (
            {"offset": -1, "length": 6, "shape": (2, 3)},
            "segment 'w' of shape (2, 3) must start at 0 or later and hold 6 elements, got offset -1 and length 6",
        ),
        (
            {"offset": 0, "length": 1, "shape": (1,), "rate_factor": -1.0},
            "segment 'w': factors must be >= 0, got rate_factor -1.0 and decay_factor 1.0",
        ),
    ],
)
def test_impossible_segments(arguments, message):
    with pytest.raises(ArgumentError) as error:
        Segment(name="w", **arguments)
    assert str(error.value) == message


def test_overlapping_segments():
    with pytest.raises(ArgumentError) as error:
        sgd_step(SGD(), np.ones(4), KERNEL, Segment(1, 3, (3,), "other"))
    assert str(error.value) == "segments 'kernel' and 'other' overlap at 1"
