"""Owners of deleted voices, and of collections and comparisons that lose one, are notified once."""

import pytest

from catalog.core.locales import say_stored
from catalog.jobs.cleanups.notify import find_unannounced_plans, notify_of_outcomes, notify_of_plans
from catalog.jobs.cleanups.run import run_deletion
from catalog.models import (
    CleanupPlan,
    Collection,
    Membership,
    Notification,
    PlannedDeletion,
    ProviderAccount,
    Voice,
)
from catalog.providers.errors import RequestRejected
from catalog.services.cleanups.plans import approve_plan, create_plan, retry_deletion
from catalog.services.credentials.keys import remove_credential
from catalog.services.voices.edit import archive_voices
from tests import factories
from tests.stubs import remote_voice
from tests.threads import call_at_once

NOW = factories.NOW
State = PlannedDeletion.State


@pytest.fixture(autouse=True)
def _at_once(cast) -> None:
    factories.make_rules(cast.aurora, waiting_days=0)


@pytest.fixture
def cleo(cast):
    return factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)


@pytest.fixture
def clones(cast, stub, cleo) -> list[Voice]:
    """Return two clones of Cleo and one of the account's owner, which the provider has."""
    voices = [
        factories.make_clone(cast.account, name, remote_id=f"r-{name}")
        for name in ("Ada", "Bo", "Cy")
    ]
    for voice in voices[:2]:
        factories.make_job(cleo, cast.credential, voice=voice)
    stub.listed = [remote_voice(voice.remote_id, voice.name) for voice in voices]
    return voices


def approve(cast, voices: list[Voice]) -> CleanupPlan:
    ids = [voice.pk for voice in voices]
    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=ids, now=NOW)
    approve_plan(cast.ana, plan=plan, now=NOW, typed=str(len(ids)))
    return plan


def run(plan: CleanupPlan, clock) -> None:
    for line in plan.lines.filter(state=State.QUEUED).order_by("position"):
        run_deletion(line.pk, clock)


def notices_of(user) -> list[str]:
    rows = Notification.objects.filter(user=user).order_by("pk")
    return list(rows.values_list("text", flat=True))


def test_without_a_waiting_time_owners_get_one_notice_for_all_their_voices(
    cast, clones, cleo, wakes, clock
):
    plan = approve(cast, clones)
    lines = list(plan.lines.order_by("position"))

    for line in lines[:-1]:
        run_deletion(line.pk, clock)
    assert notices_of(cleo) == []
    run_deletion(lines[-1].pk, clock)

    words = f"Cleanup plan {plan.pk}, approved by Ana."
    assert notices_of(cleo) == [f"{words} Your voices deleted: Ada and Bo."]
    assert notices_of(cast.ana) == [f"{words} Your voices deleted: Cy."]
    assert {notice.page for notice in Notification.objects.all()} == {Notification.Page.KEEPING}
    assert notify_of_outcomes(plan.pk, clock()) == 0


def test_owners_of_collections_and_comparisons_are_notified_of_lost_voices(
    cast, clones, cleo, wakes, clock
):
    factories.make_collection(cast.mia, cast.aurora, *clones[:2], name="Narrators")
    dropped = factories.make_collection(cast.mia, cast.aurora, clones[0], name="Dropped")
    Collection.objects.filter(pk=dropped.pk).update(removed_at=NOW)
    factories.make_comparison(cast.mia, clones[1:], "Hello.")

    run(approve(cast, clones), clock)

    (words,) = notices_of(cast.mia)
    assert "Your collection Narrators lost Ada and Bo." in words
    assert "Your comparisons lost Bo and Cy." in words
    assert "Dropped" not in words


def test_notice_does_not_name_voices_that_the_collection_owner_cannot_see(
    cast, clones, wakes, clock
):
    factories.make_collection(cast.mia, cast.aurora, *clones, name="Narrators")
    cast.credential.is_shared = False
    cast.credential.save()
    ProviderAccount.objects.filter(pk=cast.account.pk).update(is_shared=False)

    run(approve(cast, clones), clock)

    assert notices_of(cast.mia) == []


def test_failed_deletion_and_successful_retry_each_send_a_notice(
    cast, clones, cleo, wakes, stub, clock
):
    stub.fails["delete"] = [RequestRejected("No.")]
    plan = approve(cast, clones[:1])
    run(plan, clock)

    retry_deletion(cast.ana, line=plan.lines.get(), now=NOW)
    stub.fails = {}
    run(plan, clock)

    assert [words.partition(" Ana. ")[2] for words in notices_of(cleo)] == [
        "Your voices not deleted, because of an error: Ada.",
        "Your voices deleted: Ada.",
    ]


def test_notice_says_hidden_if_the_provider_cannot_delete(cast, cleo, wakes, stub, clock):
    account = factories.make_account(cast.aurora, provider="stepfun", last_owner=cast.ana)
    key = factories.make_credential(cast.ana, account)
    voice = factories.make_clone(account, "Ada")
    factories.make_job(cleo, key, voice=voice)

    run(approve(cast, [voice]), clock)

    assert "Your voices hidden, because they can't be deleted: Ada." in notices_of(cleo)[0]


def test_key_removed_during_a_plan_ends_it_with_a_notice(cast, clones, cleo, wakes, clock):
    approve(cast, clones)

    remove_credential(cast.ana, credential=cast.credential, now=NOW)

    assert "because of an error: Ada and Bo." in notices_of(cleo)[-1]


def test_lost_notice_is_sent_by_the_sweep(cast, clones, cleo, wakes):
    plan = approve(cast, clones)
    assert find_unannounced_plans() == []
    plan.lines.update(state=State.DELETED, ended_at=NOW)

    assert find_unannounced_plans() == [plan.pk]
    notify_of_plans(find_unannounced_plans(), NOW)

    assert len(notices_of(cleo)) == 1
    assert find_unannounced_plans() == []


def test_workers_that_end_a_plan_at_the_same_time_send_one_notice(
    file_database, cast, clones, cleo, wakes
):
    plan = approve(cast, clones)
    plan.lines.update(state=State.DELETED, ended_at=NOW)

    counts = call_at_once(*[lambda: notify_of_outcomes(plan.pk, NOW) for _ in range(4)])

    assert sorted(counts) == [0, 0, 0, 2]
    assert len(notices_of(cleo)) == 1


def test_former_member_is_not_notified(cast, clones, cleo, wakes, clock):
    plan = approve(cast, clones)
    Membership.objects.filter(user=cleo).delete()

    run(plan, clock)

    assert notices_of(cleo) == []


def test_notice_about_many_voices_is_shortened_to_fit(cast, cleo, wakes):
    names = [f"Voice {number} {'of a very long name ' * 4}" for number in range(60)]
    voices = [factories.make_clone(cast.account, name) for name in names]
    for voice in voices:
        factories.make_job(cleo, cast.credential, voice=voice)
    plan = approve(cast, voices)
    plan.lines.update(state=State.DELETED, ended_at=NOW)

    notify_of_outcomes(plan.pk, NOW)

    (words,) = notices_of(cleo)
    assert say_stored(words).endswith("and 56 more.")
    assert len(words) <= 500


def test_owners_are_notified_when_an_admin_archives_their_voices(cast, clones, cleo):
    library = factories.make_voice(cast.account, "Library")

    for _ in range(2):
        fresh = list(Voice.objects.filter(pk__in=[voice.pk for voice in (*clones, library)]))
        archive_voices(cast.ana, team=cast.aurora, voices=fresh, now=NOW)

    assert notices_of(cleo) == ["Ana archived your voices: Ada and Bo. Nothing was deleted."]
    assert notices_of(cast.ana) == []


def test_voices_of_one_name_are_named_once_with_their_number(cast, cleo, wakes, clock):
    twins = [factories.make_clone(cast.account, "Ada", remote_id=f"twin-{n}") for n in range(2)]
    for voice in twins:
        factories.make_job(cleo, cast.credential, voice=voice)
    plan = approve(cast, twins)
    plan.lines.update(state=State.DELETED, ended_at=NOW)

    notify_of_outcomes(plan.pk, NOW)

    assert say_stored(notices_of(cleo)[0]).endswith("Your voices deleted: Ada (2).")
