"""Training: the one loop, its callbacks and its history."""

from chainrule.training.callbacks import Callback, LambdaCallback, Logger, Run, Stop
from chainrule.training.checkpoint import ModelCheckpoint
from chainrule.training.csv_logger import CSVLogger
from chainrule.training.divergence import TerminateOnNaN
from chainrule.training.early_stopping import EarlyStopping
from chainrule.training.finding import Finding
from chainrule.training.history import History
from chainrule.training.learning_rate_scheduler import LearningRateScheduler
from chainrule.training.reduce_lr_on_plateau import ReduceLROnPlateau
from chainrule.training.tensorboard import TensorBoard

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "Finding",
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
