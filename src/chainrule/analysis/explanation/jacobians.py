"""Local Jacobians: how every output of one stage depends on every input of it."""

from dataclasses import dataclass

import numpy as np

from chainrule.analysis.explanation.backpropagation import Record
from chainrule.arrays import Array
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.random import generator


@dataclass(frozen=True, eq=False)
class LocalJacobian:
    """``d outputs / d inputs`` of a stage as blocks; everything outside of them is 0.

    Nodes are the numbers of the examples looked at, flattened: node ``e n + u`` is unit u of the e-th of them.

    Attributes
    ----------
    blocks : float64 array (groups, outputs, inputs)
    outputs : int array (groups, outputs)
        The node of each row of a block.
    inputs : int array (groups, inputs)
        The node of each column.

    Examples
    --------
    >>> jacobian = LocalJacobian(np.array([[[2.0]], [[3.0]]]), np.array([[0], [1]]), np.array([[0], [1]]))
    >>> jacobian.column(1)
    (array([1]), array([3.]))
    """

    blocks: Array
    outputs: Array
    inputs: Array

    def column(self, node: int) -> tuple[Array, Array]:
        """Return the output nodes that an input reaches, and the derivatives of each by it."""
        group, place = (int(i[0]) for i in np.nonzero(self.inputs == node))
        return self.outputs[group], self.blocks[group, :, place]

    def entry(self, output: int, node: int) -> float:
        """Return the derivative of one output by one input."""
        outputs, values = self.column(node)
        return float(values[outputs == output].sum())


def couples(record: Record) -> bool:
    """Whether a stage makes examples depend on each other."""
    if len(record.inputs) < 2 or not record.differentiable:
        return False
    if record.stage.structure != "example":
        return record.stage.structure == "batch"
    seeds = np.zeros(record.outputs.shape)
    seeds[0] = generator(0, "check").normal(size=seeds[0].shape)  # no direction in which a dependence could hide
    return bool(record.back(seeds)[1:].any())


def local_jacobian(record: Record, rows: Array, coupled: bool) -> LocalJacobian:
    """Return the Jacobian of a stage on these examples.

    Parameters
    ----------
    record : Record
    rows : int array
        The examples to look at: all of them where the network couples them.
    coupled : bool
        Whether the stage couples them.
    """
    structure, outputs = record.stage.structure, record.outputs.numpy()[rows]
    inputs = record.inputs.numpy()[rows]
    if structure == "matrix":
        kernel = record.stage.dense.kernel.numpy()
        return _grouped(np.broadcast_to(kernel.T, (inputs.size // len(kernel), *kernel.T.shape)))
    if structure == "elementwise":
        return _grouped(record.back(np.ones(record.outputs.shape))[rows].reshape(-1, 1, 1))
    if structure == "last axis":
        return _grouped(_by_rows(record, inputs))
    if structure == "batch":
        members = outputs.size // outputs.shape[-1]
        places = np.arange(outputs.size).reshape(members, -1).T
        return LocalJacobian(_by_seeds(record, members).transpose(2, 0, 1), places, places)
    if coupled:
        return _grouped(_by_seeds(record, outputs.size).reshape(1, outputs.size, inputs.size))
    return _grouped(np.stack([_of_example(record, row) for row in rows]))


def _grouped(blocks: Array) -> LocalJacobian:
    """Return blocks whose nodes come one after the other."""
    groups, outputs, inputs = blocks.shape
    return LocalJacobian(
        blocks,
        np.arange(groups * outputs).reshape(groups, outputs),
        np.arange(groups * inputs).reshape(groups, inputs),
    )


def _by_rows(record: Record, inputs: Array) -> Array:
    """Differentiate every row of the last axis by itself: one copy of the examples for each output of a row."""
    width = inputs.shape[-1]
    leaf = Tensor.wrap(np.concatenate([inputs] * width))
    with GradientTape() as tape:
        tape.watch(leaf)
        result = record.stage.function(leaf)
    seeds = np.zeros((width, *inputs.shape))
    for output in range(width):
        seeds[output, ..., output] = 1
    found = tape.gradient(result, leaf, Tensor.wrap(seeds.reshape(result.shape))).numpy()
    return np.asarray(np.moveaxis(found.reshape(width, -1, width), 0, 1))


def _by_seeds(record: Record, count: int) -> Array:
    """Go back once from each of ``count`` equal parts of the outputs: (count, count, the rest) or (outputs, inputs)."""
    found = []
    for part in range(count):
        seeds = np.zeros((count, record.outputs.size // count))
        seeds[part] = 1
        found.append(record.back(seeds.reshape(record.outputs.shape)).reshape(-1))
    return np.stack(found).reshape(count, -1, record.outputs.size // count)


def _of_example(record: Record, row: int) -> Array:
    """Go back once from each output of one example."""
    count = record.outputs.size // len(record.outputs)
    found = []
    for output in range(count):
        seeds = np.zeros((len(record.outputs), count))
        seeds[row, output] = 1
        found.append(record.back(seeds.reshape(record.outputs.shape))[row].reshape(-1))
    return np.stack(found)
