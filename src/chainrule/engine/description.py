"""How a plan is described to the C++ library: names as numbers, arrays by their address."""

from dataclasses import astuple
from typing import Any

import numpy as np

from chainrule.engine.blocks import address
from chainrule.engine.plan import Instruction, Plan
from chainrule.random import normal_quantiles

# Names in the order of the C++ enumerations (native/kernel_table.hpp, native/plan.hpp).
OPERATIONS = (
    "dense", "activation", "softmax", "log_softmax", "dropout", "gaussian_noise", "normalization",
    "batch_normalization", "layer_normalization", "embedding",
)  # fmt: skip
ACTIVATIONS = (
    "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "gelu_tanh", "silu", "mish", "softplus",
    "hard_sigmoid", "exponential",
)  # fmt: skip
LOSSES = (
    "mean_squared_error", "mean_absolute_error", "huber", "hinge", "poisson", "quantile", "binary_cross_entropy",
    "binary_cross_entropy_logits", "cross_entropy", "cross_entropy_logits", "sparse_cross_entropy",
    "sparse_cross_entropy_logits",
)  # fmt: skip
RULES = (
    "sgd", "momentum", "nesterov", "adam", "amsgrad", "adadelta", "adagrad", "rmsprop", "rmsprop_momentum",
    "rmsprop_centered", "rmsprop_centered_momentum",
)  # fmt: skip
ACCURACIES = ("none", "codes", "one_hot", "binary")
CLIPPINGS = ("none", "clipvalue", "clipnorm", "global_clipnorm")
REDUCTIONS = ("mean", "sum", "weighted_mean")


def describe_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as the C++ library reads it; without a loss and an optimiser it can only predict."""
    loss, optimizer = plan.loss, plan.optimizer
    numbers = optimizer.numbers if optimizer else {}
    return {
        "instructions": [_describe(instruction) for instruction in plan.instructions],
        "segments": list(plan.segments),
        "constraints": [astuple(constraint) for constraint in plan.constraints],
        "loss": LOSSES.index(loss.name) if loss else 0,
        "loss_parameter": loss.parameter if loss else 0.0,
        "loss_parameters": list(loss.parameters) if loss else [],
        "sparse_labels": loss.sparse if loss else False,
        "reduction": REDUCTIONS.index(loss.reduction) if loss else 0,
        "loss_weight": loss.weight if loss else 1.0,
        "accuracy": ACCURACIES.index(plan.accuracy.labels if plan.accuracy else "none"),
        "accuracy_cut": plan.accuracy.cut if plan.accuracy else 0.0,
        "optimizer": RULES.index(optimizer.rule) if optimizer else 0,
        **{name: numbers.get(name, 0.0) for name in ("momentum", "beta_1", "beta_2", "rho", "epsilon")},
        "clipping": CLIPPINGS.index(optimizer.clipping) if optimizer else 0,
        "clip_limit": optimizer.clip_limit if optimizer else 0.0,
    }


def _describe(instruction: Instruction) -> dict[str, Any]:
    attributes = dict(instruction.attributes)
    operands = {name: (o.vector == "parameters", o.offset) for name, o in instruction.operands.items()}
    if "tables" in attributes:
        attributes["tables"] = [(operands.pop(name), *numbers) for name, *numbers in attributes["tables"]]
    if "activation" in attributes:
        attributes["activation"] = ACTIVATIONS.index(attributes["activation"])
    if "quantiles" in attributes:
        attributes["quantiles"] = address(normal_quantiles(np.dtype(attributes["quantiles"])))
    return {
        "operation": OPERATIONS.index(instruction.operation),
        "inputs": instruction.inputs,
        "outputs": instruction.outputs,
        **operands,
        **attributes,
    }
