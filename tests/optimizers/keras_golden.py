"""Write keras_golden.json: what Keras 3's optimisers and schedules give, to compare ours with.

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/optimizers/keras_golden.py

Two weights of shapes (2, 3) and (3,) are moved for 12 steps along gradients written down beforehand;
the weights after some of the steps are kept, in float32 and in float64, and with a moving average ("final") what it
leaves in their place. The tests need no Keras.
"""

import json
from pathlib import Path

import numpy as np

GOLDEN = Path(__file__).with_name("keras_golden.json")
SHAPES = ((2, 3), (3,))
STEPS = 12
KEPT_STEPS = (1, 2, 5, 12)

SCHEDULE = {"ExponentialDecay": {"initial_learning_rate": 0.1, "decay_steps": 4, "decay_rate": 0.5}}
CASES = [
    ("SGD", {}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.8, "nesterov": True}),
    ("SGD", {"learning_rate": 0.1, "weight_decay": 0.5}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.7}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.3}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "weight_decay": 0.1, "global_clipnorm": 0.9}),
    ("SGD", {"learning_rate": SCHEDULE, "momentum": 0.5, "weight_decay": 0.1}),
    ("Adam", {}),
    ("Adam", {"learning_rate": 0.1, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3}),
    ("Adam", {"learning_rate": 0.1, "beta_2": 0.5, "amsgrad": True}),
    ("Adam", {"learning_rate": SCHEDULE, "beta_2": 0.9, "weight_decay": 0.1, "clipnorm": 0.7}),
    ("AdamW", {}),
    ("AdamW", {"learning_rate": 0.1, "beta_2": 0.9, "weight_decay": 0.3, "amsgrad": True}),
    ("Adadelta", {}),
    ("Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-2, "weight_decay": 0.1}),
    ("Adagrad", {}),
    ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.0, "epsilon": 1e-3}),
    ("RMSprop", {}),
    ("RMSprop", {"learning_rate": 0.1, "rho": 0.8, "momentum": 0.7}),
    ("RMSprop", {"learning_rate": 0.1, "rho": 0.8, "centered": True, "epsilon": 1e-3}),
    ("RMSprop", {"learning_rate": 0.1, "momentum": 0.7, "centered": True, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True}),
    ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "use_ema": True, "ema_momentum": 0.0}),
    ("SGD", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 1.0}),
    ("Adam", {"learning_rate": 0.1, "beta_2": 0.9, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 5}),
    ("Adam", {"learning_rate": 0.1, "beta_2": 0.5, "amsgrad": True, "use_ema": True, "ema_momentum": 0.7}),
    ("AdamW", {"learning_rate": 0.1, "beta_2": 0.9, "use_ema": True, "ema_momentum": 0.6}),
    ("Adadelta", {"learning_rate": 1.0, "epsilon": 1e-2, "use_ema": True, "ema_momentum": 0.6}),
    ("Adagrad", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 1}),
    ("RMSprop", {"learning_rate": 0.1, "use_ema": True, "ema_momentum": 0.6, "ema_overwrite_frequency": 3}),
]
SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "decay_rate": 0.9, "staircase": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "end_learning_rate": 0.01, "power": 2}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "power": 0.5, "cycle": True}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 7}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 7, "alpha": 0.2}),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.0, "decay_steps": 7, "alpha": 0.2, "warmup_target": 0.3, "warmup_steps": 4},
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 4}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 5, "t_mul": 1.0, "m_mul": 0.8}),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 3, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.1},
    ),
    ("PiecewiseConstantDecay", {"boundaries": [3, 8], "values": [0.1, 0.02, 0.003]}),
]


def problem():
    """Weights to start from, [9], and gradients, [steps, 9]: sines, no random numbers needed."""
    size = sum(int(np.prod(shape)) for shape in SHAPES)
    index = np.arange(size)
    initial = np.cos(1.3 * index).round(3)
    gradients = np.sin(1.7 * index + 0.6 * np.arange(STEPS)[:, None]).round(3)
    return initial, gradients


def split(vector):
    lengths = [int(np.prod(shape)) for shape in SHAPES]
    parts = np.split(vector, np.cumsum(lengths)[:-1])
    return [part.reshape(shape) for part, shape in zip(parts, SHAPES, strict=True)]


def trajectory(keras, name, arguments, dtype):
    keras.config.set_floatx(dtype)
    initial, gradients = problem()
    variables = [keras.Variable(part, dtype=dtype) for part in split(initial)]
    rate = arguments.get("learning_rate")
    if isinstance(rate, dict):
        [(schedule, its_arguments)] = rate.items()
        arguments = arguments | {"learning_rate": getattr(keras.optimizers.schedules, schedule)(**its_arguments)}
    optimizer = getattr(keras.optimizers, name)(**arguments)
    kept = {}
    for step, gradient in enumerate(gradients, start=1):
        parts = [keras.ops.convert_to_tensor(part, dtype=dtype) for part in split(gradient)]
        optimizer.apply_gradients(zip(parts, variables, strict=True))
        if step in KEPT_STEPS:
            kept[step] = joined(variables, dtype)
    if arguments.get("use_ema"):
        optimizer.finalize_variable_values(variables)
        kept["final"] = joined(variables, dtype)
    return kept


def joined(variables, dtype):
    flat = np.concatenate([np.asarray(v.value).ravel() for v in variables])
    assert flat.dtype == dtype
    return flat.astype(float).tolist()


def rates(keras, name, arguments):
    keras.config.set_floatx("float64")
    schedule = getattr(keras.optimizers.schedules, name)(**arguments)
    return [float(schedule(keras.ops.convert_to_tensor(step, dtype="int64"))) for step in range(20)]


def main():
    import jax
    import keras

    initial, gradients = problem()
    golden = {
        "origin": f"Keras {keras.__version__}, JAX {jax.__version__}, written by keras_golden.py",
        "initial": initial.tolist(),
        "gradients": gradients.tolist(),
        "optimizers": [
            {
                "name": name,
                "arguments": arguments,
                **{dtype: trajectory(keras, name, arguments, dtype) for dtype in ("float32", "float64")},
            }
            for name, arguments in CASES
        ],
        "schedules": [
            {"name": name, "arguments": arguments, "rates": rates(keras, name, arguments)}
            for name, arguments in SCHEDULES
        ],
    }
    GOLDEN.write_text(json.dumps(golden, indent=None, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
