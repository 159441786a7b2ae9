"""Create catalog/audio/embeddings/weights/ge2e.onnx from Resemblyzer's wheel, without torch.

For maintainers; the result is vendored. Requires onnx, which nothing else here needs:

    pip download --no-deps Resemblyzer==0.1.4
    pip install onnx
    python scripts/convert_ge2e.py Resemblyzer-0.1.4-py3-none-any.whl
"""

import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.torch_files import convert_wheel, read_old_file

WHEEL_SHA256 = "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"
TARGET = Path(__file__).parents[1] / "catalog/audio/embeddings/weights" / "ge2e.onnx"


def reorder_gates(weights: np.ndarray) -> np.ndarray:
    """Convert torch's gate order (input, forget, cell, output) to that of ONNX."""
    gate_input, forget, cell, output = np.split(weights, 4)
    return np.concatenate([gate_input, output, forget, cell])


def build_model(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Build three LSTM layers, a projection, a ReLU, and normalization."""
    constants, nodes = [], []

    def keep(name: str, values: np.ndarray) -> str:
        constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def add(kind: str, inputs: list[str], outputs: list[str], **attributes: Any) -> None:
        nodes.append(helper.make_node(kind, inputs, outputs, **attributes))

    add("Transpose", ["mel"], ["in0"], perm=[1, 0, 2])
    for layer in range(3):
        parts = [
            reorder_gates(weights[f"lstm.{name}_l{layer}"])
            for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        ]
        inputs = [
            f"in{layer}",
            keep(f"W{layer}", parts[0][None]),
            keep(f"R{layer}", parts[1][None]),
            keep(f"B{layer}", np.concatenate(parts[2:])[None]),
        ]
        add("LSTM", inputs, [f"out{layer}", f"last{layer}"], hidden_size=256)
        if layer < 2:
            axis = keep(f"direction{layer}", np.array([1], np.int64))
            add("Squeeze", [f"out{layer}", axis], [f"in{layer + 1}"])
    add("Squeeze", ["last2", keep("layers", np.array([0], np.int64))], ["hidden"])
    projection = [keep("LW", weights["linear.weight"]), keep("LB", weights["linear.bias"])]
    add("Gemm", ["hidden", *projection], ["projected"], transB=1)
    add("Relu", ["projected"], ["positive"])
    add("ReduceL2", ["positive"], ["norm"], axes=[1], keepdims=1)
    add("Div", ["positive", "norm"], ["embedding"])
    graph = helper.make_graph(
        nodes,
        "ge2e",
        [helper.make_tensor_value_info("mel", TensorProto.FLOAT, ["batch", "frames", 40])],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", 256])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def convert(wheel: zipfile.ZipFile) -> bytes:
    """Return the model with the weights of the wheel."""
    weights = read_old_file(wheel.read("resemblyzer/pretrained.pt"))
    return build_model(weights).SerializeToString(deterministic=True)


if __name__ == "__main__":
    convert_wheel(__doc__, WHEEL_SHA256, TARGET, convert)
