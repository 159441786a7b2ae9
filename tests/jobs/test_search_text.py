"""Voices stored without search words get them when the new release starts."""

from catalog.jobs.searches.search_text import fill_missing_words
from catalog.models import CatalogVersion, Voice
from catalog.queries.voices.search import VoiceFilter, find_voice_ids
from tests import factories


def test_voices_without_search_words_get_them_once_and_are_found(cast):
    for name in ("Ada", "Bob"):
        factories.make_voice(cast.account, name)
    Voice.objects.update(name_words="", id_words="", label_words="", sort_name="")
    before = CatalogVersion.objects.get(team=cast.aurora).number

    filled = fill_missing_words()

    assert (filled, fill_missing_words()) == (2, 0)
    wanted = VoiceFilter(words="ada narration")
    assert find_voice_ids(cast.ana, wanted, is_exact=True) == [Voice.objects.get(name="Ada").pk]
    assert CatalogVersion.objects.get(team=cast.aurora).number > before


def test_ids_move_out_of_the_label_words_and_the_rest_is_unchanged(cast):
    voice = factories.make_voice(cast.account, "Ada", remote_id="Ab-12")
    moved = f" ab 12{voice.label_words}"
    Voice.objects.update(id_words="", label_words=moved, team_text=" 小美 美 ")

    fill_missing_words()

    found = Voice.objects.get()
    assert (found.id_words, found.label_words) == (" ab 12 ", voice.label_words)
    assert found.team_text == " 小美 美 "
