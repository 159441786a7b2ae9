"""Bodies that no form of ours could take are turned away before they are read."""

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


def test_a_body_over_the_limit_is_refused_with_a_page(client, db, most):
    response = declare(client, str(most + 1))

    assert response.status_code == 413
    assert "A sample may have at most 1000" in response.content.decode()


def test_an_upload_by_script_is_refused_with_words_for_the_script(client, db, most):
    response = declare(client, str(most + 1), **{"X-Upload": "1"})

    assert response.status_code == 413
    assert response.json()["error"].startswith("This upload is too large.")


@pytest.mark.parametrize(
    "length", ["-1", "abc", "1e3", "²", "٣", " 5", "5 ", "9" * 30, "9" * 10_000, "0x10"]
)
def test_a_length_that_is_none_is_refused_and_never_an_error(rf, most, length):
    reached = []
    request = rf.post("/clone/")
    request.META["CONTENT_LENGTH"] = length

    response = UploadLimitMiddleware(reached.append)(request)

    assert response.status_code == 413
    assert reached == []


@pytest.mark.parametrize("length", ["", "0", "1", "1999", "2000", "0000002000", None])
def test_a_body_within_the_limit_is_let_through(rf, most, length):
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


def test_an_upload_for_which_the_disk_has_no_room_is_turned_away_in_words(client, db, full_disk):
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
def test_a_disk_that_fills_up_meanwhile_is_told_and_leaves_neither_row_nor_file(
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
    """Let the disk fill up while an upload comes in."""

    def fail(*_: object, **__: object) -> None:
        raise NO_ROOM

    monkeypatch.setattr(TemporaryFileUploadHandler, request.param, fail)


@pytest.mark.parametrize("address", ["/samples/", "/clone/", "/similar/"])
@pytest.mark.parametrize("headers", [{}, {"X-Upload": "1"}, {"HX-Request": "true"}])
def test_an_upload_that_a_full_disk_cuts_short_is_answered_and_no_view_sees_the_rest(
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


def test_an_upload_that_is_turned_away_for_want_of_room_is_read_to_its_end(rf, db, full_disk):
    request = rf.post("/samples/", {"file": SimpleUploadedFile("a.wav", b"x" * 500)})
    stream = request._stream

    response = UploadLimitMiddleware(lambda _: None)(request)

    assert response.status_code == 507
    assert stream.read(1) == b""


def test_the_rest_of_an_upload_is_read_so_that_the_browser_hears_the_answer(
    cloner, fills_up, rf, wav
):
    request = rf.post("/samples/", {"file": SimpleUploadedFile("a.wav", wav * 20)})
    stream = request._stream

    response = UploadLimitMiddleware(lambda _: None).process_view(request)

    assert response.status_code == 507
    assert stream.read(1) == b""


@pytest.mark.parametrize("trouble", [NO_ROOM, OperationalError("database or disk is full")])
def test_a_disk_that_is_full_outside_of_a_view_is_told_as_well(client, cast, monkeypatch, trouble):
    def fail(*_: object, **__: object) -> None:
        raise trouble

    monkeypatch.setattr("catalog.views.base.auth_backends.SessionStore.save", fail)
    client.raise_request_exception = False
    sent = {"login": cast.ana.email, "password": factories.PASSWORD}
    response = client.post("/account/login/", sent)

    assert response.status_code == 507
    assert "disk is full" in response.content.decode()


@pytest.mark.parametrize("sent", [{f"field{n}": "x" for n in range(10_000)}, {"files": 1_000}])
def test_a_form_of_ten_thousand_fields_or_a_thousand_files_is_turned_away(cloner, settings, sent):
    if "files" in sent:
        sent = {"files": [SimpleUploadedFile(f"{n}.wav", b"x") for n in range(sent["files"])]}

    assert cloner.post("/clone/", sent).status_code == 400
    assert list(Path(settings.MEDIA_ROOT).rglob("*.*")) == []


def test_one_recording_too_many_is_told_in_the_form_and_no_bare_error(cloner, wav):
    files = [SimpleUploadedFile(f"{n}.wav", wav + bytes([n])) for n in range(11)]

    response = cloner.post("/clone/", {"form_token": str(uuid.uuid4()), "files": files})

    assert response.status_code == 422
    assert "You can use at most 10 recordings for one voice." in response.content.decode()


@pytest.mark.parametrize("address", ["/samples/", "/clone/"])
def test_json_that_names_files_of_the_server_is_no_upload(cloner, settings, address):
    named = {"form_token": str(uuid.uuid4()), "files": [{"filepath": "/etc/passwd"}]}

    response = cloner.post(address, named, content_type="application/json")

    assert response.status_code == 422
    assert Sample.objects.count() == 0
