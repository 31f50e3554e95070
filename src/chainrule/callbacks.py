"""Callbacks, under the name Keras has for them: ``from chainrule.callbacks import EarlyStopping``."""

from chainrule.training import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    Logger,
    ModelCheckpoint,
    ReduceLROnPlateau,
    Run,
    Stop,
    TensorBoard,
    TerminateOnNaN,
)

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "Logger",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "Run",
    "Stop",
    "TensorBoard",
    "TerminateOnNaN",
]
