"""Tables, constraints, and the querysets that limit what a user can see."""

from catalog.models.annotations import Note, Rating, Star, Tag, TagUse
from catalog.models.audit import AuditEntry, AuditHead
from catalog.models.budgets import Budget, BudgetNotice
from catalog.models.bundles import BundledClone, BundledVoice, BundleImport
from catalog.models.charges import Charge
from catalog.models.cleanups.keeps import Keep
from catalog.models.cleanups.plans import CleanupPlan, PlannedDeletion
from catalog.models.cleanups.protections import Protection
from catalog.models.cleanups.rules import CleanupRules
from catalog.models.clones.batches import CloneBatch, CloneSource
from catalog.models.clones.jobs import CloneJob
from catalog.models.collections import Collection, CollectionEntry
from catalog.models.comparisons import ComparedVoice, Comparison, Vote
from catalog.models.consents import Consent, ConsentRequest
from catalog.models.credentials.end_hooks import EndHook, HookDelivery
from catalog.models.credentials.key_sets import KeySet, ListingKey
from catalog.models.credentials.keys import Credential, ProviderAccount
from catalog.models.credentials.replacements import CredentialReplacement
from catalog.models.evacuations.notices import EndNotice, EndReminder
from catalog.models.evacuations.plans import Evacuation, EvacuationChange, EvacuationLine
from catalog.models.health import Heartbeat, Host, ProviderCall, Tick
from catalog.models.installation import Installation
from catalog.models.mail import Mail
from catalog.models.notifications import Notification, NotificationChoice
from catalog.models.preferences import Preference
from catalog.models.previews import PreviewClip
from catalog.models.samples.reports import SampleReport
from catalog.models.samples.samples import Sample
from catalog.models.searches import IndexFile, SavedSearch, Selection
from catalog.models.shares import Share, ShareVote
from catalog.models.similarity import ClipSimilarity, SoundQuery, VoiceEmbedding
from catalog.models.speakers import Speaker
from catalog.models.syncs import SyncRun
from catalog.models.syntheses import Synthesis, SynthesizedClip
from catalog.models.teams.links import Invitation, PasswordLink, SetupLink
from catalog.models.teams.policies import ConsentLevel, TeamPolicy
from catalog.models.teams.teams import Membership, Team
from catalog.models.tokens import ApiAnswer, ApiToken
from catalog.models.twins import TwinPair, TwinSearch
from catalog.models.usage import VoiceUsage
from catalog.models.users import User
from catalog.models.voices.changes import VoiceChange
from catalog.models.voices.settings import VoiceSettings
from catalog.models.voices.versions import CatalogVersion, UserVersion
from catalog.models.voices.voices import Voice, VoiceLabel
from catalog.models.withdrawals import Erasure, Withdrawal

__all__ = [
    "ApiAnswer",
    "ApiToken",
    "AuditEntry",
    "AuditHead",
    "Budget",
    "BudgetNotice",
    "BundleImport",
    "BundledClone",
    "BundledVoice",
    "CatalogVersion",
    "Charge",
    "CleanupPlan",
    "CleanupRules",
    "ClipSimilarity",
    "CloneBatch",
    "CloneJob",
    "CloneSource",
    "Collection",
    "CollectionEntry",
    "ComparedVoice",
    "Comparison",
    "Consent",
    "ConsentLevel",
    "ConsentRequest",
    "Credential",
    "CredentialReplacement",
    "EndHook",
    "EndNotice",
    "EndReminder",
    "Erasure",
    "Evacuation",
    "EvacuationChange",
    "EvacuationLine",
    "Heartbeat",
    "HookDelivery",
    "Host",
    "IndexFile",
    "Installation",
    "Invitation",
    "Keep",
    "KeySet",
    "ListingKey",
    "Mail",
    "Membership",
    "Note",
    "Notification",
    "NotificationChoice",
    "PasswordLink",
    "PlannedDeletion",
    "Preference",
    "PreviewClip",
    "Protection",
    "ProviderAccount",
    "ProviderCall",
    "Rating",
    "Sample",
    "SampleReport",
    "SavedSearch",
    "Selection",
    "SetupLink",
    "Share",
    "ShareVote",
    "SoundQuery",
    "Speaker",
    "Star",
    "SyncRun",
    "Synthesis",
    "SynthesizedClip",
    "Tag",
    "TagUse",
    "Team",
    "TeamPolicy",
    "Tick",
    "TwinPair",
    "TwinSearch",
    "User",
    "UserVersion",
    "Voice",
    "VoiceChange",
    "VoiceEmbedding",
    "VoiceLabel",
    "VoiceSettings",
    "VoiceUsage",
    "Vote",
    "Withdrawal",
]
