"""Lowering: from layers, loss and optimiser to a Plan. What has no rule here runs on the Python engine."""

from collections.abc import Callable, Iterator
from math import log, prod
from typing import Any

from chainrule import activations, layers, losses, metrics, optimizers
from chainrule.autodiff.variable import Variable
from chainrule.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from chainrule.engine.engine import Network, Task
from chainrule.engine.fusion import fuse
from chainrule.engine.parameters import ParameterVector
from chainrule.engine.plan import (
    Instruction,
    Operand,
    Plan,
    PlannedAccuracy,
    PlannedConstraint,
    PlannedLoss,
    PlannedOptimizer,
    VectorName,
)
from chainrule.engine.python import gives_logits, loss_on_logits
from chainrule.layers.layer import Layer
from chainrule.losses.cross_entropy import CrossEntropy
from chainrule.optimizers import Optimizer
from chainrule.regularizers import L1, L1L2, L2

EMBEDDINGS = (layers.Embedding, layers.CategoryEmbedding)
MOST_CODES = 1 << 24  # float32 holds every integer up to here; codes pass through it
PENALTIES = (L1, L2, L1L2)
NORMS = (MinMaxNorm, MaxNorm, UnitNorm)
# The parameter that an activation has in the table, at its default.
ALPHA = {"leaky_relu": 0.2, "elu": 1.0}


class UnsupportedError(Exception):
    """Part of a model that no Plan can say; the message names it."""


class Places:
    """Where the Variables of a network lie in its two vectors."""

    def __init__(self, network: Network) -> None:
        vectors: dict[VectorName, ParameterVector] = {"parameters": network.parameters, "state": network.state}
        self._places = {
            id(variable): Operand(name, segment.offset)
            for name, vector in vectors.items()
            for variable, segment in zip(vector.variables, vector.segments, strict=True)
        }

    def of(self, shape: tuple[int, ...], **variables: Variable | None) -> dict[str, Operand]:
        """Return the operands of the Variables that there are; their shape must be what the layer makes of it."""
        for v in variables.values():
            if v is not None and (v.shape != shape or id(v) not in self._places):
                raise UnsupportedError(f"{v.name} of shape {v.shape} was put in place of a weight of shape {shape}")
        return {name: self._places[id(v)] for name, v in variables.items() if v is not None}


Rule = Callable[[Any, int, Places], Iterator[Instruction]]


def _activation(layer: Layer, width: int) -> Iterator[Instruction]:
    activation = getattr(layer, "activation", None)
    if not isinstance(activation, activations.Activation) or activation is not activations.TABLE.get(activation.name):
        raise UnsupportedError(f"the activation of {layer.name} is a function outside the table")
    if activation.name in ("softmax", "log_softmax"):
        yield Instruction(activation.name, width, width)
    elif activation is not activations.linear:
        attributes = {"activation": activation.name, "alpha": ALPHA.get(activation.name, 0.0)}
        yield Instruction("activation", width, width, attributes=attributes)


def _dense(layer: layers.Dense, width: int, places: Places) -> Iterator[Instruction]:
    yield Instruction("product", width, layer.units, places.of((width, layer.units), weights=layer.kernel))
    if layer.use_bias:
        yield Instruction("bias", layer.units, layer.units, places.of((layer.units,), bias=layer.bias))
    yield from _activation(layer, layer.units)


def _dropout(layer: layers.Dropout, width: int, places: Places) -> Iterator[Instruction]:
    if layer.noise_shape is not None:
        raise UnsupportedError(f"{layer.name} has a noise_shape")
    if layer.threshold and layer.stream is not None:
        address = {"seed": layer.stream.seed, "layer": layer.stream.layer, "threshold": layer.threshold}
        yield Instruction("dropout", width, width, attributes=address)


def _gaussian_noise(layer: layers.GaussianNoise, width: int, places: Places) -> Iterator[Instruction]:
    if layer.stddev and layer.stream is not None:
        address = {
            "seed": layer.stream.seed,
            "layer": layer.stream.layer,
            "deviation": layer.stddev,
            "quantiles": str(layer.dtype),
        }
        yield Instruction("gaussian_noise", width, width, attributes=address)


def _normalization(layer: layers.Normalization, width: int, places: Places) -> Iterator[Instruction]:
    layer.need_adapted()
    if layer.axis is None:
        raise UnsupportedError(f"{layer.name} has one mean for all features")
    operands = places.of((width,), mean=layer.mean, variance=layer.variance)
    yield Instruction("normalization", width, width, operands, {"inverted": layer.invert})


def _batch_normalization(layer: layers.BatchNormalization, width: int, places: Places) -> Iterator[Instruction]:
    operands = places.of(
        (width,),
        weights=layer.gamma if layer.scale else None,
        bias=layer.beta if layer.center else None,
        mean=layer.moving_mean,
        variance=layer.moving_variance,
    )
    attributes = {"momentum": layer.momentum, "epsilon": layer.epsilon, "frozen": not layer.trainable}
    yield Instruction("batch_normalization", width, width, operands, attributes)


def _layer_normalization(layer: layers.LayerNormalization, width: int, places: Places) -> Iterator[Instruction]:
    operands = places.of(
        (width,), weights=layer.gamma if layer.scale else None, bias=layer.beta if layer.center else None
    )
    yield Instruction("layer_normalization", width, width, operands, {"epsilon": layer.epsilon})


def _embedding(layer: layers.Embedding, width: int, places: Places) -> Iterator[Instruction]:
    if layer.input_dim > MOST_CODES:
        raise UnsupportedError(f"{layer.name} has more than {MOST_CODES:,} categories")
    operands = places.of((layer.input_dim, layer.output_dim), embeddings=layer.embeddings)
    table = ("embeddings", 0, width, layer.input_dim, layer.output_dim)
    yield Instruction("embedding", width, width * layer.output_dim, operands, {"tables": (table,)})


def _category_embedding(layer: layers.CategoryEmbedding, width: int, places: Places) -> Iterator[Instruction]:
    operands: dict[str, Operand] = {}
    tables, outputs = [], width
    for variable, (column, (categories, dimension)) in zip(layer.embeddings, layer.columns.items(), strict=True):
        name = f"embeddings_{column}"
        operands |= places.of((categories, dimension), **{name: variable})
        tables.append((name, column, 1, categories, dimension))
        outputs += dimension - 1
    yield Instruction("embedding", width, outputs, operands, {"tables": tuple(tables)})


RULES: dict[type[Layer], Rule] = {
    layers.Dense: _dense,
    layers.Activation: lambda layer, width, places: _activation(layer, width),
    layers.Dropout: _dropout,
    layers.GaussianNoise: _gaussian_noise,
    layers.Flatten: lambda layer, width, places: iter(()),  # rows of features lie flat already
    layers.Normalization: _normalization,
    layers.BatchNormalization: _batch_normalization,
    layers.LayerNormalization: _layer_normalization,
    layers.Embedding: _embedding,
    layers.CategoryEmbedding: _category_embedding,
}
# Layers that treat every element alike, whatever the shape of an example.
ELEMENTWISE = (layers.Dropout, layers.Flatten, layers.GaussianNoise)


def lower_network(network: Network, keep_last_activation: bool = True) -> tuple[Instruction, ...]:
    """Return the instructions of the forward pass.

    Raises
    ------
    UnsupportedError
        If a layer has no rule; the message names it.
    """
    places = Places(network)
    instructions: list[Instruction] = []
    shape = network.input_shape
    for layer in network.layers:
        rule = RULES.get(type(layer))
        if rule is None:
            raise UnsupportedError(f"{layer.name} is a {type(layer).__name__}, which only the Python engine knows")
        if isinstance(layer, EMBEDDINGS) and instructions:
            raise UnsupportedError(f"{layer.name} does not stand first")
        if layer.dtype != network.dtype:
            raise UnsupportedError(f"{layer.name} computes in {layer.dtype}, the model in {network.dtype}")
        if len(shape) != 2 and not isinstance(layer, (*ELEMENTWISE, layers.Embedding)):
            raise UnsupportedError(f"{layer.name} gets examples of {len(shape) - 1} axes; put a Flatten before it")
        width = prod(n for n in shape[1:] if n is not None)
        instructions.extend(rule(layer, width, places))
        shape = layer.output_shape(shape)
    if not keep_last_activation:
        instructions.pop()
    if not instructions:
        raise UnsupportedError("the model has no layer that computes anything")
    return fuse(instructions)


def keeps_last_activation(task: Task) -> bool:
    """Whether training computes the last activation, rather than its loss from logits."""
    return loss_on_logits(task.loss, task.network.layers[-1]) is None


def lower(task: Task, instructions: tuple[Instruction, ...] | None = None) -> Plan:
    """Return the plan for training a network, whose instructions may be at hand already.

    Raises
    ------
    UnsupportedError
        If a part of it only runs on the Python engine; the message names it.
    """
    network, loss = task.network, task.loss
    if isinstance(loss, CrossEntropy) and loss.activation == "softmax" and len(network.output_shape) != 2:
        raise UnsupportedError(
            f"{loss.name} gets outputs of {len(network.output_shape) - 1} axes; put a Flatten before it"
        )
    on_logits = loss_on_logits(loss, network.layers[-1])
    if instructions is None:
        instructions = lower_network(network, keeps_last_activation(task))
    if len(network.parameters) == 0:
        raise UnsupportedError("nothing in the model is trained")
    operands = [operand for i in instructions for operand in i.operands.values()]
    trained = [operand.offset for operand in operands if operand.vector == "parameters"]
    if trained != [segment.offset for segment in network.parameters.segments]:
        raise UnsupportedError("weights were replaced: they lie in another order than the layers use them")
    planned = _loss(on_logits or loss, task.loss_weight)
    optimizer = _optimizer(task.optimizer)
    return Plan(instructions, _segments(network), planned, optimizer, _accuracy(task), _constraints(network))


def _segments(network: Network) -> tuple[tuple[int, int, float, float, int], ...]:
    penalties: dict[int, list[float]] = {}
    for layer in network.layers:
        for variable, penalty in layer.penalties:
            if type(penalty) not in PENALTIES:
                raise UnsupportedError(f"the regularizer of {layer.name} is not one of chainrule's own")
            both = penalties.setdefault(id(variable), [0.0, 0.0])
            both[0] += penalty.l1
            both[1] += penalty.l2
    vector = network.parameters
    result = []
    for variable, s in zip(vector.variables, vector.segments, strict=True):
        if s.rate_factor != 1 or s.decay_factor != 1:
            raise UnsupportedError(f"{s.name} has a rate or decay of its own")
        l1, l2 = penalties.get(id(variable), [0.0, 0.0])
        result.append((s.offset, s.length, l1, l2, s.clip_group))
    return tuple(result)


def _constraints(network: Network) -> tuple[PlannedConstraint, ...]:
    vector, planned = network.parameters, []
    for variable, segment in zip(vector.variables, vector.segments, strict=True):
        constraint = variable.constraint
        if constraint is None:
            continue
        rows = variable.shape[0]
        place = (segment.offset, rows, segment.length // rows)
        if type(constraint) is NonNeg:
            planned.append(PlannedConstraint(*place, non_negative=True))
        elif type(constraint) in NORMS and isinstance(constraint, MinMaxNorm) and constraint.axis == (0,):
            limits = constraint.min_value, constraint.max_value, constraint.rate
            planned.append(PlannedConstraint(*place, *limits))
        else:
            raise UnsupportedError(f"the constraint of {segment.name} is not one of chainrule's own, over axis 0")
    return tuple(planned)


def _accuracy(task: Task) -> PlannedAccuracy | None:
    """Return the accuracy that is all that the metrics ask for; others are given the outputs."""
    asked = {_counted(metric, task) for metric in task.measured.values()}
    return asked.pop() if len(asked) == 1 else None


def _counted(metric: metrics.Metric, task: Task) -> PlannedAccuracy | None:
    shape, codes = task.network.output_shape, task.loss.integer_labels
    logits = task.loss.activation if gives_logits(task) else None
    if len(shape) != 2:
        return None
    if type(metric) is metrics.BinaryAccuracy and not codes and logits != "softmax":
        cut = metric.threshold
        if logits is None:
            return PlannedAccuracy("binary", cut)
        return PlannedAccuracy("binary", log(cut / (1 - cut))) if 0 < cut < 1 else None
    if type(metric) is metrics.SparseCategoricalAccuracy and codes and shape[1] != 1:
        return PlannedAccuracy("codes")
    # A sigmoid rounds large logits to 1, of which the first counts: the logits don't show that.
    if type(metric) is metrics.CategoricalAccuracy and not codes and shape[1] != 1 and logits != "sigmoid":
        return PlannedAccuracy("one_hot")
    return None


ELEMENT_LOSSES: dict[type[losses.Loss], tuple[str, str | None]] = {
    losses.MeanSquaredError: ("mean_squared_error", None),
    losses.MeanAbsoluteError: ("mean_absolute_error", None),
    losses.Huber: ("huber", "delta"),
    losses.Hinge: ("hinge", None),
    losses.Poisson: ("poisson", None),
    losses.Quantile: ("quantile", "quantile"),
}
CROSS_ENTROPIES: dict[type[losses.Loss], str] = {
    losses.BinaryCrossentropy: "binary_cross_entropy",
    losses.CategoricalCrossentropy: "cross_entropy",
    losses.SparseCategoricalCrossentropy: "sparse_cross_entropy",
}
REDUCTIONS = {
    "sum_over_batch_size": "mean",
    "mean": "mean",
    "sum": "sum",
    "mean_with_sample_weight": "weighted_mean",
}


def _loss(loss: losses.Loss, weight: float) -> PlannedLoss:
    reduction = REDUCTIONS[str(loss.reduction)]
    if type(loss) in ELEMENT_LOSSES:
        name, attribute = ELEMENT_LOSSES[type(loss)]
        parameter = getattr(loss, attribute) if attribute else 0.0
        if isinstance(parameter, tuple):
            return PlannedLoss(name, 0.0, False, reduction, weight, parameter)
        return PlannedLoss(name, parameter, False, reduction, weight)
    if isinstance(loss, CrossEntropy) and type(loss) in CROSS_ENTROPIES:
        name = CROSS_ENTROPIES[type(loss)] + ("_logits" if loss.from_logits else "")
        return PlannedLoss(name, loss.label_smoothing, loss.integer_labels, reduction, weight)
    raise UnsupportedError(f"the loss {loss.name} is not one of chainrule's own")


def _optimizer(optimizer: Optimizer) -> PlannedOptimizer:
    rule = _rule(optimizer)
    names = ("momentum", "beta_1", "beta_2", "rho", "epsilon")
    numbers = {name: float(getattr(optimizer, name, 0.0)) for name in names}
    if optimizer.clipping is None:
        return PlannedOptimizer(rule, numbers, "none", 0.0)
    return PlannedOptimizer(rule, numbers, optimizer.clipping.kind, optimizer.clipping.limit)


def _rule(optimizer: Optimizer) -> str:
    match optimizer:
        case optimizers.SGD() if type(optimizer) is optimizers.SGD:
            return "nesterov" if optimizer.nesterov else "momentum" if optimizer.momentum else "sgd"
        case optimizers.Adam() if type(optimizer) in (optimizers.Adam, optimizers.AdamW):
            return "amsgrad" if optimizer.amsgrad else "adam"
        case optimizers.RMSprop() if type(optimizer) is optimizers.RMSprop:
            return "rmsprop" + "_centered" * optimizer.centered + "_momentum" * bool(optimizer.momentum)
    for cls, name in ((optimizers.Adadelta, "adadelta"), (optimizers.Adagrad, "adagrad")):
        if type(optimizer) is cls:
            return name
    raise UnsupportedError(f"the optimizer {type(optimizer).__name__} is not one of chainrule's own")
