"""The same library voice in several accounts is one card."""

import pytest

from catalog.jobs.voices.twins import refresh_twins
from catalog.models import ProviderAccount, Voice, VoiceLabel
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voice_ids, find_voices
from catalog.queries.voices.twins import find_twins
from tests import factories


@pytest.fixture
def twins(cast):
    """Rachel is in two accounts of one provider, Ada in one, and each account has a clone."""
    cast.second = factories.make_account(cast.aurora, label="Marketing")
    for account in (cast.account, cast.second):
        factories.make_credential(cast.ana, account, is_shared=True)
        factories.make_voice(account, "Rachel", remote_id="r-1")
        factories.make_clone(account, "Clone", remote_id="c-1")
    factories.make_voice(cast.second, "Ada", remote_id="r-2")
    refresh_twins(cast.second.pk)
    return cast


def find(user, words: str = "", **chosen: str):
    wanted = VoiceFilter(words=words, chosen={name: (each,) for name, each in chosen.items()})
    page = find_voices(user, wanted)
    assert sorted(page.ids) == sorted(find_voice_ids(user, wanted))
    assert page.found_count == len(page.ids)
    return page


def counts(page, name: str) -> list[int]:
    facet = next(facet for facet in page.facets if facet.name == name)
    return sorted(choice.count for choice in facet.choices if choice.count)


def test_a_library_voice_of_two_accounts_is_one_card_that_names_them(twins):
    page = find(twins.ana)

    shown = {voice.name: voice.account_names for voice in page.voices if voice.name != "Clone"}
    assert shown == {"Rachel": (str(twins.account.label or "ElevenLabs"), "Marketing"), "Ada": ()}
    # Own voices aren't the same voice: only one account may delete each.
    assert len([voice for voice in page.voices if voice.name == "Clone"]) == 2
    assert page.total_count == 4
    assert counts(page, "account") == [2, 3]
    assert counts(page, "kind") == [2, 2]


def test_an_account_keeps_all_of_its_voices(twins):
    page = find(twins.ana, account=str(twins.second.pk))

    assert sorted(voice.name for voice in page.voices) == ["Ada", "Clone", "Rachel"]
    assert next(voice for voice in page.voices if voice.name == "Rachel").account == twins.second
    assert counts(page, "account") == [2, 3]


def test_search_words_find_each_voice_once(twins):
    assert len(find(twins.ana, "rachel").ids) == 1


def test_someone_who_sees_one_account_sees_its_voice(twins):
    ProviderAccount.objects.filter(pk=twins.account.pk).update(is_shared=False, last_owner=None)
    twins.account.credentials.update(is_shared=False)

    [rachel] = find(twins.mia, "rachel").voices

    assert (rachel.account, rachel.account_names) == (twins.second, ())


def test_the_voices_page_links_to_its_twins(twins, sign_in):
    first, second = Voice.objects.filter(name="Rachel").order_by("pk")

    assert find_twins(twins.ana, first) == [second]
    assert f"/voices/{second.pk}/" in sign_in(twins.ana).get(f"/voices/{first.pk}/").text


def test_voices_that_an_account_lost_are_no_twins_anymore(twins):
    Voice.objects.filter(account=twins.account, name="Rachel").update(
        remote_deleted_at=factories.NOW
    )
    refresh_twins(twins.account.pk)

    assert not VoiceLabel.objects.filter(facet="twin").exists()
    assert [voice.account for voice in find(twins.ana, "rachel").voices] == [twins.second]


def test_a_voice_without_a_key_is_shown_beside_the_one_that_can_be_used(twins):
    voice = Voice.objects.get(account=twins.account, name="Rachel")
    VoiceLabel.objects.create(voice=voice, facet="badge", value=Voice.Badge.KEY_MISSING)
    refresh_twins(twins.account.pk)

    assert len(find(twins.ana, "rachel").ids) == 2
