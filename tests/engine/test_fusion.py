"""Fusion: product, bias and one activation become "dense"; everything else stays as and where it is."""

from chainrule.engine.fusion import fuse
from chainrule.engine.plan import Instruction, Operand

W, B, C = (Operand("parameters", offset) for offset in (0, 6, 8))
PRODUCT = Instruction("product", 3, 2, {"weights": W})
BIAS = Instruction("bias", 2, 2, {"bias": B})
RELU = Instruction("activation", 2, 2, attributes={"activation": "relu", "alpha": 0.0})
TANH = Instruction("activation", 2, 2, attributes={"activation": "tanh", "alpha": 0.0})
DROPOUT = Instruction("dropout", 2, 2, attributes={"seed": 1, "layer": 1, "threshold": 9})
SOFTMAX = Instruction("softmax", 2, 2)


def names(*instructions):
    return [i.operation for i in fuse(instructions)]


def test_a_dense_layer():
    (dense,) = fuse([PRODUCT, BIAS, RELU])
    assert dense == Instruction("dense", 3, 2, {"weights": W, "bias": B}, RELU.attributes)


def test_what_may_be_missing():
    assert fuse([PRODUCT]) == (Instruction("dense", 3, 2, {"weights": W}),)
    assert fuse([PRODUCT, RELU]) == (Instruction("dense", 3, 2, {"weights": W}, RELU.attributes),)


def test_only_the_first_activation_joins():
    dense, second = fuse([PRODUCT, BIAS, RELU, TANH])
    assert dense.attributes["activation"] == "relu"
    assert second == TANH


def test_nothing_joins_across_another_instruction():
    assert names(PRODUCT, BIAS, DROPOUT, RELU) == ["dense", "dropout", "activation"]
    assert names(PRODUCT, SOFTMAX, RELU) == ["dense", "softmax", "activation"]
    assert names(RELU, PRODUCT) == ["activation", "dense"]


def test_products_stay_apart():
    assert names(PRODUCT, BIAS, PRODUCT, BIAS, RELU) == ["dense", "dense"]


def test_a_second_bias_and_a_bias_after_the_activation_stay():
    assert names(PRODUCT, BIAS, Instruction("bias", 2, 2, {"bias": C})) == ["dense", "bias"]
    assert names(PRODUCT, RELU, BIAS) == ["dense", "bias"]


def test_nothing():
    assert fuse([]) == ()
