"""The tables, their constraints and the querysets that decide what a person may see."""

from catalog.models.accounts import Membership, SetupLink, Team, User
from catalog.models.audit import AuditEntry
from catalog.models.cleanups import CleanupPlan, PlannedDeletion
from catalog.models.clones import CloneJob, Consent, Sample
from catalog.models.credentials import Credential, Installation, ProviderAccount
from catalog.models.voices import PreviewClip, SyncRun, Voice, VoiceLabel

__all__ = [
    "AuditEntry",
    "CleanupPlan",
    "CloneJob",
    "Consent",
    "Credential",
    "Installation",
    "Membership",
    "PlannedDeletion",
    "PreviewClip",
    "ProviderAccount",
    "Sample",
    "SetupLink",
    "SyncRun",
    "Team",
    "User",
    "Voice",
    "VoiceLabel",
]
