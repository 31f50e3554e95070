"""PyTorch: the data as tensors, batches by a permutation, fused Adam."""

from collections.abc import Callable

import torch
from torch import nn

from benchmarks.networks import Array, Network

VERSIONS = f"{torch.__version__}, fused Adam, {torch.get_num_threads()} threads"


def build(network: Network) -> nn.Sequential:
    layers: list[nn.Module] = []
    for kernel, bias in network.weights:
        layer = nn.Linear(*kernel.shape)
        with torch.no_grad():
            layer.weight.copy_(torch.from_numpy(kernel.T))
            layer.bias.copy_(torch.from_numpy(bias))
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers[:-1])


def trainer(network: Network) -> Callable[[int], list[float]]:
    x, y = map(torch.from_numpy, network.data)
    model = build(network)
    optimizer = torch.optim.Adam(model.parameters(), fused=True)

    def train(epochs: int) -> list[float]:
        losses = []
        for _ in range(epochs):
            total = torch.zeros(())
            for rows in torch.randperm(len(x)).split(network.batch):
                loss = nn.functional.cross_entropy(model(x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                total += loss.detach()
            losses.append(total.item() / network.steps)
        return losses

    return train


def predictor(network: Network) -> Callable[[Array], Array]:
    model = nn.Sequential(build(network), nn.Softmax(dim=1)).eval()

    def predict(x: Array) -> Array:
        with torch.no_grad():
            return model(torch.from_numpy(x)).numpy()

    return predict
