"""An unchanged page answers 304, and any change to what it shows answers 200."""

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
    """Request a page twice, the second time with its ETag, and return the second status."""
    etag = browser.get(address, headers=headers)["ETag"]
    return browser.get(address, headers={**headers, "If-None-Match": etag}).status_code


def hold(browser) -> str:
    return browser.get("/voices/")["ETag"]


def is_same(browser, etag: str) -> bool:
    return browser.get("/voices/", headers={"If-None-Match": etag}).status_code == 304


def test_an_unchanged_page_is_not_sent_again(mia):
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
def test_every_change_to_what_the_page_shows_changes_its_etag(cast, mia, change):
    etag = hold(mia)

    change(cast)

    assert not is_same(mia, etag)


def test_the_session_the_person_and_the_theme_change_the_etag(cast, mia, sign_in):
    etag = hold(mia)
    other = sign_in(cast.ana)
    again = sign_in(cast.mia)

    assert not is_same(other, etag)
    assert not is_same(again, etag)
    mia.cookies["theme"] = "dark"
    assert not is_same(mia, etag)


def test_a_pending_message_changes_the_etag(cast, mia):
    etag = hold(mia)
    mia.post(f"/voices/{cast.voice.pk}/rename/", {"name": "!!!"})

    assert not is_same(mia, etag)
    assert "ETag" in mia.get("/voices/")


def test_only_pages_sorted_by_use_have_no_etag(cast, mia):
    by_play, by_name = "/voices/?sort=played", "/voices/?sort=name"
    etag = mia.get(by_name)["ETag"]

    mia.post(f"/voices/{cast.voice.pk}/played/")

    assert mia.get(by_name, headers={"If-None-Match": etag}).status_code == 304
    assert "ETag" not in mia.get(by_play)
    remember_view(cast.mia, sort="used")
    assert "ETag" not in mia.get("/voices/")
