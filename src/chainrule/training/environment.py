"""What a run depends on besides its data and settings: versions, machine, engine, threads, seed."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any


def what_runs(engine: str) -> dict[str, str]:
    """Return what must be the same for the same bits: the engine, the processor's kind, and the instruction set.

    Examples
    --------
    >>> what_runs("Python")["engine"]
    'Python'
    """
    from chainrule.engine import native

    found = {"engine": engine, "machine": platform.machine()}
    return found | {"instruction_set": native.instruction_set()} if engine == "native" else found


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Return the versions of Python, of chainrule and of the libraries it stands on.

    Examples
    --------
    >>> sorted(versions())
    ['chainrule', 'duckdb', 'numpy', 'python', 'safetensors']
    """
    from importlib.metadata import version

    from chainrule import __version__

    libraries = {name: version(name) for name in ("duckdb", "numpy", "safetensors")}
    return {"chainrule": __version__, "python": platform.python_version(), **libraries}


def environment(engine: str, threads: int, seed: int, started: float) -> dict[str, Any]:
    """Return what the results of a run depend on.

    Parameters
    ----------
    engine : {"native", "Python"}
    threads : int
        The most that a step may use; results don't depend on it.
    seed : int
    started : float
        When the run began, in seconds since 1970.

    Examples
    --------
    >>> found = environment("Python", threads=1, seed=7, started=0.0)
    >>> found["seed"], found["started"]
    (7, '1970-01-01T00:00:00+00:00')
    """
    return {
        "seed": seed,
        "started": datetime.fromtimestamp(started, UTC).isoformat(timespec="seconds"),
        **what_runs(engine),
        "threads": threads,
        "platform": platform.platform(),
        "processors": os.cpu_count(),
        "versions": dict(versions()),
    }


def of_command(command: Sequence[str], seed: int) -> dict[str, Any]:
    """Return what a run of the command line depends on, before its engine is chosen; its words come with it.

    Examples
    --------
    >>> found = of_command(["train", "penguins.csv"], seed=0)
    >>> found["command"], found["seed"], sorted(found["versions"])
    (['train', 'penguins.csv'], 0, ['chainrule', 'duckdb', 'numpy', 'python', 'safetensors'])
    """
    import time

    from chainrule.engine import native, threads

    engine = "native" if native.available() else "Python"
    return {"command": list(command), **environment(engine, threads.maximum(), seed, time.time())}
