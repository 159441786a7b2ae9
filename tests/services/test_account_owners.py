"""The owner of an account or a voice changes only by an explicit, logged action."""

import importlib
from dataclasses import replace

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied

from catalog.jobs.credentials.check import check_credential
from catalog.models import (
    AuditEntry,
    Credential,
    Keep,
    Membership,
    Notification,
    PlannedDeletion,
    ProviderAccount,
    Voice,
)
from catalog.models.cleanups.keeps import find_responsible
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.stale import find_stale
from catalog.services.accounts.owners import (
    UnsuitableOwner,
    change_account_owner,
    change_voice_owner,
)
from catalog.services.credentials.keys import add_credential, remove_credential, share_credential
from catalog.services.credentials.replacement import confirm_replacement, replace_key
from catalog.services.teams.members import remove_member
from tests import factories

NOW = factories.NOW


@pytest.fixture
def add_key(cast, stub, wakes, clock):
    """Return a function that adds and checks a key."""

    def _add_key(who, *, is_shared: bool) -> Credential:
        key = add_credential(
            who,
            team=cast.aurora,
            provider="elevenlabs",
            api_key=f"sk_of_{who}_0123456789abcdef",
            nickname="",
            is_shared=is_shared,
            now=clock.now,
        )
        check_credential(key.pk, clock)
        return Credential.objects.get(pk=key.pk)

    return _add_key


@pytest.fixture
def shared(cast, add_key) -> Credential:
    return add_key(cast.ana, is_shared=True)


@pytest.fixture
def private(cast, add_key, shared) -> Credential:
    return add_key(cast.mia, is_shared=False)


def owner_of(key: Credential) -> object:
    return ProviderAccount.objects.get(pk=key.account_id).last_owner


def membership(user) -> Membership:
    return Membership.objects.get(user=user)


def test_second_key_of_an_account_changes_no_owner(cast, shared, private, clock):
    voice = factories.make_clone(shared.account, "Made elsewhere")

    for key in (shared, private):
        check_credential(key.pk, clock)

    assert private.account == shared.account
    assert owner_of(shared) == cast.ana
    found = find_stale(cast.aurora, rules_of(cast.aurora), NOW, user=cast.ana).everything
    assert {stale.voice: stale.responsible for stale in found}[voice] == cast.ana


def test_second_shared_key_does_not_change_the_account_owner(cast, shared, add_key):
    add_key(cast.mia, is_shared=True)

    assert owner_of(shared) == cast.ana


def test_unsharing_and_sharing_again_changes_no_owner(cast, shared, private, clock):
    for is_shared in (False, True):
        share_credential(cast.ana, credential=shared, is_shared=is_shared, now=NOW)
        check_credential(private.pk, clock)

        assert owner_of(shared) == cast.ana


def test_owner_whose_key_is_removed_stays_owner_and_sees_the_account(cast, shared, private, clock):
    remove_credential(cast.ana, credential=shared, now=NOW)
    check_credential(private.pk, clock)

    assert owner_of(private) == cast.ana
    assert ProviderAccount.objects.visible_to(cast.ana).filter(pk=private.account_id).exists()


def test_replacing_a_key_keeps_the_owners_of_both_accounts(
    cast, shared, private, stub, wakes, clock
):
    stub.verdict = replace(stub.verdict, account_ref="workspace-of-mia")
    replace_key(cast.mia, credential=private, api_key="sk_other_0123456789abcdef", now=NOW)
    check_credential(private.pk, clock)
    confirm_replacement(cast.mia, credential=private, keeps_account=False, now=NOW)
    check_credential(private.pk, clock)

    private.refresh_from_db()
    assert private.account != shared.account
    assert (owner_of(shared), owner_of(private)) == (cast.ana, cast.mia)


def test_account_identified_later_keeps_its_owner(cast, add_key, stub, clock):
    named = stub.verdict
    stub.verdict = replace(named, account_ref="")
    key = add_key(cast.ana, is_shared=True)
    stub.verdict = named
    check_credential(key.pk, clock)
    other = add_key(cast.mia, is_shared=False)

    assert key.account == other.account
    assert other.account.ref == "workspace-stub"
    assert owner_of(key) == cast.ana


def test_new_owner_of_a_members_belongings_gets_no_other_accounts(cast, shared, private, clock):
    cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)
    factories.make_sample(cast.mia, cast.aurora)

    remove_member(
        cast.ana,
        membership=membership(cast.mia),
        new_owner=membership(cleo),
        reason="",
        now=NOW,
    )

    assert owner_of(shared) == cast.ana


def test_new_account_owner_stays_owner_after_later_checks(cast, shared, private, clock):
    cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.ADMIN)

    remove_member(
        cleo, membership=membership(cast.ana), new_owner=membership(cleo), reason="", now=NOW
    )
    check_credential(private.pk, clock)

    assert owner_of(private) == cleo


def test_account_label_comes_from_the_owner_key_while_it_exists(cast, shared, private, stub, clock):
    stub.verdict = replace(stub.verdict, account_label="Mia (free)")
    check_credential(private.pk, clock)
    assert ProviderAccount.objects.get(pk=shared.account_id).label == "Stub (creator)"

    remove_credential(cast.ana, credential=shared, now=NOW)
    check_credential(private.pk, clock)
    assert ProviderAccount.objects.get(pk=private.account_id).label == "Mia (free)"


def test_account_without_an_owner_gets_the_next_key_owner_and_an_audit_entry(
    cast, shared, private, clock
):
    ProviderAccount.objects.filter(pk=shared.account_id).update(last_owner=None)

    check_credential(private.pk, clock)

    assert owner_of(shared) == cast.mia
    entry = AuditEntry.objects.filter(action="account owner set").latest("number")
    assert entry.after == {"owner": "Mia"}


def test_admin_can_change_the_account_owner_who_is_notified(cast):
    voice = factories.make_clone(cast.account, "Ada")
    made = factories.make_clone(cast.account, "Made here")
    factories.make_job(cast.ana, cast.credential, voice=made)
    plan = factories.make_plan(
        cast.ana, cast.aurora, [voice, made], approved_at=NOW, started_at=None
    )
    plan.lines.update(state="held", responsible=cast.ana)

    done = change_account_owner(
        cast.ana,
        account=cast.account,
        owner=membership(cast.mia),
        reason="Mia pays for it.",
        now=NOW,
    )

    assert done
    cast.account.refresh_from_db()
    assert cast.account.last_owner == cast.mia
    assert (find_responsible(voice), find_responsible(made)) == (cast.mia, cast.ana)
    keepers = {line.voice: line.responsible for line in PlannedDeletion.objects.all()}
    assert keepers == {voice: cast.mia, made: cast.ana}
    texts = [notice.text for notice in Notification.objects.filter(user=cast.mia).order_by("pk")]
    assert "Ana made you the owner" in texts[0]
    assert "Mia pays for it." in texts[0]
    assert len(texts) == 2  # the second one lists their voices scheduled for deletion
    entry = AuditEntry.objects.get(action="account owner changed")
    assert (entry.before, entry.after) == ({"owner": "Ana"}, {"owner": "Mia"})
    assert entry.reason == "Mia pays for it."


@pytest.mark.parametrize("is_made_here", [True, False])
def test_admin_can_change_the_owner_of_one_voice(cast, is_made_here):
    voice, other = (factories.make_clone(cast.account, name) for name in ("Ada", "Bo"))
    if is_made_here:
        factories.make_job(cast.ana, cast.credential, voice=voice)

    change_voice_owner(cast.ana, voice=voice, owner=membership(cast.mia), reason="Hers.", now=NOW)

    assert find_responsible(Voice.objects.get(pk=voice.pk)) == cast.mia
    assert find_responsible(other) == cast.ana
    assert AuditEntry.objects.get().action == "voice owner changed"
    assert Notification.objects.get().user == cast.mia
    if is_made_here:
        assert voice.clone_jobs.get().requested_by == cast.ana


def test_choosing_the_current_owner_writes_nothing(cast):
    voice = factories.make_clone(cast.account, "Ada")
    ana = membership(cast.ana)

    assert not change_account_owner(
        cast.ana, account=cast.account, owner=ana, reason="Again.", now=NOW
    )
    assert not change_voice_owner(cast.ana, voice=voice, owner=ana, reason="Again.", now=NOW)

    assert not AuditEntry.objects.exists()
    assert not Notification.objects.exists()


def test_only_admins_choose_owners_among_members_who_are_not_viewers(cast):
    voice = factories.make_clone(cast.account, "Ada")
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)

    for who, owner, refusal in (
        (cast.mia, cast.mia, PermissionDenied),
        (cast.sam, cast.mia, PermissionDenied),
        (cast.ana, cast.sam, UnsuitableOwner),
        (cast.ana, vic, UnsuitableOwner),
    ):
        values = {"owner": membership(owner), "reason": "So.", "now": NOW}
        with pytest.raises(refusal):
            change_account_owner(who, account=cast.account, **values)
        with pytest.raises(refusal):
            change_voice_owner(who, voice=voice, **values)

    cast.account.refresh_from_db()
    assert cast.account.last_owner == cast.ana


def test_migration_sets_the_owner_of_the_first_shared_key(cast):
    migration = importlib.import_module("catalog.migrations.0035_kept_and_owned_voices")
    factories.make_credential(cast.mia, cast.account, is_shared=False)
    taken_over = factories.make_account(cast.aurora, last_owner=cast.ana)
    factories.make_credential(cast.mia, taken_over)
    ProviderAccount.objects.filter(pk=cast.account.pk).update(last_owner=cast.mia)

    migration.give_back_accounts(apps, None)

    owners = dict(ProviderAccount.objects.values_list("pk", "last_owner"))
    assert owners[cast.account.pk] == cast.ana.pk
    assert owners[taken_over.pk] == cast.ana.pk


def test_migration_keeps_voices_that_were_kept_before_for_90_days(cast):
    migration = importlib.import_module("catalog.migrations.0035_kept_and_owned_voices")
    voice = factories.make_clone(cast.account, "Ada")
    plan = factories.make_plan(cast.ana, cast.aurora, [voice])
    plan.lines.update(state="kept", kept_by=cast.mia, ended_at=NOW)

    migration.make_keeps_last(apps, None)

    keep = Keep.objects.get()
    assert (keep.voice, keep.kept_by, (keep.until - NOW.date()).days) == (voice, cast.mia, 90)
    assert plan.lines.get().told_at == NOW
