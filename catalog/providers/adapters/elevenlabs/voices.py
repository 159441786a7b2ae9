"""Parses ElevenLabs voices.

The fields: https://elevenlabs.io/docs/api-reference/voices/get
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from catalog.providers.adapters.elevenlabs.training import judge_training
from catalog.providers.adapters.elevenlabs.voice_settings import settings_of
from catalog.providers.labels import (
    accent_word,
    age_word,
    facet_word,
    gender_word,
    language_tag,
    language_tags,
    use_case_words,
)
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.types import Kind, RemoteSample, RemoteVoice

_LONGEST_ID = 200
_LONGEST_NAME = 300
_LONGEST_DESCRIPTION = 5000
_LONGEST_URL = 2048
_KINDS = {
    "premade": Kind.LIBRARY,
    "cloned": Kind.CLONE,
    "generated": Kind.DESIGNED,
    "professional": Kind.PROFESSIONAL,
    "famous": Kind.COMMUNITY,
    "high_quality": Kind.COMMUNITY,
}
_MADE_HERE = {Kind.CLONE, Kind.DESIGNED, Kind.PROFESSIONAL}
# Older voices have "use case" with a space.
_LABELS = ("gender", "age", "accent", "language", "use_case", "use case")
_COPIED = {"copied", "copied_disabled"}
# Roles in a shared workspace: admins can delete and edit a voice, editors can edit it. Commenters
# and viewers can do neither.
# https://elevenlabs.io/docs/product-guides/administration/workspaces/sharing-resources
_DELETES, _EDITS = {"owner", "admin"}, {"owner", "admin", "editor"}


def voice_id(item: Any) -> str:
    """Return the id of a listed voice, "" if it has no usable one."""
    return LenientJson(item).exact("voice_id", _LONGEST_ID)


def read_voice(item: dict[str, Any]) -> RemoteVoice:
    """Parse a voice; ``problem`` names the fields that couldn't be read."""
    voice = LenientJson(item)
    labels = voice.object("labels")
    remote_id = voice.exact("voice_id", _LONGEST_ID)
    category = voice.line("category", 40).lower()
    sharing = voice.object("sharing")
    raw = _read_raw(labels, category)
    # For the user's own voice this is when it leaves the library, not the account.
    is_copied = sharing.line("status", 40) in _COPIED
    ends_at = sharing.moment("disable_at_unix", may_come=True) if is_copied else None
    kind = _judge_kind(category, sharing)
    is_owner, role = voice.flag("is_owner") is True, voice.line("permission_on_resource", 80)
    # A voice saved from the library belongs to its creator, regardless of one's role on the copy.
    role = "" if kind not in _MADE_HERE else role.lower()
    state, state_note = judge_training(voice, is_professional=kind is Kind.PROFESSIONAL)
    return RemoteVoice(
        remote_id=remote_id,
        name=voice.line("name", _LONGEST_NAME, may_be_cut=True) or remote_id,
        description=voice.text("description", _LONGEST_DESCRIPTION),
        kind=kind,
        gender=gender_word(raw.get("gender", "")),
        age=age_word(raw.get("age", "")),
        accent=accent_word(raw.get("accent", "")),
        languages=_read_languages(voice, raw.get("language", "")),
        use_cases=use_case_words(raw.get("use_case", "")),
        raw=raw,
        preview_url=voice.exact("preview_url", _LONGEST_URL),
        samples=tuple(_read_samples(voice)),
        state=state,
        state_note=state_note,
        is_owned=is_owner or role in _DELETES,
        is_editable=is_owner or role in _EDITS,
        created_at=voice.moment("created_at_unix"),
        is_verified=voice.object("voice_verification").flag("is_verified") is True,
        plan_note=_read_plan(voice, sharing),
        ends_at=ends_at,
        end_note=_read_end(sharing, ends_at),
        details=_read_details(voice, labels, sharing),
        # Must come last, after all fields were read.
        problem=_name_faults(voice.faults),
    )


def _read_raw(labels: LenientJson, category: str) -> dict[str, str]:
    raw = {"kind": category} if category else {}
    named = labels.words()
    # Documented label names win over synonyms.
    for name in sorted(named, key=lambda name: name not in _LABELS):
        facet = facet_word(name)
        if facet and named[name]:
            raw.setdefault(facet, named[name])
    return raw


def _name_faults(faults: list[str]) -> str:
    return f"{', '.join(faults)[:240]}." if faults else ""


def _judge_kind(category: str, sharing: LenientJson) -> Kind:
    # A copy from the library keeps the category it has for its creator.
    if sharing.line("status", 40) in _COPIED:
        return Kind.COMMUNITY
    return _KINDS.get(category, Kind.UNKNOWN)


def _read_languages(voice: LenientJson, label: str) -> tuple[str, ...]:
    tags = list(language_tags(label))
    for verified in voice.objects("verified_languages"):
        locale = language_tag(verified.line("locale", 60))
        tags.append(locale or language_tag(verified.line("language", 60)))
    tags.append(language_tag(voice.object("fine_tuning").line("language", 60)))
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _read_samples(voice: LenientJson) -> Iterator[RemoteSample]:
    for sample in voice.objects("samples"):
        sample_id = sample.exact("sample_id", _LONGEST_ID)
        if not sample_id:
            continue
        yield RemoteSample(
            remote_id=sample_id,
            filename=sample.line("file_name", 200),
            content_type=sample.line("mime_type", 80),
            size=sample.count("size_bytes"),
            sha=sample.line("hash", 128),
            seconds=sample.number("duration_secs"),
        )


def _read_plan(voice: LenientJson, sharing: LenientJson) -> str:
    tiers = voice.lines("available_for_tiers")
    if tiers and "free" not in tiers:
        return f"one of these plans: {', '.join(tiers)}"[:120]
    return "a paid plan" if sharing.flag("free_users_allowed") is False else ""


def _read_end(sharing: LenientJson, ends_at: datetime | None) -> str:
    if sharing.line("status", 40) == "copied_disabled":
        return "its owner removed it from the library."
    return "its owner is removing it from the library." if ends_at else ""


def _read_details(voice: LenientJson, labels: LenientJson, sharing: LenientJson) -> dict[str, Any]:
    """Return what only the voice's page shows; excludes other people's email addresses."""
    return drop_empty(
        {
            "tone": labels.line("description") or labels.line("descriptive"),
            "labels": labels.words(),
            "verified_languages": [
                drop_empty(
                    {
                        "language": language.line("language", 60),
                        "locale": language.line("locale", 60),
                        "accent": language.line("accent", 80),
                        "model": language.line("model_id", 80),
                        "preview_url": language.exact("preview_url", _LONGEST_URL),
                    }
                )
                for language in voice.objects("verified_languages")
            ],
            "models": voice.lines("high_quality_base_model_ids"),
            "tiers": voice.lines("available_for_tiers"),
            "settings": settings_of(voice.object("settings")),
            "samples": [
                drop_empty(
                    {
                        "id": sample.remote_id,
                        "filename": sample.filename,
                        "content_type": sample.content_type,
                        "size": sample.size,
                        "hash": sample.sha,
                        "seconds": sample.seconds,
                    }
                )
                for sample in _read_samples(voice)
            ],
            "fine_tuning": _read_training(voice.object("fine_tuning")),
            "verification": _read_verification(voice.object("voice_verification")),
            "sharing": _read_sharing(sharing),
            "safety_control": voice.line("safety_control", 80),
            "permission": voice.line("permission_on_resource", 80),
            "is_legacy": voice.flag("is_legacy") or None,
            "is_mixed": voice.flag("is_mixed") or None,
        }
    )


def _read_training(training: LenientJson) -> dict[str, Any]:
    return drop_empty(
        {
            "state": training.plain("state"),
            "progress": training.plain("progress"),
            "message": training.plain("message"),
            "language": training.line("language", 60),
            "failures": training.lines("verification_failures"),
            "attempts": training.count("verification_attempts_count"),
            "most_attempts": training.count("max_verification_attempts"),
            "attempts_again_at": _as_text(
                training.moment("next_max_verification_attempts_reset_unix_ms", may_come=True)
            ),
            "manual_verification_requested": training.flag("manual_verification_requested"),
            "may_be_trained": training.flag("is_allowed_to_fine_tune"),
            "dataset_seconds": training.number("dataset_duration_seconds"),
        }
    )


def _read_verification(verification: LenientJson) -> dict[str, Any]:
    return drop_empty(
        {
            "required": verification.flag("requires_verification"),
            "verified": verification.flag("is_verified"),
            "failures": verification.lines("verification_failures"),
            "attempts": verification.count("verification_attempts_count"),
            "language": verification.line("language", 60),
        }
    )


def _read_sharing(sharing: LenientJson) -> dict[str, Any]:
    return drop_empty(
        {
            "status": sharing.line("status", 40),
            "since": _as_text(sharing.moment("date_unix")),
            "review": sharing.line("review_status", 40),
            "review_message": sharing.line("review_message"),
            "ban_reason": sharing.line("ban_reason"),
            "in_library": sharing.flag("enabled_in_library"),
            "featured": sharing.flag("featured"),
            "free_users_allowed": sharing.flag("free_users_allowed"),
            "live_moderation": sharing.flag("live_moderation_enabled"),
            "rate": sharing.number("rate"),
            "liked_by": sharing.count("liked_by_count"),
            "cloned_by": sharing.count("cloned_by_count"),
            "public_owner_id": sharing.line("public_owner_id", _LONGEST_ID),
            "original_voice_id": sharing.line("original_voice_id", _LONGEST_ID),
            "notice_days": sharing.count("notice_period"),
            "disabled_at": _as_text(sharing.moment("disable_at_unix", may_come=True)),
        }
    )


def _as_text(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""
