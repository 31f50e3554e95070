"""Callbacks, under the name Keras has for them: ``from chainrule.callbacks import EarlyStopping``."""

from chainrule.training import (
    Callback,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
    Run,
    Stop,
    TerminateOnNaN,
)

__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ReduceLROnPlateau",
    "Run",
    "Stop",
    "TerminateOnNaN",
]
