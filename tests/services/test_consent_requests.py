"""A speaker agrees by a link without an account, and a person decides what the checks can't."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from catalog.audio.formats import FORMATS
from catalog.core.media import has_media
from catalog.jobs.consents import check
from catalog.models import (
    AuditEntry,
    Consent,
    ConsentRequest,
    Membership,
    Notification,
)
from catalog.queries.consents.phrases import LANGUAGE_CHOICES, make_phrase
from catalog.queries.consents.requests import find_usable_consents
from catalog.services.consents.requests import (
    ConsentAsk,
    RequestSpent,
    ask_consent,
    ask_withdrawal,
    cancel_consent_request,
    decide_consent,
    find_consent_request,
    find_given_consent,
    renew_consent_link,
    send_recording,
)
from tests import factories
from tests.conftest import make_wav

State = ConsentRequest.State


@pytest.fixture
def asked(cast: SimpleNamespace) -> tuple[ConsentRequest, str]:
    now = timezone.now()
    ends_on = (now + timedelta(days=365)).date()
    ask = ConsentAsk("Ada", "de", Consent.Use.PROJECT, ends_on, use_note="Atlas")
    return ask_consent(cast.ana, team=cast.aurora, ask=ask, now=now)


def record_speech(request: ConsentRequest, sound: bytes | None = None) -> str:
    file = SimpleUploadedFile("speech.wav", sound or make_wav(3))
    return send_recording(
        request=request, file=file, audio_format=FORMATS["wav"], now=timezone.now()
    )


def check_with(monkeypatch, request, words: str, speaker: str = "later") -> ConsentRequest:
    """Run the checks with these outcomes of speech recognition and the encoders."""
    monkeypatch.setattr(check, "check_words", lambda *_: {"outcome": words})
    monkeypatch.setattr(check, "check_speaker", lambda *_: {"outcome": speaker})
    check.check_consent(str(request.pk), timezone.now())
    return ConsentRequest.objects.get(pk=request.pk)


def test_sentence_names_all_that_is_agreed_to_and_never_repeats():
    ends_on = factories.NOW.date()
    facts = {"name": "Ada", "team": "Aurora", "allowed_use": "project", "use_note": "Atlas"}
    for language, _ in LANGUAGE_CHOICES:
        phrases = [make_phrase(language, ends_on=ends_on, **facts) for _ in range(20)]

        assert len({phrase.text for phrase in phrases}) == 20, language
        for phrase in phrases:
            assert len(set(phrase.words)) == 5, language
            for word in ("Ada", "Aurora", "Atlas", "21", "2026", *phrase.words[1:]):
                assert word in phrase.text, language


def test_link_is_stored_as_a_hash_and_stops_after_its_days(asked):
    request, token = asked
    later = request.expires_at + timedelta(seconds=1)

    assert find_consent_request(token, now=timezone.now()) == request
    assert find_consent_request(token, now=later) is None
    assert find_consent_request(token + "x", now=timezone.now()) is None
    assert token not in str(ConsentRequest.objects.values().get())


def test_link_stops_when_the_person_who_asked_may_not_clone_anymore(cast, asked):
    Membership.objects.filter(user=cast.ana).update(role=Membership.Role.MEMBER)

    assert find_consent_request(asked[1], now=timezone.now()) is None


def test_new_link_replaces_the_old_one_and_canceling_ends_both(cast, asked):
    request, token = asked
    newer = renew_consent_link(cast.ana, request=request, days=1, now=timezone.now())

    assert find_consent_request(token, now=timezone.now()) is None
    assert find_consent_request(newer, now=timezone.now()) == request
    cancel_consent_request(cast.ana, request=request, now=timezone.now())
    assert find_consent_request(newer, now=timezone.now()) is None


def test_recording_that_passes_becomes_a_consent_with_the_recording_as_proof(
    cast, asked, monkeypatch
):
    request, token = asked
    page = record_speech(request)
    assert find_consent_request(token, now=timezone.now()) is None

    request = check_with(monkeypatch, request, "passed", "passed")

    consent = Consent.objects.get()
    assert request.consent == consent
    assert (request.state, consent.use_note, consent.ends_on) == (
        State.ACCEPTED,
        "Atlas",
        request.ends_on,
    )
    assert has_media(consent.proof_path)
    assert has_media(request.copy_path)
    assert consent.spoken_at is not None
    assert find_given_consent(page) == request
    assert list(find_usable_consents(cast.ana, timezone.now())) == [consent]
    assert not find_usable_consents(cast.sam, timezone.now()).exists()
    assert Notification.objects.get(user=cast.ana).about == str(request.pk)


def test_failed_recording_says_why_and_is_replaced_by_the_next(asked, monkeypatch):
    request, token = asked
    record_speech(request)
    request = check_with(monkeypatch, request, "failed")
    first = request.recording_path

    assert "words" in request.problem
    assert not Consent.objects.exists()
    record_speech(find_consent_request(token, now=timezone.now()))
    check_with(monkeypatch, request, "passed")
    assert Consent.objects.exists()
    request.refresh_from_db()
    assert request.attempt_count == 2
    assert request.recording_path != first


def test_only_an_admin_decides_what_is_doubtful(cast, asked, monkeypatch):
    request, _ = asked
    cleo = factories.make_user("Cleo", cast.aurora, "cloner")
    record_speech(request)
    request = check_with(monkeypatch, request, "skipped")

    assert request.state == State.DOUBTFUL
    said = {"request": request, "accepts": True, "reason": "All words.", "now": timezone.now()}
    with pytest.raises(PermissionDenied):
        decide_consent(cleo, **said)
    decide_consent(cast.ana, **said)
    request.refresh_from_db()
    assert (request.state, request.decided_by) == (State.ACCEPTED, cast.ana)
    assert AuditEntry.objects.get(action="spoken consent decided").reason == "All words."
    with pytest.raises(RequestSpent):
        decide_consent(cast.ana, **said)


def test_recording_that_crashes_the_checks_goes_to_an_admin(asked, monkeypatch):
    request, _ = asked
    record_speech(request)
    ConsentRequest.objects.update(try_count=3)

    assert check_with(monkeypatch, request, "passed").state == State.DOUBTFUL


def test_file_without_sound_fails_and_asks_for_another(asked):
    request, _ = asked
    silent = make_wav(2)[:44] + bytes(64_000)
    record_speech(request, silent)

    check.check_consent(str(request.pk), timezone.now())

    request.refresh_from_db()
    assert (request.state, request.problem) == (State.FAILED, "The recording is silent.")


def test_speaker_withdraws_once_and_the_consent_is_not_usable(cast, asked, monkeypatch):
    request, _ = asked
    record_speech(request)
    request = check_with(monkeypatch, request, "passed")

    for _ in range(2):
        ask_withdrawal(request=request, now=timezone.now())

    assert not find_usable_consents(cast.ana, timezone.now()).exists()
    assert AuditEntry.objects.filter(action="consent withdrawn by speaker").count() == 1
    assert Notification.objects.filter(text__contains="was withdrawn by the speaker").count() == 1


@pytest.mark.parametrize("days", [-1, 3660])
def test_service_refuses_an_end_in_the_past_or_after_ten_years(cast, days):
    now = timezone.now()
    ask = ConsentAsk("Ada", "en", Consent.Use.ANY, (now + timedelta(days=days)).date())

    with pytest.raises(ValueError, match="10 years"):
        ask_consent(cast.ana, team=cast.aurora, ask=ask, now=now)
