"""Check whether a replacement key belongs to the same account as the old one."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from catalog.audit import record
from catalog.core.crypto import CannotOpen
from catalog.jobs.base.leases import Clock, RowId
from catalog.models import Credential, CredentialReplacement
from catalog.models.credentials.keys import hash_key
from catalog.providers.errors import CredentialRejected, ProviderError
from catalog.providers.session import open_provider

_BY_HASH = "key:"


def check_replacement(credential_id: RowId, clock: Clock) -> None:
    """Put the new key in place if it opens the same account, else store what was found."""
    rows = CredentialReplacement.objects.filter(
        credential_id=credential_id, state=CredentialReplacement.State.CHECKING
    )
    found = rows.select_related("credential__account", "credential__team").first()
    if found is None:
        return
    slug = found.credential.provider
    try:
        secrets = found.secrets()
        with open_provider(slug, secrets, settings.PROVIDER_BASE_URLS[slug]) as provider:
            report = provider.check()
        ref = (report.account_ref or hash_key(secrets["api_key"]))[:200]
    except CannotOpen:
        _settle(
            found,
            state=CredentialReplacement.State.REFUSED,
            problem="The key can't be decrypted. Replace it.",
        )
    except CredentialRejected as exc:
        _settle(found, state=CredentialReplacement.State.REFUSED, problem=exc.message[:500])
    except ProviderError as exc:
        # The sweep retries; the old key keeps working.
        _settle(found, state=CredentialReplacement.State.CHECKING, problem=exc.message[:500])
    else:
        _compare(found, ref, report.account_label[:200], clock())


def _compare(found: CredentialReplacement, ref: str, label: str, now: datetime) -> None:
    account = found.credential.account
    if account is None or account.ref == ref:
        adopt_replacement(found, now)
        return
    # A hash identifies only the key, so it says nothing about another key's account.
    is_told = not ref.startswith(_BY_HASH) and not account.ref.startswith(_BY_HASH)
    state = CredentialReplacement.State.OTHER if is_told else CredentialReplacement.State.UNTOLD
    _settle(found, state=state, ref=ref, label=label, problem="")


def _settle(found: CredentialReplacement, **values: str) -> None:
    # A different key may have been entered, or the request withdrawn, during the check.
    CredentialReplacement.objects.filter(pk=found.pk, asked_at=found.asked_at).update(**values)


@transaction.atomic
def adopt_replacement(found: CredentialReplacement, now: datetime) -> bool:
    """Replace the old key with the new one; return whether it was still requested."""
    rows = CredentialReplacement.objects.select_for_update(no_key=True).filter(
        pk=found.pk, asked_at=found.asked_at
    )
    kept = rows.first()
    if kept is None:
        return False
    Credential.objects.filter(pk=kept.credential_id).update(
        sealed=kept.sealed,
        last_four=kept.last_four,
        key_hash=kept.key_hash,
        replaced_at=now,
        check_asked_at=now,
    )
    kept.delete()
    credential = found.credential
    record(None, "key replaced", credential, team=credential.team, now=now)
    return True
