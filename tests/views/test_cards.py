"""Rendered cards are cached, but never show stale data or another person's data."""

from dataclasses import replace
from datetime import timedelta

from django.utils import timezone

from catalog.models import CloneJob, Consent, PreviewClip, Voice
from catalog.models.voices.versions import raise_version, touch_voices
from catalog.queries.consents.contradictions import find_contradictions, name_findings
from catalog.services.annotations import rate_voice, star_voice, tag_voices
from catalog.services.consents.statements import ConsentStatement, attest_consent
from catalog.services.voices.edit import rename_voice
from tests import factories


def draw(browser, query: str = "") -> str:
    return browser.get(f"/voices/{query}").content.decode()


def test_a_cached_card_reflects_every_change_to_what_it_shows(cast, sign_in):
    voice = factories.make_voice(cast.account, "Ada", preview_url="https://cdn.example.com/a.mp3")
    mia, ana = sign_in(cast.mia), sign_in(cast.ana)
    assert 'aria-pressed="false" aria-label="Star Ada"' in draw(mia)

    star_voice(cast.mia, voice=voice, is_on=True, now=factories.NOW)
    assert 'aria-pressed="true" aria-label="Star Ada"' in draw(mia)
    assert 'aria-pressed="false" aria-label="Star Ada"' in draw(ana)

    tag_voices(cast.ana, team=cast.aurora, voices=[voice], names=["trailer"], now=factories.NOW)
    assert "trailer</li>" in draw(mia)
    rate_voice(cast.ana, voice=voice, value=4, now=factories.NOW)
    assert "★ 4" in draw(mia)
    PreviewClip.objects.create(
        voice=voice, source="s", path="p", content_type="audio/mpeg", size=1, seconds=3.25,
        peaks=[10, 20], fetched_at=factories.NOW,
    )  # fmt: skip
    raise_version(cast.aurora.pk)
    assert "3.3 s" in draw(mia) or "3.2 s" in draw(mia)
    rename_voice(cast.ana, voice=voice, name="Zoe", now=factories.NOW)
    assert "Star Zoe" in draw(mia)


def test_a_card_says_why_it_comes_first_only_in_the_suggested_order(cast, sign_in):
    clone = factories.make_clone(cast.account, "Ada")
    done = {"state": CloneJob.State.READY, "created_at": factories.NOW}
    factories.make_job(cast.mia, cast.credential, voice=clone, **done)
    mia = sign_in(cast.mia)

    assert '<p class="lacking">Your clone</p>' in draw(mia)
    assert ">Suggested</option>" in draw(mia)
    for query in ("?sort=name", "?q=ada"):
        assert ">Your clone</p>" not in draw(mia, query)
    assert ">Best match</option>" in draw(mia, "?q=ada")
    swapped = mia.get(
        "/voices/?q=ada", headers={"HX-Request": "true", "HX-Request-Type": "partial"}
    )
    assert ">Best match</hx-partial>" in swapped.content.decode()
    # A star already shows on the card.
    star_voice(cast.mia, voice=clone, is_on=True, now=factories.NOW)
    assert 'class="lacking"' not in draw(mia)


def test_a_card_is_rendered_once_and_again_only_when_its_voice_is_touched(cast, sign_in):
    voice = factories.make_voice(cast.account, "Ada")
    mia = sign_in(cast.mia)
    draw(mia)

    Voice.objects.filter(pk=voice.pk).update(name="Behind its back")
    assert "Ada" in draw(mia)
    touch_voices([voice.pk])
    assert "Behind its back" in draw(mia)


def test_a_cached_card_links_to_similar_voices_with_the_viewer_s_own_filters(cast, sign_in):
    voice = factories.make_voice(
        cast.account, "Ada", gender="female", preview_url="https://cdn.example.com/a.mp3"
    )
    mia = sign_in(cast.mia)
    address = f"/voices/{voice.pk}/similar/"

    assert f'href="{address}"' in draw(mia)
    assert f'href="{address}?language=en-US&amp;gender=female"' in draw(
        mia, "?gender=female&language=en-US"
    )


def test_a_multilingual_voice_says_so_and_shows_the_language_filtered_for(cast, sign_in):
    factories.make_voice(cast.account, "Qzpoly", languages=("en-US", "de", "fr"))
    factories.make_voice(cast.account, "Qzmulti", languages=("mul",))
    browser = sign_in(cast.mia)

    plain = browser.get("/voices/").content.decode()
    sought = browser.get("/voices/?language=de").content.decode()

    assert "Also speaks German, French" in plain
    assert "Multilingual" in plain
    assert "<li>German</li>" not in plain
    assert "<li>German</li>" in sought
    assert "Qzmulti" not in sought


def test_the_languages_of_a_card_stand_before_the_team_s_tags(cast, sign_in):
    voice = factories.make_voice(cast.account, "Qzpoly", languages=("en-US", "de"))
    tag_voices(cast.ana, team=cast.aurora, voices=[voice], names=["Qztag"], now=factories.NOW)

    page = draw(sign_in(cast.mia), "?language=de")

    card = page.partition('<ol class="cards')[2]
    assert card.index("<li>German</li>") < card.index("Qztag</li>")


def test_a_voice_that_is_not_ready_shows_its_state_note(cast, sign_in):
    note = "Draft, not submitted for training; verification failed: noise."
    voice = factories.make_voice(
        cast.account, "Qzdraft", kind="professional", state="pending", state_note=note
    )
    browser = sign_in(cast.mia)

    assert "Draft, not submitted" in browser.get("/voices/").content.decode()
    assert note in browser.get(f"/voices/{voice.pk}/").content.decode()


def test_a_card_offers_no_preview_of_a_voice_whose_consent_has_ended(cast, sign_in, monkeypatch):
    clone = factories.make_clone(cast.account, "Ada")
    job = factories.make_job(cast.mia, cast.credential, voice=clone, state=CloneJob.State.READY)
    now = timezone.now()
    Consent.objects.filter(pk=job.batch.consent_id).update(ends_on=now.date())
    address = f"/voices/{clone.pk}/speak/preview/"
    assert address in draw(sign_in(cast.ana))

    # The kept card is of yesterday.
    monkeypatch.setattr(timezone, "now", lambda: now + timedelta(days=1))
    ana = sign_in(cast.ana)
    ended = draw(ana)
    assert address not in ended
    assert "No preview. The speaker" in ended
    assert "consent ended on" in ended

    statement = replace(ConsentStatement.of(job.batch.consent), ends_on=None)
    today = timezone.now().date()
    found = find_contradictions(cast.ana, statement.speaker, statement.relation, today)
    attest_consent(
        cast.ana,
        team=cast.aurora,
        statement=replace(statement, confirmed=name_findings(found)),
        proof_path="",
        now=timezone.now(),
    )
    assert address in draw(ana)
