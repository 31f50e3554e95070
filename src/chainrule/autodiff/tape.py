"""GradientTape: records operations while it is open, then walks them backwards with the chain rule."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Self

import numpy as np

from chainrule.autodiff.operations import RAW
from chainrule.autodiff.recording import OPEN, Record
from chainrule.autodiff.structure import flatten, restore
from chainrule.autodiff.tensor import RECORDED, Tensor, as_tensor, as_tensors, cast
from chainrule.autodiff.variable import Variable
from chainrule.errors import ArgumentError, DTypeError, GradientError, ShapeError


class GradientTape:
    """Record operations on Variables and watched Tensors, and give gradients by reverse accumulation.

    With y = f(x) recorded, ``gradient`` starts from dJ/dJ = 1 and goes through the records from last to first:
    ``dJ/dx += rule(dJ/dy)``, the chain rule for one operation. The walk is a loop, so the length of a chain
    is limited by memory only.

    Parameters
    ----------
    persistent : bool
        Keep the records, so that ``gradient`` can be called several times.
    watch_accessed_variables : bool
        Watch trainable Variables (and Tensors computed from them) without being asked.

    Examples
    --------
    >>> x = Variable(3.0)
    >>> with GradientTape() as outer:
    ...     with GradientTape() as inner:
    ...         y = x * x * x
    ...     slope = inner.gradient(y, x)
    >>> float(slope), float(outer.gradient(slope, x))
    (27.0, 18.0)
    """

    def __init__(self, persistent: bool = False, watch_accessed_variables: bool = True) -> None:
        self.persistent = persistent
        self._automatic = watch_accessed_variables
        self._records: list[Record] = []
        self._watched: dict[int, Tensor] = {}  # by identity; holding the Tensor keeps its id from being reused
        self._used = False
        self._paused = False

    def __enter__(self) -> Self:
        if self in OPEN.stack:
            raise GradientError("this tape is open already; a second `with` on it would record everything twice")
        if self._used and not self.persistent:
            raise GradientError("this tape was used already; make a new GradientTape() or one with persistent=True")
        OPEN.stack.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()

    def _close(self) -> None:
        if self in OPEN.stack:
            OPEN.stack.remove(self)

    def watch(self, tensors: Any) -> None:
        """Record what is computed from these Tensors too, so that gradients with respect to them exist."""
        for tensor in flatten(tensors):
            if not isinstance(tensor, Tensor) or tensor.dtype.kind != "f":
                kind = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
                raise DTypeError(
                    f"a tape watches Tensors of floating type, got {kind}; make one first: x = Tensor(x, 'float32')"
                )
            self._watched[id(tensor)] = tensor

    def watched_variables(self) -> tuple[Variable, ...]:
        """Return the Variables that recorded operations have used."""
        found = {id(x): x for _, inputs, *_ in self._records for x in inputs if isinstance(x, Variable) and x.trainable}
        return tuple(found.values())

    @contextmanager
    def stop_recording(self) -> Iterator[None]:
        """Pause: what runs inside ``with tape.stop_recording():`` is not recorded."""
        before, self._paused = self._paused, True
        try:
            yield
        finally:
            self._paused = before

    def reset(self) -> None:
        """Forget everything recorded so far."""
        self._records.clear()
        self._watched.clear()
        self._used = False

    def record(self, record: Record, tracked: bool) -> None:
        """Keep a record if its operation used something this tape watches; `autodiff.tensor.apply` calls this."""
        if self._paused:
            return
        if not (tracked and self._automatic):
            _, inputs, _, output, *_ = record
            if not self._watched or not any(id(x) in self._watched for x in inputs):
                return
            self._watched[id(output)] = output
        self._records.append(record)

    def gradient(
        self, target: Any, sources: Any, output_gradients: Any = None, unconnected_gradients: str = "none"
    ) -> Any:
        """Return d target / d source for every source, in the structure of ``sources``.

        Parameters
        ----------
        target : Tensor or list of Tensors
            What to differentiate; a target that is not a number is summed.
        sources : Tensor, Variable, or a list, tuple or dict of them
        output_gradients : Tensor or list, optional
            dJ/d target, of the target's shape, instead of ones.
        unconnected_gradients : {"none", "zero"}
            What to give for a source that the target does not depend on.

        Raises
        ------
        GradientError
            If the tape was used up, or a Variable was assigned to after it was recorded.
        """
        if self._used and not self.persistent:
            raise GradientError(
                "gradient was called twice on a tape that keeps its records once; use GradientTape(persistent=True)"
            )
        if unconnected_gradients not in ("none", "zero"):
            raise ArgumentError(f"unconnected_gradients is 'none' or 'zero', got {unconnected_gradients!r}")
        wanted = flatten(sources)
        for source in wanted:
            if not isinstance(source, Tensor):
                raise DTypeError(
                    "gradient expects Tensors and Variables as sources, alone or in a list, tuple or dict, "
                    f"got {type(source).__name__}"
                )
        if not self.persistent:
            self._close()  # gradient inside its own `with`: the walk must not be recorded while it empties the records
        nested = bool(OPEN.stack)
        start = _start(flatten(target), output_gradients, nested)
        self._used = True
        gradients = self._walk(start, wanted, RECORDED if nested else RAW)
        results: list[Tensor | None] = []
        for source in wanted:
            g = gradients.get(id(source))
            if g is None and unconnected_gradients == "zero":
                g = np.zeros_like(source._array)
            results.append(g if g is None or isinstance(g, Tensor) else Tensor.wrap(np.asarray(g)))
        return restore(sources, iter(results))

    def _walk(self, gradients: dict[int, Any], sources: list[Tensor], ops: Any) -> dict[int, Any]:
        """Go through the records from last to first and return the gradients by the identity of the Tensor.

        A record is let go of as soon as it is done with: on a tape that is used once this frees its arrays.
        """
        nested = ops is RECORDED
        keep = {id(source) for source in sources}
        watched, automatic = self._watched, self._automatic
        records = self._records.copy() if self.persistent else self._records
        while records:
            operation, inputs, arrays, output, attributes, version = records.pop()
            key = id(output)
            g = gradients.get(key) if key in keep else gradients.pop(key, None)
            if not self.persistent:
                watched.pop(key, None)
            if g is None:
                continue
            if version and version != sum([x._version for x in inputs]):
                raise _stale(inputs, operation.name)
            values, y = (inputs, output) if nested else (arrays, output._array)
            for index, x in enumerate(inputs):
                key = id(x)
                if not ((automatic and x._tracked) or key in watched):
                    continue
                part = operation.rules[index](ops, g, y, *values, **attributes)
                if part.shape != x._array.shape:
                    part = _sum_to(ops, part, x._array.shape)
                gradients[key] = gradients[key] + part if key in gradients else part
        return gradients


def _start(targets: list[Any], seeds: Any, nested: bool) -> dict[int, Any]:
    """Return dJ/d target for each target: ones, or what the caller gives."""
    gradients: dict[int, Any] = {}
    given = [None] * len(targets) if seeds is None else flatten(seeds)
    if len(given) != len(targets):
        raise ArgumentError(f"output_gradients expects {len(targets)} Tensors, one per target, got {len(given)}")
    for target, seed in zip(targets, given, strict=True):
        if not isinstance(target, Tensor) or target.dtype.kind != "f":
            kind = f"a Tensor of {target.dtype}" if isinstance(target, Tensor) else type(target).__name__
            raise DTypeError(
                f"gradient expects a Tensor of floating type as its target, got {kind}; compute the loss with Tensors"
            )
        start: Any
        if seed is None:
            start = np.ones(target.shape, target.dtype)
        else:
            start = seed if nested and isinstance(seed, Tensor) else np.array(seed, dtype=target.dtype)
        if start.shape != target.shape:
            raise ShapeError(f"output_gradients of shape {start.shape} don't fit a target of shape {target.shape}")
        if nested:
            start = as_tensor(start)
        key = id(target)
        gradients[key] = gradients[key] + start if key in gradients else start
    return gradients


def _sum_to(ops: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Undo a broadcast: sum ``g`` over the axes that were repeated."""
    extra = g.ndim - len(shape)
    if extra == 1 and g.shape[1:] == shape:
        return ops.sum(g, axis=0)  # a bias, the most frequent case
    axes = tuple([i for i in range(g.ndim) if i < extra or (shape[i - extra] == 1 and g.shape[i] != 1)])
    summed = ops.sum(g, axis=axes) if axes else g
    return summed if summed.shape == shape else ops.reshape(summed, shape=shape)


def _stale(inputs: Iterable[Tensor], name: str) -> GradientError:
    changed = ", ".join(x.name for x in inputs if isinstance(x, Variable))
    return GradientError(
        f"{changed} was assigned to after {name} used it on this tape, so its gradient would be wrong; "
        "call gradient before assigning, or compute the loss again on a new tape"
    )


def value_and_gradient(function: Callable[..., Any], argnums: int = 0) -> Callable[..., tuple[Tensor, Any]]:
    """Return a function that gives ``function(...)`` and its gradient with respect to argument ``argnums``.

    The argument may be a number, an array, or a list, tuple or dict of them; the gradient has the same structure,
    and is 0 where the function does not depend on it.

    Examples
    --------
    >>> value, slope = value_and_gradient(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """

    def evaluate(*arguments: Any, **keywords: Any) -> tuple[Tensor, Any]:
        point = list(arguments)
        leaves = [x if x.dtype.kind == "f" else cast(x, "float32") for x in as_tensors(flatten(point[argnums]))]
        point[argnums] = restore(point[argnums], iter(leaves))
        with GradientTape() as tape:
            tape.watch(leaves)
            value = function(*point, **keywords)
        if not isinstance(value, Tensor):
            raise DTypeError(f"the function must return a Tensor, got {type(value).__name__}")
        return value, tape.gradient(value, point[argnums], unconnected_gradients="zero")

    return evaluate


def gradient(function: Callable[..., Any], argnums: int = 0) -> Callable[..., Any]:
    """Return the gradient of ``function`` with respect to argument ``argnums``, as a function.

    Examples
    --------
    >>> float(gradient(gradient(lambda x: x**3))(2.0))
    12.0
    """
    evaluate = value_and_gradient(function, argnums)
    return lambda *arguments, **keywords: evaluate(*arguments, **keywords)[1]
