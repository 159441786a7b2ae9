"""Read how many voice slots an account uses and has."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from catalog.core.crypto import CannotOpen
from catalog.jobs.base.leases import Clock
from catalog.models import Credential, ProviderAccount
from catalog.models.voices.versions import raise_account_version
from catalog.providers.base import Provider
from catalog.providers.errors import ProviderError
from catalog.providers.key_checks import Slots
from catalog.providers.session import open_provider


def refresh_slots(account_id: int, provider: Provider, now: datetime) -> Slots | None:
    """Ask the provider for the account's slots, store and return them; None without an answer.

    A failure is ignored: the next sync asks again.
    """
    try:
        slots = provider.slots()
    except ProviderError:
        return None
    if slots is not None:
        rows = ProviderAccount.objects.filter(pk=account_id)
        with transaction.atomic():
            rows.update(slots_used=slots.used, slots_limit=slots.limit, slots_read_at=now)
            raise_account_version(account_id)
    return slots


def read_slots(account_id: int, clock: Clock) -> bool:
    """Refresh the slots of an account before someone clones into it; return whether it worked."""
    account = ProviderAccount.objects.get(pk=account_id)
    base_url = settings.PROVIDER_BASE_URLS.get(account.provider)
    if base_url is None or not account.info.has_slots:
        return False
    for credential in Credential.objects.working().filter(account=account).order_by("created_at"):
        try:
            with open_provider(account.provider, credential.secrets(), base_url) as provider:
                if refresh_slots(account_id, provider, clock()) is not None:
                    return True
        except (CannotOpen, ProviderError):
            continue
    return False
