"""The page of first steps, which ticks itself off."""

import re

import pytest

from catalog.models import Membership, Voice
from catalog.services.usage import note_play
from tests import factories
from tests.local import give_local
from tests.views.conftest import PARTIAL, Page

NOW = factories.NOW


@pytest.fixture
def voices(cast, settings):
    """Aurora's built-in account with three voices that can be heard and one that can't."""
    settings.PROVIDER_BASE_URLS = {**settings.PROVIDER_BASE_URLS, "local": "/nowhere"}
    give_local(cast.aurora)
    account = factories.make_account(cast.aurora, provider="local")
    values = {"preview_url": "local:1", "kind": Voice.Kind.LIBRARY}
    grades = {"Dan": "D", "Ann": "A", "Bo": "B-", "Amy": "A-"}
    made = {
        name: factories.make_voice(account, name, details={"Quality": grade}, **values)
        for name, grade in grades.items()
    }
    factories.make_voice(account, "Mute", state="mute", kind=Voice.Kind.LIBRARY)
    return made


def test_the_steps_offer_the_best_voices_and_tick_themselves_off(cast, sign_in, voices):
    ana = sign_in(cast.ana)
    factories.make_job(cast.ana, cast.credential)
    page = Page(ana.get("/start/"))
    names = re.findall(r'data-name="(\w+)"', ana.get("/start/").content.decode())
    assert names == ["Ann", "Amy", "Bo"]
    assert page.find("div", id="steps", hx_get="/start/")
    assert "Hear a voice (done)" not in page.text
    assert "Add a key (done)" in page.text
    assert "Invite your team (done)" in page.text
    assert "Clone a voice (done)" in page.text

    note_play(cast.ana, voice=voices["Ann"], now=NOW)

    part = Page(ana.get("/start/", headers=PARTIAL))
    assert "Hear a voice (done)" in part.text
    assert not part.find("div", id="steps", hx_get="/start/")
    assert not part.find("html")


def test_without_local_voices_the_first_step_follows_the_key(cast, sign_in):
    page = Page(sign_in(cast.ana).get("/start/"))

    assert "Press play on any voice in the list." in page.text


def test_nothing_is_ticked_off_in_a_new_team(cast, sign_in):
    cast.other_credential.delete()

    page = Page(sign_in(cast.sam).get("/start/"))
    assert "(done)" not in page.text
    assert "Add a key first." in page.text


def test_a_viewer_gets_only_the_steps_that_are_open_to_them(cast, sign_in, voices):
    Membership.objects.filter(user=cast.mia).update(role=Membership.Role.VIEWER)

    page = Page(sign_in(cast.mia).get("/start/"))

    assert "Hear a voice" in page.text
    assert not {"Add a key", "Invite people", "Clone a voice"} & set(page.text.splitlines())


def test_the_page_stays_in_the_navigation_until_it_is_dismissed(cast, sign_in, settings):
    ana = sign_in(cast.ana)
    assert Page(ana.get("/keys/")).find("a", href="/start/")

    response = ana.post("/start/")

    assert response["Location"] == "/voices/"
    assert not Page(ana.get("/keys/")).find("a", href="/start/")
    assert Page(sign_in(cast.mia).get("/keys/")).find("a", href="/start/")
    settings.DEMO = True
    assert not Page(sign_in(cast.mia).get("/keys/")).find("a", href="/start/")
