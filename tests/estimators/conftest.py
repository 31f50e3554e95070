from pathlib import Path

import pytest

import chainrule
from chainrule.estimators import TabularModel

PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


@pytest.fixture(scope="session")
def penguins() -> Path:
    return PENGUINS


@pytest.fixture(scope="session")
def classifier() -> TabularModel:
    return chainrule.train(PENGUINS, target="species", epochs=25)


@pytest.fixture(scope="session")
def regressor() -> TabularModel:
    return chainrule.train(PENGUINS, target="body_mass_g", epochs=25)
