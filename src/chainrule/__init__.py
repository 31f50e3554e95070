"""Neural networks you can see through, at native speed."""

from chainrule.autodiff import ops

__version__ = "0.1.0"
__all__ = ["ops"]
