"""All URLs; names are a noun and a verb."""

from django.urls import include, path, register_converter
from django.urls.converters import StringConverter
from django.views.generic import RedirectView

from catalog.api import docs
from catalog.api.routes import list_routes
from catalog.views import (
    annotations,
    audit,
    bundles,
    charges,
    credentials,
    installation,
    notifications,
    preferences,
    samples,
    searches,
    selections,
    similarity,
    speakers,
    syntheses,
    tokens,
    twins,
    withdrawals,
)
from catalog.views.accounts import accounts, owners
from catalog.views.cleanups import expiry, keep, plans, rules, stale
from catalog.views.clones import create as clones
from catalog.views.clones import jobs
from catalog.views.collections import add, collections
from catalog.views.comparisons import comparisons, tray
from catalog.views.consents import requests as consents
from catalog.views.consents import speak
from catalog.views.evacuations import hooks
from catalog.views.evacuations import plans as evacuations
from catalog.views.health import health, probes
from catalog.views.sessions import sessions
from catalog.views.shares import outside, shares
from catalog.views.teams import invitations, members, policies
from catalog.views.users import password_links, profile, start
from catalog.views.voices import settings, voices


class _RowNumber(StringConverter):
    """A row's id, short enough for every database."""

    regex = "[0-9]{1,18}"

    def to_python(self, value: str) -> int:  # type: ignore[override]
        """Return the id."""
        return int(value)


register_converter(_RowNumber, "row")

# Addresses of earlier versions that people may have saved, and the names of what they lead to.
_MOVED = {
    "alike/": "similar-create",
    "alike/<uuid:pk>/": "similar-detail",
    "voices/<row:pk>/alike/": "voice-similar",
    "notices/": "notification-list",
    "cleanup/ends/": "expiry-list",
}

app_name = "catalog"
_API = [path(route, view, name=name) for route, view, name in list_routes()]
urlpatterns = [
    path("api/docs/", docs.api_docs, name="api-docs"),
    path("api/problems/<slug:slug>", docs.api_problem, name="api-problem"),
    path("api/v1/openapi.json", docs.api_schema, name="api-schema"),
    path("api/v1/", include((_API, "api"))),
    path("", voices.home, name="home"),
    path("livez", probes.live, name="live"),
    path("readyz", probes.ready, name="ready"),
    path("healthz", probes.ready, name="health"),
    path(".well-known/security.txt", installation.security_contact, name="security-contact"),
    path(".well-known/voiceboard-receipts.pem", speak.signing_key, name="signing-key"),
    path("setup/<str:token>/", profile.setup, name="setup"),
    path("start/", start.start_detail, name="start-detail"),
    path("you/", profile.account_detail, name="account-detail"),
    path("you/sessions/", sessions.session_list, name="session-list"),
    path("you/sessions/others/end/", sessions.session_end_others, name="session-end-others"),
    path("you/sessions/<row:pk>/end/", sessions.session_end, name="session-end"),
    path("you/tokens/", tokens.token_list, name="token-list"),
    path("you/tokens/add/", tokens.token_create, name="token-create"),
    path("you/tokens/<row:pk>/renew/", tokens.token_renew, name="token-renew"),
    path("you/tokens/<row:pk>/revoke/", tokens.token_revoke, name="token-revoke"),
    path("password/<str:token>/", password_links.password_by_link, name="password-by-link"),
    path("preferences/region/", profile.region_set, name="region-set"),
    path("preferences/theme/", profile.theme_set, name="theme-set"),
    path("voices/", voices.voice_list, name="voice-list"),
    path("voices/<row:pk>/", voices.voice_detail, name="voice-detail"),
    path("voices/<row:pk>/preview/", voices.voice_preview, name="voice-preview"),
    path("voices/<row:pk>/played/", voices.voice_played, name="voice-played"),
    path("voices/<row:pk>/rename/", voices.voice_rename, name="voice-rename"),
    path("voices/<row:pk>/relabel/", voices.voice_relabel, name="voice-relabel"),
    path("voices/<row:pk>/archive/", voices.voice_archive, name="voice-archive"),
    path("voices/<row:pk>/unarchive/", voices.voice_unarchive, name="voice-unarchive"),
    path("voices/<row:pk>/protect/", keep.voice_protect, name="voice-protect"),
    path("voices/<row:pk>/unprotect/", keep.voice_unprotect, name="voice-unprotect"),
    path("voices/<row:pk>/keep/", keep.keep_change, name="keep-change"),
    path("voices/<row:pk>/keep/end/", keep.keep_end, name="keep-end"),
    path("voices/<row:pk>/owner/", owners.voice_owner, name="voice-owner"),
    path("voices/<row:pk>/star/", annotations.voice_star, name="voice-star"),
    path("voices/<row:pk>/tags/", annotations.voice_tag, name="voice-tag"),
    path("voices/<row:pk>/tags/<row:tag_pk>/remove/", annotations.voice_untag, name="voice-untag"),
    path("voices/<row:pk>/rating/", annotations.voice_rate, name="voice-rate"),
    path("voices/<row:pk>/notes/", annotations.note_create, name="note-create"),
    path("notes/<row:pk>/", annotations.note_change, name="note-change"),
    path("notes/<row:pk>/remove/", annotations.note_remove, name="note-remove"),
    path("notes/<row:pk>/restore/", annotations.note_restore, name="note-restore"),
    path("voices/<row:pk>/settings/", settings.voice_settings, name="voice-settings"),
    path(
        "voices/<row:pk>/settings/read/",
        settings.voice_settings_read,
        name="voice-settings-read",
    ),
    path(
        "voices/<row:pk>/settings/reset/",
        settings.voice_settings_reset,
        name="voice-settings-reset",
    ),
    path("voices/<row:pk>/collections/", add.voice_collect, name="voice-collect"),
    path(
        "voices/<row:pk>/collections/<row:collection_pk>/remove/",
        add.voice_uncollect,
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
    path("selections/<row:pk>/untag/", selections.selection_untag, name="selection-untag"),
    path("selections/<row:pk>/rate/", selections.selection_rate, name="selection-rate"),
    path("selections/<row:pk>/relabel/", selections.selection_relabel, name="selection-relabel"),
    path("selections/<row:pk>/protect/", selections.selection_protect, name="selection-protect"),
    path(
        "selections/<row:pk>/unprotect/", selections.selection_unprotect, name="selection-unprotect"
    ),
    path("selections/<row:pk>/owner/", selections.selection_owner, name="selection-owner"),
    path("selections/<row:pk>/compare/", selections.selection_compare, name="selection-compare"),
    path("selections/<row:pk>/undo/", selections.selection_undo, name="selection-undo"),
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
    path("voices/<row:pk>/speak/", syntheses.voice_syntheses, name="voice-syntheses"),
    path(
        "voices/<row:pk>/speak/estimate/", syntheses.synthesis_estimate, name="synthesis-estimate"
    ),
    path("voices/<row:pk>/speak/preview/", syntheses.preview_generate, name="preview-generate"),
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
    path("tray/<row:pk>/", tray.tray_toggle, name="tray-toggle"),
    path("tray/clear/", tray.tray_clear, name="tray-clear"),
    path("syntheses/<uuid:pk>/audio/", syntheses.synthesis_audio, name="synthesis-audio"),
    path("syntheses/<uuid:pk>/cancel/", syntheses.synthesis_cancel, name="synthesis-cancel"),
    path("syntheses/<uuid:pk>/remove/", syntheses.synthesis_remove, name="synthesis-remove"),
    path("voices/<row:pk>/similar/", similarity.voice_similar, name="voice-similar"),
    path("voices/<row:pk>/listen/", similarity.voice_listen, name="voice-listen"),
    path("similar/", similarity.similar_create, name="similar-create"),
    path("similar/analysis/", similarity.analysis_detail, name="analysis-detail"),
    path("similar/<uuid:pk>/", similarity.similar_detail, name="similar-detail"),
    path("clone/", clones.clone_create, name="clone-create"),
    path("clone/targets/", clones.clone_targets, name="clone-targets"),
    path("clone/speaker/", clones.clone_speaker, name="clone-speaker"),
    path("jobs/", jobs.job_list, name="job-list"),
    path("jobs/<uuid:pk>/", jobs.job_detail, name="job-detail"),
    path("jobs/<uuid:pk>/cancel/", jobs.job_cancel, name="job-cancel"),
    path("jobs/<uuid:pk>/retry/", jobs.job_retry, name="job-retry"),
    path("jobs/<uuid:pk>/reconcile/", jobs.job_reconcile, name="job-reconcile"),
    path("jobs/<uuid:pk>/proof/", jobs.job_proof, name="job-proof"),
    path("jobs/<uuid:pk>/sound/", jobs.job_sound, name="job-sound"),
    path("consents/", consents.consent_list, name="consent-list"),
    path("consents/ask/", consents.consent_create, name="consent-create"),
    path("consents/<uuid:pk>/", consents.consent_detail, name="consent-detail"),
    path("consents/<uuid:pk>/link/", consents.consent_renew, name="consent-renew"),
    path("consents/<uuid:pk>/cancel/", consents.consent_cancel, name="consent-cancel"),
    path("consents/<uuid:pk>/record/", consents.consent_record, name="consent-record"),
    path("consents/<uuid:pk>/decide/", consents.consent_decide, name="consent-decide"),
    path("consents/<uuid:pk>/recording/", consents.consent_recording, name="consent-recording"),
    path("consents/<uuid:pk>/receipt/", consents.consent_receipt, name="consent-receipt"),
    path("agree/<str:token>/", speak.consent_speak, name="consent-speak"),
    path("agreed/<str:token>/", speak.consent_given, name="consent-given"),
    path("agreed/<str:token>/receipt/", speak.consent_given_receipt, name="consent-given-receipt"),
    path("speakers/", speakers.speaker_list, name="speaker-list"),
    path("speakers/<row:pk>/", speakers.speaker_detail, name="speaker-detail"),
    path("speakers/<row:pk>/merge/", speakers.speaker_merge, name="speaker-merge"),
    path("speakers/<row:pk>/split/", speakers.speaker_split, name="speaker-split"),
    path(
        "speakers/<row:pk>/consents/<row:consent_pk>/delete/",
        speakers.consent_erase,
        name="consent-erase",
    ),
    path("samples/<uuid:pk>/delete/", speakers.sample_erase, name="sample-erase"),
    path("speakers/<row:pk>/withdraw/", withdrawals.withdrawal_create, name="withdrawal-create"),
    path("withdrawals/<row:pk>/", withdrawals.withdrawal_detail, name="withdrawal-detail"),
    path(
        "withdrawals/<row:pk>/approve/", withdrawals.withdrawal_approve, name="withdrawal-approve"
    ),
    path("withdrawals/<row:pk>/cancel/", withdrawals.withdrawal_cancel, name="withdrawal-cancel"),
    path("withdrawals/<row:pk>/retry/", withdrawals.withdrawal_retry, name="withdrawal-retry"),
    path(
        "withdrawals/<row:pk>/copies/<uuid:erasure_pk>/retry/",
        withdrawals.erasure_retry,
        name="erasure-retry",
    ),
    path("withdrawals/<row:pk>/report.json", withdrawals.withdrawal_report, name="withdrawal-json"),
    path("notifications/", notifications.notification_list, name="notification-list"),
    path("notifications/bell/", notifications.notification_bell, name="notification-bell"),
    path("speakers/import/", bundles.bundle_create, name="bundle-create"),
    path("speakers/import/<uuid:pk>/", bundles.bundle_detail, name="bundle-detail"),
    path("speakers/import/<uuid:pk>/drop/", bundles.bundle_drop, name="bundle-drop"),
    path("speakers/<row:pk>/export/", bundles.speaker_export, name="speaker-export"),
    path("collections/<row:pk>/export/", bundles.collection_export, name="collection-export"),
    path("collections/<row:pk>/bundled/", bundles.bundled_match, name="bundled-match"),
    path(
        "collections/<row:pk>/bundled/<row:bundled_pk>/drop/",
        bundles.bundled_drop,
        name="bundled-drop",
    ),
    path("shares/", shares.share_list, name="share-list"),
    path("shares/<row:pk>/", shares.share_detail, name="share-detail"),
    path("shares/<row:pk>/revoke/", shares.share_revoke, name="share-revoke"),
    path("collections/<row:pk>/links/", shares.collection_share, name="collection-share"),
    path("compare/<uuid:pk>/links/", shares.comparison_share, name="comparison-share"),
    path("s/<str:token>/", outside.share_open, name="share-open"),
    path("s/<str:token>/vote/", outside.share_vote, name="share-vote"),
    path("s/<str:token>/<str:key>/audio/", outside.share_audio, name="share-audio"),
    path(
        "notifications/settings/", notifications.notification_settings, name="notification-settings"
    ),
    path("notifications/read/", notifications.notifications_read, name="notifications-read"),
    path("notifications/<row:pk>/open/", notifications.notification_open, name="notification-open"),
    path("health/", health.health_detail, name="health-detail"),
    path("samples/", samples.sample_create, name="sample-create"),
    path("samples/<uuid:pk>/", samples.sample_detail, name="sample-detail"),
    path("samples/<uuid:pk>/row/", samples.sample_row, name="sample-row"),
    path("samples/<uuid:pk>/clean/", samples.sample_clean, name="sample-clean"),
    path("samples/<uuid:pk>/verdict/", samples.sample_verdict, name="sample-verdict"),
    path("samples/<uuid:pk>/audio/", samples.sample_audio, name="sample-audio"),
    path("keys/", credentials.credential_list, name="credential-list"),
    path("keys/add/", credentials.credential_add, name="credential-add"),
    path("keys/<uuid:pk>/", credentials.credential_row, name="credential-detail"),
    path("keys/<uuid:pk>/replace/", credentials.credential_replace, name="credential-replace"),
    path(
        "keys/<uuid:pk>/replace/confirm/", credentials.credential_confirm, name="credential-confirm"
    ),
    path(
        "keys/<uuid:pk>/replace/cancel/",
        credentials.credential_replace_cancel,
        name="credential-replace-cancel",
    ),
    path("keys/<uuid:pk>/rename/", credentials.credential_rename, name="credential-rename"),
    path("keys/<uuid:pk>/check/", credentials.credential_recheck, name="credential-recheck"),
    path("keys/<uuid:pk>/share/", credentials.credential_share, name="credential-share"),
    path("keys/<uuid:pk>/switch/", credentials.credential_switch, name="credential-switch"),
    path("keys/<uuid:pk>/remove/", credentials.credential_remove, name="credential-remove"),
    path("accounts/", accounts.account_list, name="account-list"),
    path("accounts/<row:pk>/sync/", accounts.account_sync, name="account-sync"),
    path("accounts/<row:pk>/owner/", owners.account_owner, name="account-owner"),
    path("team/", members.member_list, name="member-list"),
    path("team/people/<row:pk>/role/", members.member_role, name="member-role"),
    path("team/people/<row:pk>/password/", members.member_password, name="member-password"),
    path("team/people/<row:pk>/suspend/", members.member_suspend, name="member-suspend"),
    path("team/people/<row:pk>/remove/", members.member_remove, name="member-remove"),
    path("team/invitations/", invitations.invitation_create, name="invitation-create"),
    path(
        "team/invitations/<row:pk>/withdraw/",
        invitations.invitation_withdraw,
        name="invitation-withdraw",
    ),
    path(
        "team/password-links/<row:pk>/withdraw/",
        members.password_link_withdraw,
        name="password-link-withdraw",
    ),
    path("team/spending/", charges.charge_list, name="charge-list"),
    path("team/spending/export/", charges.charge_export, name="charge-export"),
    path("team/spending/<row:pk>/settle/", charges.charge_settle, name="charge-settle"),
    path("team/limits/", charges.budget_set, name="budget-set"),
    path("team/policies/", policies.team_policies, name="team-policies"),
    path("team/log/", audit.audit_list, name="audit-list"),
    path("team/log/export/", audit.audit_export, name="audit-export"),
    path("teams/", members.team_create, name="team-create"),
    path("teams/<row:pk>/rename/", members.team_rename, name="team-rename"),
    path(
        "teams/<row:pk>/two-factor/",
        members.team_require_two_factor,
        name="team-require-two-factor",
    ),
    path("teams/<row:pk>/first-speech/", members.team_first_speech, name="team-first-speech"),
    path("teams/<row:pk>/choose/", members.team_choose, name="team-choose"),
    path("join/<str:token>/", invitations.invitation_join, name="invitation-join"),
    path("cleanup/", stale.cleanup_list, name="cleanup-list"),
    path("cleanup/rules/", rules.cleanup_rules, name="cleanup-rules"),
    path("cleanup/yours/", keep.keep_list, name="keep-list"),
    path("cleanup/duplicates/", twins.twin_list, name="twin-list"),
    path("cleanup/duplicates/<row:pk>/merge/", twins.twin_merge, name="twin-merge"),
    path("cleanup/duplicates/<row:pk>/different/", twins.twin_split, name="twin-split"),
    path("cleanup/duplicates/<row:pk>/undo/", twins.twin_undo, name="twin-undo"),
    path("cleanup/keep/<str:token>/", keep.plan_keep, name="plan-keep"),
    path("cleanup/yours/<uuid:pk>/keep/", keep.voice_keep, name="voice-keep"),
    path("cleanup/expiry/", expiry.expiry_list, name="expiry-list"),
    path("cleanup/expiry/announce/", expiry.end_announce, name="end-announce"),
    path("cleanup/expiry/<row:pk>/withdraw/", expiry.end_withdraw, name="end-withdraw"),
    path("hooks/<uuid:pk>/", hooks.hook_receive, name="hook-receive"),
    path("accounts/<row:pk>/notices/", hooks.hook_change, name="hook-change"),
    path("accounts/<row:pk>/notices/remove/", hooks.hook_remove, name="hook-remove"),
    path("replacements/", evacuations.evacuation_list, name="evacuation-list"),
    path("replacements/add/", evacuations.evacuation_create, name="evacuation-create"),
    path("replacements/<uuid:pk>/", evacuations.evacuation_detail, name="evacuation-detail"),
    path("replacements/<uuid:pk>/choose/", evacuations.evacuation_choose, name="evacuation-choose"),
    path("replacements/<uuid:pk>/start/", evacuations.evacuation_start, name="evacuation-start"),
    path(
        "replacements/<uuid:pk>/approve/", evacuations.evacuation_approve, name="evacuation-approve"
    ),
    path("replacements/<uuid:pk>/cancel/", evacuations.evacuation_cancel, name="evacuation-cancel"),
    path("replacements/<uuid:pk>/undo/", evacuations.evacuation_undo, name="evacuation-undo"),
    path("cleanup/plans/", stale.plan_create, name="plan-create"),
    path("cleanup/plans/<row:pk>/", plans.plan_detail, name="plan-detail"),
    path("cleanup/plans/<row:pk>/plan.csv", plans.plan_export, {"form": "csv"}, name="plan-csv"),
    path("cleanup/plans/<row:pk>/plan.json", plans.plan_export, {"form": "json"}, name="plan-json"),
    path("cleanup/plans/<row:pk>/approve/", plans.plan_approve, name="plan-approve"),
    path("cleanup/plans/<row:pk>/call-off/", plans.plan_call_off, name="plan-call-off"),
    path("cleanup/plans/<row:pk>/retry/", plans.plan_retry, name="plan-retry"),
    path(
        "cleanup/plans/<row:pk>/lines/<uuid:line_pk>/retry/",
        plans.deletion_retry,
        name="deletion-retry",
    ),
    path(
        "cleanup/plans/<row:pk>/lines/<uuid:line_pk>/keep/",
        plans.deletion_keep,
        name="deletion-keep",
    ),
    *(
        path(address, RedirectView.as_view(pattern_name=f"catalog:{name}", query_string=True))
        for address, name in _MOVED.items()
    ),
]
