"""What models and histories show of themselves."""

import subprocess
import sys

from chainrule import Perceptron, Sequential
from chainrule.layers import Dense, Input


def test_models_show_themselves_in_notebooks():
    network = Sequential([Input((2,)), Dense(3), Dense(1)], seed=0)
    assert network._repr_html_().startswith("<svg")
    assert "non-linearity" in Perceptron([1.0, 2.0])._repr_html_()


def test_a_model_without_weights_shows_its_text():
    assert Sequential([Dense(3)], seed=0)._repr_html_() is None


def test_who_draws_is_known_from_the_start_and_loaded_only_when_it_draws():
    code = (
        "import sys; from chainrule.models.perceptron import Perceptron; neuron = Perceptron([1.0])\n"
        "before = 'chainrule.analysis' in sys.modules\n"
        "print(before, neuron._repr_html_()[:4])"
    )
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False <svg\n"
