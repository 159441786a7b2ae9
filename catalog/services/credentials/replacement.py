"""Replace a key without losing voices or jobs; switching accounts needs confirmation."""

from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.cleanups.notify import find_plans_through, notify_of_plans
from catalog.jobs.credentials.replacement import adopt_replacement
from catalog.jobs.notifications.clones import stop_clones
from catalog.models import (
    CloneJob,
    Credential,
    CredentialReplacement,
    PlannedDeletion,
    ProviderAccount,
    Synthesis,
    User,
)
from catalog.models.credentials.key_sets import leave_key_sets
from catalog.models.voices.versions import touch_owned_voices
from catalog.tasks import enqueue_badges, enqueue_check

OTHER_ACCOUNT = "Stopped: the key was replaced by a key for another account."
_OTHER_WORK = (PlannedDeletion, Synthesis)


@sensitive_variables("api_key")
@transaction.atomic
def replace_key(user: User, *, credential: Credential, api_key: str, now: datetime) -> None:
    """Store the new key next to the old one; a worker checks whether it is for the same account."""
    _demand_owner(user, credential)
    CredentialReplacement.objects.filter(credential=credential).delete()
    found = CredentialReplacement(credential=credential, asked_at=now)
    found.seal_secrets(api_key)
    found.save()
    record(user, "new key entered", credential, team=credential.team, now=now)
    transaction.on_commit(partial(enqueue_check, credential.pk))


@transaction.atomic
def confirm_replacement(
    user: User, *, credential: Credential, keeps_account: bool, now: datetime
) -> None:
    """Adopt the new key after a warning, as a key for the same account or for another one."""
    _demand_owner(user, credential)
    waiting = (CredentialReplacement.State.OTHER, CredentialReplacement.State.UNTOLD)
    rows = CredentialReplacement.objects.select_related("credential__account", "credential__team")
    found = rows.filter(credential=credential, state__in=waiting).first()
    if found is None:
        return
    is_same = keeps_account and found.is_account_unknown and _rename_account(found)
    stopped = 0 if is_same else _leave_account(found, now)
    adopt_replacement(found, now)
    record(
        user,
        "new key confirmed",
        credential,
        team=credential.team,
        now=now,
        same_account=is_same,
        stopped_jobs=stopped,
    )
    transaction.on_commit(partial(enqueue_check, credential.pk))


@transaction.atomic
def drop_replacement(user: User, *, credential: Credential, now: datetime) -> None:
    """Delete the new key; the old one stays in use."""
    _demand_owner(user, credential)
    dropped, _ = CredentialReplacement.objects.filter(credential=credential).delete()
    if dropped:
        record(user, "new key discarded", credential, team=credential.team, now=now)


def _rename_account(found: CredentialReplacement) -> bool:
    """Identify the account by the new key; False if the team has another account with that id."""
    account = found.credential.account
    rows = ProviderAccount.objects.filter(team=found.credential.team, provider=account.provider)  # type: ignore[union-attr]
    if rows.filter(ref=found.ref).exists():
        return False
    return bool(rows.filter(pk=account.pk).update(ref=found.ref))  # type: ignore[union-attr]


def _leave_account(found: CredentialReplacement, now: datetime) -> int:
    credential = found.credential
    others = [model._base_manager.filter(credential=credential) for model in _OTHER_WORK]
    plans = find_plans_through(credential)
    stopped = sum(stop_unsent(each, OTHER_ACCOUNT, now) for each in others)
    notify_of_plans(plans, now)
    clones = CloneJob.objects.filter(credential=credential)
    stopped += stop_clones(clones, OTHER_ACCOUNT, now)
    # Deletions that await approval must not run on the other account either.
    PlannedDeletion.objects.filter(credential=credential).update(credential=None)
    leave_key_sets(credential)
    touch_owned_voices(pk=credential.account_id)
    Credential.objects.filter(pk=credential.pk).update(account=None)
    if credential.account_id is not None:
        transaction.on_commit(partial(enqueue_badges, credential.account_id))
    return stopped


def _demand_owner(user: User, credential: Credential) -> None:
    if not policies.may_change_credential(user, credential):
        raise PermissionDenied
