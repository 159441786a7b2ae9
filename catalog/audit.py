"""Write what was done into the log, in the transaction of the act itself."""

from datetime import datetime

from catalog.models import AuditEntry, Team, User


def record(
    actor: User | None,
    action: str,
    target: object,
    *,
    team: Team | None,
    now: datetime,
    reason: str = "",
    **facts: str | int | bool | None,
) -> AuditEntry:
    """Add one entry; the actor is None when Voiceboard acts by itself. Never pass a secret."""
    name = target if isinstance(target, str) else f"{type(target).__name__} {_identify(target)}"
    return AuditEntry.objects.create(
        at=now,
        team=team,
        actor=actor,
        action=action,
        target=name[:120],
        reason=reason[:300],
        facts=facts,
    )


def _identify(target: object) -> str:
    return str(getattr(target, "pk", target))
