"""``tf.keras.callbacks``: `chainrule.callbacks`."""

from chainrule.compat.names import namespace
from chainrule.training import (
    Callback,
    EarlyStopping,
    History,
    LambdaCallback,
    LearningRateScheduler,
    ReduceLROnPlateau,
    TerminateOnNaN,
)

__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ReduceLROnPlateau",
    "TerminateOnNaN",
]
__getattr__, __dir__ = namespace(__name__, "tf.keras.callbacks")
