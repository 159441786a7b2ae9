"""Root addresses: sign-in, and the catalog."""

from allauth.account import views as account
from django.urls import include, path

handler400 = "catalog.views.errors.bad_request"
handler403 = "catalog.views.errors.forbidden"
handler404 = "catalog.views.errors.not_found"
handler500 = "catalog.views.errors.server_error"

# Only these of allauth's pages: those around e-mail need a mail server, which nobody has to have.
_ACCOUNT_PAGES = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("signup/", account.signup, name="account_signup"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/set/", account.password_set, name="account_set_password"),
]

urlpatterns = [
    path("account/", include(_ACCOUNT_PAGES)),
    path("", include("catalog.urls")),
]
