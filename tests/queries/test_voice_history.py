"""A voice's page: its history, and where it is used."""

import pytest

from catalog.models import AuditEntry
from catalog.queries.voices.history import find_history
from catalog.queries.voices.references import find_references
from catalog.services.annotations import rate_voice, tag_voices, untag_voices, write_note
from catalog.services.cleanups.protections import protect_voice
from catalog.services.voices.edit import archive_voices, relabel_voice, rename_voice
from tests import factories
from tests.factories import NOW


@pytest.fixture
def voice(cast):
    return factories.make_voice(cast.account, name="Rachel")


def words_of(user, voice):
    voice.refresh_from_db()
    return [line.words for line in find_history(user, voice)]


def test_a_history_says_who_did_what_newest_first(cast, voice):
    rename_voice(cast.mia, voice=voice, name="Warm Rachel", now=NOW)
    tag_voices(cast.mia, team=cast.aurora, voices=[voice], names=["calm"], now=NOW)
    untag_voices(cast.ana, voices=[voice], tag=voice.tag_uses.get().tag, now=NOW)
    write_note(cast.ana, voice=voice, text="Secret text", now=NOW)
    protect_voice(cast.ana, voice=voice, kind="hold", reason="Lawsuit", now=NOW)
    archive_voices(cast.ana, team=cast.aurora, voices=[voice], now=NOW)

    assert sorted(words_of(cast.mia, voice)) == sorted(
        [
            "Ana archived this voice.",
            "Ana put this voice on legal hold, so that no cleanup deletes it.",
            "Ana added a note.",
            "Ana removed the tag “calm”.",
            "Mia added the tag “calm”.",
            "Mia renamed this voice from “Rachel” to “Warm Rachel”.",
            "Voiceboard found this voice at ElevenLabs.",
        ]
    )


def test_changed_labels_are_listed_with_their_old_values(cast, voice):
    relabel_voice(cast.mia, voice=voice, labels={"gender": "male", "age": "old"}, now=NOW)
    relabel_voice(cast.mia, voice=voice, labels={"age": "young"}, now=NOW)

    latest = find_history(cast.mia, voice)[0]

    assert latest.words == "Mia changed the team's labels."
    assert latest.changes == [
        ("gender", "male", "the provider's label"),
        ("age", "old", "young"),
    ]


def test_a_history_keeps_ratings_unlisted_actions_and_other_voices_to_itself(cast, voice):
    other = factories.make_voice(cast.account, name="Other")
    rename_voice(cast.mia, voice=other, name="Elsewhere", now=NOW)
    rate_voice(cast.mia, voice=voice, value=1, now=NOW)

    assert words_of(cast.ana, voice) == ["Voiceboard found this voice at ElevenLabs."]


def test_what_is_done_to_several_voices_shows_in_each_history(cast, voice):
    other = factories.make_voice(cast.account, name="Other")
    tag_voices(cast.mia, team=cast.aurora, voices=[voice, other], names=["calm"], now=NOW)
    archive_voices(cast.ana, team=cast.aurora, voices=[voice, other], now=NOW)

    for each in (voice, other):
        found = words_of(cast.mia, each)
        assert {"Mia added the tag “calm”.", "Ana archived this voice."} <= set(found)


def test_a_voice_archived_before_its_log_named_it_still_says_so(cast, voice):
    voice.archived_at = NOW
    voice.save()

    assert "This voice was archived together with others." in words_of(cast.mia, voice)


def test_a_stranger_reads_no_history(cast, voice):
    rename_voice(cast.mia, voice=voice, name="Warm Rachel", now=NOW)

    assert AuditEntry.objects.filter(action="voice renamed").exists()
    assert not [words for words in words_of(cast.sam, voice) if "Mia" in words]


def test_uses_name_only_what_the_user_may_open(cast, voice):
    shared = factories.make_collection(cast.ana, cast.aurora, voice, name="Ads", is_shared=True)
    factories.make_collection(cast.ana, cast.aurora, voice, name="Ana's secret")
    factories.make_selection(cast.ana, cast.aurora, voice)
    own = factories.make_selection(cast.mia, cast.aurora, voice)
    factories.make_selection(cast.mia, cast.aurora)

    found = find_references(cast.mia, voice, NOW)

    assert (found.collections, found.closed_count) == ([shared], 1)
    assert found.selections == [own]
