"""Turns: threads that share a model work on it one at a time."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from chainrule.errors import StateError

P = ParamSpec("P")
R = TypeVar("R")
_ASK_AGAIN = 0.02  # seconds, while another thread works on the model


class Turns:
    """Whose turn it is with one model, whose weights and metrics its threads share.

    A thread waits for a step or an evaluation of another one; instead of waiting for a whole fit it is refused. Calls
    in one thread may be nested, as where a callback evaluates the model. A copy of the model has turns of its own.

    Attributes
    ----------
    building : context manager
        Held while weights are made.
    """

    def __init__(self) -> None:
        self.building = threading.RLock()
        self._at_work = threading.RLock()
        self._fitting = ""  # the thread that runs fit

    def __reduce__(self) -> Any:
        return Turns, ()

    @contextmanager
    def take(self, verb: str) -> Iterator[None]:
        """Have the model for a block; "fit" is the verb that is not waited for.

        Raises
        ------
        StateError
            Another thread runs fit.
        """
        while not self._at_work.acquire(timeout=_ASK_AGAIN):
            if self._fitting:
                raise StateError(
                    f"{verb}: another thread ({self._fitting}) is in fit of this model, and goes on; let each thread "
                    "train a model of its own (chainrule.engine.run_many trains many at once), or wait until that fit "
                    "has ended. predict works meanwhile"
                )
        before = self._fitting
        if verb == "fit":
            self._fitting = threading.current_thread().name
        try:
            yield
        finally:
            self._fitting = before
            self._at_work.release()


class Shared(Protocol):
    """What threads take turns with."""

    turns: Turns


M = TypeVar("M", bound=Shared)


def takes_turns(method: Callable[Concatenate[M, P], R]) -> Callable[Concatenate[M, P], R]:
    """Make a method wait for its turn; it raises StateError where another thread is in fit.

    Examples
    --------
    >>> class Counter:
    ...     turns, count = Turns(), 0
    ...     @takes_turns
    ...     def evaluate(self):
    ...         self.count += 1
    ...         return self.count
    >>> Counter().evaluate()
    1
    """

    @wraps(method)
    def taking(model: M, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with model.turns.take(method.__name__):
            return method(model, *args, **kwargs)

    return taking
