"""Learning rates that change over training: pure functions from steps to rates, which can be composed."""

from chainrule.optimizers.schedules.composition import SequentialSchedule, WarmUp
from chainrule.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from chainrule.optimizers.schedules.decay import ExponentialDecay, InverseTimeDecay, PolynomialDecay
from chainrule.optimizers.schedules.one_cycle import OneCycle
from chainrule.optimizers.schedules.piecewise import PiecewiseConstantDecay, StepDecay
from chainrule.optimizers.schedules.schedule import Constant, Schedule

__all__ = [
    "Constant",
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "OneCycle",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "Schedule",
    "SequentialSchedule",
    "StepDecay",
    "WarmUp",
]
