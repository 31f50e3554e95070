"""``tf.keras.constraints``: `chainrule.constraints`."""

from chainrule.compat.names import namespace
from chainrule.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm, get

__all__ = ["MaxNorm", "MinMaxNorm", "NonNeg", "UnitNorm", "get", "max_norm", "min_max_norm", "non_neg", "unit_norm"]
__getattr__, __dir__ = namespace(__name__, "tf.keras.constraints")

max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm
