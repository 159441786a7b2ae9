"""Plain functions that make rows; every test says what matters and takes the rest from here."""

import itertools
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils import timezone

from catalog.audio.embeddings.nearest_neighbors import ENCODER, pack_vector
from catalog.core.crypto import hash_token
from catalog.core.media import store_media
from catalog.models import (
    ApiToken,
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
    Heartbeat,
    HookDelivery,
    Installation,
    Invitation,
    Keep,
    Mail,
    Membership,
    Note,
    Notification,
    PasswordLink,
    PlannedDeletion,
    PreviewClip,
    Protection,
    ProviderAccount,
    Sample,
    SavedSearch,
    Selection,
    Share,
    SoundQuery,
    Speaker,
    Synthesis,
    SynthesizedClip,
    Tag,
    TagUse,
    Team,
    User,
    Voice,
    VoiceEmbedding,
    VoiceLabel,
    VoiceUsage,
    Withdrawal,
)
from catalog.models.syntheses import speech_recipe
from catalog.models.voices.versions import touch_voices
from catalog.search.labels import list_labels
from catalog.search.search_text import fill_words
from catalog.search.text_normalization import fold_text

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
PASSWORD = "correct horse battery"
TOTP_SECRET = "JBSWY3DPEHPK3PXP"
_numbers = itertools.count(1)


def make_user(name: str, team: Team, role: str = Membership.Role.MEMBER) -> User:
    address = f"{name.lower().replace(' ', '.')}@example.com"
    user = User.objects.create_user(address, PASSWORD, first_name=name)
    Membership.objects.create(team=team, user=user, role=role)
    return user


def make_invitation(maker: User, team: Team, *, token: str = "", **values: Any) -> Invitation:
    defaults = {
        "role": Membership.Role.MEMBER,
        "token_hash": hash_token(f"{token} of {team.pk}"),
        "made_at": NOW,
        "expires_at": timezone.now() + timedelta(days=7),
    }
    return Invitation.objects.create(team=team, made_by=maker, **{**defaults, **values})


def make_password_link(maker: User, person: User, *, token: str, **values: Any) -> PasswordLink:
    defaults = {"expires_at": timezone.now() + timedelta(days=1)}
    defaults["token_hash"] = hash_token(token)
    return PasswordLink.objects.create(user=person, made_by=maker, **{**defaults, **values})


def make_token(user: User, team: Team, *scopes: str, **values: Any) -> tuple[ApiToken, str]:
    """Return a token and its secret; with the scope to read unless others are named."""
    defaults = {"name": "Phone system", "made_at": NOW, "expires_at": NOW + timedelta(days=90)}
    token = ApiToken(team=team, user=user, scopes=list(scopes or ["read"]), **(defaults | values))
    secret = token.draw_secret()
    token.save()
    return token, secret


def make_consent_request(maker: User, team: Team, *, token: str, **values: Any) -> ConsentRequest:
    """A request for a consent in English, whose link has the token."""
    speaker = values.pop("speaker", None) or Speaker.objects.create(
        team=team, name="Ada", folded="ada", added_by=maker, added_at=NOW
    )
    defaults = {
        "language": "en",
        "phrase": f"I, {speaker.name}, allow {team} to copy my voice. Apple, castle, river, tiger, "
        "window.",
        "words": ["apple", "castle", "river", "tiger", "window"],
        "allowed_use": Consent.Use.ANY,
        "ends_on": (timezone.now() + timedelta(days=700)).date(),
        "token_hash": hash_token(token),
        "asked_at": NOW,
        "expires_at": timezone.now() + timedelta(days=7),
    }
    return ConsentRequest.objects.create(
        team=team, speaker=speaker, asked_by=maker, **{**defaults, **values}
    )


def make_session(user: User, key: str, **values: Any) -> UserSession:
    Session.objects.create(session_key=key, expire_date=timezone.now() + timedelta(days=1))
    defaults = {"ip": "192.0.2.8", "user_agent": "Mozilla/5.0 (X11; Linux) Firefox/153"}
    return UserSession.objects.create(user=user, session_key=key, **{**defaults, **values})


def make_factor(user: User) -> Authenticator:
    """Give the person a second factor, as setting one up does."""
    RecoveryCodes.activate(user)
    return TOTP.activate(user, TOTP_SECRET).instance


def make_account(team: Team, **values: Any) -> ProviderAccount:
    defaults = {
        "provider": "elevenlabs",
        "ref": f"workspace-{next(_numbers)}",
        "is_shared": True,
        "slots_used": 3,
        "slots_limit": 30,
    }
    return ProviderAccount.objects.create(team=team, **{**defaults, **values})


def make_credential(
    owner: User, account: ProviderAccount, api_key: str = "sandbox-elevenlabs-full", **values: Any
) -> Credential:
    defaults = {
        "provider": account.provider,
        "is_shared": account.is_shared,
        "health": Credential.Health.GOOD,
        "abilities": {"list": "yes", "preview": "yes", "clone": "yes", "delete": "yes"},
    }
    credential = Credential(
        team=account.team, owner=owner, account=account, **{**defaults, **values}
    )
    credential.seal_secrets(api_key)
    credential.save()
    return credential


def make_replacement(credential: Credential, api_key: str, **values: Any) -> CredentialReplacement:
    found = CredentialReplacement(credential=credential, **{"asked_at": NOW, **values})
    found.seal_secrets(api_key)
    found.save()
    return found


def make_voice(
    account: ProviderAccount,
    name: str = "Rachel",
    *,
    languages: tuple[str, ...] = ("en-US",),
    use_cases: tuple[str, ...] = ("narration",),
    **values: Any,
) -> Voice:
    defaults = {
        "provider": account.provider,
        "remote_id": f"voice{next(_numbers):06d}",
        "language": languages[0] if languages else "unknown",
        "added_at": NOW,
        "changed_at": NOW,
    }
    voice = Voice(account=account, name=name, **{**defaults, **values})
    pairs = list_labels(voice, languages, use_cases)
    fill_words(voice, pairs)
    voice.save()
    touch_voices([voice.pk])
    VoiceLabel.objects.bulk_create(
        VoiceLabel(voice=voice, facet=facet, value=value) for facet, value in pairs
    )
    return voice


def make_clone(account: ProviderAccount, name: str = "Our Ada", **values: Any) -> Voice:
    return make_voice(account, name, **{"kind": Voice.Kind.CLONE, "is_owned": True, **values})


def make_tag(team: Team, name: str, *voices: Voice) -> Tag:
    tag = Tag.objects.create(team=team, name=name, folded=fold_text(name))
    TagUse.objects.bulk_create(TagUse(tag=tag, voice=voice) for voice in voices)
    return tag


def make_note(author: User, voice: Voice, text: str = "Calm.", **values: Any) -> Note:
    return Note.objects.create(voice=voice, author=author, text=text, written_at=NOW, **values)


def make_collection(owner: User, team: Team, *voices: Voice, **values: Any) -> Collection:
    defaults = {"name": "Narrators", "created_at": NOW}
    collection = Collection.objects.create(owner=owner, team=team, **{**defaults, **values})
    CollectionEntry.objects.bulk_create(
        CollectionEntry(collection=collection, voice=voice, position=place, added_at=NOW)
        for place, voice in enumerate(voices, start=1)
    )
    return collection


def make_search(owner: User, team: Team, **values: Any) -> SavedSearch:
    defaults = {"name": "Warm", "query": "q=warm&sort=best", "saved_at": NOW}
    return SavedSearch.objects.create(owner=owner, team=team, **{**defaults, **values})


def make_selection(user: User, team: Team, *voices: Voice) -> Selection:
    ids = [voice.pk for voice in voices]
    return Selection.objects.create(user=user, team=team, voice_ids=ids, chosen_at=NOW)


def make_sample(owner: User, team: Team, content: bytes = b"RIFF", **values: Any) -> Sample:
    """Return a sample that a worker has read and that goes as it is; unread without seconds."""
    path, size, sha256 = store_media("samples", [content], "wav")
    is_plain = None if values.get("seconds", 12.5) is None else True
    defaults = {
        "path": path,
        "filename": "ada.wav",
        "audio_format": "wav",
        "size": size,
        "sha256": sha256,
        "is_playable": is_plain,
        "is_sendable": is_plain,
        "seconds": 12.5,
        "uploaded_at": NOW,
    }
    return Sample.objects.create(team=team, owner=owner, **{**defaults, **values})


def make_cleaned(original: Sample, **values: Any) -> Sample:
    """Return the sample as it stands when its noise is to be removed: without a file."""
    defaults = {"path": "", "size": 0, "filename": "ada without noise.wav", "uploaded_at": NOW}
    return Sample.objects.create(
        team=original.team,
        owner=original.owner,
        original=original,
        audio_format="wav",
        **{**defaults, **values},
    )


def make_batch(owner: User, team: Team, *samples: Sample, **values: Any) -> CloneBatch:
    speaker, _ = Speaker.objects.get_or_create(
        team=team, folded="ada", added_by=owner, defaults={"name": "Ada", "added_at": NOW}
    )
    defaults = {
        "speaker": speaker,
        "consent": Consent.objects.create(
            speaker=speaker,
            relation="permission",
            allowed_use="any",
            attested_by=owner,
            statement="Agreed.",
            attested_at=NOW,
        ),
        "form_token": uuid.uuid4(),
        "asked_at": NOW,
    }
    batch = CloneBatch.objects.create(team=team, asked_by=owner, **{**defaults, **values})
    CloneSource.objects.bulk_create(
        CloneSource(batch=batch, sample=sample, position=place)
        for place, sample in enumerate(samples or [make_sample(owner, team)], start=1)
    )
    return batch


def make_job(owner: User, credential: Credential, *samples: Sample, **values: Any) -> CloneJob:
    job_id = uuid.uuid4()
    defaults = {
        "batch": values.get("batch") or make_batch(owner, credential.team, *samples),
        "name": "Our Ada",
        "marker": f"vb1:{Installation.objects.get().code}:{job_id.hex}",
        "created_at": NOW,
    }
    return CloneJob.objects.create(
        id=job_id,
        team=credential.team,
        requested_by=owner,
        credential=credential,
        account=credential.account,
        **{**defaults, **values},
    )


def sample_of(job: CloneJob) -> Sample:
    """Return the first sample that a job is made from."""
    return job.batch.sources.select_related("sample").order_by("position")[0].sample


def make_withdrawal(user: User, speaker: Speaker, **values: Any) -> Withdrawal:
    """Return a withdrawal that waits for its approval; the speaker isn't blocked."""
    defaults = {"requested_by": user, "requested_at": NOW, "erases_at": NOW + timedelta(days=7)}
    return Withdrawal.objects.create(team=speaker.team, speaker=speaker, **(defaults | values))


def make_erasure(withdrawal: Withdrawal, voice: Voice, **values: Any) -> Erasure:
    defaults = {
        "kind": Erasure.Kind.VOICE,
        "object_key": str(voice.pk),
        "name": voice.shown_name,
        "voice": voice,
        "account": voice.account,
        "remote_id": voice.remote_id,
        "created_at": NOW,
    }
    return Erasure.objects.create(withdrawal=withdrawal, **(defaults | values))


def make_mail(user: User, kind: Mail.Kind = Mail.Kind.SECURITY, **values: Any) -> Mail:
    created_at = values.get("created_at", NOW)
    defaults: dict[str, Any] = {
        "address": user.email,
        "subject": "Your password was changed",
        "text": "Your password was changed.",
        "created_at": created_at,
        "expires_at": created_at + timedelta(days=1),
    }
    return Mail.objects.create(user=user, kind=kind, **(defaults | values))


def make_notice(
    user: User, team: Team, text: str = "Our Ada is ready.", **values: Any
) -> Notification:
    defaults = {"mood": "done", "made_at": NOW}
    return Notification.objects.create(user=user, team=team, text=text, **{**defaults, **values})


def make_speech(owner: User, voice: Voice, text: str = "Hello there.", **values: Any) -> Synthesis:
    defaults = {
        "credential": Credential.objects.filter(account=voice.account).first(),
        "recipe": speech_recipe(voice, text, values.get("settings", {})),
        "created_at": NOW,
    }
    team = voice.account.team
    return Synthesis.objects.create(
        team=team, requested_by=owner, voice=voice, text=text, **{**defaults, **values}
    )


def make_spoken_clip(
    voice: Voice, content: bytes, text: str = "Hello there.", **values: Any
) -> SynthesizedClip:
    path, size, _ = store_media("speech", [content], "wav")
    defaults = {
        "recipe": speech_recipe(voice, text, values.pop("settings", {})),
        "content_type": "audio/wav",
        "seconds": 3.0,
        "peaks": [50] * 64,
        "loudness": -20.0,
        "made_at": NOW,
    }
    return SynthesizedClip.objects.create(
        voice=voice, path=path, size=size, **{**defaults, **values}
    )


def make_charge(person: User, voice: Voice, **values: Any) -> Charge:
    defaults = {
        "work": uuid.uuid4(),
        "fence": 1,
        "provider": voice.provider,
        "voice": voice,
        "voice_name": voice.shown_name,
        "kind": "speech",
        "quantity": 100,
        "unit": "characters",
        "price": 1,
        "currency": "credits",
        "price_source": "https://example.com, read on 2026-11-21",
        "estimated": values.get("quantity", 100),
        "state": "charged",
        "charged_at": timezone.now(),
    }
    team = voice.account.team
    return Charge.objects.create(team=team, person=person, **{**defaults, **values})


def make_comparison(user: User, voices: list[Voice], text: str, **values: Any) -> Comparison:
    team = voices[0].account.team
    made = Comparison.objects.create(team=team, made_by=user, text=text, created_at=NOW, **values)
    for place, voice in enumerate(voices):
        speech = make_speech(user, voice, text)
        ComparedVoice.objects.create(comparison=made, voice=voice, place=place, speech=speech)
    return made


def make_share(user: User, target: Collection, **values: Any) -> Share:
    made = {"made_at": NOW, "ends_at": NOW + timedelta(days=14), "token_hash": f"hash {target.pk}"}
    return Share.objects.create(
        team=target.team, made_by=user, collection=target, **{**made, **values}
    )


def make_direction(*parts: float) -> np.ndarray:
    """Return a direction among voices, given by its first numbers."""
    direction = np.zeros(256, np.float32)
    direction[: len(parts)] = parts
    return direction / np.linalg.norm(direction)


def make_embedding(voice: Voice, *parts: float) -> VoiceEmbedding:
    clip = PreviewClip.objects.filter(voice=voice).first()
    return VoiceEmbedding.objects.create(
        voice=voice,
        clip_path=clip.path if clip else "",
        encoder=ENCODER,
        vector=pack_vector(make_direction(*(parts or (1,)))),
        made_at=NOW,
    )


def make_sound_query(owner: User, team: Team, **values: Any) -> SoundQuery:
    defaults = {
        "filename": "ada.wav",
        "audio_format": "wav",
        "state": SoundQuery.State.HEARD,
        "vector": pack_vector(make_direction(1)),
        "asked_at": NOW,
    }
    return SoundQuery.objects.create(owner=owner, team=team, **{**defaults, **values})


def make_plan(user: User, team: Team, voices: list[Voice], **values: Any) -> CleanupPlan:
    # Confirmed long ago, unless given: then it has begun.
    begun = {"due_at": values.get("approved_at"), "started_at": values.get("approved_at")}
    values = {"drawn_up_at": NOW, **begun, **values}
    plan = CleanupPlan.objects.create(team=team, drawn_up_by=user, **values)
    for voice in voices:
        make_line(plan, voice)
    return plan


def make_rules(team: Team, **values: Any) -> CleanupRules:
    return CleanupRules.objects.update_or_create(team=team, defaults=values)[0]


def make_use(voice: Voice, **values: Any) -> VoiceUsage:
    if at := values.get("played_at"):
        values = {"last_at": at, "play_count": 1, **values}
    return VoiceUsage.objects.create(voice=voice, **values)


def protect(voice: Voice, user: User, **values: Any) -> Protection:
    return Protection.objects.create(voice=voice, set_by=user, **{"set_at": NOW, **values})


def keep(voice: Voice, user: User, **values: Any) -> Keep:
    until = (timezone.now() + timedelta(days=90)).date()
    return Keep.objects.create(
        voice=voice, kept_by=user, **{"kept_at": NOW, "until": until, **values}
    )


def make_line(plan: CleanupPlan, voice: Voice, **values: Any) -> PlannedDeletion:
    key = Credential.objects.filter(account=voice.account).first()
    defaults = {"credential": key, "remote_id": voice.remote_id, "name": voice.name}
    return PlannedDeletion.objects.create(
        plan=plan, voice=voice, account=voice.account, created_at=NOW, **{**defaults, **values}
    )


def make_evacuation(user: User, team: Team, *voices: Voice, **values: Any) -> Evacuation:
    """Return a draft that replaces voices, with the same words in each line."""
    words = values.pop("words", "")
    plan = Evacuation.objects.create(team=team, made_by=user, created_at=NOW, **values)
    for position, voice in enumerate(voices, start=1):
        line = EvacuationLine.objects.create(
            evacuation=plan,
            position=position,
            voice=voice,
            name=words or voice.name,
            obstacle=words,
            message=words,
        )
        EvacuationChange.objects.create(line=line, kind="collection", target_pk=1)
    return plan


def make_end_hook(account: ProviderAccount, secret: str) -> EndHook:
    hook = EndHook(account=account, made_by=account.last_owner, made_at=NOW)
    hook.seal_secret(secret)
    hook.save()
    HookDelivery.objects.create(hook=hook, digest=account.ref, received_at=NOW)
    return hook


def make_end_notice(account: ProviderAccount, **values: Any) -> EndNotice:
    defaults = {"ends_on": (timezone.now() + timedelta(days=9)).date(), "announced_at": NOW}
    if voice := values.get("voice"):
        EndReminder.objects.create(voice=voice, ends_on=NOW.date(), sent_at=NOW)
    return EndNotice.objects.create(
        team=account.team, provider=account.provider, account=account, **{**defaults, **values}
    )


def make_beat(name: str, queues: str, now: datetime) -> Heartbeat:
    return Heartbeat.objects.create(name=name, queues=queues, started_at=now, seen_at=now)
