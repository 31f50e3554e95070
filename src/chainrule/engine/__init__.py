"""Engines: they run the steps of training. The Python engine is the meaning; others must agree with it."""

from chainrule.engine.engine import Engine, Network, Position, Progress, Task
from chainrule.engine.python import PythonEngine
from chainrule.errors import UnknownNameError, did_you_mean

__all__ = ["Engine", "Network", "Position", "Progress", "PythonEngine", "Task", "choose", "describe"]

ENGINES = ("auto", "python")


def choose(name: str) -> Engine:
    """Return the engine for ``compile(engine=name)``.

    Examples
    --------
    >>> choose("auto").name
    'Python'
    """
    if name not in ENGINES:
        raise UnknownNameError(f"unknown engine {name!r}{did_you_mean(name, ENGINES)}")
    return PythonEngine()


def describe() -> str:
    """Return one line on what runs the training.

    Examples
    --------
    >>> describe()
    'Python engine'
    """
    return f"{choose('auto').name} engine"
