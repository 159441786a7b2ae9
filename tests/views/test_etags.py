"""Going back or reloading costs next to nothing while nothing changed, and is right when it did."""

import pytest

from catalog.jobs.credentials.check import keep_refusal
from catalog.jobs.syncs.run import sync_account
from catalog.models import Credential, Membership
from catalog.providers.errors import CredentialRejected
from catalog.services.annotations import star_voice
from catalog.services.credentials.keys import share_credential
from catalog.services.preferences import remember_view
from catalog.services.searches import save_search
from catalog.services.teams.members import change_role
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


def sync_without_key(account) -> None:
    Credential.objects.filter(account=account).update(health="rejected")
    assert sync_account(account.pk, lambda: factories.NOW).error


@pytest.mark.parametrize(
    "change",
    [
        lambda cast: rename_voice(cast.ana, voice=cast.voice, name="Zoe", now=factories.NOW),
        lambda cast: star_voice(cast.mia, voice=cast.voice, is_on=True, now=factories.NOW),
        lambda cast: factories.make_voice(cast.account, "Bob"),
        lambda cast: sync_without_key(cast.account),
        lambda cast: share_credential(
            cast.ana, credential=cast.credential, is_shared=False, now=factories.NOW
        ),
        lambda cast: keep_refusal(
            cast.credential, CredentialRejected("This key is not known."), factories.NOW
        ),
        lambda cast: change_role(
            cast.ana,
            membership=Membership.objects.get(user=cast.mia),
            role="viewer",
            now=factories.NOW,
        ),
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


def test_an_order_by_use_is_asked_for_anew_and_no_other_is(cast, mia):
    by_play, by_name = "/voices/?sort=played", "/voices/?sort=name"
    etag = mia.get(by_name)["ETag"]

    mia.post(f"/voices/{cast.voice.pk}/played/")

    assert mia.get(by_name, headers={"If-None-Match": etag}).status_code == 304
    assert "ETag" not in mia.get(by_play)
    remember_view(cast.mia, sort="used")
    assert "ETag" not in mia.get("/voices/")
