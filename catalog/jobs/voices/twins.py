"""Find the same library voice in several accounts of a team at one provider."""

import hashlib

from django.db import transaction
from django.db.models import Count, Exists, OuterRef

from catalog.jobs.base.bulk_insert import insert_all
from catalog.models import ProviderAccount, Voice, VoiceLabel
from catalog.models.voices.versions import touch_voices
from catalog.models.voices.voices import VoiceQuerySet

_BATCH = 500
_TWIN = VoiceLabel.Facet.TWIN


def refresh_twins(account_id: int | None = None) -> None:
    """Label voices that several accounts list, and unlabel the others, for one account or all.

    Own voices are left out, because what one account owns, another may only use. So are voices
    without a key: they are shown beside those that can be used.
    """
    accounts = ProviderAccount.objects.order_by().values("team", "provider")
    if account_id is not None:
        accounts = accounts.filter(pk=account_id)
    for team, provider in accounts.values_list("team", "provider").distinct():
        _refresh(Voice.objects.filter(account__team=team, account__provider=provider), provider)


def _refresh(voices: VoiceQuerySet, provider: str) -> None:
    labels = VoiceLabel.objects.filter(voice=OuterRef("pk"))
    is_labeled = Exists(labels.filter(facet=_TWIN))
    if voices.values("account").distinct().count() < 2 and not voices.filter(is_labeled).exists():
        return
    has_no_key = Exists(labels.filter(facet="badge", value=Voice.Badge.KEY_MISSING))
    usable = voices.present().filter(~has_no_key, is_owned=False).order_by()
    several = usable.values("remote_id").annotate(count=Count("pk")).filter(count__gt=1)
    twins = usable.filter(remote_id__in=several.values("remote_id"))
    missing = twins.filter(~is_labeled).order_by("pk").values_list("pk", "remote_id")
    wrong = voices.filter(is_labeled).exclude(pk__in=twins.values("pk")).order_by("pk")
    found = list(missing)
    for start in range(0, len(found), _BATCH):
        batch = found[start : start + _BATCH]
        with transaction.atomic():
            # First, because a sync also locks voices before their labels.
            touch_voices([pk for pk, _ in batch])
            rows = [
                VoiceLabel(voice_id=pk, facet=_TWIN, value=name_twin(provider, remote_id))
                for pk, remote_id in batch
            ]
            insert_all(rows, "ON CONFLICT DO NOTHING")
    ids = list(wrong.values_list("pk", flat=True))
    for start in range(0, len(ids), _BATCH):
        with transaction.atomic():
            touch_voices(ids[start : start + _BATCH])
            VoiceLabel.objects.filter(facet=_TWIN, voice__in=ids[start : start + _BATCH]).delete()


def name_twin(provider: str, remote_id: str) -> str:
    """Return the value of the label; a voice ID itself may be too long."""
    return hashlib.blake2b(f"{provider}:{remote_id}".encode(), digest_size=12).hexdigest()
