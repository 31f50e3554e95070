"""``tf.keras.regularizers``: `chainrule.regularizers`."""

from chainrule.compat.names import namespace
from chainrule.regularizers import L1, L1L2, L2, get

__all__ = ["L1", "L1L2", "L2", "get", "l1", "l1_l2", "l2"]
__getattr__, __dir__ = namespace(__name__, "tf.keras.regularizers")

l1, l2, l1_l2 = L1, L2, L1L2
