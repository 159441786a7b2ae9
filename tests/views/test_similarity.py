"""Similar voices: the pages for a voice and for an uploaded clip."""

import re

import pytest
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from catalog.jobs.credentials.check import check_credential
from catalog.jobs.previews import keep_clip
from catalog.jobs.syncs.run import sync_account
from catalog.models import PreviewClip, SoundQuery, Voice, VoiceEmbedding
from catalog.providers.errors import NotFound, NotYet
from catalog.providers.types import AudioClip
from catalog.queries import similarity
from catalog.tasks import fetch_preview_task, speak_preview_task
from tests import factories
from tests.local import give_local, switch_on
from tests.views.conftest import PARTIAL, Page


@pytest.fixture(autouse=True)
def _empty_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "_memory", similarity._Memory())


@pytest.fixture
def voice(cast):
    voice = factories.make_voice(cast.account, "Ada", preview_url="https://cdn.example.com/a.mp3")
    factories.make_embedding(voice, 1)
    return voice


def test_similar_voices_are_shown_with_scores_and_the_list_s_filters(cast, sign_in, voice):
    for name, gender in (("Berta", "female"), ("Carl", "male")):
        other = factories.make_voice(cast.account, name, gender=gender)
        factories.make_embedding(other, 1, 0.3)

    address = reverse("catalog:voice-similar", args=[voice.pk])
    page = sign_in(cast.mia).get(f"{address}?gender=female").content.decode()

    assert "Berta" in page
    assert "Carl" not in page
    assert "Very similar · 0.96" in page
    assert "No credits were spent." in page
    assert "Remove filter Gender: Female" in page


def test_the_list_links_to_similar_voices_with_its_filters(cast, sign_in, voice):
    page = sign_in(cast.mia).get(f"{reverse('catalog:voice-list')}?language=en-US")

    address = reverse("catalog:voice-similar", args=[voice.pk])
    assert f'href="{address}?language=en-US"' in page.content.decode()


def test_a_voice_without_an_analysis_offers_one_and_then_polls(
    cast, sign_in, voice, stub, wakes, django_capture_on_commit_callbacks
):
    VoiceEmbedding.objects.all().delete()
    client = sign_in(cast.mia)
    address = reverse("catalog:voice-similar", args=[voice.pk])

    before = client.get(address).content.decode()
    client.post(reverse("catalog:voice-listen", args=[voice.pk]))
    after = client.get(address).content.decode()

    assert "Analyze preview" in before
    assert "every 2s" not in before
    assert 'hx-trigger="every 2s"' in after
    assert ("catalog.listen_to", f"clip:{PreviewClip.objects.get().pk}") in wakes


def test_opening_the_page_analyzes_a_waiting_clip_immediately(cast, sign_in, voice, wav, wakes):
    VoiceEmbedding.objects.all().delete()
    clip = keep_clip(voice, AudioClip(wav), "its source", factories.NOW)
    cache.clear()

    for _ in range(2):
        page = sign_in(cast.mia).get(reverse("catalog:voice-similar", args=[voice.pk]))

    assert "Analyzing this voice" in page.content.decode()
    assert wakes == [("catalog.listen_to", f"clip:{clip.pk}")]


def test_analyzing_a_preview_keeps_the_filters(cast, sign_in, voice, stub, wakes):
    VoiceEmbedding.objects.all().delete()
    client = sign_in(cast.mia)
    page = reverse("catalog:voice-similar", args=[voice.pk])
    listen = reverse("catalog:voice-listen", args=[voice.pk])

    shown = client.get(f"{page}?gender=female").content.decode()
    asked = client.post(f"{listen}?gender=female")

    assert f'action="{listen}?gender=female"' in shown
    assert asked["Location"] == f"{page}?gender=female"


def test_a_voice_of_the_local_engine_is_analyzed_once_its_preview_is_generated(
    cast, sign_in, settings, tmp_path, monkeypatch, clock, wakes
):
    switch_on(settings, tmp_path / "local", monkeypatch)
    sync_account(check_credential(give_local(cast.aurora).pk, clock), clock)
    voice, client = Voice.objects.get(remote_id="af_heart"), sign_in(cast.mia)

    asked = client.post(reverse("catalog:voice-listen", args=[voice.pk]), follow=True)
    speak_preview_task(voice_id=voice.pk)

    page = asked.content.decode()
    assert "Generating the preview of Heart." in page
    assert 'hx-trigger="every 2s"' in page
    assert wakes[-1] == ("catalog.listen_to", f"clip:{PreviewClip.objects.get(voice=voice).pk}")


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (NotYet("It takes long."), "It takes long."),
        (NotFound("There is no such clip."), "There is no such clip."),
    ],
)
def test_a_preview_that_cannot_be_fetched_shows_why(
    cast, sign_in, voice, stub, wakes, problem, words
):
    VoiceEmbedding.objects.all().delete()
    stub.fails["preview"] = [problem, problem]
    client = sign_in(cast.mia)

    asked = client.post(reverse("catalog:voice-listen", args=[voice.pk]), follow=True)
    if wakes:
        assert 'hx-trigger="every 2s"' in asked.content.decode()
        fetch_preview_task(voice_id=voice.pk, credential_id=wakes[0][2])
        asked = client.get(f"{reverse('catalog:voice-similar', args=[voice.pk])}?wait=1")

    page = asked.content.decode()
    assert words in page
    assert 'hx-trigger="every 2s"' not in page


def test_a_voice_with_a_silent_preview_says_why_it_cannot_be_compared(cast, sign_in, voice):
    VoiceEmbedding.objects.update(vector=b"")

    page = sign_in(cast.mia).get(reverse("catalog:voice-similar", args=[voice.pk]))

    assert "is silent" in page.content.decode()


def test_an_uploaded_clip_is_analyzed_and_then_shows_similar_voices(
    cast, sign_in, voice, wav, wakes, django_capture_on_commit_callbacks
):
    client = sign_in(cast.mia)
    with django_capture_on_commit_callbacks(execute=True):
        sent = client.post(
            reverse("catalog:similar-create"), {"clip": SimpleUploadedFile("me.wav", wav)}
        )
    query = SoundQuery.objects.get()
    waiting = client.get(sent.url).content.decode()
    vector = factories.pack_vector(factories.make_direction(1))
    SoundQuery.objects.update(state="heard", vector=vector)
    heard = client.get(sent.url).content.decode()

    assert wakes == [("catalog.listen_to", f"query:{query.pk}")]
    assert 'hx-trigger="every 1s"' in waiting
    assert "every 1s" not in heard
    assert "Ada" in heard
    assert "Very similar · 1.00" in heard


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"", "not an audio file"), (b"#EXTM3U\nfile:///etc/passwd", "not an audio file")],
)
def test_an_uploaded_clip_that_is_not_audio_is_refused(cast, sign_in, content, words):
    file = SimpleUploadedFile("me.wav", content)

    answer = sign_in(cast.mia).post(reverse("catalog:similar-create"), {"clip": file})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not SoundQuery.objects.exists()


def test_a_recording_is_matched_within_the_list_s_filters(cast, sign_in, voice, wav):
    client = sign_in(cast.mia)
    listed = client.get(f"{reverse('catalog:voice-list')}?gender=female").content.decode()
    asked = f"{reverse('catalog:similar-create')}?gender=female"

    page = client.get(asked).content.decode()
    answer = client.post(asked, {"clip": SimpleUploadedFile("me.wav", wav)})

    assert f'href="{asked}"' in listed
    assert "Limited to: Gender <bdi>Female</bdi>" in page
    query = SoundQuery.objects.get()
    address = reverse("catalog:similar-detail", args=[query.pk])
    assert answer["Location"] == f"{address}?gender=female"
    pack = VoiceEmbedding.objects.get(voice=voice).vector
    SoundQuery.objects.update(state="heard", vector=pack)
    for name, gender in (("Berta", "female"), ("Carl", "male")):
        factories.make_embedding(factories.make_voice(cast.account, name, gender=gender), 1, 0.3)
    found = client.get(answer["Location"]).content.decode()
    assert ("Berta" in found, "Carl" in found) == (True, False)


def test_results_can_be_filtered_further_while_other_filters_stay(cast, sign_in, voice):
    for name, age in (("Berta", "old"), ("Carla", "young"), ("Old Carl", "old")):
        other = factories.make_voice(cast.account, name, age=age, gender="female")
        factories.make_embedding(other, 1, 0.3)
    client, address = sign_in(cast.mia), reverse("catalog:voice-similar", args=[voice.pk])

    page = Page(client.get(f"{address}?age=old"))
    found = client.get(f"{address}?age=old&q=berta&gender=female&provider=").content.decode()

    assert page.find("input", type="hidden", name="age", value="old")
    assert page.find("select", name="gender")
    assert ("Berta" in found, "Carla" in found, "Old Carl" in found) == (True, False, False)


def test_a_provider_that_is_not_installed_is_not_in_the_filter(cast, sign_in, voice, settings):
    path, client = reverse("catalog:voice-similar", args=[voice.pk]), sign_in(cast.mia)
    here = settings.PROVIDER_BASE_URLS
    settings.PROVIDER_BASE_URLS = {**here, "local": "file:///speech"}
    assert Page(client.get(path)).find("option", value="local")

    settings.PROVIDER_BASE_URLS = here

    page = Page(client.get(path))
    assert page.find("option", value="noiz")
    assert not page.find("option", value="local")


def test_an_uploaded_clip_is_visible_only_to_its_owner(cast, sign_in):
    query = factories.make_sound_query(cast.mia, cast.aurora)
    address = reverse("catalog:similar-detail", args=[query.pk])

    assert sign_in(cast.mia).get(address).status_code == 200
    assert sign_in(cast.ana).get(address).status_code == 404


def test_the_progress_is_shown_and_all_previews_can_be_analyzed_now(cast, sign_in, voice, wakes):
    for name in "AB":
        factories.make_voice(cast.account, name, preview_url="https://a.example/b.mp3")
    factories.make_voice(cast.account, "Without a preview", preview_url="")
    mia = sign_in(cast.mia)
    page = Page(mia.get("/similar/"))
    assert re.search(r"1 of 4\s+voices analyzed so far\.\s+1 has no preview\.", page.text)
    assert page.find("div", id="analysis", hx_get="/similar/analysis/")
    assert page.find("form", action="/similar/analysis/")

    part = Page(mia.post("/similar/analysis/", headers=PARTIAL))

    assert {"catalog.warm_previews", "catalog.embed_previews"} <= {woken[0] for woken in wakes}
    assert "Analyzing all previews now." in part.text
    assert not part.find("form")
    assert not part.find("html")
