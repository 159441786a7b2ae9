"""Clone jobs of a team, and the keys that can make a clone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import CloneJob, Credential
from catalog.queries.clones import (
    find_clone_jobs,
    find_clone_targets,
    get_clone_job,
)
from tests import factories


def test_jobs_are_listed_newest_first_without_those_of_other_teams(cast):
    first = factories.make_job(cast.ana, cast.credential)
    second = factories.make_job(
        cast.ana, cast.credential, created_at=factories.NOW + timedelta(hours=1)
    )
    foreign = factories.make_job(cast.sam, cast.other_credential)

    assert find_clone_jobs(cast.mia).jobs == [second, first]
    assert get_clone_job(cast.mia, first.pk) == first
    with pytest.raises(CloneJob.DoesNotExist):
        get_clone_job(cast.mia, foreign.pk)


def test_more_jobs_need_no_more_queries(cast):
    def count_queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            for job in find_clone_jobs(cast.ana).jobs:
                assert [job.account.info.label, str(job.requested_by), job.batch.speaker.name]
        return len(seen)

    factories.make_job(cast.ana, cast.credential)
    few = count_queries()
    for _ in range(5):
        factories.make_job(cast.ana, cast.credential)

    assert count_queries() == few == 3


@pytest.mark.parametrize(
    ("values", "slots", "obstacle"),
    [
        ({}, (3, 30), ""),
        ({}, (30, None), ""),
        ({"health": "limited", "abilities": {"clone": "unknown"}}, (3, 30), ""),
        ({"health": "unchecked"}, (3, 30), "This key is still being checked."),
        ({"health": "rejected"}, (3, 30), "This key isn't working right now."),
        ({"health": "unreachable"}, (3, 30), "This key isn't working right now."),
        (
            {"abilities": {"clone": "no"}},
            (3, 30),
            "This key doesn't have permission to create voices.",
        ),
        ({}, (30, 30), "No free slot: 30 of 30."),
        ({}, (31, 30), "No free slot: 31 of 30."),
    ],
)
def test_target_says_why_its_key_cannot_clone(cast, values, slots, obstacle):
    Credential.objects.all().delete()
    account = factories.make_account(cast.aurora, slots_used=slots[0], slots_limit=slots[1])
    factories.make_credential(cast.ana, account, **values)

    (target,) = find_clone_targets(cast.ana)

    assert target.obstacle == obstacle
    assert target.is_open is (not obstacle)


def test_key_without_an_account_cannot_clone(cast):
    Credential.objects.filter(pk=cast.credential.pk).update(account=None)

    (target,) = find_clone_targets(cast.ana)

    assert target.obstacle == "This key isn't working right now."


def test_targets_are_own_and_shared_keys_with_usable_ones_first(cast):
    Credential.objects.filter(pk=cast.credential.pk).update(health="rejected")
    own = factories.make_credential(cast.mia, cast.account, is_shared=False)
    factories.make_credential(cast.ana, cast.account, is_shared=False)

    targets = find_clone_targets(cast.mia)

    assert [target.credential for target in targets] == [own, cast.credential]
    assert [target.is_open for target in targets] == [True, False]
