"""Which tapes are open in this thread, and what they write down."""

import threading
from typing import TYPE_CHECKING, Any, NamedTuple

from chainrule.arrays import Array
from chainrule.autodiff.operations import Operation

if TYPE_CHECKING:
    from chainrule.autodiff.tape import GradientTape
    from chainrule.autodiff.tensor import Tensor


class Record(NamedTuple):
    """One operation as it ran: enough to apply its gradient rules later."""

    operation: Operation
    inputs: "tuple[Tensor, ...]"
    arrays: tuple[Array, ...]
    output: "Tensor"
    attributes: dict[str, Any]
    version: int  # sum of the inputs' versions; each only grows, so an equal sum means that none has changed


class OpenTapes(threading.local):
    """The stack of open tapes, one per thread."""

    def __init__(self) -> None:
        self.stack: list[GradientTape] = []


OPEN = OpenTapes()
