"""What a team may say of a voice: its own name, and whether it is in the list."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs import renames
from catalog.models import Membership, Voice
from catalog.providers import errors
from catalog.queries.filters import VoiceFilter
from catalog.queries.stales import find_archived_voices
from catalog.queries.voices import find_voices
from catalog.services.voices import archive_voices, rename_voice, unarchive_voices
from tests import factories
from tests.factories import NOW


class NamingProvider:
    """Takes names, or refuses them."""

    def __init__(self, refusal: Exception | None = None) -> None:
        self.refusal = refusal
        self.names: dict[str, str] = {}

    def __enter__(self) -> "NamingProvider":
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def rename(self, remote_id: str, name: str) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.names[remote_id] = name


def push(monkeypatch, voice: Voice, provider: NamingProvider) -> Voice:
    monkeypatch.setattr(renames, "open_provider", lambda *_: provider)
    renames.push_name(voice.pk)
    voice.refresh_from_db()
    return voice


def found_names(user, words: str = "") -> list[str]:
    return [voice.shown_name for voice in find_voices(user, VoiceFilter(words=words)).voices]


def test_a_new_name_is_shown_found_and_sorted_by_at_once(cast):
    factories.make_voice(cast.account, "Bea")
    voice = factories.make_voice(cast.account, "Zoe")

    rename_voice(cast.mia, voice=voice, name="Ärmel", now=NOW)

    assert found_names(cast.mia) == ["Ärmel", "Bea"]
    assert found_names(cast.mia, "armel") == ["Ärmel"]
    assert found_names(cast.mia, "zoe") == ["Ärmel"]


def test_a_worker_carries_the_name_to_the_provider(cast, monkeypatch):
    voice = factories.make_clone(cast.account, "Old")
    rename_voice(cast.mia, voice=voice, name="New", now=NOW)
    provider = NamingProvider()

    push(monkeypatch, voice, provider)

    assert provider.names == {voice.remote_id: "New"}
    assert (voice.name, voice.own_name) == ("New", "")


def test_a_refused_name_stays_here_with_the_provider_s_words(cast, monkeypatch):
    voice = factories.make_clone(cast.account, "Old")
    rename_voice(cast.mia, voice=voice, name="New", now=NOW)

    push(monkeypatch, voice, NamingProvider(errors.RequestRejected("The name is taken.")))

    assert (voice.name, voice.own_name) == ("Old", "New")
    assert voice.rename_problem == "The name is taken."


def test_a_voice_of_the_provider_s_library_is_renamed_only_here(cast, monkeypatch):
    voice = factories.make_voice(cast.account, "Rachel")
    rename_voice(cast.mia, voice=voice, name="Narrator", now=NOW)
    provider = NamingProvider()

    push(monkeypatch, voice, provider)

    assert provider.names == {}
    assert voice.shown_name == "Narrator"


def test_a_viewer_names_nothing(cast):
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)
    voice = factories.make_voice(cast.account)

    with pytest.raises(PermissionDenied):
        rename_voice(vic, voice=voice, name="Mine", now=NOW)


def test_an_archived_voice_leaves_the_list_and_comes_back(cast):
    voice = factories.make_clone(cast.account)

    archive_voices(cast.ana, team=cast.aurora, voices=[voice], now=NOW)
    assert found_names(cast.mia) == []
    assert find_archived_voices(cast.ana) == [voice]
    away = VoiceFilter(chosen={"archived": ("yes",)})
    assert find_voices(cast.mia, away).voices == [voice]
    unarchive_voices(cast.ana, team=cast.aurora, voices=[voice], now=NOW)

    assert found_names(cast.mia) == ["Our Ada"]


def test_only_an_admin_archives(cast):
    voice = factories.make_clone(cast.account)

    with pytest.raises(PermissionDenied):
        archive_voices(cast.mia, team=cast.aurora, voices=[voice], now=NOW)
