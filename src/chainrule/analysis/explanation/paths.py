"""Paths: the ways from a weight to the loss, and the k of them that contribute most.

A path's contribution is the product of the local derivatives along it. The k largest are found without listing all:
the k best paths to a unit go on from the k best to each unit before it, since absolute values of products compare as
those of their beginnings do. So growing the paths stage by stage, k for each unit, is exact.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from chainrule.analysis.explanation.jacobians import LocalJacobian
from chainrule.arrays import Array


@dataclass(frozen=True, eq=False)
class Frontier:
    """The best paths to every unit of a stage that any path reaches.

    Attributes
    ----------
    nodes : int array (nodes,)
    values : float64 array (nodes, k)
        Products up to here, largest first by absolute value, 0 where there are fewer.
    parents, ranks : int arrays (nodes, k)
        From which node of the stage before, by its place there, and which of its paths; -1: the path starts here.
    counts : float64 array (nodes,)
        How many paths lead here whose product is not 0.
    """

    nodes: Array
    values: Array
    parents: Array
    ranks: Array
    counts: Array


@dataclass(frozen=True)
class FoundPath:
    """A path: the stage it starts in, and the node in that and in every later stage."""

    start: int
    nodes: tuple[int, ...]


def largest_paths(
    starts: Sequence[tuple[Array, Array] | None], jacobians: Sequence[LocalJacobian | None], slopes: Array, k: int
) -> tuple[list[FoundPath], int]:
    """Return the k paths of largest absolute contribution, and how many paths there are whose contribution is not 0.

    Parameters
    ----------
    starts : sequence of (int array, float64 array), or None
        For every stage: the nodes where the weight enters, and their derivatives by it; None where it does not.
    jacobians : sequence of LocalJacobian
        For every stage: of its nodes by those of the stage before; never looked at before the first start.
    slopes : float64 array (nodes,)
        Of the loss by each node of the last stage.
    k : int

    Returns
    -------
    list of FoundPath, int
        Largest first. The number is exact up to 2^53.

    Examples
    --------
    The weight enters unit 0, which goes to both units of the next stage:

    >>> ways = LocalJacobian(np.array([[[2.0], [-3.0]]]), np.array([[0, 1]]), np.array([[0]]))
    >>> largest_paths([(np.array([0]), np.array([0.5])), None], [None, ways], np.array([1.0, 1.0]), k=1)
    ([FoundPath(start=0, nodes=(0, 1))], 2)
    """
    frontier: Frontier | None = None
    history: list[Frontier | None] = []
    for start, jacobian in zip(starts, jacobians, strict=True):
        if frontier is not None:
            assert jacobian is not None  # a path goes through this stage
            frontier = _grow(frontier, jacobian, k)
        if start is not None:
            frontier = _enter(frontier, *start, k)
        history.append(frontier)
    if frontier is None:
        return [], 0
    final = frontier.values * slopes[frontier.nodes][:, None]
    count = int(frontier.counts[slopes[frontier.nodes] != 0].sum())
    order = np.argsort(-np.abs(final), axis=None, kind="stable")[: max(1, min(k, count))]
    ends = [np.unravel_index(int(place), final.shape) for place in order]
    return [_trace_back(history, int(node), int(rank)) for node, rank in ends], count


def _enter(frontier: Frontier | None, nodes: Array, values: Array, k: int) -> Frontier:
    """Let paths start at the nodes of this stage that depend on the weight directly."""
    column = values[:, None]
    counts = np.asarray(values != 0, np.float64)
    begun = Frontier(nodes, column, np.full(column.shape, -1), np.zeros(column.shape, int), counts)
    return begun if frontier is None else _merge([frontier, begun], k)


def _grow(frontier: Frontier, jacobian: LocalJacobian, k: int) -> Frontier:
    """Let every path go on by one stage."""
    place = np.full(int(jacobian.inputs.max()) + 1, -1)
    place[frontier.nodes] = np.arange(len(frontier.nodes))
    width = frontier.values.shape[1]
    if jacobian.blocks.shape[1:] == (1, 1):  # one to one
        kept = np.flatnonzero(place[jacobian.inputs[:, 0]] >= 0)
        before = place[jacobian.inputs[kept, 0]]
        slopes = jacobian.blocks[kept, 0]
        return Frontier(
            jacobian.outputs[kept, 0],
            frontier.values[before] * slopes,
            np.repeat(before[:, None], width, axis=1),
            np.repeat(np.arange(width)[None], len(kept), axis=0),
            frontier.counts[before] * (slopes[:, 0] != 0),
        )
    parts = []
    for block, outputs, inputs in zip(jacobian.blocks, jacobian.outputs, jacobian.inputs, strict=True):
        before = place[inputs]
        reached = before >= 0
        if reached.any():
            parts.append(_through(frontier, block[:, reached], outputs, before[reached], k))
    return _merge(parts, k)


def _through(frontier: Frontier, block: Array, outputs: Array, before: Array, k: int) -> Frontier:
    """Let paths go on through one block."""
    best = frontier.values[before]  # (inputs, width)
    rows, columns = block.shape
    width = best.shape[1]
    # Only the k inputs with the best first path can have one of the k best: each other has k better ones before it.
    if columns > k:
        picked = np.argpartition(-np.abs(block * best[:, 0]), k - 1, axis=1)[:, :k]
    else:
        picked = np.broadcast_to(np.arange(columns), (rows, columns))
    products = (np.take_along_axis(block, picked, axis=1)[:, :, None] * best[picked]).reshape(rows, -1)
    order = np.argsort(-np.abs(products), axis=1, kind="stable")[:, :k]
    inputs = np.take_along_axis(picked, order // width, axis=1)
    return Frontier(
        outputs,
        np.take_along_axis(products, order, axis=1),
        before[inputs],
        order % width,
        (block != 0) @ frontier.counts[before],
    )


def _merge(parts: Sequence[Frontier], k: int) -> Frontier:
    """Join frontiers, keeping the k best paths of a node that is in several."""
    if len(parts) == 1:
        return parts[0]
    width = max(part.values.shape[1] for part in parts)

    def joined(name: str) -> Array:
        arrays = [getattr(part, name) for part in parts]
        return np.concatenate([np.pad(a, ((0, 0), (0, width - a.shape[1]))) for a in arrays])

    nodes, owner = np.unique(np.concatenate([part.nodes for part in parts]), return_inverse=True)
    values, parents, ranks = joined("values"), joined("parents"), joined("ranks")
    counts = np.bincount(owner, weights=np.concatenate([part.counts for part in parts]))
    if len(nodes) == len(owner):
        order = np.argsort(owner)
        return Frontier(nodes, values[order], parents[order], ranks[order], counts)
    best = np.zeros((3, len(nodes), min(k, width * len(parts))))
    for node in range(len(nodes)):
        mine = owner == node
        found = np.stack([array[mine].ravel() for array in (values, parents, ranks)])
        chosen = np.argsort(-np.abs(found[0]), kind="stable")[: best.shape[2]]
        best[:, node, : len(chosen)] = found[:, chosen]
    return Frontier(nodes, best[0], best[1].astype(int), best[2].astype(int), counts)


def _trace_back(history: Sequence[Frontier | None], node: int, rank: int) -> FoundPath:
    """Follow a path from its end to where it starts."""
    nodes = []
    for stage in range(len(history) - 1, -1, -1):
        frontier = history[stage]
        assert frontier is not None  # the path came from there
        nodes.append(int(frontier.nodes[node]))
        parent, rank = int(frontier.parents[node, rank]), int(frontier.ranks[node, rank])
        if parent < 0:
            return FoundPath(stage, tuple(reversed(nodes)))
        node = parent
    raise AssertionError("a path starts somewhere")
