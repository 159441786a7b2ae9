"""Media files in a real object store behave as those in a folder."""

import hashlib
from datetime import timedelta

import pytest
from django.utils import timezone

from catalog.core import media_s3
from catalog.core.media import (
    find_media_size,
    get_media_store,
    read_media,
    read_media_part,
    remove_media,
    store_media,
    try_media,
)
from catalog.core.media_store import MediaUnavailable
from catalog.jobs.health.orphans import sweep_orphans
from tests import factories
from tests.servers.swift import KEY_ID, SECRET, Swift

pytestmark = pytest.mark.servers
LARGE = bytes(range(256)) * 8192  # 2 MiB


@pytest.fixture
def _bucket(settings, swift: Swift, tmp_path) -> None:
    settings.MEDIA_STORE_URL = swift.environment["VOICEBOARD_FILES"]
    settings.S3_KEY_ID, settings.S3_SECRET = KEY_ID, SECRET
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path


@pytest.mark.usefixtures("_bucket")
def test_stored_file_can_be_read_whole_in_parts_and_removed():
    key, size, sha256 = store_media("samples", [LARGE[:1000], LARGE[1000:]], "wav")

    assert (size, sha256) == (len(LARGE), hashlib.sha256(LARGE).hexdigest())
    assert find_media_size(key) == len(LARGE)
    assert read_media(key) == LARGE
    assert b"".join(read_media_part(key, 5, 10)) == LARGE[5:15]
    assert b"".join(read_media_part(key, 7, len(LARGE) - 7)) == LARGE[7:]
    assert b"".join(read_media_part(key, len(LARGE) - 3, 99)) == LARGE[-3:]
    assert list(read_media_part(key, 0, 0)) == []
    assert [each.key for each in get_media_store().list("samples/")] == [key]
    remove_media(key)
    remove_media(key)
    assert find_media_size(key) is None
    assert list(get_media_store().list("")) == []


@pytest.mark.usefixtures("_bucket")
def test_old_files_that_no_row_names_are_deleted_and_no_others(cast):
    sample = factories.make_sample(cast.ana, cast.aurora, LARGE[:9])
    orphan = store_media("samples", [LARGE[:9]], "wav")[0]
    today = timezone.now()

    # The first sweep leaves a mark that these files are ours.
    assert sweep_orphans(today) == 0
    assert sweep_orphans(today + timedelta(days=3)) == 1

    assert (find_media_size(sample.path), find_media_size(orphan)) == (9, None)


@pytest.mark.usefixtures("_bucket")
def test_missing_file_is_not_found():
    for read in (read_media, lambda key: read_media_part(key, 0, 1)):
        with pytest.raises(FileNotFoundError):
            read("samples/ab/none.wav")


@pytest.mark.usefixtures("_bucket")
def test_interrupted_upload_leaves_no_file():
    def chunks():
        yield b"half"
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        store_media("samples", chunks(), "wav")

    assert list(get_media_store().list("")) == []


@pytest.mark.usefixtures("_bucket")
def test_probe_leaves_no_file():
    try_media()

    assert list(get_media_store().list("")) == []


def test_wrong_secret_is_refused_without_naming_it(swift):
    store = media_s3.S3Store(swift.environment["VOICEBOARD_FILES"], KEY_ID, "not-the-secret")

    with pytest.raises(MediaUnavailable) as refused:
        store.read("samples/ab/none.wav")

    assert "not-the-secret" not in str(refused.value)
    assert KEY_ID not in str(refused.value)


@pytest.mark.usefixtures("_bucket")
def test_store_that_is_gone_is_unavailable_and_works_again_when_it_is_back(swift):
    key, *_ = store_media("samples", [b"kept"], "wav")
    swift.go()
    try:
        for use in (read_media, find_media_size, lambda _: store_media("samples", [b"x"], "wav")):
            with pytest.raises(MediaUnavailable):
                use(key)
        remove_media(key)  # left for the sweep
    finally:
        swift.come()

    assert read_media(key) == b"kept"
    remove_media(key)
