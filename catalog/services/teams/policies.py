"""Change what a team allows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog.audit import record
from catalog.models import Team, TeamPolicy, User
from catalog.policies.budgets import may_change_policy


@transaction.atomic
def change_policy(user: User, *, team: Team, values: Mapping[str, Any], now: datetime) -> None:
    """Change these fields of the team's policy."""
    if not may_change_policy(user, team):
        raise PermissionDenied
    Team.objects.select_for_update(no_key=True).get(pk=team.pk)
    policy = TeamPolicy.objects.of(team.pk)
    before = {name: getattr(policy, name) for name in values}
    changed = {name: value for name, value in values.items() if value != before[name]}
    if not changed:
        return
    TeamPolicy.objects.update_or_create(team=team, defaults=changed)
    record(
        user,
        "policy changed",
        team,
        team=team,
        now=now,
        before={name: before[name] for name in changed},
        after=changed,
    )
