"""The tables, their constraints and the querysets that decide what a person may see."""

from catalog.models.accounts import Invitation, Membership, PasswordLink, SetupLink, Team, User
from catalog.models.annotations import Note, Rating, Star, Tag, TagUse
from catalog.models.audit import AuditEntry, AuditHead
from catalog.models.cleanups import CleanupPlan, PlannedDeletion
from catalog.models.clones import CloneJob, Consent, Sample
from catalog.models.collections import Collection, CollectionEntry
from catalog.models.comparisons import ComparedVoice, Comparison, Vote
from catalog.models.credentials import Credential, ProviderAccount
from catalog.models.installations import Installation
from catalog.models.likenesses import SoundQuery, VoiceEmbedding
from catalog.models.preferences import Preference
from catalog.models.reports import SampleReport
from catalog.models.searches import SavedSearch, Selection
from catalog.models.speeches import Speech, SpokenClip
from catalog.models.syncs import SyncRun
from catalog.models.versions import CatalogVersion
from catalog.models.voice_settings import VoiceSettings
from catalog.models.voices import PreviewClip, Voice, VoiceLabel

__all__ = [
    "AuditEntry",
    "AuditHead",
    "CatalogVersion",
    "CleanupPlan",
    "CloneJob",
    "Collection",
    "CollectionEntry",
    "ComparedVoice",
    "Comparison",
    "Consent",
    "Credential",
    "Installation",
    "Invitation",
    "Membership",
    "Note",
    "PasswordLink",
    "PlannedDeletion",
    "Preference",
    "PreviewClip",
    "ProviderAccount",
    "Rating",
    "Sample",
    "SampleReport",
    "SavedSearch",
    "Selection",
    "SetupLink",
    "SoundQuery",
    "Speech",
    "SpokenClip",
    "Star",
    "SyncRun",
    "Tag",
    "TagUse",
    "Team",
    "User",
    "Voice",
    "VoiceEmbedding",
    "VoiceLabel",
    "VoiceSettings",
    "Vote",
]
