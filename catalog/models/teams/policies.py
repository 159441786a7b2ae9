"""What a team allows: providers, languages, the consent it needs, and how long files are kept."""

from typing import Self

from django.db import models

from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.providers.languages import LANGUAGES
from catalog.providers.types import ProviderInfo


class ConsentLevel(models.IntegerChoices):
    """How much stands behind a consent; each level includes those before it."""

    ATTESTED = 1, "Someone in the team attests it"
    PROOF = 2, "With a signed document or a recording as proof"
    SPOKEN = 3, "Spoken by the speaker and checked"


class TeamPolicyQuerySet(models.QuerySet["TeamPolicy"]):
    """Queries for policies."""

    def visible_to(self, user: User) -> Self:
        """Keep the policy of the user's current team."""
        return self.filter(team__in=Team.objects.visible_to(user))

    def of(self, team_id: int) -> "TeamPolicy":
        """Return the policy of a team; one that was never set allows everything."""
        return self.filter(team=team_id).first() or TeamPolicy(team_id=team_id)


class TeamPolicy(models.Model):
    """The rules of one team; its methods return why something is forbidden, "" if it isn't.

    ``languages`` are BCP 47 tags: "en" includes every region, "en-GB" only one. Without any, all
    are allowed. Samples and clips are kept for ``sample_days`` and ``clip_days``, None means
    until someone deletes them.
    """

    team = models.OneToOneField(
        Team, primary_key=True, on_delete=models.CASCADE, related_name="policy"
    )
    blocked_providers: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    languages: "models.JSONField[list[str], list[str]]" = models.JSONField(default=list)
    consent_level = models.PositiveSmallIntegerField(
        choices=ConsentLevel.choices, default=ConsentLevel.ATTESTED
    )
    sample_days = models.PositiveIntegerField(null=True)
    # Whether also samples go that a living voice was made from.
    drops_used_samples = models.BooleanField(default=False)
    clip_days = models.PositiveIntegerField(null=True)

    objects = TeamPolicyQuerySet.as_manager()

    def __str__(self) -> str:
        return f"Policy of {self.team}"

    def forbid_provider(self, info: ProviderInfo) -> str:
        """Return why the provider can't be used."""
        if info.slug not in self.blocked_providers:
            return ""
        return f"Your team doesn't allow {info.label}. Admins decide that on Team, Policies."

    def forbid_language(self, tag: str) -> str:
        """Return why a voice of this language can't be used; an unknown language can."""
        language, _, region = tag.partition("-")
        if not self.languages or language not in LANGUAGES:
            return ""
        if {language, tag} & set(self.languages):
            return ""
        if not region and any(each.startswith(f"{language}-") for each in self.languages):
            return ""  # its region isn't known
        return (
            f"Your team doesn't allow voices in {LANGUAGES[language]}"
            f"{f' ({region})' if region else ''}. Admins decide that on Team, Policies."
        )

    def forbid_voice(self, info: ProviderInfo, language: str) -> str:
        """Return why nothing may be generated with a voice."""
        return self.forbid_provider(info) or self.forbid_language(language)

    def forbid_consent(self, level: int) -> str:
        """Return why a consent isn't enough for a clone."""
        if level >= self.consent_level:
            return ""
        if self.consent_level == ConsentLevel.PROOF:
            return "Consent needed: your team needs a signed document or a recording as proof."
        return "Consent needed: your team needs the speaker's own words, spoken and checked."
