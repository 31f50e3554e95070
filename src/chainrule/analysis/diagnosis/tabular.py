"""Evidence on a model of a table: what its network sees of the rows, with the names of their columns."""

import copy
from typing import Any

from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.errors import ArgumentError
from chainrule.estimators.tabular import TabularModel
from chainrule.tables import ClassTarget, NumberTarget, read_table, with_known_target


def evidence_of_table(model: TabularModel, source: Any, batch_size: int | None, seed: int) -> Evidence:
    """Return the evidence on the rows of a table whose target is known.

    Inputs are the encoder's, and a leak is looked for in the columns that it reads. A slot for values that training
    never saw is constant on purpose.
    """
    table, _ = with_known_target(read_table(source), model.target.name)
    target, encoder = model.target, model.encoder
    if not isinstance(target, ClassTarget | NumberTarget):
        raise ArgumentError(f"{target.name} is several columns; diagnose takes one")
    column = table.column(target.name)
    y = target.encode(column)
    return Evidence(
        copy.deepcopy(model.network),
        encoder.encode(table),
        y,
        names=encoder.feature_names,
        columns=[table.column(encoding.name) for encoding in encoder.used],
        answers=y if isinstance(target, ClassTarget) else column.values,
        class_names=target.classes if isinstance(target, ClassTarget) else None,
        untrained=encoder.unknown_slots,
        batch_size=batch_size,
        seed=seed,
    )
