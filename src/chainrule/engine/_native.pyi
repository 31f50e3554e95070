"""What the C++ module offers; addresses are those of arrays that the caller checks and keeps alive."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chainrule.arrays import Array

Block = tuple[int, int, int, int]  # address, number type, row stride, column stride in bytes
# Sum of J times rows, rows, steps, failed, right answers, and the same by the weights of their rows.
Result = tuple[float, int, int, bool, float, float]

class _Session:
    def __init__(self, plan: Mapping[str, Any], batch: int, threads: int, pair: bool = False) -> None: ...
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
        watch: Callable[[int, float], None] | None = None,
        meanwhile: tuple[int, int, int, int, int] | None = None,
    ) -> Result: ...
    def evaluate(
        self, vectors: Sequence[int], rows: Sequence[Block], count: int, batch: int, outputs: int
    ) -> Result: ...
    def gradient(
        self, vectors: Sequence[int], rows: Sequence[Block], count: int, step: int, training: bool, out: int
    ) -> Result: ...
    def train_epochs(
        self,
        judge: _Session | None,
        places: Sequence[int],
        kept: int,
        length: int,
        epochs: int,
        rows: Sequence[Block],
        count: int,
        orders: int,
        ordered: int,
        batch: int,
        first_step: int,
        table: int,
        columns: int,
        outputs: int,
        units: int,
        validation: Sequence[Block],
        validation_count: int,
        validation_batch: int,
        validation_outputs: int,
        flag: Flag,
    ) -> list[tuple[Result, Result]]: ...
    @property
    def last(self) -> Result: ...
    @property
    def drew(self) -> bool: ...
    @property
    def threads(self) -> int: ...
    @property
    def bytes(self) -> int: ...

class Flag:
    def raise_(self) -> None: ...

class _Predictor:
    def __init__(
        self, plan: Mapping[str, Any], parameters: Array, state: Array, count_threads: Callable[[float], int]
    ) -> None: ...
    def outputs(self, x: Any) -> Array | None: ...
    def run(self, inputs: Block, count: int, outputs: int) -> None: ...

class Predictor32(_Predictor): ...
class Predictor64(_Predictor): ...
class Session32(_Session): ...
class Session64(_Session): ...

def isa() -> str: ...
def isas() -> list[str]: ...
def available_threads() -> int: ...
def steps_made() -> int: ...
def steps_paired() -> int: ...
def set_ways(wanted: int) -> None: ...  # by the clock, the usual way, a pair of threads: for tests
def permutation(seed: int, index: int, purpose: int, out: int, count: int, many: int = 1) -> None: ...
def address(array: Array) -> int: ...
def pages(size: int, threads: int) -> Array: ...
def has_pages() -> bool: ...
def pages_kept() -> int: ...
def end() -> None: ...
