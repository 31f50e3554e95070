"""Write torch_golden.json: what PyTorch's learning-rate schedulers give where Keras has none, to compare ours with.

    python tests/optimizers/torch_golden.py

The rate of every step is read off an optimiser that its scheduler moves. The tests need no PyTorch.
"""

import json
import warnings
from pathlib import Path

GOLDEN = Path(__file__).with_name("torch_golden.json")
STEPS = 24

ONE_CYCLE = {"max_lr": 0.3, "total_steps": 20}
CASES = [
    ("StepDecay", "StepLR", 0.1, {"step_size": 5}),
    ("StepDecay", "StepLR", 0.1, {"step_size": 3, "gamma": 0.5}),
    ("OneCycle", "OneCycleLR", 0.1, ONE_CYCLE),
    ("OneCycle", "OneCycleLR", 0.1, ONE_CYCLE | {"pct_start": 0.47, "anneal_strategy": "linear"}),
    ("OneCycle", "OneCycleLR", 0.1, ONE_CYCLE | {"pct_start": 0.0}),
    ("OneCycle", "OneCycleLR", 0.1, ONE_CYCLE | {"three_phase": True, "div_factor": 10.0, "final_div_factor": 100.0}),
    ("OneCycle", "OneCycleLR", 0.1, ONE_CYCLE | {"three_phase": True, "anneal_strategy": "linear", "pct_start": 0.4}),
]
# A warm-up of 4 steps from a quarter of the rate, then a fall of PyTorch's; at step 15 by a straight line to 0.
COMPOSED = {"warmup_steps": 4, "start_factor": 0.25, "rate": 0.1, "step_size": 3, "gamma": 0.5, "milestone": 15}


def rates(make):
    import torch

    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler, found = make(optimizer, torch.optim.lr_scheduler), []
    for _ in range(STEPS):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
        if getattr(scheduler, "total_steps", STEPS) == len(found):
            break
    return found


def composed(optimizer, lr):
    parts = [
        lr.LinearLR(optimizer, start_factor=COMPOSED["start_factor"], total_iters=COMPOSED["warmup_steps"]),
        lr.StepLR(optimizer, step_size=COMPOSED["step_size"], gamma=COMPOSED["gamma"]),
        lr.LinearLR(optimizer, start_factor=1.0, end_factor=0.0, total_iters=5),
    ]
    return lr.SequentialLR(optimizer, parts, milestones=[COMPOSED["warmup_steps"], COMPOSED["milestone"]])


def main():
    import torch

    warnings.simplefilter("ignore")  # SequentialLR's own steps
    golden = {
        "origin": f"PyTorch {torch.__version__}, written by torch_golden.py",
        "schedules": [
            {
                "name": name,
                "arguments": ({} if theirs == "OneCycleLR" else {"initial_learning_rate": rate}) | arguments,
                "rates": rates(
                    lambda optimizer, lr, theirs=theirs, arguments=arguments: getattr(lr, theirs)(
                        optimizer, **arguments, **({"cycle_momentum": False} if theirs == "OneCycleLR" else {})
                    )
                ),
            }
            for name, theirs, rate, arguments in CASES
        ],
        "composed": COMPOSED | {"rates": rates(composed)},
    }
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")


if __name__ == "__main__":
    main()
