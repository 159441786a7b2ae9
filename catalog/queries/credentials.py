"""Keys with what they open, and accounts whose copy of the voices is old or failed."""

import uuid

from catalog.models import Credential, ProviderAccount, User


def find_credentials(user: User) -> list[Credential]:
    """Return the person's own keys and those that teammates share, own ones first."""
    rows = Credential.objects.visible_to(user).select_related("account", "owner", "team")
    return sorted(rows, key=lambda row: (row.owner_id != user.pk, row.created_at))


def get_credential(user: User, credential_id: uuid.UUID) -> Credential:
    """Return one key that the person may work through; raises Credential.DoesNotExist."""
    rows = Credential.objects.visible_to(user).select_related("account", "owner", "team")
    return rows.get(pk=credential_id)


def find_accounts(user: User) -> list[ProviderAccount]:
    """Return the provider accounts that the person may see."""
    return list(ProviderAccount.objects.visible_to(user).order_by("provider", "pk"))


def usable_credential(user: User, account: ProviderAccount, verb: str) -> Credential | None:
    """Return a key to this account that the person may work through and that may do the verb.

    The person's own key comes before a shared one.
    """
    rows = Credential.objects.visible_to(user).filter(account=account).working()
    fitting = [row for row in rows.order_by("created_at") if row.may(verb)]
    return min(fitting, key=lambda row: row.owner_id != user.pk, default=None)
