"""A new key replaces the old one if it opens the same account, or once the owner confirms."""

from dataclasses import replace

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.credentials.check import check_credential, find_due_checks
from catalog.models import (
    AuditEntry,
    CloneJob,
    Credential,
    CredentialReplacement,
    PlannedDeletion,
    ProviderAccount,
    Voice,
)
from catalog.models.credentials.keys import hash_key
from catalog.providers.errors import CredentialRejected, TryLater
from catalog.services.credentials.replacement import (
    confirm_replacement,
    drop_replacement,
    replace_key,
)
from tests import factories

NOW = factories.NOW
OLD, NEW = "sandbox-elevenlabs-full", "sk_the-new-key-of-ana-1234"


@pytest.fixture
def enter_new_key(cast, wakes, clock, stub):
    """Enter and check a new key for Ana's account, and return the pending replacement, if any."""
    ProviderAccount.objects.filter(pk=cast.account.pk).update(ref="workspace-stub")

    def _enter_new_key(**verdict):
        stub.verdict = replace(stub.verdict, **verdict)
        replace_key(cast.ana, credential=cast.credential, api_key=NEW, now=NOW)
        check_credential(cast.credential.pk, clock)
        return CredentialReplacement.objects.filter(credential=cast.credential).first()

    return _enter_new_key


def key_of(cast):
    return Credential.objects.get(pk=cast.credential.pk).secrets()["api_key"]


def test_key_of_the_same_account_replaces_the_old_one_and_keeps_everything(cast, enter_new_key):
    voice = factories.make_clone(cast.account)
    job = factories.make_job(cast.ana, cast.credential)

    assert enter_new_key() is None

    credential = Credential.objects.get(pk=cast.credential.pk)
    assert (key_of(cast), credential.last_four) == (NEW, "1234")
    assert (credential.account, credential.health) == (cast.account, "good")
    assert credential.replaced_at == NOW
    assert Voice.objects.get(pk=voice.pk).remote_deleted_at is None
    kept = CloneJob.objects.get(pk=job.pk)
    assert (kept.state, kept.credential) == ("queued", credential)


def test_old_key_works_until_the_new_one_is_checked(cast, wakes):
    replace_key(cast.ana, credential=cast.credential, api_key=NEW, now=NOW)

    assert key_of(cast) == OLD
    assert Credential.objects.get(pk=cast.credential.pk).works
    assert cast.credential.pk in find_due_checks(NOW)


def test_key_of_another_account_waits_for_confirmation(cast, enter_new_key):
    found = enter_new_key(account_ref="workspace-other", account_label="Other (free)")

    assert (found.state, found.label) == ("other", "Other (free)")
    assert key_of(cast) == OLD


def test_owner_is_asked_if_the_provider_does_not_name_the_account(cast, enter_new_key):
    ProviderAccount.objects.filter(pk=cast.account.pk).update(ref=hash_key(OLD))

    assert enter_new_key(account_ref="").state == "untold"
    assert key_of(cast) == OLD


def test_rejected_new_key_keeps_the_old_one(cast, enter_new_key, stub):
    stub.fails["check"] = [CredentialRejected("This key is not known.")]

    found = enter_new_key()

    assert (found.state, found.problem) == ("refused", "This key is not known.")
    assert key_of(cast) == OLD


def test_check_without_an_answer_is_retried(cast, enter_new_key, stub, clock):
    stub.fails["check"] = [TryLater("No network.")]

    assert enter_new_key().state == "checking"
    check_credential(cast.credential.pk, clock)

    assert key_of(cast) == NEW


def test_key_without_an_account_is_replaced_immediately(cast, enter_new_key):
    Credential.objects.filter(pk=cast.credential.pk).update(account=None, health="rejected")

    assert enter_new_key(account_ref="workspace-other") is None
    assert key_of(cast) == NEW


def test_check_result_does_not_apply_to_a_key_entered_meanwhile(cast, enter_new_key, stub):
    later = "sk_even-newer-key-5678"
    stub.while_checking = lambda: replace_key(
        cast.ana, credential=cast.credential, api_key=later, now=NOW.replace(hour=13)
    )

    enter_new_key()

    assert key_of(cast) == OLD
    assert CredentialReplacement.objects.get().secrets() == {"api_key": later}


def test_confirming_the_same_account_keeps_voices_and_jobs(cast, enter_new_key, clock):
    ProviderAccount.objects.filter(pk=cast.account.pk).update(ref=hash_key(OLD))
    job = factories.make_job(cast.ana, cast.credential)
    enter_new_key(account_ref="")

    confirm_replacement(cast.ana, credential=cast.credential, keeps_account=True, now=NOW)
    check_credential(cast.credential.pk, clock)

    credential = Credential.objects.get(pk=cast.credential.pk)
    assert (key_of(cast), credential.account) == (NEW, cast.account)
    assert CloneJob.objects.get(pk=job.pk).state == "queued"
    assert ProviderAccount.objects.filter(team=cast.aurora).count() == 1


def test_confirming_another_account_stops_jobs_for_the_old_one(cast, enter_new_key, clock):
    job = factories.make_job(cast.ana, cast.credential)
    voice = factories.make_clone(cast.account)
    line = factories.make_line(factories.make_plan(cast.ana, cast.aurora, []), voice)
    enter_new_key(account_ref="workspace-other")

    confirm_replacement(cast.ana, credential=cast.credential, keeps_account=True, now=NOW)
    check_credential(cast.credential.pk, clock)

    credential = Credential.objects.get(pk=cast.credential.pk)
    assert key_of(cast) == NEW
    assert credential.account.ref == "workspace-other"
    stopped = CloneJob.objects.get(pk=job.pk)
    assert (stopped.state, "another account" in stopped.message) == ("failed", True)
    assert PlannedDeletion.objects.get(pk=line.pk).credential is None
    assert Voice.objects.get(pk=voice.pk).account == cast.account


def test_existing_account_of_the_new_key_is_not_merged_into_the_old_one(cast, enter_new_key):
    factories.make_account(cast.aurora, ref=hash_key(NEW))
    ProviderAccount.objects.filter(pk=cast.account.pk).update(ref=hash_key(OLD))
    enter_new_key(account_ref="")

    confirm_replacement(cast.ana, credential=cast.credential, keeps_account=True, now=NOW)

    assert AuditEntry.objects.latest("number").facts["same_account"] is False
    assert ProviderAccount.objects.get(pk=cast.account.pk).ref == hash_key(OLD)


def test_pending_replacement_can_be_dropped(cast, enter_new_key):
    enter_new_key(account_ref="workspace-other")

    drop_replacement(cast.ana, credential=cast.credential, now=NOW)

    assert not CredentialReplacement.objects.exists()
    assert key_of(cast) == OLD


def test_key_that_is_being_checked_cannot_be_confirmed(cast, wakes):
    replace_key(cast.ana, credential=cast.credential, api_key=NEW, now=NOW)

    confirm_replacement(cast.ana, credential=cast.credential, keeps_account=True, now=NOW)

    assert key_of(cast) == OLD


def test_only_the_owner_can_confirm_or_drop(cast, enter_new_key):
    enter_new_key(account_ref="workspace-other")

    for act in (confirm_replacement, drop_replacement):
        extra = {"keeps_account": False} if act is confirm_replacement else {}
        with pytest.raises(PermissionDenied):
            act(cast.mia, credential=cast.credential, now=NOW, **extra)


def test_audit_log_records_the_replacement_without_the_key(cast, enter_new_key):
    enter_new_key(account_ref="workspace-other")
    confirm_replacement(cast.ana, credential=cast.credential, keeps_account=False, now=NOW)

    actions = list(AuditEntry.objects.order_by("number").values_list("action", flat=True))
    assert actions == [
        "new key entered",
        "key replaced",
        "new key confirmed",
    ]
    assert NEW not in str(list(AuditEntry.objects.values()))
