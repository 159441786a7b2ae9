"""Syncs: which key is used, how many statements run, when the next run is due, what is kept."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.jobs.syncs import run as syncs
from catalog.jobs.syncs.run import bring_forward, find_due_accounts, forget_old_runs, sync_account
from catalog.jobs.voices.store import write_voices
from catalog.models import Credential, ProviderAccount, SyncRun, Voice
from catalog.providers import pagination
from catalog.providers.errors import CredentialRejected, PermissionMissing, TryLater
from catalog.providers.pagination import ListedVoice, ListGap
from catalog.providers.types import RemoteVoice, VoiceState
from tests import factories
from tests.stubs import remote_voice

REFUSED = CredentialRejected("ElevenLabs rejected this key.")
NOT_ALLOWED = PermissionMissing("This key may not list voices.", permission="voices_read")


def many(count: int) -> list:
    return [remote_voice(f"r-{place}", languages=("en-US", "de")) for place in range(count)]


def statements(seen: CaptureQueriesContext, start: str) -> int:
    return sum(start in query["sql"] for query in seen)


# Database statements


def test_voices_are_added_or_changed_in_one_statement_per_batch(sync):
    with CaptureQueriesContext(connection) as first:
        sync(*many(300))
    renamed = [remote_voice(f"r-{place}", "Renamed") for place in range(300)]
    with CaptureQueriesContext(connection) as second:
        sync(*renamed)

    for seen in (first, second):
        assert statements(seen, 'INSERT INTO "catalog_voice" ') == 1
        assert statements(seen, 'INSERT INTO "catalog_voicelabel" ') == 1
        assert statements(seen, 'UPDATE "catalog_voice" ') == 0
    assert Voice.objects.filter(name="Renamed").count() == 300


def test_unchanged_voices_need_no_extra_statements(sync):
    sync(*many(200))
    with CaptureQueriesContext(connection) as all_of_them:
        sync(*many(200))
    sync(*many(10))
    with CaptureQueriesContext(connection) as few:
        sync(*many(10))

    assert len(all_of_them) == len(few)


class Sent:
    """Voices as a provider sends them, with a record of which were parsed."""

    def __init__(self, *items: dict) -> None:
        self.items = list(items)
        self.read: list[str] = []

    def listing(self):
        return (ListedVoice(item["id"], item, self._read) for item in self.items)

    def _read(self, item: dict) -> RemoteVoice:
        self.read.append(item["id"])
        return remote_voice(item["id"], item["name"])


@pytest.fixture
def sent(stub, monkeypatch) -> Sent:
    sent = Sent({"id": "r-1", "name": "Ada"}, {"id": "r-2", "name": "Bo"})
    monkeypatch.setattr(stub, "listing", sent.listing)
    return sent


def test_unchanged_voice_is_not_parsed(sync, sent):
    sync()
    sent.read.clear()
    sent.items[1] = {"id": "r-2", "name": "Bob"}

    run = sync()

    assert sent.read == ["r-2"]
    assert (run.seen_count, run.changed_count, run.gone_count) == (2, 1, 0)
    assert Voice.objects.get(remote_id="r-2").name == "Bob"


def test_change_in_an_unused_field_changes_no_voice_and_is_parsed_once(sync, sent):
    sync()
    before = Voice.objects.get(remote_id="r-1")
    sent.read.clear()
    sent.items[0] = {"id": "r-1", "name": "Ada", "signed_until": 1790000000}

    runs = [sync(), sync()]

    after = Voice.objects.get(remote_id="r-1")
    assert [run.changed_count for run in runs] == [0, 0]
    assert (after.changed_at, after.version) == (before.changed_at, before.version)
    assert sent.read == ["r-1"]


def test_new_parsing_code_parses_all_voices_again(sync, sent, monkeypatch):
    sync()
    sent.read.clear()
    monkeypatch.setattr(pagination, "_reading_code", lambda: "another")

    sync()

    assert sent.read == ["r-1", "r-2"]


def test_removed_voice_that_returns_unchanged_is_restored(sync, sent):
    sync()
    gone = sent.items.pop()
    sync()
    assert Voice.objects.get(remote_id="r-2").is_gone

    sent.items.append(gone)
    sync()

    assert not Voice.objects.get(remote_id="r-2").is_gone


# The key


def test_sync_marks_a_rejected_key(cast, sync, stub, clock):
    stub.fails["voices"] = [REFUSED]

    run = sync(remote_voice())

    key = Credential.objects.get(pk=cast.credential.pk)
    assert run.error == REFUSED.message
    assert (key.health, key.problem, key.checked_at) == ("rejected", REFUSED.message, clock.now)


def test_key_without_list_permission_is_limited_and_can_still_clone(cast, sync, stub):
    stub.fails["voices"] = [NOT_ALLOWED]

    run = sync(remote_voice())

    key = Credential.objects.get(pk=cast.credential.pk)
    assert run.error == NOT_ALLOWED.message
    assert (key.health, key.may("list"), key.may("clone")) == ("limited", False, True)


@pytest.mark.parametrize("refusal", [REFUSED, NOT_ALLOWED])
def test_next_key_of_the_account_is_used(cast, sync, stub, refusal):
    factories.make_credential(cast.mia, cast.account, "second-key-0123456789")
    stub.fails["voices"] = [refusal]

    run = sync(remote_voice())

    assert (run.error, run.seen_count) == ("", 1)
    assert stub.keys[-1] == "second-key-0123456789"


def test_key_known_to_lack_list_permission_is_not_used(cast, sync, stub):
    Credential.objects.update(abilities={"list": "no"})

    run = sync(remote_voice())

    assert run.error == "None of this account's keys has permission to list voices."
    assert stub.asked == []


# Rate limits


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(syncs.time, "sleep", waits.append)
    return waits


def test_sync_waits_for_a_short_retry_after_and_continues(sync, stub, slept):
    asked = [TryLater("Slow down.", retry_after=7, status=429), TryLater("Slow.", status=429)]
    agreed = []
    stub.while_listing = lambda: agreed.extend(map(stub.wait, asked))

    run = sync(remote_voice())

    assert (run.error, slept, agreed) == ("", [7, 1], [True, True])


@pytest.mark.parametrize(
    "asked",
    [
        TryLater("Come back later.", retry_after=61, status=429),
        TryLater("An error.", retry_after=1, status=503),
        TryLater("It can't be reached."),
    ],
)
def test_sync_does_not_wait_for_long_or_for_other_errors(sync, stub, slept, asked):
    agreed = []
    stub.while_listing = lambda: agreed.append(stub.wait(asked))

    sync(remote_voice())

    assert (slept, agreed) == ([], [False])


def test_total_wait_of_a_sync_is_limited(sync, stub, slept):
    agreed = []
    asked = TryLater("Slow down.", retry_after=25, status=429)
    stub.while_listing = lambda: agreed.extend(stub.wait(asked) for _ in range(3))

    sync(remote_voice())

    assert agreed == [True, True, False]


# When the next run is due


def test_sync_requested_during_a_run_leads_to_another_run(cast, sync, stub, clock):
    stub.while_listing = lambda: bring_forward(cast.account.pk, clock.now)

    sync(remote_voice())

    assert cast.account.pk in find_due_accounts(clock.now)


def test_finished_sync_is_due_again_after_15_minutes(cast, sync, clock):
    bring_forward(cast.account.pk, clock.now)

    sync(remote_voice())

    assert cast.account.sync_due_at == clock.now + timedelta(minutes=15)


def test_sync_whose_worker_died_is_due_after_its_lease(cast, stub, clock, monkeypatch):
    monkeypatch.setattr(syncs, "_end_run", lambda *_: None)
    sync_account(cast.account.pk, clock)

    assert cast.account.pk not in find_due_accounts(clock.now)
    clock.move(minutes=16)
    assert cast.account.pk in find_due_accounts(clock.now)


# Lists that are minutes behind


def test_new_clone_missing_from_the_list_is_not_marked_as_gone_at_first(cast, sync, stub, clock):
    sync(remote_voice("r-1"))
    write_voices(cast.account, [ListedVoice.of(remote_voice("new"))], clock.now, clock.now)
    clock.move(minutes=1)

    at_once = sync_account(cast.account.pk, clock)
    later = sync(remote_voice("r-1"))

    assert (at_once.gone_count, later.gone_count) == (0, 1)


def test_just_deleted_voice_that_is_still_listed_stays_gone(cast, sync, stub, clock):
    sync(remote_voice("r-1"))
    Voice.objects.update(remote_deleted_at=clock.now, gone_reason="Deleted by Ana with plan 1.")
    clock.move(minutes=1)

    at_once = sync_account(cast.account.pk, clock)
    later = sync(remote_voice("r-1"))

    assert (at_once.changed_count, later.changed_count) == (0, 1)


def test_voice_listed_as_deleted_keeps_its_deletion_reason(cast, sync, clock):
    sync(remote_voice("r-1"))
    deleted_at = clock.now
    Voice.objects.update(remote_deleted_at=deleted_at, gone_reason="Deleted by Ana with plan 1.")

    sync(remote_voice("r-1", state=VoiceState.GONE))

    voice = Voice.objects.get()
    assert (voice.remote_deleted_at, voice.gone_reason) == (
        deleted_at,
        "Deleted by Ana with plan 1.",
    )


# Partial and empty lists


GAP = ListGap("The built-in voices couldn't be fetched. An error (503).")


def owned(*ids: str) -> list[RemoteVoice]:
    return [remote_voice(remote_id, is_owned=True) for remote_id in ids]


def present() -> set[str]:
    return set(Voice.objects.filter(remote_deleted_at=None).values_list("remote_id", flat=True))


def test_failed_part_of_a_list_keeps_its_voices_with_a_warning(cast, sync, stub):
    sync(*owned("own-1", "own-2"), remote_voice("built-in"))
    stub.gaps = {"built-in": GAP}

    run = sync(*owned("own-1"))

    cast.account.refresh_from_db()
    assert (run.error, run.warning, run.gone_count) == ("", GAP.message, 1)
    assert present() == {"own-1", "built-in"}
    assert (cast.account.sync_error, cast.account.synced_at) == ("", run.ended_at)


def test_part_that_is_fetched_again_drops_missing_voices_and_the_warning(sync, stub):
    sync(*owned("own-1"), remote_voice("built-in"))
    stub.gaps = {"built-in": GAP}
    sync(*owned("own-1"))
    stub.gaps = {}

    run = sync(*owned("own-1"))

    assert (run.warning, run.gone_count, present()) == ("", 1, {"own-1"})


def test_empty_list_removes_voices_only_the_second_time(sync):
    sync(*many(12))

    first = sync()
    after_first = present()
    second = sync()

    words = "ElevenLabs no longer lists 12 voices it listed before."
    assert (first.gone_count, first.doubted_count, len(after_first)) == (0, 12, 12)
    assert first.warning.startswith(words)
    assert (second.gone_count, second.doubted_count, second.warning) == (12, 0, "")
    assert present() == set()


def test_voices_that_return_after_an_empty_list_are_doubted_again(sync):
    sync(*many(12))
    sync()
    sync(*many(12))

    assert sync().doubted_count == 12
    assert len(present()) == 12


def test_failed_sync_does_not_confirm_an_empty_list(sync, stub):
    sync(*many(12))
    stub.fails["voices"] = [TryLater("It can't be reached.")]
    sync()

    assert sync().doubted_count == 12


def test_only_the_part_that_is_completely_missing_is_doubted(sync):
    own = owned("own-1", "own-2")
    sync(*many(12), *own)

    run = sync(*own[:1])

    assert (run.gone_count, run.doubted_count) == (1, 12)
    assert "own-2" not in present()


def test_short_list_can_become_empty_at_once(sync):
    sync(*many(9))

    assert sync().gone_count == 9


# What is kept


def test_old_sync_runs_are_deleted_except_the_last_of_each_account(cast, clock):
    def ran(account: ProviderAccount, days_ago: int) -> SyncRun:
        started_at = clock.now - timedelta(days=days_ago)
        return SyncRun.objects.create(account=account, started_at=started_at)

    ran(cast.account, 40)
    kept = [ran(cast.account, 29), ran(cast.account, 1)]
    ran(cast.other_account, 50)
    kept.append(ran(cast.other_account, 45))

    assert forget_old_runs(clock.now) == 2
    assert list(SyncRun.objects.order_by("pk")) == kept
