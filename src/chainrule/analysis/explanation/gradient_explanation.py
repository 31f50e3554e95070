"""GradientExplanation: the chain rule for one weight as data."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, prod
from typing import Any, NamedTuple

from chainrule.analysis.explanation.quantities import Quantity, Ratio
from chainrule.analysis.explanation.traces import Trace
from chainrule.arrays import Array, is_number
from chainrule.errors import ArgumentError


@dataclass(frozen=True)
class Factor:
    """One factor of a product: ``d of / d by`` with its number, and what it is in words.

    Examples
    --------
    >>> print(Factor(Quantity("a", 1, "0"), Quantity("z", 1, "0"), 0.25, "slope of sigmoid"))
    da1[0]/dz1[0] = 0.25
    """

    of: Quantity
    by: Quantity
    value: float
    why: str

    @property
    def ratio(self) -> Ratio:
        """The derivative that it is."""
        return Ratio(self.of, self.by)

    def __str__(self) -> str:
        return f"{self.ratio} = {self.value:.8g}"


@dataclass(frozen=True)
class Term:
    """One way on which a quantity reaches the loss: ``dJ/d above`` times ``d above / d quantity``."""

    above: Quantity
    gradient: float
    local: float
    why: str

    @property
    def product(self) -> float:
        """What it adds to the sum."""
        return self.gradient * self.local


@dataclass(frozen=True)
class Step:
    """One step back along the largest path: ``dJ/d of`` is the sum of its terms.

    Attributes
    ----------
    of : Quantity
    terms : tuple of Term
        Largest first by absolute value; those that are 0 are left out, unless all are.
    gradient : float
        dJ/d of.
    """

    of: Quantity
    terms: tuple[Term, ...]
    gradient: float


class Place(NamedTuple):
    """Where a number of the network is: in which stage, of which example, and which unit of the flattened stage."""

    stage: int
    example: int
    unit: int


@dataclass(frozen=True)
class Path:
    """One path from the loss back to the weight.

    Attributes
    ----------
    factors : tuple of Factor
        From dJ/dy down to dz/dw.
    places : tuple of Place
        Of the units on it, from the weight to the loss.
    """

    factors: tuple[Factor, ...]
    places: tuple[Place, ...]

    @property
    def contribution(self) -> float:
        """What it adds to the gradient: the product of its factors."""
        return prod(factor.value for factor in self.factors)

    @property
    def units(self) -> tuple[Quantity, ...]:
        """The quantities on it, from the weight to the loss, both left out."""
        return tuple(factor.of for factor in reversed(self.factors))[: len(self.places)]


@dataclass(frozen=True)
class Check:
    """The central difference ``(J(w + h) - J(w - h)) / 2h`` beside the gradient.

    Attributes
    ----------
    step : float
        h.
    value : float
    error : float
        Distance from the gradient, relative to the larger of the two; 0 where both are 0.
    """

    step: float
    value: float
    error: float


@dataclass(frozen=True)
class WhatIf:
    """What J does when the weight moves: as the gradient predicts, and in truth.

    Attributes
    ----------
    delta : float
    before, after : float
        J.
    predicted : float
        ``dJ/dw delta``.
    """

    delta: float
    before: float
    after: float
    predicted: float

    @property
    def true(self) -> float:
        """The change of J."""
        return self.after - self.before


@dataclass(frozen=True, eq=False, repr=False)
class GradientExplanation:
    """How a small change of one weight moves the loss, by the chain rule; `explain_gradient` makes it.

    All numbers are float64, whatever the model's type.

    Attributes
    ----------
    weight : str
        Its name in full.
    index : tuple of int
        Its place in its Variable.
    value : float
        w.
    gradient : float
        dJ/dw: the sum of ``contributions`` and ``penalty``.
    loss : float
        J.
    contributions : float64 array (examples,)
        What each example adds to the gradient.
    penalty : float or None
        What L1, L2 ... on the weights add; None where there are no penalties.
    example : int
        The example whose factors are shown.
    coupled : bool
        Whether examples depend on each other (batch normalisation while training): then paths run through all of them,
        and add up to the gradient of all.
    factors : tuple of Factor
        Their product is the example's contribution: the whole chain where there is one path, else from where the paths
        part on down to the weight, led by the gradient that they have together.
    chain : Path or None
        The largest path, also where it is 0; None where the examples do not use the weight.
    steps : tuple of Step
        From the loss back to the weight along the largest path, with the sum wherever paths join.
    paths : tuple of Path
        Those of largest contribution.
    path_count : int
        How many paths there are whose contribution is not 0.
    check : Check
    trace : Trace
        All values and gradients of both passes.

    Examples
    --------
    >>> from chainrule import Sequential, analysis
    >>> from chainrule.layers import Dense, Input
    >>> model = Sequential([Input((2,)), Dense(2, activation="sigmoid"), Dense(1)], seed=0)
    >>> explanation = analysis.explain_gradient(model, [1.0, 2.0], [0.5], weight="dense_1/kernel[0, 1]", loss="mse")
    >>> [str(factor.ratio) for factor in explanation.factors]
    ['dJ/dy', 'dy/da1[1]', 'da1[1]/dz1[1]', 'dz1[1]/dw']
    >>> abs(explanation.gradient - explanation.check.value) < 1e-8
    True
    """

    weight: str
    index: tuple[int, ...]
    value: float
    gradient: float
    loss: float
    contributions: Array
    penalty: float | None
    example: int
    coupled: bool
    factors: tuple[Factor, ...]
    chain: Path | None
    steps: tuple[Step, ...]
    paths: tuple[Path, ...]
    path_count: int
    check: Check
    trace: Trace
    objective: Callable[[float], float]  # J by the change of the weight

    @property
    def explained(self) -> float:
        """What the paths add up to: the example's contribution, or all examples' where they are coupled."""
        return float(self.contributions.sum() if self.coupled else self.contributions[self.example])

    @property
    def remainder(self) -> float:
        """What the paths that are not among ``paths`` add."""
        return self.explained - sum(path.contribution for path in self.paths)

    def what_if(self, delta: float) -> WhatIf:
        """Return the change of J when the weight grows by ``delta``: predicted by the gradient, and true.

        Examples
        --------
        >>> from chainrule import Sequential, analysis
        >>> from chainrule.layers import Dense, Input
        >>> model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")], seed=0)
        >>> change = analysis.explain_gradient(model, [2.0], [1.0], "dense_1/kernel[0, 0]", loss="mse").what_if(0.1)
        >>> print(f"predicted {change.predicted:.2f}, true {change.true:.2f}")
        predicted 0.40, true 0.44
        """
        if not (is_number(delta) and isfinite(delta)):
            raise ArgumentError(f"delta must be a number, such as 0.1, got {delta!r}")
        return WhatIf(float(delta), self.loss, self.objective(float(delta)), self.gradient * float(delta))

    def to_text(self, width: int = 80, delta: float = 0.1) -> str:
        """Return the explanation as a worked example in plain text.

        Parameters
        ----------
        width : int
            Of a line.
        delta : float
            Of "what if".
        """
        from chainrule.analysis.explanation.compose import document_of
        from chainrule.analysis.explanation.render_text import render_text

        return render_text(document_of(self, delta), width)

    def to_latex(self, delta: float = 0.1) -> str:
        """Return it as a LaTeX document, which needs amsmath only."""
        from chainrule.analysis.explanation.compose import document_of
        from chainrule.analysis.explanation.render_latex import render_latex

        return render_latex(document_of(self, delta))

    def to_html(self, delta: float = 0.1) -> str:
        """Return it as an HTML page of its own, formulas as MathML, with the picture."""
        from chainrule.analysis.explanation.compose import document_of
        from chainrule.analysis.explanation.render_html import page

        return page([document_of(self, delta)], [self.to_svg()])

    def to_svg(self) -> str:
        """Return the network as an SVG picture: values and gradients of its units, the weight's paths lit."""
        from chainrule.analysis.explanation.render_svg import render_explanation

        return render_explanation(self)

    def as_dict(self, delta: float = 0.1) -> dict[str, Any]:
        """Return it as JSON data: weight, gradient, factors, the steps back with their sums, paths, check and what if.

        Quantities and derivatives are called as in the text, ``a1[0]`` and ``dJ/da1[0]``; numbers that are not finite
        are None.

        Parameters
        ----------
        delta : float
            Of "what if".

        Examples
        --------
        >>> from chainrule import Sequential, analysis
        >>> from chainrule.layers import Dense, Input
        >>> model = Sequential([Input((1,)), Dense(1, kernel_initializer="ones")], seed=0)
        >>> data = analysis.explain_gradient(model, [2.0], [1.0], "dense_1/kernel[0, 0]", loss="mse").as_dict()
        >>> data["gradient"], [factor["derivative"] for factor in data["factors"]]
        (4.0, ['dJ/dy', 'dy/dw'])
        """
        from chainrule.analysis.explanation.render_json import as_data

        return as_data(self, delta)

    def _repr_html_(self) -> str:
        from chainrule.analysis.explanation.compose import document_of
        from chainrule.analysis.explanation.render_html import fragment

        return fragment(document_of(self, 0.1), self.to_svg())

    def __repr__(self) -> str:
        return f"<GradientExplanation of {self.weight}: dJ/dw = {self.gradient:.6g} at J = {self.loss:.6g}>"

    def __str__(self) -> str:
        return self.to_text()
