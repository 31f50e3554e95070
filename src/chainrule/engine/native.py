"""The native engine: plans run by the C++ library, whole epochs in one call."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.autodiff import ops
from chainrule.engine import threads
from chainrule.engine.data import Rows
from chainrule.engine.engine import Engine, Network, Position, Progress, Task
from chainrule.engine.lowering import lower, lower_network
from chainrule.engine.plan import Instruction, Plan
from chainrule.engine.python import loss_on_logits

try:
    from chainrule.engine import _native
except ImportError:  # built without a C++ compiler
    _native = None  # type: ignore[assignment]

# Names in the order of the C++ enumerations (native/kernel_table.hpp, native/plan.hpp).
OPERATIONS = (
    "dense", "activation", "softmax", "log_softmax", "dropout", "normalization", "batch_normalization",
    "layer_normalization", "embedding",
)  # fmt: skip
ACTIVATIONS = (
    "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "gelu_tanh", "silu", "mish", "softplus",
    "hard_sigmoid",
)  # fmt: skip
LOSSES = (
    "mean_squared_error", "mean_absolute_error", "huber", "hinge", "poisson", "quantile", "binary_cross_entropy",
    "binary_cross_entropy_logits", "cross_entropy", "cross_entropy_logits", "sparse_cross_entropy",
    "sparse_cross_entropy_logits",
)  # fmt: skip
RULES = (
    "sgd", "momentum", "nesterov", "adam", "amsgrad", "adadelta", "adagrad", "rmsprop", "rmsprop_momentum",
    "rmsprop_centered", "rmsprop_centered_momentum",
)  # fmt: skip
CLIPPINGS = ("none", "clipvalue", "clipnorm", "global_clipnorm")
REDUCTIONS = ("mean", "sum", "weighted_mean")
NUMBERS = ("float32", "float64", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")

EVALUATION_ROWS = 1024  # at a time where nothing is trained: their buffers stay in the cache
NOTHING = (0, 0, 0, 0)


def available() -> bool:
    """Return whether the C++ library was built."""
    return _native is not None


@dataclass
class _Sessions:
    """The sessions made for one plan, by batch size and number of threads."""

    plan: Plan
    description: dict[str, Any]
    made: dict[tuple[int, int], Any]

    @classmethod
    def of(cls, plan: Plan) -> "_Sessions":
        return cls(plan, describe_plan(plan), {})

    def get(self, dtype: np.dtype[Any], batch: int) -> Any:
        """Return a session for batches of this size."""
        key = (batch, threads.count(work(self.plan.instructions) * batch))
        if key not in self.made:
            cls = _native.Session32 if dtype == np.float32 else _native.Session64
            if len(self.made) > 4:  # sizes change now and then; buffers of old ones are let go
                self.made.clear()
            self.made[key] = cls(self.description, *key)
        return self.made[key]


class NativeEngine(Engine):
    """Runs the models that a Plan covers; `lowering.lower` says which part of another one it lacks."""

    name = "native"

    def __init__(self) -> None:
        self._training: _Sessions | None = None
        self._inference: _Sessions | None = None

    def run(
        self, task: Task, position: Position, data: Rows, order: Array, batch_size: int, start: int, stop: int
    ) -> Progress:
        """Train on batches ``start`` to ``stop - 1``."""
        network = task.network
        session = self._trained(task).get(network.dtype, batch_size)
        rows = np.ascontiguousarray(order[start * batch_size : stop * batch_size], np.int64)
        table = task.optimizer.scalar_table(position.step, position.step + stop - start, network.dtype).values
        units = self._training.plan.instructions[-1].outputs if self._training else 0
        outputs = np.empty((len(rows) if task.metrics else 0, units), network.dtype)
        blocks, kept = _blocks(data, network)
        parameters, state = network.parameters.writable(), network.state.writable()
        vectors = [_at(parameters), _at(state), *(_at(position.slots[name]) for name in task.optimizer.slots)]
        try:
            loss_sum, count, steps, failed = session.train(
                vectors, blocks, len(data), _at(rows), len(rows), batch_size, 0, stop - start, position.step, _at(table),
                table.shape[1], _at(outputs),
            )  # fmt: skip
        except KeyboardInterrupt:  # the steps before it are made
            position.step += session.last[2]
            raise
        del kept
        position.step += steps
        if task.metrics and count:
            _measure(task, data.take(rows[:count]), outputs[:count])
        return Progress(loss_sum, count, position.step if failed else None)

    def evaluate(self, task: Task, data: Rows, batch_size: int) -> float:
        """Return the mean loss over the rows."""
        network = task.network
        session = self._trained(task).get(network.dtype, min(batch_size, len(data)))
        units = self._training.plan.instructions[-1].outputs if self._training else 0
        outputs = np.empty((len(data) if task.metrics else 0, units), network.dtype)
        blocks, kept = _blocks(data, network)
        loss_sum, rows, _, _ = session.evaluate(
            _vectors(network), blocks, len(data), min(batch_size, len(data)), _at(outputs)
        )
        del kept
        if task.metrics:
            _measure(task, data, outputs)
        return float(loss_sum / rows)

    def predict(self, network: Network, data: Rows, batch_size: int) -> Array:
        """Return the outputs for all rows."""
        instructions = lower_network(network)
        if self._inference is None or self._inference.plan.instructions != instructions:
            self._inference = _Sessions.of(Plan(instructions))
        size = min(batch_size, EVALUATION_ROWS, len(data))
        outputs = np.empty((len(data), instructions[-1].outputs), network.dtype)
        blocks, kept = _blocks(Rows(data.x), network)
        self._inference.get(network.dtype, size).evaluate(_vectors(network), blocks, len(data), size, _at(outputs))
        del kept
        return outputs.reshape(len(data), *[n for n in network.output_shape[1:] if n is not None])

    def loss_and_gradient(self, task: Task, data: Rows, training: bool = False) -> tuple[float, Array]:
        """Return J over these rows and dJ/dW as one flat vector."""
        network = task.network
        session = self._trained(task).get(network.dtype, len(data))
        gradient = np.zeros(len(network.parameters), network.dtype)
        blocks, kept = _blocks(data, network)
        loss_sum, rows, _, _ = session.gradient(_vectors(network), blocks, len(data), 0, training, _at(gradient))
        del kept
        return float(loss_sum / rows), gradient

    def _trained(self, task: Task) -> _Sessions:
        """Return the sessions for training; lowering again costs little, and sees a new seed or a frozen layer."""
        plan = lower(task)
        if self._training is None or self._training.plan != plan:
            self._training = _Sessions.of(plan)
        return self._training


def work(instructions: Sequence[Instruction]) -> float:
    """Return the multiplications of one example, forward and backward."""
    return 3.0 * sum(i.inputs * i.outputs if i.operation == "dense" else i.outputs for i in instructions)


def describe_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as the C++ library reads it; without a loss and an optimiser it can only predict."""
    loss, optimizer = plan.loss, plan.optimizer
    numbers = optimizer.numbers if optimizer else {}
    return {
        "instructions": [_describe(instruction) for instruction in plan.instructions],
        "segments": list(plan.segments),
        "loss": LOSSES.index(loss.name) if loss else 0,
        "loss_parameter": loss.parameter if loss else 0.0,
        "sparse_labels": loss.sparse if loss else False,
        "reduction": REDUCTIONS.index(loss.reduction) if loss else 0,
        "optimizer": RULES.index(optimizer.rule) if optimizer else 0,
        **{name: numbers.get(name, 0.0) for name in ("momentum", "beta_1", "beta_2", "rho", "epsilon")},
        "clipping": CLIPPINGS.index(optimizer.clipping) if optimizer else 0,
        "clip_limit": optimizer.clip_limit if optimizer else 0.0,
    }


def _describe(instruction: Instruction) -> dict[str, Any]:
    attributes = dict(instruction.attributes)
    if "activation" in attributes:
        attributes["activation"] = ACTIVATIONS.index(attributes["activation"])
    operands = {name: (o.vector == "parameters", o.offset) for name, o in instruction.operands.items()}
    return {
        "operation": OPERATIONS.index(instruction.operation),
        "inputs": instruction.inputs,
        "outputs": instruction.outputs,
        **operands,
        **attributes,
    }


def _at(array: Array) -> int:
    return array.ctypes.data if array.size else 0


def _vectors(network: Network) -> list[int]:
    return [_at(network.parameters.values), _at(network.state.values)]


def _blocks(data: Rows, network: Network) -> tuple[list[tuple[int, int, int, int]], list[Array]]:
    """Return inputs, targets and weights as the C++ library reads them, and the arrays to keep alive meanwhile."""
    kept = [_readable(array) for array in (data.x, data.y, data.weight) if array is not None]
    blocks = [_block(array) for array in kept]
    present = [array is not None for array in (data.x, data.y, data.weight)]
    described = iter(blocks)
    return [next(described) if there else NOTHING for there in present], kept


def _readable(array: Array) -> Array:
    """Return an array of a type that is read as it is; only rare ones are converted."""
    if array.dtype == np.bool_:
        array = array.view(np.uint8)
    elif array.dtype.name not in NUMBERS or not array.dtype.isnative:
        array = array.astype(np.float32 if array.dtype.itemsize <= 4 else np.float64)
    return array if array.ndim <= 2 else array.reshape(len(array), -1)


def _block(array: Array) -> tuple[int, int, int, int]:
    column = array.strides[1] if array.ndim == 2 else 0
    return array.ctypes.data, NUMBERS.index(array.dtype.name), array.strides[0], column


def _measure(task: Task, data: Rows, outputs: Array) -> None:
    """Update the metrics; they see probabilities also where the loss works on logits."""
    loss = task.loss
    if loss.activation is not None and (loss.from_logits or loss_on_logits(loss, task.network.layers[-1]) is not None):
        outputs = (ops.sigmoid if loss.activation == "sigmoid" else ops.softmax)(outputs).numpy()
    for metric in task.metrics:
        metric.update_state(data.y, outputs, data.weight)
