"""Plans are values: equal where they say the same, and frozen."""

from dataclasses import FrozenInstanceError

import pytest

from chainrule.engine.plan import Instruction, Operand, Plan, PlannedLoss


def test_plans_that_say_the_same_are_equal():
    def plan(units=3, label=0.0):
        product = Instruction("product", 2, units, {"weights": Operand("parameters", 0)}, {})
        return Plan((product,), ((0, 2 * units, 0.0, 0.0, 0),), PlannedLoss("huber", label, False, "mean"))

    assert plan() == plan()
    assert plan() != plan(units=4)
    assert plan() != plan(label=1.0)


def test_plans_are_frozen():
    with pytest.raises(FrozenInstanceError):
        Plan(()).instructions = ()
    with pytest.raises(FrozenInstanceError):
        Instruction("bias", 1, 1).inputs = 2


def test_merging_keeps_the_place_of_the_first_and_what_both_have():
    product = Instruction("product", 3, 2, {"weights": Operand("parameters", 0)})
    activation = Instruction(
        "activation", 2, 2, {"bias": Operand("parameters", 6)}, {"activation": "elu", "alpha": 1.0}
    )
    merged = product.merged("dense", activation)
    assert (merged.operation, merged.inputs, merged.outputs) == ("dense", 3, 2)
    assert merged.operands == {"weights": Operand("parameters", 0), "bias": Operand("parameters", 6)}
    assert merged.attributes == {"activation": "elu", "alpha": 1.0}
    assert product.operation == "product"
