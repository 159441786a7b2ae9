"""A team's own names and labels for voices, and archiving."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.voices import push_changes
from catalog.models import Membership, Voice
from catalog.providers import errors
from catalog.queries.cleanups.stale import find_archived_voices
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from catalog.services.voices.edit import (
    archive_voices,
    relabel_voice,
    rename_voice,
    unarchive_voices,
)
from tests import factories
from tests.factories import NOW
from tests.stubs import remote_voice


class NamingProvider:
    """Accepts names and labels, or rejects them."""

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

    def relabel(self, remote_id: str, labels: dict[str, str]) -> None:
        self.rename(remote_id, " ".join(labels.values()))


def push(monkeypatch, voice: Voice, provider: NamingProvider) -> Voice:
    monkeypatch.setattr(push_changes, "open_provider", lambda *_: provider)
    push_changes.push_name(voice.pk)
    push_changes.push_labels(voice.pk)
    voice.refresh_from_db()
    return voice


def found_names(user, words: str = "") -> list[str]:
    return [voice.shown_name for voice in find_voices(user, VoiceFilter(words=words)).voices]


def test_new_name_is_shown_found_and_sorted_immediately(cast):
    factories.make_voice(cast.account, "Bea")
    voice = factories.make_voice(cast.account, "Zoe")

    rename_voice(cast.mia, voice=voice, name="Ärmel", now=NOW)

    assert found_names(cast.mia) == ["Ärmel", "Bea"]
    assert found_names(cast.mia, "armel") == ["Ärmel"]
    assert found_names(cast.mia, "zoe") == ["Ärmel"]


def test_worker_sends_the_name_to_the_provider(cast, monkeypatch):
    voice = factories.make_clone(cast.account, "Old")
    rename_voice(cast.mia, voice=voice, name="New", now=NOW)
    provider = NamingProvider()

    push(monkeypatch, voice, provider)

    assert provider.names == {voice.remote_id: "New"}
    assert (voice.name, voice.own_name) == ("New", "")


def test_rejected_name_is_kept_here_with_the_provider_message(cast, monkeypatch):
    voice = factories.make_clone(cast.account, "Old")
    rename_voice(cast.mia, voice=voice, name="New", now=NOW)

    push(monkeypatch, voice, NamingProvider(errors.RequestRejected("The name is taken.")))

    assert (voice.name, voice.own_name) == ("Old", "New")
    assert voice.rename_problem == "The name is taken."


def test_library_voice_is_renamed_only_here(cast, monkeypatch):
    voice = factories.make_voice(cast.account, "Rachel")
    rename_voice(cast.mia, voice=voice, name="Narrator", now=NOW)
    provider = NamingProvider()

    push(monkeypatch, voice, provider)

    assert provider.names == {}
    assert voice.shown_name == "Narrator"


def test_viewer_cannot_rename_or_relabel(cast):
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)
    voice = factories.make_voice(cast.account)

    with pytest.raises(PermissionDenied):
        rename_voice(vic, voice=voice, name="Mine", now=NOW)
    with pytest.raises(PermissionDenied):
        relabel_voice(vic, voice=voice, labels={"gender": "female"}, now=NOW)


LABELS = {"gender": "male", "age": "", "language": "de", "accent": "bavarian"}


def labels_of(voice: Voice) -> tuple[str, ...]:
    voice = Voice.objects.get(pk=voice.pk)
    languages = voice.labels.filter(facet="language").order_by("pk")
    spoken = " ".join(languages.values_list("value", flat=True))
    return voice.gender, voice.age, voice.accent, voice.language, spoken


def test_team_labels_apply_to_filters_and_search_and_survive_a_sync(cast, sync):
    sync(remote_voice("r-1", languages=("en-US", "fr")))
    voice = Voice.objects.get()

    relabel_voice(cast.mia, voice=voice, labels=LABELS, now=NOW)

    expected = ("male", "young", "bavarian", "de", "de fr")
    assert labels_of(voice) == expected
    assert found_names(cast.mia, "gender:male") == ["Rachel"]
    assert found_names(cast.mia, "gender:female") == []
    assert found_names(cast.mia, "bavarian german") == ["Rachel"]
    sync(remote_voice("r-1", "Renamed", languages=("en-US", "fr")))
    assert labels_of(voice) == expected
    assert Voice.objects.get().raw_labels == {"gender": "feminine"}


@pytest.mark.parametrize(
    ("provider", "sent", "left"),
    [
        ("elevenlabs", "male bavarian", {}),
        ("telnyx", "male", {"accent": "bavarian"}),
        ("stepfun", "", {"gender": "male", "accent": "bavarian"}),
    ],
)
def test_worker_sends_only_labels_that_the_provider_stores(cast, monkeypatch, provider, sent, left):
    account = factories.make_account(cast.aurora, provider=provider)
    factories.make_credential(cast.ana, account)
    voice = factories.make_clone(account)
    relabel_voice(cast.mia, voice=voice, labels={"gender": "male", "accent": "bavarian"}, now=NOW)
    provider_stub = NamingProvider()

    push(monkeypatch, voice, provider_stub)

    assert provider_stub.names.get(voice.remote_id, "") == sent
    assert voice.own_labels == left
    assert (voice.gender, voice.accent) == ("male", "bavarian")


def test_rejected_label_is_kept_here_with_the_provider_message(cast, monkeypatch):
    voice = factories.make_clone(cast.account)
    relabel_voice(cast.mia, voice=voice, labels={"gender": "male"}, now=NOW)

    push(monkeypatch, voice, NamingProvider(errors.RequestRejected("No.")))

    assert (voice.own_labels, voice.rename_problem) == ({"gender": "male"}, "No.")


def test_cleared_labels_fall_back_to_the_provider_labels(cast, sync):
    sync(remote_voice("r-1", languages=("en-US", "fr")))
    before = labels_of(Voice.objects.get())
    relabel_voice(cast.mia, voice=Voice.objects.get(), labels=LABELS, now=NOW)

    relabel_voice(cast.mia, voice=Voice.objects.get(), labels={}, now=NOW)

    assert labels_of(Voice.objects.get())[0] == "female"
    sync(remote_voice("r-1", languages=("en-US", "fr")))
    assert labels_of(Voice.objects.get()) == before


def test_archived_voice_is_hidden_until_it_is_unarchived(cast):
    voice = factories.make_clone(cast.account)

    archive_voices(cast.ana, team=cast.aurora, voices=[voice], now=NOW)
    assert found_names(cast.mia) == []
    assert find_archived_voices(cast.ana) == [voice]
    away = VoiceFilter(chosen={"archived": ("yes",)})
    assert find_voices(cast.mia, away).voices == [voice]
    unarchive_voices(cast.ana, team=cast.aurora, voices=[voice], now=NOW)

    assert found_names(cast.mia) == ["Our Ada"]


def test_only_admins_can_archive(cast):
    voice = factories.make_clone(cast.account)

    with pytest.raises(PermissionDenied):
        archive_voices(cast.mia, team=cast.aurora, voices=[voice], now=NOW)
