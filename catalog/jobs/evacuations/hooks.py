"""Verify and store what a provider's webhook says about the end of voices."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog.audit import record
from catalog.core.crypto import CannotOpen
from catalog.models import EndHook, EndNotice, HookDelivery, Voice
from catalog.providers.errors import NoticeRejected
from catalog.providers.registry import get_adapter
from catalog.providers.types import RemoteNotice

# Longer than an adapter accepts an old signature.
_REMEMBERED = timedelta(hours=2)


def take_delivery(hook_id: UUID, headers: Mapping[str, str], body: bytes, now: datetime) -> int:
    """Store the notices of one delivery; return the account, which is to be synced.

    Raises NoticeRejected for an unknown address, a wrong or old signature, and a replay.
    """
    hook = EndHook.objects.select_related("account__team").filter(pk=hook_id).first()
    if hook is None:
        raise NoticeRejected("No webhook has this address.")
    notices = _verify(hook, headers, body, now)
    with transaction.atomic():
        _refuse_replay(hook, body, headers, now)
        for notice in notices:
            _store_notice(hook, notice, now)
        EndHook.objects.filter(pk=hook.pk).update(received_at=now)
    return int(hook.account_id)


@sensitive_variables()
def _verify(
    hook: EndHook, headers: Mapping[str, str], body: bytes, now: datetime
) -> list[RemoteNotice]:
    try:
        secret = hook.open_secret()
    except CannotOpen:
        raise NoticeRejected("The signing secret can't be decrypted.") from None
    return get_adapter(hook.account.provider).read_notices(headers, body, secret, now)


def _refuse_replay(hook: EndHook, body: bytes, headers: Mapping[str, str], now: datetime) -> None:
    HookDelivery.objects.filter(hook=hook, received_at__lt=now - _REMEMBERED).delete()
    digest = hashlib.sha256(body).hexdigest()
    _, is_new = HookDelivery.objects.get_or_create(
        hook=hook, digest=digest, defaults={"received_at": now}
    )
    if not is_new:
        raise NoticeRejected("This notice was delivered before.")


def _store_notice(hook: EndHook, notice: RemoteNotice, now: datetime) -> None:
    voice = Voice.objects.filter(account=hook.account_id, remote_id=notice.remote_id).first()
    if voice is None:
        return  # a voice of the workspace that this account doesn't list
    known = EndNotice.objects.active().filter(voice=voice, source=EndNotice.Source.PROVIDER)
    action = "announced end withdrawn" if notice.is_withdrawn else "end announced"
    if notice.is_withdrawn:
        known.update(withdrawn_at=now)
    else:
        values = {
            "team": hook.account.team,
            "provider": hook.account.provider,
            "account": hook.account,
            "ends_on": notice.ends_at.date() if notice.ends_at else None,
            "note": notice.note[:200],
            "announced_at": now,
        }
        EndNotice.objects.update_or_create(
            voice=voice, source=EndNotice.Source.PROVIDER, withdrawn_at=None, defaults=values
        )
    record(None, action, voice, team=hook.account.team, now=now, reason=notice.note)
