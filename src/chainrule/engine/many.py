"""Many networks at once, one a core: a pool of threads, each of which trains a network with a team of one."""

import inspect
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor, wait
from types import TracebackType
from typing import Any, TypeVar

from chainrule.arrays import whole_number
from chainrule.configurable import named_arguments
from chainrule.engine import native, threads
from chainrule.errors import ArgumentError

T = TypeVar("T")
_here = threading.local()


class NetworkPool(ThreadPoolExecutor):
    """An executor for functions that train a network: each runs on one core, so many networks train at once.

    ``fit`` looks several epochs ahead on its threads (see `chainrule.engine.ahead`), so that the interpreter, which
    one thread at a time may use, is needed rarely. Nothing changes in what is computed: same bits, same callbacks.

    Parameters
    ----------
    jobs : int >= 1, optional
        Threads; default: as many as the process may use.

    Examples
    --------
    >>> with NetworkPool(2) as pool:
    ...     list(pool.map(str.upper, ["a", "b"]))
    ['A', 'B']
    """

    def __init__(self, jobs: int | None = None) -> None:
        self.jobs = threads.maximum() if jobs is None else whole_number("jobs", jobs, least=1)
        self.flag = native.new_flag()
        self.stopped = False
        super().__init__(self.jobs, thread_name_prefix="network", initializer=self._enter)

    def _enter(self) -> None:
        _here.pool = self
        threads.use_one()

    def check(self, *_: Any) -> None:
        """Raise CancelledError where the pool was stopped."""
        if self.stopped:
            raise CancelledError("the training was stopped with the others of its pool")

    def stop(self) -> None:
        """End what runs within 100 ms, each training with a CancelledError, and start nothing more."""
        self.stopped = True
        if self.flag is not None:
            self.flag.raise_()
        self.shutdown(wait=False, cancel_futures=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool | None:
        """Wait for what was begun; after an exception, Ctrl-C say, stop it."""
        if kind is not None:
            self.stop()
        return super().__exit__(kind, error, trace)


def current_pool() -> NetworkPool | None:
    """Return the pool that the calling thread is of, None for any other thread."""
    return getattr(_here, "pool", None)


@named_arguments
def run_many(works: Iterable[Callable[[], T]], jobs: int | None = None) -> list[T | Exception]:
    """Call functions that each train a network, many at once, one a core.

    Parameters
    ----------
    works : iterable of functions without arguments
        ``lambda: model.fit(X, y, verbose=0)``, each with a model of its own.
    jobs : int >= 1, optional
        How many at once; default: as many as the process may use threads.

    Returns
    -------
    list
        What each function returned, in their order, or the exception that it raised: the others go on. Weights have
        the same bits as those of networks trained one after the other.

    Raises
    ------
    ArgumentError
        What is to be called is no list of functions without arguments; nothing was called.
    KeyboardInterrupt
        On Ctrl-C, within 100 ms; models hold the weights of an epoch that had ended.

    Examples
    --------
    >>> from chainrule import Sequential
    >>> from chainrule.layers import Dense
    >>> models = [Sequential([Dense(1)], seed=seed) for seed in range(4)]
    >>> def train(model):
    ...     model.compile("sgd", loss="mse")
    ...     return model.fit([[0.0], [1.0]], [[1.0], [3.0]], epochs=20, verbose=0).history["loss"][-1]
    >>> losses = run_many([lambda model=model: train(model) for model in models])
    >>> len(losses), max(losses) < 10
    (4, True)
    """
    functions = _checked(works)
    with NetworkPool(jobs) as pool:
        futures: list[Future[T]] = [pool.submit(function) for function in functions]
        wait(futures)
    outcomes: list[T | Exception] = []
    for future in futures:
        error = future.exception()
        if error is not None and not isinstance(error, Exception):
            raise error
        outcomes.append(future.result() if error is None else error)
    return outcomes


def _checked(works: Iterable[Callable[[], T]]) -> list[Callable[[], T]]:
    if callable(works) or not isinstance(works, Iterable):
        raise ArgumentError(
            f"works expects a list of functions without arguments, got {_kind(works)}; write "
            "run_many([lambda: model.fit(X, y), ...]), with a model of its own in each"
        )
    functions = list(works)
    for i, function in enumerate(functions):
        if not callable(function) or _needs_arguments(function):
            needs = ", which needs arguments" if callable(function) else ""
            raise ArgumentError(
                f"works[{i}] must be a function without arguments, got {_kind(function)}{needs}; write "
                "lambda: model.fit(X, y), which run_many calls"
            )
    return functions


def _needs_arguments(function: Callable[..., Any]) -> bool:
    try:
        inspect.signature(function).bind()
    except TypeError:
        return True
    except ValueError:  # some that are written in C don't tell what they take
        return False
    return False


def _kind(value: object) -> str:
    return "None" if value is None else type(value).__name__
