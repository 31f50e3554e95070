"""Plane: a grid over two inputs of a model, with all its other inputs held."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import ArgumentError, DataError, ShapeError
from chainrule.estimators.core import TabularNetwork
from chainrule.tables import Column, Table, read_table, with_known_target
from chainrule.tables.table import number_text

MARGIN = 0.08  # of the data's range, on each side


@dataclass(frozen=True, eq=False)
class Plane:
    """A grid over two inputs.

    Attributes
    ----------
    names : (str, str)
        Of the two inputs, horizontal first.
    across, up : array (resolution,)
        Their values on the grid.
    points : array (rows, 2)
        The data's.
    held : tuple of str
        What the others are held at, such as "x3 = 0.5".
    rows : array (resolution ** 2, features) or Table
        The grid as the model takes it, line by line from below.
    """

    names: tuple[str, str]
    across: Array
    up: Array
    points: Array
    held: tuple[str, ...]
    rows: Any

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, lower and upper end, as matplotlib takes them."""
        return self.across[0], self.across[-1], self.up[0], self.up[-1]

    def image(self, values: Array) -> Array:
        """Return values of the grid's rows as a picture (up, across, ...)."""
        return values.reshape(len(self.up), len(self.across), *values.shape[1:])

    @property
    def held_text(self) -> str:
        """What is held, in a line; of many only the first."""
        few = ", ".join(self.held[:4])
        more = f" and {len(self.held) - 4} more" if len(self.held) > 4 else ""
        return f"held: {few}{more}" if few else ""


def plane_of(
    model: Any,
    data: Any,
    features: Sequence[Any] | None,
    held: Mapping[Any, Any] | None,
    feature_names: Sequence[str] | None,
    resolution: int,
) -> Plane:
    """Return the plane of a table for a TabularModel, else that of an array.

    Raises
    ------
    ArgumentError
        ``features`` are not two different inputs, or ``held`` names others than the model has.
    """
    if isinstance(model, TabularNetwork):
        if feature_names is not None:
            raise ArgumentError("the columns of a table have names already; leave feature_names out")
        return _of_table(model, data, features, held or {}, resolution)
    return _of_array(data, features, held or {}, feature_names, resolution)


def _of_array(
    data: Any,
    features: Sequence[Any] | None,
    held: Mapping[Any, Any],
    feature_names: Sequence[str] | None,
    resolution: int,
) -> Plane:
    X = np.asarray(data)
    if X.ndim != 2 or not len(X) or X.dtype.kind not in "biuf":
        raise ShapeError(f"X must be rows of numbers, (rows, features), got shape {X.shape} of {X.dtype}")
    X = X.astype(np.float64)
    if not np.isfinite(X).all():
        raise DataError("X holds numbers that are not finite; leave those rows out, or fill them in")
    count = X.shape[1]
    names = tuple(map(str, feature_names)) if feature_names is not None else tuple(f"x{i + 1}" for i in range(count))
    if len(names) != count:
        raise ArgumentError(f"feature_names expects {count} names, got {len(names)}")

    def place(feature: Any) -> int:
        if isinstance(feature, str) and feature in names:
            return names.index(feature)
        if isinstance(feature, int | np.integer) and not isinstance(feature, bool) and -count <= feature < count:
            return int(feature) + (count if feature < 0 else 0)
        raise ArgumentError(
            f"there is no feature {feature!r}; expected 0 to {count - 1}, or one of {', '.join(names[:9])}"
        )

    first, second = (place(feature) for feature in _two((0, 1) if features is None else features))
    if first == second:
        raise ArgumentError(f"a plane needs two different features, got {names[first]} twice")
    base = np.median(X, axis=0)
    for feature, value in held.items():
        if place(feature) in (first, second):
            raise ArgumentError(f"{names[place(feature)]} is an axis of the plane; it can't be held")
        base[place(feature)] = value
    across, up = _axis(X[:, first], resolution), _axis(X[:, second], resolution)
    rows = np.tile(base, (resolution * resolution, 1))
    rows[:, first], rows[:, second] = np.tile(across, resolution), np.repeat(up, resolution)
    others = tuple(f"{names[i]} = {base[i]:.3g}" for i in range(count) if i not in (first, second))
    return Plane((names[first], names[second]), across, up, X[:, [first, second]], others, rows)


def _of_table(
    model: TabularNetwork, data: Any, features: Sequence[Any] | None, held: Mapping[Any, Any], resolution: int
) -> Plane:
    table = read_table(data)
    if model.target.name in table.names:
        table, _ = with_known_target(table, model.target.name)
    used = [encoding.name for encoding in model.encoder.used]
    columns = {name: table.column(name) for name in used}
    numbers = [name for name, column in columns.items() if column.kind == "number"]
    if features is None and len(numbers) < 2:
        raise ArgumentError(f"a plane needs two columns of numbers; the model has {', '.join(numbers) or 'none'}")
    chosen = _two(numbers[:2] if features is None else features)
    for name in (*chosen, *held):
        if name not in used:
            raise ArgumentError(f"the model has no column {name!r}; expected one of {', '.join(used)}")
    if chosen[0] == chosen[1]:
        raise ArgumentError(f"a plane needs two different columns, got {chosen[0]!r} twice")
    for name in chosen:
        if name not in numbers:
            raise ArgumentError(f"column {name!r} holds no numbers; a plane needs two of {', '.join(numbers)}")
        if name in held:
            raise ArgumentError(f"{name} is an axis of the plane; it can't be held")
    first, second = (columns[name].values for name in chosen)
    across, up = _axis(first, resolution), _axis(second, resolution)
    size, grid, others = resolution * resolution, [], []
    for name, column in columns.items():
        if name in chosen:
            values = np.tile(across, resolution) if name == chosen[0] else np.repeat(up, resolution)
            grid.append(Column(name, "number", values))
            continue
        value = _usual(column) if name not in held else _given(column, held[name])
        grid.append(Column(name, column.kind, np.full(size, value, column.values.dtype)))
        text = Column(name, column.kind, grid[-1].values[:1]).as_text()[0]
        others.append(f"{name} = {text if column.kind != 'number' else f'{value:.4g}'}")
    points = np.stack([first, second], axis=1)
    return Plane((chosen[0], chosen[1]), across, up, points, tuple(others), Table(tuple(grid)))


def _usual(column: Column) -> Any:
    """Return the median of numbers and dates, else the most frequent value; None or NaN where there is none."""
    present = column.values[~column.missing]
    if not len(present):
        return None if column.kind == "category" else np.nan
    if column.kind in ("number", "date"):
        return float(np.median(present))
    names, counts = np.unique(present, return_counts=True)
    return names[counts.argmax()]


def _given(column: Column, value: Any) -> Any:
    """Return a value as the column keeps it."""
    if column.kind == "category":
        return number_text(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
    read = read_table({column.name: [value]}).column(column.name)
    if read.kind == "category" or read.missing.any():
        raise ArgumentError(f"{column.name} holds values of kind {column.kind}; it can't be held at {value!r}")
    return read.values[0]


def _two(features: Sequence[Any]) -> tuple[Any, Any]:
    if isinstance(features, str) or len(features) != 2:
        raise ArgumentError(f"features expects two, one for each axis, got {features!r}")
    return features[0], features[1]


def _axis(values: Array, resolution: int) -> Array:
    present = values[np.isfinite(values)]
    if not len(present):
        raise DataError("a feature of the plane has no value at all")
    low, high = float(present.min()), float(present.max())
    margin = MARGIN * (high - low) or 1.0
    return np.linspace(low - margin, high + margin, resolution)
