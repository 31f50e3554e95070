"""The network for a table: its settings with good defaults, and how it is built."""

from dataclasses import dataclass

import numpy as np

from chainrule import optimizers
from chainrule.layers import Dense, Dropout, Input
from chainrule.models.sequential import Sequential
from chainrule.random import check_seed
from chainrule.tables import ClassTarget, Encoder, NumberTarget
from chainrule.training.batches import check_batch_size
from chainrule.training.fit import check_epochs

EPOCHS = 300


@dataclass(frozen=True)
class Options:
    """The settings of a network for a table."""

    hidden: tuple[int, ...] = (64, 64)
    activation: str = "relu"
    optimizer: str = "adam"
    learning_rate: float | None = None
    batch_size: int | None = None
    epochs: int = EPOCHS
    dropout: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the values by making what they are for."""
        check_seed(self.seed)
        for units in self.hidden:
            Dense(units, activation=self.activation)
        self.make_optimizer()
        Dropout(self.dropout)
        check_epochs(self.epochs, 0)
        check_batch_size(self.batch_size, rows=1)

    def make_optimizer(self) -> optimizers.Optimizer:
        """Return the optimiser, at its own default rate where none is given."""
        optimizer = optimizers.get(self.optimizer)
        if self.learning_rate is not None:
            optimizer.learning_rate = self.learning_rate
        return optimizer

    def batch(self, rows: int) -> int:
        """Return the batch size: 32 for small tables, up to 256 where that still gives about 64 steps an epoch."""
        if self.batch_size is not None:
            return self.batch_size
        return int(min(256, max(32, 1 << int(np.log2(max(1, rows / 64))))))


def build_network(encoder: Encoder, target: ClassTarget | NumberTarget, options: Options) -> Sequential:
    """Return the compiled network for a table: hidden layers, dropout, one output per class or one number."""
    network = Sequential([Input((len(encoder.feature_names),))], name="tabular", seed=options.seed)
    for units in options.hidden:
        network.add(Dense(units, activation=options.activation, kernel_initializer="he_normal"))
        if options.dropout:
            network.add(Dropout(options.dropout))
    if isinstance(target, ClassTarget):
        network.add(Dense(len(target.classes), activation="softmax"))
        network.compile(options.make_optimizer(), loss="sparse_categorical_crossentropy")
    else:
        network.add(Dense(1))
        network.compile(options.make_optimizer(), loss="mean_squared_error")
    first = network.layers[0]
    if isinstance(first, Dense):  # what training never sees must not answer at random: its weights start at 0
        first.kernel.writable()[list(encoder.unknown_slots)] = 0
    return network


def network_shape(network: Sequential) -> str:
    """Return the widths of a network, such as 16-64-64-3."""
    widths = [network.input_shape[-1], *[layer.units for layer in network.layers if isinstance(layer, Dense)]]
    return "-".join(map(str, widths))
