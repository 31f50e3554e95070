import numpy as np
import pytest

from chainrule.errors import DataError
from chainrule.tables.parsing import connect, read_columns
from chainrule.tables.relation import Relation


def test_union_matches_columns_by_name_and_keeps_the_rows_in_order() -> None:
    with connect() as connection:
        connection.execute("CREATE TABLE one AS SELECT range AS a, 'x' AS b FROM range(3)")
        connection.execute("CREATE TABLE two AS SELECT true AS c, range + 10 AS a FROM range(2)")
        parts = [Relation.of(connection, "one"), Relation.of(connection, "two")]
        columns = {column.name: column for column in read_columns(connection, Relation.union(connection, parts))}
    assert list(columns) == ["a", "b", "c"]
    np.testing.assert_array_equal(columns["a"].values, [0, 1, 2, 10, 11])
    assert columns["b"].values.tolist() == ["x", "x", "x", None, None]
    np.testing.assert_array_equal(columns["c"].values, [np.nan] * 3 + [1, 1])


def test_union_refuses_names_that_repeat() -> None:
    with connect() as connection:
        connection.execute("CREATE TABLE one AS SELECT 1 AS a")
        one = Relation.of(connection, "one")
        twice = Relation(one.source, one.fields * 2, one.types * 2, ("a", "a"))
        with pytest.raises(DataError, match="several columns named 'a'"):
            Relation.union(connection, [twice, one])
