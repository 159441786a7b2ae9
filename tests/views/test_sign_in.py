"""Two-factor authentication, sessions, and forgotten passwords in the browser."""

import html
import re

from allauth.mfa.models import Authenticator
from django.core import mail
from django.test import Client

from catalog.core.clock import database_now
from catalog.jobs.mail import send_mail
from catalog.models import AuditEntry, Mail, Membership, PasswordLink, Team, User
from tests import factories
from tests.views.codes import code_of

NEW = "another long pass phrase"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"


def text_of(response):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def come_in(email, password=factories.PASSWORD, **more):
    client = Client(headers={"User-Agent": FIREFOX})
    response = client.post("/account/login/", {"login": email, "password": password, **more})
    return client, response


def actions():
    return list(AuditEntry.objects.order_by("number").values_list("action", flat=True))


# Second factor


def test_two_factor_can_be_set_up_used_and_removed(cast, django_capture_on_commit_callbacks):
    client, _ = come_in("mia@example.com")
    asked_again = client.get("/account/two-factor/totp/activate/")
    client.post(asked_again["Location"], {"password": factories.PASSWORD})
    page = client.get("/account/two-factor/totp/activate/")
    secret = re.search(r'id="totp-key">(\w+)<', page.content.decode())[1]

    with django_capture_on_commit_callbacks(execute=True):
        done = client.post("/account/two-factor/totp/activate/", {"code": code_of(secret)})
    codes = re.findall(r"<code>(\d{8})</code>", client.get(done["Location"]).content.decode())
    _, asked = come_in("mia@example.com")
    second, _ = come_in("mia@example.com")
    wrong = second.post("/account/two-factor/authenticate/", {"code": "000000"})
    shut = second.get("/voices/")
    entered = second.post("/account/two-factor/authenticate/", {"code": codes[0]})
    gone = client.post("/account/two-factor/totp/deactivate/")
    _, plain = come_in("mia@example.com")

    assert asked_again["Location"].startswith("/account/reauthenticate/?next=")
    assert 'viewBox="0 0' in page.content.decode()
    assert len(codes) == 10
    assert asked["Location"] == "/account/two-factor/authenticate/"
    assert (wrong.status_code, "Wrong code." in text_of(wrong)) == (200, True)
    assert shut["Location"].startswith("/account/login/")
    assert entered["Location"] == "/voices/"
    assert gone.status_code == 302
    assert plain["Location"] == "/voices/"
    assert actions() == [
        "signed in",
        "two-factor authentication turned on",
        "recovery code used",
        "signed in",
        "two-factor authentication turned off",
        "signed in",
    ]


def test_each_authenticator_and_recovery_code_works_once(cast):
    factories.make_factor(cast.mia)
    code = code_of()
    recovery = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]

    answers = []
    for word in (code, code, recovery, recovery):
        client, _ = come_in("mia@example.com")
        answers.append(client.post("/account/two-factor/authenticate/", {"code": word}))

    assert [answer.status_code for answer in answers] == [302, 200, 302, 200]


def test_guessing_codes_is_stopped(cast):
    factories.make_factor(cast.mia)
    client, _ = come_in("mia@example.com")

    for _ in range(10):
        client.post("/account/two-factor/authenticate/", {"code": "000000"})
    right = client.post("/account/two-factor/authenticate/", {"code": code_of()})

    assert right.status_code != 302


def test_two_factor_secrets_are_encrypted_in_the_database(cast):
    factories.make_factor(cast.mia)

    kept = str(list(Authenticator.objects.values_list("data", flat=True)))

    assert factories.TOTP_SECRET not in kept
    assert Authenticator.objects.get(type="totp").wrap().validate_code(code_of())


def test_a_team_that_requires_two_factor_shows_nothing_to_members_without_it(cast, sign_in):
    factories.make_factor(cast.ana)
    factories.make_voice(cast.account, "Secret voice")
    ana, mia = sign_in(cast.ana), sign_in(cast.mia)
    partial = {"HX-Request": "true", "HX-Request-Type": "partial"}

    ana.post(f"/teams/{cast.aurora.pk}/two-factor/", {"is_required": "1"})
    led = mia.get("/voices/", follow=True)
    swapped = mia.get("/voices/", headers=partial)
    refused = mia.post(f"/accounts/{cast.account.pk}/sync/")
    missing = mia.get("/nowhere/")

    assert led.redirect_chain == [("/account/two-factor/", 302)]
    assert "Aurora requires two-factor authentication" in text_of(led)
    assert 'aria-label="Main"' not in led.content.decode() + missing.content.decode()
    assert (swapped.content, swapped["HX-Redirect"]) == (b"", "/account/two-factor/")
    assert refused.status_code == 302
    assert "sync requested" not in actions()
    assert "Secret voice" in ana.get("/voices/").content.decode()

    factories.make_factor(cast.mia)
    assert "Secret voice" in mia.get("/voices/").content.decode()


def test_a_member_without_two_factor_can_work_in_a_team_that_does_not_require_it(cast, sign_in):
    Membership.objects.create(user=cast.mia, team=cast.borealis)
    Team.objects.filter(pk=cast.aurora.pk).update(requires_second_factor=True)
    mia = sign_in(cast.mia)

    offered = mia.get("/account/two-factor/")
    mia.post(f"/teams/{cast.borealis.pk}/choose/")

    assert "Switch to Borealis" in text_of(offered)
    assert mia.get("/voices/").status_code == 200


def test_an_admin_without_two_factor_must_set_it_up_before_requiring_it(cast, sign_in):
    ana = sign_in(cast.ana)

    response = ana.post(f"/teams/{cast.aurora.pk}/two-factor/", {"is_required": "1"}, follow=True)

    assert "Set up two-factor authentication for your own account first" in text_of(response)
    assert not Team.objects.get(pk=cast.aurora.pk).requires_second_factor


def test_the_team_page_shows_who_uses_two_factor(cast, sign_in):
    factories.make_factor(cast.ana)

    text = text_of(sign_in(cast.ana).get("/team/"))

    assert "Admin · 1 key · two-factor on · you" in text
    assert "mia@example.com · Member" in text


# Sessions


def test_every_session_is_listed_and_can_be_signed_out(cast):
    first, _ = come_in("mia@example.com")
    second, _ = come_in("mia@example.com")
    come_in("sam@example.com")

    page = first.get("/you/sessions/")
    (ends,) = re.findall(r'action="(/you/sessions/\d+/end/)"', page.content.decode())
    first.post(ends)

    assert text_of(page).count("Firefox on Linux") == 2
    assert "this device" in text_of(page)
    assert second.get("/voices/").status_code == 302
    assert first.get("/voices/").status_code == 200
    assert actions()[-1] == "session ended"


def test_all_other_sessions_can_be_signed_out_at_once(cast):
    others = [come_in("mia@example.com")[0] for _ in range(3)]
    mine, _ = come_in("mia@example.com")

    mine.post("/you/sessions/others/end/")

    assert [each.get("/voices/").status_code for each in others] == [302] * 3
    assert mine.get("/voices/").status_code == 200
    assert text_of(mine.get("/you/sessions/")).count("Firefox") == 1


def test_a_password_change_signs_out_every_other_session(cast):
    other, _ = come_in("mia@example.com")
    mine, _ = come_in("mia@example.com")

    mine.post(
        "/account/password/change/",
        {"oldpassword": factories.PASSWORD, "password1": NEW, "password2": NEW},
    )

    assert other.get("/voices/").status_code == 302
    assert mine.get("/voices/").status_code == 200
    assert actions()[-1] == "password changed"


def test_viewing_the_sessions_changes_nothing(cast):
    client, _ = come_in("mia@example.com")
    factories.make_session(cast.mia, "gone")
    before = list(User.objects.values_list()), AuditEntry.objects.count()

    client.get("/you/sessions/")

    assert (list(User.objects.values_list()), AuditEntry.objects.count()) == before


# Sign-ins in the audit log


def test_sign_ins_sign_outs_and_failures_are_logged_but_no_unknown_addresses(cast):
    come_in("mia@example.com", "wrong")
    come_in("nobody@example.com", "hunter2 secret")
    client, _ = come_in("mia@example.com")
    client.post("/account/logout/")

    entries = list(AuditEntry.objects.order_by("number"))
    assert [(entry.action, entry.who, entry.target_name) for entry in entries] == [
        ("sign-in failed", "Voiceboard", "Mia"),
        ("signed in", "Mia", "Mia"),
        ("signed out", "Mia", "Mia"),
    ]
    assert {entry.address for entry in entries} == {"127.0.0.1"}
    assert "wrong" not in str([vars(entry) for entry in entries])


# Forgotten passwords


def test_without_a_mail_server_the_page_says_who_can_help(cast):
    page = Client().get("/account/password/reset/")

    assert "Ask an admin of your team" in text_of(page)


def test_with_a_mail_server_a_reset_link_is_sent_that_works_once(cast, settings):
    settings.SENDS_MAIL = True
    client = Client()

    sent = client.post("/account/password/reset/", {"email": "Mia@example.com"})
    unknown = client.post("/account/password/reset/", {"email": "nobody@example.com"})
    assert mail.outbox == []  # the page doesn't wait for the mail server
    send_mail(Mail.objects.get().pk, database_now)
    link = re.search(r"http://testserver(\S+)", mail.outbox[0].body)[1]
    form = client.get(link, follow=True)
    path = form.redirect_chain[-1][0]
    done = client.post(path, {"password1": NEW, "password2": NEW})

    assert (sent["Location"], unknown["Location"]) == ("/account/password/reset/sent/",) * 2
    assert [each.to for each in mail.outbox] == [["mia@example.com"]]
    assert done.status_code == 302
    assert come_in("mia@example.com", NEW)[1]["Location"] == "/voices/"
    dead = Client().get(link, follow=True)
    assert "This link no longer works" in text_of(dead)
    assert b'type="password"' not in dead.content
    assert "password reset" in actions()


def test_an_admin_s_password_link_works_once_and_ends_every_session(cast, sign_in):
    mia, _ = come_in("mia@example.com")
    member = Membership.objects.get(user=cast.mia)
    ana = sign_in(cast.ana)

    made = ana.post(f"/team/people/{member.pk}/password/")
    link = re.search(r'id="made-link">(.+?)<', made.content.decode())[1]
    asked, short = Client().get(link), Client().post(link, {"password": "short"})
    done = Client().post(link, {"password": NEW}, follow=True)

    assert "New password for Mia" in text_of(asked)
    assert (short.status_code, "at least 10" in text_of(short)) == (422, True)
    assert "Password changed. Sign in with your new password." in text_of(done)
    assert mia.get("/voices/").status_code == 302
    assert come_in("mia@example.com", NEW)[1]["Location"] == "/voices/"
    assert Client().get(link).status_code == 404
    assert link.split("/")[-2] not in str(list(PasswordLink.objects.values()))


def test_a_password_link_does_not_bypass_two_factor(cast, sign_in):
    factories.make_factor(cast.mia)
    made = sign_in(cast.ana).post(
        f"/team/people/{Membership.objects.get(user=cast.mia).pk}/password/"
    )
    link = re.search(r'id="made-link">(.+?)<', made.content.decode())[1]
    Client().post(link, {"password": NEW})

    _, response = come_in("mia@example.com", NEW)

    assert response["Location"] == "/account/two-factor/authenticate/"


def test_an_admin_cannot_make_a_link_for_a_member_of_a_team_they_do_not_run(cast, sign_in):
    Membership.objects.create(user=cast.mia, team=cast.borealis)
    ana = sign_in(cast.ana)
    path = f"/team/people/{Membership.objects.get(user=cast.mia, team=cast.aurora).pk}/password/"

    assert ana.post(path).status_code == 403
    assert path not in ana.get("/team/").content.decode()
    assert not PasswordLink.objects.exists()


def test_open_password_links_are_listed_and_can_be_withdrawn(cast, sign_in):
    ana = sign_in(cast.ana)
    bob = factories.make_user("Bob", cast.aurora, "admin")
    link = factories.make_password_link(bob, cast.mia, token="t")
    factories.make_password_link(cast.sam, cast.sam, token="other")
    path = f"/team/password-links/{link.pk}/withdraw/"

    shown = text_of(ana.get("/team/"))
    Membership.objects.filter(user=bob).update(role="member")
    lost = text_of(ana.get("/team/"))
    done = ana.post(path, follow=True)

    assert "Open password links" in shown
    assert "Mia Bob Open " in shown
    assert "No longer works: Bob can no longer set this password" in lost
    assert "The link no longer works." in text_of(done)
    assert "Open password links" not in text_of(done)
    assert PasswordLink.objects.get(pk=link.pk).withdrawn_at is not None
    assert "password link withdrawn" in actions()


def test_the_team_page_shows_invitations_whose_creator_lost_the_right(cast, sign_in):
    bob = factories.make_user("Bob", cast.aurora, "admin")
    factories.make_invitation(bob, cast.aurora, label="For Kim")
    ana = sign_in(cast.ana)

    before = text_of(ana.get("/team/"))
    User.objects.filter(pk=bob.pk).update(is_active=False)
    after = text_of(ana.get("/team/"))

    assert "Bob Open" in before
    assert "No longer works: Bob can no longer invite people" in after


def test_an_operator_can_require_two_factor_in_every_team(cast, mia, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    assert mia.get("/voices/").url == "/account/two-factor/"

    factories.make_factor(cast.mia)
    assert mia.get("/voices/").status_code == 200


def test_the_team_page_says_that_the_operator_requires_two_factor(cast, ana, settings):
    settings.SECOND_FACTOR_REQUIRED = True
    factories.make_factor(cast.ana)

    page = ana.get("/team/").content.decode()

    assert "Required in every team by the operator" in page
    assert "Make two-factor authentication optional" not in page
    assert "Require two-factor authentication" not in page
