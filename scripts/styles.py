"""Recreate catalog/audio/tts/data/styles.npy from the voices in the npm package kokoro-js.

For maintainers: run ``npm pack kokoro-js@1.2.1`` (not ``npm install``, which brings another
runtime), then ``python scripts/styles.py kokoro-js-1.2.1.tgz``.
"""

import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np

PACKAGE_HASH = "1f0d0383ef0349af0bd9440d81dc12abbea3a5392eb645283eda876f537f5860"
FOLDER = Path(__file__).resolve().parent.parent / "catalog" / "speech" / "data"


def main(package: Path) -> None:
    """Write the styles in half precision, and their names with the file's hash."""
    content = package.read_bytes()
    if hashlib.sha256(content).hexdigest() != PACKAGE_HASH:
        sys.exit(f"{package} isn't kokoro-js 1.2.1: its SHA-256 is wrong.")
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        styles = {
            Path(entry.name).stem: _read_style(archive, entry)
            for entry in archive
            if entry.name.startswith("package/voices/") and entry.name.endswith(".bin")
        }
    names = sorted(styles)
    file = io.BytesIO()
    np.save(file, np.stack([styles[name] for name in names]))
    (FOLDER / "styles.npy").write_bytes(file.getvalue())
    about = {"names": names, "sha256": hashlib.sha256(file.getvalue()).hexdigest()}
    (FOLDER / "styles.json").write_text(json.dumps(about, indent=1) + "\n")
    print(f"{len(names)} styles, {len(file.getvalue())} bytes")


def _read_style(archive: tarfile.TarFile, entry: tarfile.TarInfo) -> np.ndarray:
    file = archive.extractfile(entry)
    if file is None:
        sys.exit(f"{entry.name} isn't a file.")
    return np.frombuffer(file.read(), "<f4").reshape(510, 256).astype("<f2")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
