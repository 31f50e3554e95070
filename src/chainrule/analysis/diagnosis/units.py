"""Checks of the units: those that are dead, and those that are saturated."""

from chainrule.analysis.diagnosis.evidence import Evidence
from chainrule.estimators.wording import short_number
from chainrule.training.finding import Finding

FEWEST_ROWS = 20  # fewer say nothing of a unit
DEAD = 0.5  # share of a layer's units that answer 0 to every row
SATURATED_AT_START, SATURATED = 0.3, 0.9  # share of a layer's outputs


def dead_relus(evidence: Evidence) -> Finding | None:
    """A ReLU layer half of whose units, or more, give 0 in every row: no gradient can revive them.

    He et al. 2015 (Delving Deep into Rectifiers) start from weights that keep about half of all *outputs* positive;
    a *unit* is then practically never 0 in all rows.
    """
    layers = [layer for layer in evidence.now.layers if layer.dead is not None and layer.dead >= DEAD]
    if not layers or len(evidence.x) < FEWEST_ROWS:
        return None
    worst = max(layers, key=lambda layer: layer.dead or 0.0)
    began = next((layer.dead for layer in evidence.start.layers if layer.name == worst.name), None) or 0.0
    when = "from the start" if began >= DEAD else "since training"
    return Finding(
        "dead-relus",
        "error",
        ", ".join(layer.name for layer in layers),
        f"{worst.dead or 0:.0%} of the {worst.units} units of {worst.name} give 0 in every row, {when}",
        {"dead": worst.dead, "dead_at_start": began, "limit": DEAD},
        "begin with biases of 0 and kernel_initializer='he_normal'; if they died in training, lower the rate or use "
        "leaky_relu",
    )


def saturated_units(evidence: Evidence) -> Finding | None:
    """A sigmoid or tanh layer with more than 30% of its outputs saturated at the start, or 90% after training.

    Where it is saturated the slope is below 0.01, and learning all but stops (Glorot & Bengio 2010). Training by
    itself pushes some units there, which is why more are allowed after it.
    """
    for moment, measured, limit in (
        ("at the start", evidence.start, SATURATED_AT_START),
        ("after training", evidence.now, SATURATED),
    ):
        layers = [layer for layer in measured.layers[:-1] if layer.saturated is not None and layer.saturated > limit]
        if layers:
            worst = max(layers, key=lambda layer: layer.saturated or 0.0)
            return Finding(
                "saturated-units",
                "error",
                ", ".join(layer.name for layer in layers),
                f"{worst.saturated or 0:.0%} of the outputs of {worst.name} ({worst.activation}) are saturated "
                f"{moment}",
                {"saturated": worst.saturated, "weights": worst.weights, "limit": limit},
                f"begin with smaller weights than rms {short_number(worst.weights or 0.0)} "
                "(kernel_initializer='glorot_uniform') and scaled inputs",
            )
    return None
