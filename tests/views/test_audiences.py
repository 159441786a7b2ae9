"""Forms and pages say who will be able to see and hear something."""

import uuid

import pytest

from catalog.models import Membership, ProviderAccount
from catalog.queries.voices.audience import find_audience, join_names
from tests import factories
from tests.visitors import read_text

EVERYONE = "Everyone in Aurora can listen and vote"


@pytest.fixture
def vic(cast):
    return factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)


@pytest.fixture
def closed(cast, vic):
    """Return Mia's account, which isn't shared."""
    account = factories.make_account(cast.aurora, is_shared=False, last_owner=cast.mia)
    factories.make_credential(cast.mia, account)
    return account


@pytest.fixture
def voices(cast, closed):
    return [factories.make_voice(cast.account, "Open"), factories.make_voice(closed, "Ada")]


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["Ada"], "Ada"),
        (["Ada", "Bo"], "Ada and Bo"),
        (["Ada", "Bo", "Cy"], "Ada, Bo and Cy"),
        (list("abcde"), "a, b, c, d and e"),
        (list("abcdefg"), "a, b, c, d and 3 more"),
    ],
)
def test_names_are_joined_with_commas_and_and(names, words):
    assert join_names(names) == words


def test_a_comparison_of_unshared_voices_says_only_its_creator_can_open_it(
    cast, mia, voices, sign_in
):
    form = read_text(mia.get(f"/compare/?v={voices[0].pk},{voices[1].pk}"))
    comparison = factories.make_comparison(cast.mia, voices, "Hello.", votes_wanted=3)
    address = f"/compare/{comparison.pk}/"
    page = read_text(mia.get(address))

    for text in (form, page):
        assert "Only you can open this comparison, listen, and vote, because" in text
        assert "because Ada is in an account that isn't shared with Aurora." in text
        assert EVERYONE not in text
    assert "It waits for 3 votes, but only 1 person can vote." in page
    closed, missing = (
        sign_in(cast.ana).get(each) for each in (address, f"/compare/{uuid.uuid4()}/")
    )
    assert closed.status_code == missing.status_code == 404
    assert "Ask Mia, who started it." in read_text(closed)
    for secret in ("Ada", "Hello."):
        assert secret not in read_text(closed)
    stranger = read_text(sign_in(cast.sam).get(address))
    assert stranger == read_text(sign_in(cast.sam).get(f"/compare/{uuid.uuid4()}/"))


def test_a_comparison_of_shared_voices_says_that_everyone_can_vote(cast, mia, voices):
    open_voices = [voices[0], factories.make_voice(cast.account, "Bo")]
    comparison = factories.make_comparison(cast.mia, open_voices, "Hello.")

    assert EVERYONE in read_text(mia.get(f"/compare/{comparison.pk}/"))
    form = read_text(mia.get(f"/compare/?v={open_voices[0].pk},{open_voices[1].pk}"))
    assert "Everyone in Aurora will be able to listen and vote." in form


def test_the_comparison_page_changes_when_a_key_is_no_longer_shared(cast, vic, sign_in):
    voices = [factories.make_voice(cast.account, name) for name in ("Ada", "Bo")]
    comparison = factories.make_comparison(cast.ana, voices, "Hello.")
    ana = sign_in(cast.ana)
    assert EVERYONE in read_text(ana.get(f"/compare/{comparison.pk}/"))

    answer = ana.post(f"/keys/{cast.credential.pk}/share/", {"is_shared": "0"}, follow=True)

    assert "your team no longer sees its voices or comparisons with them" in read_text(answer)
    assert "Only you can open this comparison" in read_text(ana.get(f"/compare/{comparison.pk}/"))


def test_a_blind_comparison_names_no_voice_until_all_votes_are_in(cast, mia, voices):
    comparison = factories.make_comparison(cast.mia, voices, "Hello.", is_blind=True)

    page = read_text(mia.get(f"/compare/{comparison.pk}/"))

    assert "Only you can open this comparison" in page
    assert "some of its voices are in an account that isn't shared" in page
    assert "Ada" not in page


def test_the_audience_names_everyone_with_a_key_to_every_account(cast, mia, voices, closed):
    cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)
    factories.make_credential(cleo, closed)

    assert find_audience(cast.mia, cast.aurora, voices).who == "you and Cleo"
    assert find_audience(cast.ana, cast.aurora, voices).who == "Cleo and Mia"
    ProviderAccount.objects.filter(pk=closed.pk).update(is_shared=True)
    assert find_audience(cast.mia, cast.aurora, voices).is_everyone


def test_a_shared_collection_lists_voices_that_some_of_the_team_cannot_see(
    cast, mia, voices, sign_in
):
    collection = factories.make_collection(cast.mia, cast.aurora, *voices, is_shared=True)
    address = f"/collections/{collection.pk}/"

    page = read_text(mia.get(address))
    assert "Some people in Aurora can't see Ada, because its account isn't shared" in page
    theirs = read_text(sign_in(cast.ana).get(address))
    assert "1 more voice is in accounts that aren't shared with you." in theirs
    assert "Ada" not in theirs


def test_sharing_a_collection_or_adding_a_voice_warns_about_unshared_accounts(cast, mia, voices):
    own = factories.make_collection(cast.mia, cast.aurora, *voices)

    change = read_text(mia.get(f"/collections/{own.pk}/change/"))
    assert "If you share it, some of your team still can't see Ada" in change
    adding = read_text(mia.get(f"/voices/{voices[1].pk}/collections/"))
    assert "Only you can see this voice." in adding
    assert "Only you" not in read_text(mia.get(f"/voices/{voices[0].pk}/collections/"))


def test_saving_a_shared_search_warns_that_teammates_may_find_fewer_voices(cast, mia):
    assert "teammates get none from accounts" in read_text(mia.get("/searches/add/?query=q=a"))
