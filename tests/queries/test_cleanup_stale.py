"""Each rule finds its voices and gives its evidence; voices without usage data are unknown."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import call_command

from catalog.jobs.cleanups.report import describe_stale, find_unreported, report_stale
from catalog.models import Consent, Installation, Membership, Notification, ProviderAccount, Voice
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.stale import StaleList, find_stale, get_stale_page
from tests import factories

NOW = factories.NOW


def ago(days: int) -> Any:
    return NOW - timedelta(days=days)


@pytest.fixture(autouse=True)
def _watching_for_long(installation) -> None:
    Installation.objects.update(uses_since=ago(1000))


@pytest.fixture
def voice(cast) -> Voice:
    """Return a designed voice, which needs no consent, made last week."""
    return make_designed(cast, "Ada")


def make_designed(cast, name: str, **values: Any) -> Voice:
    made = {"kind": Voice.Kind.DESIGNED, "added_at": ago(7), "remote_created_at": ago(7)}
    return factories.make_clone(cast.account, name, **{**made, **values})


def find(cast) -> StaleList:
    return find_stale(cast.aurora, rules_of(cast.aurora), NOW)


def rules_found(found: list[Any]) -> list[list[str]]:
    return [[reason.rule for reason in stale.reasons] for stale in found]


def test_new_voice_in_use_matches_no_rule(cast, voice):
    factories.make_use(voice, played_at=ago(3))

    found = find(cast)

    assert (found.open, [stale.voice for stale in found.rest]) == ([], [voice])


def test_voice_last_used_long_ago_is_unused_with_the_date(cast, voice):
    Voice.objects.update(added_at=ago(400), remote_created_at=ago(400))
    factories.make_use(voice, played_at=ago(181))

    (stale,) = find(cast).unused

    assert [reason.rule for reason in stale.reasons] == ["unused"]
    label = cast.account.info.label
    words = f"181 days ago. {label} doesn't report use elsewhere."
    assert stale.reasons[0].words.startswith("Last played here on")
    assert stale.reasons[0].words.endswith(words)


def test_voice_in_a_waiting_plan_is_not_suggested_again(cast, voice):
    Voice.objects.update(added_at=ago(400), remote_created_at=ago(400))
    plan = factories.make_plan(cast.ana, cast.aurora, [voice])
    assert [stale.voice for stale in find(cast).unknown] == [voice]  # a dry run reserves no voice

    plan.lines.update(state="held")

    found = find(cast)
    assert (found.open, found.rest) == ([], [])
    assert [stale.voice for stale in found.planned] == [voice]
    assert not get_stale_page(cast.ana, cast.aurora, NOW, section="planned").is_choosable


def test_voice_without_usage_data_is_listed_as_unknown(cast, voice):
    Voice.objects.update(added_at=ago(200), remote_created_at=ago(200))

    found = find(cast)

    assert (found.unused, found.other) == ([], [])
    assert rules_found(found.unknown) == [["unheard", "unknown"]]
    assert found.unknown[0].use.words == "unknown"


@pytest.mark.parametrize(("reaches", "rule"), [(300, "unused"), (20, "unknown")])
def test_voice_is_unused_only_if_the_provider_history_reaches_far_enough(
    cast, voice, reaches, rule
):
    Voice.objects.update(added_at=ago(400), remote_created_at=ago(400))
    ProviderAccount.objects.update(uses_read_at=NOW, uses_from=ago(reaches))

    found = find(cast)

    assert bool(found.unused) is (rule == "unused")
    assert rule in rules_found(found.open)[0]


def test_use_reported_by_the_provider_counts(cast, voice):
    Voice.objects.update(added_at=ago(400), remote_created_at=ago(400))
    factories.make_use(voice, provider_used_at=ago(5))

    assert find(cast).open == []


def test_failed_voices_are_a_separate_group_and_known_to_be_unused(cast, voice):
    Voice.objects.update(state=Voice.State.FAILED, added_at=ago(200), remote_created_at=ago(200))

    (stale,) = find(cast).failed

    assert stale.is_known
    assert "failed" in [reason.rule for reason in stale.reasons]


def test_clones_without_consent_or_with_expired_consent_are_found(cast):
    foreign = factories.make_clone(cast.account, "Foreign", added_at=NOW)
    made = factories.make_clone(cast.account, "Made", added_at=NOW)
    job = factories.make_job(cast.ana, cast.credential, voice=made)
    Consent.objects.filter(pk=job.batch.consent_id).update(ends_on=date(2020, 5, 3))

    found = {stale.voice: stale.reasons[0] for stale in find(cast).open}

    assert found[foreign].rule == "unconsented"
    assert found[made].words == "The consent of Ada expired on May 3, 2020."


def test_clone_of_a_former_member_names_who_is_responsible_now(cast):
    made = factories.make_clone(cast.account, "Made", added_at=NOW)
    factories.make_job(cast.mia, cast.credential, voice=made, kept_by=cast.ana)
    Membership.objects.filter(user=cast.mia).delete()

    (stale,) = find(cast).open

    assert (
        stale.reasons[0].words
        == "Mia, who cloned it, left the team. Ana is responsible for it now."
    )
    assert stale.responsible == cast.ana


def test_duplicate_clones_are_found_except_the_last_used_one(cast):
    sample = factories.make_sample(cast.ana, cast.aurora)
    twins = [factories.make_clone(cast.account, name, added_at=NOW) for name in ("Old", "New")]
    for twin in twins:
        factories.make_job(cast.ana, cast.credential, sample, voice=twin)
    factories.make_use(twins[0], played_at=ago(1))

    (stale,) = find(cast).open

    assert (stale.voice, stale.reasons[0].rule) == (twins[1], "duplicate")
    assert "Old" in stale.reasons[0].words


def test_voice_that_expires_soon_is_found(cast, voice):
    factories.make_use(voice, played_at=ago(1))
    Voice.objects.update(ends_at=NOW + timedelta(days=12))

    (stale,) = find(cast).other

    assert stale.reasons[0].words.endswith("in 12 days.")


def test_disabled_rules_find_nothing(cast, voice):
    Voice.objects.update(
        state=Voice.State.FAILED, added_at=ago(400), ends_at=NOW, kind=Voice.Kind.CLONE
    )
    off = dict.fromkeys(("unused_days", "unheard_days", "expiry_days"))
    switches = ("failed", "unconsented", "lapsed", "ownerless", "duplicates")
    factories.make_rules(cast.aurora, **off, **{f"finds_{name}": False for name in switches})

    assert find(cast).open == []


def test_protected_voice_is_listed_separately_and_enters_no_plan(cast, voice):
    Voice.objects.update(state=Voice.State.FAILED)
    factories.protect(voice, cast.mia)

    found = find(cast)

    assert (found.open, [stale.voice for stale in found.protected]) == ([], [voice])
    page = get_stale_page(cast.ana, cast.aurora, NOW, section="all")
    assert page.all_ids == []


def test_everything_that_a_plan_can_include_is_listed_longest_unused_first(cast, voice):
    used = make_designed(cast, "Aa", remote_created_at=ago(400), added_at=ago(400))
    factories.make_use(used, played_at=ago(1))
    failed = make_designed(cast, "Zz", state=Voice.State.FAILED)

    everything = [stale.voice for stale in find(cast).everything]

    assert everything.index(failed) < everything.index(used)
    assert everything[-1] == voice


def test_command_and_report_have_the_same_counts_as_the_page(cast, voice, capsys):
    Voice.objects.update(state=Voice.State.FAILED)
    unknown = make_designed(cast, "Bo", remote_created_at=ago(400), added_at=ago(400))
    kept = make_designed(cast, "Cy", remote_created_at=ago(400), added_at=ago(400))
    keep = factories.keep(kept, cast.mia)
    cast.aurora.memberships.update(role="member")
    Membership.objects.filter(user=cast.ana).update(role="admin")

    call_command("plan_cleanup", "--team", "Aurora", "--dry-run")
    printed = capsys.readouterr().out
    words = report_stale(cast.aurora.pk, NOW)

    page = get_stale_page(cast.ana, cast.aurora, NOW)
    counts = {name: count for name, _, count in page.sections}
    assert (counts[""], counts["failed"], counts["unknown"], counts["kept"]) == (0, 1, 1, 1)
    for name, title, count in page.sections:
        assert name == "all" or f"{title}: {count}\n" in printed
    assert f"{unknown.remote_id}\tBo\tunknown" in printed
    assert f"Mia keeps this voice until {keep.until:%b %-d, %Y}." in printed
    assert words == describe_stale(find(cast))
    assert "0 not used for long, 1 failed, 1 with unknown usage." in words
    assert words.endswith("Left out: 1 kept by their owners.")
    notice = Notification.objects.get()
    assert (notice.user, notice.page) == (cast.ana, Notification.Page.CLEANUP)


def test_report_is_sent_once_a_week_unless_turned_off(cast, voice):
    Voice.objects.update(state=Voice.State.FAILED)
    type(cast.aurora).objects.update(created_at=ago(30))
    type(cast.aurora).objects.exclude(pk=cast.aurora.pk).delete()
    assert find_unreported(NOW) == [cast.aurora.pk]

    assert report_stale(cast.aurora.pk, NOW)
    assert report_stale(cast.aurora.pk, NOW) == ""

    assert find_unreported(NOW + timedelta(days=6)) == []
    assert find_unreported(NOW + timedelta(days=8)) == [cast.aurora.pk]
    factories.make_rules(cast.aurora, sends_report=False)
    assert find_unreported(NOW + timedelta(days=8)) == []
