"""Record how voices are used, here and at their providers."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from catalog.core.crypto import CannotOpen
from catalog.jobs.base.leases import Clock, Lease, keep_alive
from catalog.jobs.charges import reconcile
from catalog.models import Charge, CloneJob, Credential, ProviderAccount, Selection, Voice
from catalog.models.usage import VoiceUsage, note_uses
from catalog.providers.errors import ProviderError
from catalog.providers.registry import all_infos
from catalog.providers.session import open_provider
from catalog.providers.usage import LONGEST_HISTORY, RemoteUse, UsageSource

logger = logging.getLogger(__name__)

_EVERY = timedelta(hours=12)
_AGAIN = timedelta(hours=1)
_PUT_OFF = timedelta(minutes=2)
# Read an overlap again, to include what was generated during the last reading.
_OVERLAP = timedelta(hours=1)
# How far our time of a call and the provider's may be apart.
_CLOCKS_APART = timedelta(minutes=5)


@transaction.atomic
def note_export(selection_id: int, now: datetime) -> None:
    """Record a use of each voice in an exported selection, once per download."""
    rows = Selection.objects.filter(pk=selection_id, unnoted_exports__gt=0)
    for selection in rows.select_for_update(no_key=True):
        voices = Voice.objects.filter(pk__in=selection.voice_ids, account__team=selection.team_id)
        ids = voices.values_list("pk", flat=True)
        note_uses(ids, VoiceUsage.Kind.EXPORT, now, selection.unnoted_exports)
        rows.update(unnoted_exports=0)


def find_unnoted_exports() -> list[int]:
    """Return selections with downloads that were not recorded yet."""
    rows = Selection.objects.filter(unnoted_exports__gt=0)
    return list(rows.order_by("pk").values_list("pk", flat=True)[:100])


def find_due_histories(now: datetime) -> list[int]:
    """Return accounts whose usage history is due, each at most once every 2 minutes."""
    slugs = [info.slug for info in all_infos() if info.tells_uses]
    due = ProviderAccount.objects.filter(provider__in=slugs).filter(
        # A due time later than any we set comes from a wrong clock.
        Q(uses_due_at=None) | Q(uses_due_at__lte=now) | Q(uses_due_at__gt=now + _EVERY)
    )
    ids = list(
        due.filter(credentials__in=Credential.objects.working())
        .order_by("pk")
        .values_list("pk", flat=True)
        .distinct()[:100]
    )
    ProviderAccount.objects.filter(pk__in=ids).update(uses_due_at=now + _PUT_OFF)
    return ids


def read_uses(account_id: int, clock: Clock) -> bool:
    """Store the provider's usage history of the account's voices; return whether it worked."""
    # Reading twice is harmless, so no fence is needed: only the due time moves on meanwhile.
    held_by = {"until": "uses_due_at", "fence_name": "pk"}
    lease = Lease(ProviderAccount, str(account_id), account_id, clock, **held_by)
    account, started = ProviderAccount.objects.get(pk=account_id), clock()
    values: dict[str, Any] = {"uses_due_at": started + _AGAIN}
    try:
        with keep_alive(lease):
            values |= _read_uses(account, started)
    finally:
        lease.write(**values)
    return len(values) > 1


def _read_uses(account: ProviderAccount, started: datetime) -> dict[str, Any]:
    """Read with the first key that works; return the account's new values, {} without one."""
    base_url = settings.PROVIDER_BASE_URLS.get(account.provider)
    keys = Credential.objects.working().filter(account=account).order_by("created_at")
    for credential in keys if base_url else ():
        try:
            with open_provider(account.provider, credential.secrets(), base_url or "") as provider:
                if not isinstance(provider, UsageSource):
                    return {}
                since = account.uses_read_at and account.uses_read_at - _OVERLAP
                uses = list(provider.uses(since))
        except (CannotOpen, ProviderError) as exc:
            logger.info("Account %s reports no usage: %s", account.pk, exc)
            continue
        oldest = min((use.at for use in uses), default=None)
        _keep(account, _find_newest(_drop_first_speeches(account, uses)))
        reconcile(account, uses, oldest if len(uses) >= LONGEST_HISTORY else since, started)
        reaches = min(filter(None, (account.uses_from, oldest, started)))
        return {"uses_read_at": started, "uses_from": reaches, "uses_due_at": started + _EVERY}
    return {}


def _drop_first_speeches(account: ProviderAccount, uses: list[RemoteUse]) -> list[RemoteUse]:
    """Leave out the sentence that each new clone speaks by itself, which is no use by anyone."""
    spoken = CloneJob.objects.filter(account=account).exclude(first_speech=None)
    charges = Charge.objects.filter(account=account, work__in=spoken.values("first_speech"))
    said_at = dict(charges.values_list("remote_id", "charged_at"))
    first = {use.remote_id: use for use in sorted(uses, key=attrgetter("at"), reverse=True)}
    own = {
        id(use)
        for remote_id, use in first.items()
        if remote_id in said_at and abs(use.at - said_at[remote_id]) <= _CLOCKS_APART
    }
    return [use for use in uses if id(use) not in own]


def _find_newest(uses: Iterable[RemoteUse]) -> dict[str, datetime]:
    newest: dict[str, datetime] = {}
    for use in uses:
        newest[use.remote_id] = max(use.at, newest.get(use.remote_id, use.at))
    return newest


def _keep(account: ProviderAccount, newest: dict[str, datetime]) -> None:
    rows = Voice.objects.filter(account=account).values_list("remote_id", "pk")
    ids = {remote_id: pk for remote_id, pk in rows.iterator() if remote_id in newest}
    with transaction.atomic():
        known = VoiceUsage.objects.filter(voice__in=ids.values())
        VoiceUsage.objects.bulk_create(
            [VoiceUsage(voice_id=pk) for pk in ids.values()], ignore_conflicts=True
        )
        before = dict(known.values_list("voice", "provider_used_at"))
        for remote_id, pk in ids.items():
            at = max(filter(None, (before.get(pk), newest[remote_id])))
            known.filter(voice=pk).update(provider_used_at=at)
