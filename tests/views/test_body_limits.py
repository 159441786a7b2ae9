"""Request bodies that are too large for any form are rejected before they are read."""

import errno
import uuid
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.files.uploadhandler import TemporaryFileUploadHandler
from django.db import OperationalError

from catalog.models import Membership, Sample
from catalog.views.middleware import body_limits
from catalog.views.middleware.body_limits import UploadLimitMiddleware
from tests import factories


@pytest.fixture
def most(settings) -> int:
    settings.SAMPLE_MAX_BYTES = 1000
    return 2000


def declare(client, length: str, **headers: str):
    return client.generic(
        "POST", "/clone/", b"x", "application/octet-stream", CONTENT_LENGTH=length, headers=headers
    )


def test_a_body_over_the_limit_gets_an_error_page(client, db, most):
    response = declare(client, str(most + 1))

    assert response.status_code == 413
    assert "A sample may have at most 1000" in response.content.decode()


def test_a_scripted_upload_over_the_limit_gets_a_json_error(client, db, most):
    response = declare(client, str(most + 1), **{"X-Upload": "1"})

    assert response.status_code == 413
    assert response.json()["error"].startswith("This upload is too large.")


@pytest.mark.parametrize(
    "length", ["-1", "abc", "1e3", "²", "٣", " 5", "5 ", "9" * 30, "9" * 10_000, "0x10"]
)
def test_an_invalid_content_length_is_rejected_without_an_error(rf, most, length):
    reached = []
    request = rf.post("/clone/")
    request.META["CONTENT_LENGTH"] = length

    response = UploadLimitMiddleware(reached.append)(request)

    assert response.status_code == 413
    assert reached == []


@pytest.mark.parametrize("length", ["", "0", "1", "1999", "2000", "0000002000", None])
def test_a_body_within_the_limit_is_accepted(rf, most, length):
    reached = []
    request = rf.post("/clone/")
    request.META["CONTENT_LENGTH"] = length

    UploadLimitMiddleware(reached.append)(request)

    assert reached == [request]


@pytest.fixture
def cloner(cast, sign_in):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.CLONER)
    return sign_in(cast.mia)


@pytest.fixture
def full_disk(monkeypatch, most):
    usage = SimpleNamespace(free=1_000_000)
    monkeypatch.setattr(body_limits.shutil, "disk_usage", lambda _: usage)


def test_an_upload_is_rejected_with_a_message_if_the_disk_is_full(client, db, full_disk):
    file = SimpleUploadedFile("a.wav", b"x")

    page = client.post("/clone/", {"files": file})
    answer = client.post("/samples/", {"file": file}, headers={"X-Upload": "1"})

    assert (page.status_code, answer.status_code) == (507, 507)
    assert "disk is full" in page.content.decode()
    assert "disk is full" in answer.json()["error"]


@pytest.mark.parametrize(
    "trouble",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        OperationalError("database or disk is full"),
    ],
)
def test_a_disk_that_fills_up_during_a_save_leaves_neither_row_nor_file(
    cloner, monkeypatch, wav, settings, trouble
):
    def fill_up(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr("catalog.services.samples.Sample.objects.get_or_create", fill_up)
    response = cloner.post(
        "/samples/",
        {"form_token": str(uuid.uuid4()), "file": SimpleUploadedFile("a.wav", wav)},
        headers={"X-Upload": "1"},
    )

    assert response.status_code == 507
    assert Sample.objects.count() == 0
    assert [each for each in Path(settings.MEDIA_ROOT).rglob("*") if each.is_file()] == []


NO_ROOM = OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture(params=["receive_data_chunk", "new_file"])
def fills_up(request, monkeypatch):
    """Make the disk full while an upload is received."""

    def fail(*_: object, **__: object) -> None:
        raise NO_ROOM

    monkeypatch.setattr(TemporaryFileUploadHandler, request.param, fail)


@pytest.mark.parametrize("address", ["/samples/", "/clone/", "/similar/"])
@pytest.mark.parametrize("headers", [{}, {"X-Upload": "1"}, {"HX-Request": "true"}])
def test_an_upload_cut_short_by_a_full_disk_never_reaches_a_view(
    cloner, fills_up, wav, monkeypatch, address, headers
):
    monkeypatch.setattr("catalog.services.samples.store_media", None)
    file = SimpleUploadedFile("a.wav", wav)
    sent = {"form_token": str(uuid.uuid4()), "file": file, "files": file, "name": "Ada"}

    response = cloner.post(address, sent, headers=headers)

    assert response.status_code == 507
    words = response.json()["error"] if "X-Upload" in headers else response.content.decode()
    assert "disk is full" in words
    assert not Sample.objects.exists()


def test_a_body_rejected_for_lack_of_disk_space_is_still_read_to_its_end(rf, db, full_disk):
    request = rf.post("/samples/", {"file": SimpleUploadedFile("a.wav", b"x" * 500)})
    stream = request._stream

    response = UploadLimitMiddleware(lambda _: None)(request)

    assert response.status_code == 507
    assert stream.read(1) == b""


def test_the_rest_of_a_failed_upload_is_read_so_the_browser_gets_the_response(
    cloner, fills_up, rf, wav
):
    request = rf.post("/samples/", {"file": SimpleUploadedFile("a.wav", wav * 20)})
    stream = request._stream

    response = UploadLimitMiddleware(lambda _: None).process_view(request)

    assert response.status_code == 507
    assert stream.read(1) == b""


@pytest.mark.parametrize("trouble", [NO_ROOM, OperationalError("database or disk is full")])
def test_a_full_disk_outside_of_a_view_shows_the_same_message(client, cast, monkeypatch, trouble):
    def fail(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr("catalog.views.base.auth_backends.SessionStore.save", fail)
    client.raise_request_exception = False
    sent = {"login": cast.ana.email, "password": factories.PASSWORD}
    response = client.post("/account/login/", sent)

    assert response.status_code == 507
    assert "disk is full" in response.content.decode()


@pytest.mark.parametrize("sent", [{f"field{n}": "x" for n in range(10_000)}, {"files": 1_000}])
def test_a_form_with_10000_fields_or_1000_files_is_rejected(cloner, settings, sent):
    if "files" in sent:
        sent = {"files": [SimpleUploadedFile(f"{n}.wav", b"x") for n in range(sent["files"])]}

    assert cloner.post("/clone/", sent).status_code == 400
    assert list(Path(settings.MEDIA_ROOT).rglob("*.*")) == []


def test_one_recording_too_many_shows_an_error_in_the_form(cloner, wav):
    files = [SimpleUploadedFile(f"{n}.wav", wav + bytes([n])) for n in range(11)]

    response = cloner.post("/clone/", {"form_token": str(uuid.uuid4()), "files": files})

    assert response.status_code == 422
    assert "You can use at most 10 recordings for one voice." in response.content.decode()


@pytest.mark.parametrize("address", ["/samples/", "/clone/"])
def test_json_with_server_file_paths_is_not_accepted_as_an_upload(cloner, settings, address):
    named = {"form_token": str(uuid.uuid4()), "files": [{"filepath": "/etc/passwd"}]}

    response = cloner.post(address, named, content_type="application/json")

    assert response.status_code == 422
    assert Sample.objects.count() == 0
