"""Write keras_golden.json: when Keras 3's EarlyStopping stops, and which epoch it calls the best.

    KERAS_BACKEND=jax python tests/training/keras_golden.py

The callback is driven by hand with sequences of val_loss. The tests need no Keras.
"""

import itertools
import json
from pathlib import Path

GOLDEN = Path(__file__).with_name("keras_golden.json")
SEQUENCES = [
    [1.0, 0.9, 0.8, 0.7, 0.6, 0.5],
    [1.0, 1.1, 1.2, 1.3, 1.4, 1.5],
    [1.0, 0.8, 0.9, 0.85, 0.7, 0.75],
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    [1.0, 0.95, 0.91, 0.88, 0.86, 0.85],
    [0.5, 0.9, 0.4, 0.9, 0.9, 0.3],
    [0.6, 0.62, 0.5, 0.55, 0.51, 0.52],
]
OPTIONS = {
    "patience": (0, 1, 2),
    "min_delta": (0.0, 0.07),
    "baseline": (None, 0.55, 0.87),
    "mode": ("min", "max"),
    "start_from_epoch": (0, 2),
}


class Model:
    """What the callback needs of a model: weights that count the epochs."""

    stop_training = False
    weights = -1

    def get_weights(self):
        return self.weights

    def set_weights(self, weights):
        self.weights = weights


def drive(keras, sequence, options):
    callback = keras.callbacks.EarlyStopping(restore_best_weights=True, **options)
    model = Model()
    callback.set_model(model)
    callback.on_train_begin()
    epochs = 0
    for epoch, value in enumerate(sequence):
        model.weights = epoch
        callback.on_epoch_end(epoch, {"val_loss": value})
        epochs += 1
        if model.stop_training:
            break
    callback.on_train_end()
    return {"epochs": epochs, "stopped": model.stop_training, "weights_epoch": model.weights}


def main():
    import keras

    cases = []
    for values in itertools.product(*OPTIONS.values()):
        options = dict(zip(OPTIONS, values, strict=True))
        results = [drive(keras, sequence, options) for sequence in SEQUENCES]
        cases.append({"options": options, "results": results})
    golden = {
        "origin": f"Keras {keras.__version__}, written by keras_golden.py",
        "sequences": SEQUENCES,
        "cases": cases,
    }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")).replace('{"options"', '\n{"options"') + "\n")


if __name__ == "__main__":
    main()
