import numpy as np

from chainrule.tables import DataOptions, Table, prepare, read_table


def data(**more: object) -> Table:
    random = np.random.Generator(np.random.Philox(0))
    x = random.normal(size=300)
    y = np.where(x + random.normal(size=300) > 0, "yes", "no")
    return read_table({"id": list(range(300)), "x": x, "y": y, "z": random.normal(size=300), **more})


def warnings(table: Table, **options: object) -> list[str]:
    columns = prepare(table, "y", options=DataOptions(**options)).columns  # type: ignore[arg-type]
    return [line.removeprefix("warning      ") for line in columns if line.startswith("warning ")]


def test_nothing_to_warn_of() -> None:
    assert warnings(data()) == []


def test_a_leak_is_told_unless_it_is_left_out() -> None:
    table = data()
    leak = read_table({"paid": [{"yes": 1, "no": 0}[name] for name in table.column("y").values]}).column("paid")
    leaking = Table((*table.columns, leak))
    (found,) = warnings(leaking)
    assert found.startswith(
        "paid alone tells y: it goes 100.0% of the way from guessing to certainty, the next best (x)"
    )
    assert warnings(leaking, drop="paid") == []


def test_two_columns_that_tell_together_unless_one_is_left_out() -> None:
    table = data()
    part, other = np.random.Generator(np.random.Philox(1)).integers(0, 2, (2, 300))
    told = read_table({"part": part, "other": other, "y": np.where(part == other, "yes", "no")})
    leaking = Table((*table.drop("y").columns, *told.columns))
    (found,) = warnings(leaking)
    assert found.startswith("part and other together tell y: they go 100.0% of the way from guessing to certainty, the")
    assert warnings(leaking, drop="part") == []


def test_copies_are_told_although_a_counter_tells_rows_apart() -> None:
    table = data()
    rows = np.concatenate([np.arange(200), np.arange(200)])
    doubled = Table(tuple(column.take(rows) for column in table if column.name != "id"))
    counter = read_table({"id": list(range(400))}).column("id")
    (found,) = warnings(Table((counter, *doubled.columns)))
    assert found.endswith("of 80 test rows are copies of training rows; scores look better than on new rows")


def test_copies_in_test_rows_of_ones_own() -> None:
    table = data()
    assert len(warnings(table, test=table.take(np.arange(100)))) == 1
    assert warnings(table.take(np.arange(200)), test=table.take(np.arange(200, 300))) == []
