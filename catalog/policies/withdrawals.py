"""Permissions around speakers who no longer agree, and what is kept of them."""

from django.db.models import Q

from catalog.models import Speaker, Team, User
from catalog.policies import may_clone, may_delete_voices


def may_withdraw(user: User, speaker: Speaker) -> bool:
    """Allow admins, and the cloners who added the speaker or keep one of their consents."""
    if may_approve_withdrawal(user, speaker.team):
        return True
    keeps = Q(kept_by=user) | Q(kept_by=None, attested_by=user)
    is_responsible = speaker.added_by_id == user.pk or speaker.consents.filter(keeps).exists()
    return is_responsible and may_clone(user, speaker.team)


def may_approve_withdrawal(user: User, team: Team) -> bool:
    """Only admins have everything of a speaker erased."""
    return may_delete_voices(user, team)
