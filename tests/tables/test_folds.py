"""Folds: every row of training and validation is held out once, and the test rows never."""

import numpy as np
import pytest

from chainrule.errors import ArgumentError, DataError
from chainrule.tables import DataOptions, read_table
from chainrule.tables.folds import Fold
from chainrule.tables.preparation import prepare
from chainrule.tables.table import Column

PARTS = [np.arange(0, 30), np.arange(30, 40), np.arange(40, 50)]
CODES = np.repeat([0, 1], [40, 10])[np.random.default_rng(0).permutation(50)]


def test_each_row_is_held_out_once_and_classes_are_shared_out():
    folds = [Fold(i, 4).of(PARTS, CODES, None, seed=3) for i in range(4)]
    held = np.concatenate([fold[1] for fold in folds])
    assert sorted(held) == list(range(40))
    for training, validation, test in folds:
        assert sorted([*training, *validation]) == list(range(40)) and test is PARTS[2]
    ones = [CODES[fold[1]].sum() for fold in folds]
    assert max(ones) - min(ones) <= 1
    others = [Fold(i, 4).of(PARTS, CODES, None, seed=4) for i in range(4)]
    assert any(not np.array_equal(one[1], other[1]) for one, other in zip(folds, others, strict=True))


def test_groups_stay_together():
    group = Column("who", "number", np.repeat(np.arange(10.0), 5))
    for i in range(3):
        training, validation, _ = Fold(i, 3).of(PARTS, None, group, seed=0)
        assert not set(group.values[training]) & set(group.values[validation])


def test_too_few_rows_and_wrong_numbers_are_refused():
    with pytest.raises(DataError, match="3 rows can't be split into 4 folds"):
        Fold(0, 4).of([np.arange(2), np.arange(2, 3)], None, None, 0)
    with pytest.raises(ArgumentError, match="folds"):
        Fold(0, 1)
    with pytest.raises(ArgumentError, match="no fold 3"):
        Fold(3, 3)


def test_prepared_folds_share_the_test_rows_with_the_usual_split():
    random = np.random.default_rng(1)
    table = read_table({"x": random.normal(size=60), "y": random.normal(size=60)})
    usual = prepare(table, "y")
    for i in range(3):
        fold = prepare(table, "y", fold=Fold(i, 3))
        assert len(fold.validation) == 16 and len(fold.training) == 32
        truth = fold.target.decode(fold.test.answers)
        assert np.allclose(truth, usual.target.decode(usual.test.answers), rtol=1e-5)  # float32
    with pytest.raises(ArgumentError, match="can't be cross-validated"):
        prepare(table, "y", options=DataOptions(time="x"), fold=Fold(0, 3))
