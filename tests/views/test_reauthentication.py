"""Sensitive acts ask who is there, sessions end unused, and people hear of changes."""

import time

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.cache import cache
from django.test import Client

from catalog.models import (
    AuditEntry,
    Credential,
    Invitation,
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


@pytest.fixture(autouse=True)
def _no_attempts_before():
    cache.clear()


def let_pass(client, **seconds):
    """Set the clocks of the browser's session back."""
    session = client.session
    for name, amount in seconds.items():
        session[name] = session[name] - amount
    session.save()


@pytest.fixture
def stale(ana):
    """Ana's browser, an hour after she gave her password."""
    let_pass(ana, proved_at=3600)
    return ana


def confirm(client, password=factories.PASSWORD):
    return client.post(ASK, {"password": password})


def pk_of(user):
    return Membership.objects.get(user=user).pk


def acts(cast):
    """Return each sensitive act: its address, its form, and what is so when it was done."""
    if not Authenticator.objects.filter(user=cast.ana).exists():
        factories.make_factor(cast.ana)  # who has none cannot demand one
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
            {"is_demanded": "1"},
            lambda: Team.objects.get(pk=cast.aurora.pk).demands_second_factor,
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
def test_an_act_waits_for_the_password_and_then_goes_on(stale, cast, act):
    path, form, is_done = acts(cast)[act]

    asked = stale.post(path, form)
    wrong = confirm(stale, "wrong")
    assert (asked.status_code, asked["Location"], wrong.status_code) == (302, ASK, 200)
    assert not AuditEntry.objects.exclude(action="sign-in failed").exists()
    answer = confirm(stale)

    assert answer.status_code in {200, 302}
    assert is_done()


@pytest.mark.parametrize("act", ACTS)
def test_it_does_not_ask_right_after_signing_in(ana, cast, act):
    path, form, is_done = acts(cast)[act]

    assert ASK not in ana.post(path, form).headers.get("Location", "")
    assert is_done()


def test_it_asks_once_for_several_acts(stale, cast):
    first, second = (acts(cast)[name] for name in ("role", "password link"))

    stale.post(first[0], first[1])
    confirm(stale)

    assert stale.post(second[0], second[1]).status_code == 200


def test_a_code_does_as_well_as_the_password(stale, cast):
    path, form, is_done = acts(cast)["role"]

    stale.post(path, form)
    stale.post("/account/two-factor/reauthenticate/", {"code": code_of()})

    assert is_done()


def test_a_key_that_waits_for_the_password_lies_nowhere_in_the_open(stale, cast):
    path, form, _ = acts(cast)["new key"]

    stale.post(path, form)

    assert "sk_new_key" not in str(dict(stale.session.items()))
    assert "sk_new_key" not in stale.get(ASK).content.decode()


def test_the_link_that_was_asked_for_is_shown(stale, cast):
    path, form, _ = acts(cast)["password link"]
    stale.post(path, form)

    assert "Send this link to Mia." in text_of(confirm(stale))


def test_a_form_with_a_mistake_comes_back_filled_in(stale, cast):
    stale.post("/team/invitations/", {"role": "admin", "days": "7", "label": "x" * 121})

    answer = confirm(stale)

    assert answer.status_code == 422
    assert "x" * 121 in answer.content.decode()


def test_who_may_not_do_it_is_refused_all_the_same(mia, cast):
    let_pass(mia, proved_at=3600)
    path, form, _ = acts(cast)["role"]
    mia.post(path, form)

    assert confirm(mia).status_code == 403


def test_after_a_switch_to_another_team_it_is_not_done(stale, cast):
    Membership.objects.create(user=cast.ana, team=cast.borealis, role="admin")
    form = {"role": "admin", "days": "7", "in_team": str(cast.aurora.pk)}
    stale.post("/team/invitations/", form)
    stale.post(f"/teams/{cast.borealis.pk}/choose/")

    assert confirm(stale).status_code == 409
    assert not Invitation.objects.exists()


def test_what_waited_too_long_is_not_done(stale, cast, monkeypatch):
    path, form, is_done = acts(cast)["role"]
    stale.post(path, form)
    monkeypatch.setattr("catalog.views.sessions.reauthentication._KEPT_SECONDS", 0)

    answer = stale.post(ASK, {"password": factories.PASSWORD}, follow=True)

    assert "The request expired, so nothing was changed." in text_of(answer)
    assert not is_done()


def test_a_swap_goes_to_the_page_that_asks(stale, cast):
    path, form, _ = acts(cast)["role"]

    answer = stale.post(path, form, headers=PARTIAL)

    assert (answer.content, answer["HX-Redirect"]) == (b"", ASK)


def test_looking_at_such_a_page_asks_nothing(stale, cast):
    paths = (f"/team/people/{pk_of(cast.mia)}/remove/", f"/keys/{cast.credential.pk}/replace/")

    assert [stale.get(path).status_code for path in paths] == [200, 200]


# Sessions


def test_a_session_that_nobody_uses_ends(ana, settings):
    let_pass(ana, seen_at=settings.SESSION_COOKIE_AGE + 1)

    assert ana.get("/voices/").status_code == 302
    assert not ana.session.keys()


def test_each_use_moves_its_end(settings, cast):
    client, _ = come_in("mia@example.com", remember="on")
    let_pass(client, seen_at=settings.SESSION_COOKIE_AGE - 10)

    answer = client.get("/voices/")

    assert answer.status_code == 200
    assert time.time() - client.session["seen_at"] < 60
    assert answer.cookies["sessionid"]["max-age"] == settings.SESSION_COOKIE_AGE


def test_what_a_page_asks_by_the_clock_is_no_use(ana, settings):
    let_pass(ana, seen_at=settings.SESSION_COOKIE_AGE - 10)
    seen = ana.session["seen_at"]

    ana.get("/notifications/bell/", headers={**PARTIAL, "X-Poll": "1"})

    assert ana.session["seen_at"] == seen


def test_a_session_in_use_is_not_written_each_time(ana):
    answer = ana.get("/voices/")

    assert "sessionid" not in answer.cookies


def test_a_session_ends_after_a_month_in_any_case(ana):
    let_pass(ana, came_at=31 * 24 * 3600)

    assert ana.get("/voices/").status_code == 302


def test_a_session_from_before_these_clocks_goes_on_and_has_no_proof(ana, cast):
    session = ana.session
    for name in ("came_at", "seen_at", "proved_at"):
        del session[name]
    session.save()

    assert ana.get("/voices/").status_code == 200
    assert ana.session["seen_at"] == ana.session["came_at"]
    assert ana.post(*acts(cast)["role"][:2])["Location"] == ASK


# What the person hears of


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
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_person_hears_of_a_changed_password_or_factor(
    mia, cast, settings, change, words, django_capture_on_commit_callbacks
):
    settings.SENDS_MAIL = True

    with django_capture_on_commit_callbacks(execute=True):
        change(mia)

    notice = Notification.objects.get()
    assert (notice.user, notice.team) == (cast.mia, None)
    assert words in notice.text
    assert [(each.to, words in each.subject) for each in mail.outbox] == [([cast.mia.email], True)]
    assert NEW not in mail.outbox[0].body + notice.text


def test_the_notice_is_there_in_every_team_and_leads_to_the_account(mia, cast):
    change_password(mia)
    Membership.objects.filter(user=cast.mia).update(team=cast.borealis)
    notice = Notification.objects.get()

    page = text_of(mia.get("/notifications/"))

    assert "Your password was changed. If it wasn't you" in page
    assert mia.post(f"/notifications/{notice.pk}/open/")["Location"] == "/you/"


def test_a_mail_server_that_is_away_stops_nothing(
    mia, cast, settings, monkeypatch, django_capture_on_commit_callbacks
):
    settings.SENDS_MAIL = True

    def fail(*_):
        raise ConnectionRefusedError

    monkeypatch.setattr("catalog.jobs.users.send_mail", fail)
    with django_capture_on_commit_callbacks(execute=True):
        change_password(mia)

    assert User.objects.get(pk=cast.mia.pk).check_password(NEW)
    assert Notification.objects.exists()


def test_without_a_mail_server_nothing_is_mailed(mia, cast, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        change_password(mia)

    assert mail.outbox == []
    assert Authenticator.objects.count() == 0
