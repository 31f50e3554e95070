"""What the C++ module offers; addresses are those of arrays that the caller checks and keeps alive."""

from collections.abc import Mapping, Sequence
from typing import Any

Block = tuple[int, int, int, int]  # address, number type, row stride, column stride in bytes
Result = tuple[float, int, int, bool]  # sum of J times rows, rows, steps, failed

class _Session:
    def __init__(self, plan: Mapping[str, Any], batch: int, threads: int) -> None: ...
    def train(
        self,
        vectors: Sequence[int],
        rows: Sequence[Block],
        count: int,
        order: int,
        ordered: int,
        batch: int,
        start: int,
        stop: int,
        first_step: int,
        table: int,
        columns: int,
        outputs: int,
    ) -> Result: ...
    def evaluate(
        self, vectors: Sequence[int], rows: Sequence[Block], count: int, batch: int, outputs: int
    ) -> Result: ...
    def gradient(
        self, vectors: Sequence[int], rows: Sequence[Block], count: int, step: int, training: bool, out: int
    ) -> Result: ...
    @property
    def last(self) -> Result: ...
    @property
    def threads(self) -> int: ...

class Session32(_Session): ...
class Session64(_Session): ...

def isa() -> str: ...
def isas() -> list[str]: ...
def available_threads() -> int: ...
def steps_made() -> int: ...
def permutation(seed: int, index: int, purpose: int, out: int, count: int) -> None: ...
