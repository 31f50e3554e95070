"""Model: what can be compiled, trained, evaluated and asked for predictions; Keras's verbs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np

from chainrule import losses, metrics, optimizers
from chainrule.arrays import Array, is_number, whole_number
from chainrule.configurable import Configurable, named_arguments
from chainrule.engine import check_name, choose
from chainrule.engine.data import Rows, as_array, check_inputs, check_weights
from chainrule.engine.engine import Engine, Position, Task
from chainrule.engine.memory import zeros
from chainrule.engine.parameters import ParameterVector
from chainrule.errors import ArgumentError, DataError, ShapeError, StateError
from chainrule.layers.layer import Layer
from chainrule.metrics import Metric
from chainrule.models.outputs import check_outputs, classes_of, loss_name
from chainrule.models.turns import Turns, takes_turns
from chainrule.optimizers.ranges import positive
from chainrule.random import check_seed
from chainrule.training import batches
from chainrule.training.callbacks import Callback, listed
from chainrule.training.fit import Settings, Trainer, check_class_weight, check_epochs, evaluate, evaluation_batch
from chainrule.training.history import History


class Model(Configurable, ABC):
    """Base of models. The structure is the subclass's business; training is here."""

    seed: int
    dtype: np.dtype[Any]
    parameters: ParameterVector
    state: ParameterVector
    turns: Turns
    stop_training = False
    history: History | None = None
    optimizer: optimizers.Optimizer
    loss: losses.Loss
    loss_weights: float | None = None

    @property
    @abstractmethod
    def layers(self) -> list[Layer]:
        """The layers, in the order in which they are applied."""

    @abstractmethod
    def ensure_built(self, x: Any) -> None:
        """Build for inputs like these, once."""

    @property
    @abstractmethod
    def input_shape(self) -> tuple[int | None, ...]:
        """Shape of the inputs, batch axis None."""

    @property
    @abstractmethod
    def output_shape(self) -> tuple[int | None, ...]:
        """Shape of the outputs, batch axis None."""

    @abstractmethod
    def arrange(self) -> None:
        """Gather the Variables into the vectors ``parameters`` (trained) and ``state`` (not trained)."""

    @named_arguments
    def compile(
        self,
        optimizer: str | optimizers.Optimizer = "rmsprop",
        loss: losses.LossLike | None = None,
        metrics: Sequence[Any] | None = None,
        engine: str = "auto",
        loss_weights: float | None = None,
        weighted_metrics: Sequence[Any] | None = None,
    ) -> None:
        """Choose what training does; it starts the optimiser afresh and leaves the weights.

        Parameters
        ----------
        optimizer : str or Optimizer
        loss : str, Loss or function(y_true, y_pred)
        metrics : list of str, Metric or function, optional
            Every row counts alike, whatever its weight.
        engine : {"auto", "native", "python"}
            "auto": the native engine where it covers the model, else Python's, with a warning.
        loss_weights : float > 0, optional
            Factor of the loss in J, beside the penalties; none is 1. A model has one output, so it is one number.
        weighted_metrics : list of str, Metric or function, optional
            Metrics in which rows count by their weights: ``sample_weight`` times ``class_weight``. One that has the
            name of a metric gets "weighted_" before it.
        """
        if loss is None:
            raise ArgumentError("compile needs a loss, such as loss='mse' or loss='sparse_categorical_crossentropy'")
        requests = {"metrics": metrics or [], "weighted_metrics": weighted_metrics or []}
        for name, given in requests.items():
            if isinstance(given, str) or not isinstance(given, Sequence):
                raise ArgumentError(f"{name} expects a list, got {given!r}; write {name}=[{given!r}]")
        objects = [id(m) for given in requests.values() for m in given if isinstance(m, Metric)]
        if len(set(objects)) < len(objects):
            raise ArgumentError("a metric keeps one count; make two objects of it to measure it twice")
        self.optimizer = optimizers.get(optimizer)
        self.loss = losses.get(loss)
        if self.loss.reduction in ("none", None):
            raise ArgumentError("training needs one number: reduction='none' is for calling a loss by hand")
        self.loss_weights = None if loss_weights is None else positive("compile", "loss_weights", loss_weights, 1)
        self._metric_requests = {name: list(given) for name, given in requests.items()}
        self._engine_name = check_name(engine)
        self._predictor = None
        self._task: Task | None = None
        self._position = Position()
        self._compiled = True

    _compiled = False
    told_engine = ""
    _fitting = False
    _engine_name = "auto"
    _engine: Engine
    _predictor: Engine | None = None

    def _need_compile(self, verb: str) -> None:
        if not self._compiled:
            raise StateError(f"{verb} before compile; call model.compile(optimizer=..., loss=...) first")

    def _ready(self, x: Any, verb: str) -> Task:
        """Build, check that loss and outputs fit, and return what engines work on."""
        self._need_compile(verb)
        self.ensure_built(x)
        trained = [id(v) for layer in self.layers for v in layer.trainable_weights]
        if self._task is not None:
            if self._task.optimizer is not self.optimizer or self._task.loss is not self.loss:
                raise StateError("the optimizer or the loss was replaced after compile; call compile again with it")
            if trained == [id(v) for v in self.parameters.variables]:
                return self._task
            if self._fitting:
                raise StateError("layers were frozen, unfrozen or changed while fit runs; do that between two fits")
        resume = self._task is not None
        self.arrange()
        check_outputs(self.layers[-1], self.loss)
        units = self.output_shape[-1]
        measured = {
            name: [
                metrics.resolve(
                    request, loss=loss_name(self.loss), output_units=units or 1, sparse=self.loss.integer_labels
                )
                for request in requests
            ]
            for name, requests in self._metric_requests.items()
        }
        self._task = Task(self, self.loss, self.optimizer, loss_weight=self.loss_weights or 1.0, **measured)
        self._engine = choose(self._engine_name, self._task)
        before, self._position = self._position, Position(self.optimizer.state_of(self.parameters.values, zeros))
        place = self.parameters.variables, self.parameters.segments, self._position.slots
        if self.optimizer.follow(*place, resume=resume):  # layers were frozen or unfrozen: the others go on
            self._position.step, self._position.epoch = before.step, before.epoch
        return self._task

    def _rows(self, x: Any, y: Any, sample_weight: Any, verb: str) -> tuple[Task, Rows]:
        """Check data and return them as rows."""
        self._need_compile(verb)
        inputs = check_inputs(x)
        if y is None:
            raise ArgumentError(f"{verb} needs targets y as well as inputs x")
        targets = as_array(y, "y")
        if targets.ndim == 0 or len(targets) != len(inputs):
            raise ShapeError(f"x and y must have the same number of rows, got {inputs.shape} and {targets.shape}")
        task = self._ready(inputs, verb)
        targets = self.loss.check_targets(targets, self.output_shape)
        weight = None if sample_weight is None else check_weights(sample_weight, len(inputs))
        return task, Rows(inputs, targets, weight)

    @named_arguments
    @takes_turns
    def fit(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: int | str = "auto",
        callbacks: Sequence[Callback] | Callback | None = None,
        validation_split: float = 0.0,
        validation_data: Sequence[Any] | None = None,
        shuffle: bool | Callable[[int], Array] = True,
        class_weight: Mapping[int, float] | str | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        validation_freq: int = 1,
        validation_batch_size: int | None = None,
        seed: int | None = None,
        resume_from: str | PathLike[str] | None = None,
    ) -> History:
        """Train for some epochs; a further call goes on from there.

        The same call with the same seed gives the same bits, on one machine or another with the same instruction set,
        on any number of threads, stopped in between or not; others, and the other engine, agree to rounding.

        Parameters
        ----------
        x : array-like (rows, ...)
        y : array-like (rows, ...)
        batch_size : int, optional
            32; a short last batch counts by its size. ``len(x)`` gives full-batch descent, 1 the stochastic one.
        epochs : int
        verbose : {"auto", 0, 1, 2}
            0 silent; 1 or "auto" a bar in a terminal, a live line in a notebook, about ten lines in a pipe; 2 a line
            an epoch.
        callbacks : list of Callback, optional
        validation_split : float in [0, 1)
            Share of the rows held out, without validation_data: shuffled by the seed, stratified by class codes.
        validation_data : (x, y) or (x, y, sample_weight), optional
        shuffle : bool, or function of the epoch
            Whether every epoch has an order of its own. A function returns the order itself: as many numbers of rows
            as there are rows to train on; epochs count from 0, over all calls of fit.
        class_weight : dict from class code to weight, or "balanced", optional
        sample_weight : array-like (rows,), optional
        initial_epoch, validation_freq, validation_batch_size : int
            As in Keras.
        seed : int, optional
            Of orders, splits and dropout; default: the model's, or that of the checkpoint.
        resume_from : str or path, optional
            A checkpoint of this training (`chainrule.callbacks.ModelCheckpoint`): go on from there as if it had never
            stopped, with the same data, arguments and callbacks; ``epochs`` may be more now.

        Returns
        -------
        History

        Raises
        ------
        StateError
            The checkpoint is of another run, or another thread trains the model.
        """
        check_epochs(epochs, initial_epoch)
        check_class_weight(class_weight)
        validation_freq = whole_number("validation_freq", validation_freq, least=1)
        checkpoint = None
        if resume_from is not None:
            from chainrule.models.checkpoint_file import Checkpoint

            checkpoint = Checkpoint(resume_from)
        task, rows = self._rows(x, y, sample_weight, "fit")
        if checkpoint is not None:
            checkpoint.check(self)
            if seed not in (None, checkpoint.seed):
                raise ArgumentError(f"the checkpoint's run had seed {checkpoint.seed}, got seed={seed!r}; leave it out")
            seed = checkpoint.seed
        if seed is not None:
            self.reseed(check_seed(seed))
        validation, chosen = None, None
        if validation_data is not None:
            if not isinstance(validation_data, list | tuple) or len(validation_data) not in (2, 3):
                raise ArgumentError("validation_data expects (x, y) or (x, y, sample_weight)")
            held_x, held_y, held_weight = (*validation_data, None)[:3]
            _, validation = self._rows(held_x, held_y, held_weight, "validation")
        elif validation_split:
            chosen, validation = self._split(rows, validation_split)
        rows = batches.weigh(rows, class_weight, chosen)  # the validation loss stays that of the data
        settings = Settings(
            epochs=int(epochs),
            initial_epoch=initial_epoch,
            batch_size=batches.check_batch_size(batch_size, len(rows) if chosen is None else len(chosen)),
            shuffle=shuffle,
            seed=self.seed,
            verbose=verbose,
            validation_freq=validation_freq,
            validation_batch_size=validation_batch_size,
        )
        if validation is not None:
            evaluation_batch(validation_batch_size, len(validation), "validation_batch_size")
        hooks = listed(callbacks)
        trainer = Trainer(task, self._engine, self._position, rows, validation, settings, hooks, chosen)
        if checkpoint is not None:
            trainer.resume(checkpoint.state)
            checkpoint.fill(self)
        self.history = trainer.history  # what an interrupted run has reached is not lost
        within, self._fitting = self._fitting, True  # a callback may call fit
        try:
            return trainer.fit()
        finally:
            self._fitting = within

    def _split(self, rows: Rows, share: float) -> tuple[Array, Rows]:
        """Return the numbers of the rows to train on, which stay where they are, and the rows held out."""
        from chainrule.tables.split import split_validation

        if not is_number(share) or not 0 < share < 1:
            raise ArgumentError(f"validation_split must be in [0, 1), got {share!r}")
        train, validation = split_validation(classes_of(self.loss, rows.y), len(rows), share, self.seed)
        return train, rows.take(validation)

    @abstractmethod
    def seek(self, step: int) -> None:
        """Set the step from which the layers' next random numbers come."""

    @abstractmethod
    def reseed(self, seed: int) -> None:
        """Draw orders, splits and dropout masks from another seed from now on."""

    @named_arguments
    @takes_turns
    def evaluate(
        self,
        x: Any,
        y: Any,
        batch_size: int | None = None,
        verbose: int | str = 0,
        sample_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """Return the loss, or [loss, metrics ...], or a dict, over the rows.

        Parameters
        ----------
        x, y : array-like
        batch_size : int, optional
            The result does not depend on it.
        verbose : int
            Accepted for Keras's sake; nothing is printed.
        sample_weight : array-like (rows,), optional
        return_dict : bool
        """
        task, rows = self._rows(x, y, sample_weight, "evaluate")
        results = evaluate(task, self._engine, rows, batch_size)
        if return_dict:
            return results
        return list(results.values()) if len(results) > 1 else results["loss"]

    @named_arguments
    def predict(self, x: Any, batch_size: int | None = None, verbose: int | str = 0) -> Array:
        """Return the outputs for all rows, (rows, outputs)."""
        if batch_size is None and (outputs := self._predict_at_once(x)) is not None:
            return outputs
        inputs = check_inputs(x)
        self.ensure_built(inputs)
        if self._predictor is None:
            self._predictor = choose("python" if self._engine_name == "python" else "auto", self)
        return self._predictor.predict(self, Rows(inputs), evaluation_batch(batch_size, len(inputs)))

    def predict_on_batch(self, x: Any) -> Array:
        """Return the outputs for the rows of one batch."""
        outputs = self._predict_at_once(x)
        return self.predict(x, batch_size=len(check_inputs(x))) if outputs is None else outputs

    def _predict_at_once(self, x: Any) -> Array | None:
        """Return the outputs if they can be had without looking at the inputs first."""
        return None if self._predictor is None else self._predictor.predict_at_once(self, x)

    @named_arguments
    @takes_turns
    def train_on_batch(
        self,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | str | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Make one step on these rows; return loss (and metrics) as they were before it."""
        check_class_weight(class_weight)
        task, rows = self._rows(x, y, sample_weight, "train_on_batch")
        rows = batches.weigh(rows, class_weight)
        task.reset_metrics()
        progress = self._engine.run(task, self._position, rows, np.arange(len(rows)), len(rows), 0, 1)
        if progress.failed_step is not None:
            raise DataError("the loss or its gradient is not finite on this batch; the weights are unchanged")
        results = {"loss": progress.loss, **task.results()}
        if return_dict:
            return results
        return list(results.values()) if len(results) > 1 else results["loss"]

    def objective(self, x: Any, y: Any, sample_weight: Any = None) -> Callable[[Array], tuple[float, Array]]:
        """Return J(W) over these rows and its gradient as a function of the one vector of parameters.

        Dropout is off, and batch normalisation goes by its moving averages: J is the same at every call. A call
        puts the vector into the model, and returns J and dJ/dW, a vector of the same length.
        """
        task, rows = self._rows(x, y, sample_weight, "objective")

        def loss_and_gradient(parameters: Array) -> tuple[float, Array]:
            with self.turns.take("objective"):
                self.parameters.writable()[...] = parameters
                return self._engine.loss_and_gradient(task, rows)

        return loss_and_gradient

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Take over a copied or unpickled state; the copy gets parameter vectors of its own."""
        self.__dict__.update(state)
        self.arrange()

    def snapshot(self) -> tuple[Array, Array]:
        """Return a copy of all weights and state, for `restore`."""
        return self.parameters.values.copy(), self.state.values.copy()

    def restore(self, snapshot: tuple[Array, Array]) -> None:
        """Go back to the weights of a snapshot."""
        for vector, values in zip((self.parameters, self.state), snapshot, strict=True):
            vector.writable()[...] = values
