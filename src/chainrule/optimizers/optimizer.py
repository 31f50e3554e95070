"""What every optimiser is: a rule that moves a vector of weights against its gradient."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypedDict, final

import numpy as np

from chainrule.arrays import Array, float_dtype
from chainrule.configurable import Configurable
from chainrule.errors import ArgumentError, StateError, warn
from chainrule.optimizers.clipping import Clipping
from chainrule.optimizers.moving_average import SLOT as AVERAGE
from chainrule.optimizers.moving_average import MovingAverage
from chainrule.optimizers.pairs import Updatable, read_pairs
from chainrule.optimizers.ranges import not_negative, positive
from chainrule.optimizers.scalars import Scalars, ScalarTable
from chainrule.optimizers.schedules import Schedule
from chainrule.optimizers.segments import Part, Segment, parts

# A hand-written loop does not say how long it will run: its scalars are made for this many steps at a time.
STEPS_AHEAD = 256


class OptionsWithoutDecay(TypedDict, total=False):
    """Arguments that every optimiser takes, after its own; AdamW gives the decay a default, and takes only these."""

    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    use_ema: bool
    ema_momentum: float
    ema_overwrite_frequency: int | None
    name: str | None


class OptimizerOptions(OptionsWithoutDecay, total=False):
    """Arguments that every other optimiser takes, after its own."""

    weight_decay: float | None


class Optimizer(Configurable, ABC):
    """Base of the optimisers: clip the gradient, decay the weights, then apply the subclass's rule.

        w <- w - weight_decay rate w        (only with weight_decay)
        w <- w - step(gradient, slots)      (the subclass)
        a <- m a + (1 - m) w                (only with use_ema)

    A subclass says which numbers it keeps for each weight (``initial_slots``), what changes from step to
    step (``columns``), and its rule (``update``). The rule works element by element: element i of the
    weights and slots depends on elements i alone, so any engine can update a vector in pieces and in any order.

    Parameters
    ----------
    learning_rate : float > 0, or a Schedule
    weight_decay : float >= 0 or None; the share of each weight that a step takes away, times the rate
    clipnorm : float > 0 or None; limit of the norm of each weight's gradient
    clipvalue : float > 0 or None; limit of the size of each element
    global_clipnorm : float > 0 or None; limit of the norm of the whole gradient
    use_ema : bool; keep a moving average of the weights, which takes their place when training ends
    ema_momentum : float in [0, 1]; how much of the average is kept at each step (m above; 0 in the first step)
    ema_overwrite_frequency : int >= 1 or None; put the average in the weights' place every so many steps too
    name : str or None

    Notes
    -----
    Arguments are fixed once the optimiser is made, but for ``learning_rate``, which can be set at any time.

    With ``use_ema``, ``fit`` ends with `finalize_variable_values`, as in Keras: the losses in its history, validation
    included, are those of the weights themselves, and the model then holds the average.

    Raises
    ------
    ArgumentError
        An argument is outside its range, or more than one kind of clipping is asked for.
    """

    def __init__(
        self,
        learning_rate: float | Schedule,
        *,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        name: str | None = None,
    ) -> None:
        owner = type(self).__name__
        self.name = name or owner.lower()
        self._learning_rate = self._checked_rate(learning_rate)
        self.weight_decay = (
            None if weight_decay is None else not_negative(owner, "weight_decay", weight_decay, usual=0.004)
        )
        self.clipping = Clipping.of(owner, clipnorm, clipvalue, global_clipnorm)
        self.average = MovingAverage.of(owner, use_ema, ema_momentum, ema_overwrite_frequency)
        self.iterations = 0
        self._tables: dict[np.dtype[Any], ScalarTable] = {}
        self._states: dict[int, tuple[Updatable, dict[str, Array]]] = {}
        self._followed: tuple[Sequence[Updatable], Sequence[Segment], Mapping[str, Array]] = ((), (), {})
        self._without_gradient: set[int] = set()
        self._parts_of: tuple[tuple[Segment, ...], tuple[Part, ...]] = ((), ())

    @property
    @abstractmethod
    def initial_slots(self) -> dict[str, float]:
        """The numbers kept for each weight, by name, and the value each starts from."""

    @abstractmethod
    def columns(self, steps: Array, rates: Array) -> dict[str, Array]:
        """Return what changes from step to step: ``rate``, which the step is proportional to, and more."""

    @abstractmethod
    def update(self, weights: Array, gradient: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        """Apply the rule once, in place; ``gradient`` stays as it is.

        Parameters
        ----------
        weights, gradient : flat arrays of the same length and dtype
        slots : a flat array of that length for each name in ``slots``; changed in place
        scalars : the row of this step
        """

    @final
    @property
    def slots(self) -> tuple[str, ...]:
        """Names of the numbers kept for each weight; the moving average of the weights comes last."""
        return (*self.initial_slots, *((AVERAGE,) if self.average else ()))

    @property
    def learning_rate(self) -> float | Schedule:
        """The rate, or the schedule that gives it; setting it takes effect at the next step or table."""
        return self._learning_rate

    @learning_rate.setter
    def learning_rate(self, value: float | Schedule) -> None:
        self._learning_rate = self._arguments["learning_rate"] = self._checked_rate(value)
        self._tables.clear()

    @final
    def init_state(
        self, n: int, dtype: Any = "float32", zeros: Callable[[int, Any], Array] = np.zeros
    ) -> dict[str, Array]:
        """Return the slots of ``n`` weights before the first step, in memory from ``zeros(count, dtype)``."""
        dtype = float_dtype(dtype)
        slots = {slot: zeros(n, dtype) for slot in self.slots}
        for slot, value in self.initial_slots.items():
            if value:
                slots[slot][...] = value
        return slots

    @final
    def state_of(self, weights: Array, zeros: Callable[[int, Any], Array] = np.zeros) -> dict[str, Array]:
        """Return the slots of these weights before their first step; a moving average starts from them."""
        state = self.init_state(len(weights), weights.dtype, zeros)
        if self.average:
            state[AVERAGE][...] = weights
        return state

    @final
    def check_state(self, state: Mapping[str, Array], n: int) -> None:
        """Refuse slots that are not those of ``n`` weights by the rule as it is now."""
        missing = [slot for slot in self.slots if slot not in state]
        if missing:
            raise StateError(
                f"{type(self).__name__} now keeps {missing[0]!r} for each weight, which it did not when compiled; "
                "only learning_rate can be set later: compile again with a new optimizer"
            )
        if any(len(state[slot]) != n for slot in self.slots):
            raise StateError("the optimizer's slots don't fit the model; it has changed since it was compiled")

    @final
    def scalar_table(self, start: int, stop: int, dtype: Any = "float32") -> ScalarTable:
        """Return the scalars of steps ``start`` to ``stop - 1``, computed in float64, stored in ``dtype``."""
        if not 0 <= start <= stop:
            raise ArgumentError(f"steps must satisfy 0 <= start <= stop, got start {start} and stop {stop}")
        steps = np.arange(start, stop)
        rates = self._rates(steps)
        own = self.columns(steps, rates)
        average = self.average.columns(steps) if self.average else {}
        table = {"rate": own.pop("rate"), "decay": rates * (self.weight_decay or 0.0), **average, **own}
        values = np.empty((len(steps), len(table)), float_dtype(dtype))
        for place, column in enumerate(table.values()):
            values[:, place] = column
        return ScalarTable(start, tuple(table), values)

    @final
    def step(
        self,
        weights: Array,
        gradient: Array,
        state: Mapping[str, Array],
        scalars: Scalars,
        segments: tuple[Segment, ...],
    ) -> None:
        """Make one step on the vector of all weights: clip, decay, update, average, each segment with its factors.

        ``weights`` and ``state`` change in place; ``gradient`` stays as it is. Elements outside the
        trainable segments are left alone.
        """
        if segments is not self._parts_of[0]:
            self._parts_of = (segments, parts(segments))
        if self.clipping is not None:
            gradient = self.clipping.vector(gradient, segments)
        for where, rate_factor, decay_factor in self._parts_of[1]:
            row = scalars
            if rate_factor != 1 or decay_factor != 1:
                rate, decay = scalars.rate * rate_factor, scalars.decay * rate_factor * decay_factor
                row = scalars._replace(rate=rate, decay=decay)
            slots = {name: values[where] for name, values in state.items()}
            self._move(weights[where], gradient[where], slots, row)

    @final
    def finalize(self, weights: Array, state: Mapping[str, Array]) -> None:
        """Put the moving average in the place of the vector of all weights; without ``use_ema`` nothing changes."""
        if self.average:
            weights[...] = state[AVERAGE]

    @final
    def apply_gradients(self, grads_and_variables: Iterable[tuple[Any, Any]]) -> int:
        """Make one step on variables, as the last line of a hand-written training loop.

        Parameters
        ----------
        grads_and_variables : pairs of (gradient, variable), ``zip(gradients, variables)`` say; a variable
            whose gradient is None is left as it is, with a warning

        Returns
        -------
        int
            the number of steps made so far

        Raises
        ------
        GradientError
            Every gradient is None.
        ShapeError
            A gradient does not have its variable's shape. No variable has changed then.
        """
        gradients, variables, without_gradient = read_pairs(grads_and_variables)
        if without_gradient:
            self._warn_once(without_gradient)
        if self.clipping is not None:
            gradients = self.clipping.arrays(gradients)
        rows: dict[np.dtype[Any], Scalars] = {}
        for gradient, variable in zip(gradients, variables, strict=True):
            weights = variable.writable().reshape(-1)
            dtype = weights.dtype
            row = rows.get(dtype) or rows.setdefault(dtype, self._row(dtype))
            self._move(weights, gradient.astype(dtype, copy=False), self._slots_of(variable, weights), row)
            variable.constrain()
        self.iterations += 1
        return self.iterations

    @final
    def finalize_variable_values(self, var_list: Iterable[Updatable]) -> None:
        """Put the moving average of variables in their place, to end a hand-written loop; ``fit`` does it itself.

        Without ``use_ema`` nothing changes.

        Parameters
        ----------
        var_list : variables that this optimiser has moved, by `apply_gradients` or as the weights of a model

        Raises
        ------
        StateError
            The optimiser has no average of a variable. No variable has changed then.

        Examples
        --------
        >>> from chainrule import Variable
        >>> from chainrule.optimizers import SGD
        >>> optimizer, w = SGD(1.0, use_ema=True, ema_momentum=0.5), Variable([0.0], dtype="float64")
        >>> for gradient in (-2.0, -2.0):
        ...     steps = optimizer.apply_gradients([(np.array([gradient]), w)])
        >>> w.numpy()
        array([4.])
        >>> optimizer.finalize_variable_values([w])
        >>> w.numpy()
        array([3.])
        """
        if self.average is None:
            return
        for variable, average in [(variable, self._average_of(variable)) for variable in var_list]:
            variable.writable().reshape(-1)[...] = average

    @final
    def follow(
        self, variables: Sequence[Updatable], segments: Sequence[Segment], state: Mapping[str, Array], resume: bool
    ) -> bool:
        """Note where the state of a model's variables lies, which `step` is given.

        To ``resume``, variables that were followed before keep the state they had; returns whether there are any.
        """
        known = [(segment, self._place(variable)) for variable, segment in zip(variables, segments, strict=True)]
        before, kept = self._followed[2], False
        for segment, place in known if resume and before.keys() == state.keys() else ():
            if place is not None and place.shape == segment.shape:
                kept = True
                for slot, values in state.items():
                    values[segment.where] = before[slot][place.where]
        self._followed = (variables, segments, state)
        return kept

    def _place(self, variable: Updatable) -> Segment | None:
        """Return where the state of a variable that is followed lies."""
        variables, segments, _ = self._followed
        return next((s for v, s in zip(variables, segments, strict=True) if v is variable), None)

    def _average_of(self, variable: Updatable) -> Array:
        if id(variable) in self._states:
            return self._states[id(variable)][1][AVERAGE]
        place = self._place(variable)
        if place is not None:
            return self._followed[2][AVERAGE][place.where]
        raise StateError(
            f"{type(self).__name__} has no average of variable {variable.name!r}, which it has never moved; "
            "finalize_variable_values is for variables that this optimizer has trained"
        )

    def _move(self, weights: Array, gradient: Array, slots: Mapping[str, Array], scalars: Scalars) -> None:
        if self.weight_decay:
            weights -= scalars.decay * weights
        self.update(weights, gradient, slots, scalars)
        if self.average:
            self.average.update(weights, slots, scalars)

    def _checked_rate(self, value: Any) -> float | Schedule:
        if isinstance(value, Schedule):
            return value
        if callable(value):
            raise ArgumentError(
                f"{type(self).__name__}: learning_rate must be a number or a Schedule, got {value!r}; "
                "derive a class from chainrule.optimizers.schedules.Schedule"
            )
        return positive(type(self).__name__, "learning_rate", value, usual=0.001)

    def _rates(self, steps: Array) -> Array:
        if not isinstance(self._learning_rate, Schedule):
            return np.broadcast_to(np.float64(self._learning_rate), steps.shape)
        rates = np.asarray(self._learning_rate(steps), dtype=np.float64)
        if rates.shape != steps.shape or not np.all((rates >= 0) & (rates < np.inf)):
            raise ArgumentError(
                f"schedule {self._learning_rate!r} must give a finite rate >= 0 for each of {len(steps)} steps, "
                f"got {rates!r}"
            )
        return rates

    def _row(self, dtype: np.dtype[Any]) -> Scalars:
        table = self._tables.get(dtype)
        if table is None or not table.start <= self.iterations < table.stop:
            table = self.scalar_table(self.iterations, self.iterations + STEPS_AHEAD, dtype)
            self._tables[dtype] = table
        return table.row(self.iterations)

    def _slots_of(self, variable: Updatable, weights: Array) -> dict[str, Array]:
        known = self._states.get(id(variable))
        if known is None:  # the variable is kept too: no other object can then get its id
            known = self._states[id(variable)] = (variable, self.state_of(weights))
        return known[1]

    def _warn_once(self, variables: list[Updatable]) -> None:
        names = [repr(variable.name) for variable in variables if id(variable) not in self._without_gradient]
        self._without_gradient.update(id(variable) for variable in variables)
        if names:
            warn(f"no gradient for {', '.join(names)}: the loss does not depend on it; it is left as it is")
