"""Training: the one loop, its callbacks and its history."""

from chainrule.training.callbacks import Callback, LambdaCallback, Logger, Run, Stop
from chainrule.training.checkpoint import ModelCheckpoint
from chainrule.training.csv_logger import CSVLogger
from chainrule.training.divergence import TerminateOnNaN
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.history import History
from chainrule.training.tensorboard import TensorBoard

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
