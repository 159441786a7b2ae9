"""Permissions: every question of who may do what is answered here."""

from collections.abc import Iterable

from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db.models import Q

from catalog.models import (
    ApiToken,
    CloneJob,
    Collection,
    Comparison,
    ConsentRequest,
    Credential,
    Membership,
    Note,
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
from catalog.models.tokens import Scope

_RANKS = [role.value for role in Membership.Role]


# What the members page says about each role; a role includes the rights of those above it.
RIGHTS = (
    (
        Membership.Role.VIEWER,
        "View, search, and play voices; keep own stars, collections, and searches",
    ),
    (
        Membership.Role.MEMBER,
        "Add API keys; generate speech; name, tag, rate, and annotate voices; share collections",
    ),
    (Membership.Role.CLONER, "Clone voices, with the speaker's consent"),
    (
        Membership.Role.ADMIN,
        "Manage members, cleanup, the archive, the audit log, and others' notes and keys",
    ),
)

# The least role for each scope of an API token.
_SCOPE_ROLES = {
    Scope.READ: Membership.Role.VIEWER,
    Scope.WRITE: Membership.Role.MEMBER,
    Scope.SPEAK: Membership.Role.MEMBER,
    Scope.CLONE: Membership.Role.CLONER,
    Scope.ADMIN: Membership.Role.ADMIN,
}


def role_in(user: User, team: Team) -> str | None:
    """Return the user's role in the team, None if they are not a member."""
    return Membership.objects.filter(user=user, team=team).values_list("role", flat=True).first()


def _is_at_least(user: User, team: Team, role: Membership.Role) -> bool:
    held = role_in(user, team)
    return held is not None and _RANKS.index(held) >= _RANKS.index(role.value)


def may_add_credential(user: User, team: Team) -> bool:
    """Members add their own keys; viewers can't."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_change_credential(user: User, credential: Credential) -> bool:
    """Only the owner can replace, share, check, or rename a key."""
    return credential.owner_id == user.pk and role_in(user, credential.team) is not None


def may_switch_built_in(user: User, team: Team) -> bool:
    """Only admins turn built-in providers on or off for the whole team."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_remove_credential(user: User, credential: Credential) -> bool:
    """Allow the owner and admins: a leaked key must be removable while its owner is away."""
    is_admin = _is_at_least(user, credential.team, Membership.Role.ADMIN)
    is_key = credential.owner_id is not None
    return is_key and (is_admin or may_change_credential(user, credential))


def may_use_credential(user: User, credential: Credential) -> bool:
    """Allow the owner, and teammates if the key is shared; using a key never reveals it."""
    if role_in(user, credential.team) is None:
        return False
    return credential.owner_id == user.pk or credential.is_shared


def may_clone(user: User, team: Team) -> bool:
    """Cloners and admins can: a clone is a person's voice and takes a paid slot."""
    return _is_at_least(user, team, Membership.Role.CLONER)


def may_steer_consent_request(user: User, request: ConsentRequest) -> bool:
    """Allow the person who asked, and admins."""
    is_own = request.asked_by_id == user.pk and may_clone(user, request.team)
    return is_own or _is_at_least(user, request.team, Membership.Role.ADMIN)


def may_decide_consent(user: User, team: Team) -> bool:
    """Only admins accept or refuse a recording that the checks can't judge."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_speak(user: User, team: Team) -> bool:
    """Members synthesize texts, which may be charged; viewers only play the clips."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_remove_speech(user: User, speech: Synthesis) -> bool:
    """Allow the person who requested the clip, and admins."""
    is_own = speech.requested_by_id == user.pk and may_speak(user, speech.team)
    return is_own or may_remove_all_speeches(user, speech.team)


def may_remove_all_speeches(user: User, team: Team) -> bool:
    """Admins can remove other people's clips."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_vote(user: User, team: Team) -> bool:
    """Every member of the team can vote, because playing clips is free."""
    return role_in(user, team) is not None


def may_close_votes(user: User, comparison: Comparison) -> bool:
    """Allow the person who started the comparison, and admins."""
    if role_in(user, comparison.team) is None:
        return False
    is_maker = comparison.made_by_id == user.pk
    return is_maker or _is_at_least(user, comparison.team, Membership.Role.ADMIN)


def may_steer_job(user: User, job: CloneJob) -> bool:
    """Allow the person responsible for the clone, and admins."""
    is_own = job.responsible.pk == user.pk and may_clone(user, job.team)
    return is_own or _is_at_least(user, job.team, Membership.Role.ADMIN)


def may_rename(user: User, team: Team) -> bool:
    """Members name voices for their team; viewers can't."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_archive_voices(user: User, team: Team) -> bool:
    """Only admins archive a voice for the whole team, or restore it."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_annotate(user: User, team: Team) -> bool:
    """Members tag, rate, and write notes for their team; viewers only read them."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_change_note(user: User, note: Note) -> bool:
    """Allow the author, and anyone who moderates notes."""
    team = note.voice.account.team
    is_own = note.author_id == user.pk and may_annotate(user, team)
    return is_own or may_moderate_notes(user, team)


def may_moderate_notes(user: User, team: Team) -> bool:
    """Admins change and remove other people's notes."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_share_with_team(user: User, team: Team) -> bool:
    """Members share collections and searches with the team; personal ones are open to everyone."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_make_collection(user: User, team: Team, *, is_shared: bool) -> bool:
    """Everyone can create a personal collection; members can create shared ones."""
    return may_share_with_team(user, team) if is_shared else role_in(user, team) is not None


def may_make_search(user: User, team: Team, *, is_shared: bool) -> bool:
    """Everyone can save a personal search; members can save shared ones."""
    return may_share_with_team(user, team) if is_shared else role_in(user, team) is not None


def may_change_search(user: User, search: SavedSearch) -> bool:
    """Allow the owner, and admins if the search is shared."""
    if role_in(user, search.team) is None:
        return False
    is_admin = _is_at_least(user, search.team, Membership.Role.ADMIN)
    return search.owner_id == user.pk or (search.is_shared and is_admin)


def may_change_collection(user: User, collection: Collection) -> bool:
    """Allow the owner, and maintainers and admins if the collection is shared."""
    return changeable_by(user).filter(pk=collection.pk).exists()


def changeable_by(user: User) -> CollectionQuerySet:
    """Return the collections for which ``may_change_collection`` is true."""
    own = Membership.objects.filter(user=user)
    runs = own.filter(role=Membership.Role.ADMIN).values("team")
    shared = Q(is_shared=True) & (Q(maintainers=user) | Q(team__in=runs))
    rows = Collection.objects.filter(Q(owner=user) | shared, team__in=own.values("team"))
    return rows.distinct()


def may_change_owner(user: User, team: Team) -> bool:
    """Only admins decide who is responsible for an account or a voice."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_own(membership: Membership, team: Team) -> bool:
    """Every member of the team except viewers can be responsible for accounts and voices."""
    is_there = membership.team_id == team.pk and membership.suspended_at is None
    return is_there and membership.role != Membership.Role.VIEWER


def may_sync(user: User, team: Team) -> bool:
    """Members start a sync; viewers wait for the next scheduled one."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_delete_voices(user: User, team: Team) -> bool:
    """Only admins plan and approve deletions at a provider."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_protect_voice(user: User, team: Team, kind: str) -> bool:
    """Members pin voices; only admins set a legal hold."""
    is_hold = kind == Protection.Kind.HOLD
    return _is_at_least(user, team, Membership.Role.ADMIN if is_hold else Membership.Role.MEMBER)


def may_lift_protection(user: User, protection: Protection) -> bool:
    """Admins lift any protection; members lift their own pins."""
    team = protection.voice.account.team
    is_own = protection.set_by_id == user.pk and not protection.is_hold
    is_member = _is_at_least(user, team, Membership.Role.MEMBER)
    return (is_own and is_member) or _is_at_least(user, team, Membership.Role.ADMIN)


def may_keep_voice(user: User, line: PlannedDeletion) -> bool:
    """Allow the person responsible for the voice, and admins."""
    team = line.plan.team
    is_responsible = line.responsible_id == user.pk and role_in(user, team) is not None
    return is_responsible or _is_at_least(user, team, Membership.Role.ADMIN)


def may_change_keep(user: User, voice: Voice) -> bool:
    """Allow the person responsible for the voice, and admins."""
    team, owner = voice.account.team, find_responsible(voice)
    is_owner = owner is not None and owner.pk == user.pk and role_in(user, team) is not None
    return is_owner or _is_at_least(user, team, Membership.Role.ADMIN)


def may_read_log(user: User, team: Team) -> bool:
    """Only admins read the audit log."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_tune(user: User, team: Team) -> bool:
    """Members change the settings that a provider stores for a voice; viewers only see them."""
    return _is_at_least(user, team, Membership.Role.MEMBER)


def may_manage_people(user: User, team: Team) -> bool:
    """Only admins invite and remove people, change roles, and require two-factor authentication."""
    return _is_at_least(user, team, Membership.Role.ADMIN)


def may_remove_member(user: User, membership: Membership) -> bool:
    """Admins can remove anyone; everyone who isn't suspended can leave."""
    is_own = membership.user_id == user.pk and membership.suspended_at is None
    return is_own or may_manage_people(user, membership.team)


def may_suspend_member(user: User, membership: Membership) -> bool:
    """Admins suspend others, and lift suspensions."""
    return membership.user_id != user.pk and may_manage_people(user, membership.team)


def may_take_over(new_owner: Membership, leaving: Membership) -> bool:
    """Every other member of the team except viewers can take over from someone who leaves."""
    return new_owner.pk != leaving.pk and may_own(new_owner, leaving.team)


def may_make_team(user: User) -> bool:
    """Anyone who is an admin of a team can create another."""
    return runs_a_team(user)


def may_give_role(user: User, team: Team, role: str) -> bool:
    """Only admins give roles, including their own."""
    return role in _RANKS and may_manage_people(user, team)


def may_reset_password(user: User, person: User) -> bool:
    """Only an admin of all the user's teams can: a new password opens all of them."""
    own = Membership.everyone.filter(user=person)
    run = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
    is_other = user.pk != person.pk and person.may_use_password
    return is_other and own.exists() and not own.exclude(team__in=run).exists()


def runs_a_team(user: User) -> bool:
    """Return whether the user is an admin of any team."""
    return Membership.objects.filter(user=user, role=Membership.Role.ADMIN).exists()


def holds_admin_role(user: User) -> bool:
    """Return whether the user is an admin of any team, also where they are suspended."""
    return Membership.everyone.filter(user=user, role=Membership.Role.ADMIN).exists()


def find_resettable(user: User, members: list[Membership]) -> list[int]:
    """Return the ids of the memberships whose users ``may_reset_password`` allows."""
    run = Membership.objects.filter(user=user, role=Membership.Role.ADMIN).values("team")
    elsewhere = Membership.everyone.exclude(team__in=run).values("user")
    rows = Membership.objects.filter(pk__in=[row.pk for row in members]).exclude(user=user)
    if settings.OIDC_ONLY:
        rows = rows.filter(user__is_break_glass=True)
    return list(rows.exclude(user__in=elsewhere).values_list("pk", flat=True))


def has_second_factor(user: User) -> bool:
    """Return whether the user has set up two-factor authentication."""
    factors = Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP)
    return bool(factors.exists())


def proves_second_factor(user: User) -> bool:
    """Return whether the user signs in with a second factor, here or at the company's provider."""
    return user.has_company_factor or has_second_factor(user)


def may_act(user: User, team: Team) -> bool:
    """Return whether the user can open the team, as far as their account decides."""
    # A second factor that the company's provider asks for isn't known here.
    return user.is_active and (settings.OIDC_TRUSTS_MFA or not lacks_second_factor(user, team))


def lacks_second_factor(user: User, team: Team) -> bool:
    """Return whether the user must set up two-factor authentication to open this team."""
    if user.is_break_glass:
        return not has_second_factor(user)
    is_required = settings.SECOND_FACTOR_REQUIRED or team.requires_second_factor
    return is_required and not proves_second_factor(user)


def list_scopes(role: str) -> list[Scope]:
    """Return the scopes of API tokens that this role may use."""
    rank = _RANKS.index(role)
    return [scope for scope, least in _SCOPE_ROLES.items() if _RANKS.index(least.value) <= rank]


def may_make_token(user: User, team: Team, scopes: Iterable[str]) -> bool:
    """Everyone can make API tokens for what they may do themselves."""
    role = role_in(user, team)
    return role is not None and may_act(user, team) and set(scopes) <= set(list_scopes(role))


def may_renew_token(user: User, token: ApiToken) -> bool:
    """Only the person whose rights the token uses gets a new secret for it."""
    return token.user_id == user.pk and role_in(user, token.team) is not None


def may_revoke_token(user: User, token: ApiToken) -> bool:
    """Allow the owner and admins: a leaked token must be revocable while its owner is away."""
    is_admin = _is_at_least(user, token.team, Membership.Role.ADMIN)
    return is_admin or may_renew_token(user, token)


def token_opens(user: User, team: Team) -> bool:
    """Return whether a token works for a user who must have two-factor authentication.

    A token's request has no session, so what the company's provider asks for isn't known here.
    """
    is_trusted = settings.OIDC_TRUSTS_MFA and not user.is_break_glass
    return is_trusted or not lacks_second_factor(user, team)
