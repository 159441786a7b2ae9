"""The tables, their constraints and the querysets that decide what a person may see."""

from catalog.models.accounts import Invitation, Membership, PasswordLink, SetupLink, Team, User
from catalog.models.annotations import Note, Rating, Star, Tag, TagUse
from catalog.models.audit import AuditEntry, AuditHead
from catalog.models.beats import Beat
from catalog.models.cleanups import CleanupPlan, PlannedDeletion
from catalog.models.clones import CloneJob
from catalog.models.collections import Collection, CollectionEntry
from catalog.models.comparisons import ComparedVoice, Comparison, Vote
from catalog.models.credentials import Credential, ProviderAccount
from catalog.models.installations import Installation
from catalog.models.keeps import Keep
from catalog.models.key_sets import KeySet, ListingKey
from catalog.models.likenesses import ClipLikeness, SoundQuery, VoiceEmbedding
from catalog.models.notices import Notice
from catalog.models.orders import CloneOrder, CloneSource
from catalog.models.preferences import Preference
from catalog.models.previews import PreviewClip
from catalog.models.protections import Protection
from catalog.models.replacements import Replacement
from catalog.models.reports import SampleReport
from catalog.models.rules import CleanupRules
from catalog.models.samples import Sample
from catalog.models.searches import SavedSearch, Selection
from catalog.models.speakers import Consent, Speaker
from catalog.models.speeches import Speech, SpokenClip
from catalog.models.syncs import SyncRun
from catalog.models.uses import VoiceUse
from catalog.models.versions import CatalogVersion
from catalog.models.voice_changes import VoiceChange
from catalog.models.voice_settings import VoiceSettings
from catalog.models.voices import Voice, VoiceLabel

__all__ = [
    "AuditEntry",
    "AuditHead",
    "Beat",
    "CatalogVersion",
    "CleanupPlan",
    "CleanupRules",
    "ClipLikeness",
    "CloneJob",
    "CloneOrder",
    "CloneSource",
    "Collection",
    "CollectionEntry",
    "ComparedVoice",
    "Comparison",
    "Consent",
    "Credential",
    "Installation",
    "Invitation",
    "Keep",
    "KeySet",
    "ListingKey",
    "Membership",
    "Note",
    "Notice",
    "PasswordLink",
    "PlannedDeletion",
    "Preference",
    "PreviewClip",
    "Protection",
    "ProviderAccount",
    "Rating",
    "Replacement",
    "Sample",
    "SampleReport",
    "SavedSearch",
    "Selection",
    "SetupLink",
    "SoundQuery",
    "Speaker",
    "Speech",
    "SpokenClip",
    "Star",
    "SyncRun",
    "Tag",
    "TagUse",
    "Team",
    "User",
    "Voice",
    "VoiceChange",
    "VoiceEmbedding",
    "VoiceLabel",
    "VoiceSettings",
    "VoiceUse",
    "Vote",
]
