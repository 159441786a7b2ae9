"""Who a token acts as."""

from datetime import datetime

from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.parameters import NoParams


class TokenInfo(Answer):
    """A token; its secret is never shown."""

    name: str
    start: str
    scopes: list[str]
    expires_at: datetime


class PersonInfo(Answer):
    """A person in a team."""

    id: int
    name: str
    email: str
    role: str


class TeamInfo(Answer):
    """A team."""

    id: int
    name: str


class Me(Answer):
    """The token of this request, its person, and its team.

    Its scopes are those that it has and that the person's role allows now.
    """

    token: TokenInfo
    person: PersonInfo
    team: TeamInfo
    scopes: list[str]


@endpoint("GET", "me", tag="Tokens", scope=None, answer=Me)
def get_me(call: ApiCall[NoParams]) -> Me:
    """Tell who this token acts as, and what it may do."""
    token, user = call.bearer.token, call.user
    return Me(
        token=TokenInfo(
            name=token.name, start=token.start, scopes=token.scopes, expires_at=token.expires_at
        ),
        person=PersonInfo(id=user.pk, name=str(user), email=user.email, role=call.bearer.role),
        team=TeamInfo(id=call.team.pk, name=call.team.name),
        scopes=[scope.value for scope in call.bearer.scopes],
    )
