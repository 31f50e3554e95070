"""Names of a package that load when they are first used, so that importing the package is quick."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from chainrule.errors import DependencyError, did_you_mean


def loader(
    package: str, homes: Mapping[str, str], needs: Mapping[str, tuple[str, str]] | None = None
) -> Callable[[str], Any]:
    """Return the ``__getattr__`` of a package whose names live in modules of their own.

    Parameters
    ----------
    package : str
        Its full name, ``__name__``.
    homes : mapping from public name to the module of the package that has it
    needs : mapping from a module that may be missing to the library's name and the extra that brings it, optional
        Such as ``{"sklearn": ("scikit-learn", "sklearn")}``: then the error says how to install it.

    Examples
    --------
    >>> load = loader("chainrule.optimizers", {"Adam": "adam"})
    >>> load("Adam").__name__
    'Adam'
    """

    def load(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"{package} has no name {name!r}{did_you_mean(name, homes)}")
        try:
            thing = getattr(import_module(f"{package}.{homes[name]}"), name)
        except ModuleNotFoundError as error:
            missing = str(error.name).partition(".")[0]
            if missing not in (needs or {}):
                raise
            library, extra = (needs or {})[missing]
            fix = f"install it with: pip install 'chainrule[{extra}]'"
            raise DependencyError(f"{name} needs {library}; {fix}") from error
        setattr(sys.modules[package], name, thing)
        return thing

    return load
