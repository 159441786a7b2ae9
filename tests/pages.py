"""Every address with the answer that each person gets there."""

from typing import NamedTuple

PEOPLE = ("anonymous", "vic", "mia", "cleo", "ana", "sam")
SIGN_IN = 302


class Page(NamedTuple):
    """What a page answers: to anonymous, a viewer, a member, the admin who owns the key.

    ``ids`` names whose id stands in the address. Sam, admin of the other team, is answered as an
    admin where the address names nothing, and with 404 where it names something of Aurora's.
    """

    get: tuple[int, int, int, int]
    post: tuple[int, int, int, int]
    ids: tuple[str, ...] = ()
    is_ours: bool = True
    # What a cloner gets and posts where it is not the same as a member.
    cloner: tuple[int, int] | None = None

    def answers(self, method: str) -> dict[str, int]:
        """Return what each person is answered."""
        anonymous, vic, mia, ana = self.get if method == "GET" else self.post
        cleo = mia if self.cloner is None else self.cloner[method != "GET"]
        sam = 404 if self.ids and self.is_ours and ana != 405 else ana
        return dict(zip(PEOPLE, (anonymous, vic, mia, cleo, ana, sam), strict=True))


ALL = (SIGN_IN, 200, 200, 200)
MEMBERS = (SIGN_IN, 403, 200, 200)
ADMINS = (SIGN_IN, 403, 403, 200)
OWNER = (SIGN_IN, 403, 403, 200)
NEVER = (SIGN_IN, 405, 405, 405)
FREE, CLOSED, MISSING = (200,) * 4, (405,) * 4, (404,) * 4
TABLE = {
    "catalog:home": Page((302,) * 4, CLOSED),
    "catalog:live": Page(FREE, CLOSED),
    "catalog:ready": Page(FREE, CLOSED),
    "catalog:health": Page(FREE, CLOSED),
    "catalog:security-contact": Page(MISSING, CLOSED),
    "catalog:setup": Page(MISSING, MISSING, ids=("token",)),
    "catalog:start-detail": Page(ALL, (302,) * 4),
    "catalog:region-set": Page(NEVER, (SIGN_IN, 302, 302, 302)),
    "catalog:theme-set": Page(CLOSED, (302,) * 4),
    "catalog:account-detail": Page(ALL, NEVER),
    "catalog:session-list": Page(ALL, NEVER),
    "catalog:session-end": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("session",)),
    "catalog:session-end-others": Page(NEVER, (SIGN_IN, 302, 302, 302)),
    "catalog:token-list": Page(ALL, NEVER),
    "catalog:token-create": Page(NEVER, (SIGN_IN, 422, 422, 422)),
    "catalog:token-renew": Page(
        (SIGN_IN, 404, 404, 200), (SIGN_IN, 404, 404, 422), ids=("api_token",)
    ),
    "catalog:token-revoke": Page(
        (SIGN_IN, 404, 404, 200), (SIGN_IN, 404, 404, 302), ids=("api_token",)
    ),
    "catalog:password-by-link": Page(MISSING, MISSING, ids=("token",)),
    "catalog:voice-list": Page(ALL, NEVER),
    "catalog:voice-detail": Page(ALL, NEVER, ids=("voice",)),
    "catalog:voice-preview": Page(ALL, NEVER, ids=("voice",)),
    "catalog:voice-played": Page(NEVER, (SIGN_IN, 204, 204, 204), ids=("voice",)),
    "catalog:voice-rename": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:voice-relabel": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:voice-archive": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("voice",)),
    "catalog:voice-unarchive": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("voice",)),
    "catalog:keep-change": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("voice",)),
    "catalog:keep-end": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("voice",)),
    "catalog:voice-owner": Page(ADMINS, (SIGN_IN, 403, 403, 422), ids=("voice",)),
    "catalog:voice-star": Page(NEVER, (302,) * 4, ids=("voice",)),
    "catalog:voice-tag": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:voice-untag": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice", "tag")),
    "catalog:voice-rate": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:note-create": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:note-change": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("note",)),
    "catalog:note-remove": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("note",)),
    "catalog:note-restore": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("note",)),
    "catalog:voice-settings": Page(ALL, (SIGN_IN, 403, 422, 422), ids=("voice",)),
    "catalog:voice-settings-read": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:voice-settings-reset": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:voice-collect": Page(ALL, (SIGN_IN, 422, 422, 422), ids=("voice",)),
    "catalog:voice-uncollect": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("voice", "collection")),
    "catalog:voice-csv": Page(ALL, NEVER),
    "catalog:voice-json": Page(ALL, NEVER),
    "catalog:selection-create": Page(NEVER, (302,) * 4),
    "catalog:selection-detail": Page((SIGN_IN, 404, 404, 200), NEVER, ids=("selection",)),
    "catalog:selection-csv": Page((SIGN_IN, 404, 404, 200), NEVER, ids=("selection",)),
    "catalog:selection-json": Page((SIGN_IN, 404, 404, 200), NEVER, ids=("selection",)),
    "catalog:selection-tag": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-untag": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-rate": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-relabel": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-protect": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-unprotect": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-owner": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-compare": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-undo": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-collect": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-archive": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-unarchive": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:selection-delete": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("selection",)),
    "catalog:news-list": Page(ALL, (302,) * 4),
    "catalog:view-change": Page(ALL, (302,) * 4),
    "catalog:visit-note": Page(NEVER, (SIGN_IN, 204, 204, 204)),
    "catalog:search-list": Page(ALL, NEVER),
    "catalog:search-add": Page(ALL, (SIGN_IN, 422, 422, 422)),
    "catalog:search-change": Page(OWNER, (SIGN_IN, 403, 403, 422), ids=("search",)),
    "catalog:search-update": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("search",)),
    "catalog:search-remove": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("search",)),
    "catalog:search-restore": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("search",)),
    "catalog:collection-list": Page(ALL, (SIGN_IN, 422, 422, 422)),
    "catalog:collection-detail": Page(ALL, NEVER, ids=("collection",)),
    "catalog:collection-change": Page(OWNER, (SIGN_IN, 403, 403, 422), ids=("collection",)),
    "catalog:collection-remove": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("collection",)),
    "catalog:collection-restore": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("collection",)),
    "catalog:entry-move": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("collection", "entry")),
    "catalog:entry-note": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("collection", "entry")),
    "catalog:entry-drop": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("collection", "voice")),
    "catalog:voice-syntheses": Page((302,) * 4, (SIGN_IN, 403, 422, 422), ids=("voice",)),
    "catalog:synthesis-estimate": Page(NEVER, (SIGN_IN, 403, 422, 422), ids=("voice",)),
    "catalog:preview-generate": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:comparison-create": Page(ALL, (SIGN_IN, 403, 422, 422)),
    "catalog:comparison-estimate": Page(NEVER, (SIGN_IN, 403, 422, 422)),
    "catalog:comparison-detail": Page(ALL, NEVER, ids=("comparison",)),
    "catalog:comparison-audio": Page(ALL, NEVER, ids=("comparison", "place")),
    "catalog:comparison-cancel": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("comparison",)),
    "catalog:comparison-vote": Page(NEVER, (SIGN_IN, 302, 302, 302), ids=("comparison",)),
    "catalog:votes-close": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("comparison",)),
    "catalog:tray-toggle": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("voice",)),
    "catalog:tray-clear": Page(NEVER, (SIGN_IN, 403, 302, 302)),
    "catalog:synthesis-audio": Page(ALL, NEVER, ids=("speech",)),
    "catalog:synthesis-cancel": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("speech",)),
    "catalog:synthesis-remove": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("speech",)),
    "catalog:clone-create": Page(ADMINS, (SIGN_IN, 403, 403, 422), cloner=(200, 422)),
    "catalog:clone-targets": Page(ADMINS, NEVER, cloner=(200, 405)),
    "catalog:voice-similar": Page(ALL, NEVER, ids=("voice",)),
    "catalog:voice-listen": Page(NEVER, (302,) * 4, ids=("voice",)),
    "catalog:similar-create": Page(ALL, (SIGN_IN, 422, 422, 422)),
    "catalog:analysis-detail": Page((302,) * 4, (302,) * 4),
    "catalog:similar-detail": Page((SIGN_IN, 404, 404, 200), NEVER, ids=("sound_query",)),
    "catalog:job-list": Page(ALL, NEVER),
    "catalog:job-detail": Page(ALL, NEVER, ids=("job",)),
    "catalog:job-cancel": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("job",)),
    "catalog:job-retry": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("job",)),
    "catalog:job-reconcile": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("job",)),
    "catalog:job-proof": Page(ALL, NEVER, ids=("job",)),
    "catalog:job-sound": Page((SIGN_IN, 404, 404, 404), NEVER, ids=("job",)),
    "catalog:sample-create": Page(NEVER, (SIGN_IN, 403, 403, 422), cloner=(405, 422)),
    "catalog:sample-detail": Page(ALL, NEVER, ids=("sample",)),
    "catalog:sample-row": Page((302,) * 4, NEVER, ids=("sample",)),
    "catalog:sample-clean": Page(
        (302,) * 4, (302, 403, 403, 302), ids=("sample",), cloner=(302, 302)
    ),
    "catalog:sample-verdict": Page((302,) * 4, NEVER, ids=("sample",)),
    "catalog:sample-audio": Page(ALL, NEVER, ids=("sample",)),
    "catalog:signing-key": Page(FREE, CLOSED),
    "catalog:consent-list": Page(ALL, NEVER),
    "catalog:consent-create": Page(ADMINS, (SIGN_IN, 403, 403, 422), cloner=(200, 422)),
    "catalog:consent-detail": Page((SIGN_IN, 404, 404, 200), NEVER, ids=("consent_request",)),
    "catalog:consent-renew": Page(NEVER, (SIGN_IN, 404, 404, 422), ids=("consent_request",)),
    "catalog:consent-cancel": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("consent_request",)),
    "catalog:consent-record": Page(
        (SIGN_IN, 404, 404, 200), (SIGN_IN, 404, 404, 422), ids=("consent_request",)
    ),
    "catalog:consent-decide": Page(NEVER, (SIGN_IN, 404, 404, 422), ids=("consent_request",)),
    "catalog:consent-recording": Page((SIGN_IN, 404, 404, 404), NEVER, ids=("consent_request",)),
    "catalog:consent-receipt": Page((SIGN_IN, 404, 404, 404), NEVER, ids=("consent_request",)),
    "catalog:consent-speak": Page(MISSING, MISSING, ids=("token",)),
    "catalog:consent-given": Page(MISSING, MISSING, ids=("token",)),
    "catalog:consent-given-receipt": Page(MISSING, CLOSED, ids=("token",)),
    "catalog:speaker-list": Page(ALL, NEVER),
    "catalog:speaker-detail": Page(ALL, NEVER, ids=("speaker",)),
    "catalog:notification-list": Page(ALL, NEVER),
    "catalog:notification-bell": Page((302,) * 4, NEVER),
    "catalog:notification-settings": Page(ALL, (302,) * 4),
    "catalog:notifications-read": Page(NEVER, (302,) * 4),
    "catalog:notification-open": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("notice",)),
    "catalog:health-detail": Page(ALL, NEVER),
    "catalog:credential-list": Page(ALL, NEVER),
    "catalog:credential-add": Page(MEMBERS, (SIGN_IN, 403, 422, 422)),
    "catalog:credential-detail": Page(ALL, NEVER, ids=("credential",)),
    "catalog:credential-replace": Page(OWNER, (SIGN_IN, 403, 403, 422), ids=("credential",)),
    "catalog:credential-confirm": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("credential",)),
    "catalog:credential-replace-cancel": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("credential",)),
    "catalog:credential-rename": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("credential",)),
    "catalog:credential-recheck": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("credential",)),
    "catalog:credential-share": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("credential",)),
    "catalog:credential-switch": Page(NEVER, (SIGN_IN, 403, 403, 403), ids=("credential",)),
    "catalog:credential-remove": Page(OWNER, (SIGN_IN, 403, 403, 302), ids=("credential",)),
    "catalog:account-list": Page(ALL, NEVER),
    "catalog:account-owner": Page(ADMINS, (SIGN_IN, 403, 403, 422), ids=("account",)),
    "catalog:account-sync": Page(NEVER, (SIGN_IN, 403, 302, 302), ids=("account",)),
    "catalog:member-list": Page(ALL, NEVER),
    "catalog:member-role": Page(NEVER, (SIGN_IN, 403, 403, 400), ids=("member",)),
    "catalog:member-password": Page(NEVER, (SIGN_IN, 403, 403, 200), ids=("member",)),
    "catalog:member-suspend": Page(NEVER, (SIGN_IN, 403, 403, 400), ids=("member",)),
    "catalog:member-remove": Page(ADMINS, (SIGN_IN, 403, 403, 302), ids=("member",)),
    "catalog:invitation-create": Page(NEVER, (SIGN_IN, 403, 403, 422)),
    "catalog:invitation-withdraw": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("invitation",)),
    "catalog:password-link-withdraw": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("password_link",)),
    "catalog:invitation-join": Page(MISSING, MISSING, ids=("token",)),
    "catalog:team-create": Page(NEVER, (SIGN_IN, 403, 403, 400)),
    "catalog:team-rename": Page(NEVER, (SIGN_IN, 403, 403, 422), ids=("home",)),
    "catalog:team-require-two-factor": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("home",)),
    "catalog:team-choose": Page(NEVER, (SIGN_IN, 302, 302, 302), ids=("home",)),
    "catalog:audit-list": Page(ADMINS, NEVER),
    "catalog:audit-export": Page(NEVER, (SIGN_IN, 403, 403, 400)),
    "catalog:cleanup-list": Page(ADMINS, NEVER),
    "catalog:cleanup-rules": Page(ADMINS, (SIGN_IN, 403, 403, 422)),
    "catalog:keep-list": Page(ALL, NEVER),
    "catalog:plan-keep": Page(*[(SIGN_IN, 404, 404, 404)] * 2, ids=("token",)),
    "catalog:voice-keep": Page(NEVER, (SIGN_IN, 404, 404, 302), ids=("line",)),
    "catalog:expiry-list": Page(ALL, NEVER),
    "catalog:voice-protect": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("voice",)),
    "catalog:voice-unprotect": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("voice",)),
    "catalog:plan-create": Page(NEVER, (SIGN_IN, 403, 403, 422)),
    "catalog:plan-detail": Page(ADMINS, NEVER, ids=("plan",)),
    "catalog:plan-csv": Page(ADMINS, NEVER, ids=("plan",)),
    "catalog:plan-json": Page(ADMINS, NEVER, ids=("plan",)),
    "catalog:plan-approve": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("plan",)),
    "catalog:plan-call-off": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("plan",)),
    "catalog:plan-retry": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("plan",)),
    "catalog:deletion-retry": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("plan", "line")),
    "catalog:deletion-keep": Page(NEVER, (SIGN_IN, 403, 403, 302), ids=("plan", "line")),
    # allauth's pages, which show nothing of a team's.
    "account_login": Page((200, 302, 302, 302), (200, 302, 302, 302), is_ours=False),
    "account_logout": Page((302, 200, 200, 200), (302,) * 4, is_ours=False),
    # The provider of the tests is away.
    "company_login": Page((503, 302, 302, 302), CLOSED, is_ours=False),
    "company_callback": Page((403,) * 4, CLOSED, is_ours=False),
    "company_connect": Page(NEVER, (SIGN_IN, 503, 503, 503), is_ours=False),
    # The provider sends this, with a signed token.
    "company_logout": Page(CLOSED, (400,) * 4, is_ours=False),
    "company_confirm": Page((302, 503, 503, 503), CLOSED, is_ours=False),
    "account_signup": Page((200, 302, 302, 302), (200, 302, 302, 302), is_ours=False),
    "account_inactive": Page(FREE, CLOSED, is_ours=False),
    "account_reauthenticate": Page(ALL, ALL, is_ours=False),
    "account_change_password": Page(ALL, ALL, is_ours=False),
    "account_set_password": Page((302,) * 4, (302,) * 4, is_ours=False),
    "account_reset_password": Page(FREE, FREE, is_ours=False),
    "account_reset_password_done": Page(FREE, CLOSED, is_ours=False),
    "account_reset_password_from_key": Page(FREE, FREE, ids=("uid", "token"), is_ours=False),
    "account_reset_password_from_key_done": Page(FREE, CLOSED, is_ours=False),
    "mfa_index": Page(ALL, NEVER, is_ours=False),
    "mfa_authenticate": Page((302,) * 4, (302,) * 4, is_ours=False),
    "mfa_reauthenticate": Page((302,) * 4, (302,) * 4, is_ours=False),
    "mfa_activate_totp": Page((302,) * 4, (302,) * 4, is_ours=False),
    "mfa_deactivate_totp": Page((302, 404, 404, 404), (302, 404, 404, 404), is_ours=False),
    "mfa_view_recovery_codes": Page((302, 404, 404, 404), NEVER, is_ours=False),
    "mfa_generate_recovery_codes": Page((302,) * 4, (302,) * 4, is_ours=False),
    "mfa_download_recovery_codes": Page((302, 404, 404, 404), (302, 404, 404, 404), is_ours=False),
}
OURS = [name for name, page in TABLE.items() if page.is_ours]
WITH_IDS = [name for name, page in TABLE.items() if page.ids and "token" not in page.ids]
