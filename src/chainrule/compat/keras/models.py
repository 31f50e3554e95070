"""``tf.keras.models``: Sequential, and reading a model from its file."""

from chainrule.compat.names import namespace
from chainrule.models import Sequential
from chainrule.models.model_file import load_model, save_model

__all__ = ["Sequential", "load_model", "save_model"]

NO_MODEL = (
    "chainrule's models are Sequential; for a structure of your own subclass tf.keras.layers.Layer, "
    "and put that layer into a Sequential"
)
__getattr__, __dir__ = namespace(__name__, "tf.keras.models", {"Model": NO_MODEL})
