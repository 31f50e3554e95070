"""The rule that chooses the treatment of a column."""

from typing import Literal, TypeAlias

from chainrule.tables.encodings.boolean import BooleanEncoding
from chainrule.tables.encodings.category import CategoryEncoding
from chainrule.tables.encodings.date import DateEncoding
from chainrule.tables.encodings.embedded import EmbeddedEncoding
from chainrule.tables.encodings.encoding import Encoding
from chainrule.tables.encodings.identifiers import why_identifier
from chainrule.tables.encodings.left_out import LeftOut
from chainrule.tables.encodings.number import NumberEncoding
from chainrule.tables.table import Column, counted

MOST_ONE_HOT = 10  # names; from there on vectors are learned
Role: TypeAlias = Literal["categorical", "numeric", "time", "any"]
ENCODINGS: dict[str, type[Encoding]] = {
    encoding.treatment: encoding
    for encoding in (NumberEncoding, BooleanEncoding, CategoryEncoding, EmbeddedEncoding, DateEncoding, LeftOut)
}


def fit_encoding(column: Column, role: Role | None = None, embed: bool = False, cut: bool = False) -> Encoding:
    """Choose and fit the encoding of one column of the training part.

    Left out: a column without values or with one value throughout, and what `why_identifier` recognises.

    Parameters
    ----------
    column : Column
    role : optional
        "categorical" or "numeric" treat the column so, whatever it holds; "time" is what rows are split by;
        "any" as None, but identifiers are kept.
    embed : bool
        Whether categories of more than 10 names become codes for learned vectors; else all are one-hot.
    cut : bool
        Whether numbers of many values are also cut into pieces.
    """
    present = column.values[~column.missing]
    if present.size == 0:
        return LeftOut(column.name, "no values")
    if present.size == len(column.values) and (present == present[0]).all():
        return LeftOut(column.name, f"always {column.as_text()[0]}")
    if role == "time":
        return _of_time(column)
    if role == "numeric":
        return NumberEncoding.fit(column, lenient=column.kind == "category", cut=cut)
    reason = why_identifier(column) if role is None else None
    if reason:
        return LeftOut(column.name, reason)
    if role == "categorical" or column.kind == "category":
        return _of_categories(column, embed)
    if column.kind == "boolean":
        return BooleanEncoding.fit(column)
    return DateEncoding.fit(column) if column.kind == "date" else NumberEncoding.fit(column, cut=cut)


def _of_categories(column: Column, embed: bool) -> Encoding:
    one_hot = CategoryEncoding.fit(column)
    if not one_hot.categories:
        distinct = counted(len(set(column.as_text()[~column.missing])), "different value")
        return LeftOut(column.name, f"{distinct}, every one of them rare")
    return EmbeddedEncoding.fit(column) if embed and len(one_hot.categories) > MOST_ONE_HOT else one_hot


def _of_time(column: Column) -> Encoding:
    if column.kind == "date":
        encoding = DateEncoding.fit(column, ordered=True)
        if encoding.parts:
            return encoding
    return LeftOut(column.name, "orders the rows")
