"""JAX: networks of many learning rates in one compiled program (vmap), an epoch in one scan over its batches."""

from time import perf_counter
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.networks import Network
from benchmarks.peers.jax_scan import BETA_1, BETA_2, EPSILON, loss

VERSIONS = f"{jax.__version__}, all in one vmap"


def adam_step(rate: Any, state: Any, batch: Any) -> Any:
    weights, m, v, t = state
    value, g = jax.value_and_grad(loss)(weights, *batch)
    t = t + 1
    m = jax.tree.map(lambda m, g: BETA_1 * m + (1 - BETA_1) * g, m, g)
    v = jax.tree.map(lambda v, g: BETA_2 * v + (1 - BETA_2) * g * g, v, g)
    step = rate * jnp.sqrt(1 - BETA_2**t) / (1 - BETA_1**t)
    weights = jax.tree.map(lambda w, m, v: w - step * m / (jnp.sqrt(v) + EPSILON), weights, m, v)
    return (weights, m, v, t), value


def epoch(rate: Any, state: Any, x: Any, y: Any) -> Any:
    state, losses = jax.lax.scan(lambda state, batch: adam_step(rate, state, batch), state, (x, y))
    return state, jnp.mean(losses)


RUN = jax.jit(jax.vmap(epoch, in_axes=(0, 0, None, None)), donate_argnums=1)


def sweep(rates: list[float], widths: list[int], batch: int, steps: int, epochs: int) -> float:
    """Return the seconds of training a network for each learning rate."""
    network, rng = Network(tuple(widths), batch, steps), np.random.default_rng(0)
    x, y = network.data[0], network.data[1].astype(np.int32)
    many = jax.tree.map(lambda w: jnp.stack([jnp.asarray(w)] * len(rates)), network.weights)
    zeros = jax.tree.map(jnp.zeros_like, many)
    state = (many, zeros, jax.tree.map(jnp.zeros_like, many), jnp.zeros(len(rates)))
    start = perf_counter()
    for _ in range(epochs):
        order = rng.permutation(len(x)).reshape(-1, batch)
        state, losses = RUN(jnp.asarray(rates, jnp.float32), state, x[order], y[order])
    assert np.isfinite(np.asarray(losses)).all(), losses
    return perf_counter() - start
