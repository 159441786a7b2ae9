"""Maintain voice badges, which depend on the voice, the date, and the keys."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from catalog.jobs.base.bulk_insert import insert_all
from catalog.models import CloneJob, Credential, EndNotice, Voice, VoiceLabel
from catalog.models.voices.versions import touch_voices
from catalog.models.voices.voices import VoiceQuerySet

_SOON = timedelta(days=60)
_BATCH = 500

Badge = Voice.Badge


def list_badges(row: Voice, now: datetime) -> list[str]:
    """Return the badges that follow from the provider's data."""
    holds = {
        Badge.CLONE: row.is_owned and row.kind in Voice.OWN_KINDS,
        Badge.VERIFIED: row.is_verified,
        Badge.NEEDS_PLAN: bool(row.plan_note),
        Badge.EXPIRES: bool(row.ends_at or row.end_note),
        Badge.LEAVING: row.ends_at is not None and row.ends_at <= now + _SOON,
    }
    return [badge.value for badge, is_so in holds.items() if is_so]


def refresh_badges(now: datetime, account_id: int | None = None) -> None:
    """Update the badges that change over time, for one account or for all."""
    voices = Voice.objects.present()
    if account_id is not None:
        voices = voices.filter(account=account_id)
    keys = Credential.objects.unrefused()
    of_account = Exists(keys.filter(account=OuterRef("account")))
    listing = Exists(keys.filter(listings__key_set=OuterRef("key_set")))
    notices = EndNotice.objects.active().filter(
        Q(account=OuterRef("account")) | Q(account=None),
        Q(voice=OuterRef("pk")) | Q(voice=None),
        provider=OuterRef("provider"),
        team=OuterRef("account__team"),
        ends_on__lte=(now + _SOON).date(),
    )
    _settle_badge(voices, Badge.LEAVING, Q(ends_at__lte=now + _SOON) | Q(Exists(notices)))
    _settle_badge(
        voices,
        Badge.KEY_MISSING,
        Q(key_set=None) & ~of_account | Q(key_set__isnull=False) & ~listing,
    )
    # A clone made elsewhere: we don't know whose voice it is, or its samples.
    jobs = CloneJob.objects.filter(voice=OuterRef("pk"))
    cloned = Q(is_owned=True, kind__in=(Voice.Kind.CLONE, Voice.Kind.PROFESSIONAL))
    _settle_badge(voices, Badge.NO_SOURCE, cloned & Q(~Exists(jobs)))


def _settle_badge(voices: VoiceQuerySet, badge: Badge, condition: Q) -> None:
    labels = VoiceLabel.objects.filter(facet=VoiceLabel.Facet.BADGE, value=badge)
    wanted = voices.filter(condition)
    missing = wanted.exclude(pk__in=labels.values("voice"))
    for batch in _in_batches(missing):
        with transaction.atomic():
            # First, because a sync also locks voices before their labels.
            touch_voices(batch)
            rows = [VoiceLabel(voice_id=pk, facet="badge", value=badge.value) for pk in batch]
            insert_all(rows, "ON CONFLICT DO NOTHING")
    wrong = voices.filter(pk__in=labels.values("voice")).exclude(condition)
    for batch in _in_batches(wrong):
        with transaction.atomic():
            touch_voices(batch)
            labels.filter(voice__in=batch).delete()


def _in_batches(voices: VoiceQuerySet) -> Iterator[list[int]]:
    ids = list(voices.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), _BATCH):
        yield ids[start : start + _BATCH]
