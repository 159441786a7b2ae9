"""The team page, leaving, invitations, and switching teams without losing the page."""

import html
import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.jobs.voices.badges import refresh_badges
from catalog.models import Invitation, Membership, Team, User
from catalog.services.teams import invitations
from tests import factories
from tests.views.codes import code_of


def text_of(response):
    text = html.unescape(re.sub(r"<[^>]+>", " ", response.content.decode()))
    return " ".join(text.split())


def come_in(client, email, password=factories.PASSWORD):
    form = {"login": email, "password": password}
    return client.post("/account/login/", form, follow=True)


def pk_of(user):
    return Membership.objects.get(user=user).pk


def test_the_page_shows_members_and_what_each_role_can_do(ana, cast):
    text = text_of(ana.get("/team/"))

    assert "mia@example.com · Member" in text
    assert "ana@example.com · Admin · 1 key · you" in text
    assert "Clone voices, with the speaker's consent" in text
    assert "sam@example.com" not in text


def test_a_member_sees_no_management_forms_except_leaving(cast, sign_in):
    page = sign_in(cast.mia).get("/team/").content.decode()

    assert "Change role" not in page
    assert "Invite people" not in page
    assert page.count("/remove/") == 1


def test_only_admins_see_when_members_signed_in(ana, mia, cast):
    page, theirs = text_of(ana.get("/team/")), text_of(mia.get("/team/"))

    assert "signed in just now" in page  # Mia, by the fixture
    assert "never signed in" not in page
    factories.make_user("Kim", cast.aurora)
    assert "never signed in" in text_of(ana.get("/team/"))
    assert "signed in" not in theirs


def test_changing_a_role_shows_a_message(ana, cast):
    response = ana.post(f"/team/people/{pk_of(cast.mia)}/role/", {"role": "cloner"}, follow=True)

    assert "Mia is now a cloner of Aurora." in text_of(response)
    assert Membership.objects.get(user=cast.mia).role == "cloner"


def test_a_changed_role_can_be_undone_but_not_one_s_own(ana, cast):
    kim = factories.make_user("Kim", cast.aurora, "admin")
    response = ana.post(f"/team/people/{pk_of(cast.mia)}/role/", {"role": "admin"}, follow=True)
    undo = f"/team/people/{pk_of(cast.mia)}/role/?role=member"

    assert f'action="{undo}"' in response.content.decode()
    ana.post(undo, follow=True)
    assert Membership.objects.get(user=cast.mia).role == "member"
    again = ana.post(f"/team/people/{pk_of(kim)}/role/", {"role": "admin"}, follow=True)
    own = ana.post(f"/team/people/{pk_of(cast.ana)}/role/", {"role": "viewer"}, follow=True)
    assert b"?role=" not in again.content + own.content


def test_the_last_admin_cannot_step_down_or_leave(ana, cast):
    demoted = ana.post(f"/team/people/{pk_of(cast.ana)}/role/", {"role": "viewer"}, follow=True)
    left = ana.post(f"/team/people/{pk_of(cast.ana)}/remove/", {"new_owner": pk_of(cast.mia)})

    for response in (demoted, left):
        assert "A team needs an admin. Make someone else an admin first." in text_of(response)
    assert left.status_code == 422
    assert Membership.objects.get(user=cast.ana).role == "admin"


def test_removing_a_member_lists_what_is_handed_over_and_asks_for_a_new_owner(ana, cast):
    account = factories.make_account(cast.aurora, last_owner=cast.mia)
    factories.make_job(cast.mia, factories.make_credential(cast.mia, account))
    path = f"/team/people/{pk_of(cast.mia)}/remove/"

    asked = ana.get(path)
    forgot = ana.post(path, {"reason": "Moved"})
    done = ana.post(path, {"new_owner": pk_of(cast.ana), "reason": "Moved"}, follow=True)

    handed_over = "1 account, 1 sample, 1 clone, 1 speaker, 1 consent"
    assert f"Transferred to the new owner: {handed_over}." in text_of(asked)
    assert "New owner optional" not in " ".join(text_of(asked).split())
    assert (forgot.status_code, "Choose a new owner." in text_of(forgot)) == (422, True)
    assert "Mia is no longer in Aurora." in text_of(done)
    assert not Membership.objects.filter(user=cast.mia).exists()


def test_a_person_who_left_their_only_team_sees_that_they_have_none(cast, sign_in):
    mia = sign_in(cast.mia)

    response = mia.post(f"/team/people/{pk_of(cast.mia)}/remove/", follow=True)

    assert response.status_code == 403
    assert "You aren't in a team" in text_of(response)


def test_a_voice_whose_key_was_removed_with_its_owner_shows_key_missing(ana, cast):
    account = factories.make_account(cast.aurora, last_owner=cast.mia)
    factories.make_credential(cast.mia, account)
    voice = factories.make_clone(account, "Our Bo")
    fine = factories.make_voice(cast.account, "Fine")

    ana.post(f"/team/people/{pk_of(cast.mia)}/remove/", {"new_owner": pk_of(cast.ana)})
    refresh_badges(factories.NOW, account.pk)

    assert "Key missing" in text_of(ana.get(f"/voices/{voice.pk}/"))
    assert "Key missing" not in text_of(ana.get(f"/voices/{fine.pk}/"))


# Invitations


def test_an_invitation_link_is_shown_once_and_lets_a_new_person_join(ana, cast):
    made = ana.post("/team/invitations/", {"role": "viewer", "days": "7", "label": "For Kim"})
    link = re.search(r'<code id="made-link">(.+?)</code>', made.content.decode())[1]
    kim = Client()

    asked = kim.get(link)
    person = {"name": "Kim", "email": "kim@example.com", "password": "a long pass phrase"}
    asked_in = kim.post(link, person, follow=True)
    joined = come_in(kim, "kim@example.com", "a long pass phrase")

    assert "no-store" in made["Cache-Control"]
    assert link not in ana.get("/team/").content.decode()
    assert "Join Aurora as a viewer" in " ".join(text_of(asked).split())
    assert asked_in.redirect_chain == [("/account/login/", 302)]
    assert "Sign in with your email address and password to join Aurora" in text_of(asked_in)
    assert joined.redirect_chain == [("/voices/", 302)]
    assert "You are now in Aurora." in text_of(joined)
    assert Membership.objects.get(user__email="kim@example.com").role == "viewer"
    assert "Used by Kim" in text_of(ana.get("/team/"))
    assert kim.get(link).status_code == 404
    again = Client().get(link)
    assert (again.status_code, "This link no longer works" in text_of(again)) == (404, True)


def test_a_signed_in_person_joins_with_one_click_and_others_can_sign_in_first(ana, cast, sign_in):
    token = "known"
    factories.make_invitation(cast.ana, cast.aurora, token=token, role="cloner")
    link = f"/join/{token} of {cast.aurora.pk}/"
    sam = sign_in(cast.sam)

    page = Client().get(link).content.decode()
    asked = sam.get(link)
    joined = sam.post(link, follow=True)

    assert "/account/login/?next=/join/known" in page
    assert "Join as Sam" in text_of(asked)
    assert "You are now in Aurora." in text_of(joined)
    assert "Used by Sam" in text_of(ana.get("/team/"))


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"password": "short"}, "at least 10 characters"),
        ({"email": "kim"}, "Enter a valid email address."),
    ],
)
def test_an_invalid_join_form_shows_an_error_and_keeps_the_link_usable(cast, posted, words):
    factories.make_invitation(cast.ana, cast.aurora, token="t")
    link = f"/join/t of {cast.aurora.pk}/"
    person = {"name": "Kim", "email": "kim@example.com", "password": "a long pass phrase"}

    response = Client().post(link, {**person, **posted})

    assert response.status_code == 422
    assert words in text_of(response)
    assert Invitation.objects.get().used_at is None
    assert User.objects.count() == 3


def answer_of(email):
    """Submit the join form and return the browser and the response."""
    client = Client()
    form = {"name": "Kim", "email": email, "password": "a long pass phrase"}
    answer = client.post(link_of(Invitation.objects.latest("pk")), form)
    sign_in_page = client.get("/account/login/").content.decode()
    page = re.sub(r'value="[^"]{64}"|data-csrf="[^"]*"', "", sign_in_page)
    return client, (answer.status_code, answer["Location"], answer.content, page)


def link_of(invitation):
    return f"/join/{invitation.label} of {invitation.team_id}/"


def test_the_join_page_does_not_reveal_whether_an_address_has_an_account(ana, cast, monkeypatch):
    hashed, listed = [], []
    real = invitations.make_password
    monkeypatch.setattr(invitations, "make_password", lambda word: hashed.append(1) or real(word))
    answers, until = {}, timezone.now() + timedelta(days=1)
    for email in ("kim@example.com", "sam@example.com", "mia@example.com"):
        values = {"token": email, "label": email, "expires_at": until}
        row = factories.make_invitation(cast.ana, cast.aurora, **values)
        client, answers[email] = answer_of(email)
        # The link and the admin's page don't reveal it either.
        again = text_of(Client().get(link_of(row))).replace(email, "")
        listed.append((again, "Open, waiting for a sign-in" in text_of(ana.get("/team/"))))
        Invitation.objects.all().update(withdrawn_at=factories.NOW)

    assert len(set(answers.values())) == 1
    assert len(set(listed)) == 1
    assert hashed == [1, 1, 1]
    # A password guess through the join form fails like any other.
    assert come_in(client, "mia@example.com", "a long pass phrase").status_code == 200


def test_someone_with_an_account_joins_by_signing_in_with_its_password(cast):
    row = factories.make_invitation(cast.ana, cast.aurora, token="t", label="t", role="cloner")
    client, _ = answer_of("sam@example.com")

    joined = come_in(client, "sam@example.com")

    assert "You are now in Aurora." in text_of(joined)
    assert Membership.objects.get(user=cast.sam, team=cast.aurora).role == "cloner"
    assert Invitation.objects.get(pk=row.pk).used_by == cast.sam


def test_a_join_form_sent_from_another_browser_does_not_count(cast):
    factories.make_invitation(cast.ana, cast.aurora, token="t", label="t")
    answer_of("sam@example.com")

    come_in(Client(), "sam@example.com")

    assert not Membership.objects.filter(user=cast.sam, team=cast.aurora).exists()


def test_joining_requires_the_second_factor(cast):
    factories.make_factor(cast.sam)
    factories.make_invitation(cast.ana, cast.aurora, token="t", label="t")
    client, _ = answer_of("sam@example.com")

    come_in(client, "sam@example.com")
    assert not Membership.objects.filter(user=cast.sam, team=cast.aurora).exists()
    client.post("/account/two-factor/authenticate/", {"code": code_of()})

    assert Membership.objects.filter(user=cast.sam, team=cast.aurora).exists()


def test_a_link_withdrawn_before_the_sign_in_does_not_join(ana, cast):
    row = factories.make_invitation(cast.ana, cast.aurora, token="t", label="t")
    client, _ = answer_of("sam@example.com")
    ana.post(f"/team/invitations/{row.pk}/withdraw/")

    assert come_in(client, "sam@example.com").status_code == 200
    assert not Membership.objects.filter(user=cast.sam, team=cast.aurora).exists()


def test_the_join_form_is_rate_limited_by_address(cast):
    row = factories.make_invitation(cast.ana, cast.aurora, token="t", label="t")

    answers = [Client().post(link_of(row)) for _ in range(21)]

    assert [answers[-2].status_code, answers[-1].status_code] == [422, 429]


def test_a_withdrawn_link_gets_404(ana, cast):
    row = factories.make_invitation(cast.ana, cast.aurora, token="t")

    ana.post(f"/team/invitations/{row.pk}/withdraw/")

    assert Client().get(f"/join/t of {cast.aurora.pk}/").status_code == 404
    assert "Withdrawn" in text_of(ana.get("/team/"))


# Switching teams


@pytest.fixture
def both(cast):
    Membership.objects.create(user=cast.ana, team=cast.borealis, role="member")


@pytest.mark.parametrize(
    ("stood", "goes"),
    [
        ("/voices/?q=warm&gender=female", "/voices/?q=warm&gender=female"),
        ("/team/", "/team/"),
        ("/keys/add/", "/keys/add/"),
        ("/voices/12/", "/voices/"),
        ("/jobs/0b1e8a62-0000-4000-8000-000000000000/", "/jobs/"),
        ("/nowhere/", "/voices/"),
        ("", "/voices/"),
        ("https://evil.example/voices/", "/voices/"),
        ("//evil.example/voices/", "/voices/"),
    ],
)
def test_switching_teams_keeps_the_page_if_the_other_team_has_it(ana, cast, both, stood, goes):
    response = ana.post(f"/teams/{cast.borealis.pk}/choose/", {"next": stood})

    assert (response.status_code, response["Location"]) == (302, goes)
    assert Team.objects.visible_to(cast.ana).get() == cast.borealis


def test_the_team_menu_is_shown_only_to_people_with_several_teams(ana, cast, both, sign_in):
    own, other = ana.get("/voices/?q=x"), sign_in(cast.mia).get("/voices/")

    assert f"/teams/{cast.borealis.pk}/choose/" in own.content.decode()
    assert 'name="next" value="/voices/?q=x"' in own.content.decode()
    assert "own-teams" not in other.content.decode()


def test_an_admin_can_create_another_team(ana, cast, sign_in):
    opened = ana.post("/teams/", {"name": "Corona"}, follow=True)

    assert "Team Corona created." in text_of(opened)
    assert "Create a team" not in text_of(sign_in(cast.mia).get("/you/"))


# Suspended members


def suspend(client, user, value="1"):
    pk = Membership.everyone.get(user=user).pk
    return client.post(f"/team/people/{pk}/suspend/", {"is_suspended": value}, follow=True)


def test_a_suspended_member_is_told_whom_to_ask(ana, mia, cast):
    done = suspend(ana, cast.mia)
    page, account = mia.get("/voices/"), mia.get("/you/")

    assert "Mia is suspended." in text_of(done)
    assert "mia@example.com · Member · suspended just now by an admin" in text_of(done)
    assert (page.status_code, account.status_code) == (403, 403)
    assert "Your membership is suspended" in text_of(page)
    assert "Ask an admin of Aurora to open it again: Ana" in text_of(page)


def test_a_lifted_suspension_opens_the_team_again(ana, mia, cast):
    suspended = suspend(ana, cast.mia)
    lifted = suspend(ana, cast.mia, "0")

    assert "Lift suspension of Mia" in text_of(suspended)
    assert "Suspend Mia" in text_of(lifted)
    assert "Change role" not in row_of(suspended, "mia@example.com")
    assert "Mia can open Aurora again." in text_of(lifted)
    assert mia.get("/voices/").status_code == 200


def test_the_account_page_names_a_team_that_is_suspended(ana, mia, cast):
    Membership.objects.create(user=cast.mia, team=cast.borealis)
    pk = Membership.objects.get(user=cast.mia, team=cast.aurora).pk
    ana.post(f"/team/people/{pk}/suspend/", {"is_suspended": "1"})

    page = text_of(mia.get("/you/"))

    assert "Borealis Member · current team" in page
    assert "Aurora Your membership is suspended. Ask an admin of this team" in page


def row_of(page, email):
    rows = page.content.decode().split('<li class="row"')
    return next(row for row in rows if email in row)


def test_an_invitation_tells_a_suspended_member_to_ask_an_admin(ana, mia, cast):
    token = invitations.invite(
        cast.ana, team=cast.aurora, role="member", label="", days=7, now=factories.NOW
    )
    suspend(ana, cast.mia)

    mia.post(f"/join/{token}/")

    assert mia.get("/voices/").status_code == 403
