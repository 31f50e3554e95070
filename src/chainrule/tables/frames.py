"""A data frame (pandas, Polars, PyArrow ...) or a dictionary of columns becomes a table."""

import datetime as dt
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

import numpy as np

from chainrule.arrays import Array
from chainrule.errors import DataError, DTypeError
from chainrule.tables.parsing import parse_texts
from chainrule.tables.table import Column, Table, number_text, refuse_repeated

_TEXTS = {str, type(None), float}
_EPOCH = dt.datetime(1970, 1, 1)


def table_from_mapping(columns: Mapping[Any, Any]) -> Table:
    """Return the table of a dictionary from column names to lists, NumPy arrays or series."""
    names = [str(name) for name in columns]
    return _table(names, [_values_of(name, values) for name, values in zip(names, columns.values(), strict=True)])


def table_from_array(array: Array) -> Table:
    """Return the table of a two-dimensional array, its columns named ``column_1``, ... , or of a structured one."""
    if array.dtype.names is not None:
        return table_from_mapping({name: array[name] for name in array.dtype.names})
    if array.ndim != 2:
        raise DataError(f"an array must be two-dimensional, (rows, columns), to be a table, got shape {array.shape}")
    return table_from_mapping({f"column_{index + 1}": column for index, column in enumerate(array.T)})


def table_from_rows(rows: Sequence[Any]) -> Table:
    """Return the table of a list of rows: dictionaries, or sequences whose columns are named ``column_1``, ...

    Raises
    ------
    DataError
        A row is neither, or rows have different lengths.
    """
    if rows and all(isinstance(row, Mapping) for row in rows):
        names = list(dict.fromkeys(name for row in rows for name in row))
        return table_from_mapping({name: [row.get(name) for row in rows] for name in names})
    for index, row in enumerate(rows):
        if isinstance(row, str) or not isinstance(row, Sequence | np.ndarray):
            raise DataError(
                f"row {index + 1} of the list is {type(row).__name__}; expected every row to be a list of values, or "
                "every one a dictionary"
            )
        if len(row) != len(rows[0]):
            raise DataError(f"row {index + 1} of the list has {len(row)} values, the first row {len(rows[0])}")
    return table_from_mapping({f"column_{i + 1}": list(column) for i, column in enumerate(zip(*rows, strict=True))})


def table_from_frame(frame: Any) -> Table:
    """Return the table of any data frame that narwhals knows.

    A column with the frame's own type for categories stays one, even where its values read as numbers.

    Raises
    ------
    DTypeError
        ``frame`` is no data frame.
    """
    import narwhals as nw

    try:
        native = nw.from_native(frame)
        if isinstance(native, nw.LazyFrame):
            native = native.collect()
    except TypeError:
        raise DTypeError(
            "a table can be read from a path, a data frame (pandas, Polars, PyArrow), an array, a list of rows, a "
            f"dictionary of columns or a Table, got {type(frame).__name__}"
        ) from None
    except nw.exceptions.DuplicateError:
        raise DataError("the data frame has several columns of the same name; rename all but one") from None
    names = [str(name) for name in native.columns]
    series = list(native.iter_columns())
    chosen = frozenset(
        name for name, values in zip(names, series, strict=True) if isinstance(values.dtype, nw.Categorical | nw.Enum)
    )
    return _table(names, [_values_of_series(values) for values in series], chosen)


def _values_of_series(series: Any) -> Array | list[Any]:
    import narwhals as nw

    if series.dtype.is_numeric():
        return np.asarray(series.cast(nw.Float64).to_numpy(), dtype=np.float64)
    return list(series.to_list())


def _values_of(name: str, values: Any) -> Array | list[Any]:
    import narwhals as nw

    series = nw.from_native(values, series_only=True, pass_through=True)
    if isinstance(series, nw.Series):
        return _values_of_series(series)
    if not isinstance(values, np.ndarray):
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise DataError(f"column {name!r} must be a list, an array or a series, got {type(values).__name__}")
        return list(values)
    if values.ndim != 1:
        raise DataError(f"column {name!r} must be one-dimensional, got an array of shape {values.shape}")
    if values.dtype.kind in "iuf":
        return values.astype(np.float64)
    if values.dtype.kind == "M":
        return list(values.astype("datetime64[us]").tolist())
    return list(values.tolist())


def _table(names: list[str], columns: list[Array | list[Any]], as_category: frozenset[str] = frozenset()) -> Table:
    refuse_repeated(names)
    ready: dict[str, Column] = {}
    texts: dict[str, Array] = {}
    for name, values in zip(names, columns, strict=True):
        if isinstance(values, np.ndarray):
            ready[name] = Column(name, "number", values)
        else:
            converted = _convert(name, values, name in as_category)
            if isinstance(converted, Column):
                ready[name] = converted
            else:
                texts[name] = converted
    # One pass through the parser for all text columns of the same length: unequal ones are Table's to refuse.
    for length in {len(values) for values in texts.values()}:
        group = {name: values for name, values in texts.items() if len(values) == length}
        ready.update({column.name: column for column in parse_texts(group, as_category)})
    return Table(tuple(ready[name] for name in names))


def _convert(name: str, values: list[Any], as_category: bool) -> Column | Array:
    """Return the column, or an object array of text that is still to be parsed."""
    kinds = set(map(type, values))
    if str in kinds and kinds <= _TEXTS:  # quick, since most columns of words are so
        words = np.array(values, dtype=object)
        numbers = [value for value in values if type(value) is float]
        if all(value != value for value in numbers):  # noqa: PLR0124  (NaN, which pandas has for a missing word)
            words[[type(value) is not str for value in values]] = None
            return words
    present = [value for value in values if not _is_missing(value)]
    if not present:
        return Column(name, "number", np.full(len(values), np.nan))
    if not as_category:
        if all(isinstance(value, dt.date) for value in present):
            return Column(name, "date", np.array([np.nan if _is_missing(v) else _days(v) for v in values]))
        if all(_is_number(value) for value in present):
            numbers = [np.nan if _is_missing(value) else float(value) for value in values]
            return Column(name, "number", np.array(numbers, dtype=np.float64))
    texts = np.empty(len(values), dtype=object)
    texts[:] = [None if _is_missing(value) else _text(name, value) for value in values]
    return texts


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, Sequence | np.ndarray | Mapping):
        return False
    try:
        return not bool(value == value)  # noqa: PLR0124  (NaN and NaT differ from themselves)
    except TypeError:  # pandas.NA is neither equal nor unequal to anything
        return True


def _is_number(value: Any) -> bool:
    from decimal import Decimal

    return isinstance(value, Real | Decimal) and not isinstance(value, bool | np.bool_)


def _days(value: dt.date) -> float:
    if not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)
    if value.tzinfo is not None:
        value = value.astimezone(dt.UTC).replace(tzinfo=None)
    return (value - _EPOCH) / dt.timedelta(days=1)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool | np.bool_):
        return str(value).lower()
    if _is_number(value):
        return number_text(value)
    if isinstance(value, str | dt.date):
        return str(value)
    raise DataError(
        f"column {name!r} holds {type(value).__name__} values; expected numbers, text, booleans or dates: leave it out"
    )
