"""Tables: reading them, choosing the task, splitting rows, and turning columns into numbers."""

from chainrule.tables.data_options import DataOptions
from chainrule.tables.encoder import Encoder, Treatment
from chainrule.tables.overview import overview
from chainrule.tables.preparation import Part, PreparedData, prepare
from chainrule.tables.several_targets import LabelsTarget, NumbersTarget, Target, read_target, target_columns
from chainrule.tables.source import read_query, read_table
from chainrule.tables.split import split_rows, split_validation
from chainrule.tables.table import Column, Table
from chainrule.tables.targets import ClassTarget, NumberTarget, with_known_target
from chainrule.tables.task import choose_task

__all__ = [
    "ClassTarget",
    "Column",
    "DataOptions",
    "Encoder",
    "LabelsTarget",
    "NumberTarget",
    "NumbersTarget",
    "Part",
    "PreparedData",
    "Table",
    "Target",
    "Treatment",
    "choose_task",
    "overview",
    "prepare",
    "read_query",
    "read_table",
    "read_target",
    "split_rows",
    "split_validation",
    "target_columns",
    "with_known_target",
]
