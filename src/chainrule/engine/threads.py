"""How many threads a step is worth: by a formula of its work, within what the process may use."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, local

from chainrule.errors import ArgumentError

# Multiplications per thread below which waking another one costs more than it helps.
WORTH_A_THREAD = 500_000.0
_limit: int | None = None
_running: list[None] = []  # one entry for each model that is at work in a thread of Python
_lock = Lock()
_thread = local()
if hasattr(os, "register_at_fork"):  # in a forked process the models of the other threads are gone
    os.register_at_fork(after_in_child=_running.clear)


def set_threads(count: int | None) -> None:
    """Limit the threads of this process; None goes back to what the machine, its limits and CHAINRULE_THREADS say.

    Results don't depend on it: the same bits come out for any number of threads.

    Examples
    --------
    >>> set_threads(1)
    >>> maximum()
    1
    >>> set_threads(None)
    """
    global _limit  # noqa: PLW0603  # a limit of the process, as its environment is
    if count is not None and (isinstance(count, bool) or not isinstance(count, int) or count < 1):
        raise ArgumentError(f"threads must be an integer >= 1 or None, got {count!r}")
    _limit = count


def maximum() -> int:
    """Return the most threads that a step may use.

    A worker of a ``multiprocessing`` pool, of which joblib's backend of that name makes its own, uses one unless the
    environment says otherwise: nothing tells it how many there are. (joblib's usual workers are told by the
    environment.)
    """
    if _limit is not None:
        return _limit
    if _in_pool() and not any(name in os.environ for name in ("CHAINRULE_THREADS", "OMP_NUM_THREADS")):
        return 1
    try:
        from chainrule.engine import _native
    except ImportError:
        return 1
    return _native.available_threads()


def _in_pool() -> bool:
    """Whether this process is a worker that may start none itself; it has loaded the module then."""
    processes = sys.modules.get("multiprocessing.process")
    return processes is not None and bool(processes.current_process().daemon)


@contextmanager
def at_work() -> Iterator[None]:
    """Count a model as at work meanwhile: models that run at the same time share what the process may use.

    Examples
    --------
    >>> set_threads(8)
    >>> with at_work(), at_work():
    ...     count(1e12)
    4
    >>> set_threads(None)
    """
    with _lock:
        _running.append(None)
    try:
        yield
    finally:
        with _lock:
            if _running:  # a process forked meanwhile starts from none
                _running.pop()


def use_one() -> None:
    """Let the thread of Python that calls this work alone from now on: others beside it train networks of their own."""
    _thread.alone = True


def count(multiplications: float) -> int:
    """Return the number of threads for a step.

    Examples
    --------
    >>> count(100.0)
    1
    """
    wanted = int(multiplications / WORTH_A_THREAD)
    return min(limit(), wanted) if wanted > 1 else 1


def limit() -> int:
    """Return the most threads for a step of a model that is at work in this thread of Python.

    Examples
    --------
    >>> set_threads(2)
    >>> limit()
    2
    >>> set_threads(None)
    """
    return 1 if getattr(_thread, "alone", False) else max(1, maximum() // max(1, len(_running)))
