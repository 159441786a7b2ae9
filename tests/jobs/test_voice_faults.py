"""Syncs: interruptions, concurrent changes, and scheduling."""

from datetime import timedelta

import pytest

from catalog.jobs.syncs import run as syncs
from catalog.jobs.syncs.run import find_due_accounts, sync_account
from catalog.jobs.voices.store import write_voices
from catalog.models import Credential, ProviderAccount, SyncRun, Voice
from catalog.providers.errors import CredentialRejected, TryLater
from catalog.providers.pagination import ListedVoice
from tests import factories
from tests.stubs import remote_voice


def tally(run: SyncRun) -> tuple[int, int, int, int]:
    return run.seen_count, run.added_count, run.changed_count, run.gone_count


# Interruptions


@pytest.mark.parametrize("problem", [TryLater("The list broke off."), CredentialRejected("No.")])
def test_interrupted_list_keeps_what_arrived_and_marks_nothing_as_gone(
    sync, stub, monkeypatch, problem
):
    monkeypatch.setattr(syncs, "_BATCH", 1)
    sync(remote_voice("r-1"), remote_voice("r-2"), remote_voice("r-3"))
    stub.breaks_after, stub.fails["listing"] = 1, [problem]

    run = sync(remote_voice("r-1", "Renamed"), remote_voice("r-2"))

    assert tally(run) == (1, 0, 1, 0)
    assert run.error == problem.message
    assert Voice.objects.present().count() == 3
    assert Voice.objects.get(remote_id="r-1").name == "Renamed"


def test_failed_sync_stores_the_error_and_keeps_the_last_sync_time(cast, sync, stub, clock):
    sync(remote_voice("r-1"))
    fetched_at = clock.now
    stub.fails["voices"] = [TryLater("ElevenLabs can't be reached.")]

    sync()

    account = cast.account
    assert (account.synced_at, account.sync_error) == (fetched_at, "ElevenLabs can't be reached.")
    assert account.sync_lease_until is None
    sync(remote_voice("r-1"))
    assert (account.synced_at, account.sync_error) == (clock.now, "")


def test_unexpected_error_fails_the_sync_and_frees_the_account(cast, stub, clock):
    stub.breaks_after, stub.fails["listing"] = 0, [ZeroDivisionError()]
    stub.listed = [remote_voice("r-1")]

    with pytest.raises(ZeroDivisionError):
        sync_account(cast.account.pk, clock)

    cast.account.refresh_from_db()
    assert cast.account.synced_at is None
    assert cast.account.sync_error
    assert cast.account.sync_lease_until is None
    assert SyncRun.objects.get().error


def test_sync_fails_without_a_working_key(cast, sync, stub):
    Credential.objects.update(health="rejected")

    run = sync(remote_voice("r-1"))

    assert run.error == "This account has no working key."
    assert stub.asked == []


def test_sync_fails_if_the_key_cannot_be_decrypted(cast, sync, stub):
    Credential.objects.update(sealed=b"corrupted")

    assert sync().error == "This account's key can't be decrypted. Replace it."


# Concurrent changes


def test_clone_made_during_a_sync_is_not_marked_as_gone(cast, sync, stub, clock):
    def make_clone() -> None:
        clock.move(seconds=5)
        write_voices(cast.account, [ListedVoice.of(remote_voice("new"))], clock.now, clock.now)

    sync(remote_voice("r-1"))
    stub.while_listing = make_clone

    run = sync(remote_voice("r-1"))

    assert run.gone_count == 0
    assert not Voice.objects.get(remote_id="new").is_gone


def test_voice_deleted_during_a_sync_stays_deleted(cast, sync, stub, clock):
    def delete() -> None:
        clock.move(seconds=5)
        rows = Voice.objects.filter(remote_id="r-1")
        rows.update(remote_deleted_at=clock.now, gone_reason="Deleted by Ana with plan 1.")

    sync(remote_voice("r-1"), remote_voice("r-2"))
    stub.listed = [remote_voice("r-1"), remote_voice("r-2")]
    original = syncs.write_voices

    def delete_then_write(*args, **more) -> None:
        delete()
        original(*args, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(syncs, "write_voices", delete_then_write)
        run = sync(remote_voice("r-1"), remote_voice("r-2"))

    gone = Voice.objects.get(remote_id="r-1")
    assert (run.changed_count, run.gone_count) == (0, 0)
    assert (gone.is_gone, gone.gone_reason) == (True, "Deleted by Ana with plan 1.")


def test_syncs_of_one_account_do_not_overlap(cast, sync, stub, clock):
    inner = []
    stub.while_listing = lambda: inner.append(sync_account(cast.account.pk, clock))

    run = sync(remote_voice("r-1"))

    assert inner == [None]
    assert (run.error, SyncRun.objects.count()) == ("", 1)


def test_sync_whose_worker_died_runs_again_after_its_lease(cast, sync, clock):
    ProviderAccount.objects.update(sync_lease_until=clock.now + timedelta(minutes=16))
    assert sync(remote_voice("r-1")) is None

    assert tally(sync(remote_voice("r-1"))) == (1, 1, 0, 0)


def test_unknown_account_id_does_nothing(installation, stub, clock):
    assert sync_account(10**6, clock) is None


def test_missing_slot_counts_keep_the_known_ones(cast, sync, stub):
    sync()
    assert (cast.account.slots_used, cast.account.slots_limit) == (4, 30)

    stub.room = None
    sync()
    assert (cast.account.slots_used, cast.account.slots_limit) == (4, 30)


# Scheduling


def test_due_accounts_are_found_once_and_then_postponed(cast, clock):
    later = factories.make_account(cast.aurora, sync_due_at=clock.now + timedelta(minutes=1))
    running = factories.make_account(cast.aurora, sync_lease_until=clock.now + timedelta(minutes=1))
    keyless = factories.make_account(cast.aurora)
    broken = factories.make_account(cast.aurora)
    for account, health in ((later, "good"), (running, "good"), (broken, "rejected")):
        factories.make_credential(cast.ana, account, health=health)
    factories.make_credential(cast.mia, cast.account)

    due = find_due_accounts(clock.now)

    assert sorted(due) == sorted([cast.account.pk, cast.other_account.pk])
    assert keyless.pk not in due
    assert find_due_accounts(clock.now) == []
    clock.move(minutes=3)
    assert set(find_due_accounts(clock.now)) == {
        cast.account.pk, cast.other_account.pk, later.pk, running.pk
    }  # fmt: skip
