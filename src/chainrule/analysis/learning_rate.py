"""find_learning_rate: the range test. Train for some steps while the rate rises, and see what the loss does."""

import copy
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from chainrule.analysis.learning_rate_curve import LearningRateCurve
from chainrule.arrays import Array, whole_number
from chainrule.configurable import named_arguments
from chainrule.engine.data import Rows, as_array
from chainrule.errors import ArgumentError, DataError, StateError
from chainrule.models.model import Model
from chainrule.optimizers.ranges import positive
from chainrule.training import batches
from chainrule.training.orders import Orders

FEWEST = 20  # steps that make a curve
LOST, LATELY = 10.0, 5  # so many times the largest loss of the first steps, for so many steps: it does not come back


@named_arguments
def find_learning_rate(
    model: Model,
    x: Any,
    y: Any,
    *,
    min_lr: float = 1e-6,
    max_lr: float = 10.0,
    steps: int = 200,
    repeats: int = 3,
    batch_size: int | None = None,
    sample_weight: Any = None,
    class_weight: Mapping[int, float] | str | None = None,
    seed: int | None = None,
) -> LearningRateCurve:
    """Find the learning rates at which a model learns, by training it for some steps while the rate rises.

        rate_i = min_lr (max_lr / min_lr)^(i / (steps - 1))

    Each step has its rate and the next batch; the loss after it is that of the batch that comes then, before its own
    step. That is done ``repeats`` times from the same weights, with other batches, and the median is smoothed. Result
    and rule are `LearningRateCurve`'s. In the end the suggestion is tried: as many steps at that rate must bring the
    loss down, or it is halved.

    The model stays as it is, bit for bit, however the test ends: a copy of it is trained, with its optimizer and what
    that has gathered. A learning rate or schedule that the optimizer has plays no part.

    Parameters
    ----------
    model : compiled Model
    x : array-like (rows, ...)
    y : array-like (rows, ...)
        The training rows.
    min_lr, max_lr : float > 0
        The first and the last rate.
    steps : int >= 20
        In which the rate rises.
    repeats : int >= 1
    batch_size : int, optional
        As for ``fit``: 32, or what you will train with, for the best rate depends on it.
    sample_weight : array-like (rows,), optional
    class_weight : dict from class code to weight, or "balanced", optional
    seed : int, optional
        Of the batches; default: the model's. The same seed gives the same result.

    Returns
    -------
    LearningRateCurve
        ``suggestion``, ``rule``, ``rates``, ``losses``, ``smoothed``, ``regions``, ``plot()``; ``print`` draws it.

    Raises
    ------
    StateError
        The model is not compiled.
    DataError
        The loss is not finite after the first steps.
    ArgumentError
        An argument is outside its range.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.analysis import find_learning_rate
    >>> from chainrule.layers import Dense
    >>> from chainrule.tables import samples
    >>> data = samples.moons(rows=500)
    >>> model = Sequential([Dense(16, activation="relu"), Dense(1, activation="sigmoid")], seed=0)
    >>> model.compile("adam", "binary_crossentropy")
    >>> found = find_learning_rate(model, data.X, data.y)
    >>> 0.01 < found.suggestion < 1
    True
    >>> model.optimizer.learning_rate = found.suggestion

    References
    ----------
    Smith, "Cyclical learning rates for training neural networks", 2015, arXiv:1506.01186 (the range test).
    """
    if not isinstance(model, Model):
        raise ArgumentError(f"find_learning_rate expects a compiled model, got {type(model).__name__}")
    low = positive("find_learning_rate", "min_lr", min_lr, usual=1e-6)
    high = positive("find_learning_rate", "max_lr", max_lr, usual=10.0)
    if low >= high:
        raise ArgumentError(f"find_learning_rate: min_lr must be below max_lr, got {min_lr!r} and {max_lr!r}")
    steps, repeats = whole_number("steps", steps, least=FEWEST), whole_number("repeats", repeats, least=1)
    if getattr(model, "optimizer", None) is None:
        raise StateError("find_learning_rate needs a compiled model; call model.compile(optimizer=..., loss=...) first")
    copy.deepcopy(model).objective(x, y, sample_weight)  # what is wrong with the data is said by what fit says
    rows = Rows(as_array(x, "x"), as_array(y, "y"), None if sample_weight is None else as_array(sample_weight, "w"))
    if class_weight is not None:
        rows = Rows(rows.x, rows.y, batches.apply_class_weight(as_array(y, "y"), rows.weight, class_weight))
    stream = _batches(rows, batches.check_batch_size(batch_size, len(rows)), model.seed if seed is None else seed)
    rates = low * (high / low) ** (np.arange(steps) / (steps - 1))
    curves = [_one_test(copy.deepcopy(model), stream, rates) for _ in range(repeats)]
    made = min(len(curve) for curve in curves) - 1
    if made < FEWEST // 2:
        raise DataError(
            f"the loss is not finite after {max(0, made)} steps, with rates up to {rates[max(0, made - 1)]:.2g}: scale "
            "inputs and targets (a Normalization layer does inputs), or begin with a smaller min_lr"
        )
    typical = np.median([curve[: made + 1] for curve in curves], axis=0)
    curve = LearningRateCurve(rates[:made], typical[1:], start=float(typical[0]), max_lr=high, diverged=made < steps)
    curve.halve_until(lambda rate: _trains(copy.deepcopy(model), stream, rate, steps, curve.start))
    return curve


def _one_test(trial: Model, stream: Iterator[Rows], rates: Array, lost: float = LOST) -> Array:
    """Return the loss before the first step and after each, up to where it is lost."""
    losses: list[float] = []
    for rate in [*rates.tolist(), rates[-1]]:
        trial.optimizer.learning_rate = float(rate)
        rows = next(stream)
        try:
            loss = trial.train_on_batch(rows.x, rows.y, rows.weight, return_dict=True)["loss"]
        except DataError:  # not finite: all else was looked at before
            break
        losses.append(loss)
        begun = max(losses[:FEWEST])
        if np.median(losses[-LATELY:]) > begun + lost * abs(begun):
            break
    return np.array(losses)


def _trains(trial: Model, stream: Iterator[Rows], rate: float, steps: int, start: float) -> bool:
    """Whether so many steps at one rate, from the weights that the model has, bring the loss down."""
    losses = _one_test(trial, stream, np.full(steps, rate), lost=np.inf)
    return len(losses) > steps and float(np.mean(losses[-(steps // 10) :])) < start


def _batches(rows: Rows, size: int, seed: int) -> Iterator[Rows]:
    """Give batch after batch, epoch after epoch; a short last one is left out."""
    orders = Orders(len(rows), None, shuffle=True, seed=seed)
    for epoch in count():
        order = orders.of(epoch)
        yield from (rows.take(order[i : i + size]) for i in range(0, len(rows) - size + 1, size))
