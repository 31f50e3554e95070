"""Convergence: scikit-learn's rules for when training has converged, stops, or takes a smaller learning rate."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import inf
from typing import Any

from chainrule.training.callbacks import Callback, Stop

SMALLEST_RATE = 1e-6  # an adaptive rate is not divided below it


@dataclass
class Course:
    """What is known of a training so far; it goes on over calls of partial_fit, and of fit with a warm start."""

    losses: list[float] = field(default_factory=list)
    scores: list[float] | None = None
    best_loss: float = inf
    best_score: float = -inf
    best_weights: Any = None
    without_improvement: int = 0
    rows: int = 0
    epochs: int = 0
    converged: bool = False


class Convergence(Callback):
    """Judge every epoch of a fit as scikit-learn does.

    An epoch counts as no improvement if its training loss is above the best one less ``tol``; with
    ``early_stopping``, if its validation score is below the best one plus ``tol``. More than ``n_iter_no_change`` such
    epochs in a row end the training; under the rule "adaptive" they divide the rate by 5 instead, down to 1e-6.

    Parameters
    ----------
    course : Course
        Goes on from there.
    parameters : mapping
        ``tol``, ``n_iter_no_change``, ``early_stopping``, ``restore_best_weights``, ``verbose``, ``power_t``,
        ``learning_rate_init``.
    rate_rule : {"constant", "invscaling", "adaptive"}
    constant : float
        Is added to each training loss.
    score : function, optional
        The validation score of the model as it is; larger is better.
    once : bool
        Whether this fit is one of many (partial_fit): the best weights come back only when training has converged.
    """

    def __init__(
        self,
        course: Course,
        parameters: Mapping[str, Any],
        rate_rule: str,
        constant: float,
        score: Callable[[], float] | None,
        once: bool,
    ) -> None:
        self.course, self.parameters, self.rate_rule = course, parameters, rate_rule
        self.constant, self.score, self.once = constant, score, once
        course.epochs, course.converged = 0, False
        if score is not None and course.scores is None:
            course.scores = []

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float]) -> Stop | None:
        """Write the epoch down, compare it with the best one, and decide."""
        course = self.course
        loss = float(logs["loss"]) + self.constant
        course.epochs += 1
        course.rows += self.params["rows"]
        course.losses.append(loss)
        self._say(f"Iteration {course.epochs}, loss = {loss:.8f}")
        score = self._scored()
        tol, previous_loss, previous_score = self.parameters["tol"], course.best_loss, course.best_score
        course.best_loss = min(loss, previous_loss)
        if score is not None:
            course.best_score = max(previous_score, score)
        by_score = score is not None and self.parameters["early_stopping"]
        worse = score < previous_score + tol if score is not None and by_score else loss > previous_loss - tol
        course.without_improvement = course.without_improvement + 1 if worse else 0
        better = loss < previous_loss if score is None else score > previous_score
        if better and (by_score or self.parameters["restore_best_weights"]):
            course.best_weights = self.model.snapshot(), epoch
        if self.rate_rule == "invscaling":
            scale = (course.rows + 1) ** self.parameters["power_t"]
            self.model.optimizer.learning_rate = self.parameters["learning_rate_init"] / scale
        if course.without_improvement > self.parameters["n_iter_no_change"]:
            return self._stop_or_slow_down(by_score)
        return None

    def _scored(self) -> float | None:
        if self.score is None or self.course.scores is None:
            return None
        score = self.score()
        self.course.scores.append(score)
        self._say(f"Validation score: {score:f}")
        return score

    def _stop_or_slow_down(self, by_score: bool) -> Stop | None:
        what = "Validation score" if by_score else "Training loss"
        message = (
            f"{what} did not improve more than tol={self.parameters['tol']:f} for "
            f"{self.parameters['n_iter_no_change']} consecutive epochs."
        )
        if self.rate_rule == "adaptive":
            optimizer = self.model.optimizer
            if optimizer.learning_rate > SMALLEST_RATE:
                optimizer.learning_rate /= 5
                self._say(f"{message} Setting learning rate to {optimizer.learning_rate:f}")
                self.course.without_improvement = 0
                return None
            message += " Learning rate too small."
        self._say(f"{message} Stopping.")
        self.course.converged = True
        return Stop(message)

    def on_train_end(self, logs: Mapping[str, float] | None = None) -> None:
        """Give the model the weights of the best epoch, where that is asked for."""
        if self.course.best_weights is not None and (self.course.converged or not self.once):
            weights, self.run.history.weights_epoch = self.course.best_weights
            self.model.restore(weights)

    def _say(self, line: str) -> None:
        if self.parameters["verbose"]:
            sys.stdout.write(line + "\n")
