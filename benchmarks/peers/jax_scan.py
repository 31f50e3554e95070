"""JAX: a whole epoch in one compiled scan over its batches, the state donated."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.networks import Array, Network

VERSIONS = f"{jax.__version__}, an epoch in one scan"
RATE, BETA_1, BETA_2, EPSILON = 1e-3, 0.9, 0.999, 1e-7


def logits(weights: Any, x: Any) -> Any:
    *hidden, (w_last, b_last) = weights
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    return x @ w_last + b_last


def loss(weights: Any, x: Any, y: Any) -> Any:
    log_p = jax.nn.log_softmax(logits(weights, x))
    return -jnp.mean(jnp.take_along_axis(log_p, y[:, None], axis=1))


def adam_step(state: Any, batch: Any) -> Any:
    weights, m, v, t = state
    value, g = jax.value_and_grad(loss)(weights, *batch)
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, g)
    v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, g)
    rate = RATE * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
    weights = jax.tree.map(lambda w, m, v: w - rate * m / (jnp.sqrt(v) + EPSILON), weights, m, v)
    return (weights, m, v, t), value


def epoch(state: Any, x: Any, y: Any, order: Any) -> Any:
    state, losses = jax.lax.scan(adam_step, state, (x[order], y[order]))
    return state, jnp.mean(losses)


def trainer(network: Network) -> Callable[[int], list[float]]:
    x, y = jnp.asarray(network.data[0]), jnp.asarray(network.data[1], jnp.int32)
    weights = jax.tree.map(jnp.asarray, network.weights)
    state = (weights, jax.tree.map(jnp.zeros_like, weights), jax.tree.map(jnp.zeros_like, weights), jnp.float32(0))
    run = jax.jit(epoch, donate_argnums=0)
    rng = np.random.default_rng(0)

    def train(epochs: int) -> list[float]:
        nonlocal state
        losses = []
        for _ in range(epochs):
            order = rng.permutation(len(x)).reshape(-1, network.batch)  # faster than JAX's own, which sorts
            state, value = run(state, x, y, order)
            losses.append(value)
        return [float(value) for value in losses]

    return train


def predictor(network: Network) -> Callable[[Array], Array]:
    weights = jax.tree.map(jnp.asarray, network.weights)
    predict = jax.jit(lambda x: jax.nn.softmax(logits(weights, x)))
    return lambda x: np.asarray(predict(x))
