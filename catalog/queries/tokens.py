"""API tokens as their owners and admins see them, and the one that a request carries."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.core.crypto import hash_token
from catalog.models import ApiToken, Membership, Team, User
from catalog.models.tokens import Scope, is_secret

# In the order of the models' fields; what isn't named is read if something asks for it.
_OF_USER = ["id", "first_name", "last_name", "is_active", "email", "is_break_glass"]
_OF_TEAM = ["id", "name", "requires_second_factor"]
_ENDED_SHOWN = timedelta(days=30)
_ENDS_SOON = timedelta(days=14)
# Each request runs this, and composing it with the ORM takes ten times as long as running it.
# Without an active membership there is no row: who leaves a team takes their tokens along.
_BEARER = """
    SELECT k.*, m.role AS role, t.name AS team_name, t.requires_second_factor AS is_strict,
        u.first_name AS user_first_name, u.last_name AS user_last_name,
        u.is_active AS user_is_active, u.email AS user_email,
        u.is_break_glass AS user_is_break_glass
    FROM catalog_apitoken k
    JOIN catalog_user u ON u.id = k.user_id
    JOIN catalog_team t ON t.id = k.team_id
    JOIN catalog_membership m ON m.team_id = k.team_id AND m.user_id = k.user_id
    WHERE (k.digest = %s OR (k.old_digest = %s AND k.old_until > %s))
        AND k.revoked_at IS NULL AND k.expires_at > %s
        AND u.is_active AND m.suspended_at IS NULL
"""


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who a request acts as: a token, and the role that its person has in its team now."""

    token: ApiToken
    user: User
    team: Team
    role: str

    @property
    def scopes(self) -> list[Scope]:
        """The token's scopes that the person's role still allows."""
        return [scope for scope in policies.list_scopes(self.role) if scope in self.token.scopes]


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A token and its state: what it is, whether it works, and what its owner may no longer do."""

    token: ApiToken
    state: str
    works: bool
    ends_soon: bool
    lost: str


@sensitive_variables()
def find_bearer(secret: str, now: datetime) -> Bearer | None:
    """Return whom the secret signs in, None if it is malformed, unknown, or ended."""
    if not is_secret(secret):
        return None
    digest = hash_token(secret)
    at = connection.ops.adapt_datetimefield_value(now)
    for token in ApiToken.objects.raw(_BEARER, [digest, digest, at, at]):
        values = vars(token)
        person = [token.user_id, *(values[f"user_{name}"] for name in _OF_USER[1:])]
        user = User.from_db("default", _OF_USER, [*person[:-1], bool(person[-1])])
        of_team = [token.team_id, values["team_name"], bool(values["is_strict"])]
        team = Team.from_db("default", _OF_TEAM, of_team)
        token.user, token.team = user.acting_in(team.pk), team
        return Bearer(token, token.user, team, values["role"])
    return None


def find_tokens(user: User, now: datetime) -> tuple[list[TokenRow], list[TokenRow]]:
    """Return the user's own tokens in the current team, and, for admins, those of others.

    Tokens that ended are shown for some weeks, behind those that work.
    """
    since = now - _ENDED_SHOWN
    rows = ApiToken.objects.visible_to(user).select_related("team", "user", "revoked_by")
    shown = rows.filter(expires_at__gt=since).exclude(revoked_at__lte=since).order_by("-pk")
    members = Membership.objects.visible_to(user)
    roles = dict(members.values_list("user", "role"))
    made = [_describe(token, roles.get(token.user_id), now) for token in shown]
    made.sort(key=lambda row: not row.works)
    own = [row for row in made if row.token.user_id == user.pk]
    return own, [row for row in made if row.token.user_id != user.pk]


def _describe(token: ApiToken, role: str | None, now: datetime) -> TokenRow:
    works, state = False, "Works"
    if token.revoked_at:
        state = f"Revoked by {token.revoked_by}" if token.revoked_by else "Revoked"
    elif token.expires_at <= now:
        state = "Expired"
    elif role is None or not token.user.is_active:
        state = f"Doesn't work: {token.user} can't open this team"
    else:
        works = True
    held = policies.list_scopes(role) if role else []
    lost = ", ".join(scope for scope in token.scopes if scope not in held) if works else ""
    return TokenRow(token, state, works, works and token.expires_at <= now + _ENDS_SOON, lost)
