"""The first steps of a new user: what is done, and voices to hear first."""

from dataclasses import dataclass

from django.conf import settings

from catalog.models import (
    CloneJob,
    Credential,
    Invitation,
    Membership,
    Preference,
    Team,
    User,
    Voice,
    VoiceUsage,
)
from catalog.providers.registry import all_infos

_MOST_VOICES = 3


@dataclass(frozen=True, slots=True)
class FirstSteps:
    """Which steps are done in the team, and built-in voices that can be heard, best first."""

    has_heard: bool
    has_key: bool
    has_invited: bool
    has_cloned: bool
    voices: list[Voice]
    has_built_in: bool


def shows_start(user: User) -> bool:
    """Return whether the navigation offers the first steps to the user."""
    if settings.DEMO:
        return False
    return not Preference.objects.filter(user=user, has_dismissed_start=True).exists()


def find_first_steps(user: User, team: Team) -> FirstSteps:
    """Return the state of the first steps."""
    built_in = [info.slug for info in all_infos() if info.is_built_in]
    keys = Credential.objects.visible_to(user).filter(team=team)
    voices = Voice.objects.visible_to(user)
    plays = VoiceUsage.objects.filter(voice__in=voices, play_count__gt=0)
    return FirstSteps(
        has_heard=plays.exists(),
        has_key=keys.exclude(provider__in=built_in).exists(),
        has_invited=Membership.objects.filter(team=team).exclude(user=user).exists()
        or Invitation.objects.filter(team=team).exists(),
        has_cloned=CloneJob.objects.visible_to(user).exists(),
        voices=_find_best(user, built_in),
        has_built_in=keys.filter(provider__in=built_in).exists(),
    )


def _find_best(user: User, providers: list[str]) -> list[Voice]:
    ready = (
        Voice.objects.visible_to(user)
        .shown()
        .filter(provider__in=providers, state=Voice.State.READY, kind=Voice.Kind.LIBRARY)
    )
    graded = ready.exclude(preview_url="").values_list("details", "sort_name", "pk")
    # Grades such as "A-"; a voice without one comes last.
    best = sorted(graded, key=lambda row: (str(row[0].get("Quality", "Z")), row[1], row[2]))
    pks = [pk for _, _, pk in best[:_MOST_VOICES]]
    found = Voice.objects.filter(pk__in=pks).select_related("account", "clip").in_bulk()
    return [found[pk] for pk in pks]
