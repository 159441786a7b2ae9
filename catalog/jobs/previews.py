"""Store previews locally, and measure their waveforms."""

import hashlib
import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import Q

from catalog.audio.decode import PEAK_COUNT, NotDecodable, decode_sound, find_peaks
from catalog.audio.formats import FORMATS, plays_everywhere, sniff_format
from catalog.audio.tts.encoding import to_mp3
from catalog.core.crypto import CannotOpen
from catalog.core.disk_space import has_room
from catalog.core.media import has_media, read_media, remove_media, store_media
from catalog.jobs.base.leases import Clock
from catalog.jobs.base.restore_doubts import get_start
from catalog.models import Credential, PreviewClip, ProviderAccount, Voice
from catalog.models.voices.versions import raise_account_version
from catalog.providers.errors import CredentialRejected, ProviderError, TryLater
from catalog.providers.session import open_provider
from catalog.providers.types import AudioClip
from catalog.queries.speakers import find_voice_obstacle, find_withdrawn_voices

logger = logging.getLogger(__name__)

# Small batches, so that clones someone is waiting for come in between.
_WARMED_AT_ONCE = 12
# How many missing previews are looked at for some that didn't fail lately.
_LOOKED_AT = 500
# Seconds: until a preview that failed is fetched again, until an account's previews are gone
# through again, and how long someone's wish to have them all now holds.
_FAILED_LASTS, _RESTS, _WISH_LASTS = 6 * 3600, 900, 3600
# So that previews in the background take little from what people wait for.
_PAUSE_SLOWLY, _CHAIN_LASTS = 45, 120
# Generating a preview is slow, and people who pressed Play wait behind it.
_SPOKEN_AT_ONCE = 1
_PROBLEM_LASTS = 30  # seconds; a request after that makes the worker try again
_LONGEST_FETCH_SECONDS = 30  # for one preview, all calls included
_LONGEST_PREVIEW_SECONDS = 600
# The source of a clip that we generated because the provider has no preview.
GENERATED = "generated"


class NotSound(Exception):
    """The provider sent something that is not audio in a known format."""


def preview_source(voice: Voice) -> str:
    """Return what the clip was made from, so that a changed preview is fetched again."""
    if voice.is_preview_generated:
        return GENERATED
    return hashlib.sha256(f"{voice.preview_url}|{voice.preview_sample_id}".encode()).hexdigest()


def keep_clip(voice: Voice, sound: AudioClip, source: str, now: datetime) -> PreviewClip:
    """Store the audio as the voice's clip; raises NotSound."""
    found = sniff_format(sound.content)
    if found is None:
        raise NotSound(f"{voice.info.label} sent something that isn't audio.")
    path, size, _ = store_media("previews", [sound.content], found.slug)
    values = {
        "source": source,
        "path": path,
        "content_type": found.content_type,
        "size": size,
        "is_playable": plays_everywhere(sound.content, found) or None,
        "seconds": None,
        "peaks": [],
        "fetched_at": now,
    }
    try:
        with transaction.atomic():
            old = PreviewClip.objects.select_for_update(no_key=True).filter(voice=voice).first()
            clip, _ = PreviewClip.objects.update_or_create(voice=voice, defaults=values)
            raise_account_version(voice.account_id)
    except BaseException:
        remove_media(path)
        raise
    if old is not None:
        remove_media(old.path)
    return clip


def measure_clip(clip_id: int) -> None:
    """Measure the clip's length and waveform; a clip that can't be decoded keeps none.

    A clip that not every browser can play is replaced with an MP3.
    """
    clip = PreviewClip.objects.filter(pk=clip_id).select_related("voice").first()
    if clip is None or (clip.seconds is not None and clip.is_playable is not None):
        return
    found = next(each for each in FORMATS.values() if each.content_type == clip.content_type)
    try:
        content = read_media(clip.path)
        sound = decode_sound(content, found, max_seconds=_LONGEST_PREVIEW_SECONDS)
        peaks = find_peaks(sound, PEAK_COUNT)
    except (OSError, NotDecodable):
        logger.warning("Preview clip %s could not be measured", clip.pk)
        PreviewClip.objects.filter(pk=clip.pk, path=clip.path).update(is_playable=True)
        return
    values = {"seconds": round(sound.seconds, 2), "peaks": peaks, "is_playable": True}
    if clip.is_playable or (sound.is_plain and sound.codec in found.played):
        _write_measures(clip, values)
        return
    path, size, _ = store_media("previews", [to_mp3(sound.wave, sound.rate)], "mp3")
    kind = FORMATS["mp3"].content_type
    is_same = _write_measures(clip, {"path": path, "size": size, "content_type": kind, **values})
    remove_media(clip.path if is_same else path)


@transaction.atomic
def _write_measures(clip: PreviewClip, values: dict[str, Any]) -> bool:
    """Keep them unless another clip took its place meanwhile; tell whether none did."""
    same = PreviewClip.objects.filter(pk=clip.pk, path=clip.path)
    is_same = bool(same.update(**values))
    raise_account_version(clip.voice.account_id)
    return is_same


def find_unwarmed(_: datetime) -> list[int]:
    """Return the accounts whose missing previews a worker should go on with."""
    accounts = Credential.objects.working().exclude(account=None).values_list("account", flat=True)
    resting = cache.get_many([_rest_key(pk) for pk in set(accounts)])
    return sorted(pk for pk in set(accounts) if _rest_key(pk) not in resting)


def want_previews(account_id: int) -> None:
    """Have the account's previews fetched without pauses for a while."""
    cache.set(f"previews-wanted:{account_id}", True, _WISH_LASTS)


def are_previews_wanted(account_ids: Iterable[int]) -> bool:
    """Return whether someone wants the previews of one of these accounts now."""
    return bool(cache.get_many([f"previews-wanted:{pk}" for pk in account_ids]))


def warm_previews(account_id: int, clock: Clock) -> bool:
    """Fetch some of the account's missing previews, newest first; return whether more remain.

    Only existing previews are fetched. Nothing is generated, so it costs nothing.
    """
    account = ProviderAccount.objects.filter(pk=account_id).first()
    # Leave the remaining disk space to essential data.
    if account is None or not has_room():
        return False
    is_wanted = are_previews_wanted([account_id])
    if not is_wanted and _is_too_early(clock()):
        return False
    most = _SPOKEN_AT_ONCE if account.info.is_built_in else _WARMED_AT_ONCE
    credential, voices = _find_lacking(account, most)
    cache.set(_rest_key(account_id), True, _CHAIN_LASTS if credential else _RESTS)
    if credential is None:
        return False
    kept = _warm_voices(account, credential, voices, clock)
    if not kept:
        cache.set(_rest_key(account_id), True, _RESTS)
    is_slow = settings.WARMS_SLOWLY and not account.info.is_built_in
    if kept and is_slow and not is_wanted:
        cache.set(_rest_key(account_id), True, _PAUSE_SLOWLY)
        return False
    # Some previews are unavailable. Continue as long as others could be fetched.
    return kept > 0 and len(voices) == most


def _warm_voices(
    account: ProviderAccount, credential: Credential, voices: list[Voice], clock: Clock
) -> int:
    """Fetch these previews; return how many were stored, 0 if the provider is to be left alone."""
    base_url = settings.PROVIDER_BASE_URLS[account.provider]
    kept = 0
    try:
        with open_provider(account.provider, credential.secrets(), base_url) as provider:
            for voice in voices:
                try:
                    sound = provider.preview(
                        voice.remote_id, voice.preview_url, voice.preview_sample_id
                    )
                    measure_clip(keep_clip(voice, sound, preview_source(voice), clock()).pk)
                    kept += 1
                except (TryLater, CredentialRejected):
                    raise
                except (ProviderError, NotSound):
                    cache.set(_failure_key(voice.pk), True, _FAILED_LASTS)
                    logger.info("No preview could be stored for voice %s", voice.pk)
    except (ProviderError, CannotOpen):
        logger.info("Stopped fetching previews of account %s", account.pk)
        return 0
    return kept


def _rest_key(account_id: int) -> str:
    return f"previews-rest:{account_id}"


def _failure_key(voice_id: int) -> str:
    return f"preview-failed:{voice_id}"


def _is_too_early(now: datetime) -> bool:
    """Return whether the demo has just started: those of the first page are fetched first."""
    started = get_start()
    return started is not None and now < started + timedelta(seconds=settings.WARMS_AFTER_SECONDS)


def _find_lacking(account: ProviderAccount, most: int) -> tuple[Credential | None, list[Voice]]:
    """Return a key and voices that it lists and that have no clip yet."""
    rows = Voice.objects.present().filter(account=account, clip=None)
    lacking = rows.exclude(preview_url="", preview_sample_id="")
    if withdrawn := find_withdrawn_voices(account.pk):
        lacking = lacking.exclude(pk__in=withdrawn)
    for credential in Credential.objects.working().filter(account=account):
        listed = Q(key_set=None) | Q(key_set__entries__credential=credential)
        found = lacking.filter(listed).order_by("-added_at", "sort_name", "pk")
        pks = list(found.values_list("pk", flat=True)[:_LOOKED_AT])
        failed = cache.get_many([_failure_key(pk) for pk in pks])
        wanted = [pk for pk in pks if _failure_key(pk) not in failed][:most]
        if wanted:
            voices = rows.in_bulk(wanted)
            return credential, [voices[pk] for pk in wanted if pk in voices]
    return None, []


def find_preview_problem(voice: Voice) -> str:
    """Return why this preview could not be fetched a moment ago, "" if it could."""
    return str(cache.get(_problem_key(voice), ""))


def fetch_clip(voice_id: int, credential_id: str, clock: Clock) -> int | None:
    """Fetch the clip that someone is waiting for unless it exists; return the clip's id."""
    voice = Voice.objects.present().select_related("account").filter(pk=voice_id).first()
    if voice is None or not voice.can_play or voice.info.is_built_in:
        return None
    usable = Credential.objects.listing(voice).working()
    return _provide_clip(voice, usable.filter(pk=credential_id).first(), clock)


def speak_preview(voice_id: int, clock: Clock) -> int | None:
    """Generate the preview of a built-in voice unless it exists; return the clip's id.

    For other providers previews are only fetched, because generating one may cost credit.
    """
    voice = Voice.objects.present().select_related("account").filter(pk=voice_id).first()
    if voice is None or not voice.can_play or not voice.info.is_built_in:
        return None
    usable = Credential.objects.listing(voice).working()
    return _provide_clip(voice, usable.first(), clock)


def _provide_clip(voice: Voice, credential: Credential | None, clock: Clock) -> int | None:
    wanted = PreviewClip.objects.filter(voice=voice, source=preview_source(voice))
    clip = wanted.first()
    if clip is None or not has_media(clip.path):
        problem = _get_clip(voice, credential, clock)
        if problem:
            cache.set(_problem_key(voice), problem, _PROBLEM_LASTS)
            return None
    return wanted.values_list("pk", flat=True).first()


def _problem_key(voice: Voice) -> str:
    return f"preview-problem:{voice.pk}:{preview_source(voice)}"


def _get_clip(voice: Voice, credential: Credential | None, clock: Clock) -> str:
    """Get the preview from the provider and store it; return the problem, or ""."""
    if credential is None:
        return f"No working {voice.info.label} key. Check your API keys."
    if obstacle := find_voice_obstacle(voice, clock().date()):
        return obstacle
    base_url = settings.PROVIDER_BASE_URLS[voice.provider]
    try:
        with open_provider(voice.provider, credential.secrets(), base_url) as provider:
            if not voice.info.is_built_in:
                provider.answer_within(_LONGEST_FETCH_SECONDS)
            sound = provider.preview(voice.remote_id, voice.preview_url, voice.preview_sample_id)
        measure_clip(keep_clip(voice, sound, preview_source(voice), clock()).pk)
    except ProviderError as exc:
        return exc.message
    except (CannotOpen, NotSound) as exc:
        return str(exc)
    return ""
