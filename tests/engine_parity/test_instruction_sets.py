"""Every instruction set of this processor: some of the parity tests under each, in a process of its own.

All of them run under another set with ``CHAINRULE_ISA=baseline python -m pytest tests/engine_parity``.
"""

import os

import pytest

from chainrule.engine import native
from tests.engine_parity.compare import needs_native, run_python

pytestmark = needs_native
ISAS = native._native.isas() if native.available() else []
SOME = """
from tests.engine_parity import compare, test_data, test_failures, test_layers, test_losses, test_optimizers

compare.STEPS = 10  # of 50, for the sake of time

for dtype in ("float32", "float64"):
    for name in test_layers.NAMES:
        test_layers.test_dense_with_each_activation(name, dtype)
        test_layers.test_batches_of_one_with_each_activation(name, dtype)
    for name in test_losses.LOSSES:
        test_losses.test_loss(name, 16, dtype)
    for rule in test_optimizers.RULES:
        test_optimizers.test_optimizer(rule, 16, dtype)
        test_optimizers.test_clipping(rule, "global norm", dtype)
    for name in ("batch", "batch frozen", "layer", "given, inverted"):
        test_layers.test_normalization(name, dtype)
    for name in ("wide", "deep"):
        test_layers.test_dense(name, 16, dtype)
        test_layers.test_dense(name, 1, dtype)
    test_layers.test_dropout("wider than a block of bits", 16, dtype)
    test_layers.test_embedding("wide", 16, dtype)
    for name in test_layers.MIXED_SIZES:
        test_layers.test_category_embedding(name, 16, dtype)
    test_layers.test_everything_at_once(dtype)
    test_failures.test_a_huge_row({}, 16, dtype)
    for batch_size in (1, 2, 3, 5, 9, 17, 33):
        test_data.test_batch_size(batch_size, True, dtype)
"""


@pytest.mark.parametrize("isa", ISAS)
def test_parity_under(isa):
    if os.environ.get("CHAINRULE_ISA") or isa == native._native.isa():
        pytest.skip("the whole suite runs under this instruction set, or one that was asked for")
    run_python(SOME, CHAINRULE_ISA=isa)


@pytest.mark.parametrize("isa", ISAS)
def test_describe_names_it(isa):
    said = run_python("from chainrule.engine import describe; print(describe())", CHAINRULE_ISA=isa)
    assert said.startswith(f"native engine ({isa}, ")


def test_one_that_there_is_not():
    program = """
from chainrule import Sequential
from chainrule.layers import Dense
try:
    Sequential([Dense(1)]).predict([[1.0]])
except Exception as error:
    print(error)
"""
    said = run_python(program, CHAINRULE_ISA="avx1024")
    assert "CHAINRULE_ISA=avx1024 can't be used: this build and processor have" in said
    assert ISAS[0] in said
