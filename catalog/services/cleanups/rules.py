"""Change a team's rules for which voices are stale."""

from collections.abc import Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction

from catalog import policies
from catalog.audit import record
from catalog.models import CleanupRules, Team, User
from catalog.models.cleanups.rules import rules_of


@transaction.atomic
def change_rules(
    user: User, *, team: Team, values: Mapping[str, int | bool | None], now: datetime
) -> CleanupRules:
    """Set the team's rules; existing plans are not affected."""
    if not policies.may_delete_voices(user, team):
        raise PermissionDenied
    CleanupRules.objects.get_or_create(team=team)
    rules = rules_of(team)
    before = {name: getattr(rules, name) for name in values}
    for name, value in values.items():
        setattr(rules, name, value)
    rules.save(update_fields=list(values))
    changed = [name for name, value in values.items() if before[name] != value]
    record(
        user,
        "cleanup rules changed",
        team,
        team=team,
        now=now,
        before={name: before[name] for name in changed},
        after={name: values[name] for name in changed},
    )
    return rules
