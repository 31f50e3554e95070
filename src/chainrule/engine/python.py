"""The Python engine: tape on NumPy. It defines what layers, losses and optimisers mean."""

from typing import Any

import numpy as np

from chainrule import activations
from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.autodiff.tape import GradientTape
from chainrule.autodiff.tensor import Tensor
from chainrule.engine.data import Rows
from chainrule.engine.engine import Draw, Engine, Network, Position, Progress, Task, Watch
from chainrule.engine.parameters import ParameterVector
from chainrule.errors import warn
from chainrule.layers import Activation, Dense
from chainrule.layers.layer import Layer
from chainrule.losses import Loss
from chainrule.losses.cross_entropy import (
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CrossEntropy,
    SparseCategoricalCrossentropy,
)

CROSS_ENTROPIES = (BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy)


class PythonEngine(Engine):
    """Runs any model, custom layers and losses included, one batch at a time.

    Examples
    --------
    >>> PythonEngine().name
    'Python'
    """

    name = "Python"
    step_cost = 1e7

    def run(
        self,
        task: Task,
        position: Position,
        data: Rows,
        order: Array,
        batch_size: int,
        start: int,
        stop: int,
        watch: Watch | None = None,
        meanwhile: Draw | None = None,  # Python has no idle core
    ) -> Progress:
        """Train on batches ``start`` to ``stop - 1``."""
        network, optimizer, progress = task.network, task.optimizer, Progress()
        parameters, state = network.parameters, network.state
        optimizer.check_state(position.slots, len(parameters))
        table = optimizer.scalar_table(position.step, position.step + stop - start, network.dtype)
        for batch in range(start, stop):
            rows = order[batch * batch_size : (batch + 1) * batch_size]
            part = data.take(rows)
            network.seek(position.step)
            before = state.values.copy()
            with np.errstate(all="ignore"):  # what overflows is found by the next line
                loss, gradients, outputs = _differentiate(task, part, training=True)
            gradient = parameters.flat_gradient(gradients)
            if position.step == 0:
                _need_gradients(parameters, gradients)
            if not (np.isfinite(loss) and np.isfinite(gradient).all()):
                state.writable()[...] = before
                progress.failed_step = position.step
                return progress
            row = table.row(position.step)
            with np.errstate(all="ignore"):  # weights that overflow are found by the next step
                optimizer.step(parameters.writable(), gradient, position.slots, row, parameters.segments)
                for variable in parameters.variables:
                    variable.constrain()
            position.step += 1
            mass = task.loss.mass(len(rows), part.weight)
            progress.add(Progress(loss * mass, mass, len(rows)))
            measure(task, part.y, outputs.numpy(), part.weight)
            if watch is not None:
                watch(batch + 1 - start, progress.loss)
        return progress

    def evaluate(self, task: Task, data: Rows, batch_size: int) -> float:
        """Return the mean loss over the rows."""
        total = 0.0
        for start in range(0, len(data), batch_size):
            part = data.take(slice(start, start + batch_size))
            with np.errstate(over="ignore", invalid="ignore"):  # the loss shows it: it is infinite or NaN
                values, outputs = _forward(task, part, training=False)
                loss = float(task.loss.reduce(values, _weight(part, values)))
            total += loss if task.loss.reduction == "sum" else loss * task.loss.mass(len(part), part.weight)
            measure(task, part.y, outputs.numpy(), part.weight)
        mean = total if task.loss.reduction == "sum" else total / task.loss.mass(len(data), data.weight)
        penalties = sum(float(penalty) for layer in task.network.layers for penalty in layer.losses)
        return task.loss_weight * mean + penalties

    def predict(self, network: Network, data: Rows, batch_size: int) -> Array:
        """Return the outputs for all rows."""
        parts = []
        for start in range(0, len(data), batch_size):
            x: Any = Tensor.wrap(_gather(network, data.x[start : start + batch_size]))
            for layer in network.layers:
                x = layer(x)
            parts.append(x.numpy())
        return parts[0].copy() if len(parts) == 1 else np.concatenate(parts)

    def loss_and_gradient(self, task: Task, data: Rows, training: bool = False) -> tuple[float, Array]:
        """Return J over these rows and dJ/dW as one flat vector."""
        before = task.network.state.values.copy()
        loss, gradients, _ = _differentiate(task, data, training)
        task.network.state.writable()[...] = before
        return loss, task.network.parameters.flat_gradient(gradients)


def output_activation(layer: Layer) -> Any:
    """Return the activation that the last layer applies, None if it is of another kind."""
    if isinstance(layer, Dense | Activation) and type(layer).call in (Dense.call, Activation.call):
        return layer.activation
    return None  # also for a subclass with a `call` of its own


def loss_on_logits(loss: Loss, last: Layer) -> Loss | None:
    """Return the loss for the last layer's logits where its activation is the one the loss undoes.

    ``log softmax(z)`` computed from z is exact where softmax has rounded to 0: the same function, stable.
    """
    if type(loss) not in CROSS_ENTROPIES or not isinstance(loss, CrossEntropy) or loss.from_logits:
        return None  # a subclass may compute something else
    return loss.on_logits() if output_activation(last) is activations.TABLE[loss.activation] else None


def _gather(network: Network, x: Array) -> Array:
    """Copy a batch into the model's type; codes and labels stay integers."""
    return np.array(x, network.dtype if x.dtype.kind == "f" else x.dtype)


def _forward(task: Task, part: Rows, training: bool) -> tuple[Tensor, Tensor]:
    """Return the loss of each example, and the outputs."""
    *hidden, last = task.network.layers
    x: Any = Tensor.wrap(_gather(task.network, part.x))
    for layer in hidden:
        x = layer(x, training)
    on_logits = loss_on_logits(task.loss, last)
    if on_logits is not None and isinstance(last, Dense | Activation):
        last.ensure_built((None, *x.shape[1:]))
        last.check_input((None, *x.shape[1:]))
        z = last.preactivation(x)
        values = on_logits.values(_targets(part, z), z)
        outputs = z
    else:
        outputs = last(x, training)
        values = task.loss.values(_targets(part, outputs), outputs)
    return values, outputs


def _weight(part: Rows, values: Tensor) -> Array | None:
    return None if part.weight is None else part.weight.astype(values.dtype)


def _targets(part: Rows, outputs: Tensor) -> Any:
    y = part.y
    return y if y is None or y.dtype.kind in "iu" else Tensor(y, outputs.dtype)


def _differentiate(task: Task, part: Rows, training: bool) -> tuple[float, list[Array | None], Tensor]:
    """Return J, its gradient for each Variable, and the outputs."""
    parameters = task.network.parameters
    with GradientTape() as tape:
        values, outputs = _forward(task, part, training)
        loss = task.loss_weight * task.loss.reduce(values, _weight(part, values))
        for layer in task.network.layers:
            for penalty in layer.losses:
                loss = loss + penalty
    gradients = tape.gradient(loss, parameters.variables)
    return float(loss), [None if g is None else g.numpy() for g in gradients], outputs


def _need_gradients(parameters: ParameterVector, gradients: list[Array | None]) -> None:
    """Say in the first step which weights training can't reach."""
    unreached = [s.name for s, g in zip(parameters.segments, gradients, strict=True) if g is None]
    if unreached:
        warn(
            f"no gradient for {', '.join(unreached)}: the loss does not depend on it, or a layer or loss computes "
            "with NumPy instead of chainrule.ops; their gradient counts as 0"
        )


def measure(task: Task, y: Array | None, outputs: Array, weight: Array | None) -> None:
    """Update the metrics; they see probabilities also where the loss works on logits."""
    if task.measured:
        if gives_logits(task):
            outputs = (ops.sigmoid if task.loss.activation == "sigmoid" else ops.softmax)(outputs).numpy()
        task.measure(y, outputs, weight)


def gives_logits(task: Task) -> bool:
    """Whether the loss works on logits of probabilities that metrics ask for."""
    loss = task.loss
    if loss.activation is None:
        return False
    return loss.from_logits or loss_on_logits(loss, task.network.layers[-1]) is not None
