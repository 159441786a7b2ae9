"""Our copy of an account's voices follows the provider, and survives interruptions."""

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


# What a run does


def test_a_first_run_adds_every_voice_with_all_that_is_known_of_it(cast, sync, clock):
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
        ("use_case", "narration"),
        ("use_case", "news"),
        ("badge", "clone"),
    }


@pytest.mark.parametrize(
    "words",
    ["zoe", "calm", "r-1", "feminine", "english", "uk", "german", "narration", "american", "clone"],
)
def test_a_voice_is_found_by_all_that_is_said_of_it(cast, sync, words):
    sync(remote_voice("r-1", "Zoë", kind=Kind.CLONE, languages=("en-GB", "de")))

    assert Voice.objects.filter(as_condition(parse_search(words).node, cast.ana)).exists()


def test_what_the_provider_does_not_tell_is_unknown(sync):
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
        ("use_case", "unknown"),
    }


def test_a_run_that_finds_nothing_new_writes_no_voice(cast, sync, stub, clock):
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
def test_a_voice_that_changed_is_written_and_the_others_are_not(sync, clock, change):
    sync(remote_voice("r-1"), remote_voice("r-2"))
    first = clock.now

    run = sync(remote_voice("r-1", **change), remote_voice("r-2"))

    assert tally(run) == (2, 0, 1, 0)
    changed_at = dict(Voice.objects.values_list("remote_id", "changed_at"))
    assert changed_at == {"r-1": clock.now, "r-2": first}
    assert set(Voice.objects.values_list("added_at", flat=True)) == {first}


def test_labels_that_fell_away_are_removed(sync):
    sync(remote_voice("r-1", languages=("en-US", "de"), use_cases=("news",)))
    sync(remote_voice("r-1", languages=("de",), use_cases=()))

    assert set(VoiceLabel.objects.values_list("value", flat=True)) == {"de", "unknown"}


def test_a_voice_that_is_no_longer_listed_is_marked_and_kept(sync, clock):
    sync(remote_voice("r-1"), remote_voice("r-2"))

    run = sync(remote_voice("r-2"))

    gone = Voice.objects.get(remote_id="r-1")
    assert tally(run) == (1, 0, 0, 1)
    assert (gone.remote_deleted_at, gone.changed_at) == (clock.now, clock.now)
    assert gone.gone_reason == "No longer listed by the provider."
    assert not Voice.objects.get(remote_id="r-2").is_gone


def test_a_voice_that_comes_back_is_there_again_unchanged(sync):
    sync(remote_voice("r-1"), remote_voice("r-2"))
    sync(remote_voice("r-2"))

    run = sync(remote_voice("r-1"), remote_voice("r-2"))

    back = Voice.objects.get(remote_id="r-1")
    assert tally(run) == (2, 0, 1, 0)
    assert (back.is_gone, back.gone_reason) == (False, "")
    assert back.labels.count() == 2


def test_voices_of_other_accounts_are_left_alone(cast, sync):
    other = factories.make_voice(cast.other_account, remote_id="r-1", name="Theirs")

    sync(remote_voice("r-1"))
    sync()

    other.refresh_from_db()
    assert (other.name, other.is_gone) == ("Theirs", False)


def test_a_long_list_is_written_in_batches_and_keeps_every_voice(sync, monkeypatch):
    monkeypatch.setattr(syncs, "_BATCH", 7)

    run = sync(*[remote_voice(f"r-{place}") for place in range(20)])
    gone = sync(*[remote_voice(f"r-{place}") for place in range(0, 20, 4)])

    assert tally(run) == (20, 20, 0, 0)
    assert tally(gone) == (5, 0, 0, 15)
    assert Voice.objects.present().count() == 5


def test_a_voice_that_is_listed_twice_is_one_row(sync, monkeypatch):
    monkeypatch.setattr(syncs, "_BATCH", 2)

    sync(*[remote_voice("r-1"), remote_voice("r-2"), remote_voice("r-1"), remote_voice("r-1")])

    assert Voice.objects.count() == 2


# Markers


def test_our_marker_is_taken_out_of_what_is_shown_and_kept_beside_it(sync):
    code = Installation.objects.get().code
    marker = f"vb1:{code}:{'ab' * 16}"

    sync(remote_voice("r-1", description=f"Warm and calm.\n\n{marker}"))

    voice = Voice.objects.get()
    assert (voice.description, voice.marker) == ("Warm and calm.", marker)
    assert marker not in voice.search_text


def test_a_marker_of_another_installation_is_only_text(sync):
    text = f"Calm. vb1:ffffffff:{'ab' * 16}"

    sync(remote_voice("r-1", description=text))

    assert (Voice.objects.get().description, Voice.objects.get().marker) == (text, "")


def test_addresses_at_the_provider_do_not_come_into_what_a_page_shows(sync):
    languages = [{"language": "en", "preview_url": "https://cdn.example/en.mp3"}]

    sync(remote_voice("r-1", details={"verified_languages": languages, "image": "HTTPS://cdn/x"}))

    assert Voice.objects.get().details == {"verified_languages": [{"language": "en"}]}
