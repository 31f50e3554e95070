"""Networks of every kind for the tests of explanations, and the tape's gradients of them."""

import numpy as np

from chainrule import GradientTape, Sequential, losses
from chainrule.layers import Input
from chainrule.random import generator


def network(*layers, inputs=3, dtype="float64", seed=1):
    return Sequential([Input((inputs,)), *layers], dtype=dtype, seed=seed)


def numbers(*shape, seed=0):
    return generator(seed, "sample").normal(size=shape)


def named(model):
    return {name: v for layer in model.layers for name, v in layer.named_weights() if v.trainable}


def tape_gradients(model, x, y, loss, sample_weight=None, training=False):
    """J and its gradients as a hand-written loop finds them."""
    function = losses.get(loss)
    weights = named(model)
    with GradientTape() as tape:
        value = function(y, model(np.asarray(x), training), sample_weight)
        for penalty in model.losses:
            value = value + penalty
    gradients = tape.gradient(value, list(weights.values()), unconnected_gradients="zero")
    return float(value), dict(zip(weights, [g.numpy() for g in gradients], strict=True))


def every_path(explanation):
    """The contributions of all paths, found by walking every way through the whole network's Jacobians.

    It differentiates each stage by finite steps of the stage's own function, so that it shares nothing with what it
    checks but the forward pass. For one example, and weights that enter a dense layer.
    """
    passes = explanation.trace.passes
    records = passes.records
    first = explanation.chain.places[0].stage

    def jacobian(record, step=1e-6):
        x = record.inputs.numpy()
        columns = []
        for place in range(x.size):
            sides = []
            for sign in (1, -1):
                moved = x.copy()
                moved.reshape(-1)[place] += sign * step
                sides.append(np.asarray(record.stage.function(type(record.inputs)(moved))).reshape(-1))
            columns.append((sides[0] - sides[1]) / (2 * step))
        return np.stack(columns, axis=1)

    paths = [((place.unit,), path.factors[-1].value) for path in [explanation.chain] for place in [path.places[0]]]
    for record in records[first + 1 :]:
        local = jacobian(record)
        paths = [
            ((*units, output), value * local[output, units[-1]])
            for units, value in paths
            for output in range(len(local))
        ]
    slopes = (passes.loss_slopes * passes.shares[0]).reshape(-1)
    return {units: value * slopes[units[-1]] for units, value in paths if value}
