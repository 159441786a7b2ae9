"""Every address; the name is noun and verb."""

from django.urls import path, register_converter
from django.urls.converters import StringConverter

from catalog.views import (
    accounts,
    annotations,
    audit,
    cleanups,
    clones,
    collecting,
    collections,
    comparisons,
    credentials,
    invitations,
    likenesses,
    members,
    preferences,
    searches,
    selections,
    speeches,
    trays,
    voice_settings,
    voices,
)


class _RowNumber(StringConverter):
    """A row's number, short enough for every database."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        """Return the number."""
        return int(value)


register_converter(_RowNumber, "row")

app_name = "catalog"
urlpatterns = [
    path("", voices.home, name="home"),
    path("healthz", accounts.health, name="health"),
    path("setup/<str:token>/", accounts.setup, name="setup"),
    path("you/", accounts.account_detail, name="account-detail"),
    path("preferences/theme/", accounts.theme_set, name="theme-set"),
    path("voices/", voices.voice_list, name="voice-list"),
    path("voices/<row:pk>/", voices.voice_detail, name="voice-detail"),
    path("voices/<row:pk>/preview/", voices.voice_preview, name="voice-preview"),
    path("voices/<row:pk>/rename/", voices.voice_rename, name="voice-rename"),
    path("voices/<row:pk>/archive/", voices.voice_archive, name="voice-archive"),
    path("voices/<row:pk>/unarchive/", voices.voice_unarchive, name="voice-unarchive"),
    path("voices/<row:pk>/star/", annotations.voice_star, name="voice-star"),
    path("voices/<row:pk>/tags/", annotations.voice_tag, name="voice-tag"),
    path("voices/<row:pk>/tags/<row:tag_pk>/remove/", annotations.voice_untag, name="voice-untag"),
    path("voices/<row:pk>/rating/", annotations.voice_rate, name="voice-rate"),
    path("voices/<row:pk>/notes/", annotations.note_create, name="note-create"),
    path("notes/<row:pk>/", annotations.note_change, name="note-change"),
    path("notes/<row:pk>/remove/", annotations.note_remove, name="note-remove"),
    path("notes/<row:pk>/restore/", annotations.note_restore, name="note-restore"),
    path("voices/<row:pk>/settings/", voice_settings.voice_settings, name="voice-settings"),
    path(
        "voices/<row:pk>/settings/read/",
        voice_settings.voice_settings_read,
        name="voice-settings-read",
    ),
    path(
        "voices/<row:pk>/settings/reset/",
        voice_settings.voice_settings_reset,
        name="voice-settings-reset",
    ),
    path("voices/<row:pk>/collections/", collecting.voice_collect, name="voice-collect"),
    path(
        "voices/<row:pk>/collections/<row:collection_pk>/remove/",
        collecting.voice_uncollect,
        name="voice-uncollect",
    ),
    path("voices/export.csv", selections.voice_export, {"form": "csv"}, name="voice-csv"),
    path("voices/export.json", selections.voice_export, {"form": "json"}, name="voice-json"),
    path("selections/", selections.selection_create, name="selection-create"),
    path("selections/<row:pk>/", selections.selection_detail, name="selection-detail"),
    path(
        "selections/<row:pk>/export.csv",
        selections.selection_export,
        {"form": "csv"},
        name="selection-csv",
    ),
    path(
        "selections/<row:pk>/export.json",
        selections.selection_export,
        {"form": "json"},
        name="selection-json",
    ),
    path("selections/<row:pk>/tag/", selections.selection_tag, name="selection-tag"),
    path("selections/<row:pk>/collect/", selections.selection_collect, name="selection-collect"),
    path("selections/<row:pk>/archive/", selections.selection_archive, name="selection-archive"),
    path(
        "selections/<row:pk>/unarchive/", selections.selection_unarchive, name="selection-unarchive"
    ),
    path("selections/<row:pk>/delete/", selections.selection_delete, name="selection-delete"),
    path("voices/new/", preferences.news_list, name="news-list"),
    path("preferences/view/", preferences.view_change, name="view-change"),
    path("visits/", preferences.visit_note, name="visit-note"),
    path("searches/", searches.search_list, name="search-list"),
    path("searches/add/", searches.search_add, name="search-add"),
    path("searches/<row:pk>/", searches.search_change, name="search-change"),
    path("searches/<row:pk>/update/", searches.search_update, name="search-update"),
    path("searches/<row:pk>/remove/", searches.search_remove, name="search-remove"),
    path("searches/<row:pk>/restore/", searches.search_restore, name="search-restore"),
    path("collections/", collections.collection_list, name="collection-list"),
    path("collections/<row:pk>/", collections.collection_detail, name="collection-detail"),
    path("collections/<row:pk>/change/", collections.collection_change, name="collection-change"),
    path("collections/<row:pk>/remove/", collections.collection_remove, name="collection-remove"),
    path(
        "collections/<row:pk>/restore/", collections.collection_restore, name="collection-restore"
    ),
    path(
        "collections/<row:pk>/entries/<row:entry_pk>/move/",
        collections.entry_move,
        name="entry-move",
    ),
    path(
        "collections/<row:pk>/entries/<row:entry_pk>/note/",
        collections.entry_note,
        name="entry-note",
    ),
    path(
        "collections/<row:pk>/voices/<row:voice_pk>/remove/",
        collections.entry_drop,
        name="entry-drop",
    ),
    path("voices/<row:pk>/speak/", speeches.voice_speeches, name="voice-speeches"),
    path("voices/<row:pk>/speak/estimate/", speeches.speech_estimate, name="speech-estimate"),
    path("voices/<row:pk>/speak/preview/", speeches.preview_generate, name="preview-generate"),
    path("compare/", comparisons.comparison_create, name="comparison-create"),
    path("compare/estimate/", comparisons.comparison_estimate, name="comparison-estimate"),
    path("compare/<uuid:pk>/", comparisons.comparison_detail, name="comparison-detail"),
    path(
        "compare/<uuid:pk>/<row:place>/audio/",
        comparisons.comparison_audio,
        name="comparison-audio",
    ),
    path("compare/<uuid:pk>/cancel/", comparisons.comparison_cancel, name="comparison-cancel"),
    path("compare/<uuid:pk>/vote/", comparisons.comparison_vote, name="comparison-vote"),
    path("compare/<uuid:pk>/close/", comparisons.votes_close, name="votes-close"),
    path("tray/<row:pk>/", trays.tray_toggle, name="tray-toggle"),
    path("tray/clear/", trays.tray_clear, name="tray-clear"),
    path("speeches/<uuid:pk>/audio/", speeches.speech_audio, name="speech-audio"),
    path("speeches/<uuid:pk>/cancel/", speeches.speech_cancel, name="speech-cancel"),
    path("voices/<row:pk>/alike/", likenesses.voice_alike, name="voice-alike"),
    path("voices/<row:pk>/listen/", likenesses.voice_listen, name="voice-listen"),
    path("alike/", likenesses.alike_create, name="alike-create"),
    path("alike/<uuid:pk>/", likenesses.alike_detail, name="alike-detail"),
    path("clone/", clones.clone_create, name="clone-create"),
    path("jobs/", clones.job_list, name="job-list"),
    path("jobs/<uuid:pk>/", clones.job_detail, name="job-detail"),
    path("samples/<uuid:pk>/audio/", clones.sample_audio, name="sample-audio"),
    path("keys/", credentials.credential_list, name="credential-list"),
    path("keys/add/", credentials.credential_add, name="credential-add"),
    path("keys/<uuid:pk>/", credentials.credential_row, name="credential-detail"),
    path("keys/<uuid:pk>/replace/", credentials.credential_replace, name="credential-replace"),
    path("keys/<uuid:pk>/check/", credentials.credential_recheck, name="credential-recheck"),
    path("keys/<uuid:pk>/share/", credentials.credential_share, name="credential-share"),
    path("keys/<uuid:pk>/switch/", credentials.credential_switch, name="credential-switch"),
    path("keys/<uuid:pk>/remove/", credentials.credential_remove, name="credential-remove"),
    path("accounts/", credentials.account_list, name="account-list"),
    path("accounts/<row:pk>/sync/", credentials.account_sync, name="account-sync"),
    path("team/", members.member_list, name="member-list"),
    path("team/people/<row:pk>/role/", members.member_role, name="member-role"),
    path("team/people/<row:pk>/remove/", members.member_remove, name="member-remove"),
    path("team/invitations/", invitations.invitation_create, name="invitation-create"),
    path(
        "team/invitations/<row:pk>/withdraw/",
        invitations.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path("team/log/", audit.audit_list, name="audit-list"),
    path("team/log/export/", audit.audit_export, name="audit-export"),
    path("teams/", members.team_create, name="team-create"),
    path("teams/<row:pk>/rename/", members.team_rename, name="team-rename"),
    path("teams/<row:pk>/choose/", members.team_choose, name="team-choose"),
    path("join/<str:token>/", invitations.invitation_join, name="invitation-join"),
    path("cleanup/", cleanups.cleanup_list, name="cleanup-list"),
    path("cleanup/plans/", cleanups.plan_create, name="plan-create"),
    path("cleanup/plans/<row:pk>/", cleanups.plan_detail, name="plan-detail"),
    path("cleanup/plans/<row:pk>/approve/", cleanups.plan_approve, name="plan-approve"),
    path(
        "cleanup/plans/<row:pk>/lines/<uuid:line_pk>/retry/",
        cleanups.deletion_retry,
        name="deletion-retry",
    ),
]
