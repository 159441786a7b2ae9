"""Generating speech on a voice's page: estimate, clip, cancel, and generated preview."""

from datetime import date
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import ClipSimilarity, Consent, PreviewClip, Synthesis, SynthesizedClip, Voice
from catalog.queries.syntheses.sample_texts import find_sentences
from catalog.tasks import run_speech_task
from tests import factories
from tests.media import media_path
from tests.views.conftest import PARTIAL, Page

KEPT = {
    "stability": 0.3,
    "similarity_boost": 0.7,
    "style": 0,
    "speed": 1,
    "use_speaker_boost": True,
}

FIRST = len(find_sentences("en")[0])


@pytest.fixture
def voice(cast) -> Voice:
    return factories.make_voice(cast.account, "Rachel", details={"settings": KEPT})


def address(voice: Voice) -> str:
    return f"/voices/{voice.pk}/speak/"


def as_kept(**changes) -> dict:
    values = {f"set_{name}": value for name, value in (KEPT | changes).items()}
    return {"has_settings": "True", "text": "Hello there.", **values}


def test_the_page_has_a_text_field_settings_and_the_cost(mia, voice):
    page = Page(mia.get(f"/voices/{voice.pk}/"))

    assert page.find("textarea", id="id_text", maxlength="10000")
    assert page.find("input", name="set_stability", value="0.3", type="range", min="0", max="1")
    assert page.find("input", name="set_use_speaker_boost", type="checkbox", checked="")
    assert f"About {FIRST} characters, about {FIRST} credits at ElevenLabs." in page.text


def test_page_of_a_voice_whose_consent_has_ended_says_so_instead_of_offering_speech(mia, cast):
    clone = factories.make_clone(cast.account)
    job = factories.make_job(cast.ana, cast.credential, voice=clone, state="ready")
    Consent.objects.filter(pk=job.batch.consent_id).update(ends_on=date(2026, 11, 20))

    page = Page(mia.get(f"/voices/{clone.pk}/"))
    compared = Page(mia.get(f"/compare/?v={clone.pk},{factories.make_voice(cast.account).pk}"))

    words = "The speaker's consent ended on Nov 20, 2026."
    assert page.text.count(words) == 2
    assert not page.find("textarea", id="id_text")
    assert not page.find("button", formaction=f"/voices/{clone.pk}/speak/preview/")
    assert words in compared.text
    assert "Compare (about" not in compared.text


@pytest.mark.parametrize(
    ("language", "code"),
    [("de-AT", "de"), ("unknown", "en"), ("cy", "en"), ("zh-CN", "zh")],
)
def test_sample_sentences_are_in_the_voice_s_language_or_english(mia, cast, language, code):
    voice = factories.make_voice(cast.account, language=language)

    chips = Page(mia.get(f"/voices/{voice.pk}/")).find("button", lang=code)

    assert [chip["data-say"] for chip in chips] == list(find_sentences(code))


def test_an_estimate_shows_the_cost_and_stores_nothing(mia, voice):
    response = mia.post(f"{address(voice)}estimate/", as_kept(), headers=PARTIAL)

    assert "About 12 characters, about 12 credits at ElevenLabs." in Page(response).text
    assert not Synthesis.objects.exists()


def test_an_estimate_shows_that_a_cached_clip_is_free(mia, voice, wav):
    factories.make_spoken_clip(voice, wav)

    kept = mia.post(f"{address(voice)}estimate/", as_kept(), headers=PARTIAL)
    changed = mia.post(f"{address(voice)}estimate/", as_kept(speed=0.8), headers=PARTIAL)

    assert "this is free" in Page(kept).text
    assert "about 12 credits" in Page(changed).text


@pytest.fixture
def telnyx_clone(cast) -> Voice:
    account = factories.make_account(cast.aurora, provider="telnyx", last_owner=cast.ana)
    factories.make_credential(cast.ana, account)
    details = {"models": ["speech-2.8-turbo", "speech-2.6-turbo"]}
    return factories.make_clone(account, details=details)


def test_a_clone_with_several_models_offers_them_and_does_not_send_the_default(
    mia, telnyx_clone, wakes
):
    page = Page(mia.get(f"/voices/{telnyx_clone.pk}/"))
    form = {"has_settings": "True", "text": "Hello there."}
    mia.post(address(telnyx_clone), form | {"set_model": "speech-2.8-turbo"})
    mia.post(address(telnyx_clone), form | {"set_model": "speech-2.6-turbo"})
    refused = mia.post(address(telnyx_clone), form | {"set_model": "speech-9"}, headers=PARTIAL)

    assert page.find("select", name="set_model")
    assert page.find("option", value="speech-2.8-turbo", selected="")
    assert page.find("option", value="speech-2.6-turbo")
    sent = [speech.settings for speech in Synthesis.objects.order_by("created_at", "settings")]
    assert sorted(sent, key=len) == [{}, {"model": "speech-2.6-turbo"}]
    assert refused.status_code == 422


def test_a_clone_with_one_model_offers_no_choice(mia, telnyx_clone):
    telnyx_clone.details = {"models": ["Qwen3TTS"]}
    telnyx_clone.save()

    assert not Page(mia.get(f"/voices/{telnyx_clone.pk}/")).find("select", name="set_model")


def test_unchanged_settings_are_not_sent_and_changed_ones_are_sent_in_full(mia, voice, wakes):
    mia.post(address(voice), as_kept())
    mia.post(address(voice), as_kept(speed="0.8") | {"text": "Slower."})

    assert Synthesis.objects.get(text="Hello there.").settings == {}
    assert Synthesis.objects.get(text="Slower.").settings == KEPT | {"speed": 0.8}


def test_an_unchecked_box_is_sent_as_false(mia, voice, wakes):
    values = as_kept()
    del values["set_use_speaker_boost"]

    mia.post(address(voice), values)

    assert Synthesis.objects.get().settings["use_speaker_boost"] is False


def test_generating_wakes_a_worker_and_the_panel_polls_until_it_is_done(
    mia, voice, wakes, wav, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        running = Page(mia.post(address(voice), as_kept(), headers=PARTIAL))
    speech = Synthesis.objects.get()
    assert wakes == [("catalog.run_speech", str(speech.pk))]
    assert running.find("div", id="speeches", hx_get=address(voice))

    clip = factories.make_spoken_clip(voice, wav)
    Synthesis.objects.update(state="done", clip=clip)
    done = Page(mia.get(address(voice), headers=PARTIAL))

    assert not done.find("div", id="speeches", hx_get=address(voice))
    assert done.find("li", data_src=f"/syntheses/{speech.pk}/audio/")


def test_without_scripts_the_page_reloads_at_the_panel(mia, voice, wakes):
    response = mia.post(address(voice), as_kept())

    assert response["Location"] == f"/voices/{voice.pk}/#try"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Enter some text."),
        (" \n…", "Enter some text."),
        ("x" * 10_001, "at most 10,000 characters"),
    ],
)
def test_an_empty_or_too_long_text_is_rejected_with_the_reason(mia, voice, text, words):
    response = mia.post(address(voice), as_kept() | {"text": text}, headers=PARTIAL)

    assert response.status_code == 422
    assert words in Page(response).text
    assert not Synthesis.objects.exists()


@pytest.mark.parametrize("value", ["0.69", "1.21", "NaN", "x"])
def test_a_setting_out_of_range_is_refused(mia, voice, value):
    response = mia.post(address(voice), as_kept(speed=value))

    assert response.status_code == 422
    assert not Synthesis.objects.exists()


def test_clicking_twice_creates_one_synthesis(mia, voice, wakes):
    mia.post(address(voice), as_kept())
    mia.post(address(voice), as_kept())

    assert Synthesis.objects.count() == 1


def test_a_person_can_generate_only_so_many_texts_a_minute(mia, voice, wakes, settings):
    settings.SPEECHES_PER_MINUTE = 2
    for text in ("One.", "Two."):
        mia.post(address(voice), as_kept() | {"text": text})

    response = mia.post(address(voice), as_kept() | {"text": "Three."}, headers=PARTIAL)

    assert response.status_code == 422
    assert "You can generate at most 2 texts a minute" in Page(response).text
    assert Synthesis.objects.count() == 2


def test_cached_clips_do_not_count_toward_the_limit(mia, voice, wakes, settings, wav):
    settings.SPEECHES_PER_MINUTE = 1
    factories.make_spoken_clip(voice, wav)
    for _ in range(3):
        mia.post(address(voice), as_kept())

    mia.post(address(voice), as_kept() | {"text": "New."})

    assert [row.is_cached for row in Synthesis.objects.order_by("-is_cached")] == [True] * 3 + [
        False
    ]


def test_without_a_working_key_an_error_is_shown(mia, cast, voice):
    cast.credential.delete()

    response = mia.post(address(voice), as_kept(), headers=PARTIAL)

    assert "You have no working key" in Page(response).text


def test_a_deleted_voice_has_no_form(mia, voice):
    Voice.objects.update(remote_deleted_at=factories.NOW)

    assert not Page(mia.get(f"/voices/{voice.pk}/")).find("textarea", id="id_text")


def test_a_clip_supports_ranges_and_downloads_under_the_voice_s_name(mia, cast, voice, wav):
    clip = factories.make_spoken_clip(voice, wav)
    speech = factories.make_speech(cast.mia, voice, state="done", clip=clip)

    part = mia.get(f"/syntheses/{speech.pk}/audio/", headers={"Range": "bytes=0-3"})
    whole = mia.get(f"/syntheses/{speech.pk}/audio/?download")

    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"RIFF")
    assert b"".join(whole.streaming_content) == wav
    saved = unquote(whole["Content-Disposition"])
    assert saved == "attachment; filename*=utf-8''ElevenLabs – Rachel – Hello there.wav"


@pytest.mark.parametrize(
    ("provider", "words"),
    [("elevenlabs", "1,200 credits charged"), ("inworld", "1,200 characters charged")],
)
def test_a_clip_says_in_which_unit_it_was_charged(mia, cast, wav, provider, words):
    account = factories.make_account(cast.aurora, provider=provider)
    voice = factories.make_voice(account)
    clip = factories.make_spoken_clip(voice, wav, charged=1200)
    factories.make_speech(cast.mia, voice, state="done", clip=clip)

    assert words in " ".join(Page(mia.get(f"/voices/{voice.pk}/")).text.split())


def test_canceling_before_it_is_sent_says_it_cost_nothing(mia, cast, voice):
    speech = factories.make_speech(cast.mia, voice)

    response = mia.post(f"/syntheses/{speech.pk}/cancel/", headers=PARTIAL)

    assert "cost nothing" in Page(response).text
    assert Synthesis.objects.get().state == "cancelled"


def test_canceling_after_it_was_sent_says_it_cannot_be_canceled(mia, cast, voice):
    speech = factories.make_speech(cast.mia, voice, state="running", step="sent")

    page = Page(mia.post(f"/syntheses/{speech.pk}/cancel/", follow=True))

    assert "can't be canceled" in page.text
    assert Synthesis.objects.get().state == "running"


def spoken(user, voice: Voice, content: bytes, **values) -> Synthesis:
    clip = SynthesizedClip.objects.first() or factories.make_spoken_clip(voice, content)
    return factories.make_speech(user, voice, state="done", clip=clip, **values)


def test_a_clip_is_deleted_with_the_last_synthesis_that_uses_it(
    cast, mia, voice, wav, django_capture_on_commit_callbacks
):
    first, again = spoken(cast.mia, voice, wav), spoken(cast.mia, voice, wav, is_cached=True)
    path = media_path(first.clip.path)

    with django_capture_on_commit_callbacks(execute=True):
        mia.post(f"/syntheses/{first.pk}/remove/")
        assert path.is_file()
        part = mia.post(f"/syntheses/{again.pk}/remove/", headers=PARTIAL)

    assert "Hello there." not in Page(part).text
    assert not path.exists()
    assert not SynthesizedClip.objects.exists()


def test_people_can_remove_their_own_clips_and_admins_all(cast, mia, ana, voice, wav):
    speech = spoken(cast.ana, voice, wav)

    button = {"hx_post": f"/syntheses/{speech.pk}/remove/"}
    assert not Page(mia.get(f"/voices/{voice.pk}/")).find("form", **button)
    assert mia.post(f"/syntheses/{speech.pk}/remove/").status_code == 403
    speech.requested_by = cast.mia
    speech.save()
    assert Page(ana.get(f"/voices/{voice.pk}/")).find("form", **button)
    assert Page(mia.get(f"/voices/{voice.pk}/")).find("form", **button)


def test_a_running_or_blindly_compared_synthesis_cannot_be_removed(cast, mia, voice, wav):
    running = factories.make_speech(cast.mia, voice, "Other text.")
    blind = factories.make_comparison(cast.mia, [voice], "Third text.", is_blind=True)
    compared = blind.entries.get().speech
    Synthesis.objects.filter(pk=compared.pk).update(state="failed")

    for speech in (running, compared):
        mia.post(f"/syntheses/{speech.pk}/remove/")

    assert Synthesis.objects.count() == 2


def test_a_voice_without_a_preview_offers_to_generate_one_with_its_length(mia, voice):
    listed, page = Page(mia.get("/voices/")), Page(mia.get(f"/voices/{voice.pk}/"))

    words = f"Generate (about {FIRST} characters)"
    assert words in listed.text
    assert words in page.text


def test_a_generated_preview_plays_and_is_labeled(mia, cast, voice, stub, wakes):
    mia.post(f"/voices/{voice.pk}/speak/preview/")
    run_speech_task(speech_id=str(Synthesis.objects.get(is_preview=True).pk))

    listed, page = Page(mia.get("/voices/")), Page(mia.get(f"/voices/{voice.pk}/"))
    sound = mia.get(f"/voices/{voice.pk}/preview/")
    assert (sound["Content-Type"], sound.getvalue()[:4]) == ("audio/wav", b"RIFF")
    assert "generated" in listed.text
    assert "Generated preview" in page.text
    assert PreviewClip.objects.count() == 1
    assert [call[0] for call in stub.asked] == ["speak"]


def test_a_viewer_can_listen_but_not_generate(cast, sign_in, voice, wav):
    viewer = sign_in(factories.make_user("Vic", cast.aurora, "viewer"))
    clip = factories.make_spoken_clip(voice, wav)
    factories.make_speech(cast.mia, voice, state="done", clip=clip)

    page = Page(viewer.get(f"/voices/{voice.pk}/"))

    assert page.find("li", data_voice=f"speech-{Synthesis.objects.get().pk}")
    assert not page.find("textarea", id="id_text")
    assert "Generate (about" not in page.text


def test_more_syntheses_need_no_more_queries(mia, cast, voice, wav):
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            mia.get(f"/voices/{voice.pk}/")
        return len(queries)

    clip = factories.make_spoken_clip(voice, wav)
    factories.make_speech(cast.mia, voice, state="done", clip=clip)
    few = count()
    for number in range(8):
        factories.make_speech(cast.ana, voice, f"Text {number}.", state="done", clip=clip)

    assert count() == few


def test_a_clip_of_a_clone_shows_its_similarity_to_the_sample(mia, cast, wav):
    clone = factories.make_clone(cast.account)
    clip = factories.make_spoken_clip(clone, wav)
    factories.make_speech(cast.mia, clone, state=Synthesis.State.DONE, clip=clip)
    before = Page(mia.get(f"/voices/{clone.pk}/"))
    ClipSimilarity.objects.create(clip=clip, score=0.712, judged_at=factories.NOW)

    after = Page(mia.get(f"/voices/{clone.pk}/"))

    assert "similarity to the sample" not in before.text
    said = " ".join(after.text.split()).replace(" ,", ",")
    assert "similarity to the sample 0.71, typical of the same person" in said
