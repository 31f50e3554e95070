"""ONNX Runtime: the network as a graph of Gemm, Relu and Softmax."""

from collections.abc import Callable

import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from benchmarks.networks import Array, Network

VERSIONS = onnxruntime.__version__


def graph(network: Network) -> bytes:
    nodes, constants, last = [], [], "x"
    for i, (kernel, bias) in enumerate(network.weights):
        constants += [numpy_helper.from_array(kernel, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"z{i}"]))
        final = i == len(network.weights) - 1
        last = "p" if final else f"h{i}"
        nodes.append(helper.make_node("Softmax" if final else "Relu", [f"z{i}"], [last]))
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, network.widths[0]])
    p = helper.make_tensor_value_info("p", TensorProto.FLOAT, [None, network.widths[-1]])
    model = helper.make_model(
        helper.make_graph(nodes, "network", [x], [p], constants),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    return model.SerializeToString()


def predictor(network: Network) -> Callable[[Array], Array]:
    session = onnxruntime.InferenceSession(graph(network), providers=["CPUExecutionProvider"])
    return lambda x: session.run(None, {"x": x})[0]
