"""Roles change, members leave a team, and nothing that they made is lost."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.models import (
    AuditEntry,
    CloneJob,
    Collection,
    Consent,
    Credential,
    Invitation,
    Membership,
    Notification,
    PlannedDeletion,
    ProviderAccount,
    Sample,
    Voice,
)
from catalog.queries.cleanups.plans import find_held_lines
from catalog.services.teams.members import LastAdmin, NewOwnerNeeded, change_role, remove_member
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
State, Step = CloneJob.State, CloneJob.Step


def membership_of(user, team=None):
    rows = Membership.objects.filter(user=user).select_related("user", "team")
    return rows.get(team=team) if team else rows.get()


def remove(actor, leaving, new_owner=None, reason=""):
    remove_member(
        actor,
        membership=membership_of(leaving),
        new_owner=new_owner and membership_of(new_owner),
        reason=reason,
        now=NOW,
    )


@pytest.fixture
def belongings(cast):
    """Give Mia an account, a key, a finished clone, a waiting one, a sent one, and a collection."""
    account = factories.make_account(cast.aurora, last_owner=cast.mia, is_shared=False)
    key = factories.make_credential(cast.mia, account)
    voice = factories.make_clone(account)
    done = factories.make_job(cast.mia, key, state=State.READY, voice=voice, step=Step.CONFIRMED)
    waiting = factories.make_job(cast.mia, cast.credential)
    sent = factories.make_job(cast.mia, cast.credential, step=Step.SENT, state=State.WAITING)
    collection = Collection.objects.create(
        team=cast.aurora, owner=cast.mia, name="Warm", created_at=NOW
    )
    return account, key, voice, done, waiting, sent, collection


# Roles


@pytest.mark.parametrize("role", ["viewer", "cloner", "admin"])
def test_admin_can_change_a_role(cast, role):
    change_role(cast.ana, membership=membership_of(cast.mia), role=role, now=NOW)

    assert membership_of(cast.mia).role == role
    entry = AuditEntry.objects.get(action="role changed")
    assert (entry.who, entry.target_name, entry.changes) == (
        "Ana", "Mia", [("role", "member", role)]
    )  # fmt: skip


def test_setting_the_same_role_is_not_logged(cast):
    change_role(cast.ana, membership=membership_of(cast.mia), role="member", now=NOW)

    assert not AuditEntry.objects.exists()


def test_others_cannot_change_a_role(cast):
    for person in (cast.mia, cast.sam):
        with pytest.raises(PermissionDenied):
            change_role(person, membership=membership_of(cast.mia), role="admin", now=NOW)

    assert membership_of(cast.mia).role == "member"


def test_last_admin_cannot_be_demoted_or_removed(cast):
    with pytest.raises(LastAdmin):
        change_role(cast.ana, membership=membership_of(cast.ana), role="member", now=NOW)
    with pytest.raises(LastAdmin):
        remove(cast.ana, cast.ana, new_owner=cast.mia)

    assert membership_of(cast.ana).role == "admin"


def test_one_of_two_admins_can_be_demoted(cast):
    change_role(cast.ana, membership=membership_of(cast.mia), role="admin", now=NOW)

    change_role(cast.mia, membership=membership_of(cast.ana), role="viewer", now=NOW)

    assert membership_of(cast.ana).role == "viewer"


def test_one_of_two_admins_who_step_down_concurrently_stays(file_database, cast):
    Membership.objects.filter(user=cast.mia).update(role="admin")

    answers = call_at_once(
        lambda: change_role(cast.ana, membership=membership_of(cast.ana), role="member", now=NOW),
        lambda: change_role(cast.mia, membership=membership_of(cast.mia), role="member", now=NOW),
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["LastAdmin", "NoneType"]
    assert Membership.objects.filter(team=cast.aurora, role="admin").count() == 1


# Leaving


def test_leaving_deletes_the_keys_and_stops_unsent_clones(cast, belongings):
    _, key, _, done, waiting, sent, _ = belongings

    remove(cast.ana, cast.mia, new_owner=cast.ana)

    assert not Credential.objects.filter(pk=key.pk).exists()
    states = {job.pk: job for job in CloneJob.objects.all()}
    assert (states[waiting.pk].state, states[waiting.pk].message) == (
        State.FAILED, "Stopped: Mia left the team."
    )  # fmt: skip
    assert states[waiting.pk].fence == waiting.fence + 1
    assert states[sent.pk].state == State.WAITING
    assert states[done.pk].state == State.READY
    # The new owner is notified, not the member who left.
    assert [(notice.user, notice.job) for notice in Notification.objects.all()] == [
        (cast.ana, waiting)
    ]


def test_new_owner_takes_over_accounts_clones_consents_and_collections(cast, belongings):
    account, _, voice, done, _, _, collection = belongings
    assert not Voice.objects.visible_to(cast.ana).filter(pk=voice.pk).exists()

    remove(cast.ana, cast.mia, new_owner=cast.ana)

    assert ProviderAccount.objects.get(pk=account.pk).last_owner == cast.ana
    assert Voice.objects.visible_to(cast.ana).filter(pk=voice.pk).exists()
    job = CloneJob.objects.get(pk=done.pk)
    assert (job.requested_by, job.responsible) == (cast.mia, cast.ana)
    consent = Consent.objects.get(pk=job.batch.consent_id)
    assert (consent.attested_by, consent.kept_by) == (cast.mia, cast.ana)
    assert set(Sample.objects.values_list("owner", flat=True)) == {cast.ana.pk}
    assert Collection.objects.get(pk=collection.pk).owner == cast.ana


def test_new_owner_is_notified_of_held_deletions_and_can_keep_them(cast, belongings):
    plan = factories.make_plan(
        cast.ana, cast.aurora, [], approved_at=NOW, due_at=NOW + timedelta(days=7), started_at=None
    )
    states = PlannedDeletion.State
    voices = [factories.make_clone(cast.account, name) for name in ("Ada", "Bo")]
    values = {"responsible": cast.mia}
    held = factories.make_line(plan, voices[0], state=states.HELD, **values)
    ended = factories.make_line(plan, voices[1], state=states.SKIPPED, **values)

    remove(cast.ana, cast.mia, new_owner=cast.ana)

    assert find_held_lines(cast.ana) == [held]
    ended.refresh_from_db()
    assert ended.responsible == cast.mia
    notice = Notification.objects.get(page=Notification.Page.KEEPING)
    assert (notice.user, notice.text.startswith("One of your clones will be deleted on")) == (
        cast.ana, True
    )  # fmt: skip


def test_new_owner_who_leaves_passes_everything_on(cast, belongings):
    job = belongings[3]
    kim = factories.make_user("Kim", cast.aurora)
    remove(cast.ana, cast.mia, new_owner=kim)

    remove(cast.ana, kim, new_owner=cast.ana)

    assert CloneJob.objects.get(pk=job.pk).responsible == cast.ana
    assert CloneJob.objects.get(pk=job.pk).requested_by == cast.mia


def test_leaving_does_not_affect_other_people_and_other_teams(cast, belongings):
    theirs = factories.make_job(cast.ana, cast.credential)
    Membership.objects.create(user=cast.mia, team=cast.borealis)
    other_key = factories.make_credential(cast.mia, cast.other_account)
    other = factories.make_job(cast.mia, other_key)

    remove_member(
        cast.ana,
        membership=membership_of(cast.mia, cast.aurora),
        new_owner=membership_of(cast.ana),
        reason="",
        now=NOW,
    )

    assert CloneJob.objects.get(pk=theirs.pk).kept_by is None
    kept = CloneJob.objects.get(pk=other.pk)
    assert (kept.responsible, kept.state) == (cast.mia, State.QUEUED)
    assert Credential.objects.filter(pk=other_key.pk).exists()
    assert membership_of(cast.mia).team == cast.borealis


def test_member_with_belongings_needs_a_suitable_new_owner(cast, belongings):
    vic = factories.make_user("Vic", cast.aurora, "viewer")

    for new_owner in (None, vic, cast.mia, cast.sam):
        with pytest.raises(NewOwnerNeeded):
            remove(cast.ana, cast.mia, new_owner=new_owner)

    assert membership_of(cast.mia).role == "member"
    assert Credential.objects.filter(owner=cast.mia).exists()


def test_member_without_belongings_leaves_without_a_new_owner(cast):
    remove(cast.mia, cast.mia)

    assert not Membership.objects.filter(user=cast.mia).exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.who, entry.facts["new_owner"]) == ("member left", "Mia", None)


def test_others_cannot_remove_a_member(cast):
    kim = factories.make_user("Kim", cast.aurora, "cloner")

    for person in (cast.mia, cast.sam):
        with pytest.raises(PermissionDenied):
            remove(person, kim)


def test_audit_log_records_the_removal_and_each_key_without_secrets(cast, belongings):
    remove(cast.ana, cast.mia, new_owner=cast.ana, reason="Took another job.")

    entries = list(AuditEntry.objects.order_by("number"))
    assert [entry.action for entry in entries] == ["key removed", "member removed"]
    assert {entry.reason for entry in entries} == {"Took another job."}
    facts = entries[-1].facts
    assert (facts["new_owner"], facts["deleted_keys"], facts["stopped_jobs"]) == ("Ana", 1, 1)
    assert (facts["clones"], facts["consents"], facts["collections"]) == (3, 3, 1)
    assert "sandbox-elevenlabs" not in str([entry.__dict__ for entry in entries])


@pytest.mark.parametrize("goes", ["removed", "demoted"])
def test_invitations_of_former_admins_are_withdrawn(cast, goes):
    Membership.objects.filter(user=cast.mia).update(role="admin")
    link = factories.make_invitation(cast.mia, cast.aurora)
    kept = factories.make_invitation(cast.ana, cast.aurora, token="other")

    if goes == "removed":
        remove(cast.ana, cast.mia)
    else:
        change_role(cast.ana, membership=membership_of(cast.mia), role="cloner", now=NOW)

    assert Invitation.objects.get(pk=link.pk).withdrawn_at == NOW
    assert Invitation.objects.get(pk=kept.pk).withdrawn_at is None
