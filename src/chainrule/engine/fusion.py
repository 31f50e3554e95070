"""Fusion: neighbouring instructions that a kernel does in one go become one."""

from collections.abc import Iterable

from chainrule.engine.plan import Instruction


def fuse(instructions: Iterable[Instruction]) -> tuple[Instruction, ...]:
    """Return the instructions with product, bias and activation joined to "dense".

    Examples
    --------
    >>> product, bias = Instruction("product", 3, 2), Instruction("bias", 2, 2)
    >>> relu = Instruction("activation", 2, 2, attributes={"activation": "relu"})
    >>> [i.operation for i in fuse([product, bias, relu, relu])]
    ['dense', 'activation']
    """
    fused: list[Instruction] = []
    for instruction in instructions:
        before = fused[-1] if fused else None
        if instruction.operation == "product":
            fused.append(instruction.merged("dense", instruction))
        elif before is not None and _joins(before, instruction):
            fused[-1] = before.merged("dense", instruction)
        else:
            fused.append(instruction)
    return tuple(fused)


def _joins(before: Instruction, instruction: Instruction) -> bool:
    """Whether an instruction can be done where the product before it is stored."""
    if before.operation != "dense" or "activation" in before.attributes:
        return False
    return instruction.operation == "activation" or (instruction.operation == "bias" and "bias" not in before.operands)
