"""A column that the network does not get."""

from dataclasses import dataclass
from typing import Any, ClassVar, Self

from chainrule.arrays import Array
from chainrule.tables.encodings.encoding import Encoding
from chainrule.tables.state import StateReader
from chainrule.tables.table import Column


@dataclass(frozen=True)
class LeftOut(Encoding):
    """A column that the network does not get, and why."""

    name: str
    reason: str

    treatment: ClassVar[str] = "left out"

    @property
    def feature_names(self) -> tuple[str, ...]:
        """None."""
        return ()

    def encode(self, column: Column, block: Array) -> None:
        """Write nothing."""

    def describe(self) -> str:
        """Return the reason."""
        return self.reason

    def state(self) -> dict[str, Any]:
        """Return the decision as plain values for a JSON file."""
        return {"reason": self.reason}

    @classmethod
    def from_state(cls, name: str, state: StateReader) -> Self:
        """Return the decision that ``state`` was written from."""
        return cls(name, state.text("reason"))
