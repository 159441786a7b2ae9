"""Who may do what: the only place that answers."""

from allauth.mfa.models import Authenticator
from django.db.models import Q

from catalog.models import (
    CloneJob,
    Collection,
    Comparison,
    Credential,
    Invitation,
    Membership,
    Note,
    PasswordLink,
    PlannedDeletion,
    Protection,
    SavedSearch,
    Synthesis,
    Team,
    User,
    Voice,
)
from catalog.models.cleanups.keeps import find_responsible
from catalog.models.collections import CollectionQuerySet

_RANKS = [role.value for role in Membership.Role]


# What the people page says of the roles; each may do what the ones above it may.
RIGHTS = (
    (Membership.Role.VIEWER, "Looks, searches, listens; keeps own stars, collections and searches"),
    (
        Membership.Role.MEMBER,
        "Brings own keys; speaks texts; names, tags, rates, notes and shares collections",
    ),
    (Membership.Role.CLONER, "Makes clones, with the speaker's consent"),
    (
        Membership.Role.ADMIN,
        "Runs the team: people, log, clean-up, archive, and the notes and keys of others",
    ),
)


def role_in(user: User, team: Team) -> str | None:
    """Return what the person is in the team, None for a stranger."""
    return Membership.objects.filter(user=user, team=team).values_list("role", flat=True).first()


def _is_at_least(user: User, team: Team, role: Membership.Role) -> bool:
    held = role_in(user, team)
    return held is not None and _RANKS.index(held) >= _RANKS.index(role.value)


def may_add_credential(user: User, team: Team) -> bool:
    """Members bring their own keys; viewers only look."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_change_credential(user: User, credential: Credential) -> bool:
    """Only the owner replaces, shares, checks or removes a key."""
    return credential.owner_id == user.pk and role_in(user, credential.team) is not None


def may_switch_built_in(user: User, team: Team) -> bool:
    """Only admins switch on and off, for everybody, what needs no key."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_remove_credential(user: User, credential: Credential) -> bool:
    """Let the owner, and admins: a key that got out must go, also when its owner is away."""
    is_admin = _is_at_least(user, credential.team, Membership.Role.ADMIN)
    is_key = credential.owner_id is not None
    return is_key and (is_admin or may_change_credential(user, credential))


def may_use_credential(user: User, credential: Credential) -> bool:
    """Let the owner, and teammates where the owner shares the key; using it never shows it."""
    if role_in(user, credential.team) is None:
        return False
    return credential.owner_id == user.pk or credential.is_shared


def may_clone(user: User, team: Team) -> bool:
    """Cloners make clones: a clone is somebody's voice, and takes a slot that is paid for."""
    return _is_at_least(user, team, Membership.Role.CLONER)


def may_speak(user: User, team: Team) -> bool:
    """Members have texts spoken, which may cost credit; viewers hear what was spoken."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_remove_speech(user: User, speech: Synthesis) -> bool:
    """Let who had it spoken, and admins, take a clip out of a voice's history."""
    is_own = speech.requested_by_id == user.pk and may_speak(user, speech.team)
    return is_own or may_remove_all_speeches(user, speech.team)


def may_remove_all_speeches(user: User, team: Team) -> bool:
    """Admins remove the clips of others."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_vote(user: User, team: Team) -> bool:
    """Let everybody in the team vote: hearing what was spoken costs nothing."""
    return role_in(user, team) is not None


def may_close_votes(user: User, comparison: Comparison) -> bool:
    """Let who started a comparison, and admins, end its voting."""
    if role_in(user, comparison.team) is None:
        return False
    is_maker = comparison.made_by_id == user.pk
    return is_maker or _is_at_least(user, comparison.team, Membership.Role.ADMIN)


def may_steer_job(user: User, job: CloneJob) -> bool:
    """Let who asked for a clone cancel and retry it, and admins."""
    is_own = job.responsible.pk == user.pk and may_clone(user, job.team)
    return is_own or _is_at_least(user, job.team, Membership.Role.ADMIN)


def may_rename(user: User, team: Team) -> bool:
    """Members give voices the names that their team knows them by; viewers only read them."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_archive_voices(user: User, team: Team) -> bool:
    """Only admins take a voice out of everybody's list, or put it back."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_annotate(user: User, team: Team) -> bool:
    """Members tag, rate and write notes for their team; viewers read them."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_change_note(user: User, note: Note) -> bool:
    """Let its author, and those who may change all notes."""
    team = note.voice.account.team
    is_own = note.author_id == user.pk and may_annotate(user, team)
    return is_own or may_moderate_notes(user, team)


def may_moderate_notes(user: User, team: Team) -> bool:
    """Admins change and remove the notes of others."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_share_with_team(user: User, team: Team) -> bool:
    """Members make collections and searches of the team; what is personal anybody makes."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_make_collection(user: User, team: Team, *, is_shared: bool) -> bool:
    """Let everybody keep what is personal; what is the team's is made by members."""
    return may_share_with_team(user, team) if is_shared else role_in(user, team) is not None


def may_make_search(user: User, team: Team, *, is_shared: bool) -> bool:
    """Let everybody keep what is personal; what is the team's is made by members."""
    return may_share_with_team(user, team) if is_shared else role_in(user, team) is not None


def may_change_search(user: User, search: SavedSearch) -> bool:
    """Let its owner, and the admins where the team has it."""
    if role_in(user, search.team) is None:
        return False
    is_admin = _is_at_least(user, search.team, Membership.Role.ADMIN)
    return search.owner_id == user.pk or (search.is_shared and is_admin)


def may_change_collection(user: User, collection: Collection) -> bool:
    """Let its owner, and for the team's its maintainers and the admins."""
    return changeable_by(user).filter(pk=collection.pk).exists()


def changeable_by(user: User) -> CollectionQuerySet:
    """Return those of which may_change_collection says yes."""
    own = Membership.objects.filter(user=user)
    runs = own.filter(role=Membership.Role.ADMIN).values("team")
    shared = Q(is_shared=True) & (Q(maintainers=user) | Q(team__in=runs))
    rows = Collection.objects.filter(Q(owner=user) | shared, team__in=own.values("team"))
    return rows.distinct()


def may_change_owner(user: User, team: Team) -> bool:
    """Only admins decide who is responsible for an account or a voice."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_own(membership: Membership, team: Team) -> bool:
    """Let people of the team who may do more than look be responsible for accounts and voices."""
    return membership.team_id == team.pk and membership.role != Membership.Role.VIEWER


def may_sync(user: User, team: Team) -> bool:
    """Members ask a provider for news; viewers wait for the schedule."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_delete_voices(user: User, team: Team) -> bool:
    """Only admins plan and confirm deletions at a provider."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_protect_voice(user: User, team: Team, kind: str) -> bool:
    """Members pin what they need; a legal hold is an admin's to set."""
    is_hold = kind == Protection.Kind.HOLD
    return _is_at_least(user, team, Membership.Role.ADMIN if is_hold else Membership.Role.MEMBER)


def may_lift_protection(user: User, protection: Protection) -> bool:
    """Let admins lift any protection, and people their own pins."""
    team = protection.voice.account.team
    is_own = protection.set_by_id == user.pk and not protection.is_hold
    is_member = _is_at_least(user, team, Membership.Role.MEMBER)
    return (is_own and is_member) or _is_at_least(user, team, Membership.Role.ADMIN)


def may_keep_voice(user: User, line: PlannedDeletion) -> bool:
    """Let who answers for a voice take it out of a plan, and admins."""
    team = line.plan.team
    is_responsible = line.responsible_id == user.pk and role_in(user, team) is not None
    return is_responsible or _is_at_least(user, team, Membership.Role.ADMIN)


def may_change_keep(user: User, voice: Voice) -> bool:
    """Let the owner of a voice say until when it is kept, and admins."""
    team, owner = voice.account.team, find_responsible(voice)
    is_owner = owner is not None and owner.pk == user.pk and role_in(user, team) is not None
    return is_owner or _is_at_least(user, team, Membership.Role.ADMIN)


def may_read_log(user: User, team: Team) -> bool:
    """Only admins read who did what."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_tune(user: User, team: Team) -> bool:
    """Members read and change the settings that a provider keeps with a voice; viewers look."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_manage_people(user: User, team: Team) -> bool:
    """Only admins invite, change roles, remove people and set what the team demands."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_remove_member(user: User, membership: Membership) -> bool:
    """Let admins remove anybody, and everybody leave."""
    return membership.user_id == user.pk or may_manage_people(user, membership.team)


def may_inherit(heir: Membership, leaving: Membership) -> bool:
    """Let whoever stays in the team and does more than look take over what is left behind."""
    is_other = heir.team_id == leaving.team_id and heir.pk != leaving.pk
    return is_other and heir.role != Membership.Role.VIEWER


def may_make_team(user: User) -> bool:
    """Let those who run a team already open another."""
    return runs_a_team(user)


def may_give_role(user: User, team: Team, role: str) -> bool:
    """Only admins give roles, and an admin may give each of them."""
    return role in _RANKS and may_manage_people(user, team)


def may_reset_password(user: User, person: User) -> bool:
    """Let who runs every team of the person: a new password opens all of them."""
    own = Membership.objects.filter(user=person)
    run = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
    is_other = user.pk != person.pk
    return is_other and own.exists() and not own.exclude(team__in=run).exists()


def invitation_holds(invitation: Invitation) -> bool:
    """Tell whether its maker could still make this invitation now."""
    maker, team = invitation.made_by, invitation.team
    return _may_act(maker, team) and may_give_role(maker, team, invitation.role)


def password_link_holds(link: PasswordLink) -> bool:
    """Tell whether its maker could still make this link now, for what the person is now."""
    maker, person = link.made_by, link.user
    if not maker.is_active or not person.is_active or not may_reset_password(maker, person):
        return False
    return link.is_for_admin or not runs_a_team(person)


def may_withdraw_password_link(user: User, link: PasswordLink) -> bool:
    """Let the admins of any team that the person is in: a withdrawn link does no harm."""
    teams = Membership.objects.filter(user=link.user).values("team")
    own = Membership.objects.filter(user=user, role=Membership.Role.ADMIN)
    return own.filter(team__in=teams).exists()


def runs_a_team(user: User) -> bool:
    """Tell whether the person is an admin anywhere."""
    return Membership.objects.filter(user=user, role=Membership.Role.ADMIN).exists()


def find_resettable(user: User, members: list[Membership]) -> list[int]:
    """Return those of these memberships whose people may_reset_password allows."""
    run = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
    elsewhere = Membership.objects.exclude(team__in=run).values("user")
    rows = Membership.objects.filter(pk__in=[row.pk for row in members]).exclude(user=user)
    return list(rows.exclude(user__in=elsewhere).values_list("pk", flat=True))


def has_second_factor(user: User) -> bool:
    """Tell whether the password alone no longer lets the person in."""
    factors = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    return bool(factors.exists())


def _may_act(user: User, team: Team) -> bool:
    return user.is_active and not lacks_second_factor(user, team)


def lacks_second_factor(user: User, team: Team) -> bool:
    """Tell whether the team demands one that the person has not set up: then it shows nothing."""
    return team.demands_second_factor and not has_second_factor(user)
