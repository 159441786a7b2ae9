"""The official ElevenLabs client works with the sandbox as it does with ElevenLabs."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from elevenlabs import ElevenLabs, VoiceSettings
from elevenlabs.core.api_error import ApiError
from elevenlabs.errors import UnprocessableEntityError

from catalog.sandbox import Sandbox, running_sandbox
from catalog.sandbox.waveforms import decode_recording
from tests.sandbox.conftest import hum

pytestmark = pytest.mark.sdk

NEVER_AGAIN = {"max_retries": 0}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with running_sandbox(voices=130) as sandbox:
        yield sandbox


@pytest.fixture
def sign_on(running: Sandbox) -> Iterator[Callable[[str], ElevenLabs]]:
    """Return a function that opens the official client with a key of the sandbox."""
    running.reset()
    with ExitStack() as clients:

        def _sign_on(kind: str) -> ElevenLabs:
            return ElevenLabs(
                api_key=f"sandbox-elevenlabs-{kind}",
                base_url=running.url("elevenlabs"),
                httpx_client=clients.enter_context(httpx.Client()),
            )

        yield _sign_on


@pytest.fixture
def client(sign_on: Callable[[str], ElevenLabs]) -> ElevenLabs:
    return sign_on("full")


def make_clone(client: ElevenLabs, name: str = "Nora") -> str:
    files = [("nora.wav", hum(200), "audio/wav")]
    return client.voices.ivc.create(name=name, files=files).voice_id


def test_search_pages_through_all_voices(client):
    found, token = [], None
    while True:
        page = client.voices.search(page_size=50, next_page_token=token)
        found += page.voices
        token = page.next_page_token
        if not page.has_more:
            break

    assert len({voice.voice_id for voice in found}) == len(found) == page.total_count == 136


def test_search_accepts_filters(client):
    page = client.voices.search(
        search="a",
        category="professional",
        voice_type="community",
        sort="name",
        sort_direction="asc",
        include_total_count=False,
        language=["en", "de"],
        include_live_moderated=False,
    )

    assert page.voices
    assert {voice.category for voice in page.voices} == {"professional"}
    assert {voice.labels["language"] for voice in page.voices} <= {"en", "de"}


def test_search_accepts_a_list_of_ids(client):
    wanted = [voice.voice_id for voice in client.voices.search().voices[:4]]

    found = client.voices.search(voice_ids=wanted).voices

    assert {voice.voice_id for voice in found} == set(wanted)


def test_the_unpaged_list_is_parsed(client):
    voices = client.voices.get_all().voices

    assert len(voices) == 136
    assert any(voice.sharing and voice.sharing.notice_period for voice in voices)
    assert any(voice.verified_languages[0].locale for voice in voices if voice.verified_languages)


def test_a_clone_can_be_created_read_edited_and_deleted(client):
    created = client.voices.ivc.create(
        name="Žofie",
        files=[("a.wav", hum(210), "audio/wav"), hum(190)],
        description="Marked",
        labels={"gender": "female"},
        remove_background_noise=True,
    )
    voice = client.voices.get(created.voice_id)

    assert not created.requires_verification
    assert (voice.name, voice.description, voice.labels) == (
        "Žofie",
        "Marked",
        {"gender": "female"},
    )
    assert [sample.file_name for sample in voice.samples] == ["a.wav", "upload"]

    assert client.voices.update(created.voice_id, name="Zoë", description="New").status == "ok"
    assert client.voices.get(created.voice_id).name == "Zoë"

    assert client.voices.delete(created.voice_id).status == "ok"
    with pytest.raises(ApiError) as refused:
        client.voices.get(created.voice_id)
    assert refused.value.status_code == 400
    assert refused.value.body["detail"]["status"] == "voice_not_found"


def test_editing_without_labels_keeps_them(client):
    voice_id = client.voices.ivc.create(
        name="Nora", files=[hum(200)], labels={"accent": "irish"}
    ).voice_id

    client.voices.update(voice_id, name="Norah")

    assert client.voices.get(voice_id).labels == {"accent": "irish"}


def test_settings_can_be_read_and_changed(client):
    voice_id = make_clone(client)

    default = client.voices.settings.get_default()
    client.voices.settings.update(voice_id, request=VoiceSettings(stability=0.3, speed=1.1))
    changed = client.voices.settings.get(voice_id)

    assert (default.stability, default.speed) == (0.5, 1.0)
    assert (changed.stability, changed.speed) == (0.3, 1.1)
    assert changed.similarity_boost == default.similarity_boost


def test_a_sample_can_be_downloaded_and_deleted(client):
    voice_id = make_clone(client)
    [sample] = client.voices.get(voice_id).samples

    audio = b"".join(client.voices.samples.audio.get(voice_id, sample.sample_id))
    client.samples.delete(voice_id, sample.sample_id)

    assert audio == hum(200)
    assert client.voices.get(voice_id).samples == []


def test_subscription_and_user_are_parsed(client):
    make_clone(client)

    subscription, user = client.user.subscription.get(), client.user.get()

    assert (subscription.voice_slots_used, subscription.voice_limit) == (6, 30)
    assert user.subscription.character_limit == subscription.character_limit
    assert user.workspace_id != user.user_id


def test_models_are_parsed(client):
    assert "eleven_multilingual_v2" in {model.model_id for model in client.models.list()}


def test_a_text_can_be_spoken(client):
    voice = client.voices.search().voices[0]

    chunks = client.text_to_speech.convert(
        voice.voice_id,
        text="Hello from the sandbox.",
        model_id="eleven_multilingual_v2",
        output_format="mp3_22050_32",
        voice_settings=VoiceSettings(stability=0.5),
    )

    assert decode_recording(b"".join(chunks)).seconds > 1


def test_errors_are_passed_to_the_caller(sign_on):
    broke, readonly, nobody = sign_on("broke"), sign_on("readonly"), sign_on("nobody")
    voice_id = broke.voices.search().voices[0].voice_id

    refusals = []
    for act in (
        lambda: make_clone(broke),
        lambda: list(broke.text_to_speech.convert(voice_id, text="Hello")),
        lambda: make_clone(readonly),
        lambda: nobody.voices.search(),
    ):
        with pytest.raises(ApiError) as refused:
            act()
        refusals.append((refused.value.status_code, refused.value.body["detail"]["status"]))

    assert refusals == [
        (400, "voice_limit_reached"),
        (401, "quota_exceeded"),
        (401, "missing_permissions"),
        (401, "invalid_api_key"),
    ]


def test_validation_errors_are_parsed(client):
    with pytest.raises(UnprocessableEntityError) as refused:
        client.voices.search(page_size=500)

    assert refused.value.body["detail"][0]["loc"] == ["query", "page_size"]


def test_the_client_retries_after_a_rate_limit(running, client):
    fault = {"fault": "rate_limit", "retry_after": 0, "path": "/v1/user", "times": 1}
    httpx.post(f"{running.address}/_control/faults", json=fault).raise_for_status()

    user = client.user.get(request_options={"max_retries": 1})

    assert user.user_id


def test_without_retries_the_client_reports_the_error(running, client):
    fault = {"fault": "error_after", "path": "/v1/voices/add"}
    httpx.post(f"{running.address}/_control/faults", json=fault).raise_for_status()

    with pytest.raises(ApiError) as failed:
        client.voices.ivc.create(name="Once", files=[hum(150)], request_options=NEVER_AGAIN)

    names = [voice.name for voice in client.voices.search(voice_type="personal").voices]
    assert failed.value.status_code == 500
    assert names.count("Once") == 1
