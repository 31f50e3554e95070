"""Which tapes are open in this thread, and what they write down."""

from __future__ import annotations  # a Record names Tensor, which records

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from chainrule.arrays import Array
from chainrule.autodiff.operations import Operation

if TYPE_CHECKING:
    from chainrule.autodiff.tape import GradientTape
    from chainrule.autodiff.tensor import Tensor


# One operation as it ran, enough to apply its gradient rules later: the operation, its inputs, their arrays, its
# output, its attributes, and the sum of the versions of the Variables among the inputs. Versions start at 1 and
# only grow: a sum of 0 means that there is no Variable, an equal sum later on that none has changed.
# A plain tuple, since one is made for every operation.
Record: TypeAlias = "tuple[Operation, tuple[Tensor, ...], Sequence[Array], Tensor, dict[str, Any], int]"


class OpenTapes(threading.local):
    """The stack of open tapes, one per thread."""

    def __init__(self) -> None:
        self.stack: list[GradientTape] = []


OPEN = OpenTapes()
