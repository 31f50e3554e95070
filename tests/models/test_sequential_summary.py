"""Sequential's summary."""

import pytest

from chainrule import Sequential, ops
from chainrule.layers import Activation, BatchNormalization, Dense, Dropout, Input, Layer
from tests.models.everything import everything


def test_summary(capsys):
    everything(seed=3).summary()
    assert capsys.readouterr().out == (
        "sequential, float32, seed 3\n"
        "\n"
        "  layer                   kind                        output   weights\n"
        " ──────────────────────────────────────────────────────────────────────\n"
        "  embedding_1             Embedding            (batch, 2, 4)        20\n"
        "  flatten_1               Flatten                 (batch, 8)         0\n"
        "  normalization_1         Normalization           (batch, 8)        16\n"
        "  dense_1                 Dense relu              (batch, 6)        54\n"
        "  batch_normalization_1   BatchNormalization      (batch, 6)        24\n"
        "  dropout_1               Dropout 0.2             (batch, 6)         0\n"
        "  layer_normalization_1   LayerNormalization      (batch, 6)        12\n"
        "  dense_2                 Dense linear            (batch, 3)        18\n"
        "  activation_1            Activation softmax      (batch, 3)         0\n"
        "\n"
        "144 weights (576 bytes): 116 trained, 28 not\n"
    )


LINEAR = "Without an activation between them, {} linear layers equal one linear layer, {}.\n"


@pytest.mark.parametrize(
    ("layers", "note"),
    [
        ([Dense(4), Dense(2)], LINEAR.format(2, "Dense(2)")),
        ([Dense(4), Dropout(0.5), Dense(3), Dense(1)], LINEAR.format(3, "Dense(1)")),
        ([Dense(4), Activation("linear"), Dense(2)], LINEAR.format(2, "Dense(2)")),
        ([Dense(4), Dense(2, activation="softmax")], LINEAR.format(2, "Dense(2, activation='softmax')")),
        ([Dense(4)], ""),
        ([Dense(4, activation="relu"), Dense(2)], ""),
        ([Dense(4), Activation("tanh"), Dense(2)], ""),
        ([Dense(4, activation=ops.tanh), Dense(2)], ""),
        ([Dense(4), BatchNormalization(), Dense(2)], ""),
        ([Dropout(0.5)], ""),
    ],
)
def test_note_on_linear_stacks(layers, note, capsys):
    fresh = [type(layer)(**layer.get_config()) for layer in layers]
    Sequential([Input((3,)), *fresh], seed=0).summary()
    assert capsys.readouterr().out.split(" not\n")[1] == note


def test_summary_of_odd_models(capsys):
    class Mine(Layer):
        def __init__(self):
            super().__init__(name="mine [bold]with brackets[/bold] and a name that goes on and on and on")
            self.inner = Dense(2)

        def call(self, inputs):
            return self.inner(inputs)

    model = Sequential([Input((3,)), Mine(), Dense(1, activation=lambda z: z)], name="[red]odd", seed=0)
    model.layers[0].trainable = False
    model.summary()
    out = capsys.readouterr().out
    assert out.startswith("[red]odd, float32, seed 0\n")
    assert "[bold]" in out
    assert "11 weights (44 bytes): 3 trained, 8 not" in out
    assert max(map(len, out.splitlines())) <= 78
