"""All files that we write are private, regardless of the umask."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from kombu import Connection

from catalog.core.crypto import KeyRing
from catalog.core.media import store_media
from catalog.core.private_files import close_folders, make_private_folder
from catalog.core.transport import queue_url, register_transport
from voiceboard.env import keep_secret
from voiceboard.log_files import PrivateLogFile

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


register_transport()


def open_to_others(root: Path) -> list[str]:
    found = [each for each in (root, *root.rglob("*")) if each.lstat().st_mode & 0o077]
    return [str(each) for each in found if not each.is_symlink()]


WRITERS = {
    "folder": lambda path: make_private_folder(path / "a" / "b" / "c"),
    "secret": lambda path: keep_secret(path / "secrets" / "more" / "key"),
    "ring": lambda path: KeyRing.create(path / "secrets" / "more" / "keys.json"),
    "log": lambda path: PrivateLogFile(path / "logs" / "more" / "web.log").close(),
    "queue": lambda path: Connection(queue_url(path / "more" / "queue")).ensure_connection(),
}


@pytest.mark.parametrize("write", WRITERS.values(), ids=WRITERS)
def test_every_written_folder_and_file_is_private(tmp_path, write):
    root = tmp_path / "data"

    write(root)

    assert root.is_dir()
    assert open_to_others(root) == []


def test_every_media_folder_is_private(settings):
    for folder in ("samples", "previews"):
        store_media(folder, [b"x"], "wav")

    assert open_to_others(Path(settings.MEDIA_ROOT)) == []


def test_existing_folder_keeps_its_mode(tmp_path):
    (tmp_path / "shared").mkdir(mode=0o755)

    make_private_folder(tmp_path / "shared" / "own")

    assert (tmp_path / "shared").stat().st_mode & 0o777 == 0o755


def test_open_folders_are_made_private_without_following_links(tmp_path):
    root, outside = tmp_path / "data", tmp_path / "outside"
    for folder in (root / "media" / "previews" / "aa", outside):
        folder.mkdir(parents=True)
    (root / "voiceboard.sqlite3").touch()
    (root / "link").symlink_to(outside)

    close_folders(root)

    assert open_to_others(root) == []
    assert outside.stat().st_mode & 0o077


def test_prepare_with_an_open_umask_writes_only_private_files(tmp_path):
    around = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("VOICEBOARD_", "DATABASE_URL", "DJANGO_"))
    }
    data = tmp_path / "data" / "more"
    answer = subprocess.run(
        [sys.executable, "manage.py", "prepare"],
        cwd=ROOT,
        env={**around, "VOICEBOARD_DATA_DIR": str(data), "VOICEBOARD_LOCAL": "0"},
        capture_output=True,
        text=True,
        check=False,
        umask=0,
    )

    assert answer.returncode == 0, answer.stderr
    assert (data / "voiceboard.sqlite3").is_file()
    assert open_to_others(tmp_path / "data") == []
