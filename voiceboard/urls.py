"""Root URLs: sign-in and the catalog."""

from allauth.account import views as account
from django.conf import settings
from django.urls import include, path, re_path
from django.views.generic import RedirectView

from catalog.views.sessions.reauthentication import confirmed
from catalog.views.users import profile

handler400 = "catalog.views.errors.bad_request"
handler403 = "catalog.views.errors.forbidden"
handler404 = "catalog.views.errors.not_found"
handler429 = "catalog.views.errors.too_many"
handler500 = "catalog.views.errors.server_error"

# Only these allauth pages: an email address identifies an account here, so it can't be changed
# there.
_ACCOUNT_PAGES = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path(
        "password/change/",
        profile.with_password(account.password_change),
        name="account_change_password",
    ),
    path(
        "password/set/",
        profile.with_password(confirmed(account.password_set)),
        name="account_set_password",
    ),
    path("password/reset/", profile.password_forgotten, name="account_reset_password"),
    path("password/reset/sent/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/done/",
        account.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    path("two-factor/", include("allauth.mfa.urls")),
    path("second-factor/", RedirectView.as_view(pattern_name="mfa_index")),
]

if settings.OIDC_ISSUER:
    # It needs packages of the extra "sso".
    from catalog.views.users import company_sign_in

    _ACCOUNT_PAGES += [
        path("company/login/", company_sign_in.company_login, name="company_login"),
        path("company/callback/", company_sign_in.company_callback, name="company_callback"),
        path("company/connect/", company_sign_in.company_connect, name="company_connect"),
        path("company/logout/", company_sign_in.company_logout, name="company_logout"),
        path("company/confirm/", company_sign_in.company_confirm, name="company_confirm"),
    ]

urlpatterns = [
    path("account/", include(_ACCOUNT_PAGES)),
    path("", include("catalog.urls")),
]
