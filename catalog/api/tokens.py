"""Who a token acts as, and the tokens of a team."""

from datetime import datetime

from django.http import HttpResponse

from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.pages import cut_list
from catalog.api.parameters import NoParams, PageParams
from catalog.models import ApiToken
from catalog.models.tokens import Scope
from catalog.queries.tokens import TokenRow, find_tokens
from catalog.services.tokens import revoke_token


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


class TeamToken(TokenInfo):
    """A token of the team; ``works`` is false if it ended or its person lost access."""

    id: int
    person: str
    works: bool
    state: str
    made_at: datetime
    used_at: datetime | None
    used_from: str


class TokenList(Answer):
    """A page of tokens, those that work first."""

    data: list[TeamToken]
    next_cursor: str | None


@endpoint("GET", "tokens", tag="Tokens", scope=Scope.ADMIN, answer=TokenList, params=PageParams)
def list_tokens(call: ApiCall[PageParams]) -> TokenList:
    """List the team's tokens."""
    own, others = find_tokens(call.user, call.now)
    rows = sorted([*own, *others], key=lambda row: (not row.works, -row.token.pk))
    shown, cursor = cut_list(call, rows)
    return TokenList(data=[_describe(row) for row in shown], next_cursor=cursor)


@endpoint(
    "DELETE",
    "tokens/<row:token_id>",
    tag="Tokens",
    scope=Scope.ADMIN,
    answer=None,
)
def delete_token(call: ApiCall[NoParams], token_id: int) -> HttpResponse:
    """Revoke a token of the team, which then stops working at once."""
    rows = ApiToken.objects.visible_to(call.user).select_related("team", "user")
    revoke_token(call.user, token=rows.get(pk=token_id), now=call.now)
    return HttpResponse(status=204)


def _describe(row: TokenRow) -> TeamToken:
    token = row.token
    return TeamToken(
        id=token.pk,
        name=token.name,
        start=token.start,
        scopes=token.scopes,
        expires_at=token.expires_at,
        person=str(token.user),
        works=row.works,
        state=row.state,
        made_at=token.made_at,
        used_at=token.used_at,
        used_from=token.used_from,
    )
