"""Evidence: everything that checks look at, gathered in one place and each part only when it is first asked for."""

import copy
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from chainrule import losses
from chainrule.analysis.diagnosis.probe import STEPS, Trainer, draw_again, peak_rate
from chainrule.analysis.diagnosis.reference import MOST_ROWS, Reference, reference, skill
from chainrule.analysis.diagnosis.statistics import LayerStatistics, activation_of, layer_statistics
from chainrule.arrays import Array
from chainrule.engine.data import Rows
from chainrule.engine.engine import Task
from chainrule.errors import ArgumentError
from chainrule.layers import BatchNormalization, CategoryEmbedding, Embedding, LayerNormalization, Normalization
from chainrule.models.outputs import check_outputs, classes_of
from chainrule.random import generator
from chainrule.tables.table import Column
from chainrule.training.history import History

STATISTICS_ROWS = 2000  # that layer statistics are taken over
_UNKNOWN_STEPS = 10_000  # of a schedule, where no training says how many there are


class Measurement(NamedTuple):
    """A network's statistics by layer, and its mean loss without penalties, on some rows."""

    layers: list[LayerStatistics]
    loss: float


class Evidence:
    """What is known of a model, its data and its training.

    Parameters
    ----------
    model : Sequential
        A copy that may be changed: compiled, built.
    x, y : arrays
    sample_weight : array (rows,) or None
    names : sequence of str
        Of the features.
    columns : sequence of Column, optional
        What the features come from, where they were encoded; a leak is looked for in these.
    answers : array, optional
        The targets in the columns' terms.
    class_names : sequence of str, optional
        What the classes are called; default: their codes.
    untrained : sequence of int
        Features that are constant on purpose.
    batch_size : int, optional
        Default: that of the last training, or 32.
    seed : int
        Of the choice of rows.
    """

    def __init__(
        self,
        model: Any,
        x: Array,
        y: Array,
        sample_weight: Array | None = None,
        names: Sequence[str] | None = None,
        columns: Sequence[Column] | None = None,
        answers: Array | None = None,
        class_names: Sequence[str] | None = None,
        untrained: Sequence[int] = (),
        batch_size: int | None = None,
        seed: int = 0,
    ) -> None:
        self.model, self.seed, self.untrained = model, seed, tuple(untrained)
        model.ensure_built(x)
        self.loss: losses.Loss = model.loss
        self.given_y = y
        self.rows = Rows(x, self.loss.check_targets(y, model.output_shape), sample_weight)
        self.names = tuple(names) if names is not None else tuple(f"feature {i}" for i in range(x.shape[-1]))
        self._columns, self._answers = columns, answers
        self._class_names = class_names
        self.history: History | None = model.history
        params = self.history.params if self.history else {}
        self.batch_size = min(batch_size or params.get("batch_size", 32), len(x))
        steps = params["steps"] * max(1, len(self.history.epoch)) if self.history else _UNKNOWN_STEPS
        self.rate = peak_rate(model.optimizer.learning_rate, steps)

    # The model

    @cached_property
    def refused(self) -> str:
        """Why the model itself refuses its loss, "" if it does not."""
        try:
            check_outputs(self.model.layers[-1], self.loss)
        except ArgumentError as error:
            return str(error)
        return ""

    @property
    def last_activation(self) -> str:
        """The name of the last layer's activation, "" if it has none of the table."""
        activation = activation_of(self.model.layers[-1])
        return "" if activation is None else activation.name

    @property
    def range_of_outputs(self) -> tuple[float, float] | None:
        """The smallest and largest output that the last activation can give; None where it is none of the table."""
        activation = activation_of(self.model.layers[-1])
        return None if activation is None else activation.range

    @property
    def trained(self) -> bool:
        """Whether `fit` was called."""
        return self.history is not None

    # The data

    @cached_property
    def numbers(self) -> list[int]:
        """The features that the first layer takes as numbers as they come: neither codes nor scaled by it."""
        first = self.model.layers[0]
        if isinstance(first, Normalization | BatchNormalization | LayerNormalization | Embedding) or self.x.ndim != 2:
            return []
        codes = first.columns if isinstance(first, CategoryEmbedding) else ()
        return [i for i in range(self.x.shape[1]) if i not in codes]

    @property
    def x(self) -> Array:
        """The inputs."""
        return self.rows.x

    @cached_property
    def few(self) -> Rows:
        """`STATISTICS_ROWS` rows at most, drawn by the seed."""
        return self._some(STATISTICS_ROWS)

    def _some(self, count: int) -> Rows:
        return self.rows.take(generator(self.seed, "sample", 2).permutation(len(self.x))[:count])

    @cached_property
    def classes(self) -> Array | None:
        """Class codes (rows,), None where the loss is not one of classes."""
        return classes_of(self.loss, self.rows.y)

    @cached_property
    def class_count(self) -> int:
        """The number of classes that the outputs stand for; 0 where they stand for none."""
        if self.classes is None:
            return 0
        return max(2, self.class_outputs)

    def class_name(self, code: int) -> str:
        """Return what a class is called."""
        return str(code) if self._class_names is None else self._class_names[code]

    def targets(self, rows: Rows) -> Array:
        """Return targets as columns: an indicator for each class, or the numbers."""
        codes = classes_of(self.loss, rows.y)
        y: Any = np.eye(self.class_count)[codes] if codes is not None else rows.y
        return np.asarray(y, np.float64).reshape(len(rows), -1)

    @cached_property
    def columns(self) -> tuple[Sequence[Column], Array]:
        """The columns in which a leak is looked for, and what they may give away."""
        if self._columns is not None and self._answers is not None:
            return self._columns, self._answers
        x = np.asarray(self.x, np.float64)
        columns = [Column(name, "number", x[:, i]) for i, name in enumerate(self.names)] if x.ndim == 2 else []
        y = self.classes if self.classes is not None else self.rows.y
        return columns, np.asarray(y)

    @cached_property
    def baseline(self) -> float:
        """The loss of the best constant answer: of classes the entropy of their shares, of squares the variance."""
        targets = self.targets(self.few)
        if self.classes is not None:
            share = np.clip(targets.mean(axis=0), 1e-7, 1)  # as losses do: a class may have no row here
            constant = [share if self.class_outputs > 1 else share[1:]]
            if self.loss.from_logits:
                logit = np.log(share)
                constant = [logit if self.class_outputs > 1 else logit[1:] - logit[:1]]
        else:
            constant = [targets.mean(axis=0), np.median(targets, axis=0)]
        return min(self._constant_loss(answer) for answer in constant)

    @property
    def class_outputs(self) -> int:
        """The number of outputs."""
        return int(self.model.output_shape[-1])

    @cached_property
    def uninformed(self) -> float:
        """The theoretical loss at the start: of equal answers for all classes (log C), else the `baseline`."""
        if self.classes is None:
            return self.baseline
        equal = np.full(self.class_outputs, 0.0 if self.loss.from_logits else 1 / self.class_count)
        return self._constant_loss(equal)

    def _constant_loss(self, answer: Array) -> float:
        outputs = np.broadcast_to(answer, (len(self.few), *self.model.output_shape[1:])).astype(np.float64)
        y: Any = self.few.y
        values = self.loss.values(y if y.dtype.kind in "iu" else y.astype(np.float64), outputs)
        return float(np.average(values.numpy(), weights=self.few.weight))

    @cached_property
    def reference(self) -> Reference:
        """What simple learners reach on the same data."""
        rows = self._some(MOST_ROWS)
        x = np.asarray(rows.x, np.float64).reshape(len(rows), -1)
        return reference(x, self.targets(rows), self.classes is not None)

    # The network

    @cached_property
    def outputs(self) -> Array:
        """The outputs for all rows, of classes one column for each."""
        with np.errstate(all="ignore"):
            outputs = np.asarray(self.model.predict(self.x), np.float64).reshape(len(self.x), -1)
        if self.classes is not None and outputs.shape[1] == 1:
            middle = 0.0 if self.loss.from_logits else 0.5
            outputs = np.hstack([2 * middle - outputs, outputs])
        return outputs

    @cached_property
    def probabilities(self) -> Array:
        """Of classes: the outputs as probabilities (rows, classes)."""
        if not self.loss.from_logits:
            return self.outputs
        logits = self.outputs / (2 if self.class_outputs == 1 else 1)  # `outputs` has a single logit with both signs
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))

    @cached_property
    def skill(self) -> float:
        """How far from guessing to certainty the network is, by accuracy or R2."""
        return self._skill(balanced=False)

    @cached_property
    def balanced_skill(self) -> float:
        """The same by balanced accuracy, of numbers R2."""
        return self._skill(balanced=True)

    def _skill(self, balanced: bool) -> float:
        targets = self.targets(self.rows)
        if targets.shape != self.outputs.shape or not np.isfinite(self.outputs).all():
            return float("nan")
        return skill(targets, self.outputs, self.classes is not None, balanced)

    @cached_property
    def now(self) -> Measurement:
        """The network as it is."""
        return self._measure(self.model)

    @cached_property
    def start(self) -> Measurement:
        """The network as it began: drawn again from its seed where `fit` has changed it since."""
        if not self.trained:
            return self.now
        model = copy.deepcopy(self.model)
        draw_again(model)
        return self._measure(model)

    def _measure(self, model: Any) -> Measurement:
        trainer = (
            self.trainer if model is self.model else Trainer(model, self.rows, self.rate, self.batch_size, self.seed)
        )
        copied = copy.deepcopy(model)
        task = Task(copied, self.loss, copied.optimizer, ())
        layers, values = layer_statistics(task, self.few, trainer.updates())
        return Measurement(layers, float(np.average(values, weights=self.few.weight)))

    # The training

    @cached_property
    def trainer(self) -> Trainer:
        """Makes short trainings of copies."""
        return Trainer(self.model, self.rows, self.rate, self.batch_size, self.seed)

    @cached_property
    def _probes(self) -> dict[Any, float]:
        return {}

    def fresh(self, rate: float = 1.0, batch_size: int | None = None) -> float:
        """Return the loss after a short training from the start, in baselines."""
        return self._probe(True, rate, batch_size)

    def onward(self, rate: float = 1.0) -> float:
        """Return the loss after a short training that goes on, in baselines."""
        return self._probe(False, rate, None)

    def _probe(self, fresh: bool, rate: float, batch_size: int | None) -> float:
        key = fresh and self.trained, rate, batch_size
        if key not in self._probes:
            self._probes[key] = self.trainer.loss(fresh=key[0], rate=rate, batch_size=batch_size) / self.unit
        return self._probes[key]

    @property
    def unit(self) -> float:
        """The baseline as a unit of losses, never 0, as it is where all targets are equal."""
        return max(self.baseline, 1e-12)

    @cached_property
    def reached(self) -> float:
        """The loss that training has reached, in baselines; infinite where it is not finite.

        The lower one of that on these rows, some of which may have been held out, and that of the last epoch.
        """
        if not self.trained:
            return self.fresh()
        losses = [self.now.loss, *self.curve("loss")[-1:]]
        return min((float(loss) for loss in losses if np.isfinite(loss)), default=float("inf")) / self.unit

    @property
    def short(self) -> bool:
        """Whether the run had fewer steps than the short trainings."""
        return self.history is not None and self.history.params["steps"] * len(self.history.epoch) < STEPS

    @cached_property
    def reached_in_time(self) -> float:
        """`reached`; of a short run what it reaches in as many more steps as the short trainings have.

        This is what a short training at another setting is compared with.
        """
        return min(self.reached, self.onward()) if self.short else self.reached

    @cached_property
    def around(self) -> float:
        """The loss, in baselines, around which the last third of the epochs moves; of a short run `reached_in_time`.

        A single epoch, the last say, can be low by luck. It is the median of the training or of the validation losses,
        whichever is lower: the one counts noise such as dropout's, the other rows that are new.
        """
        if self.short or not self.trained:
            return self.reached_in_time
        medians = [float(np.median(curve)) for name in ("loss", "val_loss") if len(curve := self.last_third(name))]
        return min((loss for loss in medians if np.isfinite(loss)), default=float("inf")) / self.unit

    def last_third(self, name: str) -> Array:
        """Return the last third of a curve, one epoch at least."""
        curve = self.curve(name)
        return curve[-max(1, len(curve) // 3) :]

    @property
    def validation_rows(self) -> int:
        """The number of rows that the validation loss is over, 1 at least."""
        return max(1, self.history.params["validation_rows"]) if self.history else 1

    def curve(self, name: str) -> Array:
        """Return a curve of the history, empty where it has none of that name."""
        values = self.history.history.get(name, []) if self.history else []
        return np.asarray(values, np.float64)
