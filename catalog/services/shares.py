"""Share a collection or a comparison with outsiders by a link, and take their votes."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.hashers import check_password, make_password
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.audit import record
from catalog.core.crypto import hash_token
from catalog.models import Collection, Comparison, Share, ShareVote, User
from catalog.queries.shares import SharedPage, may_revoke_share

# One link can't fill the database.
_MOST_VOTES = 2_000


class VoteRefused(Exception):
    """The vote can't be stored; the message explains why."""


@dataclass(frozen=True, slots=True)
class ShareRequest:
    """What the maker of a link chose."""

    label: str
    days: int
    password: str
    names_providers: bool
    takes_votes: bool

    def __repr__(self) -> str:
        return f"ShareRequest(days={self.days})"


@sensitive_variables()
@transaction.atomic
def make_share(
    user: User, *, target: Collection | Comparison, params: ShareRequest, now: datetime
) -> tuple[Share, str]:
    """Create a link and return it with its token, which can't be shown again."""
    if not policies.may_share_with_team(user, target.team):
        raise PermissionDenied
    token = secrets.token_urlsafe(32)
    name = "collection" if isinstance(target, Collection) else "comparison"
    share = Share.objects.create(
        **{name: target},
        team=target.team,
        made_by=user,
        label=params.label,
        token_hash=hash_token(token),
        password=make_password(params.password) if params.password else "",
        names_providers=params.names_providers,
        takes_votes=params.takes_votes,
        made_at=now,
        ends_at=now + timedelta(days=params.days),
    )
    record(
        user,
        "share link created",
        share,
        team=target.team,
        now=now,
        days=params.days,
        password=bool(params.password),
        votes=params.takes_votes,
    )
    return share, token


@transaction.atomic
def revoke_share(user: User, *, share: Share, now: datetime) -> None:
    """End a link now; one that was revoked is left unchanged."""
    if not may_revoke_share(user, share):
        raise PermissionDenied
    if Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=now):
        record(user, "share link revoked", share, team=share.team, now=now)


@sensitive_variables()
def opens_share(*, share: Share, password: str) -> bool:
    """Return whether this is the link's password."""
    return check_password(password, share.password)


def note_view(*, share: Share, now: datetime) -> None:
    """Count a browser that opened the link for the first time."""
    Share.objects.filter(pk=share.pk).update(views=F("views") + 1, viewed_at=now)


@transaction.atomic
def cast_outside_vote(
    *, page: SharedPage, key: str, name: str, browser: str, now: datetime
) -> None:
    """Store an outsider's vote for one voice, or change it; raises VoteRefused."""
    if not page.takes_votes:
        raise VoteRefused("Voting has ended.")
    found = next((each for each in page.rounds if each.find(key)), None)
    clip = found.find(key) if found else None
    if found is None or clip is None:
        raise VoteRefused("This voice isn't available anymore. Choose another one.")
    share = Share.objects.select_for_update(no_key=True).get(pk=page.share.pk)
    own = ShareVote.objects.filter(share=share, place=found.place, browser=browser)
    values = {"voice": clip.voice, "name": name, "voted_at": now}
    if own.update(**values):
        return
    if share.votes.count() >= _MOST_VOTES:
        raise VoteRefused("This link has taken all the votes it can.")
    ShareVote.objects.create(share=share, place=found.place, browser=browser, **values)
