"""Plan: what a network computes, as instructions over buffers; engines run it and know nothing of layers.

Buffer 0 holds the inputs of a batch; instruction i reads buffer i and writes buffer i + 1. Weights are operands:
places in the vector of what is trained, or of what is not.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

VectorName: TypeAlias = Literal["parameters", "state"]


@dataclass(frozen=True)
class Operand:
    """A weight's place: which vector, and the offset in it."""

    vector: VectorName
    offset: int


@dataclass(frozen=True)
class Instruction:
    """One operation on a batch.

    Attributes
    ----------
    operation : str
        "product", "bias", "activation", "softmax", "log_softmax", "dropout", "gaussian_noise", "normalization",
        "batch_normalization", "layer_normalization", "embedding"; after fusion "dense".
    inputs, outputs : int
        Features per example.
    operands : mapping of str to Operand
    attributes : mapping of str to number, bool or str
        Of "embedding" also ``tables``: (operand's name, first column of codes, how many, categories, dimension), by
        column; other columns pass through.
    """

    operation: str
    inputs: int
    outputs: int
    operands: Mapping[str, Operand] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def merged(self, operation: str, other: "Instruction") -> "Instruction":
        """Return one instruction with what both have."""
        return replace(
            self,
            operation=operation,
            operands={**self.operands, **other.operands},
            attributes={**self.attributes, **other.attributes},
        )


@dataclass(frozen=True)
class PlannedLoss:
    """A loss: its name, its one number (label smoothing, delta, quantile), how values become J, its weight in J.

    ``parameters``, if there are any, are one number for each output, in place of ``parameter``.
    """

    name: str
    parameter: float
    sparse: bool
    reduction: str
    weight: float = 1.0
    parameters: tuple[float, ...] = ()


@dataclass(frozen=True)
class PlannedAccuracy:
    """An accuracy counted in the pass: of class "codes", "one_hot" classes, or "binary" answers above a cut."""

    labels: str
    cut: float = 0.0


@dataclass(frozen=True)
class PlannedConstraint:
    """A constraint on the weight at ``offset``: on the norm of each of its columns, or that no number is negative."""

    offset: int
    rows: int
    columns: int
    low: float = 0.0
    high: float = 0.0
    rate: float = 1.0
    non_negative: bool = False


@dataclass(frozen=True)
class PlannedOptimizer:
    """An optimiser's rule and the numbers that stay the same in all steps."""

    rule: str
    numbers: Mapping[str, float]
    clipping: str
    clip_limit: float


@dataclass(frozen=True)
class Plan:
    """Everything an engine needs to train a network, but the data.

    ``segments`` are (offset, length, l1, l2, clip group) of the weights that train, in the vector's order.
    """

    instructions: tuple[Instruction, ...]
    segments: tuple[tuple[int, int, float, float, int], ...] = ()
    loss: PlannedLoss | None = None
    optimizer: PlannedOptimizer | None = None
    accuracy: PlannedAccuracy | None = None
    constraints: tuple[PlannedConstraint, ...] = ()
