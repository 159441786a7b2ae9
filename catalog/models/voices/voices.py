"""Our copy of the providers' voices, and their labels."""

from collections.abc import Collection, Iterable
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from catalog.models.credentials.key_sets import KeySet
from catalog.models.credentials.keys import ProviderAccount
from catalog.models.teams.teams import Team
from catalog.models.users import User
from catalog.providers.labels import (
    accent_label,
    language_label,
    style_label,
    use_case_label,
)
from catalog.providers.registry import get_adapter
from catalog.providers.types import ProviderInfo, SettingField


class VoiceQuerySet(models.QuerySet["Voice"]):
    """Queries for voices."""

    def visible_to(self, user: User) -> Self:
        """Keep the voices of the user's current team that they can see."""
        return self.visible_in(Team.objects.visible_to(user), user)

    def visible_in(self, own_teams: Iterable[Team], user: User) -> Self:
        """Keep the voices of accounts that the user can see, listed by a key that they may use.

        If no key is known to list a voice, its account decides.
        """
        accounts = ProviderAccount.objects.visible_in(own_teams, user).values("pk")
        hidden = KeySet.objects.hidden_from(user).values("pk")
        return self.filter(account__in=accounts).exclude(key_set__in=hidden)

    def present(self) -> Self:
        """Leave out voices that are gone at their provider."""
        return self.filter(remote_deleted_at=None)

    def shown(self) -> Self:
        """Leave out voices that the team has archived."""
        return self.filter(archived_at=None)

    def archived(self) -> Self:
        """Keep only voices that the team has archived."""
        return self.exclude(archived_at=None)

    def listed_in(
        self,
        accounts: Collection[int],
        *,
        hidden: Collection[int] = (),
        is_archived: bool = False,
        is_gone: bool = False,
    ) -> Self:
        """Keep what the list shows of some accounts, except the voices of hidden key sets.

        With ``is_gone``, that is what their providers no longer have.

        The caller decides which accounts and key sets a user can see.
        """
        rows = self.filter(account__in=sorted(accounts), remote_deleted_at__isnull=not is_gone)
        if hidden:
            rows = rows.exclude(key_set__in=sorted(hidden))
        if is_gone:
            return rows
        return rows.archived() if is_archived else rows.shown()

    def deletable(self) -> Self:
        """Keep voices that belong to the account and could be deleted at the provider."""
        return self.present().filter(is_owned=True, kind__in=Voice.OWN_KINDS)


class Voice(models.Model):
    """One voice of one provider account; the row stays when the voice is gone."""

    class Kind(models.TextChoices):
        """Where a voice comes from."""

        LIBRARY = "library", "Library"
        CLONE = "clone", "Clone"
        DESIGNED = "designed", "Designed"
        PROFESSIONAL = "professional", "Professional clone"
        COMMUNITY = "community", "Community"
        UNKNOWN = "unknown", "Unknown"

    class Gender(models.TextChoices):
        """As the provider labels it; unknown is a value of its own."""

        FEMALE = "female", "Female"
        MALE = "male", "Male"
        NEUTRAL = "neutral", "Neutral"
        UNKNOWN = "unknown", "Unknown"

    class Age(models.TextChoices):
        """As the provider labels it."""

        YOUNG = "young", "Young"
        MIDDLE_AGED = "middle_aged", "Middle-aged"
        OLD = "old", "Old"
        UNKNOWN = "unknown", "Unknown"

    class State(models.TextChoices):
        """Whether the voice can speak now."""

        READY = "ready", "Ready"
        PENDING = "pending", "Processing"
        FAILED = "failed", "Failed"
        MUTE = "mute", "Can't speak here"

    class Badge(models.TextChoices):
        """What is special about a voice; most have none."""

        LEAVING = "leaving", "Leaving soon"
        EXPIRES = "expires", "Expires"
        KEY_MISSING = "key_missing", "Key missing"
        CLONE = "clone", "Clone"
        VERIFIED = "verified", "Verified"
        NEEDS_PLAN = "needs_plan", "Needs a plan"
        NO_SOURCE = "no_source", "Unknown source"

    OWN_KINDS = (Kind.CLONE, Kind.DESIGNED, Kind.PROFESSIONAL)
    # The accounts that list the same voice, if there are several; set by what reads a list.
    account_names: tuple[str, ...] = ()
    _KIND_NAMES = {value: str(label) for value, label in Kind.choices}

    account = models.ForeignKey(ProviderAccount, on_delete=models.CASCADE, related_name="voices")
    # The keys that list it; None until a sync has determined them.
    key_set = models.ForeignKey(KeySet, null=True, on_delete=models.SET_NULL, related_name="voices")
    provider = models.CharField(max_length=40)
    remote_id = models.CharField(max_length=200)
    name = models.CharField(max_length=300)
    own_name = models.CharField(max_length=300, blank=True)
    rename_problem = models.CharField(max_length=300, blank=True)
    # The team's own labels, which replace the provider's: our facets and values.
    own_labels = models.JSONField(default=dict)
    archived_at = models.DateTimeField(null=True)
    # Who is responsible for it, if an admin named someone and no job made it here.
    responsible = models.ForeignKey(
        User, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    # A preview that we generated because the provider has none.
    has_generated_preview = models.BooleanField(default=False)
    sort_name = models.CharField(max_length=100)
    description = models.TextField(blank=True)
    kind = models.CharField(max_length=14, choices=Kind.choices, default=Kind.UNKNOWN)
    gender = models.CharField(max_length=8, choices=Gender.choices, default=Gender.UNKNOWN)
    age = models.CharField(max_length=12, choices=Age.choices, default=Age.UNKNOWN)
    accent = models.CharField(max_length=60, default="unknown")
    language = models.CharField(max_length=20, default="unknown")
    state = models.CharField(max_length=8, choices=State.choices, default=State.READY)
    state_note = models.CharField(max_length=200, blank=True)
    # Owned voices may be deleted and changed, editable ones only changed.
    is_owned = models.BooleanField(default=False)
    is_editable = models.BooleanField(default=False)
    is_verified = models.BooleanField(default=False)
    plan_note = models.CharField(max_length=120, blank=True)
    ends_at = models.DateTimeField(null=True)
    end_note = models.CharField(max_length=200, blank=True)
    preview_url = models.TextField(blank=True)
    preview_sample_id = models.CharField(max_length=200, blank=True)
    raw_labels = models.JSONField(default=dict)
    details = models.JSONField(default=dict)
    problem = models.CharField(max_length=300, blank=True)
    marker = models.CharField(max_length=80, blank=True)
    # Normalized search terms, separated by spaces: from the name, id, labels, and description.
    name_words = models.TextField(blank=True)
    id_words = models.TextField(blank=True)
    label_words = models.TextField(blank=True)
    search_text = models.TextField(blank=True)
    # The same for the team's tags and notes, in a column that a sync doesn't overwrite.
    team_text = models.TextField(blank=True)
    content_hash = models.CharField(max_length=64, blank=True)
    source_mark = models.CharField(max_length=32, blank=True)  # of the provider's raw data
    remote_created_at = models.DateTimeField(null=True)
    added_at = models.DateTimeField()
    changed_at = models.DateTimeField()
    remote_deleted_at = models.DateTimeField(null=True)
    gone_reason = models.CharField(max_length=200, blank=True)
    version = models.BigIntegerField(default=0)

    objects = VoiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account", "remote_id"], name="one_row_per_voice")
        ]
        indexes = [
            models.Index(
                fields=["account", "remote_deleted_at", "sort_name"], name="voice_by_account_name"
            ),
            models.Index(fields=["account", "version"], name="voice_by_account_version"),
            models.Index(fields=["account", "changed_at"], name="voice_by_account_change"),
            models.Index(fields=["marker"], name="voice_by_marker", condition=~Q(marker="")),
            models.Index(
                fields=["account", "remote_deleted_at"],
                name="voice_archived",
                condition=Q(archived_at__isnull=False),
            ),
            models.Index(
                fields=["responsible"],
                name="voice_by_keeper",
                condition=Q(responsible__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.shown_name

    @property
    def shown_name(self) -> str:
        """The team's own name if there is one, otherwise the provider's."""
        return self.own_name or self.name

    @property
    def full_name(self) -> str:
        """The provider and the name, which name a file of the voice's speech."""
        return f"{self.info.label} – {self.shown_name}"

    @property
    def is_renamable_there(self) -> bool:
        """Return whether the voice can be renamed at the provider."""
        may_change = self.is_owned or self.is_editable
        return may_change and not self.is_gone and self.info.can_rename

    @property
    def is_archived(self) -> bool:
        """Return whether the team has archived it."""
        return self.archived_at is not None

    @property
    def info(self) -> ProviderInfo:
        """The provider's description and abilities."""
        return get_adapter(self.provider).info

    @property
    def is_gone(self) -> bool:
        """Return whether the voice no longer exists at its provider."""
        return self.remote_deleted_at is not None

    @property
    def is_pending(self) -> bool:
        """Return whether the provider is still making it."""
        return self.state == self.State.PENDING

    @property
    def is_failed(self) -> bool:
        """Return whether the provider failed to make it."""
        return self.state == self.State.FAILED

    @property
    def can_play(self) -> bool:
        """Return whether there is a preview that costs nothing to play."""
        has_any = self.has_own_preview or self.has_generated_preview
        return has_any and not self.is_gone

    @property
    def has_own_preview(self) -> bool:
        """Return whether its provider has a preview of it."""
        return bool(self.preview_url or self.preview_sample_id)

    @property
    def is_preview_generated(self) -> bool:
        """Return whether its preview was generated by us."""
        return self.has_generated_preview and not self.has_own_preview

    @property
    def is_mute(self) -> bool:
        """Return whether something that it needs in order to speak is missing here."""
        return self.state == self.State.MUTE

    @property
    def can_speak(self) -> bool:
        """Return whether it can synthesize a text now."""
        is_there = not self.is_gone and self.state == self.State.READY
        return is_there and self.info.can_speak

    @property
    def speech_fields(self) -> tuple[SettingField, ...]:
        """The settings that a synthesis can use."""
        return self.info.speech_fields(self.details)

    @property
    def is_deletable(self) -> bool:
        """Return whether we can delete it at the provider."""
        own = self.is_owned and self.kind in self.OWN_KINDS
        return own and not self.is_gone and self.info.can_delete

    @property
    def is_removable(self) -> bool:
        """Return whether a cleanup can delete it, or at least hide it here."""
        own = self.is_owned and self.kind in self.OWN_KINDS and not self.is_gone
        return own and (self.info.can_delete or not self.is_archived)

    @property
    def shown_details(self) -> dict[str, object]:
        """The provider-specific details, except settings, which are shown elsewhere."""
        return {name: value for name, value in self.details.items() if name != "settings"}

    @property
    def kind_name(self) -> str:
        """The kind as text."""
        return self._KIND_NAMES[self.kind]

    @property
    def language_name(self) -> str:
        """The main language as text, "" if unknown."""
        return "" if self.language == "unknown" else language_label(self.language)

    @property
    def accent_name(self) -> str:
        """The accent as text, "" if unknown."""
        return "" if self.accent == "unknown" else accent_label(self.accent)

    @property
    def language_words(self) -> list[str]:
        """All languages as text, [] if unknown."""
        values = self.values_of("language")
        return [language_label(value) for value in values if value != "unknown"]

    @property
    def use_case_words(self) -> list[str]:
        """All use cases as text, [] if unknown."""
        values = self.values_of("use_case")
        return [use_case_label(value) for value in values if value != "unknown"]

    @property
    def style_words(self) -> list[str]:
        """All styles as text."""
        return [style_label(value) for value in self.values_of("style")]

    def values_of(self, facet: str) -> list[str]:
        """Return the values of one facet from the labels already loaded."""
        return [value for each, value in self.label_pairs if each == facet]

    @cached_property
    def label_pairs(self) -> list[tuple[str, str]]:
        """Facet and value of each label, in the provider's order, the main one first."""
        rows = sorted(self.labels.all(), key=lambda label: label.pk)
        return [(label.facet, label.value) for label in rows]


class VoiceLabel(models.Model):
    """One value of a facet that can have several, such as languages, styles, and badges."""

    class Facet(models.TextChoices):
        """The facets that can have more than one value per voice."""

        LANGUAGE = "language", "Language"
        FAMILY = "family", "Language family"
        USE_CASE = "use_case", "Use case"
        STYLE = "style", "Style"
        BADGE = "badge", "Badge"
        # The same library voice in several accounts has the same value.
        TWIN = "twin", "Twin"

    # What follows from more than the voice itself; workers keep it up to date.
    RELATED_FACETS = (Facet.BADGE, Facet.TWIN)

    voice = models.ForeignKey(Voice, on_delete=models.CASCADE, related_name="labels")
    facet = models.CharField(max_length=10, choices=Facet.choices)
    value = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facet", "value", "voice"], name="one_label_per_voice_and_value"
            )
        ]

    def __str__(self) -> str:
        return f"{self.facet}: {self.value}"
