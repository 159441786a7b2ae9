"""Audio files are served whole or in the range that a browser requests."""

from urllib.parse import unquote

import pytest

from catalog.core.media import store_media
from catalog.jobs.previews import preview_source
from catalog.models import PreviewClip, Voice
from catalog.providers.errors import NotFound
from catalog.views.base.media import name_file
from tests import factories
from tests.media import media_path

SOUND = bytes(range(256)) * 4
SIZE = len(SOUND)


@pytest.fixture
def address(cast) -> str:
    """Return the address of a preview of 1,024 known bytes."""
    voice = factories.make_voice(cast.account, preview_url="https://cdn.example.com/a.mp3")
    path, size, _ = store_media("previews", [SOUND], "mp3")
    PreviewClip.objects.create(
        voice=voice,
        source=preview_source(voice),
        path=path,
        content_type="audio/mpeg",
        size=size,
        fetched_at=factories.NOW,
    )
    return f"/voices/{voice.pk}/preview/"


def body_of(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def tag_of(client, address: str) -> str:
    response = client.get(address)
    # Reading the file to its end closes it.
    assert body_of(response)
    return response["ETag"]


def test_without_a_range_the_whole_file_is_sent(mia, address):
    response = mia.get(address)

    assert (response.status_code, body_of(response)) == (200, SOUND)
    assert response["Content-Type"] == "audio/mpeg"
    assert response["Content-Length"] == str(SIZE)
    assert response["Accept-Ranges"] == "bytes"


def test_audio_is_sent_with_headers_that_prevent_reuse_and_execution(mia, address):
    for headers in ({}, {"Range": "bytes=0-9"}):
        response = mia.get(address, headers=headers)

        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        assert response["Cache-Control"] == "private, max-age=0, must-revalidate"
        assert body_of(response)


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-0", 0, 0),
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, 1023),
        ("bytes=-100", 924, 1023),
        ("bytes=-5000", 0, 1023),
        ("bytes=1000-999999", 1000, 1023),
        ("bytes=1023-1023", 1023, 1023),
        (" bytes=5-6 ", 5, 6),
    ],
)
def test_a_single_range_gets_exactly_that_part(mia, address, asked, first, last):
    response = mia.get(address, headers={"Range": asked})

    assert (response.status_code, body_of(response)) == (206, SOUND[first : last + 1])
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert response["Content-Length"] == str(last - first + 1)


@pytest.mark.parametrize(
    "asked", ["bytes=1024-", "bytes=1024-2000", "bytes=99999999999-", "bytes=-0", "bytes=9-3"]
)
def test_an_unsatisfiable_range_gets_416_with_the_size(mia, address, asked):
    response = mia.get(address, headers={"Range": asked})

    assert (response.status_code, body_of(response)) == (416, b"")
    assert response["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=a-b",
        "bytes=1-2,4-5",
        "bytes=" + ",".join(f"{place}-{place}" for place in range(1000)),
        "bytes=" + "9" * 20 + "-",
        "bytes=0-" + "9" * 20,
        "bytes=-" + "9" * 20,
        "bytes=--5",
        "bytes=0--5",
        "bytes=1.5-3",
        "bytes=0x1-0x2",
        "bytes=²-³",
        "items=0-5",
        "seconds=1-2",
        "bytes=0-5\tx",
    ],
)
def test_a_malformed_range_gets_the_whole_file(mia, address, asked):
    response = mia.get(address, headers={"Range": asked})

    assert (response.status_code, body_of(response)) == (200, SOUND)


def test_a_matching_etag_gets_304(mia, address):
    tag = tag_of(mia, address)

    response = mia.get(address, headers={"If-None-Match": tag, "Range": "bytes=0-5"})

    assert (response.status_code, body_of(response)) == (304, b"")
    assert response["ETag"] == tag
    assert body_of(mia.get(address, headers={"If-None-Match": '"other"'})) == SOUND


def test_a_new_clip_has_a_new_etag(mia, address):
    tag = tag_of(mia, address)
    path, size, _ = store_media("previews", [b"new sound"], "mp3")
    PreviewClip.objects.update(path=path, size=size)

    response = mia.get(address, headers={"If-None-Match": tag})

    assert (response.status_code, body_of(response)) == (200, b"new sound")


@pytest.mark.parametrize(("is_same", "status"), [(True, 206), (False, 200)])
def test_if_range_gets_a_part_only_while_the_file_is_unchanged(mia, address, is_same, status):
    tag = tag_of(mia, address) if is_same else '"an older one"'

    response = mia.get(address, headers={"Range": "bytes=0-9", "If-Range": tag})

    assert response.status_code == status
    assert len(body_of(response)) == (10 if is_same else SIZE)


def test_an_empty_file_is_served_without_an_error(mia, address):
    media_path(PreviewClip.objects.get().path).write_bytes(b"")

    assert body_of(mia.get(address)) == b""
    for asked in ("bytes=0-", "bytes=-5", "bytes=0-0"):
        assert mia.get(address, headers={"Range": asked}).status_code == 416


def test_playing_a_preview_again_does_not_ask_the_provider(cast, mia, stub, wav):
    voice = factories.make_voice(cast.account, preview_url="https://cdn.example.com/a.mp3")
    path = f"/voices/{voice.pk}/preview/"

    assert body_of(mia.get(path)) == body_of(mia.get(path)) == wav
    assert len(stub.asked) == 1


def test_an_unavailable_preview_gets_404_with_the_reason(cast, mia, stub):
    voice = factories.make_voice(cast.account, preview_url="https://cdn.example.com/a.mp3")
    stub.fails["preview"] = [NotFound("<b>No such clip.</b>")]

    response = mia.get(f"/voices/{voice.pk}/preview/")

    assert response.status_code == 404
    assert response.content.decode() == "<b>No such clip.</b>"
    assert response["Content-Type"] == "text/plain; charset=utf-8"


def test_no_provider_address_or_key_reaches_the_browser(cast, mia, stub):
    voice = factories.make_voice(cast.account, preview_url="https://cdn.example.com/a.mp3")

    for path in ("/voices/", f"/voices/{voice.pk}/"):
        assert "cdn.example.com" not in mia.get(path).content.decode()
    response = mia.get(f"/voices/{voice.pk}/preview/")
    assert b"cdn.example.com" not in str(response.headers).encode() + body_of(response)


NAMES = {
    "Rachel": "ElevenLabs – Rachel.mp3",
    'Anna "the \\ voice"': "ElevenLabs – Anna the voice.mp3",
    "../../etc/passwd": "ElevenLabs – .. .. etc passwd.mp3",
    "Zoë, 日本 שלום 🎙": "ElevenLabs – Zoë, 日本 שלום 🎙.mp3",
    "a\r\nSet-Cookie: x=1": "ElevenLabs – a Set-Cookie x=1.mp3",
    "\u202egnp.exe": "ElevenLabs – gnp.exe.mp3",
    "ü" * 200: f"ElevenLabs – {'ü' * 92}.mp3",
    " . ": "ElevenLabs –.mp3",
}


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}], ids=["whole", "part"])
@pytest.mark.parametrize("query", ["", "?download"], ids=["played", "saved"])
@pytest.mark.parametrize(("name", "saved_as"), NAMES.items(), ids=range(len(NAMES)))
def test_a_preview_is_saved_under_its_provider_and_name(
    mia, address, name, saved_as, query, headers
):
    Voice.objects.update(name=name)

    response = mia.get(address + query, headers=headers)

    assert body_of(response)
    way, _, filename = unquote(response["Content-Disposition"]).partition("; ")
    assert way == ("attachment" if query else "inline")
    assert filename.removeprefix("filename*=utf-8''") == saved_as


def test_a_name_without_usable_characters_gets_a_default_file_name():
    assert name_file('\x00"?\ud800', ".wav") in {"sound.wav", "�.wav"}
    assert name_file(" .. ", ".wav") == "sound.wav"


def test_a_sample_is_served_with_its_own_type_and_a_missing_file_gets_404(cast, mia):
    job = factories.make_job(
        cast.mia, cast.credential, factories.make_sample(cast.mia, cast.aurora, SOUND)
    )

    response = mia.get(
        f"/samples/{factories.sample_of(job).pk}/audio/", headers={"Range": "bytes=0-3"}
    )

    assert (response.status_code, body_of(response)) == (206, SOUND[:4])
    assert response["Content-Type"] == "audio/wav"
    assert unquote(response["Content-Disposition"]).endswith("– sample.wav")
    media_path(factories.sample_of(job).path).unlink()
    assert mia.get(f"/samples/{factories.sample_of(job).pk}/audio/").status_code == 404
