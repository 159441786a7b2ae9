"""Records can be decrypted only in their row, and an unsafe key file is rejected."""

import base64
import json
import os
import pickle
import secrets
import subprocess
import sys
from pathlib import Path

import pytest

from catalog.core.crypto import CannotOpen, KeyProblem, KeyRing, bind_context

PLACE = bind_context("catalog_credential", "row-1", 7, "elevenlabs", "api_key")
SECRET = b"a key that only this test has"


@pytest.fixture
def ring_file(tmp_path: Path) -> Path:
    return tmp_path / "keys" / "master-keys.json"


@pytest.fixture
def ring(ring_file: Path) -> KeyRing:
    return KeyRing.create(ring_file)


def write_keys(path: Path, *keys: bytes) -> None:
    """Write a key file as an operator does who rotates the master key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    words = [base64.b64encode(key).decode() for key in keys]
    path.write_text(json.dumps({"version": 1, "keys": words}))
    path.chmod(0o600)


def test_encrypted_record_can_be_decrypted_in_its_context(ring):
    assert ring.open(ring.seal(SECRET, PLACE), PLACE) == SECRET


def test_record_does_not_reveal_the_secret_and_differs_each_time(ring):
    first, second = ring.seal(SECRET, PLACE), ring.seal(SECRET, PLACE)

    assert SECRET not in first
    assert len({first[11:23], second[11:23]}) == 2
    assert first[83:] != second[83:]


@pytest.mark.parametrize(
    "other",
    [
        bind_context("catalog_other", "row-1", 7, "elevenlabs", "api_key"),
        bind_context("catalog_credential", "row-2", 7, "elevenlabs", "api_key"),
        bind_context("catalog_credential", "row-1", 8, "elevenlabs", "api_key"),
        bind_context("catalog_credential", "row-1", 7, "inworld", "api_key"),
        bind_context("catalog_credential", "row-1", 7, "elevenlabs", "password"),
        bind_context("catalog_credential", "row-17", "", "elevenlabs", "api_key"),
        b"",
    ],
    ids=["table", "row", "owner", "provider", "field", "shifted", "none"],
)
def test_record_moved_to_another_context_is_rejected(ring, other):
    with pytest.raises(CannotOpen):
        ring.open(ring.seal(SECRET, PLACE), other)


def test_record_with_any_flipped_bit_is_rejected(ring):
    record = ring.seal(SECRET, PLACE)

    for place in range(len(record)):
        for bit in (0x01, 0x80):
            corrupted = bytearray(record)
            corrupted[place] ^= bit
            with pytest.raises(CannotOpen):
                ring.open(bytes(corrupted), PLACE)


def test_truncated_or_extended_record_is_rejected(ring):
    record = ring.seal(SECRET, PLACE)

    for length in range(len(record)):
        with pytest.raises(CannotOpen):
            ring.open(record[:length], PLACE)
    with pytest.raises(CannotOpen):
        ring.open(record + b"\0", PLACE)


def test_record_joined_from_two_others_is_rejected(ring):
    one, other = ring.seal(b"one", PLACE), ring.seal(b"two", PLACE)

    with pytest.raises(CannotOpen):
        ring.open(one[:71] + other[71:], PLACE)


def test_record_of_another_master_key_is_rejected(ring, tmp_path):
    other_ring = KeyRing.create(tmp_path / "other" / "keys.json")
    record = other_ring.seal(SECRET, PLACE)

    assert not ring.knows(record)
    with pytest.raises(CannotOpen, match="in the key ring"):
        ring.open(record, PLACE)


def test_after_a_rotation_the_first_key_encrypts_and_all_keys_decrypt(ring_file):
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    write_keys(ring_file, old)
    record = KeyRing.load(ring_file).seal(SECRET, PLACE)
    write_keys(ring_file, new, old)
    both = KeyRing.load(ring_file)
    resealed = both.seal(SECRET, PLACE)
    write_keys(ring_file, new)
    alone = KeyRing.load(ring_file)

    assert both.open(record, PLACE) == SECRET
    assert alone.open(resealed, PLACE) == SECRET
    assert not alone.knows(record)


def test_new_key_file_is_readable_only_by_its_owner_without_temporary_files(ring, ring_file):
    assert ring_file.stat().st_mode & 0o777 == 0o600
    assert ring_file.parent.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in ring_file.parent.iterdir()] == [ring_file.name]


def test_existing_key_file_is_kept(ring, ring_file):
    before = ring_file.read_bytes()

    again = KeyRing.create(ring_file)

    assert ring_file.read_bytes() == before
    assert again.open(ring.seal(SECRET, PLACE), PLACE) == SECRET


def test_processes_that_create_a_key_file_concurrently_share_one_key(ring_file):
    code = (
        "import sys; from pathlib import Path; from catalog.core.crypto import KeyRing;"
        "print('here', flush=True); sys.stdin.readline();"
        "print(KeyRing.create(Path(sys.argv[1])).seal(b'x', b'p').hex())"
    )
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(ring_file)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        for _ in range(8)
    ]
    for worker in workers:
        assert worker.stdout.readline() == b"here\n"
    for worker in workers:
        worker.stdin.write(b"\n")
        worker.stdin.flush()
    records = [bytes.fromhex(worker.communicate(timeout=60)[0].decode()) for worker in workers]

    ring = KeyRing.load(ring_file)
    assert [ring.open(record, b"p") for record in records] == [b"x"] * 8
    assert [path.name for path in ring_file.parent.iterdir()] == [ring_file.name]


def test_missing_key_file_is_named(ring_file):
    with pytest.raises(KeyProblem, match=r"master-keys\.json is missing"):
        KeyRing.load(ring_file)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_key_file_readable_by_others_is_rejected_with_the_chmod_command(ring, ring_file, mode):
    ring_file.chmod(mode)

    with pytest.raises(KeyProblem, match=r"can be read by other users\. Run: chmod 600"):
        KeyRing.load(ring_file)


def test_key_file_behind_a_symlink_is_rejected(ring, ring_file):
    link = ring_file.with_name("link.json")
    link.symlink_to(ring_file)

    with pytest.raises(KeyProblem, match=r"link\.json can't be read"):
        KeyRing.load(link)


def test_folder_instead_of_a_key_file_is_rejected(ring_file):
    ring_file.mkdir(parents=True, mode=0o700)

    with pytest.raises(KeyProblem, match="can't be read"):
        KeyRing.load(ring_file)


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root can give a file away.")
def test_key_file_of_another_user_is_rejected(ring, ring_file):
    os.chown(ring_file, 65534, 65534)

    with pytest.raises(KeyProblem, match="belongs to another user"):
        KeyRing.load(ring_file)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        '{"keys": []}',
        '{"keys": "abc"}',
        '{"keys": [null]}',
        '{"keys": ["not base64!"]}',
        json.dumps({"keys": [base64.b64encode(b"short").decode()]}),
        json.dumps({"keys": [base64.b64encode(bytes(32)).decode()]}),
    ],
)
def test_damaged_key_file_is_rejected_without_repeating_its_content(ring_file, content):
    ring_file.parent.mkdir(mode=0o700)
    ring_file.write_text(content)
    ring_file.chmod(0o600)

    with pytest.raises(KeyProblem, match=r"is damaged\. Restore it from your backup") as caught:
        KeyRing.load(ring_file)

    assert not content or content not in str(caught.value)


def test_key_ring_and_errors_do_not_show_a_key(ring, ring_file):
    word = json.loads(ring_file.read_text())["keys"][0]
    shown = repr(ring) + str(ring)
    with pytest.raises(CannotOpen) as caught:
        ring.open(ring.seal(SECRET, PLACE), b"elsewhere")

    for text in (shown, repr(caught.value)):
        assert word not in text
        assert repr(base64.b64decode(word)) not in text


def test_key_ring_cannot_be_pickled(ring):
    with pytest.raises(TypeError):
        pickle.dumps(ring)
