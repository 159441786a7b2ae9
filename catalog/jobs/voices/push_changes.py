"""Push a voice's new name and labels to its provider."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet

from catalog.core.clock import database_now
from catalog.core.crypto import CannotOpen
from catalog.jobs.base.leases import Clock
from catalog.models import Credential, Voice, VoiceChange
from catalog.models.voices.versions import touch_voices
from catalog.providers.base import Provider
from catalog.providers.errors import NotYet, OutcomeUnknown, ProviderError, TryLater
from catalog.providers.session import open_provider
from catalog.search.search_text import fill_names

_MOST_TRIES = 8
_PUT_OFF = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(minutes=15)


def push_name(voice_id: int, clock: Clock = database_now) -> None:
    """Rename the voice at its provider; store the message if the provider rejects it.

    Renaming twice is harmless. Until it succeeds, the page says that the name exists only here.
    """
    push = _Push.of(voice_id, VoiceChange.Kind.NAME)
    voice = Voice.objects.select_related("account").filter(pk=voice_id).first()
    if voice is None or not voice.own_name or not voice.is_renamable_there:
        push.end()
        return
    wanted, remote_id = voice.own_name, voice.remote_id
    try:
        _change(voice, lambda provider: provider.rename(remote_id, wanted))
    except _NotDone as exc:
        rows = Voice.objects.filter(pk=voice_id, own_name=wanted)
        rows.update(rename_problem=exc.words)
        push.settle(exc, clock)
    else:
        _keep_name(voice_id, wanted)
        push.end()


def push_labels(voice_id: int, clock: Clock = database_now) -> None:
    """Push those labels that the provider stores; the others exist only here."""
    push = _Push.of(voice_id, VoiceChange.Kind.LABELS)
    voice = Voice.objects.select_related("account").filter(pk=voice_id).first()
    kept = voice.info.kept_labels if voice is not None and voice.is_renamable_there else ()
    labels = {} if voice is None else voice.own_labels
    wanted = {facet: said for facet, said in labels.items() if facet in kept}
    if voice is None or not wanted:
        push.end()
        return
    remote_id = voice.remote_id
    try:
        _change(voice, lambda provider: provider.relabel(remote_id, wanted))
    except _NotDone as exc:
        Voice.objects.filter(pk=voice_id).update(rename_problem=exc.words)
        push.settle(exc, clock)
    else:
        _hand_over(voice_id, wanted)
        push.end()


def find_due_changes(now: datetime) -> list[tuple[str, int, int]]:
    """Return kind, voice, and account of due changes, and postpone each by a minute."""
    # A due time later than any wait comes from a wrong clock.
    due = VoiceChange.objects.filter(
        Q(not_before__lte=now) | Q(not_before__gt=now + 2 * _LONGEST_WAIT)
    )
    found = list(
        due.order_by("not_before").values_list("pk", "kind", "voice", "voice__account")[:100]
    )
    VoiceChange.objects.filter(pk__in=[row[0] for row in found]).update(not_before=now + _PUT_OFF)
    return [(kind, voice_id, account_id) for _, kind, voice_id, account_id in found]


class _NotDone(Exception):
    """The provider didn't take the change; ``later`` is the delay in seconds before a retry."""

    def __init__(self, words: str, *, is_passing: bool = False, later: float | None = None) -> None:
        super().__init__(words)
        self.words, self.is_passing, self.later = words[:300], is_passing, later


@dataclass(frozen=True, slots=True)
class _Push:
    """The change to push, as it was when the work began; the row is None if there was none."""

    row: VoiceChange | None

    @classmethod
    def of(cls, voice_id: int, kind: VoiceChange.Kind) -> "_Push":
        return cls(VoiceChange.objects.filter(voice=voice_id, kind=kind).first())

    def settle(self, problem: _NotDone, clock: Clock) -> None:
        """Schedule a retry, or give up after a permanent failure or too many attempts."""
        tries = self.row.attempt_count + 1 if self.row is not None else _MOST_TRIES
        if not problem.is_passing or tries >= _MOST_TRIES:
            self.end()
            return
        seconds = problem.later if problem.later is not None else 5 * 2**tries
        wait = min(_LONGEST_WAIT, timedelta(seconds=seconds))
        self._rows().update(attempt_count=tries, not_before=clock() + wait)

    def end(self) -> None:
        """Delete the row, unless the change was requested again in the meantime."""
        self._rows().delete()

    def _rows(self) -> "QuerySet[VoiceChange]":
        if self.row is None:
            return VoiceChange.objects.none()
        return VoiceChange.objects.filter(pk=self.row.pk, asked_at=self.row.asked_at)


def _change(voice: Voice, act: Callable[[Provider], None]) -> None:
    """Perform the change at the provider; raises _NotDone."""
    keys = Credential.objects.listing(voice).working()
    credential = next((key for key in keys if key.may("delete")), None)
    base_url = settings.PROVIDER_BASE_URLS.get(voice.provider)
    if credential is None or base_url is None:
        raise _NotDone("No working key has permission to change this voice.")
    try:
        with open_provider(voice.provider, credential.secrets(), base_url) as provider:
            act(provider)
    except CannotOpen:
        raise _NotDone("The key can't be decrypted. Replace it.") from None
    except (TryLater, NotYet) as exc:
        later = exc.retry_after if isinstance(exc, TryLater) else None
        raise _NotDone(exc.message, is_passing=True, later=later) from None
    except OutcomeUnknown as exc:
        # Setting the same name twice is harmless, so just retry.
        raise _NotDone(exc.message, is_passing=True) from None
    except ProviderError as exc:
        raise _NotDone(exc.message) from None


@transaction.atomic
def _keep_name(voice_id: int, wanted: str) -> None:
    voice = (
        Voice.objects.select_for_update(no_key=True).filter(pk=voice_id, own_name=wanted).first()
    )
    if voice is None:
        return  # renamed again in the meantime
    voice.name, voice.own_name, voice.rename_problem = wanted, "", ""
    fill_names(voice)
    _save(voice, "name", "own_name", "sort_name", "name_words")


@transaction.atomic
def _hand_over(voice_id: int, given: Mapping[str, str]) -> None:
    voice = Voice.objects.select_for_update(no_key=True).get(pk=voice_id)
    left = {facet: said for facet, said in voice.own_labels.items() if given.get(facet) != said}
    voice.own_labels, voice.rename_problem = left, ""
    _save(voice, "own_labels")


def _save(voice: Voice, *fields: str) -> None:
    # Cleared to make the next sync store what the provider now returns.
    voice.content_hash = voice.source_mark = ""
    voice.save(update_fields=[*fields, "rename_problem", "content_hash", "source_mark"])
    touch_voices([voice.pk])
