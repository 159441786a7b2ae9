"""Sensitive actions ask for the password, sessions expire, and people are notified of changes."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.test import Client

from catalog.models import (
    AuditEntry,
    Credential,
    Invitation,
    Mail,
    Membership,
    Notification,
    PasswordLink,
    Team,
    User,
)
from catalog.services.users.sign_in import remove_second_factor
from tests import factories
from tests.views.codes import code_of
from tests.views.conftest import PARTIAL
from tests.views.test_sign_in import NEW, come_in, text_of

ASK = "/account/reauthenticate/"


def let_pass(client, **seconds):
    """Move the timestamps in the browser's session into the past."""
    session = client.session
    for name, amount in seconds.items():
        session[name] = session[name] - amount
    session.save()


@pytest.fixture
def stale(ana):
    """Ana's browser, an hour after she entered her password."""
    let_pass(ana, proved_at=3600)
    return ana


def confirm(client, password=factories.PASSWORD):
    return client.post(ASK, {"password": password})


def pk_of(user):
    return Membership.objects.get(user=user).pk


def acts(cast):
    """Return each sensitive action: its address, its form, and a check that it was done."""
    if not Authenticator.objects.filter(user=cast.ana).exists():
        factories.make_factor(cast.ana)  # an admin without one cannot require it
    person = f"/team/people/{pk_of(cast.mia)}"
    key = f"/keys/{cast.credential.pk}"
    return {
        "role": (
            f"{person}/role/",
            {"role": "cloner"},
            lambda: Membership.objects.get(user=cast.mia).role == "cloner",
        ),
        "removal": (
            f"{person}/remove/",
            {"reason": "Moved"},
            lambda: not Membership.objects.filter(user=cast.mia).exists(),
        ),
        "password link": (f"{person}/password/", {}, PasswordLink.objects.exists),
        "invitation": (
            "/team/invitations/",
            {"role": "admin", "days": "7"},
            lambda: Invitation.objects.get().role == "admin",
        ),
        "demand": (
            f"/teams/{cast.aurora.pk}/two-factor/",
            {"is_required": "1"},
            lambda: Team.objects.get(pk=cast.aurora.pk).requires_second_factor,
        ),
        "new key": (
            f"{key}/replace/",
            {"api_key": "sk_new_key_of_ana"},
            lambda: hasattr(Credential.objects.get(pk=cast.credential.pk), "replacement"),
        ),
        "key removal": (
            f"{key}/remove/",
            {},
            lambda: not Credential.objects.filter(pk=cast.credential.pk).exists(),
        ),
    }


ACTS = ("role", "removal", "password link", "invitation", "demand", "new key", "key removal")


@pytest.mark.parametrize("act", ACTS)
def test_a_sensitive_action_waits_for_the_password_and_then_proceeds(stale, cast, act):
    path, form, is_done = acts(cast)[act]

    asked = stale.post(path, form)
    wrong = confirm(stale, "wrong")
    assert (asked.status_code, asked["Location"], wrong.status_code) == (302, ASK, 200)
    assert not AuditEntry.objects.exclude(action="sign-in failed").exists()
    answer = confirm(stale)

    assert answer.status_code in {200, 302}
    assert is_done()


@pytest.mark.parametrize("act", ACTS)
def test_no_password_is_asked_right_after_signing_in(ana, cast, act):
    path, form, is_done = acts(cast)[act]

    assert ASK not in ana.post(path, form).headers.get("Location", "")
    assert is_done()


def test_one_confirmation_covers_several_actions(stale, cast):
    first, second = (acts(cast)[name] for name in ("role", "password link"))

    stale.post(first[0], first[1])
    confirm(stale)

    assert stale.post(second[0], second[1]).status_code == 200


def test_a_two_factor_code_works_instead_of_the_password(stale, cast):
    path, form, is_done = acts(cast)["role"]

    stale.post(path, form)
    stale.post("/account/two-factor/reauthenticate/", {"code": code_of()})

    assert is_done()


def test_a_key_waiting_for_the_password_is_not_readable_in_session_or_page(stale, cast):
    path, form, _ = acts(cast)["new key"]

    stale.post(path, form)

    assert "sk_new_key" not in str(dict(stale.session.items()))
    assert "sk_new_key" not in stale.get(ASK).content.decode()


def test_the_requested_password_link_is_shown_after_the_confirmation(stale, cast):
    path, form, _ = acts(cast)["password link"]
    stale.post(path, form)

    assert "Send this link to Mia." in text_of(confirm(stale))


def test_an_invalid_form_comes_back_filled_in_after_the_confirmation(stale, cast):
    stale.post("/team/invitations/", {"role": "admin", "days": "7", "label": "x" * 121})

    answer = confirm(stale)

    assert answer.status_code == 422
    assert "x" * 121 in answer.content.decode()


def test_without_permission_the_action_is_refused_after_the_confirmation(mia, cast):
    let_pass(mia, proved_at=3600)
    path, form, _ = acts(cast)["role"]
    mia.post(path, form)

    assert confirm(mia).status_code == 403


def test_an_undo_button_whose_address_says_what_to_do_works_after_the_confirmation(stale, cast):
    pk = pk_of(cast.mia)
    Membership.objects.filter(pk=pk).update(suspended_at=factories.NOW, suspension="admin")

    stale.post(f"/team/people/{pk}/suspend/?is_suspended=0")
    confirm(stale)

    assert Membership.objects.filter(pk=pk).exists()


def test_after_switching_teams_the_waiting_action_is_not_done(stale, cast):
    Membership.objects.create(user=cast.ana, team=cast.borealis, role="admin")
    form = {"role": "admin", "days": "7", "in_team": str(cast.aurora.pk)}
    stale.post("/team/invitations/", form)
    stale.post(f"/teams/{cast.borealis.pk}/choose/")

    assert confirm(stale).status_code == 409
    assert not Invitation.objects.exists()


def test_an_action_that_waited_too_long_is_not_done(stale, cast, monkeypatch):
    path, form, is_done = acts(cast)["role"]
    stale.post(path, form)
    monkeypatch.setattr("catalog.views.sessions.reauthentication._KEPT_SECONDS", 0)

    answer = stale.post(ASK, {"password": factories.PASSWORD}, follow=True)

    assert "The request expired, so nothing was changed." in text_of(answer)
    assert not is_done()


def test_an_htmx_request_is_redirected_to_the_password_page(stale, cast):
    path, form, _ = acts(cast)["role"]

    answer = stale.post(path, form, headers=PARTIAL)

    assert (answer.content, answer["HX-Redirect"]) == (b"", ASK)


def test_opening_a_page_with_a_sensitive_form_does_not_ask_for_the_password(stale, cast):
    paths = (f"/team/people/{pk_of(cast.mia)}/remove/", f"/keys/{cast.credential.pk}/replace/")

    assert [stale.get(path).status_code for path in paths] == [200, 200]


# Sessions


def test_an_unused_session_expires(ana, settings):
    let_pass(ana, seen_at=settings.SESSION_COOKIE_AGE + 1)

    assert ana.get("/voices/").status_code == 302
    assert not ana.session.keys()


def test_each_use_extends_the_session(settings, cast):
    client, _ = come_in("mia@example.com", remember="on")
    let_pass(client, seen_at=settings.SESSION_COOKIE_AGE - 10)

    answer = client.get("/voices/")

    assert answer.status_code == 200
    assert time.time() - client.session["seen_at"] < 60
    assert answer.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE


def test_polling_does_not_extend_the_session(ana, settings):
    let_pass(ana, seen_at=settings.SESSION_COOKIE_AGE - 10)
    seen = ana.session["seen_at"]

    ana.get("/notifications/bell/", headers={**PARTIAL, "X-Poll": "1"})

    assert ana.session["seen_at"] == seen


def test_an_active_session_is_not_saved_on_each_request(ana):
    answer = ana.get("/voices/")

    assert "sessionid" not in answer.cookies


def test_a_session_expires_after_a_month_even_if_used(ana):
    let_pass(ana, came_at=31 * 24 * 3600)

    assert ana.get("/voices/").status_code == 302


def test_a_session_without_timestamps_continues_but_must_confirm_the_password(ana, cast):
    session = ana.session
    for name in ("came_at", "seen_at", "proved_at"):
        del session[name]
    session.save()

    assert ana.get("/voices/").status_code == 200
    assert ana.session["seen_at"] == ana.session["came_at"]
    assert ana.post(*acts(cast)["role"][:2])["Location"] == ASK


# Notifications of changes


def change_password(mia):
    form = {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW}
    mia.post("/account/password/change/", form)


def set_up_factor(mia):
    confirm(mia)
    mia.get("/account/two-factor/totp/activate/")
    secret = mia.session["mfa.totp.secret"]
    mia.post("/account/two-factor/totp/activate/", {"code": code_of(secret)})


def take_factor_off(mia):
    factories.make_factor(User.objects.get(email="mia@example.com"))
    confirm(mia)
    mia.post("/account/two-factor/totp/deactivate/")


def make_codes(mia):
    factories.make_factor(User.objects.get(email="mia@example.com"))
    confirm(mia)
    mia.post("/account/two-factor/recovery-codes/generate/")


def use_code(mia):
    factory = factories.make_factor(User.objects.get(email="mia@example.com"))
    code = RecoveryCodes(Authenticator.objects.get(user=factory.user, type="recovery_codes"))
    client, _ = come_in("mia@example.com")
    client.post("/account/two-factor/authenticate/", {"code": code.get_unused_codes()[0]})


def use_link(mia):
    person = User.objects.get(email="mia@example.com")
    factories.make_password_link(User.objects.get(email="ana@example.com"), person, token="t")
    Client().post("/password/t/", {"password": NEW})


def have_it_removed(mia):
    factories.make_factor(User.objects.get(email="mia@example.com"))
    remove_second_factor(email="mia@example.com", now=factories.NOW)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (change_password, "Your password was changed"),
        (use_link, "Your password was set with a link from an admin"),
        (set_up_factor, "Two-factor authentication was turned on"),
        (take_factor_off, "Two-factor authentication was turned off"),
        (have_it_removed, "Two-factor authentication was turned off"),
        (make_codes, "New recovery codes were generated"),
        (use_code, "One of your recovery codes was used"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_changing_the_password_or_second_factor_notifies_the_person(
    mia, cast, settings, change, words, django_capture_on_commit_callbacks
):
    settings.SENDS_MAIL = True

    with django_capture_on_commit_callbacks(execute=True):
        change(mia)

    notice = Notification.objects.get()
    assert (notice.user, notice.team) == (cast.mia, None)
    assert words in notice.text
    written = Mail.objects.get()
    assert (written.address, words in written.subject) == (cast.mia.email, True)
    assert "\nIf it wasn't you, set a new password" in written.text
    assert NEW not in written.text + notice.text


def test_the_notice_says_when_and_from_where(cast, settings):
    settings.SENDS_MAIL = True
    client, _ = come_in("mia@example.com")

    change_password(client)
    have_it_removed(client)

    # The test's command runs at an earlier time than its browser.
    command, browser = Mail.objects.order_by("created_at").values_list("text", flat=True)
    assert re.search(r"\nWhen: \w+ \d+, \d{4}, \d\d:\d\d UTC\n", browser)
    assert "\nWhere: Firefox on Linux, IP address 127.0.0.1\n" in browser
    assert "\nWhen: November 21, 2026, 12:00 UTC\nWhere: on the server\n" in command
    notices = Notification.objects.order_by("pk").values_list("text", flat=True)
    assert "was changed (Firefox on Linux, IP address 127.0.0.1). If it wasn't you" in notices[0]


def test_the_notification_shows_in_every_team_and_opens_the_profile(mia, cast):
    change_password(mia)
    Membership.objects.filter(user=cast.mia).update(team=cast.borealis)
    notice = Notification.objects.get()

    page = text_of(mia.get("/notifications/"))

    assert "). If it wasn't you, set a new password, sign out" in page
    assert mia.post(f"/notifications/{notice.pk}/open/")["Location"] == "/you/"


def test_without_a_mail_server_no_email_is_written(mia, cast):
    change_password(mia)

    assert not Mail.objects.exists()
    assert Authenticator.objects.count() == 0


def test_a_confirmation_gives_the_session_another_key(cast, stale):
    before = stale.session.session_key
    UserSession.objects.create(user=cast.ana, session_key=before, ip="127.0.0.1")
    thief = Client()
    thief.cookies["sessionid"] = before
    assert thief.get("/you/").status_code == 200

    stale.post("/you/sessions/others/end/")
    assert confirm(stale).status_code == 302

    assert stale.session.session_key != before
    assert stale.get("/you/").status_code == 200
    assert thief.get("/you/").status_code == 302
    # It's still in the list of sessions, so it can be ended.
    keys = UserSession.objects.filter(user=cast.ana).values_list("session_key", flat=True)
    assert stale.session.session_key in keys
    assert before not in keys


@pytest.mark.parametrize("is_one", [True, False])
def test_ending_sessions_waits_for_the_password(cast, stale, sign_in, is_one):
    other = sign_in(cast.ana)
    UserSession.objects.get_or_create(
        user=cast.ana, session_key=other.session.session_key, ip="127.0.0.1"
    )
    row = UserSession.objects.get(session_key=other.session.session_key)
    page = f"/you/sessions/{row.pk}/end/" if is_one else "/you/sessions/others/end/"

    answer = stale.post(page)
    assert answer.url.startswith(ASK)
    assert other.get("/you/").status_code == 200

    confirm(stale)
    assert other.get("/you/").status_code == 302
    assert stale.get("/you/").status_code == 200
