"""One model on both engines, and whether they agree: outputs, every gradient, losses over steps, weights after them."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from copy import deepcopy
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chainrule import Sequential, losses, optimizers
from chainrule.engine import NativeEngine, native, steps_made
from chainrule.engine.data import Rows
from chainrule.layers import Layer
from chainrule.training.batches import weigh

ROOT = Path(__file__).parents[2]
ENGINES = ("python", "native")
DTYPES = ("float64", "float32")
# Weights, relative to the largest weight, after 50 steps; gradients, relative to the largest element.
TOLERANCE = {"float64": 1e-10, "float32": 1e-5}
# Outputs and losses, relative to the largest of them and 1: a sum over weights that differ by the tolerance.
SUM_TOLERANCE = {dtype: 5 * tolerance for dtype, tolerance in TOLERANCE.items()}

Layers = Callable[[], list[Layer]]
MakeOptimizer = Callable[[], optimizers.Optimizer]

needs_native = pytest.mark.skipif(not native.available(), reason="the native engine was not built")

STEPS = 50
N, FEATURES, CLASSES = 40, 5, 3
rng = np.random.default_rng(11)
X = rng.normal(size=(N, FEATURES))
NUMBERS = rng.normal(size=(N, 2))
COUNTS = rng.poisson(2.0, size=(N, 2)).astype(float)
SIGNS = rng.choice([-1.0, 1.0], size=(N, 2))
BITS = rng.integers(0, 2, size=(N, 2)).astype(float)
CODES = rng.integers(0, CLASSES, N)
ONE_HOT = np.eye(CLASSES)[CODES]
WEIGHTS = rng.uniform(0.2, 2.0, N)


def adam() -> optimizers.Optimizer:
    return optimizers.Adam(0.01)


def build(
    engine: str,
    layers: Layers,
    loss: losses.LossLike = "mse",
    optimizer: MakeOptimizer = adam,
    dtype: str = "float64",
    metrics: Sequence[Any] = (),
    seed: int = 3,
    weighted_metrics: Sequence[Any] = (),
) -> Sequential:
    model = Sequential(layers(), dtype=dtype, seed=seed)
    model.compile(
        optimizer(),
        loss,
        metrics=deepcopy(list(metrics)),
        weighted_metrics=deepcopy(list(weighted_metrics)),
        engine=engine,
    )
    return model


def assert_close(python: Any, native: Any, tolerance: float, what: str, at_least: float = 0.0) -> None:
    """Compare, relative to the largest number; all must be finite."""
    a, b = np.asarray(python, np.float64), np.asarray(native, np.float64)
    assert a.shape == b.shape, what
    assert np.isfinite(a).all(), f"{what} of the Python engine: not finite"
    assert np.isfinite(b).all(), f"{what} of the native engine: not finite"
    if a.size:
        scale = max(float(np.abs(a).max()), at_least)
        worst = float(np.abs(a - b).max())
        assert worst <= tolerance * scale, f"{what} differ by {worst / scale:.1e} of the largest, {scale:.3g}"


def check_parity(
    layers: Layers,
    x: Any = X,
    y: Any = NUMBERS,
    loss: losses.LossLike = "mse",
    optimizer: MakeOptimizer = adam,
    dtype: str = "float64",
    batch_size: int = 16,
    steps: int | None = None,
    metrics: Sequence[Any] = (),
    weighted_metrics: Sequence[Any] = (),
    **fit: Any,
) -> dict[str, Sequential]:
    """Compare the engines on a model, before training and after some steps; return the trained models."""
    tolerance, sums = TOLERANCE[dtype], SUM_TOLERANCE[dtype]
    models = {
        engine: build(engine, layers, loss, optimizer, dtype, metrics, weighted_metrics=weighted_metrics)
        for engine in ENGINES
    }
    per_epoch = ceil(len(x) / batch_size)
    epochs, made = ceil((steps or STEPS) / per_epoch), steps_made()
    outputs, gradients, histories, results = [], [], [], []
    for model in models.values():
        outputs.append(model.predict(x))
        task, rows = model._rows(x, y, fit.get("sample_weight"), "fit")
        rows = weigh(rows, fit.get("class_weight"))
        both = [model._engine.loss_and_gradient(task, rows.take(slice(0, 19)), training) for training in (False, True)]
        gradients.append(both)
        histories.append(model.fit(x, y, batch_size=batch_size, epochs=epochs, verbose=0, **fit).history)
        results.append(model.evaluate(x, y, sample_weight=fit.get("sample_weight"), return_dict=True))
    assert isinstance(models["native"]._engine, NativeEngine)
    assert steps_made() - made == epochs * per_epoch, "the native engine made the steps of one model"
    assert_close(*outputs, sums, "outputs", at_least=1.0)
    segments = models["python"].parameters.segments
    for training, (a, g), (b, h) in zip((False, True), *gradients, strict=True):
        assert_close(a, b, sums, f"losses (training={training})", at_least=1.0)
        largest = float(np.abs(g).max())
        for segment in segments:
            what = f"gradients of {segment.name} (training={training})"
            assert_close(g[segment.where], h[segment.where], tolerance, what, at_least=largest)
    assert histories[0].keys() == histories[1].keys()
    for name, values in histories[0].items():
        assert_close(values, histories[1][name], sums, f"history of {name}", at_least=1.0)
    assert_same_weights(models["python"], models["native"], tolerance)
    assert_close(*[model.predict(x) for model in models.values()], sums, "outputs after training", at_least=1.0)
    assert_close(*[list(r.values()) for r in results], sums, "results of evaluate", at_least=1.0)
    return models


def assert_same_weights(python: Sequential, native: Sequential, tolerance: float) -> None:
    assert_close(python.parameters.values, native.parameters.values, tolerance, "weights")
    assert_close(python.state.values, native.state.values, tolerance, "state", at_least=1.0)


def rows_of(model: Sequential, x: Any, y: Any) -> tuple[Any, Rows]:
    """Return a model's task, and data as engines get them."""
    task, rows = model._rows(x, y, None, "fit")
    return task, rows


def run_python(program: str, *arguments: str, timeout: float = 120, **environment: str) -> str:
    """Run a program in a Python of its own, and return what it prints; warnings are errors there too."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        timeout=timeout,
        env={**os.environ, **environment},
        cwd=ROOT,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout
