"""Permissions around speakers who no longer agree, and what is kept of them."""

from django.db.models import Q

from catalog.models import CloneJob, Consent, Sample, Speaker, Team, User
from catalog.policies import may_clone, may_delete_voices


def may_withdraw(user: User, speaker: Speaker) -> bool:
    """Allow admins, and the cloners who added the speaker or keep one of their consents."""
    if may_approve_withdrawal(user, speaker.team):
        return True
    keeps = Q(kept_by=user) | Q(kept_by=None, attested_by=user)
    is_responsible = speaker.added_by_id == user.pk or speaker.consents.filter(keeps).exists()
    return is_responsible and may_clone(user, speaker.team)


def may_arrange_speaker(user: User, speaker: Speaker) -> bool:
    """Allow admins and cloners who see everything of the speaker to merge and split them."""
    jobs = CloneJob.objects.filter(batch__speaker=speaker)
    unseen = jobs.exclude(pk__in=CloneJob.objects.visible_to(user).values("pk"))
    return may_clone(user, speaker.team) and not unseen.exists()


def may_erase_sample(user: User, sample: Sample) -> bool:
    """Allow the cloner who owns the recording, and admins."""
    is_own = sample.owner_id == user.pk and may_clone(user, sample.team)
    return is_own or may_approve_withdrawal(user, sample.team)


def may_erase_consent(user: User, consent: Consent) -> bool:
    """Allow the cloner who keeps the consent, and admins."""
    team = consent.speaker.team
    keeper = consent.kept_by_id or consent.attested_by_id
    return (keeper == user.pk and may_clone(user, team)) or may_approve_withdrawal(user, team)


def may_approve_withdrawal(user: User, team: Team) -> bool:
    """Only admins have everything of a speaker erased."""
    return may_delete_voices(user, team)
