"""Which key a run works with, what it costs, how close runs follow each other, what is kept."""

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


# What it costs


def test_a_batch_of_new_or_changed_voices_is_one_statement_whatever_its_size(sync):
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


def test_more_unchanged_voices_need_no_more_statements(sync):
    sync(*many(200))
    with CaptureQueriesContext(connection) as all_of_them:
        sync(*many(200))
    sync(*many(10))
    with CaptureQueriesContext(connection) as few:
        sync(*many(10))

    assert len(all_of_them) == len(few)


class Sent:
    """Voices as a provider sends them, and which of them had to be read."""

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


def test_a_voice_that_is_sent_as_before_is_not_even_read(sync, sent):
    sync()
    sent.read.clear()
    sent.items[1] = {"id": "r-2", "name": "Bob"}

    run = sync()

    assert sent.read == ["r-2"]
    assert (run.seen_count, run.changed_count, run.gone_count) == (2, 1, 0)
    assert Voice.objects.get(remote_id="r-2").name == "Bob"


def test_what_nobody_reads_changes_no_voice_and_is_looked_at_once(sync, sent):
    sync()
    before = Voice.objects.get(remote_id="r-1")
    sent.read.clear()
    sent.items[0] = {"id": "r-1", "name": "Ada", "signed_until": 1790000000}

    runs = [sync(), sync()]

    after = Voice.objects.get(remote_id="r-1")
    assert [run.changed_count for run in runs] == [0, 0]
    assert (after.changed_at, after.version) == (before.changed_at, before.version)
    assert sent.read == ["r-1"]


def test_another_code_that_reads_them_reads_all_voices_anew(sync, sent, monkeypatch):
    sync()
    sent.read.clear()
    monkeypatch.setattr(pagination, "_reading_code", lambda: "another")

    sync()

    assert sent.read == ["r-1", "r-2"]


def test_a_voice_that_comes_back_as_it_was_is_there_again(sync, sent):
    sync()
    gone = sent.items.pop()
    sync()
    assert Voice.objects.get(remote_id="r-2").is_gone

    sent.items.append(gone)
    sync()

    assert not Voice.objects.get(remote_id="r-2").is_gone


# Which key


def test_a_key_that_the_provider_refuses_meanwhile_is_red_at_once(cast, sync, stub, clock):
    stub.fails["voices"] = [REFUSED]

    run = sync(remote_voice())

    key = Credential.objects.get(pk=cast.credential.pk)
    assert run.error == REFUSED.message
    assert (key.health, key.problem, key.checked_at) == ("rejected", REFUSED.message, clock.now)


def test_a_key_that_may_not_list_stays_good_for_the_rest(cast, sync, stub):
    stub.fails["voices"] = [NOT_ALLOWED]

    run = sync(remote_voice())

    key = Credential.objects.get(pk=cast.credential.pk)
    assert run.error == NOT_ALLOWED.message
    assert (key.health, key.may("list"), key.may("clone")) == ("limited", False, True)


@pytest.mark.parametrize("refusal", [REFUSED, NOT_ALLOWED])
def test_the_next_key_of_the_account_takes_over(cast, sync, stub, refusal):
    factories.make_credential(cast.mia, cast.account, "second-key-0123456789")
    stub.fails["voices"] = [refusal]

    run = sync(remote_voice())

    assert (run.error, run.seen_count) == ("", 1)
    assert stub.keys[-1] == "second-key-0123456789"


def test_a_key_that_may_not_list_is_not_asked_to(cast, sync, stub):
    Credential.objects.update(abilities={"list": "no"})

    run = sync(remote_voice())

    assert run.error == "None of this account's keys has permission to list voices."
    assert stub.asked == []


# A provider that asks for patience


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    waits: list[float] = []
    monkeypatch.setattr(syncs.time, "sleep", waits.append)
    return waits


def test_a_provider_that_asks_for_a_moment_gets_it_and_the_list_goes_on(sync, stub, slept):
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
def test_nobody_waits_for_long_or_without_being_asked(sync, stub, slept, asked):
    agreed = []
    stub.while_listing = lambda: agreed.append(stub.wait(asked))

    sync(remote_voice())

    assert (slept, agreed) == ([], [False])


def test_one_run_waits_only_so_long_in_all(sync, stub, slept):
    agreed = []
    asked = TryLater("Slow down.", retry_after=25, status=429)
    stub.while_listing = lambda: agreed.extend(stub.wait(asked) for _ in range(3))

    sync(remote_voice())

    assert agreed == [True, True, False]


# How close runs follow each other


def test_a_wish_that_comes_while_a_run_goes_on_is_one_more_run(cast, sync, stub, clock):
    stub.while_listing = lambda: bring_forward(cast.account.pk, clock.now)

    sync(remote_voice())

    assert cast.account.pk in find_due_accounts(clock.now)


def test_a_run_that_nobody_asked_for_again_is_due_by_the_schedule(cast, sync, clock):
    bring_forward(cast.account.pk, clock.now)

    sync(remote_voice())

    assert cast.account.sync_due_at == clock.now + timedelta(minutes=15)


def test_a_run_whose_worker_died_is_due_when_its_lease_is_over(cast, stub, clock, monkeypatch):
    monkeypatch.setattr(syncs, "_end_run", lambda *_: None)
    sync_account(cast.account.pk, clock)

    assert cast.account.pk not in find_due_accounts(clock.now)
    clock.move(minutes=16)
    assert cast.account.pk in find_due_accounts(clock.now)


# A list that is some minutes behind


def test_a_clone_is_given_time_to_be_listed_before_it_is_taken_for_gone(cast, sync, stub, clock):
    sync(remote_voice("r-1"))
    write_voices(cast.account, [ListedVoice.of(remote_voice("new"))], clock.now, clock.now)
    clock.move(minutes=1)

    at_once = sync_account(cast.account.pk, clock)
    later = sync(remote_voice("r-1"))

    assert (at_once.gone_count, later.gone_count) == (0, 1)


def test_a_voice_that_was_just_deleted_and_is_still_listed_stays_gone(cast, sync, stub, clock):
    sync(remote_voice("r-1"))
    Voice.objects.update(remote_deleted_at=clock.now, gone_reason="Deleted by Ana with plan 1.")
    clock.move(minutes=1)

    at_once = sync_account(cast.account.pk, clock)
    later = sync(remote_voice("r-1"))

    assert (at_once.changed_count, later.changed_count) == (0, 1)


def test_a_deleted_voice_that_is_listed_as_deleted_keeps_who_deleted_it(cast, sync, clock):
    sync(remote_voice("r-1"))
    deleted_at = clock.now
    Voice.objects.update(remote_deleted_at=deleted_at, gone_reason="Deleted by Ana with plan 1.")

    sync(remote_voice("r-1", state=VoiceState.GONE))

    voice = Voice.objects.get()
    assert (voice.remote_deleted_at, voice.gone_reason) == (
        deleted_at,
        "Deleted by Ana with plan 1.",
    )


# A listing that brought a part, or suddenly nothing


GAP = ListGap("The built-in voices couldn't be fetched. An error (503).")


def owned(*ids: str) -> list[RemoteVoice]:
    return [remote_voice(remote_id, is_owned=True) for remote_id in ids]


def present() -> set[str]:
    return set(Voice.objects.filter(remote_deleted_at=None).values_list("remote_id", flat=True))


def test_a_part_that_could_not_be_fetched_stays_and_is_said(cast, sync, stub):
    sync(*owned("own-1", "own-2"), remote_voice("built-in"))
    stub.gaps = {"built-in": GAP}

    run = sync(*owned("own-1"))

    cast.account.refresh_from_db()
    assert (run.error, run.warning, run.gone_count) == ("", GAP.message, 1)
    assert present() == {"own-1", "built-in"}
    assert (cast.account.sync_error, cast.account.synced_at) == ("", run.ended_at)


def test_a_part_that_is_fetched_again_loses_what_is_gone_and_the_warning(sync, stub):
    sync(*owned("own-1"), remote_voice("built-in"))
    stub.gaps = {"built-in": GAP}
    sync(*owned("own-1"))
    stub.gaps = {}

    run = sync(*owned("own-1"))

    assert (run.warning, run.gone_count, present()) == ("", 1, {"own-1"})


def test_a_sudden_empty_answer_removes_nothing_before_a_second_one(sync):
    sync(*many(12))

    first = sync()
    after_first = present()
    second = sync()

    words = "ElevenLabs no longer lists 12 voices it listed before."
    assert (first.gone_count, first.doubted_count, len(after_first)) == (0, 12, 12)
    assert first.warning.startswith(words)
    assert (second.gone_count, second.doubted_count, second.warning) == (12, 0, "")
    assert present() == set()


def test_voices_that_come_back_after_a_sudden_empty_answer_are_doubted_anew(sync):
    sync(*many(12))
    sync()
    sync(*many(12))

    assert sync().doubted_count == 12
    assert len(present()) == 12


def test_a_run_that_failed_confirms_nothing(sync, stub):
    sync(*many(12))
    stub.fails["voices"] = [TryLater("It can't be reached.")]
    sync()

    assert sync().doubted_count == 12


def test_of_two_parts_only_the_one_that_is_all_missing_is_doubted(sync):
    own = owned("own-1", "own-2")
    sync(*many(12), *own)

    run = sync(*own[:1])

    assert (run.gone_count, run.doubted_count) == (1, 12)
    assert "own-2" not in present()


def test_a_few_voices_may_be_gone_all_at_once(sync):
    sync(*many(9))

    assert sync().gone_count == 9


# What is kept


def test_old_runs_are_forgotten_but_for_the_last_one_of_each_account(cast, clock):
    def ran(account: ProviderAccount, days_ago: int) -> SyncRun:
        started_at = clock.now - timedelta(days=days_ago)
        return SyncRun.objects.create(account=account, started_at=started_at)

    ran(cast.account, 40)
    kept = [ran(cast.account, 29), ran(cast.account, 1)]
    ran(cast.other_account, 50)
    kept.append(ran(cast.other_account, 45))

    assert forget_old_runs(clock.now) == 2
    assert list(SyncRun.objects.order_by("pk")) == kept
