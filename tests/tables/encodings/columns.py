import numpy as np

from chainrule.tables import Column, read_table
from chainrule.tables.encodings import Encoding


def column(values: list[object], name: str = "x") -> Column:
    return read_table({name: values}).column(name)


def encoded(encoding: Encoding, values: list[object]) -> list[list[float]]:
    block = np.zeros((len(values), len(encoding.feature_names)), dtype=np.float32)
    encoding.encode(column(values), block)
    return [list(map(float, row)) for row in block]
