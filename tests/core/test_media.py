"""Stored files are complete, private, and never outside their folder."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import call_command

from catalog.core.media import (
    clean_filename,
    find_media_size,
    get_media_store,
    read_media,
    read_media_part,
    remove_media,
    store_media,
    sweep_drafts,
)
from tests.media import media_path


@pytest.fixture
def media(settings) -> Path:
    return Path(settings.MEDIA_ROOT)


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_stored_file_is_complete_private_and_has_a_random_name(media):
    path, size, sha256 = store_media("samples", [b"one ", b"two"], "wav")

    stored = media_path(path)
    assert stored.read_bytes() == b"one two"
    assert (size, sha256) == (7, hashlib.sha256(b"one two").hexdigest())
    assert stored.stat().st_mode & 0o777 == 0o600
    assert path.startswith("samples/")
    assert len(stored.stem) == 32
    assert path != store_media("samples", [b"one ", b"two"], "wav")[0]


def test_interrupted_upload_leaves_no_file(media):
    def chunks():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_media("samples", chunks(), "wav")

    assert files_in(media) == []


@pytest.mark.parametrize("path", ["../outside", "samples/../../outside", "/etc/passwd", "a/../.."])
def test_path_outside_the_media_folder_is_rejected(media, path):
    with pytest.raises(ValueError, match="outside the media"):
        media_path(path)
    with pytest.raises(ValueError, match="outside the media"):
        remove_media(path)


def test_symlink_out_of_the_media_folder_is_rejected(media, tmp_path):
    media.mkdir()
    (media / "samples").symlink_to(tmp_path)

    with pytest.raises(ValueError, match="outside the media"):
        media_path("samples/secret")


def test_removing_a_file_twice_does_no_harm(media):
    path, *_ = store_media("samples", [b"x"], "wav")

    remove_media(path)
    remove_media(path)

    assert files_in(media) == []


def test_only_old_drafts_are_swept(media):
    kept, *_ = store_media("samples", [b"x"], "wav")
    now = datetime(2026, 11, 21, tzinfo=UTC)
    folder = media_path(kept).parent
    old, fresh = folder / ".draft-old.wav", folder / ".draft-fresh.wav"
    for draft, age in ((old, 3), (fresh, 0), (media_path(kept), 9)):
        draft.touch()
        moment = (now - timedelta(days=age)).timestamp()
        os.utime(draft, (moment, moment))

    removed = sweep_drafts(now - timedelta(days=1))

    assert removed == 1
    assert set(files_in(media)) == {media_path(kept), fresh}


def test_partial_upload_of_a_killed_process_is_swept(media, settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    left = tmp_path / "tmpab12.upload.wav"
    left.write_bytes(b"half")
    os.utime(left, (0, 0))

    assert sweep_drafts(datetime(2026, 11, 21, tzinfo=UTC)) == 1
    assert not left.exists()


def test_sweeping_an_empty_storage_does_nothing(media):
    assert sweep_drafts(datetime(2026, 11, 21, tzinfo=UTC)) == 0


def test_parts_of_a_file_and_its_size_can_be_read(media):
    key, *_ = store_media("previews", [b"0123456789"], "mp3")

    assert find_media_size(key) == 10
    assert b"".join(read_media_part(key, 3, 4)) == b"3456"
    assert b"".join(read_media_part(key, 8, 99)) == b"89"
    assert read_media(key) == b"0123456789"


def test_missing_file_has_no_size_and_cannot_be_read(media):
    assert find_media_size("previews/ab/none.mp3") is None
    for read in (read_media, lambda key: read_media_part(key, 0, 1)):
        with pytest.raises(FileNotFoundError):
            read("previews/ab/none.mp3")


def test_list_names_stored_files_and_no_drafts(media):
    keys = {store_media(folder, [b"xyz"], "wav")[0] for folder in ("samples", "speech")}
    (media_path(next(iter(keys))).parent / ".draft-1").touch()

    listed = list(get_media_store().list(""))

    assert {each.key for each in listed} == keys
    assert {each.size for each in listed} == {3}
    assert [each.key for each in get_media_store().list("speech/")] == sorted(keys)[1:]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("ada.wav", "ada.wav"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\ada\\ada.wav", "ada.wav"),
        ("/absolute/ada.wav", "ada.wav"),
        ("a\x00d\r\na.wav", "ada.wav"),
        ("\u202egnp.wav", "gnp.wav"),
        ("half\ud800.wav", "half.wav"),
        ("Cafe\u0301.wav", "Caf\u00e9.wav"),
        ('Ada\'s "best" 🎙.wav', 'Ada\'s "best" 🎙.wav'),
        ("n" * 300 + ".wav", "n" * 120),
        (".htaccess", ".htaccess"),
        ("", "sample"),
        ("folder/", "sample"),
        ("\x01\x02", "sample"),
    ],
)
def test_file_name_is_cleaned(name, shown):
    assert clean_filename(name) == shown


def test_files_are_copied_to_another_store_once(media, tmp_path, capsys):
    keys = [store_media("samples", [b"one"], "wav")[0], store_media("speech", [b"two"], "mp3")[0]]
    target = tmp_path / "elsewhere"

    call_command("copy_files", to=str(target))
    call_command("copy_files", to=str(target))

    assert [(target / key).read_bytes() for key in keys] == [b"one", b"two"]
    assert capsys.readouterr().out.count("2 were there already") == 1
