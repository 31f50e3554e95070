"""The worker's side of `benchmarks.workers`: ``python -m benchmarks.serve MODULE`` answers for a module of peers."""

import importlib
import json
import sys
from typing import Any

from benchmarks.networks import Network
from benchmarks.timing import seconds


class Served:
    """What can be called on any module, then what the module itself offers."""

    def __init__(self, module: Any) -> None:
        self._module = module
        self._trainers: dict[Network, Any] = {}
        self._predictors: dict[Network, Any] = {}

    def train(self, widths: list[int], batch: int, steps: int, epochs: int) -> tuple[float, list[float]]:
        """Train on from where the last call ended; return the seconds, and the loss of each epoch."""
        network = Network(tuple(widths), batch, steps)
        if network not in self._trainers:
            self._trainers = {network: self._module.trainer(network)}
        losses: list[float] = []
        took = seconds(lambda: losses.extend(self._trainers[network](epochs)))
        return took, losses

    def predict(self, widths: list[int], rows: int, repeat: int) -> tuple[float, list[float]]:
        """Return the seconds of one prediction for some rows, and the probabilities of the last row."""
        network = Network(tuple(widths), rows, 1)
        if network not in self._predictors:
            self._predictors[network] = self._module.predictor(network)
        x, _ = network.data
        predict = self._predictors[network]
        last = predict(x)[-1].tolist()
        return seconds(lambda: predict(x), repeat), last

    def call(self, function: str, arguments: list[Any]) -> Any:
        """Call one of the above, or a function of the module."""
        return getattr(self if function in ("train", "predict") else self._module, function)(*arguments)


def serve(module_name: str) -> None:
    answers, sys.stdout = sys.stdout, sys.stderr  # what frameworks print is no answer
    try:
        module = importlib.import_module(f"benchmarks.peers.{module_name}")
        served, ready = Served(module), {"versions": module.VERSIONS, "missing": ""}
    except ImportError as error:
        served, ready = None, {"versions": None, "missing": str(error)}
    print(json.dumps(ready), file=answers, flush=True)
    for line in sys.stdin if served else ():
        print(json.dumps(served.call(*json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
