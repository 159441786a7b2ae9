"""Set up the webhook by which a provider announces the end of an account's voices."""

from collections.abc import Mapping
from datetime import datetime
from secrets import token_hex
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog.audit import record
from catalog.jobs.evacuations.hooks import take_delivery
from catalog.jobs.syncs.run import bring_forward
from catalog.models import EndHook, ProviderAccount, User
from catalog.policies.evacuations import may_announce_end
from catalog.tasks import enqueue_badges, enqueue_sync


@sensitive_variables()
@transaction.atomic
def change_hook(user: User, *, account: ProviderAccount, secret: str, now: datetime) -> EndHook:
    """Store the signing secret of the account's webhook; its address stays the same.

    Without a secret, the provider's isn't known yet: no delivery is accepted until it is stored.
    """
    if not may_announce_end(user, account.team) or not account.info.sends_notices:
        raise PermissionDenied
    rows = EndHook.objects.select_for_update(no_key=True).filter(account=account)
    hook = rows.first() or EndHook(account=account)
    hook.made_by, hook.made_at = user, now
    hook.seal_secret(secret or token_hex(32))
    hook.save()
    record(user, "webhook secret changed", hook, team=account.team, now=now)
    return hook


@transaction.atomic
def remove_hook(user: User, *, hook: EndHook, now: datetime) -> None:
    """Remove the webhook; deliveries to its address are refused from then on."""
    team = hook.account.team
    if not may_announce_end(user, team):
        raise PermissionDenied
    record(user, "webhook removed", hook, team=team, now=now)
    EndHook.objects.filter(pk=hook.pk).delete()


def receive_notices(
    *, hook_id: UUID, headers: Mapping[str, str], body: bytes, now: datetime
) -> None:
    """Take one delivery, and have the account synced, whose list is what counts.

    Raises NoticeRejected.
    """
    account_id = take_delivery(hook_id, headers, body, now)
    bring_forward(account_id, now)
    enqueue_badges(account_id)
    enqueue_sync(account_id)
