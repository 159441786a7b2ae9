"""Going back or reloading costs next to nothing while nothing changed, and is right when it did."""

import pytest

from catalog.models import Credential, Membership, ProviderAccount
from catalog.services.annotations import star_voice
from catalog.services.preferences import remember_view
from catalog.services.searches import save_search
from catalog.services.voices.edit import rename_voice
from tests import factories


@pytest.fixture
def mia(cast, sign_in):
    cast.voice = factories.make_voice(cast.account, "Ada")
    return sign_in(cast.mia)


def ask_again(browser, address: str = "/voices/", **headers: str) -> int:
    """Return the status of the answer to whoever holds the page of a moment ago."""
    etag = browser.get(address, headers=headers)["ETag"]
    return browser.get(address, headers={**headers, "If-None-Match": etag}).status_code


def hold(browser) -> str:
    return browser.get("/voices/")["ETag"]


def is_same(browser, etag: str) -> bool:
    return browser.get("/voices/", headers={"If-None-Match": etag}).status_code == 304


def test_what_did_not_change_is_not_sent_again(mia):
    part = {"HX-Request": "true", "HX-Request-Type": "partial"}

    assert ask_again(mia) == 304
    assert ask_again(mia, "/voices/?gender=female&sort=newest") == 304
    assert ask_again(mia, **part) == 304
    assert mia.get("/voices/")["Cache-Control"] == "private, no-cache"
    assert not is_same(mia, mia.get("/voices/", headers=part)["ETag"])


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: rename_voice(cast.ana, voice=cast.voice, name="Zoe", now=factories.NOW),
        lambda cast: star_voice(cast.mia, voice=cast.voice, is_on=True, now=factories.NOW),
        lambda cast: factories.make_voice(cast.account, "Bob"),
        lambda cast: ProviderAccount.objects.update(sync_error="No answer."),
        lambda cast: ProviderAccount.objects.update(is_shared=False),
        lambda cast: Credential.objects.filter(owner=cast.ana).update(owner=cast.mia),
        lambda cast: Membership.objects.filter(user=cast.mia).update(role="viewer"),
        lambda cast: remember_view(cast.mia, layout="list"),
        lambda cast: save_search(
            cast.ana, team=cast.aurora, name="N", query="q=a", is_shared=True, now=factories.NOW
        ),
    ],
    ids=["name", "star", "voice", "error", "share", "key", "role", "habit", "search"],
)
def test_whatever_shows_on_the_page_makes_it_another(cast, mia, change):
    etag = hold(mia)

    change(cast)

    assert not is_same(mia, etag)


def test_the_theme_the_tray_and_the_person_make_it_another(cast, mia, sign_in):
    etag = hold(mia)
    other = sign_in(cast.ana)
    again = sign_in(cast.mia)

    assert not is_same(other, etag)
    assert not is_same(again, etag)
    mia.cookies["theme"] = "dark"
    assert not is_same(mia, etag)


def test_a_notice_that_waits_is_said(cast, mia):
    etag = hold(mia)
    mia.post(f"/voices/{cast.voice.pk}/rename/", {"name": "!!!"})

    assert not is_same(mia, etag)
    assert "ETag" in mia.get("/voices/")


def test_an_order_by_use_is_another_once_a_voice_was_played(cast, mia):
    by_play, by_name = "/voices/?sort=played", "/voices/?sort=name"
    held = {address: mia.get(address)["ETag"] for address in (by_play, by_name)}

    mia.post(f"/voices/{cast.voice.pk}/played/")

    answers = {
        address: mia.get(address, headers={"If-None-Match": etag}).status_code
        for address, etag in held.items()
    }
    assert answers == {by_play: 200, by_name: 304}
    remember_view(cast.mia, sort="used")
    etag = hold(mia)
    mia.post(f"/voices/{cast.voice.pk}/played/")
    assert not is_same(mia, etag)
