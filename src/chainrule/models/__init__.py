"""Models: the perceptron, and layers in sequence."""

from chainrule.models.model import Model
from chainrule.models.perceptron import Perceptron
from chainrule.models.sequential import Sequential

__all__ = ["Model", "Perceptron", "Sequential"]
