"""Layer statistics: activations, gradients and updates of each layer on some rows."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from chainrule import activations
from chainrule.arrays import Array
from chainrule.autodiff.tape import GradientTape
from chainrule.engine.data import Rows
from chainrule.engine.engine import Task
from chainrule.layers import Activation, Dense, Layer
from chainrule.training.forward import layer_by_layer, loss_values


@dataclass(frozen=True, eq=False)
class LayerStatistics:
    """What one layer does on some rows; a quantity that it does not have is None.

    Attributes
    ----------
    name, activation : str
        "" where the layer applies no activation of the table.
    units : int
    mean, deviation : float
        Of the outputs, over rows and units; of the last layer those of its logits, where the loss works on them.
    dead : float or None
        Share of units whose output is 0 in every row, of a layer with an activation that gives 0 (He et al. 2015).
    saturated : float or None
        Share of outputs whose pre-activation is saturated, ``|dg/dz| < 0.01``, where both sides can be (Glorot &
        Bengio 2010): of sigmoid, hard_sigmoid, tanh.
    gradient : float
        Root mean square of dJ/d(output) over rows and units, times the rows.
    weights, weight_gradient : float or None
        Root mean squares of the kernel and of dJ/d(kernel).
    update : float or None
        Size of one step relative to the kernel: rms(step) / rms(kernel). About 1e-3 is good (A. Karpathy, CS231n).

    Examples
    --------
    >>> LayerStatistics("dense_1", "relu", 8, 0.4, 0.6, 0.125, None, 0.02, 0.5, 0.01, 1e-3).dead
    0.125
    """

    name: str
    activation: str
    units: int
    mean: float
    deviation: float
    dead: float | None
    saturated: float | None
    gradient: float
    weights: float | None
    weight_gradient: float | None
    update: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the statistics as JSON data; a number that is not finite is None."""
        return {
            name: None if isinstance(value, float) and not np.isfinite(value) else value
            for name, value in asdict(self).items()
        }


def activation_of(layer: Layer) -> activations.Activation | None:
    """Return the activation of the table that a layer applies, None if it applies none or one of another's own."""
    given = layer.activation if isinstance(layer, Dense | Activation) else None
    return given if isinstance(given, activations.Activation) else None


def layer_statistics(task: Task, rows: Rows, updates: dict[str, float]) -> tuple[list[LayerStatistics], Array]:
    """Return the statistics of each layer over these rows, and the loss of each row.

    Parameters
    ----------
    task : Task
        Its state may change: give that of a copy.
    rows : Rows
    updates : dict of float
        The relative update of the layers' kernels.
    """
    with np.errstate(all="ignore"), GradientTape(persistent=True) as tape:
        steps = list(layer_by_layer(task, rows.x))
        values = loss_values(task, rows, steps[-1][2])
        loss = task.loss.reduce(values, rows.weight)
    with np.errstate(all="ignore"):
        measured = [_measure(tape, loss, step, updates) for step in steps]
    return measured, values.numpy()


def _measure(tape: GradientTape, loss: Any, step: tuple[Layer, Any, Any], updates: dict[str, float]) -> LayerStatistics:
    layer, inputs, outputs = step
    activation, values = activation_of(layer), outputs.numpy()
    gradient, kernel = tape.gradient(loss, outputs), kernel_of(layer)
    weight_gradient = None if kernel is None else tape.gradient(loss, kernel)
    return LayerStatistics(
        name=layer.name,
        activation="" if activation is None else activation.name,
        units=values.shape[-1],
        mean=float(values.mean()),
        deviation=float(values.std()),
        dead=_dead(values) if activation is activations.relu else None,
        saturated=_saturated(layer, activation, inputs),
        gradient=0.0 if gradient is None else rms(gradient.numpy()) * len(values),
        weights=None if kernel is None else rms(kernel.numpy()),
        weight_gradient=None if weight_gradient is None else rms(weight_gradient.numpy()),
        update=updates.get(layer.name),
    )


def kernel_of(layer: Layer) -> Any:
    """Return the first trained Variable of two or more axes, None where there is none."""
    return next((v for v in layer.trainable_weights if len(v.shape) > 1), None)


def rms(values: Array) -> float:
    """Return the root mean square.

    Examples
    --------
    >>> round(rms(np.array([3.0, 4.0])), 3)
    3.536
    """
    return float(np.sqrt(np.mean(np.square(values, dtype=np.float64)))) if values.size else 0.0


def _dead(values: Array) -> float:
    return float((values.reshape(-1, values.shape[-1]) == 0).all(axis=0).mean())


def _saturated(layer: Layer, activation: activations.Activation | None, inputs: Any) -> float | None:
    if activation is None or not np.isfinite(activation.saturation).all():
        return None
    low, high = activation.saturation
    z = layer.preactivation(inputs).numpy()  # type: ignore[attr-defined]  # who has an activation has this
    return float(((z < low) | (z > high)).mean())
