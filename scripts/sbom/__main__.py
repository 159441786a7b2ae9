"""Print the software bill of materials (CycloneDX 1.6, JSON) of this source tree.

    python scripts/sbom [--root FOLDER] > voiceboard.cdx.json

It lists the Python packages of all locks, the vendored files of static/, and the models and other
data in vendored.json. Needs only the standard library, and no network. The same tree always gives
the same bytes, whatever is installed.
"""

import argparse
import hashlib
import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
# Whoever installs Voiceboard gets the first or the second; the last is for developers.
LOCKS = {
    "requirements.txt": "required",
    "requirements-servers.txt": "optional",
    "requirements-dev.txt": "excluded",
}
# A requirement goes on to the next line as long as lines end with a backslash.
_PIN = re.compile(
    r"^(?P<name>[a-z0-9][\w.-]*)(?:\[[\w,-]+\])?==(?P<version>[^\s;]+)"
    r"(?: ; (?P<marker>[^\\\n]+?))? \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n?)+)",
    re.MULTILINE,
)
_SPACE = uuid.UUID("3b9f2f5e-5a0c-4e0e-9d2c-7a1f5f0e6c11")

Component = dict[str, Any]


def name_license(expression: str) -> list[dict[str, Any]]:
    """Return an SPDX expression as CycloneDX writes it."""
    if " " in expression:
        return [{"expression": expression}]
    return [{"license": {"id": expression}}]


def hash_file(path: Path) -> list[dict[str, str]]:
    """Return the hash of a file as CycloneDX writes it."""
    with path.open("rb") as file:
        return name_hash(hashlib.file_digest(file, "sha256").hexdigest())


def name_hash(sha256: str) -> list[dict[str, str]]:
    """Return a SHA-256 as CycloneDX writes it."""
    return [{"alg": "SHA-256", "content": sha256}]


def list_packages(root: Path, licenses: dict[str, str]) -> Iterator[Component]:
    """Yield each package at each version that a lock names, once."""
    seen: set[str] = set()
    for lock, scope in LOCKS.items():
        for pin in _PIN.finditer((root / lock).read_text()):
            purl = f"pkg:pypi/{pin['name']}@{pin['version']}"
            if purl not in seen:
                seen.add(purl)
                yield _describe_package(pin, purl, scope, licenses)


def _describe_package(
    pin: "re.Match[str]", purl: str, scope: str, licenses: dict[str, str]
) -> Component:
    found = sorted(re.findall(r"sha256:([0-9a-f]{64})", pin["hashes"]))
    files = {
        "type": "distribution",
        "url": purl,
        "comment": "the wheels and the source archive of this version",
        "hashes": [each for sha256 in found for each in name_hash(sha256)],
    }
    component: Component = {
        "type": "library",
        "bom-ref": purl,
        "purl": purl,
        "name": pin["name"],
        "version": pin["version"],
        "scope": scope,
        "licenses": name_license(licenses[pin["name"]]),
        "externalReferences": [files],
    }
    if pin["marker"]:
        component["properties"] = [{"name": "voiceboard:only-if", "value": pin["marker"].strip()}]
    return component


def list_front_end(root: Path) -> Iterator[Component]:
    """Yield the npm packages that files of static/ were copied from, with these files."""
    packages: dict[str, Component] = {}
    for line in json.loads((root / "static/vendor/vendor.json").read_text()):
        purl = f"pkg:npm/{line['package'].replace('@', '%40')}@{line['version']}"
        package = packages.setdefault(
            purl,
            {
                "type": "library",
                "bom-ref": purl,
                "purl": purl,
                "name": line["package"],
                "version": line["version"],
                "scope": "required",
                "licenses": name_license(line["licence"].replace(" and ", " AND ")),
                "components": [],
            },
        )
        path = f"static/{line['file']}"
        file = {"type": "file", "name": path, "hashes": hash_file(root / path)}
        package["components"].append(file)
    yield from packages.values()


def list_vendored(root: Path) -> Iterator[Component]:
    """Yield models and other data, by the hand-kept list beside this file."""
    for line in json.loads((HERE / "vendored.json").read_text()):
        file = line.get("file", "")
        component: Component = {
            "type": line["type"],
            "bom-ref": file or line["name"],
            "name": line["name"],
            "version": line["version"],
            "description": f"From {line['source']}.",
            "scope": line.get("scope", "required"),
            "licenses": name_license(line["license"]),
            "hashes": hash_file(root / file) if file else name_hash(line["sha256"]),
        }
        if file:
            component["properties"] = [{"name": "voiceboard:file", "value": file}]
        yield component


def build_sbom(root: Path) -> dict[str, Any]:
    """Return the whole document. Its serial number depends on nothing but its content."""
    licenses = json.loads((HERE / "licenses.json").read_text())
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    ref = f"pkg:generic/voiceboard@{project['version']}"
    components = [
        *list_packages(root, licenses), *list_front_end(root), *list_vendored(root)
    ]  # fmt: skip
    components.sort(key=lambda each: each["bom-ref"])
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": ref,
                "purl": ref,
                "name": "voiceboard",
                "version": project["version"],
                "licenses": name_license(project["license"]),
            }
        },
        "components": components,
    }
    serial = uuid.uuid5(_SPACE, json.dumps(document, sort_keys=True))
    return {**document, "serialNumber": f"urn:uuid:{serial}"}


def main() -> None:
    """Print the document."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=HERE.parent.parent)
    document = build_sbom(parser.parse_args().root)
    sys.stdout.write(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
