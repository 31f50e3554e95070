"""GradientTape: records operations while it is open, then walks them backwards with the chain rule."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

import numpy as np

from chainrule.autodiff.operations import RAW
from chainrule.autodiff.recording import OPEN, Record
from chainrule.autodiff.tensor import RECORDED, Tensor
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
        if self._used and not self.persistent:
            raise GradientError("this tape was used already; make a new GradientTape() or one with persistent=True")
        OPEN.stack.append(self)
        return self

    def __exit__(self, *exception: object) -> None:
        OPEN.stack.remove(self)

    def watch(self, tensors: Any) -> None:
        """Record what is computed from these Tensors too, so that gradients with respect to them exist."""
        for tensor in _flatten(tensors):
            if not isinstance(tensor, Tensor) or tensor.dtype.kind != "f":
                kind = tensor.dtype if isinstance(tensor, Tensor) else type(tensor).__name__
                raise DTypeError(f"a tape watches Tensors of floating type, got {kind}; wrap it: Tensor(x, 'float32')")
            self._watched[id(tensor)] = tensor

    def watched_variables(self) -> tuple[Variable, ...]:
        """Return the Variables that recorded operations have used."""
        found = {id(x): x for record in self._records for x in record.inputs if isinstance(x, Variable) and x.trainable}
        return tuple(found.values())

    def stop_recording(self) -> "_Pause":
        """Pause: ``with tape.stop_recording(): ...``."""
        return _Pause(self)

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
            if not self._watched or not any(id(x) in self._watched for x in record.inputs):
                return
            self._watched[id(record.output)] = record.output
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
        self._used = True
        wanted = _flatten(sources)
        for source in wanted:
            if not isinstance(source, Tensor):
                raise DTypeError(f"gradient expects Tensors and Variables as sources, got {type(source).__name__}")
        nested = bool(OPEN.stack)
        gradients = self._walk(_flatten(target), wanted, output_gradients, RECORDED if nested else RAW)
        results: list[Tensor | None] = []
        for source in wanted:
            g = gradients.get(id(source))
            if g is None:
                results.append(_wrap(np.zeros_like(source._array)) if unconnected_gradients == "zero" else None)
            else:
                results.append(g if nested else _wrap(g))
        return _restore(sources, iter(results))

    def _walk(self, targets: list[Any], sources: list[Tensor], seeds: Any, ops: Any) -> dict[int, Any]:
        """Go through the records from last to first and return the gradients by the identity of the Tensor."""
        nested = ops is RECORDED
        gradients = _start(targets, seeds, nested)
        keep = {id(source) for source in sources}
        records = self._records
        pending = iter(records[::-1]) if self.persistent else _consume(records)
        watched, automatic = self._watched, self._automatic
        for operation, inputs, arrays, output, attributes, version in pending:
            key = id(output)
            g = gradients.get(key) if key in keep else gradients.pop(key, None)
            if g is None:
                continue
            current = 0
            for x in inputs:
                if x.__class__ is not Tensor:
                    current += x._version
            if current != version:
                raise _stale(inputs, operation.name)
            y = output if nested else output._array
            values = inputs if nested else arrays
            rules = operation.rules_for(len(inputs))
            for index, x in enumerate(inputs):
                if not ((x._tracked and automatic) or id(x) in watched):
                    continue
                part = rules[index](ops, g, y, *values, **attributes)
                if part.shape != x._array.shape:
                    part = _sum_to(ops, part, x._array.shape)
                before = gradients.get(id(x))
                gradients[id(x)] = part if before is None else before + part
        return gradients


def _consume(records: list[Record]) -> Iterator[Record]:
    """Give the records from last to first and let go of each, so that its arrays are freed on the way."""
    while records:
        yield records.pop()


class _Pause:
    """Context in which a tape records nothing."""

    def __init__(self, tape: GradientTape) -> None:
        self.tape = tape

    def __enter__(self) -> None:
        self.tape._paused = True

    def __exit__(self, *exception: object) -> None:
        self.tape._paused = False


def _start(targets: list[Any], seeds: Any, nested: bool) -> dict[int, Any]:
    """Return dJ/d target for each target: ones, or what the caller gives."""
    gradients: dict[int, Any] = {}
    given = [None] * len(targets) if seeds is None else _flatten(seeds)
    if len(given) != len(targets):
        raise ArgumentError(f"output_gradients expects {len(targets)} Tensors, one per target, got {len(given)}")
    for target, seed in zip(targets, given, strict=True):
        if not isinstance(target, Tensor):
            raise DTypeError(
                f"gradient expects a Tensor as its target, got {type(target).__name__}; compute the loss with Tensors"
            )
        g = np.ones_like(target._array) if seed is None else np.array(seed, dtype=target.dtype)
        if g.shape != target.shape:
            raise ShapeError(f"output_gradients of shape {g.shape} don't fit a target of shape {target.shape}")
        start = seed if nested and isinstance(seed, Tensor) else Tensor.wrap(g) if nested else g
        key = id(target)
        gradients[key] = gradients[key] + start if key in gradients else start
    return gradients


def _sum_to(ops: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """Undo a broadcast: sum ``g`` over the axes that were repeated."""
    extra = g.ndim - len(shape)
    axes = tuple([i for i in range(g.ndim) if i < extra or (shape[i - extra] == 1 and g.shape[i] != 1)])
    summed = ops.sum(g, axis=axes) if axes else g
    return summed if summed.shape == shape else ops.reshape(summed, shape=shape)


def _stale(inputs: Iterable[Tensor], name: str) -> GradientError:
    changed = ", ".join(x.name for x in inputs if isinstance(x, Variable))
    return GradientError(
        f"{changed} was assigned to after {name} used it on this tape, so its gradient would be wrong; "
        "call gradient before assigning, or compute the loss again on a new tape"
    )


def _wrap(array: Any) -> Tensor:
    return Tensor.wrap(np.asarray(array))


def _flatten(structure: Any) -> list[Any]:
    if isinstance(structure, dict):
        return [leaf for value in structure.values() for leaf in _flatten(value)]
    if isinstance(structure, list | tuple):
        return [leaf for value in structure for leaf in _flatten(value)]
    return [structure]


def _restore(structure: Any, leaves: Any) -> Any:
    if isinstance(structure, dict):
        return {key: _restore(value, leaves) for key, value in structure.items()}
    if isinstance(structure, list | tuple):
        return type(structure)([_restore(value, leaves) for value in structure])
    return next(leaves)


def value_and_gradient(function: Callable[..., Any], argnums: int = 0) -> Callable[..., tuple[Tensor, Any]]:
    """Return a function that gives ``function(...)`` and its gradient with respect to argument ``argnums``.

    Examples
    --------
    >>> value, slope = value_and_gradient(lambda x: x * x)(3.0)
    >>> float(value), float(slope)
    (9.0, 6.0)
    """

    def evaluate(*arguments: Any, **keywords: Any) -> tuple[Tensor, Any]:
        point = list(arguments)
        leaves = [x if isinstance(x, Tensor) else Tensor(x) for x in _flatten(point[argnums])]
        point[argnums] = _restore(point[argnums], iter(leaves))
        with GradientTape() as tape:
            tape.watch(leaves)
            value = function(*point, **keywords)
        if not isinstance(value, Tensor):
            raise DTypeError(f"the function must return a Tensor, got {type(value).__name__}")
        return value, tape.gradient(value, point[argnums])

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
