"""Two teams with everything that Voiceboard keeps, and with words by which a leak shows itself."""

import functools
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.db import connection, models

from catalog.audit import record
from catalog.core.media import store_media
from catalog.jobs.previews import preview_source
from catalog.models import (
    ApiToken,
    BundledClone,
    BundledVoice,
    BundleImport,
    Charge,
    CleanupPlan,
    CleanupRules,
    CloneBatch,
    CloneJob,
    CloneSource,
    Collection,
    CollectionEntry,
    ComparedVoice,
    Comparison,
    Consent,
    ConsentRequest,
    Credential,
    CredentialReplacement,
    EndHook,
    EndNotice,
    EndReminder,
    Erasure,
    Evacuation,
    EvacuationChange,
    EvacuationLine,
    HookDelivery,
    Invitation,
    Keep,
    Membership,
    Note,
    Notification,
    PlannedDeletion,
    PreviewClip,
    Protection,
    ProviderAccount,
    Rating,
    Sample,
    SampleReport,
    SavedSearch,
    Selection,
    Share,
    ShareVote,
    SoundQuery,
    Speaker,
    Star,
    SyncRun,
    Synthesis,
    SynthesizedClip,
    Tag,
    TagUse,
    Team,
    TwinPair,
    User,
    Voice,
    VoiceEmbedding,
    VoiceLabel,
    VoiceSettings,
    VoiceUsage,
    Vote,
    Withdrawal,
)
from tests import factories

# By the team's name; none of them is part of a page's own words.
WORDS = {"Aurora": "qxaurora", "Borealis": "qxborealis"}
_OF_TEAM = {
    Team: "pk",
    Membership: "team",
    Invitation: "team",
    ApiToken: "team",
    CredentialReplacement: "credential__team",
    ProviderAccount: "team",
    Credential: "team",
    Voice: "account__team",
    VoiceLabel: "voice__account__team",
    PreviewClip: "voice__account__team",
    SyncRun: "account__team",
    VoiceSettings: "voice__account__team",
    VoiceUsage: "voice__account__team",
    Sample: "team",
    SampleReport: "sample__team",
    SynthesizedClip: "voice__account__team",
    Synthesis: "team",
    Comparison: "team",
    ComparedVoice: "comparison__team",
    Vote: "comparison__team",
    CloneJob: "team",
    CloneBatch: "team",
    CloneSource: "batch__team",
    Speaker: "team",
    Consent: "speaker__team",
    ConsentRequest: "team",
    Withdrawal: "team",
    Erasure: "withdrawal__team",
    Notification: "team",
    Charge: "team",
    CleanupPlan: "team",
    CleanupRules: "team",
    Keep: "voice__account__team",
    Protection: "voice__account__team",
    PlannedDeletion: "plan__team",
    Evacuation: "team",
    EvacuationLine: "evacuation__team",
    EvacuationChange: "line__evacuation__team",
    EndHook: "account__team",
    HookDelivery: "hook__account__team",
    EndNotice: "team",
    EndReminder: "voice__account__team",
    Star: "voice__account__team",
    VoiceEmbedding: "voice__account__team",
    SoundQuery: "team",
    Rating: "voice__account__team",
    Tag: "team",
    TagUse: "voice__account__team",
    Note: "voice__account__team",
    Collection: "team",
    CollectionEntry: "collection__team",
    SavedSearch: "team",
    Selection: "team",
    Share: "team",
    TwinPair: "team",
    BundleImport: "team",
    BundledClone: "batch__team",
    BundledVoice: "collection__team",
    ShareVote: "share__team",
    User: "memberships__team",
}


def _make_sample(admin: User, team: Team, sound: bytes, word: str) -> Sample:
    sample = factories.make_sample(admin, team, sound)
    Sample.objects.filter(pk=sample.pk).update(filename=word)
    SampleReport.objects.create(sample=sample, asked_at=factories.NOW, problem=word, words=word)
    return sample


def _make_leaver(team: Team, word: str, voice: Voice) -> User:
    """Give the team a person who has done something."""
    leaver = factories.make_user(f"Kim of {word}", team)
    record(leaver, "voice starred", voice, team=team, now=factories.NOW)
    return leaver


def furnish(
    team: Team, admin: User, account: ProviderAccount, credential: Credential, sound: bytes
) -> SimpleNamespace:
    """Give the team a voice with a clip, a job, a plan and a sync run, all with its word."""
    word = WORDS[team.name]
    Credential.objects.filter(pk=credential.pk).update(nickname=word, problem=word)
    ProviderAccount.objects.filter(pk=account.pk).update(label=word, sync_error=word)
    voice = factories.make_clone(
        account,
        f"{word} voice",
        description=word,
        accent=word,
        use_cases=(word,),
        raw_labels={"gender": word},
        details={"note": word},
        problem=word,
        preview_url="https://cdn.example.com/a.mp3",
    )
    path, size, _ = store_media("previews", [sound], "wav")
    PreviewClip.objects.create(
        voice=voice,
        source=preview_source(voice),
        path=path,
        content_type="audio/wav",
        size=size,
        fetched_at=factories.NOW,
    )
    sample = _make_sample(admin, team, sound, word)
    job = factories.make_job(admin, credential, name=word, message=word, voice=voice)
    _describe_batch(job.batch, sample, word)
    notice = factories.make_notice(admin, team, word, job=job)
    clip = factories.make_spoken_clip(voice, sound, word)
    speech = factories.make_speech(admin, voice, word, message=word, state="done", clip=clip)
    comparison = factories.make_comparison(admin, [voice], word, votes_wanted=9)
    comparison.entries.update(speech=speech)
    Vote.objects.create(
        comparison=comparison,
        entry=comparison.entries.get(),
        user=admin,
        voted_at=factories.NOW,
    )
    plan = factories.make_plan(admin, team, [])
    note = factories.make_note(admin, voice, word)
    tag = factories.make_tag(team, word, voice)
    collection = factories.make_collection(admin, team, voice, name=word, is_shared=True)
    search = factories.make_search(admin, team, name=word, is_shared=True)
    selection = factories.make_selection(admin, team, voice)
    sound_query = factories.make_sound_query(admin, team, filename=word)
    factories.make_embedding(voice)
    line = _plan_deletion(plan, voice, credential, admin, word)
    VoiceSettings.objects.create(
        voice=voice,
        state="failed",
        values={"speed": 1.0},
        read_at=factories.NOW,
        message=word,
        asked_by=admin,
        asked_at=factories.NOW,
        not_before=factories.NOW,
    )
    leaver = _make_leaver(team, word, voice)
    invitation = factories.make_invitation(admin, team, label=word)
    factories.make_replacement(credential, f"key of {word}", state="other", label=word)
    SyncRun.objects.create(account=account, started_at=factories.NOW, error=word)
    return SimpleNamespace(
        team=team.name,
        word=word,
        email=admin.email,
        voice=voice,
        clone=factories.make_clone(account, f"{word} clone"),
        job=job,
        batch=job.batch,
        sample=sample,
        credential=credential,
        account=account,
        speech=speech,
        comparison=comparison,
        place=SimpleNamespace(pk=0),
        plan=plan,
        line=line,
        evacuation=factories.make_evacuation(admin, team, voice, words=word),
        end_hook=factories.make_end_hook(account, word),
        end_notice=factories.make_end_notice(account, note=word, voice=voice),
        home=team,
        session=factories.make_session(admin, word),
        member=Membership.objects.get(user=leaver),
        new_owner=Membership.objects.get(user=admin, team=team),
        person=leaver,
        admin=admin,
        invitation=invitation,
        password_link=factories.make_password_link(admin, leaver, token=word),
        api_token=factories.make_token(admin, team, name=word)[0],
        note=note,
        tag=tag,
        collection=collection,
        speaker=job.batch.speaker,
        consent=job.batch.consent,
        consent_request=_ask_consent(admin, team, job.batch, word),
        notice=notice,
        charge=factories.make_charge(admin, voice, voice_name=word, state="unclear"),
        **_withdraw(job.batch.speaker, voice, admin, word),
        entry=collection.entries.get(),
        search=search,
        share=_share(collection, voice, word),
        pair=_pair_up(voice, word),
        bundle=_bring(job.batch, admin, word),
        bundled=BundledVoice.objects.create(
            collection=collection,
            position=2,
            facts={"name": word, "description": word},
            batch=job.batch,
        ),
        selection=selection,
        sound_query=sound_query,
    )


def _bring(batch: CloneBatch, admin: User, word: str) -> BundleImport:
    BundledClone.objects.create(batch=batch, provider="elevenlabs", name=word)
    summary = {"speaker": word, "samples": [], "consents": [], "clones": []}
    values = {"filename": word, "size": 1, "path": "bundles/00/no.zip", "summary": summary}
    return BundleImport.objects.create(
        team=batch.team, user=admin, uploaded_at=factories.NOW, **values
    )


def _pair_up(voice: Voice, word: str) -> TwinPair:
    second = factories.make_clone(voice.account, f"{word} twin")
    values = {"first": voice, "second": second, "has_same_id": True}
    return TwinPair.objects.create(team=voice.account.team, found_at=factories.NOW, **values)


def _share(collection: Collection, voice: Voice, word: str) -> Share:
    share = factories.make_share(collection.owner, collection, label=word)
    ShareVote.objects.create(
        share=share, voice=voice, browser=word, name=word, voted_at=factories.NOW
    )
    return share


def _plan_deletion(
    plan: CleanupPlan, voice: Voice, credential: Credential, admin: User, word: str
) -> PlannedDeletion:
    """Give a plan a line with the word, and the team what a cleanup looks at besides."""
    factories.protect(voice, admin, reason=word)
    factories.keep(voice, admin)
    factories.make_rules(plan.team)
    factories.make_use(voice, played_at=factories.NOW)
    reasons = [{"rule": "failed", "label": word, "words": word}]
    values = {"credential": credential, "responsible": admin, "message": word}
    return factories.make_line(plan, voice, reasons=reasons, uses=[word], **values)


def _ask_consent(admin: User, team: Team, batch: CloneBatch, word: str) -> ConsentRequest:
    values = {"phrase": word, "use_note": word, "problem": word, "speaker": batch.speaker}
    return factories.make_consent_request(admin, team, token=word, **values)


def _withdraw(speaker: Speaker, voice: Voice, admin: User, word: str) -> dict[str, Any]:
    """Give the speaker a withdrawal that waits, with a report of an earlier time."""
    report = f'{{"word": "{word}"}}'
    withdrawal = factories.make_withdrawal(admin, speaker, reason=word, report=report)
    erasure = factories.make_erasure(withdrawal, voice, message=word, promise=word)
    return {"withdrawal": withdrawal, "erasure": erasure}


def _describe_batch(batch: CloneBatch, sample: Sample, word: str) -> None:
    """Put the word wherever a batch, its speaker and its consent have words."""
    batch.sources.update(sample=sample)
    Speaker.objects.filter(pk=batch.speaker_id).update(name=word)
    proof, _, _ = store_media("consents", [b"%PDF-"], "pdf")
    Consent.objects.filter(pk=batch.consent_id).update(
        given_by=word,
        use_note=word,
        proof_path=proof,
        proof_filename=word,
        proof_type="application/pdf",
    )


def rows_of(team: Team) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row that belongs to the team."""
    with connection.cursor() as cursor:
        rows = {}
        for name, (query, values) in _tables_of(team.pk).items():
            cursor.execute(query, values)
            rows[name] = cursor.fetchall()
    return rows


@functools.cache
def _tables_of(team_id: int) -> dict[str, tuple[str, tuple[Any, ...]]]:
    # Written out once, as below.
    return {
        model.__name__: model._default_manager.filter(**{path: team_id})
        .order_by("pk")
        .distinct()
        .query.sql_with_params()
        for model, path in _OF_TEAM.items()
    }


def all_rows(*left_out: type[models.Model]) -> dict[str, list[tuple[Any, ...]]]:
    """Return every row of the database but those of the models left out."""
    with connection.cursor() as cursor:
        rows = {}
        for model, query in _every_table().items():
            if model not in left_out:
                cursor.execute(query)
                rows[model._meta.label] = cursor.fetchall()
    return rows


@functools.cache
def _every_table() -> dict[type[models.Model], str]:
    # Written out once: this is asked for some hundred times, and building a query takes longest.
    return {model: str(model._base_manager.order_by("pk").query) for model in apps.get_models()}
