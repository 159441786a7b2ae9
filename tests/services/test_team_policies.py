"""Policies of a team: what they forbid is refused everywhere, and old files go."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from catalog.forms.teams import PolicyForm
from catalog.jobs.clones.run import run_clone
from catalog.jobs.syntheses import run_speech
from catalog.jobs.teams.retention import delete_expired
from catalog.models import (
    AuditEntry,
    Consent,
    ConsentLevel,
    Sample,
    Synthesis,
    SynthesizedClip,
    TeamPolicy,
)
from catalog.queries.clones import find_clone_targets
from catalog.services.clones import retry_clone
from catalog.services.consents.statements import ConsentNeeded
from catalog.services.credentials.keys import add_credential
from catalog.services.syntheses import CannotSynthesize, request_speech
from catalog.services.teams.policies import change_policy
from tests import factories
from tests.media import media_path

NOW = factories.NOW


def allow(cast: Any, **values: Any) -> None:
    change_policy(cast.ana, team=cast.aurora, values=values, now=NOW)


def ask(cast: Any, voice: Any) -> Synthesis:
    return request_speech(cast.mia, voice=voice, text="Hello.", settings={}, now=NOW)


def test_blocked_provider_takes_no_keys_clones_or_speech(cast, stub, clock, wakes):
    voice = factories.make_voice(cast.account)
    waiting = ask(cast, voice)
    job = factories.make_job(cast.ana, cast.credential)
    failed = factories.make_job(cast.ana, cast.credential, state="failed", ended_at=NOW)
    assert find_clone_targets(cast.ana)

    allow(cast, blocked_providers=["elevenlabs"])

    words = "Your team doesn't allow ElevenLabs."
    assert find_clone_targets(cast.ana) == []
    with pytest.raises(CannotSynthesize, match=words):
        ask(cast, factories.make_voice(cast.account))
    with pytest.raises(PermissionDenied):
        retry_clone(cast.ana, job=failed, now=NOW)
    with pytest.raises(PermissionDenied):
        add_credential(
            cast.mia,
            team=cast.aurora,
            provider="elevenlabs",
            api_key="sk_x",
            nickname="",
            is_shared=False,
            now=NOW,
        )
    run_speech(waiting.pk, clock)
    run_clone(job.pk, clock)
    for row in (waiting, job):
        row.refresh_from_db()
        assert row.state == "failed"
        assert words in row.message
    assert stub.asked == []


@pytest.mark.parametrize(
    ("allowed", "language", "is_allowed"),
    [
        (["en"], "en-GB", True),
        (["en-GB"], "en-US", False),
        (["en-GB"], "en", True),
        (["en"], "de", False),
        (["en"], "unknown", True),
        ([], "de", True),
    ],
)
def test_languages_include_their_regions(cast, allowed, language, is_allowed):
    policy = TeamPolicy(team=cast.aurora, languages=allowed)

    assert (policy.forbid_language(language) == "") is is_allowed


def test_clones_need_the_consent_level_of_the_team(cast, stub, clock, wakes):
    job = factories.make_job(cast.ana, cast.credential, state="failed", ended_at=NOW)
    consents = Consent.objects.filter(pk=job.batch.consent_id)
    allow(cast, consent_level=ConsentLevel.PROOF)

    with pytest.raises(ConsentNeeded, match="signed document or a recording"):
        retry_clone(cast.ana, job=job, now=NOW)
    consents.update(proof_path="consents/ab/signed.pdf")
    allow(cast, consent_level=ConsentLevel.SPOKEN)
    with pytest.raises(ConsentNeeded, match="spoken and checked"):
        retry_clone(cast.ana, job=job, now=NOW)
    consents.update(spoken_at=NOW)

    assert retry_clone(cast.ana, job=job, now=NOW)


def test_old_samples_go_unless_a_living_clone_needs_them(cast, wakes):
    old, used, new = (factories.make_sample(cast.ana, cast.aurora) for _ in range(3))
    other = factories.make_sample(cast.sam, cast.borealis)
    clone = factories.make_clone(cast.account)
    factories.make_job(cast.ana, cast.credential, used, state="ready", voice=clone)
    Sample.objects.filter(pk=new.pk).update(uploaded_at=NOW + timedelta(days=20))
    later = NOW + timedelta(days=31)
    allow(cast, sample_days=30)

    assert delete_expired(later) == 1
    assert delete_expired(later) == 0
    assert [media_path(each.path).exists() for each in (old, used, new, other)] == [
        False,
        True,
        True,
        True,
    ]
    entry = AuditEntry.objects.get(action="old samples deleted")
    assert entry.facts == {"count": 1, "days": 30}

    allow(cast, drops_used_samples=True)
    assert delete_expired(later) == 1
    assert not media_path(used.path).exists()


def test_old_speech_goes_with_its_clip_unless_it_was_used_again_or_is_voted_on(cast, wakes):
    voice, other = factories.make_voice(cast.account), factories.make_voice(cast.account)
    clips = [factories.make_spoken_clip(voice, b"RIFF", text) for text in ("Old.", "Shared.")]
    values = {"state": "done", "step": "confirmed"}
    factories.make_speech(cast.mia, voice, "Old.", clip=clips[0], **values)
    for created_at in (NOW, NOW + timedelta(days=20)):
        factories.make_speech(
            cast.mia, voice, "Shared.", clip=clips[1], created_at=created_at, **values
        )
    comparison = factories.make_comparison(cast.ana, [voice, other], "Which?", is_blind=True)
    Synthesis.objects.filter(comparisons__comparison=comparison).update(**values)
    allow(cast, clip_days=30)

    assert delete_expired(NOW + timedelta(days=31)) == 2

    assert list(SynthesizedClip.objects.all()) == [clips[1]]
    assert not media_path(clips[0].path).exists()
    assert sorted(Synthesis.objects.values_list("text", flat=True)) == [
        "Shared.",
        "Which?",
        "Which?",
    ]


def test_only_admins_change_policies_and_the_form_reads_tags(cast):
    with pytest.raises(PermissionDenied):
        change_policy(cast.mia, team=cast.aurora, values={"clip_days": 3}, now=NOW)
    policy = TeamPolicy.objects.of(cast.aurora.pk)
    data = {"providers": ["inworld"], "languages": "EN-gb, de", "consent_level": "2"}
    form = PolicyForm(data, policy=policy)

    assert form.is_valid(), form.errors
    assert form.values["languages"] == ["en-GB", "de"]
    assert "elevenlabs" in form.values["blocked_providers"]
    assert "inworld" not in form.values["blocked_providers"]
    assert not PolicyForm(data | {"languages": "Klingon"}, policy=policy).is_valid()
