"""Keep what is known of the use of voices."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from catalog.crypto import CannotOpen
from catalog.jobs.leases import Clock
from catalog.models import Credential, ProviderAccount, Selection, Voice
from catalog.models.uses import VoiceUse, note_uses
from catalog.providers.errors import ProviderError
from catalog.providers.registry import all_infos
from catalog.providers.session import open_provider
from catalog.providers.uses import RemoteUse, UseTeller

logger = logging.getLogger(__name__)

_EVERY = timedelta(hours=12)
_AGAIN = timedelta(hours=1)
# What was generated while the last reading ran is read again.
_OVERLAP = timedelta(hours=1)


def note_export(selection_id: int, now: datetime) -> None:
    """Note that the voices of a selection were taken along in a file."""
    for selection in Selection.objects.filter(pk=selection_id):
        rows = Voice.objects.filter(pk__in=selection.voice_ids, account__team=selection.team_id)
        note_uses(rows.values_list("pk", flat=True), VoiceUse.Kind.EXPORT, now)


def find_due_histories(now: datetime) -> list[int]:
    """Return the accounts whose provider's history of use is to be read, each asked for once."""
    slugs = [info.slug for info in all_infos() if info.tells_uses]
    due = ProviderAccount.objects.filter(provider__in=slugs).filter(
        Q(uses_due_at=None) | Q(uses_due_at__lte=now)
    )
    ids = list(
        due.filter(credentials__in=Credential.objects.working())
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()[:100]
    )
    ProviderAccount.objects.filter(pk__in=ids).update(uses_due_at=now + _AGAIN)
    return ids


def read_uses(account_id: int, clock: Clock) -> bool:
    """Take in what the provider tells of the use of the account's voices; False if it did not."""
    account, started = ProviderAccount.objects.get(pk=account_id), clock()
    base_url = settings.PROVIDER_BASE_URLS.get(account.provider)
    keys = Credential.objects.working().filter(account=account).order_by("created_at")
    for credential in keys if base_url else ():
        try:
            with open_provider(account.provider, credential.secrets(), base_url or "") as provider:
                if not isinstance(provider, UseTeller):
                    return False
                since = account.uses_read_at and account.uses_read_at - _OVERLAP
                newest, oldest = _sum_up(provider.uses(since))
        except (CannotOpen, ProviderError) as exc:
            logger.info("Account %s tells no uses: %s", account_id, exc)
            continue
        _keep(account, newest)
        reaches = min(filter(None, (account.uses_from, oldest, started)))
        ProviderAccount.objects.filter(pk=account_id).update(
            uses_read_at=started, uses_from=reaches, uses_due_at=started + _EVERY
        )
        return True
    return False


def _sum_up(uses: Iterable[RemoteUse]) -> tuple[dict[str, datetime], datetime | None]:
    newest: dict[str, datetime] = {}
    oldest = None
    for use in uses:
        newest[use.remote_id] = max(use.at, newest.get(use.remote_id, use.at))
        oldest = min(use.at, oldest or use.at)
    return newest, oldest


def _keep(account: ProviderAccount, newest: dict[str, datetime]) -> None:
    rows = Voice.objects.filter(account=account).values_list("remote_id", "pk")
    ids = {remote_id: pk for remote_id, pk in rows.iterator() if remote_id in newest}
    with transaction.atomic():
        known = VoiceUse.objects.filter(voice__in=ids.values())
        VoiceUse.objects.bulk_create(
            [VoiceUse(voice_id=pk) for pk in ids.values()], ignore_conflicts=True
        )
        before = dict(known.values_list("voice", "provider_used_at"))
        for remote_id, pk in ids.items():
            at = max(filter(None, (before.get(pk), newest[remote_id])))
            known.filter(voice=pk).update(provider_used_at=at)
