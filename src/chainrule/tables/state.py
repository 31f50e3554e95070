"""Reading back what an encoder wrote into a model file: every field is checked, none is trusted."""

import sys
from itertools import pairwise
from typing import Any

from chainrule.errors import FileError


class StateReader:
    """The fields of one JSON object, each read with its expected type.

    Parameters
    ----------
    state : dict as JSON gives it
    where : str
        What the object describes, for the error.

    Raises
    ------
    FileError
        ``state`` is no dictionary; a field is absent or not of the type asked for.

    Examples
    --------
    >>> StateReader({"scale": -1.0}, "column 'age'").number("scale", positive=True)
    Traceback (most recent call last):
    chainrule.errors.FileError: bad model file: column 'age' needs a positive finite number 'scale', got -1.0
    """

    def __init__(self, state: Any, where: str):
        self.where = where
        if not isinstance(state, dict):
            raise FileError(f"bad model file: {where} must be a JSON object, got {type(state).__name__}")
        self._state = state

    def number(self, key: str, positive: bool = False) -> float:
        """Return a finite float, above zero if ``positive``."""
        value: Any = self._state.get(key)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        # Compared, not converted: JSON's integers can be too large for a float.
        if is_number and abs(value) <= sys.float_info.max and (value > 0 or not positive):
            return float(value)
        raise self._error(f"a {'positive ' if positive else ''}finite number", key)

    def optional_number(self, key: str, positive: bool = False) -> float | None:
        """Return a finite float, or ``None`` where the field is null or absent."""
        return None if self._state.get(key) is None else self.number(key, positive)

    def whole(self, key: str, least: int = 0) -> int:
        """Return an integer of at least ``least``."""
        value = self._state.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise self._error(f"a whole number of at least {least} in", key)
        return value

    def flag(self, key: str, absent: bool | None = None) -> bool:
        """Return a boolean; ``absent``, if given, where there is no such field."""
        value = self._state.get(key, absent)
        if not isinstance(value, bool):
            raise self._error("true or false in", key)
        return value

    def text(self, key: str, choices: tuple[str, ...] = ()) -> str:
        """Return a string, one of ``choices`` if any are given."""
        value = self._state.get(key)
        if not isinstance(value, str) or (choices and value not in choices):
            raise self._error(f"one of {', '.join(choices)} in" if choices else "text in", key)
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a string, or ``None`` where the field is null."""
        return None if self._state.get(key, "") is None else self.text(key)

    def texts(self, key: str, at_least: int = 1) -> tuple[str, ...]:
        """Return a list of different strings."""
        value = self.items(key)
        if len(value) < at_least or not all(isinstance(item, str) for item in value) or len(set(value)) != len(value):
            raise self._error(f"at least {at_least} different names in", key)
        return tuple(value)

    def increasing(self, key: str, absent: tuple[float, ...] | None = None) -> tuple[float, ...]:
        """Return a list of finite numbers, each larger than the one before; ``absent``, if given, without the field."""
        if absent is not None and key not in self._state:
            return absent
        numbers = [StateReader({key: value}, self.where).number(key) for value in self.items(key)]
        if any(low >= high for low, high in pairwise(numbers)):
            raise self._error("increasing numbers in", key)
        return tuple(numbers)

    def items(self, key: str) -> list[Any]:
        """Return a list of anything."""
        value = self._state.get(key)
        if not isinstance(value, list):
            raise self._error("a list in", key)
        return value

    def _error(self, expected: str, key: str) -> FileError:
        got = repr(self._state[key])[:60] if key in self._state else "nothing"
        return FileError(f"bad model file: {self.where} needs {expected} {key!r}, got {got}")
