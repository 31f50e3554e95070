"""Files of every schema load: what schema 1 wrote stands in `fixtures`, with the answers it gave then."""

import json
from pathlib import Path

import numpy as np
import pytest

import chainrule
from chainrule.models.model_file import SCHEMA, UPGRADES
from tests.models.everything import CODES

FIXTURES = Path(__file__).parent / "fixtures"
PENGUINS = Path(__file__).parents[2] / "examples" / "penguins.csv"


def answers(model, kind):
    if kind == "network":
        return model.predict(CODES[:3])
    return model.predict_proba(PENGUINS)[::40] if kind == "classes" else model.predict(PENGUINS)[::40]


@pytest.mark.parametrize("schema", range(1, SCHEMA + 1))
@pytest.mark.parametrize("kind", ["classes", "number", "network"])
def test_files_of_every_schema_answer_as_they_did(schema, kind, tmp_path):
    path = FIXTURES / f"schema_{schema}_{kind}.safetensors"
    expected = json.loads((FIXTURES / f"schema_{schema}.json").read_text())[kind]
    model = chainrule.load(path)
    np.testing.assert_allclose(answers(model, kind), expected, rtol=1e-4, atol=2e-5)  # as rounded there
    model.save(tmp_path / "again.safetensors")  # ... and are written as files of today
    np.testing.assert_array_equal(answers(chainrule.load(tmp_path / "again.safetensors"), kind), answers(model, kind))


def test_every_older_schema_has_its_upgrade():
    assert sorted(UPGRADES) == list(range(1, SCHEMA))


def test_settings_and_metrics_of_a_network_stay_with_its_file(tmp_path):
    model = chainrule.Sequential([chainrule.layers.Dense(1)], seed=3)
    model.compile("sgd", "mse", metrics=["mae"])
    model.fit(np.ones((8, 2)), np.zeros(8), epochs=2, batch_size=4, validation_split=0.25, verbose=0)
    model.save(tmp_path / "a.safetensors")
    loaded = chainrule.load(tmp_path / "a.safetensors")
    assert loaded.trained_by["settings"] == dict(model.history.params)
    last = {name: values[-1] for name, values in model.history.history.items()}
    assert loaded.trained_by["metrics"] == last
    assert (loaded.trained_by["epoch"], loaded.trained_by["stopped_by"]) == (2, "all epochs done")
    loaded.save(tmp_path / "b.safetensors")
    assert (tmp_path / "b.safetensors").read_bytes() == (tmp_path / "a.safetensors").read_bytes()
