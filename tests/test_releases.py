"""The SBOM lists everything that is shipped, and a release is signed so that changes show."""

import hashlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jsonschema import Draft7Validator
from referencing import Registry, Resource

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "tests" / "schemas"
LOCKS = {
    "requirements.txt": "required",
    "requirements-servers.txt": "optional",
    "requirements-dev.txt": "excluded",
}
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "ISC", "LGPL-2.1-or-later",
    "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0", "OFL-1.1", "PSF-2.0", "Zlib",
}  # fmt: skip
# PyAV's wheels contain x264 and x265. We load them as they are and distribute none of it.
ALLOWED_FOR = {"av": {"GPL-2.0-or-later"}}
ALLOWED_FOR_DEVELOPERS = {"GPL-3.0-only"}


def make_sbom(root: Path = ROOT) -> bytes:
    command = [sys.executable, ROOT / "scripts" / "sbom", "--root", root]
    return subprocess.run(command, check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def sbom():
    return json.loads(make_sbom())


@pytest.fixture(scope="module")
def files(sbom):
    """Return the SHA-256 of each file in the SBOM by its path."""
    found = {}
    for component in sbom["components"]:
        for each in component.get("components", []):
            found[each["name"]] = each["hashes"][0]["content"]
        for each in component.get("properties", []):
            if each["name"] == "voiceboard:file":
                found[each["value"]] = component["hashes"][0]["content"]
    return found


def licenses_of(component) -> set[str]:
    words = [each.get("expression") or each["license"]["id"] for each in component["licenses"]]
    return set(re.findall(r"[\w.-]+", " ".join(words))) - {"AND", "OR"}


def test_the_sbom_follows_the_schema_of_cyclonedx(sbom):
    schemas = {path.name: json.loads(path.read_text()) for path in SCHEMAS.glob("*.json")}
    # The license IDs and the signature are found beside the schema.
    base = "http://cyclonedx.org/schema/"
    resources = [(f"{base}{name}", Resource.from_contents(each)) for name, each in schemas.items()]
    schema = schemas["bom-1.6.SNAPSHOT.schema.json"]

    validator = Draft7Validator(schema, registry=Registry().with_resources(resources))

    assert [error.message for error in validator.iter_errors(sbom)] == []
    wrong = {**sbom, "components": [{"type": "library", "licenses": [{"license": {"id": "X"}}]}]}
    assert not validator.is_valid(wrong)


@pytest.mark.parametrize("lock", LOCKS)
def test_each_locked_package_is_in_it_with_its_version_and_hashes(sbom, lock):
    components = {component["bom-ref"]: component for component in sbom["components"]}
    pins = re.split(r"^(?=[a-z0-9])", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]

    assert len(pins) > 50
    for pin in pins:
        name, version = re.match(r"([\w.-]+)(?:\[.*?\])?==(\S+)", pin).groups()
        component = components[f"pkg:pypi/{name}@{version}"]
        hashes = component["externalReferences"][0]["hashes"]
        assert {each["content"] for each in hashes} == set(re.findall(r"sha256:(\w+)", pin)), name


def test_what_only_developers_need_is_marked(sbom):
    scopes = {component["name"]: component["scope"] for component in sbom["components"]}

    assert (scopes["django"], scopes["boto3"], scopes["ruff"]) == (
        "required", "optional", "excluded",
    )  # fmt: skip


def test_each_vendored_file_and_model_is_in_it_with_its_hash(files):
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split("\0")
    endings = (".onnx", ".npy", ".npz", ".bin", ".woff2", ".min.js", ".schema.json")
    foreign = {
        path
        for path in tracked
        if path.endswith(endings) or path.startswith(("static/vendor/", "static/fonts/"))
    } - {"static/vendor/vendor.json"}

    assert foreign
    assert foreign <= set(files)
    for path, found in files.items():
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == found, path


def test_models_have_the_hashes_that_the_product_demands(sbom):
    code = "".join(path.read_text() for path in (ROOT / "catalog" / "audio").rglob("*.py"))
    code += (ROOT / "catalog/audio/tts/data/styles.json").read_text()
    models = [each for each in sbom["components"] if each["type"] == "machine-learning-model"]

    assert len(models) == 6
    for model in models:
        assert model["hashes"][0]["content"] in code, model["name"]


def test_every_license_is_allowed(sbom):
    for component in sbom["components"]:
        allowed = ALLOWED | ALLOWED_FOR.get(component["name"], set())
        if component["scope"] == "excluded":
            allowed |= ALLOWED_FOR_DEVELOPERS
        assert licenses_of(component) <= allowed, component["name"]


def test_the_listed_licenses_are_those_that_the_packages_declare():
    listed = json.loads((ROOT / "scripts" / "sbom" / "licenses.json").read_text())
    for name, expression in listed.items():
        try:
            declared = importlib.metadata.metadata(name).get("License-Expression")
        except importlib.metadata.PackageNotFoundError:
            continue  # only on other systems
        assert expression.startswith(declared or ""), name


def test_the_same_tree_gives_the_same_bytes():
    assert make_sbom() == make_sbom()


# Releases


def git(folder: Path, *words: str) -> None:
    names = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    subprocess.run(["git", "-C", folder, *names, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Release")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A small source tree with a release, signed by a key of its own."""
    folder = tmp_path_factory.mktemp("release")
    tree, key = folder / "tree", folder / "key"
    for path in (*LOCKS, "pyproject.toml", "CHANGELOG.md"):
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tree / path)
    shutil.copytree(ROOT / "static", tree / "static")
    for line in json.loads((ROOT / "scripts" / "sbom" / "vendored.json").read_text()):
        if "file" in line:
            (tree / line["file"]).parent.mkdir(parents=True, exist_ok=True)
            (tree / line["file"]).write_text("stands for a model")
    new_key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", key]
    subprocess.run(new_key, check=True)
    (tree / "deploy").mkdir()
    public = key.with_suffix(".pub").read_text()
    signer = f'release@voiceboard namespaces="voiceboard-release" {public}'
    (tree / "deploy" / "allowed_signers").write_text(signer)
    git(folder, "init", "--quiet", "tree")
    commit(tree)
    done = release(tree, key, folder / "dist")
    assert done.returncode == 0, done.stderr
    return folder


def release(tree: Path, key: Path, target: Path) -> subprocess.CompletedProcess[str]:
    script = ROOT / "scripts" / "release.py"
    command = [sys.executable, script, "--root", tree, "--key", key, "--to", target]
    return subprocess.run(command, check=False, capture_output=True, text=True)


def documented_commands() -> str:
    """Return the commands for users in SECURITY.md."""
    section = (ROOT / "SECURITY.md").read_text().partition("## Verify a release")[2]
    return re.search(r"^```\n(.+?)^```", section, re.MULTILINE | re.DOTALL)[1]


def verify(made: Path, folder: Path) -> int:
    signers = made / "tree" / "deploy" / "allowed_signers"
    shutil.copy(signers, folder / "allowed_signers")
    words = ["sh", "-e", "-c", documented_commands()]
    return subprocess.run(words, cwd=folder, check=False, capture_output=True).returncode


def test_a_release_is_verified_by_the_documented_commands(made):
    names = sorted(path.name for path in (made / "dist").iterdir())

    assert [re.sub(r"-\d.*?(?=\.tar|\.cdx)", "", name) for name in names] == [
        "SHA256SUMS", "SHA256SUMS.sig", "voiceboard.cdx.json", "voiceboard.tar.gz",
    ]  # fmt: skip
    assert verify(made, made / "dist") == 0


@pytest.mark.parametrize("ending", [".tar.gz", ".cdx.json", "SHA256SUMS"])
def test_a_changed_file_is_refused(made, tmp_path, ending):
    folder = tmp_path / "dist"
    shutil.copytree(made / "dist", folder)
    (changed,) = (path for path in folder.iterdir() if path.name.endswith(ending))
    changed.write_bytes(changed.read_bytes() + b"\n")

    assert verify(made, folder) != 0


def test_sums_signed_by_another_key_are_refused(made, tmp_path):
    folder, key = tmp_path / "dist", tmp_path / "key"
    shutil.copytree(made / "dist", folder)
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    (folder / "SHA256SUMS.sig").unlink()
    signing = ["ssh-keygen", "-Y", "sign", "-f", key, "-n", "voiceboard-release"]
    subprocess.run([*signing, folder / "SHA256SUMS"], check=True, capture_output=True)

    assert verify(made, folder) != 0


def test_the_same_commit_gives_the_same_archive(made, tmp_path):
    done = release(made / "tree", made / "key", tmp_path / "again")

    assert done.returncode == 0
    sums = [(folder / "SHA256SUMS").read_text() for folder in (made / "dist", tmp_path / "again")]
    assert sums[0] == sums[1]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("CHANGELOG.md", r"(?m)^## \d.*$", "## Unreleased"), "no dated section"),
        (("deploy/allowed_signers", r"AAAA\S+", "AAAAC3NzaC1lZDI1NTE5AAAAIA"), "failed"),
        (None, "Commit or remove"),
    ],
)
def test_what_can_not_be_released_is_refused(made, tmp_path, change, words):
    tree = tmp_path / "tree"
    shutil.copytree(made / "tree", tree)
    if change is None:
        (tree / "left.txt").write_text("not committed")
    else:
        path = tree / change[0]
        path.write_text(re.sub(change[1], change[2], path.read_text()))
        commit(tree)

    done = release(tree, made / "key", tmp_path / "dist")

    assert done.returncode == 1
    assert words in done.stderr
