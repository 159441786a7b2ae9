"""Make, renew, and revoke API tokens. A secret is returned once and stored only as a hash."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.jobs.notifications.send import notify
from catalog.models import ApiAnswer, ApiToken, Membership, Notification, Team, User

_OLD_WORKS = timedelta(hours=24)
# Noting each use would make every request wait for the database's writer.
_NOTED_EVERY = timedelta(minutes=1)
# Longer than any request runs; then the process that ran it has died.
_RUNS_AT_MOST = timedelta(minutes=2)
_REPEATABLE = {429}


class MemberUnknown(Exception):
    """No such person is in a team of this name, or several teams have it."""


class TokenEnded(Exception):
    """The token was revoked, so it can't be renewed."""


class KeyReused(Exception):
    """The Idempotency-Key belongs to another request."""


class StillRunning(Exception):
    """The first request with this Idempotency-Key hasn't finished."""


class Result(NamedTuple):
    """An answer as it is kept."""

    status: int
    headers: dict[str, str]
    body: bytes


@sensitive_variables()
@transaction.atomic
def make_token(
    user: User, *, team: Team, name: str, scopes: list[str], days: int, now: datetime
) -> str:
    """Make a token with the user's rights in the team, and return its secret."""
    if not policies.may_make_token(user, team, scopes):
        raise PermissionDenied
    return _make(user, user, team, name, scopes, now + timedelta(days=days), now)


@sensitive_variables()
@transaction.atomic
def issue_token(
    *, email: str, team_name: str, name: str, scopes: list[str], days: int, now: datetime
) -> str:
    """Make a token for a member at an operator's request, and return its secret.

    Raises MemberUnknown, and PermissionDenied if the member's role doesn't have the scopes.
    """
    rows = Membership.objects.filter(user__email=email.strip().lower(), team__name=team_name)
    found = list(rows.select_related("user", "team")[:2])
    if len(found) != 1:
        raise MemberUnknown
    person, team = found[0].user, found[0].team
    if not policies.may_make_token(person, team, scopes):
        raise PermissionDenied
    return _make(None, person, team, name, scopes, now + timedelta(days=days), now)


@sensitive_variables()
def _make(
    actor: User | None,
    person: User,
    team: Team,
    name: str,
    scopes: list[str],
    expires_at: datetime,
    now: datetime,
) -> str:
    token = ApiToken(
        team=team, user=person, name=name, scopes=scopes, made_at=now, expires_at=expires_at
    )
    secret = token.draw_secret()
    token.save()
    record(
        actor,
        "API token made",
        token,
        team=team,
        now=now,
        scopes=token.scope_words,
        person=str(person),
        expires_at=expires_at.isoformat(),
    )
    return secret


@sensitive_variables()
@transaction.atomic
def renew_token(user: User, *, token: ApiToken, days: int, keeps_old: bool, now: datetime) -> str:
    """Return a new secret of the token, which works for so many days from now.

    The old one works for another day if ``keeps_old``, otherwise it stops. Raises TokenEnded.
    """
    if not policies.may_renew_token(user, token):
        raise PermissionDenied
    held = ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
    if held.revoked_at:
        raise TokenEnded
    works_until = min(now + _OLD_WORKS, held.expires_at)
    held.old_digest = held.digest if keeps_old and works_until > now else None
    held.old_until = works_until if held.old_digest else None
    before = {"start": held.start, "expires_at": held.expires_at.isoformat()}
    secret = held.draw_secret()
    held.expires_at, held.renewed_at = now + timedelta(days=days), now
    held.end_announced_at = None
    held.save()
    record(
        user,
        "API token renewed",
        held,
        team=token.team,
        now=now,
        before=before,
        after={"start": held.start, "expires_at": held.expires_at.isoformat()},
        old_works_until=held.old_until.isoformat() if held.old_until else None,
    )
    return secret


@transaction.atomic
def revoke_token(user: User, *, token: ApiToken, now: datetime) -> None:
    """End the token at once; revoking it twice changes nothing."""
    if not policies.may_revoke_token(user, token):
        raise PermissionDenied
    if _revoke(token, user, now):
        record(user, "API token revoked", token, team=token.team, now=now, person=str(token.user))


@transaction.atomic
def revoke_exposed(*, token: ApiToken, now: datetime) -> None:
    """End a token that was sent in an address, where logs keep it, and tell its owner."""
    if not _revoke(token, None, now):
        return
    words = (
        f"The API token {token.name} was revoked because a program sent it in an address, where"
        " logs can keep it. Make a new one, and send it in the Authorization header."
    )
    page = Notification.Page.TOKENS
    notify(Notification.Event.TOKEN, {token.user_id: words}, now, team=token.team, page=page)
    reason = "It was sent in an address."
    record(None, "API token revoked", token, team=token.team, now=now, reason=reason)


def _revoke(token: ApiToken, by: User | None, now: datetime) -> bool:
    rows = ApiToken.objects.filter(pk=token.pk, revoked_at=None)
    return bool(rows.update(revoked_at=now, revoked_by=by))


def note_token_use(*, token: ApiToken, address: str, now: datetime) -> None:
    """Note when and from where the token was used, at most once a minute."""
    before = now - _NOTED_EVERY
    # No transaction before this: on SQLite, beginning one waits for other writers.
    if token.used_at is not None and token.used_at > before:
        return
    rows = ApiToken.objects.filter(Q(used_at=None) | Q(used_at__lte=before), pk=token.pk)
    rows.update(used_at=now, used_from=address[:45])


@transaction.atomic
def claim_answer(*, token: ApiToken, key: str, mark: str, now: datetime) -> ApiAnswer:
    """Return the row of an Idempotency-Key: one with an answer, or one to fill with ``act_once``.

    Raises KeyReused, StillRunning. A request whose process died is taken over.
    """
    values = {"mark": mark, "claimed_at": now}
    row, is_new = ApiAnswer.objects.get_or_create(token=token, key=key, defaults=values)
    if row.mark != mark:
        raise KeyReused
    if is_new or row.status:
        return row
    stale = ApiAnswer.objects.filter(pk=row.pk, status=0, claimed_at__lt=now - _RUNS_AT_MOST)
    if not stale.update(claimed_at=now):
        raise StillRunning
    row.claimed_at = now
    return row


@transaction.atomic
def act_once(*, answer: ApiAnswer, act: Callable[[], Result]) -> Result:
    """Act, and keep the result in the same transaction: both happen, or neither.

    Raises StillRunning, and undoes everything, if another request took over meanwhile. What may
    succeed later is not kept.
    """
    result = act()
    mine = ApiAnswer.objects.filter(pk=answer.pk, status=0, claimed_at=answer.claimed_at)
    if result.status >= 500 or result.status in _REPEATABLE:
        mine.delete()
    elif not mine.update(status=result.status, headers=result.headers, body=result.body):
        raise StillRunning
    return result


@transaction.atomic
def drop_answer(*, answer: ApiAnswer) -> None:
    """Forget a request that failed, so that it can be made again."""
    ApiAnswer.objects.filter(pk=answer.pk, status=0, claimed_at=answer.claimed_at).delete()
