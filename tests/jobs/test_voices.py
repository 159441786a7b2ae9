"""Syncs keep our copy of an account's voices up to date."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.jobs.syncs import run as syncs
from catalog.models import Installation, SyncRun, Voice, VoiceLabel
from catalog.providers.types import Kind, RemoteSample, VoiceState
from catalog.search.sql import as_condition
from catalog.search.syntax import parse_search
from tests import factories
from tests.stubs import remote_voice


def tally(run: SyncRun) -> tuple[int, int, int, int]:
    return run.seen_count, run.added_count, run.changed_count, run.gone_count


# One run


def test_first_sync_adds_every_voice_with_all_its_fields(cast, sync, clock):
    made = datetime(2026, 3, 1, tzinfo=UTC)
    run = sync(
        remote_voice(
            "r-1",
            "Zoë",
            kind=Kind.CLONE,
            languages=("en-GB", "de"),
            use_cases=("narration", "news"),
            samples=(RemoteSample("s-1"), RemoteSample("s-2")),
            is_owned=True,
            state=VoiceState.PENDING,
            created_at=made,
            details={"tiers": ["pro"]},
            problem="age.",
        )
    )

    voice = Voice.objects.get()
    assert tally(run) == (1, 1, 0, 0)
    assert (voice.name, voice.sort_name, voice.kind, voice.state) == (
        "Zoë", "zoe", "clone", "pending"
    )  # fmt: skip
    assert (voice.gender, voice.age, voice.accent, voice.language) == (
        "female", "young", "american", "en-GB"
    )  # fmt: skip
    assert (voice.preview_url, voice.preview_sample_id) == (
        "https://cdn.example.com/r-1.mp3", "s-1"
    )  # fmt: skip
    assert voice.raw_labels == {"gender": "feminine"}
    assert voice.details == {"tiers": ["pro"]}
    assert (voice.remote_created_at, voice.added_at, voice.is_owned) == (made, clock.now, True)
    assert voice.problem == "age."
    assert set(VoiceLabel.objects.values_list("facet", "value")) == {
        ("language", "en-GB"),
        ("language", "de"),
        ("family", "en"),
        ("family", "de"),
        ("use_case", "narration"),
        ("use_case", "news"),
        ("style", "calm"),
        ("style", "clear"),
        ("badge", "clone"),
    }


@pytest.mark.parametrize(
    "words",
    ["zoe", "calm", "r-1", "feminine", "english", "uk", "german", "narration", "american", "clone"],
)
def test_voice_is_found_by_each_of_its_fields(cast, sync, words):
    sync(remote_voice("r-1", "Zoë", kind=Kind.CLONE, languages=("en-GB", "de")))

    assert Voice.objects.filter(as_condition(parse_search(words).node, cast.ana)).exists()


def test_missing_fields_are_unknown(sync):
    sync(
        remote_voice(
            "r-1", "", kind=Kind.UNKNOWN, gender="", age="", accent="", languages=(), use_cases=()
        )
    )

    voice = Voice.objects.get()
    assert voice.name == "r-1"
    assert (voice.kind, voice.gender, voice.age, voice.accent, voice.language) == ("unknown",) * 5
    assert {(label.facet, label.value) for label in voice.labels.all()} == {
        ("language", "unknown"),
        ("family", "unknown"),
        ("use_case", "unknown"),
        ("style", "calm"),
        ("style", "clear"),
    }


def test_sync_without_changes_writes_no_voice(cast, sync, stub, clock):
    remotes = [remote_voice(f"r-{place}") for place in range(30)]
    sync(*remotes)
    before = list(Voice.objects.order_by("pk").values())
    labels = list(VoiceLabel.objects.order_by("pk").values())

    with CaptureQueriesContext(connection) as seen:
        run = sync(*remotes)

    assert tally(run) == (30, 0, 0, 0)
    assert list(Voice.objects.order_by("pk").values()) == before
    assert list(VoiceLabel.objects.order_by("pk").values()) == labels
    writes = [query["sql"] for query in seen if "catalog_voice" in query["sql"].split("WHERE")[0]]
    assert not any(sql.startswith(("INSERT", "UPDATE", "DELETE")) for sql in writes)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Renamed"},
        {"description": "Another."},
        {"gender": "male"},
        {"languages": ("en-US", "fr")},
        {"use_cases": ("news",)},
        {"raw": {"gender": "lady"}},
        {"preview_url": "https://cdn.example.com/new.mp3"},
        {"samples": (RemoteSample("s-9"),)},
        {"state": VoiceState.FAILED},
        {"is_owned": True},
        {"details": {"tiers": ["free"]}},
        {"created_at": datetime(2026, 1, 1, tzinfo=UTC)},
        {"problem": "age."},
        {"kind": Kind.CLONE},
    ],
)
def test_only_the_changed_voice_is_written(sync, clock, change):
    sync(remote_voice("r-1"), remote_voice("r-2"))
    first = clock.now

    run = sync(remote_voice("r-1", **change), remote_voice("r-2"))

    assert tally(run) == (2, 0, 1, 0)
    changed_at = dict(Voice.objects.values_list("remote_id", "changed_at"))
    assert changed_at == {"r-1": clock.now, "r-2": first}
    assert set(Voice.objects.values_list("added_at", flat=True)) == {first}


def test_dropped_labels_are_removed(sync):
    sync(remote_voice("r-1", languages=("en-US", "de"), use_cases=("news",)))
    sync(remote_voice("r-1", languages=("de",), use_cases=()))

    labels = VoiceLabel.objects.exclude(facet="style")
    assert set(labels.values_list("value", flat=True)) == {"de", "unknown"}


def test_voice_that_is_no_longer_listed_is_marked_as_gone_and_kept(sync, clock):
    sync(remote_voice("r-1"), remote_voice("r-2"))

    run = sync(remote_voice("r-2"))

    gone = Voice.objects.get(remote_id="r-1")
    assert tally(run) == (1, 0, 0, 1)
    assert (gone.remote_deleted_at, gone.changed_at) == (clock.now, clock.now)
    assert gone.gone_reason == "No longer listed by the provider."
    assert not Voice.objects.get(remote_id="r-2").is_gone


def test_gone_voice_that_is_listed_again_is_restored_unchanged(sync):
    sync(remote_voice("r-1"), remote_voice("r-2"))
    sync(remote_voice("r-2"))

    run = sync(remote_voice("r-1"), remote_voice("r-2"))

    back = Voice.objects.get(remote_id="r-1")
    assert tally(run) == (2, 0, 1, 0)
    assert (back.is_gone, back.gone_reason) == (False, "")
    assert back.labels.exclude(facet="style").count() == 3


def test_sync_does_not_touch_other_accounts(cast, sync):
    other = factories.make_voice(cast.other_account, remote_id="r-1", name="Theirs")

    sync(remote_voice("r-1"))
    sync()

    other.refresh_from_db()
    assert (other.name, other.is_gone) == ("Theirs", False)


def test_long_list_is_written_in_batches_without_losing_voices(sync, monkeypatch):
    monkeypatch.setattr(syncs, "_BATCH", 7)

    run = sync(*[remote_voice(f"r-{place}") for place in range(20)])
    gone = sync(*[remote_voice(f"r-{place}") for place in range(0, 20, 4)])

    assert tally(run) == (20, 20, 0, 0)
    assert tally(gone) == (5, 0, 0, 15)
    assert Voice.objects.present().count() == 5


def test_voice_listed_twice_is_stored_once(sync, monkeypatch):
    monkeypatch.setattr(syncs, "_BATCH", 2)

    sync(*[remote_voice("r-1"), remote_voice("r-2"), remote_voice("r-1"), remote_voice("r-1")])

    assert Voice.objects.count() == 2


# Markers


def test_our_marker_is_moved_from_the_description_to_its_own_field(sync):
    code = Installation.objects.get().code
    marker = f"vb1:{code}:{'ab' * 16}"

    sync(remote_voice("r-1", description=f"Warm and calm.\n\n{marker}"))

    voice = Voice.objects.get()
    assert (voice.description, voice.marker) == ("Warm and calm.", marker)
    assert marker not in voice.search_text


def test_marker_of_another_installation_stays_in_the_text(sync):
    text = f"Calm. vb1:ffffffff:{'ab' * 16}"

    sync(remote_voice("r-1", description=text))

    assert (Voice.objects.get().description, Voice.objects.get().marker) == (text, "")


def test_provider_urls_are_removed_from_the_details(sync):
    languages = [{"language": "en", "preview_url": "https://cdn.example/en.mp3"}]

    sync(remote_voice("r-1", details={"verified_languages": languages, "image": "HTTPS://cdn/x"}))

    assert Voice.objects.get().details == {"verified_languages": [{"language": "en"}]}
