"""Parsing Inworld voices, and the documented requests for them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.providers import errors
from catalog.providers.adapters.inworld import quote_filter_value
from catalog.providers.types import Kind, RemoteVoice, VoiceState
from tests.providers.anything import odd_json
from tests.providers.conftest import KEY, FakeServer, load_fixture

SLUG = "inworld"
MARKER = "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e"
ANNA = "ws-acme__anna"
ODD = odd_json("x" * 10_000, "EN_US", "SYSTEM", "IVC", "..", "\u202eevil", "👩‍🚀", "\x00")


def voice_with(**changes: Any) -> dict[str, Any]:
    return {**load_fixture(SLUG, "voice")["body"], **changes}


def read_one(**changes: Any) -> RemoteVoice:
    server = FakeServer(SLUG).will_send(200, voice_with(**changes))
    with server.connect() as adapter:
        return adapter.voice(ANNA)


def test_the_documented_voices_are_parsed(server):
    server.will_answer("voices_documented")

    with server.connect() as adapter:
        alex, john = adapter.voices()

    assert (alex.remote_id, alex.name, alex.kind) == ("Alex", "Alex", Kind.LIBRARY)
    assert (alex.gender, alex.age, alex.languages) == ("male", "middle_aged", ("en-US",))
    assert alex.use_cases == ("companions",)
    assert alex.raw == {
        "gender": "male",
        "age": "middle_aged",
        "language": "EN_US",
        "use_case": "companions",
        "kind": "SYSTEM",
    }
    assert alex.details == {"tags": ["friendly", "expressive"]}
    assert not alex.is_owned
    assert (john.kind, john.is_owned, john.name) == (Kind.CLONE, True, "John")
    assert (john.gender, john.age, john.use_cases) == ("", "", ())
    assert john.raw == {"language": "EN_US", "kind": "IVC"}
    assert john.details == {"tags": ["demo", "clone"], "workspace": "your_workspace_id"}
    assert alex.problem == john.problem == ""


def test_every_voice_has_a_preview_address_without_the_key(server):
    server.will_answer("voices_documented")

    with server.connect(base_url="http://127.0.0.1:8900/inworld") as adapter:
        alex, _ = adapter.voices()

    assert alex.preview_url.startswith("http://127.0.0.1:8900/inworld/tts/v1/voice:preview?")
    assert "voice_id=Alex&" in alex.preview_url
    assert KEY not in alex.preview_url


def test_voices_follows_the_page_token_and_drops_duplicates(server):
    server.will_answer("voices_page_1").will_answer("voices_page_2")

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert [voice.name for voice in found] == ["Alex", "Mei", "Ben", "Anna"]
    first, second = server.requests
    assert first.url.path == second.url.path == "/voices/v1/voices"
    assert dict(first.url.params) == {"pageSize": "1000", "orderBy": "created_at asc"}
    assert second.url.params["pageToken"] == "2-2"
    assert first.headers["authorization"] == f"Basic {KEY}"


def test_voices_translates_labels_kinds_and_languages(server):
    server.will_answer("voices_page_1").will_answer("voices_page_2")

    with server.connect() as adapter:
        _, mei, ben, anna = adapter.voices()

    assert (mei.gender, mei.age) == ("female", "old")
    assert mei.languages == ("zh-CN", "en-US")
    assert mei.use_cases == ("education_training", "interactive_media")
    assert (ben.kind, ben.is_owned, ben.gender) == (Kind.PROFESSIONAL, True, "neutral")
    assert ben.languages == ("de-DE", "pt-BR")
    assert ben.raw["language"] == "AUTO"
    assert anna.description == f"Our narrator.\n\n{MARKER}"
    assert anna.created_at is None
    assert {voice.state for voice in (mei, ben, anna)} == {VoiceState.READY}


@pytest.mark.parametrize(
    ("tags", "accent", "raw"),
    [
        (["british", "calm"], "british", "british"),
        (["warm", "UK"], "british", "UK"),
        (["American English"], "american", "American English"),
        (["slight Irish accent"], "irish", "slight Irish accent"),
        (["Accent: Provençal", "deep"], "provençal", "Accent: Provençal"),
        (["New York"], "new york", "New York"),
        # "french" may also be a language that the voice speaks.
        (["french", "English", "en-GB"], "", None),
        (["no accent", "accent", "", "calm"], "", None),
        (["british", "american"], "", "british, american"),
        ([None, 7, "scottish"], "scottish", "scottish"),
        (None, "", None),
    ],
)
def test_an_accent_is_read_from_the_tags(tags, accent, raw):
    voice = read_one(tags=tags)

    assert (voice.accent, voice.raw.get("accent")) == (accent, raw)


def test_gender_and_age_are_read_from_the_tags_if_their_fields_are_empty():
    clone = read_one(gender="", ageGroup=None, tags=["female", "young_adult", "calm"])
    other = read_one(gender="male", ageGroup="elderly", tags=["female", "young_adult"])

    assert (clone.gender, clone.age) == ("female", "young")
    assert (other.gender, other.age) == ("male", "old")


@pytest.mark.parametrize("token", ["", None])
def test_the_list_ends_without_a_token(server, token):
    server.will_send(200, {"voices": [voice_with()], "totalSize": 7, "nextPageToken": token})

    with server.connect() as adapter:
        assert len(list(adapter.voices())) == 1


def test_a_repeated_page_token_raises_an_error(server):
    for _ in range(2):
        server.will_send(200, {"voices": [], "nextPageToken": "same"})

    with server.connect() as adapter, pytest.raises(errors.TryLater, match="end"):
        list(adapter.voices())


@pytest.mark.parametrize("token", [7, ["x"], {"a": 1}, True])
def test_more_pages_without_a_usable_token_raise_try_later(server, token):
    server.will_send(200, {"voices": [voice_with()], "nextPageToken": token})

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


def test_a_list_that_changed_between_pages_raises_try_later(server):
    server.will_answer("voices_page_1").will_answer("voices_page_2", totalSize=5)

    with server.connect() as adapter, pytest.raises(errors.TryLater, match="changed its list"):
        list(adapter.voices())


def test_an_unusable_entry_still_counts_toward_the_total(server):
    server.will_answer("voices_page_1")
    server.will_send(200, {"voices": [None, voice_with()], "totalSize": 4, "nextPageToken": ""})

    with server.connect() as adapter:
        assert len(list(adapter.voices())) == 3


@pytest.mark.parametrize("page", [{"voices": {}}, {"voices": None, "totalSize": 3}])
def test_a_page_without_a_list_is_not_an_empty_page(server, page):
    server.will_send(200, page)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


def test_a_failing_second_page_is_not_the_end_of_the_list(server):
    server.will_answer("voices_page_1").will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        list(adapter.voices())


@pytest.mark.parametrize(
    "item", [None, 7, "voice", [], {}, {"voiceId": None}, {"voiceId": ""}, {"voiceId": 5},
             {"voiceId": "a\nb"}, {"voiceId": "x" * 201}, {"voiceId": ".."}, {"name": "w/x"}]
)  # fmt: skip
def test_entries_without_a_usable_id_are_skipped(server, item):
    server.will_send(200, {"voices": [item, voice_with()]})

    with server.connect() as adapter:
        assert [voice.remote_id for voice in adapter.voices()] == [ANNA]


@pytest.mark.parametrize(
    ("source", "kind", "is_owned"),
    [
        ("SYSTEM", Kind.LIBRARY, False),
        ("IVC", Kind.CLONE, True),
        ("PVC", Kind.PROFESSIONAL, True),
        ("XVC", Kind.UNKNOWN, False),
        (None, Kind.UNKNOWN, False),
        (["IVC"], Kind.UNKNOWN, False),
    ],
)
def test_the_kind_and_ownership_follow_from_the_source(source, kind, is_owned):
    voice = read_one(source=source)

    assert (voice.kind, voice.is_owned) == (kind, is_owned)


@pytest.mark.parametrize(
    ("code", "prompts", "languages"),
    [
        ("EN_US", ["en-US", "fr-FR"], ("en-US", "fr-FR")),
        ("HE_IL", [], ("he-IL",)),
        ("AUTO", [], ()),
        ("AUTO", ["ja-JP"], ("ja-JP",)),
        ("", ["en-GB", "xx-YY", "en-GB"], ("en-GB",)),
        (None, None, ()),
    ],
)
def test_languages_come_from_the_code_and_the_prompts(code, prompts, languages):
    assert read_one(langCode=code, promptLanguages=prompts).languages == languages


def test_the_workspace_comes_from_the_id_if_there_is_no_resource_name():
    assert read_one(name="").details["workspace"] == "ws-acme"
    assert "workspace" not in read_one(name="", voiceId="anna").details


def test_fields_that_could_not_be_read_are_named():
    voice = read_one(gender=5, tags="loud", displayName=None)

    assert voice.problem == "gender, tags."
    assert voice.name == ANNA


def test_voice_requests_a_single_voice(server):
    server.will_answer("voice")

    with server.connect() as adapter:
        assert adapter.voice(ANNA).name == "Anna"

    assert server.paths() == [f"GET /voices/v1/voices/{ANNA}"]


def test_an_id_is_escaped_to_one_path_segment(server):
    server.will_answer("error_voice_gone")

    with server.connect() as adapter, pytest.raises(errors.NotFound):
        adapter.voice("a/b?c#d")

    assert server.requests[0].url.raw_path == b"/voices/v1/voices/a%2Fb%3Fc%23d"


@pytest.mark.parametrize("answer", [{}, {"voiceId": ""}, {"voices": []}])
def test_a_response_that_is_not_a_voice_raises_try_later(server, answer):
    server.will_send(200, answer)

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.voice(ANNA)


def test_find_marked_searches_all_own_voices_in_order_of_creation(server):
    marked = [voice_with(voiceId=f"ws__{name}") for name in ("older", "younger")]
    glued = voice_with(voiceId="ws__glued", description=f"x{MARKER}")
    longer = voice_with(voiceId="ws__longer", description=f"{MARKER}0")
    bare = voice_with(voiceId="ws__bare", description=None)
    server.will_send(200, {"voices": [glued, marked[0], bare], "nextPageToken": "t"})
    server.will_send(200, {"voices": [longer, marked[1]], "nextPageToken": "", "totalSize": 5})

    with server.connect() as adapter:
        found = adapter.find_marked(MARKER)

    assert [voice.remote_id for voice in found] == ["ws__older", "ws__younger"]
    for request in server.requests:
        assert request.url.params["filter"] == 'source != "SYSTEM"'
        assert request.url.params["orderBy"] == "created_at asc"


def test_find_marked_raises_if_a_page_fails(server):
    server.will_answer("voices_page_1").will_answer("error_server")

    with server.connect() as adapter, pytest.raises(errors.TryLater):
        adapter.find_marked(MARKER)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("IVC", '"IVC"'),
        ("", '""'),
        ('a" OR source = "IVC', '"a\\" OR source = \\"IVC"'),
        ("back\\slash", '"back\\\\slash"'),
        ('\\"', '"\\\\\\""'),
    ],
)
def test_a_filter_value_is_quoted_and_cannot_break_out_of_its_quotes(text, quoted):
    assert quote_filter_value(text) == quoted


@given(st.dictionaries(st.sampled_from(sorted(load_fixture(SLUG, "voice")["body"])), ODD))
def test_no_odd_voice_breaks_a_list(changes):
    odd = {**voice_with(**changes), "voiceId": "odd"}
    server = FakeServer(SLUG).will_send(200, {"voices": [odd, voice_with()]})

    with server.connect() as adapter:
        found = list(adapter.voices())

    assert [voice.remote_id for voice in found] == ["odd", ANNA]
    assert found[0].name
    assert "\x00" not in repr(found[0])


@given(ODD)
def test_no_odd_entry_breaks_a_list(entry):
    server = FakeServer(SLUG).will_send(200, {"voices": [entry, voice_with()]})

    with server.connect() as adapter:
        assert [voice.remote_id for voice in adapter.voices()] == [ANNA]
