"""What makes scores look better than they will be, as sentences for people: leaks, and copies across parts."""

from collections.abc import Sequence

import numpy as np

from chainrule.arrays import Array
from chainrule.tables.duplicates import count_copies
from chainrule.tables.encoder import Encoder
from chainrule.tables.encodings.identifiers import why_identifier
from chainrule.tables.leak_pairs import find_leaking_pairs
from chainrule.tables.leaks import find_leaks
from chainrule.tables.table import Column, Table, counted

_MOST_LEAKS, _MOST_PAIRS = 5, 2  # that are told one by one


def leak_warnings(training: Table, encoder: Encoder, answers: Array, classes: int | None) -> list[str]:
    """Return a sentence for each column, and each pair of columns, that gives the target away.

    Parameters
    ----------
    training : Table
    encoder : Encoder
        Only columns that it uses can give anything away.
    answers : array (rows,)
        Class codes, or numbers.
    classes : int or None
        The number of classes; None for numbers.
    """
    columns = [training.column(encoding.name) for encoding in encoder.used]
    alone = [
        f"{leak.column} alone tells {encoder.target}: it goes {leak.share:.1%} of the way from guessing to certainty"
        f"{f', the next best ({leak.next_column}) {leak.next_share:.0%}' if leak.next_column else ''}; "
        "leave it out if it is not known beforehand"
        for leak in find_leaks(columns, answers, classes)[:_MOST_LEAKS]
    ]
    together = [
        f"{' and '.join(pair.columns)} together tell {encoder.target}: they go {pair.share:.1%} of the way from "
        f"guessing to certainty, the better one alone {pair.alone:.0%}; leave one out if it is not known beforehand"
        for pair in find_leaking_pairs(columns, answers, classes)[:_MOST_PAIRS]
    ]
    return alone + together


def copy_warnings(table: Table, parts: Sequence[Array], test: Table | None, ignored: str | None) -> list[str]:
    """Return a sentence if test rows are copies of training rows.

    Parameters
    ----------
    table : Table
        All columns, with the target.
    parts : sequence of integer arrays
        Rows of the training part, ..., and of the test part where there is no ``test``.
    test : Table or None
        Test rows of a table of their own.
    ignored : str or None
        A column that says nothing about a row, such as its weight.
    """
    telling = [
        column
        for column in table
        if column.name != ignored and (column.kind != "number" or why_identifier(column.take(parts[0])) is None)
    ]
    rows = parts[-1]
    if test is not None:
        columns = {column.name: column for column in test}
        telling = [c for c in telling if c.name in columns and columns[c.name].kind == c.kind]
        rows = np.arange(table.rows, table.rows + test.rows)
        telling = [Column(c.name, c.kind, np.concatenate([c.values, columns[c.name].values])) for c in telling]
    copies = count_copies(telling, parts[0], rows)
    if copies == 0:
        return []
    are = "is a copy" if copies == 1 else "are copies"
    return [
        f"{copies:,} of {counted(len(rows), 'test row')} {are} of training rows; scores look better than on new rows"
    ]
