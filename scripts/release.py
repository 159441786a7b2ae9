"""Make the files of a release, with an SBOM and signed checksums.

    python scripts/release.py --key ~/.ssh/voiceboard-release --to dist

Writes the source archive of the checked-out commit, its SBOM, ``SHA256SUMS``, and the signature
``SHA256SUMS.sig``. Refuses if anything isn't committed, if the changelog has no section for the
version, or if ``deploy/allowed_signers`` doesn't list the key. Uploads nothing.
"""

import argparse
import gzip
import hashlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent
SIGNER, NAMESPACE = "release@voiceboard", "voiceboard-release"
SIGNERS = "deploy/allowed_signers"
SUMS = "SHA256SUMS"


def run(*words: str | Path, given: bytes = b"") -> bytes:
    """Run a command and return its output; exits with its message if it fails."""
    done = subprocess.run([str(word) for word in words], input=given, capture_output=True)
    if done.returncode:
        sys.exit(f"{words[0]} failed: {(done.stderr or done.stdout).decode().strip()}")
    return done.stdout


def check_tree(root: Path) -> str:
    """Return the version; exits unless the commit can be released."""
    if run("git", "-C", root, "status", "--porcelain"):
        sys.exit("Commit or remove your changes first.")
    version: str = tomllib.loads((root / "pyproject.toml").read_text())["project"]["version"]
    changelog = (root / "CHANGELOG.md").read_text()
    if not re.search(rf"^## {re.escape(version)} - \d{{4}}-\d\d-\d\d$", changelog, re.MULTILINE):
        sys.exit(f"CHANGELOG.md has no dated section for {version}.")
    if not (root / SIGNERS).is_file():
        sys.exit(f"{SIGNERS} is missing. See docs/developers/releasing.md.")
    return version


def write_archive(root: Path, target: Path, name: str) -> None:
    """Write the commit's files. The same commit gives the same bytes."""
    tar = run("git", "-C", root, "archive", f"--prefix={name}/", "--format=tar", "HEAD")
    with target.open("wb") as file, gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
        packed.write(tar)


def sign(root: Path, folder: Path, key: Path) -> None:
    """Write the checksums and their signature, and check it as a user would."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}\n"
        for path in sorted(folder.iterdir())
    ]
    sums = folder / SUMS
    sums.write_text("".join(lines))
    run("ssh-keygen", "-Y", "sign", "-f", key, "-n", NAMESPACE, sums)
    verify = ("ssh-keygen", "-Y", "verify", "-f", root / SIGNERS, "-I", SIGNER, "-n", NAMESPACE)
    run(*verify, "-s", folder / f"{SUMS}.sig", given=sums.read_bytes())


def main() -> None:
    """Make the release that the command line describes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key", type=Path, required=True, help="the SSH key that signs")
    parser.add_argument("--to", type=Path, default=Path("dist"), help="a new or empty folder")
    parser.add_argument("--root", type=Path, default=HERE.parent, help="the source tree")
    options = parser.parse_args()
    root, folder = options.root.resolve(), options.to.resolve()
    version = check_tree(root)
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} isn't empty.")
    name = f"voiceboard-{version}"
    write_archive(root, folder / f"{name}.tar.gz", name)
    sbom = run(sys.executable, HERE / "sbom", "--root", root)
    (folder / f"{name}.cdx.json").write_bytes(sbom)
    sign(root, folder, options.key.expanduser())
    for path in sorted(folder.iterdir()):
        print(path)


if __name__ == "__main__":
    main()
