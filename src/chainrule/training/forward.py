"""A forward pass layer by layer, for those who look at what engines compute in one go."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff.tensor import Tensor
from chainrule.engine.data import Rows
from chainrule.engine.engine import Task
from chainrule.engine.python import loss_on_logits
from chainrule.layers import Layer


def layer_by_layer(task: Task, x: Array) -> Iterator[tuple[Layer, Tensor, Tensor]]:
    """Give each layer with its inputs and outputs, as in training; open a tape first to record them.

    Where the loss undoes the last activation, the last outputs are its logits, as in engines.
    """
    layers = list(task.network.layers)
    on_logits = loss_on_logits(task.loss, layers[-1])
    inputs: Any = np.asarray(x, task.network.dtype if x.dtype.kind == "f" else x.dtype)
    for layer in layers:
        inputs = layer._receive(inputs)
        if layer is layers[-1] and on_logits is not None:
            outputs = layer.preactivation(inputs)  # type: ignore[attr-defined]
        else:
            outputs = layer(inputs, training=True)
        yield layer, inputs, outputs
        inputs = outputs


def loss_values(task: Task, data: Rows, outputs: Tensor) -> Tensor:
    """Return the loss of each row from the last outputs of `layer_by_layer`."""
    loss = loss_on_logits(task.loss, task.network.layers[-1]) or task.loss
    y = data.y if data.y is None or data.y.dtype.kind in "iu" else data.y.astype(outputs.dtype)
    return loss.values(y, outputs)  # type: ignore[arg-type]
