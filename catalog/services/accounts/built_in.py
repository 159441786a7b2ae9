"""Built-in providers: they need no API key. Each team gets an account; admins can turn it off."""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import Credential, ProviderAccount, Team, User
from catalog.providers.registry import all_infos
from catalog.tasks import enqueue_check


@transaction.atomic
def provide_built_in(*, team: Team, now: datetime) -> None:
    """Create the team's accounts for built-in providers; existing ones are left unchanged."""
    # The lock serializes concurrent calls for the same team.
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    for info in all_infos():
        if not info.is_built_in or info.slug not in settings.PROVIDER_BASE_URLS:
            continue
        if Credential.objects.filter(team=team, provider=info.slug, owner=None).exists():
            continue
        credential = Credential(team=team, provider=info.slug, nickname="Built in", is_shared=True)
        # There is no secret, but it is encrypted like one, which avoids a special case elsewhere.
        credential.seal_secrets(f"team-{team.pk}")
        credential.save()
        record(None, "built-in account added", credential, team=team, now=now, provider=info.slug)
        transaction.on_commit(partial(enqueue_check, credential.pk))


def provide_built_in_everywhere(*, now: datetime) -> None:
    """Create the accounts for built-in providers in every team."""
    for team in Team.objects.order_by("pk"):
        provide_built_in(team=team, now=now)


@transaction.atomic
def switch_built_in(user: User, *, credential: Credential, is_on: bool, now: datetime) -> None:
    """Turn a built-in provider on or off for its team; its clones are kept either way."""
    is_admin = policies.may_switch_built_in(user, credential.team)
    # Admins may not switch keys that belong to people.
    if not (is_admin and credential.is_built_in):
        raise PermissionDenied
    Credential.objects.filter(pk=credential.pk).update(is_shared=is_on)
    ProviderAccount.objects.filter(pk__in=[credential.account_id]).refresh_sharing()
    action = "built-in account turned on" if is_on else "built-in account turned off"
    record(user, action, credential, team=credential.team, now=now)
    if is_on:
        transaction.on_commit(partial(enqueue_check, credential.pk))
