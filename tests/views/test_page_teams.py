"""A page that was opened in one team never changes another team."""

import re
from types import SimpleNamespace

import pytest
from django.conf import settings
from django.test import Client

from catalog.models import Credential, Invitation, Membership, Team
from catalog.views.middleware.page_team import EXEMPT
from tests import factories
from tests.pages import CLOSED, NEVER, TABLE
from tests.views.conftest import BOOSTED, PARTIAL
from tests.views.test_team_members import text_of
from tests.visitors import address, call, one_of_many, read_body
from tests.world import all_rows

POSTABLE = [name for name, page in TABLE.items() if page.post not in {NEVER, CLOSED}]
LOOKED_AT = [name for name, page in TABLE.items() if page.get[3] == 200]


@pytest.fixture
def both(cast) -> SimpleNamespace:
    """Make Ana an admin of Borealis too, while she works in Aurora."""
    Membership.objects.create(user=cast.ana, team=cast.borealis, role="admin")
    return cast


@pytest.fixture
def world(world, cast) -> SimpleNamespace:
    Membership.objects.create(user=cast.ana, team=cast.borealis, role="admin")
    return world


def switch(client, team):
    client.post(f"/teams/{team.pk}/choose/")


def read_forms(response):
    """Return the HTML of each form on the page that posts."""
    return re.findall(r"<form\b[^>]*method=\"post\".*?</form>", read_body(response), re.DOTALL)


def words_of(response):
    return " ".join(text_of(response).split())


# Every address


def test_every_post_address_refuses_a_page_of_another_team_or_is_exempt(world, cast, subtests):
    for name in POSTABLE:
        with one_of_many(subtests, world, name=name):
            demand_a_refusal(world, cast, name)


def demand_a_refusal(world, cast, name):
    path, before = address(name, world.aurora), all_rows()
    ana = world.clients["ana"]

    by_field = ana.post(path, {"in_team": str(cast.borealis.pk)})
    by_script = call(ana, "POST", path, **{"X-Team": str(cast.borealis.pk)})
    unnamed = ana.post(path)

    if name in EXEMPT:
        assert 409 not in {by_field.status_code, by_script.status_code, unnamed.status_code}
        return
    assert {by_field.status_code, by_script.status_code, unnamed.status_code} == {409}
    for answer in (by_field, by_script):
        assert "This page belongs to Borealis You are now in Aurora" in words_of(answer)
    assert all_rows() == before


def test_every_exempt_address_exists_and_has_a_reason():
    assert set(EXEMPT) <= set(POSTABLE)
    assert all(len(reason) > 20 for reason in EXEMPT.values())


def test_every_form_on_every_page_names_its_team(world, cast, subtests):
    for name in LOOKED_AT:
        with one_of_many(subtests, world, name=name):
            answer = call(world.clients["ana"], "GET", address(name, world.aurora))

            for form in read_forms(answer):
                assert f'name="in_team" value="{cast.aurora.pk}"' in form
                assert "csrfmiddlewaretoken" in form


# Cases that went wrong before


def test_a_shared_key_from_an_open_form_is_not_saved_in_another_team(both, sign_in):
    ana, form = sign_in(both.ana), {"provider": "elevenlabs", "api_key": "sk_1234567890"}
    form |= {"is_shared": "on", "in_team": str(both.aurora.pk)}

    switch(ana, both.borealis)
    answer = ana.post("/keys/add/", form, headers={"Referer": "http://testserver/keys/add/"})

    assert answer.status_code == 409
    assert not Credential.objects.filter(team=both.borealis, owner=both.ana).exists()
    assert "sk_1234567890" not in answer.content.decode()


def test_an_invitation_from_an_open_form_does_not_invite_to_another_team(both, sign_in):
    ana = sign_in(both.ana)
    form = {"role": "admin", "days": "7", "in_team": str(both.aurora.pk)}

    switch(ana, both.borealis)

    assert ana.post("/team/invitations/", form).status_code == 409
    assert not Invitation.objects.exists()


def test_the_conflict_page_offers_to_switch_back_or_to_continue(both, sign_in):
    ana, stood = sign_in(both.ana), f"/voices/{factories.make_voice(both.account).pk}/"
    switch(ana, both.borealis)

    answer = ana.post(
        "/keys/add/",
        {"in_team": str(both.aurora.pk)},
        headers={"Referer": f"http://testserver{stood}"},
    )
    page = answer.content.decode()
    back = ana.post(f"/teams/{both.aurora.pk}/choose/", {"next": stood, "stays": "1"})

    assert f'action="/teams/{both.aurora.pk}/choose/"' in page
    assert f'name="next" value="{stood}"' in page
    assert 'href="/voices/"' in page
    assert (back.status_code, back["Location"]) == (302, stood)


@pytest.mark.parametrize("referer", ["https://evil.example/x", "http://[", "", "//evil.example"])
def test_the_conflict_page_never_links_to_another_site(both, sign_in, referer):
    ana = sign_in(both.ana)
    form = {"in_team": str(both.borealis.pk)}

    page = ana.post("/keys/add/", form, headers={"Referer": referer}).content.decode()

    assert "evil" not in page


def test_the_conflict_page_does_not_name_a_team_that_the_person_is_not_in(both, sign_in):
    answer = sign_in(both.mia).post("/keys/add/", {"in_team": str(both.borealis.pk)})

    assert answer.status_code == 409
    assert "a team you aren't in" in text_of(answer)
    assert "Borealis" not in answer.content.decode()


@pytest.mark.parametrize("word", ["", "x", "0", "9" * 400, "\x00", "١"])
def test_an_invalid_team_id_is_refused(both, sign_in, word):
    assert sign_in(both.mia).post("/keys/add/", {"in_team": word}).status_code == 409


def test_team_header_and_team_field_must_agree(both, sign_in):
    ana = sign_in(both.ana)
    headers = {"X-Team": str(both.borealis.pk)}

    answer = ana.post("/keys/add/", {"in_team": str(both.aurora.pk)}, headers=headers)

    assert answer.status_code == 409


def test_a_form_without_a_team_is_accepted_only_from_members_of_one_team(both, sign_in):
    assert sign_in(both.mia).post("/keys/add/").status_code == 422
    answer = sign_in(both.ana).post("/keys/add/")

    assert answer.status_code == 409
    assert "doesn't say which team it belongs to" in text_of(answer)


def test_a_person_moved_to_another_team_meanwhile_gets_the_conflict_page(both, sign_in):
    mia = sign_in(both.mia)
    Membership.objects.filter(user=both.mia).update(team=both.borealis)

    assert mia.post("/keys/add/", {"in_team": str(both.aurora.pk)}).status_code == 409


# Scripts


def test_a_scripted_upload_for_another_team_gets_a_json_error(both, sign_in):
    headers = {"X-Upload": "1", "X-Team": str(both.borealis.pk)}

    answer = sign_in(both.ana).post("/samples/", headers=headers)

    assert answer.status_code == 409
    assert "belongs to Borealis, but you are now in Aurora" in answer.json()["error"]


@pytest.mark.parametrize("path", ["/voices/", "/notifications/bell/", "/jobs/"])
def test_a_partial_request_from_another_team_s_page_gets_409(both, sign_in, path):
    ana = sign_in(both.ana)
    headers = {**PARTIAL, "X-Team": str(both.borealis.pk)}

    refused = ana.get(path, headers=headers)
    fits = ana.get(path, headers={**PARTIAL, "X-Team": str(both.aurora.pk)})
    whole = ana.get("/voices/", headers={**BOOSTED, "X-Team": str(both.borealis.pk)})

    assert (refused.status_code, refused["X-Team-Conflict"]) == (409, "/static/js/teams.js")
    assert "<html" not in refused.content.decode()
    assert fits.status_code == 200
    # For a whole page, the script compares the teams itself and navigates.
    assert f'data-team="{both.aurora.pk}"' in whole.content.decode()


# The page frame


def test_the_header_names_the_current_team_and_follows_a_switch(both, sign_in):
    ana = sign_in(both.ana)

    before = ana.get("/keys/").content.decode()
    switch(ana, both.borealis)
    after = ana.get("/keys/").content.decode()
    ana.post("/teams/", {"name": "Corona", "in_team": str(both.borealis.pk)})
    made = ana.get("/keys/").content.decode()

    pages = (before, after, made)
    names = [re.findall(r'class="team-name".*?<bdi>(.*?)</bdi>', page, re.DOTALL) for page in pages]
    assert names == [["Aurora"], ["Borealis"], ["Corona"]]
    corona = Team.objects.get(name="Corona")
    for team, page in zip((both.aurora, both.borealis, corona), pages, strict=True):
        assert f'data-team="{team.pk}"' in page


def test_a_person_with_one_team_also_sees_its_name(both, sign_in):
    page = sign_in(both.mia).get("/keys/").content.decode()

    assert '<span class="team-name" title="Your team: Aurora">' in page


def test_the_csrf_check_comes_before_the_team_check(both):
    client = Client(enforce_csrf_checks=True)
    client.force_login(both.ana, backend=settings.AUTHENTICATION_BACKENDS[0])

    assert client.post("/keys/add/", {"in_team": str(both.borealis.pk)}).status_code == 403
