"""Parsing ElevenLabs voices, and the documented requests for them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.providers import errors
from catalog.providers.adapters.elevenlabs.voices import read_voice
from catalog.providers.types import (
    Kind,
    RemoteSample,
    SampleFile,
    VoiceState,
)
from tests.providers.conftest import KEY, load_fixture

SLUG = "elevenlabs"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
SAMPLE = SampleFile("anna.wav", "audio/wav", b"RIFF....WAVE")
ANNA = "c10neAnna00000000001"


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "clone_voice")["body"], **changes}


def test_voices_follows_the_page_token_and_drops_duplicates(server):
    server.will_answer("voices_page_1").will_answer("voices_page_2")

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert [voice.name for voice in found] == [
        "Sarah",
        "Anna's clone",
        "Liam",
        "Ben, professional",
    ]
    first, second = server.requests
    assert first.url.path == second.url.path == "/v2/voices"
    assert dict(first.url.params) == {"page_size": "100", "include_total_count": "false"}
    assert second.url.params["next_page_token"] == "page-2"
    assert first.headers["xi-api-key"] == KEY


def test_voices_translates_labels_kinds_and_states(server):
    server.will_answer("voices_page_1").will_answer("voices_page_2")

    with server.connect() as adapter:
        sarah, anna, liam, ben = adapter.voices()

    assert (sarah.kind, sarah.gender, sarah.age) == (Kind.LIBRARY, "female", "young")
    assert (sarah.accent, sarah.use_cases) == ("american", ("entertainment_tv",))
    assert sarah.languages == ("en", "en-US", "fr-FR")
    assert sarah.state is VoiceState.READY
    assert not sarah.is_owned
    assert sarah.created_at is None
    assert (anna.kind, anna.is_owned) == (Kind.CLONE, True)
    assert anna.created_at == datetime(2025, 11, 1, 12, 26, 40, tzinfo=UTC)
    assert (liam.kind, liam.accent, liam.age) == (Kind.COMMUNITY, "en irish", "old")
    assert liam.use_cases == ("narrative_story",)
    assert liam.details["sharing"]["notice_days"] == 90
    assert liam.details["sharing"]["disabled_at"] == "2026-09-21T14:13:20+00:00"
    assert (ben.kind, ben.state) == (Kind.PROFESSIONAL, VoiceState.PENDING)
    assert ben.languages == ("de",)
    assert ben.details["fine_tuning"]["progress"] == {"eleven_multilingual_v2": 0.4}
    assert [voice.problem for voice in (sarah, anna, liam, ben)] == ["", "", "", ""]


def test_the_documented_voice_is_parsed_except_for_its_date_in_1970(server):
    server.will_answer("voices_documented")

    with server.connect() as adapter:
        [rachel] = adapter.voices()

    assert (rachel.remote_id, rachel.name) == ("21m00Tcm4TlvDq8ikWAM", "Rachel")
    assert rachel.raw == {
        "gender": "female",
        "age": "middle-aged",
        "accent": "American",
        "use_case": "social media",
        "kind": "professional",
    }
    assert (rachel.age, rachel.use_cases) == ("middle_aged", ("social_media",))
    assert rachel.samples == (
        RemoteSample("DCwhRBWXzGAHq8TQ4Fs18", "sample.mp3", "audio/mpeg", 1000000, "1234567890"),
    )
    assert rachel.preview_url.startswith("https://storage.googleapis.com/")
    assert rachel.details["tiers"] == ["creator", "enterprise"]
    assert rachel.details["settings"]["use_speaker_boost"] is True
    assert rachel.details["samples"][0]["hash"] == "1234567890"
    assert rachel.details["verified_languages"] == [
        {"language": "en", "accent": "American", "model": "eleven_turbo_v2_5"}
    ]
    assert "example@example.com" not in json.dumps(rachel.details)
    assert (rachel.created_at, rachel.problem) == (None, "")


def test_a_first_page_longer_than_requested_is_used_in_full(server):
    many = [{**voice_with(), "voice_id": f"v{place}"} for place in range(130)]
    server.will_send(200, {"voices": many, "has_more": True, "next_page_token": "t"})
    server.will_send(200, {"voices": [voice_with()], "has_more": False})

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert len(found) == 131
    assert server.requests[1].url.params["page_size"] == "100"


@pytest.mark.parametrize(
    "last", [{"has_more": False, "next_page_token": "more"}, {"has_more": False}, {}]
)
def test_the_list_ends_when_the_provider_says_so(server, last):
    server.will_send(200, {"voices": [voice_with()], **last})

    with server.connect() as adapter:
        assert len(list(adapter.voices())) == 1


def test_a_page_token_without_has_more_is_followed_too(server):
    server.will_send(200, {"voices": [], "next_page_token": "t"}).will_send(200, {"voices": []})

    with server.connect() as adapter:
        assert list(adapter.voices()) == []


def test_a_repeated_page_token_raises_an_error(server):
    for _ in range(2):
        server.will_send(200, {"voices": [], "has_more": True, "next_page_token": "same"})

    with server.connect() as adapter, pytest.raises(errors.TryLater, match="end"):
        list(adapter.voices())


@pytest.mark.parametrize("token", [None, "", 7, ["x"]])
def test_more_pages_without_a_usable_token_raise_try_later(server, token):
    page = {"voices": [voice_with()], "has_more": True, "next_page_token": token}
    server.will_send(200, page)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


@pytest.mark.parametrize("page", [{"voices": {}}, {"voices": "none"}])
def test_a_page_without_a_list_is_not_an_empty_page(server, page):
    server.will_send(200, page)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


def test_a_failing_second_page_is_not_the_end_of_the_list(server):
    server.will_answer("voices_page_1").will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


@pytest.mark.parametrize(
    "item", [None, 7, "voice", [], {}, {"voice_id": None}, {"voice_id": ""}, {"voice_id": 5},
             {"voice_id": "a\nb"}, {"voice_id": "x" * 201}, {"voice_id": " x"}]
)  # fmt: skip
def test_entries_without_a_usable_id_are_skipped(server, item):
    server.will_send(200, {"voices": [item, voice_with()], "has_more": False})

    with server.connect() as adapter:
        assert [voice.remote_id for voice in adapter.voices()] == [ANNA]


def test_voice_requests_a_single_voice(server):
    server.will_answer("clone_voice")

    with server.connect() as adapter:
        voice = adapter.voice(ANNA)

    assert server.paths() == [f"GET /v1/voices/{ANNA}"]
    assert voice.description == f"Our narrator.\n\n{MARKER}"
    assert voice.samples[0].seconds == 12


@pytest.mark.parametrize(
    ("remote_id", "path"),
    [
        ("a/b", "/v1/voices/a%2Fb"),
        ("../x", "/v1/voices/..%2Fx"),
        ("a?b=c#d", "/v1/voices/a%3Fb%3Dc%23d"),
        ("%2e%2e", "/v1/voices/%252e%252e"),
        ("声", "/v1/voices/%E5%A3%B0"),
        ("\ud800", "/v1/voices/%3F"),
    ],
)
def test_an_id_is_escaped_to_one_path_segment(server, remote_id, path):
    server.will_answer("error_voice_gone")

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.voice(remote_id)

    assert server.requests[0].url.raw_path.decode() == path


@pytest.mark.parametrize("remote_id", ["", ".", ".."])
def test_an_id_that_would_change_the_path_is_not_sent(server, remote_id):
    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.delete(remote_id)


@pytest.mark.parametrize("answer", [{}, {"voice_id": ""}, {"voices": []}])
def test_a_response_that_is_not_a_voice_raises_try_later(server, answer):
    server.will_send(200, answer)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.voice(ANNA)


@pytest.mark.parametrize(
    ("category", "sharing", "kind"),
    [
        ("premade", None, Kind.LIBRARY),
        ("cloned", None, Kind.CLONE),
        ("generated", None, Kind.DESIGNED),
        ("professional", None, Kind.PROFESSIONAL),
        ("professional", {"status": "enabled"}, Kind.PROFESSIONAL),
        ("professional", {"status": "copied"}, Kind.COMMUNITY),
        ("generated", {"status": "copied_disabled"}, Kind.COMMUNITY),
        ("famous", None, Kind.COMMUNITY),
        ("high_quality", None, Kind.COMMUNITY),
        ("something new", None, Kind.UNKNOWN),
        (None, None, Kind.UNKNOWN),
        (["cloned"], None, Kind.UNKNOWN),
    ],
)
def test_the_kind_follows_from_category_and_sharing(category, sharing, kind):
    assert read_voice(voice_with(category=category, sharing=sharing)).kind is kind


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({}, VoiceState.READY),
        ({"fine_tuning": {"state": {"a": "fine_tuned", "b": "failed"}}}, VoiceState.READY),
        ({"fine_tuning": {"state": {"a": "queued", "b": "failed"}}}, VoiceState.PENDING),
        ({"fine_tuning": {"state": {"a": "delayed"}}}, VoiceState.PENDING),
        ({"fine_tuning": {"state": {"a": "failed"}}}, VoiceState.FAILED),
        ({"fine_tuning": {"state": {"a": "not_started"}}}, VoiceState.READY),
        (
            {"fine_tuning": {"state": {"a": "not_started"}}, "category": "professional"},
            VoiceState.PENDING,
        ),
        (
            {"voice_verification": {"requires_verification": True, "is_verified": False}},
            VoiceState.PENDING,
        ),
        (
            {"voice_verification": {"requires_verification": True, "is_verified": True}},
            VoiceState.READY,
        ),
        ({"fine_tuning": "soon", "voice_verification": 1}, VoiceState.READY),
    ],
)
def test_the_state_follows_from_training_and_verification(server, changes, state):
    server.will_send(200, voice_with(**changes))
    server.will_send(200, voice_with(**changes))

    with server.connect() as adapter:
        assert adapter.voice(ANNA).state is state
        assert adapter.is_ready(ANNA) is (state is VoiceState.READY)


@pytest.mark.parametrize(
    "stamp",
    [1, -5, 0, 1e300, 99999999999999999999, "soon", "", True, [], 4102444801, "0", "1"],
)
def test_an_impossible_date_is_left_out_without_reporting_a_problem(stamp):
    voice = read_voice(voice_with(created_at_unix=stamp))

    assert (voice.created_at, voice.problem) == (None, "")


@pytest.mark.parametrize(
    "stamp",
    [
        1762000000,
        1762000000000,
        "1762000000",
        "1762000000000",
        1762000000.0,
        "2025-11-01T12:26:40Z",
        "2025-11-01T12:26:40",
    ],
)
def test_dates_are_parsed_in_any_common_format(stamp):
    voice = read_voice(voice_with(created_at_unix=stamp))

    assert (voice.created_at, voice.problem) == (datetime(2025, 11, 1, 12, 26, 40, tzinfo=UTC), "")


@pytest.mark.parametrize(
    ("labels", "gender", "age", "languages"),
    [
        ({"sex": "female", "country": "US"}, "female", "", ()),
        ({"sex": "male", "gender": "female"}, "female", "", ()),
        ({"género": "femenino", "edad": "joven", "idioma": "español"}, "female", "young", ("es",)),
        ({"Geschlecht": "männlich", "Alter": "alt", "Sprache": "Deutsch"}, "male", "old", ("de",)),
        ({"性别": "女", "语言": "中文"}, "female", "", ("zh",)),
        ({"gender": "男", "age": 30, "language": "English"}, "male", "young", ("en",)),
        ({"language": "en, es"}, "", "", ("en", "es")),
        ({"language": "English/French"}, "", "", ("en", "fr")),
        ({"language": ["en", "es-MX"]}, "", "", ("en", "es-MX")),
        ({"languages": "German and Italian"}, "", "", ("de", "it")),
        ({"Sprachen": ["Deutsch", "Englisch"]}, "", "", ("de", "en")),
        ({"language": []}, "", "", ()),
        ({"language": "Multilingual"}, "", "", ("mul",)),
        ({"age": "40s", "gender": "non-binary"}, "neutral", "middle_aged", ()),
        ([], "", "", ()),
        ("", "", "", ()),
        ({"gender": None, "age": ""}, "", "", ()),
        ({"gender": True, "age": 1.5}, "", "", ()),
    ],
)
def test_labels_are_understood_in_other_languages_and_formats(labels, gender, age, languages):
    voice = read_voice(voice_with(labels=labels, verified_languages=None))

    assert (voice.gender, voice.age, voice.languages) == (gender, age, languages)
    assert voice.problem == ""


def test_the_category_is_case_insensitive():
    voice = read_voice(voice_with(category="Professional", fine_tuning={"state": {"a": "draft"}}))

    assert (voice.kind.value, voice.state.value) == ("professional", "pending")


def test_a_name_that_is_too_long_is_cut_without_reporting_a_problem():
    voice = read_voice(voice_with(name="x" * 400))

    assert (voice.name, voice.problem) == ("x" * 300, "")


@pytest.mark.parametrize(
    ("role", "is_owner", "deletable", "editable"),
    [
        ("admin", False, True, True),
        ("editor", False, False, True),
        ("commenter", False, False, False),
        ("viewer", False, False, False),
        ("owner", False, True, True),
        (None, False, False, False),
        (None, True, True, True),
        ("viewer", True, True, True),
        ("something_new", True, True, True),
        ("something_new", False, False, False),
        ("Admin", False, True, True),
        (7, False, False, False),
    ],
)
def test_the_role_on_a_voice_decides_what_is_allowed_but_owners_can_do_all(
    role, is_owner, deletable, editable
):
    voice = read_voice(voice_with(permission_on_resource=role, is_owner=is_owner))

    assert (voice.is_owned, voice.is_editable) == (deletable, editable)


@pytest.mark.parametrize("changes", [{"category": "premade"}, {"sharing": {"status": "copied"}}])
def test_a_role_on_a_voice_made_by_others_gives_no_rights(changes):
    voice = read_voice(voice_with(permission_on_resource="admin", is_owner=False, **changes))

    assert (voice.is_owned, voice.is_editable) == (False, False)


@pytest.mark.parametrize(
    ("tuning", "verification", "state", "words"),
    [
        ({"state": {}}, {}, "pending", "Draft"),
        ({"state": {"m": "draft"}}, {}, "pending", "Draft"),
        ({"state": {"m": "not_verified"}}, {}, "pending", "verification"),
        ({"state": {"m": "not_started"}}, {}, "pending", "not started"),
        ({"state": {"m": "queued", "n": "delayed"}}, {}, "pending", "Training is delayed (n)"),
        ({"state": {"m": "something_new"}}, {}, "pending", "Something new"),
        ({"state": "draft"}, {}, "pending", "Draft"),
        ({"state": {"m": "failed"}, "message": {"m": "Too noisy."}}, {}, "failed", "Too noisy"),
        ({"state": {"m": "fine_tuned"}}, {}, "ready", ""),
        ({"state": {"m": "fine_tuned", "n": "failed"}}, {}, "ready", "Training failed (n)"),
        (
            {"state": {"m": "fine_tuned"}},
            {"requires_verification": True, "is_verified": False},
            "pending",
            "Waiting for verification",
        ),
        (
            {"state": {}, "manual_verification_requested": True},
            {"requires_verification": True},
            "pending",
            "manual verification",
        ),
        (
            {"state": {}},
            {"requires_verification": True, "verification_failures": ["noise"]},
            "pending",
            "Verification failed: noise",
        ),
        (None, None, "ready", ""),
    ],
)
def test_a_professional_clone_is_ready_when_it_is_trained_and_verified(
    tuning, verification, state, words
):
    voice = read_voice(
        voice_with(
            category="professional",
            fine_tuning=tuning,
            voice_verification=verification,
            sharing=None,
        )
    )

    assert voice.state.value == state
    assert words in voice.state_note
    assert bool(words) == bool(voice.state_note)


def test_the_training_state_of_a_copied_library_voice_is_ignored():
    copied = {"category": "professional", "sharing": {"status": "copied"}}
    voice = read_voice(voice_with(fine_tuning={"state": {}}, voice_verification=None, **copied))

    assert (voice.state, voice.state_note) == (VoiceState.READY, "")


def test_a_voice_with_an_unknown_owner_is_not_ours():
    for said in (None, "perhaps"):
        assert not read_voice(voice_with(is_owner=said, permission_on_resource=None)).is_owned
