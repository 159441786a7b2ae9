"""Generated voices are complete, like fetched ones."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from catalog.models import ProviderAccount, Voice, VoiceLabel
from catalog.queries.voices.search import VoiceFilter, find_voices
from tests import factories


def generate(count: int, team: str = "Aurora", **options) -> None:
    call_command("generate_voices", count=count, team=team, stdout=StringIO(), **options)


def test_generates_the_requested_number_of_voices_and_they_are_found(cast):
    factories.make_voice(cast.account, "Ada")

    generate(300)
    generate(100, seed=2)

    page = find_voices(cast.ana, VoiceFilter())
    counts = {facet.name: [choice.count for choice in facet.choices] for facet in page.facets}
    assert Voice.objects.count() == 401
    assert page.found_count == 401
    assert find_voices(cast.mia, VoiceFilter()).found_count < 401  # one account is not shared
    assert find_voices(cast.sam, VoiceFilter()).found_count == 0
    assert find_voices(cast.ana, VoiceFilter(words="warm lang:en")).found_count > 0
    assert counts["language"][0] > 5 * counts["language"][5]
    assert len(set(ProviderAccount.objects.values_list("provider", flat=True))) >= 5


def test_generated_rows_are_complete(cast):
    generate(200)

    assert not Voice.objects.filter(name_words="").exists()
    assert not Voice.objects.filter(version=0).exists()
    assert VoiceLabel.objects.filter(facet="language").values("voice").distinct().count() == 200
    assert any(not name.isascii() for name in Voice.objects.values_list("name", flat=True))


def test_voice_made_after_generating_gets_a_new_id(cast):
    generate(10)

    factories.make_voice(cast.account)

    assert Voice.objects.count() == 11


@pytest.mark.parametrize(("count", "team"), [(0, "Aurora"), (5, "Nobody")])
def test_invalid_count_or_team_gives_an_error(cast, count, team):
    with pytest.raises(CommandError):
        generate(count, team)
