"""Diagnosis of a network: what is wrong, where, by what evidence, and what to do."""

from chainrule.analysis.diagnosis.diagnosing import diagnose
from chainrule.analysis.diagnosis.diagnosis import Diagnosis
from chainrule.analysis.diagnosis.statistics import LayerStatistics
from chainrule.training.finding import Finding

__all__ = ["Diagnosis", "Finding", "LayerStatistics", "diagnose"]
