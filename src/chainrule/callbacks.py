"""Callbacks, under the name Keras has for them: ``from chainrule.callbacks import EarlyStopping``."""

from chainrule.training import (
    Callback,
    CSVLogger,
    EarlyStopping,
    History,
    LambdaCallback,
    Logger,
    ModelCheckpoint,
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
    "Logger",
    "ModelCheckpoint",
    "Run",
    "Stop",
    "TensorBoard",
    "TerminateOnNaN",
]
