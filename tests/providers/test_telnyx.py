"""Parsing Telnyx clones and built-in voices, and the documented requests for them."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers import errors
from catalog.providers.types import Kind, RemoteSample, RemoteVoice, VoiceState
from tests.providers.anything import odd_json
from tests.providers.conftest import KEY, FakeServer, load_fixture

SLUG = "telnyx"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
ANNA = "3fa85f64-5717-4562-b3fc-2c963f66afa6"
BUILT_IN = load_fixture(SLUG, "voices_with_ids")["body"]["voices"][0]
ODD = odd_json("x" * 10_000, "..", "\u202eevil", "👩‍🚀", "\x00", "0001-01-01T00:00+14:00")


def clone_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "clone")["body"]["data"], **changes}


def read_clone(**changes: Any) -> RemoteVoice:
    server = FakeServer(SLUG).will_send(200, {"data": clone_with(**changes)})
    with server.connect() as adapter:
        return adapter.voice(ANNA)


def read_built_ins(*entries: Any) -> list[RemoteVoice]:
    server = FakeServer(SLUG).will_answer("clones_none").will_send(200, {"voices": list(entries)})
    with server.connect() as adapter:
        return list(adapter.voices())


def test_voices_lists_clones_of_all_pages_and_built_in_voices(server):
    server.will_answer("clones_page_1").will_answer("clones_page_2").will_answer("voices")

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert [voice.name for voice in found] == [
        "Anna",
        "Bo",
        "Cleo",
        "Dan",
        "Astra",
        "Joanna",
        "Katja",
    ]
    assert server.paths() == [
        "GET /v2/voice_clones",
        "GET /v2/voice_clones",
        "GET /v2/text-to-speech/voices",
    ]
    first, second, built_in = server.requests
    assert dict(first.url.params) == {
        "page[size]": "250",
        "page[number]": "1",
        "sort": "created_at",
    }
    assert second.url.params["page[number]"] == "2"
    assert built_in.url.query == b""
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


@pytest.mark.parametrize("vendor", ["telnyx", "Telnyx", "TELNYX"])
def test_clones_can_be_filtered_by_name_and_by_vendor_in_any_case(server, vendor):
    server.will_answer("clones_none")

    with server.connect() as adapter:
        assert list(adapter.find_clones("ann", vendor)) == []

    params = server.requests[0].url.params
    assert (params["filter[name]"], params["filter[provider]"]) == ("ann", "telnyx")


def test_voices_translates_labels_kinds_and_states(server):
    server.will_answer("clones_page_1").will_answer("clones_page_2").will_answer("voices_none")

    with server.connect() as adapter:
        anna, bo, cleo, dan = adapter.voices()

    assert (anna.remote_id, anna.kind, anna.gender) == (ANNA, Kind.CLONE, "female")
    assert (anna.languages, anna.is_owned, anna.state) == (("en",), True, VoiceState.READY)
    assert anna.description == f"Warm narrator\n\n{MARKER}"
    assert anna.created_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert anna.raw == {"gender": "female", "language": "en", "kind": "voice_clone"}
    assert anna.samples == (RemoteSample(ANNA, content_type="audio/wav"),)
    assert (bo.state, bo.gender, bo.languages) == (VoiceState.PENDING, "male", ("da",))
    assert (cleo.kind, cleo.gender, cleo.languages) == (Kind.DESIGNED, "neutral", ())
    assert cleo.details["voice_design_version"] == 2
    assert (dan.state, dan.details["status"], dan.gender) == (VoiceState.FAILED, "expired", "")
    assert {voice.problem for voice in (anna, bo, cleo, dan)} == {""}


def test_speech_uses_a_separate_voice_id(server):
    server.will_answer("clones_page_1").will_answer("clones_page_2").will_answer("voices_none")

    with server.connect() as adapter:
        anna, bo, cleo, _ = adapter.voices()

    assert anna.details["tts_voice_id"] == f"Telnyx.Qwen3TTS.{ANNA}"
    assert bo.details["tts_voice_id"] == "Telnyx.Ultra.a0e99841-438c-4a64-b679-ae501e7d6091"
    assert cleo.details["tts_voice_id"] == "Minimax.speech-2.8-turbo.moss_audio_9c0f"
    assert cleo.details["models"] == ["speech-2.8-turbo", "speech-2.6-turbo"]


@pytest.mark.parametrize(
    ("changes", "models"),
    [
        # The older reference names no model, so the vendor's default is used.
        ({"models": ["speech-2.8-turbo", "speech-2.6-turbo"]},
         ["speech-2.8-turbo", "speech-2.6-turbo"]),
        ({"models": ["speech-2.6-turbo", "speech-2.8-turbo"]},
         ["speech-2.8-turbo", "speech-2.6-turbo"]),
        ({"models": ["a", "Speech-2.8-Turbo"]}, ["Speech-2.8-Turbo", "a"]),
        ({"models": ["speech-02-turbo", "speech-2.6-turbo"]},
         ["speech-02-turbo", "speech-2.6-turbo"]),
        ({"models": []}, ["speech-2.8-turbo"]),
        ({"models": None}, ["speech-2.8-turbo"]),
        ({"models": [None, "", "b"]}, ["b"]),
        ({"vendor": "telnyx", "models": None}, ["Qwen3TTS"]),
        ({"vendor": "rime", "models": ["ArcanaV3"]}, ["ArcanaV3"]),
        # A named model is the default, and the others are kept.
        ({"model": "speech-3-hd", "models": ["speech-2.8-turbo", "speech-2.6-turbo"]},
         ["speech-3-hd", "speech-2.8-turbo", "speech-2.6-turbo"]),
        ({"model": "speech-2.6-turbo", "models": ["speech-2.8-turbo", "speech-2.6-turbo"]},
         ["speech-2.6-turbo", "speech-2.8-turbo"]),
        ({"model": "", "models": ["speech-2.6-turbo"]}, ["speech-2.6-turbo"]),
    ],
)  # fmt: skip
def test_a_clone_speaks_with_its_default_model_and_offers_the_others(changes, models):
    vendor = changes.get("vendor", "Minimax")
    parsed = read_clone(
        provider=vendor,
        model_id=changes.get("model"),
        provider_supported_models=changes["models"],
        provider_voice_id="moss_audio_1",
    )

    assert parsed.details["models"] == models
    assert parsed.details["tts_voice_id"] == f"{vendor.title()}.{models[0]}.moss_audio_1"


@pytest.mark.parametrize(
    "changes",
    [
        {"provider_voice_id": None},
        {"provider": None},
        {"provider": "rime", "provider_supported_models": []},
    ],
)
def test_a_clone_with_an_incomplete_speech_id_cannot_speak_yet(changes):
    assert "tts_voice_id" not in read_clone(model_id=None, **changes).details


def test_a_clone_with_one_model_speaks_with_it():
    parsed = read_clone(model_id=None, provider_supported_models=["Bayan"])

    assert parsed.details["tts_voice_id"] == f"Telnyx.Bayan.{ANNA}"


def test_built_in_voices_of_every_vendor_have_unique_ids():
    astra, joanna, katja = read_built_ins(*load_fixture(SLUG, "voices")["body"]["voices"])

    assert [astra.remote_id, joanna.remote_id, katja.remote_id] == [
        "Telnyx.NaturalHD.astra",
        "aws.Joanna",
        "azure.Joanna",
    ]
    assert (astra.kind, astra.gender, astra.languages) == (Kind.LIBRARY, "female", ("en-US",))
    assert astra.raw == {"gender": "Female", "language": "en-US"}
    assert not astra.is_owned
    assert astra.samples == ()
    assert joanna.details["vendor"] == "aws"
    assert joanna.details["hosted_by_telnyx"] is False


def test_the_other_format_of_built_in_voices_is_read_too():
    maria, narrator, _ = read_built_ins(*load_fixture(SLUG, "voices_with_ids")["body"]["voices"])

    assert maria.remote_id == "Telnyx.Ultra.b7d50908-b17c-442d-ad8d-810c63997ed9"
    assert (maria.description, maria.details["deprecated"]) == ("Calm and clear", True)
    assert (narrator.languages, narrator.details["model"]) == (("en",), "speech-2.8-turbo")
    assert "deprecated" not in narrator.details
    assert narrator.details["tts_voice_id"] == "Minimax.speech-2.8-turbo.Narrator"


def test_a_clone_is_listed_once_even_if_its_model_name_contains_a_dot(server):
    own = clone_with(provider="Minimax", provider_voice_id="moss_audio_1")
    same = {"voice_id": "Minimax.speech-2.8-turbo.moss_audio_1", "provider": "Minimax"}
    server.will_send(200, {"data": [own]}).will_send(200, {"data": []})
    server.will_send(200, {"voices": [same, BUILT_IN]})

    with server.connect() as adapter:
        assert [voice.name for voice in adapter.voices()] == ["Anna", "Maria"]


def test_a_clone_among_the_built_in_voices_is_listed_once(server):
    server.will_answer("clones_page_1").will_answer("clones_page_2").will_answer("voices_with_ids")

    with server.connect() as adapter:
        names = [voice.name for voice in adapter.voices()]

    assert names == ["Anna", "Bo", "Cleo", "Dan", "Maria", "Narrator"]


@pytest.mark.parametrize(
    ("changes", "remote_id"),
    [
        ({"id": None, "voice_id": "nova"}, "telnyx.Ultra.nova"),
        ({"id": None, "voice_id": "nova", "model_id": None}, "telnyx.nova"),
        ({"id": "TELNYX.Ultra.x"}, "TELNYX.Ultra.x"),
        ({"id": None, "voice_id": "nova", "provider": "TELNYX"}, "telnyx.Ultra.nova"),
        ({"id": "AWS.Polly.Joanna", "provider": None}, "AWS.Polly.Joanna"),
        ({"id": ANNA, "provider": None, "model_id": None}, f"telnyx.{ANNA}"),
        ({"id": 7, "voice_id": "xai.Grok.ara", "provider": "xai"}, "xai.Grok.ara"),
    ],
)
def test_the_id_of_a_built_in_voice_is_stable_and_never_that_of_a_clone(changes, remote_id):
    [voice] = read_built_ins({**BUILT_IN, **changes})

    assert voice.remote_id == remote_id


def test_built_in_entries_without_a_usable_id_and_duplicates_are_skipped():
    found = read_built_ins(
        None, 7, [], {}, {"id": ""}, {"voice_id": "a\nb"}, {"id": "..."}, {"id": "x" * 200},
        BUILT_IN, BUILT_IN,
    )  # fmt: skip

    assert [voice.name for voice in found] == ["Maria"]


@pytest.mark.parametrize("item", [None, 7, [], {}, {"id": None}, {"id": "a\nb"}, {"id": "a.b"}])
def test_a_clone_without_a_usable_id_is_skipped(server, item):
    meta = {"total_pages": 1, "total_results": 2}
    server.will_send(200, {"data": [item, clone_with()], "meta": meta}).will_answer("voices_none")

    with server.connect() as adapter:
        assert [voice.remote_id for voice in adapter.voices()] == [ANNA]


@pytest.mark.parametrize("meta", [None, {}, "no", {"total_pages": None}, {"total_pages": "many"}])
def test_without_a_page_count_the_list_continues_until_nothing_new_comes(server, meta):
    server.will_send(200, {"data": [clone_with()], "meta": meta})
    server.will_send(200, {"data": [clone_with(id="second")], "meta": meta})
    server.will_send(200, {"data": [clone_with(id="second")], "meta": meta})
    server.will_answer("voices_none")

    with server.connect() as adapter:
        assert [voice.remote_id for voice in adapter.voices()] == [ANNA, "second"]


def test_a_server_that_repeats_a_page_raises_an_error(server):
    for _ in range(2):
        server.will_send(200, {"data": [clone_with()], "meta": {"total_pages": 3}})

    with server.connect() as adapter, pytest.raises(errors.TryLater, match="end"):
        list(adapter.voices())


def test_a_list_that_changed_between_pages_raises_try_later(server):
    meta = {"page_number": 2, "page_size": 2, "total_results": 5, "total_pages": 2}
    server.will_answer("clones_page_1").will_answer("clones_page_2", meta=meta)

    with server.connect() as adapter, pytest.raises(errors.TryLater, match="changed its list"):
        list(adapter.voices())


@pytest.mark.parametrize("fixture", ["error_server", "error_rate", "error_no_method"])
def test_a_failing_list_of_built_in_voices_is_a_gap(server, fixture):
    server.will_answer("clones_none").will_answer(fixture)

    with server.connect() as adapter:
        assert list(adapter.voices()) == []
        assert adapter.gaps


@pytest.mark.parametrize("page", [{"data": {}}, {"data": "none"}, {"voices": []}])
def test_a_page_without_a_list_is_not_an_empty_page(server, page):
    server.will_send(200, page)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


@pytest.mark.parametrize("body", [{"voices": {}}, {"data": []}])
def test_a_malformed_list_of_built_in_voices_is_a_gap(server, body):
    server.will_answer("clones_none").will_send(200, body)

    with server.connect() as adapter:
        assert list(adapter.voices()) == []
        assert adapter.gaps


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("active", VoiceState.READY),
        ("Active", VoiceState.READY),
        (None, VoiceState.READY),
        ("pending", VoiceState.PENDING),
        ("failed", VoiceState.FAILED),
        ("expired", VoiceState.FAILED),
        ("being verified", VoiceState.PENDING),
    ],
)
def test_the_state_follows_from_the_status(status, state):
    assert read_clone(status=status).state is state


@pytest.mark.parametrize(
    ("stamp", "moment"),
    [
        ("2026-03-01T12:00:00+02:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2026-03-01T10:00:00", datetime(2026, 3, 1, 10, tzinfo=UTC)),
        ("2999-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        (1762000000, datetime(2025, 11, 1, 12, 26, 40, tzinfo=UTC)),
        (None, None),
    ],
)
def test_creation_times_are_parsed_in_any_common_format(stamp, moment):
    voice = read_clone(created_at=stamp)

    assert voice.created_at == moment
    assert voice.problem == ""


@given(st.dictionaries(st.sampled_from(sorted(clone_with())), ODD))
def test_no_odd_clone_breaks_a_list(changes):
    odd = {**clone_with(), **changes, "id": "odd"}
    page = {"data": [odd, clone_with()], "meta": {"total_pages": 1}}
    server = FakeServer(SLUG).will_send(200, page).will_answer("voices_none")

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert [voice.remote_id for voice in found] == ["odd", ANNA]
    assert found[0].name
    assert "\x00" not in repr(found[0])


@given(ODD, st.dictionaries(st.sampled_from(sorted(BUILT_IN)), ODD))
def test_no_odd_built_in_voice_breaks_a_list(entry, changes):
    found = read_built_ins(entry, {**BUILT_IN, **changes}, {"id": "Telnyx.Natural.last"})

    assert found[-1].remote_id == "Telnyx.Natural.last"


def test_clones_are_listed_if_telnyx_offers_no_built_in_voices(server):
    server.will_answer("clones_page_2", meta={"total_pages": 1}).will_answer("error_address")

    with server.connect() as adapter:
        voices = list(adapter.voices())

    assert voices
    assert all(voice.is_owned for voice in voices)


def test_a_proxy_s_404_for_built_in_voices_is_a_gap(server):
    server.will_answer("clones_none").will_send(404, {"detail": "Not Found"})

    with server.connect() as adapter:
        assert list(adapter.voices()) == []
        assert adapter.gaps
