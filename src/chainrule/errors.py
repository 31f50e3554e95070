"""The exceptions that chainrule raises, and the sentence that suggests a correction.

Every message says what is wrong, what was expected, what came, and the likely fix, in one sentence or two.
Each class also derives from the built-in exception that scikit-learn and Keras raise in that case, so code
that catches ``ValueError`` keeps working.
"""

import sys
import warnings
from collections.abc import Iterable
from difflib import get_close_matches


class ChainruleError(Exception):
    """Base of every error that chainrule raises on purpose."""


class ArgumentError(ChainruleError, ValueError):
    """An argument is outside its range."""


class UnknownArgumentError(ChainruleError, TypeError):
    """A call names an argument that does not exist."""


class UnknownNameError(ArgumentError):
    """A name (of a loss, a layer, a column ...) that is in no table."""


class ShapeError(ChainruleError, ValueError):
    """Shapes that do not fit together."""


class DTypeError(ChainruleError, TypeError):
    """Data of a type that the operation does not take."""


class DataError(ChainruleError, ValueError):
    """Data that can't be learned from: empty, not finite, labels outside the classes ..."""


class FileError(ChainruleError, OSError):
    """A file that can't be read or written, or is not what it should be."""


class StateError(ChainruleError, RuntimeError):
    """A call out of order: fit before compile, summary before the input shape is known ..."""


class DependencyError(ChainruleError, ImportError):
    """A library that this part of chainrule needs is not installed; the message names the extra that brings it."""


class GradientError(ChainruleError, RuntimeError):
    """A gradient that can't be given: the tape is closed, a variable has changed, nothing connects."""


class EngineWarning(UserWarning):
    """Training runs on the Python engine because the native one lacks a part of the model."""


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line outside chainrule that led here, however deep the call."""
    level, frame = 1, sys._getframe(0)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").partition(".")[0] == "chainrule":
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def did_you_mean(name: str, choices: Iterable[str]) -> str:
    """Return ``"; did you mean 'relu'?"`` for the closest choice, or the list of choices when none is close.

    Examples
    --------
    >>> did_you_mean("rleu", ["relu", "tanh"])
    "; did you mean 'relu'?"
    >>> did_you_mean("zzz", ["tanh", "relu"])
    '; expected one of relu, tanh'
    """
    known = sorted(choices)
    by_folded_name = {choice.replace("_", "").lower(): choice for choice in known}
    close = get_close_matches(name.replace("_", "").lower(), by_folded_name, n=1, cutoff=0.6)
    if close:
        return f"; did you mean {by_folded_name[close[0]]!r}?"
    return f"; expected one of {', '.join(known)}" if known else ""
