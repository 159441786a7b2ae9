"""Add, check, rename, share, and remove API keys."""

from datetime import datetime
from functools import partial

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.jobs.base.leases import stop_unsent
from catalog.jobs.cleanups.notify import find_plans_through, notify_of_plans
from catalog.jobs.notifications.clones import stop_clones
from catalog.models import (
    CloneJob,
    Credential,
    PlannedDeletion,
    ProviderAccount,
    Synthesis,
    Team,
    TeamPolicy,
    User,
)
from catalog.models.credentials.key_sets import leave_key_sets
from catalog.models.voices.versions import touch_owned_voices
from catalog.providers.registry import get_adapter
from catalog.tasks import enqueue_badges, enqueue_check, enqueue_sync

KEY_REMOVED = "Stopped: the key was removed."
_OTHER_WORK = (PlannedDeletion, Synthesis)


@sensitive_variables("api_key")
@transaction.atomic
def add_credential(
    user: User,
    *,
    team: Team,
    provider: str,
    api_key: str,
    nickname: str,
    is_shared: bool,
    now: datetime,
) -> Credential:
    """Store the encrypted key and have a worker check it with the provider."""
    if not policies.may_add_credential(user, team):
        raise PermissionDenied
    if TeamPolicy.objects.of(team.pk).forbid_provider(get_adapter(provider).info):
        raise PermissionDenied
    credential = Credential(
        team=team, owner=user, provider=provider, nickname=nickname, is_shared=is_shared
    )
    credential.seal_secrets(api_key)
    credential.save()
    record(user, "key added", credential, team=team, now=now, provider=provider)
    transaction.on_commit(partial(enqueue_check, credential.pk))
    return credential


@transaction.atomic
def rename_credential(user: User, *, credential: Credential, nickname: str, now: datetime) -> None:
    """Rename the key."""
    _demand_owner(user, credential)
    if nickname == credential.nickname:
        return
    Credential.objects.filter(pk=credential.pk).update(nickname=nickname)
    before, after = {"name": credential.nickname}, {"name": nickname}
    team = credential.team
    record(user, "key renamed", credential, team=team, now=now, before=before, after=after)


@transaction.atomic
def recheck_credential(user: User, *, credential: Credential, now: datetime) -> None:
    """Have a worker check again what the key may do; meanwhile it keeps working."""
    _demand_owner(user, credential)
    Credential.objects.filter(pk=credential.pk).update(check_asked_at=now)
    record(user, "key recheck requested", credential, team=credential.team, now=now)
    transaction.on_commit(partial(enqueue_check, credential.pk))


@transaction.atomic
def share_credential(user: User, *, credential: Credential, is_shared: bool, now: datetime) -> None:
    """Share the key with the team, or stop sharing it."""
    _demand_owner(user, credential)
    Credential.objects.filter(pk=credential.pk).update(is_shared=is_shared)
    ProviderAccount.objects.filter(pk__in=[credential.account_id]).refresh_sharing()
    action = "key shared" if is_shared else "key unshared"
    record(
        user,
        action,
        credential,
        team=credential.team,
        now=now,
        before={"shared": credential.is_shared},
        after={"shared": is_shared},
    )


@transaction.atomic
def remove_credential(
    user: User, *, credential: Credential, now: datetime, reason: str = ""
) -> None:
    """Delete the key and stop the jobs that need it; its voices and their history stay."""
    if not policies.may_remove_credential(user, credential):
        raise PermissionDenied
    clones = CloneJob.objects.filter(credential=credential)
    others = [model._base_manager.filter(credential=credential) for model in _OTHER_WORK]
    plans = find_plans_through(credential)
    stopped = sum(stop_unsent(each, KEY_REMOVED, now) for each in others)
    stopped += stop_clones(clones, KEY_REMOVED, now)
    notify_of_plans(plans, now)
    account = ProviderAccount.objects.filter(pk__in=[credential.account_id])
    account_id = credential.account_id
    gone = Credential(pk=credential.pk, provider=credential.provider, nickname=credential.title)
    leave_key_sets(credential)
    touch_owned_voices(pk=account_id)
    credential.delete()
    account.refresh_sharing()
    if account_id is not None:
        transaction.on_commit(partial(enqueue_badges, account_id))
    record(
        user,
        "key removed",
        gone,
        team=credential.team,
        now=now,
        reason=reason,
        provider=credential.provider,
        owner=str(credential.owner),
        stopped_jobs=stopped,
    )


@transaction.atomic
def request_sync(user: User, *, account: ProviderAccount, now: datetime) -> None:
    """Have a worker sync the account's voices now."""
    if not policies.may_sync(user, account.team):
        raise PermissionDenied
    ProviderAccount.objects.filter(pk=account.pk).update(sync_due_at=now)
    record(user, "sync requested", account, team=account.team, now=now)
    transaction.on_commit(partial(enqueue_sync, account.pk))


def _demand_owner(user: User, credential: Credential) -> None:
    if not policies.may_change_credential(user, credential):
        raise PermissionDenied
