"""Engines: they run the steps of training. The Python engine is the meaning; the native one must agree with it."""

from chainrule.engine import native
from chainrule.engine.engine import Engine, Network, Position, Progress, Task
from chainrule.engine.lowering import UnsupportedError, lower, lower_network
from chainrule.engine.many import NetworkPool, run_many
from chainrule.engine.native import NativeEngine, steps_made
from chainrule.engine.python import PythonEngine
from chainrule.engine.threads import maximum, set_threads
from chainrule.errors import ArgumentError, EngineWarning, UnknownNameError, did_you_mean, warn

__all__ = [
    "Engine",
    "NativeEngine",
    "Network",
    "NetworkPool",
    "Position",
    "Progress",
    "PythonEngine",
    "Task",
    "advice",
    "check_name",
    "choose",
    "describe",
    "run_many",
    "set_threads",
    "steps_made",
]

ENGINES = ("auto", "native", "python")
NOT_BUILT = "the native engine was not built: install a C++ compiler, then install chainrule again"


def check_name(name: str) -> str:
    """Return the name of an engine, or say which ones there are.

    Examples
    --------
    >>> check_name("auto")
    'auto'
    """
    if name not in ENGINES:
        raise UnknownNameError(f"unknown engine {name!r}{did_you_mean(str(name), ENGINES)}")
    if name == "native" and not native.available():
        raise ArgumentError(NOT_BUILT)
    return name


def choose(name: str, work: Task | Network) -> Engine:
    """Return the engine for ``compile(engine=name)``: the native one where a Plan covers the model.

    Parameters
    ----------
    name : {"auto", "native", "python"}
        "auto" warns where it falls back to Python; "native" refuses instead.
    work : Task, or a Network that is only asked for predictions
    """
    if check_name(name) == "python" or not native.available():
        return PythonEngine()
    try:
        if isinstance(work, Task):
            lower(work)
        else:
            lower_network(work)
    except UnsupportedError as reason:
        if name == "native":
            raise ArgumentError(f"the native engine can't run this model: {reason}; use engine='auto'") from None
        _tell(work.network if isinstance(work, Task) else work, str(reason))
        return PythonEngine()
    return NativeEngine()


def _tell(network: Network, reason: str) -> None:
    """Say once for each model and reason that it does not run natively."""
    if network.told_engine != reason:
        network.told_engine = reason
        warn(f"the Python engine runs this model: {reason}", EngineWarning)


def describe() -> str:
    """Return one line on what runs the training: the engine, its instruction set and threads.

    Examples
    --------
    >>> "engine" in describe()
    True
    """
    if not native.available():
        return "Python engine (no compiler at install)"
    threads = maximum()
    return f"native engine ({native.instruction_set()}, {threads} {'thread' if threads == 1 else 'threads'})"


def advice() -> str:
    """Return what to do for the fast engine, nothing where it is there.

    Examples
    --------
    >>> advice() in ("", NOT_BUILT)
    True
    """
    return "" if native.available() else NOT_BUILT
