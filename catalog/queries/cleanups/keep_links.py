"""Links in emails that lead to a page on which a person keeps their voices of one plan.

A link gives no access: it works for its person only, signed in, until the plan starts.
"""

from django.core import signing

from catalog.models import CleanupPlan, Membership, PlannedDeletion, User
from catalog.models.cleanups.plans import PlannedDeletionQuerySet

_SALT = "catalog.keep"


def make_keep_token(plan: CleanupPlan, user: User) -> str:
    """Return the part of the link that names the plan and the person."""
    return signing.dumps([plan.pk, user.pk], salt=_SALT)


def find_linked_plan(user: User, token: str) -> CleanupPlan | None:
    """Return the plan of a link, None if it isn't for this user or wasn't made here."""
    try:
        plan_id, user_id = signing.loads(token, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    if user_id != user.pk:
        return None
    own_teams = Membership.objects.filter(user=user).values("team")
    rows = CleanupPlan.objects.filter(pk=plan_id, team__in=own_teams)
    return rows.select_related("team", "approved_by").first()


def find_keepable(user: User, plan: CleanupPlan) -> PlannedDeletionQuerySet:
    """Return the lines of a waiting plan whose voices the user can still keep."""
    rows = PlannedDeletion.objects.held().filter(plan=plan, responsible=user)
    rows = rows.filter(plan__in=CleanupPlan.objects.waiting())
    related = "plan__team", "voice__account__team", "voice__responsible", "account"
    return rows.select_related(*related).order_by("position", "pk")
