"""``tf.keras.optimizers``: `chainrule.optimizers`; any of them can replace any other."""

from chainrule.compat.names import namespace
from chainrule.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop, get, schedules

__all__ = ["SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Optimizer", "RMSprop", "get", "schedules"]
__getattr__, __dir__ = namespace(__name__, "tf.keras.optimizers")
