"""Tables: reading them, choosing the task, splitting rows, and turning columns into numbers."""

from chainrule.tables.encoder import Encoder, Treatment
from chainrule.tables.overview import overview
from chainrule.tables.source import read_table
from chainrule.tables.split import split_rows, split_validation
from chainrule.tables.table import Column, Table
from chainrule.tables.targets import ClassTarget, NumberTarget, with_known_target
from chainrule.tables.task import choose_task

__all__ = [
    "ClassTarget",
    "Column",
    "Encoder",
    "NumberTarget",
    "Table",
    "Treatment",
    "choose_task",
    "overview",
    "read_table",
    "split_rows",
    "split_validation",
    "with_known_target",
]
