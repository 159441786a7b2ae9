"""Keep how many voices an account holds and may hold."""

from catalog.models import ProviderAccount
from catalog.providers.base import Provider
from catalog.providers.errors import ProviderError


def refresh_slots(account_id: int, provider: Provider) -> None:
    """Ask for the account's slots after a change; no answer is no harm, the next sync asks too."""
    try:
        slots = provider.slots()
    except ProviderError:
        return
    if slots is not None:
        rows = ProviderAccount.objects.filter(pk=account_id)
        rows.update(slots_used=slots.used, slots_limit=slots.limit)
