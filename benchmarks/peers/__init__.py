"""chainrule and its peers, each as its own experts write it, one file each.

A file offers ``VERSIONS`` and some of: ``trainer(network)``, which returns a function from a number of epochs to
their losses (softmax cross-entropy, Adam, a new order every epoch); ``predictor(network)``, a function from rows to
the probabilities of their classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from benchmarks.networks import Network
from benchmarks.workers import Worker


@dataclass(frozen=True)
class Peer:
    """A framework: its file here, and the environment it needs.

    ``longest`` is the number of steps in an epoch at most: 500 where each step takes a call from Python and so
    long that starting an epoch does not matter.
    """

    name: str
    module: str
    environment: Mapping[str, str] = field(default_factory=dict, hash=False)
    longest: int = 500

    def fitted(self, network: Network) -> Network:
        """Return the network with epochs as long as this peer needs."""
        return replace(network, steps=min(network.steps, self.longest))


WHOLE_EPOCHS = 1_000_000
CHAINRULE = Peer("chainrule", "ours", {"CHAINRULE_REQUIRE_NATIVE": "1"}, WHOLE_EPOCHS)
JAX = Peer("JAX", "jax_scan", longest=WHOLE_EPOCHS)
PYTORCH = Peer("PyTorch", "pytorch")
KERAS_JAX = Peer("Keras, JAX", "keras_fit", {"KERAS_BACKEND": "jax"})
KERAS_TENSORFLOW = Peer("Keras, TF", "keras_fit", {"KERAS_BACKEND": "tensorflow"})
SCIKIT_LEARN = Peer("scikit-learn", "scikit")
ONNX_RUNTIME = Peer("ONNX Runtime", "onnx_runtime")
NUMPY = Peer("NumPy", "by_hand")
BLAS = Peer("NumPy's BLAS", "blas")


def start(peers: tuple[Peer, ...]) -> dict[Peer, Worker]:
    """Start a worker for each peer, say which versions there are, and leave out those that are not installed."""
    workers = {peer: Worker(peer.module, peer.environment) for peer in peers}
    for peer, worker in list(workers.items()):
        if worker.wait():
            print(f"{peer.name}: {worker.versions}", flush=True)
        else:
            print(f"{peer.name}: left out ({worker.missing})", flush=True)
            del workers[peer]
    return workers
