"""Write plateau_golden.json: the rates that Keras 3's ReduceLROnPlateau sets along scripted curves.

    KERAS_BACKEND=jax python tests/training/plateau_golden.py

The callback is called by hand after each "epoch" of a curve; the rate after it is kept. The tests need no Keras.
"""

import json
from pathlib import Path
from types import SimpleNamespace

GOLDEN = Path(__file__).with_name("plateau_golden.json")
FALLING = [1.0, 0.8, 0.7, 0.7, 0.71, 0.69995, 0.72, 0.6, 0.6, 0.6, 0.6, 0.6, 0.59, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6]
RISING = [0.5, 0.6, 0.6, 0.65, 0.65, 0.64, 0.66, 0.66, 0.66, 0.66]
CASES = [
    (FALLING, {"monitor": "val_loss"}),
    (FALLING, {"monitor": "loss", "patience": 2}),
    (FALLING, {"monitor": "loss", "patience": 0, "factor": 0.9}),
    (FALLING, {"monitor": "loss", "patience": 1, "factor": 0.5, "cooldown": 2}),
    (FALLING, {"monitor": "loss", "patience": 2, "factor": 0.5, "min_delta": 0.05, "cooldown": 1}),
    (FALLING, {"monitor": "loss", "patience": 1, "factor": 0.3, "min_lr": 0.005, "min_delta": 0.0}),
    (RISING, {"monitor": "accuracy", "patience": 2, "factor": 0.5, "mode": "max"}),
    (RISING, {"monitor": "accuracy", "patience": 1, "factor": 0.5, "mode": "min", "cooldown": 3}),
]


def rates(keras, curve, arguments):
    callback = keras.callbacks.ReduceLROnPlateau(**arguments)
    optimizer = SimpleNamespace(learning_rate=0.1)
    callback._model = SimpleNamespace(optimizer=optimizer)
    callback.monitor_op = keras.ops.greater if arguments.get("mode") == "max" else keras.ops.less
    if callback.monitor_op is keras.ops.less:
        callback.min_delta *= -1  # as _set_monitor_op does it once the model's metrics are built
    callback.on_train_begin()
    found = []
    for epoch, value in enumerate(curve):
        callback.on_epoch_end(epoch, {arguments["monitor"]: value})
        found.append(float(optimizer.learning_rate))
    return found


def main():
    import keras

    golden = {
        "origin": f"Keras {keras.__version__}, written by plateau_golden.py",
        "cases": [
            {"arguments": arguments, "curve": curve, "rates": rates(keras, curve, arguments)}
            for curve, arguments in CASES
        ],
    }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")).replace('{"arg', '\n{"arg') + "\n")


if __name__ == "__main__":
    main()
