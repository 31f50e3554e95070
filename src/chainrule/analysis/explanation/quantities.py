"""Quantities: what the numbers of a network are called, such as z1[5], a2[Gentoo], J and dJ/dz1[5]."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True)
class Quantity:
    """A number of a network by its name: ``z1[5]`` is the sum of unit 5 of the first dense layer.

    Parameters
    ----------
    letter : str
        x inputs, z sums before an activation, a activations, y outputs, J the loss, L that of one example, w the
        weight asked for; n normalised, d after dropout, e vectors of categories, f flattened, h of another layer.
    number : int, optional
        Which of the layers that have that letter, from 1.
    unit : str, optional
        Its place in the layer, from 0 as in NumPy, or its name; none where there is only one.
    example : int, optional
        Which example of a batch, from 0; none where only one is looked at.

    Examples
    --------
    >>> str(Quantity("z", 1, "5")), str(Quantity("y", unit="Gentoo")), str(Quantity("J"))
    ('z1[5]', 'y[Gentoo]', 'J')
    """

    letter: str
    number: int | None = None
    unit: str | None = None
    example: int | None = None

    def __str__(self) -> str:
        number = "" if self.number is None else str(self.number)
        unit = "" if self.unit is None else f"[{self.unit}]"
        example = "" if self.example is None else f"#{self.example}"
        return f"{self.letter}{number}{unit}{example}"


@dataclass(frozen=True)
class Ratio:
    """A derivative ``d of / d by``.

    Examples
    --------
    >>> str(Ratio(Quantity("J"), Quantity("z", 1, "5")))
    'dJ/dz1[5]'
    """

    of: Quantity
    by: Quantity

    def __str__(self) -> str:
        return f"d{self.of}/d{self.by}"


J, W = Quantity("J"), Quantity("w")


@dataclass(frozen=True)
class Units:
    """The names of all numbers of one stage.

    Parameters
    ----------
    letter, number
        As of `Quantity`.
    shape : tuple of int
        Of one example.
    names : sequence of str, optional
        Of the units, where they have any.

    Examples
    --------
    >>> units = Units("z", 2, (3,))
    >>> str(units[1]), str(Units("y", None, (1,))[0])
    ('z2[1]', 'y')
    """

    letter: str
    number: int | None
    shape: tuple[int, ...]
    names: Sequence[str] | None = field(default=None, compare=False)

    @property
    def size(self) -> int:
        """How many there are for one example."""
        return int(np.prod(self.shape))

    def unit(self, index: int) -> str | None:
        """Return the name of unit ``index`` of the flattened example."""
        if self.names is not None:
            return str(self.names[index])
        if self.size == 1:
            return None
        return ", ".join(str(int(i)) for i in np.unravel_index(index, self.shape))

    def __getitem__(self, index: int) -> Quantity:
        return Quantity(self.letter, self.number, self.unit(index))

    def of_example(self, index: int, example: int) -> Quantity:
        """Return a unit's quantity with the example that it is of."""
        return replace(self[index], example=example)

    @property
    def symbol(self) -> str:
        """The letter with its number."""
        return str(Quantity(self.letter, self.number))
