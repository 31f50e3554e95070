"""The native engine: plans run by the C++ library, whole epochs in one call."""

import atexit
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule import changes
from chainrule.arrays import Array
from chainrule.engine import threads
from chainrule.engine.blocks import address, block, blocks, converted, is_readable, portions, rows_together
from chainrule.engine.data import CHUNK, Rows
from chainrule.engine.description import describe_plan
from chainrule.engine.engine import Draw, Engine, Network, Position, Progress, Task, Watch
from chainrule.engine.lowering import EMBEDDINGS, UnsupportedError, keeps_last_activation, lower, lower_network
from chainrule.engine.measures import Measures, is_plain, mean_loss, taken
from chainrule.engine.plan import Instruction, Plan
from chainrule.errors import ArgumentError, StateError
from chainrule.layers.noise import Noise
from chainrule.optimizers.moving_average import SLOT as AVERAGE
from chainrule.random import PURPOSES, generator

try:
    from chainrule.engine import _native
except ImportError:  # built without a C++ compiler
    _native = None  # type: ignore[assignment]
else:
    atexit.register(_native.end)  # threads that still train let go before the interpreter does

EVALUATION_ROWS = 1024  # at a time where nothing is trained: their buffers stay in the cache
MOST_PERMUTED = 1 << 32  # beyond, NumPy draws 64 bits for a place
MOST_IDLE, MOST_IDLE_BYTES = 4, 1 << 26  # of other sizes than the last one's


def available() -> bool:
    """Return whether the C++ library was built."""
    return _native is not None


def instruction_set() -> str:
    """Return the name of the instruction set in use: "baseline", "avx2", "avx512" or "neon"."""
    try:
        return _native.isa()
    except RuntimeError as error:
        raise ArgumentError(str(error)) from None


def new_flag() -> Any:
    """Return a flag by which a thread stops what others run, None where the library was not built."""
    return _native.Flag() if available() else None


def steps_made() -> int:
    """Return how many training steps the C++ library has made in this process; 0 where it was not built."""
    return _native.steps_made() if available() else 0


def _draw(draw: Draw | None) -> tuple[int, int, int, int, int] | None:
    """Return an order to be drawn as the C++ library reads it; None where no core would be idle."""
    if draw is None or draw.drawn or threads.maximum() == 1:
        return None
    return draw.seed, draw.index, PURPOSES.index(draw.purpose) + 1, address(draw.order), len(draw.order)


def permutation(seed: int, purpose: str, index: int, count: int) -> Array:
    """Return ``generator(seed, purpose, index).permutation(count)``, three times as fast where the library was built.

    Examples
    --------
    >>> sorted(permutation(0, "shuffle", 1, 4).tolist())
    [0, 1, 2, 3]
    """
    order: Array = permutations(seed, purpose, index, 1, count)[0]
    return order


def permutations(seed: int, purpose: str, first: int, many: int, count: int) -> Array:
    """Return those of the indices from ``first`` on, one a row.

    Examples
    --------
    >>> permutations(0, "shuffle", 1, 3, 4).shape
    (3, 4)
    """
    if not available() or count > MOST_PERMUTED:
        return np.stack([generator(seed, purpose, first + i).permutation(count) for i in range(many)])
    orders = np.empty((many, count), np.int64)
    _native.permutation(seed, first, PURPOSES.index(purpose) + 1, address(orders), count, many)
    return orders


@dataclass
class _Sessions:
    """The sessions made for one plan that are not at work, by batch size, threads and whether two may be a pair."""

    plan: Plan
    description: dict[str, Any]
    idle: dict[tuple[int, int, bool], Any]

    @classmethod
    def of(cls, plan: Plan) -> "_Sessions":
        return cls(plan, describe_plan(plan), {})

    @contextmanager
    def borrow(self, dtype: np.dtype[Any], batch: int) -> Iterator[Any]:
        """Give a session for batches of this size, to one caller at a time: its buffers are not shared."""
        with threads.at_work():
            key = (batch, threads.count(work(self.plan.instructions) * batch), threads.limit() > 1)
            session = self.idle.pop(key, None)
            if session is None:
                session = (_native.Session32 if dtype == np.float32 else _native.Session64)(self.description, *key)
            try:
                yield session
            finally:
                if len(self.idle) > MOST_IDLE or sum(other.bytes for other in self.idle.values()) > MOST_IDLE_BYTES:
                    self.idle.clear()  # sizes change now and then; buffers of old ones are let go
                self.idle[key] = session


class _Lowered:
    """A network's instructions; good until a layer, or what its weights lie in, changes."""

    def __init__(self, network: Network, keep_last_activation: bool = True) -> None:
        self._stamp, self.parameters, self.state = changes.stamp(), network.parameters, network.state
        self.keeps_last_activation = keep_last_activation
        self.instructions = lower_network(network, keep_last_activation)

    def fits(self, network: Network) -> bool:
        """Whether they still say what the network computes."""
        return self._stamp is changes.stamp() and self.parameters is network.parameters and self.state is network.state


class _Prepared(_Lowered):
    """A network's forward pass as the C++ library has it."""

    def __init__(self, network: Network) -> None:
        super().__init__(network)
        predictor = _native.Predictor32 if network.dtype == np.float32 else _native.Predictor64
        vectors = self.parameters.values, self.state.values
        self.native = predictor(describe_plan(Plan(self.instructions)), *vectors, threads.count)
        # Rows of features to rows of outputs, and no codes to check: features may be anything finite.
        flat = len(network.input_shape) == len(network.output_shape) == 2
        self.at_once = flat and all(i.operation != "embedding" for i in self.instructions)


class NativeEngine(Engine):
    """Runs the models that a Plan covers; `lowering.lower` says which part of another one it lacks."""

    name = "native"

    def __init__(self) -> None:
        self._training: _Sessions | None = None
        self._lowered: _Lowered | None = None
        self._prepared: _Prepared | None = None
        self._checked: Callable[[], Rows | None] = lambda: None
        self._judged: tuple[Callable[[], Rows | None], bool] = self._checked, False

    def __reduce__(self) -> Any:
        return NativeEngine, ()  # sessions are buffers of this process; a copy makes its own

    def run(
        self,
        task: Task,
        position: Position,
        data: Rows,
        order: Array,
        batch_size: int,
        start: int,
        stop: int,
        watch: Watch | None = None,
        meanwhile: Draw | None = None,
    ) -> Progress:
        """Train on batches ``start`` to ``stop - 1``."""
        self.look_at(task, data)
        rows = np.ascontiguousarray(order[start * batch_size : stop * batch_size], np.int64)
        sessions = self.trained(task)
        measures = Measures(task, sessions.plan, self.counts(sessions.plan, data))
        size, readable = measures.rows_together(batch_size, len(rows)), is_readable(data)
        if readable and size >= len(rows):
            return self._train(sessions, measures, position, data, rows, batch_size, watch, meanwhile)
        total, size = Progress(), size if readable else min(size, rows_together(data, batch_size))
        for first in range(0, len(rows), size):
            part, taken = data, rows[first : first + size]
            if not readable:
                part, taken = converted(data.take(taken)), np.arange(len(taken))
            total.add(self._train(sessions, measures, position, part, taken, batch_size, None))
            if total.failed_step is not None:
                break
            if watch is not None:
                watch(-(-total.rows // batch_size), total.loss)
        return total

    def look_at(self, task: Task, data: Rows) -> None:
        """Refuse rows that can't be trained on; of one `fit` they are looked at once."""
        if self._checked() is not data:
            _check_codes(task.network, data)
            self._checked = weakref.ref(data)

    def _train(
        self,
        sessions: _Sessions,
        measures: Measures,
        position: Position,
        data: Rows,
        rows: Array,
        batch_size: int,
        watch: Watch | None,
        meanwhile: Draw | None = None,
    ) -> Progress:
        """Make the steps of these rows, in this order."""
        network, optimizer, steps = measures.task.network, measures.task.optimizer, -(-len(rows) // batch_size)
        table = optimizer.scalar_table(position.step, position.step + steps, network.dtype).values
        outputs = measures.outputs(len(rows))
        parameters, state = network.parameters.writable(), network.state.writable()
        optimizer.check_state(position.slots, len(parameters))
        average = address(position.slots[AVERAGE]) if optimizer.average else 0
        slots = [address(position.slots[name]) for name in optimizer.initial_slots]
        vectors = [address(parameters), address(state), average, *slots]
        with sessions.borrow(network.dtype, batch_size) as session:
            try:
                result = session.train(
                    vectors, blocks(data), len(data), address(rows), len(rows), batch_size, 0, steps, position.step,
                    address(table), table.shape[1], address(outputs), watch, _draw(meanwhile),
                )  # fmt: skip
                if meanwhile is not None:
                    meanwhile.drawn = meanwhile.drawn or session.drew
            except BaseException:  # Ctrl-C, or what another signal's handler raises: the steps before it are made
                position.step += session.last[2]
                raise
        return taken(result, measures, position, data, rows, outputs)

    def evaluate(self, task: Task, data: Rows, batch_size: int) -> float:
        """Return the mean loss over the rows."""
        _check_codes(task.network, data)
        sessions = self.trained(task)
        counts = self.counts(sessions.plan, data)
        total = self._judge(sessions, Measures(task, sessions.plan, counts), data, batch_size)
        return mean_loss(task, total, data, task.network.layers)

    def _judge(self, sessions: _Sessions, measures: Measures, data: Rows, batch_size: int) -> float:
        """Return the sum of the batches' losses by their mass, and take the rows into the metrics."""
        network, size, total = measures.task.network, min(batch_size, EVALUATION_ROWS, len(data)), 0.0
        right = weighted = 0.0
        for part in portions(data, size, measures.rows_together(size, len(data))):
            outputs = measures.outputs(len(part))
            with sessions.borrow(network.dtype, size) as session:
                result = session.evaluate(_vectors(network), blocks(part), len(part), size, address(outputs))
            total, right, weighted = total + result[0], right + result[4], weighted + result[5]
            if measures.keeps_outputs:
                measures.update(part.y, part.weight, len(part), outputs, 0.0, 0.0)
        if measures.counted and not np.isfinite(total):  # the metrics say what is wrong with the outputs
            return self._judge(sessions, Measures(measures.task, sessions.plan, counted=False), data, batch_size)
        if measures.counted:
            measures.update(None, data.weight, len(data), np.empty(0), right, weighted)
        return total

    def counts(self, plan: Plan, data: Rows) -> bool:
        """Whether answers to these rows are counted in the pass; of one `fit` the labels are looked at once."""
        if plan.accuracy is None or data.y is None:
            return False
        if self._judged[0]() is not data:
            self._judged = weakref.ref(data), is_plain(data.y, plan.accuracy)
        return self._judged[1]

    def predict(self, network: Network, data: Rows, batch_size: int) -> Array:
        """Return the outputs for all rows."""
        prepared = self._prepare(network)
        _check_codes(network, data)
        outputs, first = np.empty((len(data), prepared.instructions[-1].outputs), network.dtype), 0
        for part in portions(Rows(data.x), EVALUATION_ROWS, len(data)):
            prepared.native.run(block(part.x), len(part), address(outputs[first:]))
            first += len(part)
        return outputs.reshape(len(data), *[n for n in network.output_shape[1:] if n is not None])

    def predict_at_once(self, network: Network, x: Any) -> Array | None:
        """Return the outputs for an array of finite float32 or float64 rows, None for any other inputs."""
        prepared = self._prepared
        if prepared is None or not prepared.at_once or not prepared.fits(network):
            return None
        return prepared.native.outputs(x)

    def _prepare(self, network: Network) -> _Prepared:
        """Return the network's forward pass, lowered again if something has changed."""
        prepared = self._prepared
        while prepared is None or not prepared.fits(network):  # another thread may change it meanwhile
            try:
                prepared = self._prepared = _Prepared(network)
            except UnsupportedError as reason:
                raise _changed(reason) from None
        return prepared

    def loss_and_gradient(self, task: Task, data: Rows, training: bool = False) -> tuple[float, Array]:
        """Return J over these rows and dJ/dW as one flat vector."""
        network = task.network
        _check_codes(network, data)
        gradient = np.zeros(len(network.parameters), network.dtype)
        step = next((layer.stream.step for layer in network.layers if isinstance(layer, Noise) and layer.stream), 0)
        rows = data if is_readable(data) else converted(data)
        with self.trained(task).borrow(network.dtype, len(data)) as session:
            loss_sum, *_ = session.gradient(
                _vectors(network), blocks(rows), len(data), step, training, address(gradient)
            )
        if training:
            network.seek(step + 1)
        return float(loss_sum / task.loss.mass(len(data), data.weight)), gradient

    def trained(self, task: Task) -> _Sessions:
        """Return the sessions for training; what is not a layer's, such as a momentum, is looked at each time."""
        network, lowered = task.network, self._lowered
        keep = keeps_last_activation(task)
        try:
            if lowered is None or not lowered.fits(network) or lowered.keeps_last_activation is not keep:
                lowered = self._lowered = _Lowered(network, keep)
            plan = lower(task, lowered.instructions)
        except UnsupportedError as reason:
            raise _changed(reason) from None
        if self._training is None or self._training.plan != plan:
            self._training = _Sessions.of(plan)
        return self._training


def _changed(reason: UnsupportedError) -> StateError:
    return StateError(f"the model has changed since it was compiled: {reason}; compile it again")


def work(instructions: Sequence[Instruction]) -> float:
    """Return the multiplications of one example, forward and backward."""
    return 3.0 * sum(i.inputs * i.outputs if i.operation == "dense" else i.outputs for i in instructions)


def _vectors(network: Network) -> list[int]:
    return [address(network.parameters.values), address(network.state.values)]


def _check_codes(network: Network, data: Rows) -> None:
    """Refuse codes that name no row of an embedding, which reads what they name."""
    for layer in network.layers:
        if isinstance(layer, EMBEDDINGS):
            rows = max(1, CHUNK // max(1, data.x.size // len(data)))
            for first in range(0, len(data), rows):
                layer.codes(data.x[first : first + rows])
