"""Keys are encrypted from the first write, changed only by their owner, and deleted for good."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.base.leases import LeaseLost, claim_work
from catalog.models import (
    AuditEntry,
    CloneJob,
    Credential,
    Membership,
    Notification,
    ProviderAccount,
    Voice,
)
from catalog.providers.registry import UnknownProvider
from catalog.services.credentials.keys import (
    KEY_REMOVED,
    add_credential,
    recheck_credential,
    remove_credential,
    rename_credential,
    request_sync,
    share_credential,
)
from catalog.services.credentials.replacement import replace_key
from tests import factories

NOW = factories.NOW
KEY = "sk_a-key-that-only-this-test-knows"
State, Step = CloneJob.State, CloneJob.Step


@pytest.fixture
def viewer(cast):
    return factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)


def add(user, team, **values) -> Credential:
    defaults = {"provider": "elevenlabs", "api_key": KEY, "nickname": "Studio", "is_shared": True}
    return add_credential(user, team=team, now=NOW, **{**defaults, **values})


def test_added_key_is_encrypted_logged_and_enqueued_for_a_check(
    cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        credential = add(cast.mia, cast.aurora)

    credential.refresh_from_db()
    assert KEY.encode() not in bytes(credential.sealed)
    assert credential.secrets() == {"api_key": KEY}
    assert (credential.owner, credential.nickname, credential.is_shared) == (
        cast.mia,
        "Studio",
        True,
    )
    assert (credential.last_four, credential.is_unchecked) == ("nows", True)
    assert wakes == [("catalog.check_credential", str(credential.pk))]
    assert AuditEntry.objects.get().action == "key added"


def test_viewers_and_other_teams_cannot_add_a_key(cast, viewer):
    for user in (viewer, cast.sam):
        with pytest.raises(PermissionDenied):
            add(user, cast.aurora)

    assert Credential.objects.filter(team=cast.aurora).count() == 1


def test_key_for_an_unknown_provider_is_rejected(cast):
    with pytest.raises(UnknownProvider):
        add(cast.mia, cast.aurora, provider="nobody")


def test_only_the_owner_can_rename_a_key(cast):
    rename_credential(cast.ana, credential=cast.credential, nickname="Studio", now=NOW)

    assert Credential.objects.get(pk=cast.credential.pk).title == "Studio"
    with pytest.raises(PermissionDenied):
        rename_credential(cast.mia, credential=cast.credential, nickname="Mine", now=NOW)


def test_recheck_is_enqueued_and_the_key_works_meanwhile(
    cast, wakes, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        recheck_credential(cast.ana, credential=cast.credential, now=NOW)

    key = Credential.objects.get(pk=cast.credential.pk)
    assert (key.is_being_checked, key.works, key.may("clone")) == (True, True, True)
    assert wakes == [("catalog.check_credential", str(cast.credential.pk))]


@pytest.mark.parametrize("who", ["mia", "sam", "viewer"])
def test_only_the_owner_can_change_a_key(cast, viewer, who):
    user = viewer if who == "viewer" else getattr(cast, who)
    sealed = bytes(cast.credential.sealed)
    key = cast.credential

    with pytest.raises(PermissionDenied):
        replace_key(user, credential=key, api_key=KEY, now=NOW)
    with pytest.raises(PermissionDenied):
        recheck_credential(user, credential=key, now=NOW)
    with pytest.raises(PermissionDenied):
        share_credential(user, credential=key, is_shared=False, now=NOW)
    with pytest.raises(PermissionDenied):
        remove_credential(user, credential=key, now=NOW)

    kept = Credential.objects.get(pk=key.pk)
    assert (bytes(kept.sealed), kept.health, kept.is_shared) == (sealed, "good", True)
    assert not AuditEntry.objects.exists()


def test_sharing_a_key_shares_its_account_and_unsharing_hides_it(cast):
    share_credential(cast.ana, credential=cast.credential, is_shared=False, now=NOW)
    assert not ProviderAccount.objects.visible_to(cast.mia).exists()

    share_credential(cast.ana, credential=cast.credential, is_shared=True, now=NOW)
    assert ProviderAccount.objects.visible_to(cast.mia).exists()

    actions = list(AuditEntry.objects.order_by("pk").values_list("action", flat=True))
    assert actions == ["key unshared", "key shared"]


def test_account_stays_shared_while_another_shared_key_opens_it(cast):
    other = factories.make_credential(cast.mia, cast.account, is_shared=True)

    share_credential(cast.ana, credential=cast.credential, is_shared=False, now=NOW)
    assert ProviderAccount.objects.get(pk=cast.account.pk).is_shared

    share_credential(cast.mia, credential=other, is_shared=False, now=NOW)
    assert not ProviderAccount.objects.get(pk=cast.account.pk).is_shared


# Removing


def test_removing_a_key_deletes_it_and_keeps_voices_and_audit_log(cast):
    voice = factories.make_voice(cast.account)

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    assert not Credential.objects.filter(team=cast.aurora).exists()
    assert list(Voice.objects.visible_to(cast.mia)) == [voice]
    assert AuditEntry.objects.get().action == "key removed"


def test_removing_a_key_stops_only_clones_that_were_not_sent(cast):
    made = {}
    for state, step in [
        (State.QUEUED, Step.PLANNED),
        (State.WAITING, Step.PLANNED),
        (State.WAITING, Step.UNKNOWN),
        (State.RUNNING, Step.SENT),
        (State.READY, Step.CONFIRMED),
    ]:
        job = factories.make_job(cast.mia, cast.credential, state=state, step=step)
        made[state, step] = job
    other = factories.make_job(cast.sam, cast.other_credential)

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    for (state, step), job in made.items():
        job.refresh_from_db()
        was_open = step == Step.PLANNED
        assert job.credential is None
        assert job.state == (State.FAILED if was_open else state)
        assert job.message == (KEY_REMOVED if was_open else "")
    other.refresh_from_db()
    assert other.state == State.QUEUED
    notices = {notice.job_id: (notice.user, notice.text) for notice in Notification.objects.all()}
    stopped = [job.pk for (_, step), job in made.items() if step == Step.PLANNED]
    assert set(notices) == set(stopped)
    assert all(user == cast.mia and KEY_REMOVED in text for user, text in notices.values())


def test_removing_a_key_revokes_the_lease_of_a_worker_about_to_send(cast, clock):
    job = factories.make_job(cast.ana, cast.credential)
    lease = claim_work(
        CloneJob, job.pk, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    with pytest.raises(LeaseLost):
        lease.write(step=Step.SENT)
    job.refresh_from_db()
    assert (job.state, job.step) == (State.FAILED, Step.PLANNED)


def test_account_is_private_to_a_private_key_once_the_shared_one_is_gone(cast):
    factories.make_credential(cast.mia, cast.account, is_shared=False)
    kim = factories.make_user("Kim", cast.aurora)

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    assert ProviderAccount.objects.visible_to(cast.mia).exists()
    assert not ProviderAccount.objects.visible_to(kim).exists()


# Requesting a sync


def test_member_can_request_a_sync_which_is_enqueued(
    cast, wakes, django_capture_on_commit_callbacks
):
    ProviderAccount.objects.update(sync_due_at=NOW + timedelta(hours=1))

    with django_capture_on_commit_callbacks(execute=True):
        request_sync(cast.mia, account=cast.account, now=NOW)

    assert ProviderAccount.objects.get(pk=cast.account.pk).sync_due_at == NOW
    assert wakes == [("catalog.sync_account", cast.account.pk)]


def test_viewers_and_other_teams_cannot_request_a_sync(cast, viewer):
    for user in (viewer, cast.sam):
        with pytest.raises(PermissionDenied):
            request_sync(user, account=cast.account, now=NOW)
