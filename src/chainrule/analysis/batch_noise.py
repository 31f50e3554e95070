"""gradient_noise: how far the gradient of a batch is from that of all rows, and what each costs."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array, whole_number
from chainrule.configurable import named_arguments
from chainrule.errors import ArgumentError, DataError
from chainrule.models.model import Model
from chainrule.random import check_seed, generator


@dataclass(frozen=True)
class BatchNoise:
    """What batches of one size give.

    Attributes
    ----------
    batch_size : int
    relative_variance : float
        ``E|g_B - g|^2 / |g|^2``, g the gradient over all rows: 1 means that noise and signal are alike.
    angle : float
        Mean angle between g_B and g, in degrees.
    seconds : float
        Median time of one gradient.
    batches : int
        How many were drawn.
    """

    batch_size: int
    relative_variance: float
    angle: float
    seconds: float
    batches: int


@dataclass(frozen=True)
class GradientNoise:
    """The gradient of batches against the full one; ``print`` it for a table.

    Attributes
    ----------
    rows : tuple of BatchNoise
        By batch size; the last is all rows.
    norm : float
        |g|, of the full gradient.
    noise_scale : float
        ``tr(S) / |g|^2`` with S the covariance of the gradients of single rows: the batch size at which noise and
        signal are alike. Far smaller batches waste steps, far larger ones waste examples.
    """

    rows: tuple[BatchNoise, ...]
    norm: float
    noise_scale: float

    def __str__(self) -> str:
        full = self.rows[-1]
        lines = [
            "batch   noise / signal   angle to the full   time of one    full ones in",
            "        E|g_B-g|^2/|g|^2  gradient            gradient     the time of one",
        ]
        for row in self.rows:
            times = row.seconds / full.seconds
            lines.append(
                f"{row.batch_size:>6,}{row.relative_variance:>14.3g}{row.angle:>15.1f} deg"
                f"{row.seconds * 1e6:>14,.1f} us{times:>14.3g}"
            )
        lines.append(f"Noise and signal are alike at batches of about {max(1, round(self.noise_scale)):,}.")
        return "\n".join(lines)


@named_arguments
def gradient_noise(
    model: Model,
    X: Any,
    y: Any,
    batch_sizes: Sequence[int] = (1, 8, 32, 128, 512),
    batches: int = 200,
    sample_weight: Any = None,
    seed: int = 0,
) -> GradientNoise:
    """Compare the gradient of batches with that of all rows, at the model's present weights; nothing is trained.

        g_B = 1/B sum_{i in B} dJ_i/dW,    E g_B = g,    E|g_B - g|^2 = tr(S) / B  (1 - (B - 1) / (N - 1))

    so a batch four times as large halves the noise, while its time grows up to four times: why mini-batches pay.

    Parameters
    ----------
    model : Model
        Compiled. Dropout and noise layers are off: the noise is that of drawing rows.
    X : array-like (rows, ...)
    y : array-like (rows, ...)
    batch_sizes : sequence of int
        Those beyond the number of rows are left out; all rows are always the last.
    batches : int
        Drawn of each size, without putting rows back within a batch.
    sample_weight : array-like (rows,), optional
    seed : int

    Returns
    -------
    GradientNoise

    Raises
    ------
    ArgumentError
        An argument is of another kind, or outside its range.
    DataError
        The full gradient is 0 or not finite, so nothing can be compared with it.

    References
    ----------
    McCandlish, Kaplan and Amodei, "An empirical model of large-batch training", arXiv:1812.06162, 2018.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense
    >>> from chainrule.tables import samples
    >>> data = samples.moons(rows=256)
    >>> model = Sequential([Dense(8, "tanh"), Dense(1, "sigmoid")], seed=0)
    >>> model.compile("sgd", "binary_crossentropy")
    >>> noise = gradient_noise(model, data.X, data.y, batch_sizes=(1, 16), batches=300)
    >>> one, sixteen, full = noise.rows
    >>> 10 < one.relative_variance / sixteen.relative_variance < 26, one.angle > sixteen.angle, full.angle
    (True, True, 0.0)
    """
    if not isinstance(model, Model):
        raise ArgumentError(f"gradient_noise expects a compiled model, got {type(model).__name__}")
    if not isinstance(batch_sizes, Iterable):
        raise ArgumentError(f"batch_sizes expects a list of sizes, got {batch_sizes!r}; write [{batch_sizes!r}]")
    batches = whole_number("batches", batches, least=2)
    task, rows = model._rows(X, y, sample_weight, "gradient_noise")
    sizes = sorted({whole_number("batch_sizes", size, least=1) for size in batch_sizes if size < len(rows)})
    if not sizes:
        raise ArgumentError(f"batch_sizes must hold one below the {len(rows)} rows, got {list(batch_sizes)}")
    engine = model._engine

    def gradient(part: Any) -> tuple[Array, float]:
        started = time.perf_counter()
        _, values = engine.loss_and_gradient(task, part)
        return values.astype(np.float64), time.perf_counter() - started

    full, _ = gradient(rows)
    norm = float(np.linalg.norm(full))
    if not np.isfinite(norm) or norm == 0:
        raise DataError(f"the gradient over all rows has the norm {norm}: there is no direction to compare with")
    measured, scales = [], []
    for size in sizes:
        draw = generator(check_seed(seed), "sample", size)
        squares, angles, seconds = [], [], []
        for _ in range(batches):
            g, spent = gradient(rows.take(draw.choice(len(rows), size, replace=False)))
            squares.append(float(np.sum((g - full) ** 2)))
            angles.append(_angle(g, full, norm))
            seconds.append(spent)
        variance = float(np.mean(squares)) / norm**2
        measured.append(BatchNoise(size, variance, float(np.mean(angles)), float(np.median(seconds)), batches))
        scales.append(variance * size * (len(rows) - 1) / (len(rows) - size))
    spent = float(np.median([gradient(rows)[1] for _ in range(5)]))
    measured.append(BatchNoise(len(rows), 0.0, 0.0, spent, 1))
    return GradientNoise(tuple(measured), norm, float(np.median(scales)))


def _angle(g: Array, full: Array, norm: float) -> float:
    length = float(np.linalg.norm(g))
    if length == 0:  # no row of the batch says anything: neither with the full gradient nor against it
        return 90.0
    return float(np.degrees(np.arccos(np.clip(g @ full / (length * norm), -1, 1))))
