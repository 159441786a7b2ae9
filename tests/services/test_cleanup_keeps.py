"""A kept voice is excluded from all cleanup plans until its date."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.cleanups.run import run_deletion
from catalog.models import AuditEntry, Keep, Membership, Notification, PlannedDeletion, Voice
from catalog.models.cleanups.rules import rules_of
from catalog.queries.cleanups.plans import LINE_COLUMNS, find_plans, get_plan_page, iterate_lines
from catalog.queries.cleanups.stale import find_stale, get_stale_page
from catalog.services.cleanups.keeps import UnsuitableDate, change_keep, end_keep, keep_voice
from catalog.services.cleanups.plans import NothingToPlan, approve_plan, create_plan
from tests import factories

NOW = factories.NOW
IN_90_DAYS = date(2027, 2, 19)
State = PlannedDeletion.State


@pytest.fixture
def voice(cast) -> Voice:
    """Return a failed clone of Mia's, which a rule finds."""
    made = factories.make_clone(cast.account, "Ada", state=Voice.State.FAILED)
    factories.make_job(cast.mia, cast.credential, voice=made)
    return made


@pytest.fixture
def other(cast) -> Voice:
    return factories.make_clone(cast.account, "Bo", state=Voice.State.FAILED)


def draw_up(cast, *voices: Voice):
    ids = [voice.pk for voice in voices]
    return create_plan(cast.ana, team=cast.aurora, voice_ids=ids, now=NOW)


@pytest.fixture
def kept(cast, voice) -> Voice:
    plan = draw_up(cast, voice)
    approve_plan(cast.ana, plan=plan, now=NOW)
    keep_voice(cast.mia, line=plan.lines.get(), now=NOW)
    return voice


def test_keep_lasts_90_days_and_the_audit_log_has_the_date(cast, kept):
    keep = Keep.objects.get()

    assert (keep.voice, keep.kept_by, keep.until) == (kept, cast.mia, IN_90_DAYS)
    entry = AuditEntry.objects.get(action="voice kept")
    assert entry.after == {"kept until": "2027-02-19"}


@pytest.mark.parametrize(("days", "is_kept"), [(0, True), (90, True), (91, False)])
def test_kept_voice_is_listed_separately_until_its_date_is_over(cast, kept, days, is_kept):
    now = NOW + timedelta(days=days)

    found = find_stale(cast.aurora, rules_of(cast.aurora), now)

    assert [stale.voice for stale in found.kept] == ([kept] if is_kept else [])
    assert [stale.voice for stale in found.failed] == ([] if is_kept else [kept])
    page = get_stale_page(cast.ana, cast.aurora, now, section="kept")
    assert not page.is_choosable
    assert not page.is_ticked


def test_later_plan_lists_a_kept_voice_separately_and_does_not_delete_it(
    cast, kept, other, wakes, stub, clock
):
    with pytest.raises(NothingToPlan):
        draw_up(cast, kept)
    factories.make_rules(cast.aurora, waiting_days=0)
    plan = draw_up(cast, kept, other)

    page = get_plan_page(cast.ana, plan.pk, NOW)
    assert [line.voice for line in page.lines] == [other]
    assert (page.count, page.deletes_count, page.freed[0].count) == (1, 1, 1)
    assert [(line.voice, line.kept_until) for line in page.kept_before] == [(kept, IN_90_DAYS)]
    rows = {row["voice"]: row for row in iterate_lines(plan)}
    assert (rows["Ada"]["outcome"], rows["Ada"]["kept_until"]) == ("Kept", "2027-02-19")
    assert set(rows["Ada"]) == set(LINE_COLUMNS)
    assert next(row for row in find_plans(cast.ana) if row == plan).voice_count == 1

    approve_plan(cast.ana, plan=plan, now=NOW)

    states = {line.voice: line.state for line in plan.lines.all()}
    assert states == {kept: State.KEPT, other: State.QUEUED}


def test_voice_kept_between_dry_run_and_approval_is_left_out(cast, voice, other, wakes):
    early = draw_up(cast, voice, other)
    plan = draw_up(cast, voice)
    approve_plan(cast.ana, plan=plan, now=NOW)
    keep_voice(cast.mia, line=plan.lines.get(), now=NOW)

    approve_plan(cast.ana, plan=early, now=NOW)

    states = {line.voice: line.state for line in early.lines.all()}
    assert states == {voice: State.KEPT, other: State.HELD}


def test_voice_kept_just_before_its_deletion_is_skipped(cast, voice, wakes, stub, clock):
    factories.make_rules(cast.aurora, waiting_days=0)
    plan = draw_up(cast, voice)
    approve_plan(cast.ana, plan=plan, now=NOW)
    factories.keep(voice, cast.mia)

    run_deletion(plan.lines.get().pk, clock)

    line = plan.lines.get()
    assert line.state == State.SKIPPED
    assert line.message.startswith("Mia keeps this voice until ")
    assert not stub.asked


@pytest.mark.parametrize("who", ["mia", "ana"])
def test_owner_and_admins_can_change_or_end_a_keep(cast, kept, who):
    person = getattr(cast, who)

    assert change_keep(person, voice=kept, until=date(2026, 12, 1), now=NOW)
    assert Keep.objects.get().until == date(2026, 12, 1)
    assert end_keep(person, voice=kept, now=NOW)
    assert not Keep.objects.exists()

    entries = AuditEntry.objects.filter(action__in=["keep date changed", "voice no longer kept"])
    changes = [(entry.actor, entry.before, entry.after) for entry in entries.order_by("number")]
    assert changes == [
        (person, {"kept until": "2027-02-19"}, {"kept until": "2026-12-01"}),
        (person, {"kept until": "2026-12-01"}, {"kept until": None}),
    ]
    assert [
        stale.voice for stale in find_stale(cast.aurora, rules_of(cast.aurora), NOW).failed
    ] == [kept]


def test_owner_is_notified_when_an_admin_ends_a_keep(cast, kept):
    Notification.objects.all().delete()

    end_keep(cast.ana, voice=kept, now=NOW)

    notice = Notification.objects.get()
    assert notice.user == cast.mia
    assert "is no longer kept" in notice.text
    assert "Ana" in notice.text


def test_others_cannot_change_a_keep(cast, kept):
    cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)

    for person in (cleo, cast.sam):
        with pytest.raises(PermissionDenied):
            change_keep(person, voice=kept, until=date(2026, 12, 1), now=NOW)
        with pytest.raises(PermissionDenied):
            end_keep(person, voice=kept, now=NOW)


@pytest.mark.parametrize("day", [date(2026, 11, 20), date(2036, 12, 1), date.min, date.max])
def test_keep_date_in_the_past_or_too_far_ahead_is_rejected(cast, kept, day):
    with pytest.raises(UnsuitableDate):
        change_keep(cast.mia, voice=kept, until=day, now=NOW)

    assert Keep.objects.get().until == IN_90_DAYS


def test_pages_show_the_keep_date_and_let_the_owner_change_it(cast, kept, other, sign_in):
    Keep.objects.update(until=date(2099, 2, 19))
    mia, ana = sign_in(cast.mia), sign_in(cast.ana)

    for page in (
        mia.get(f"/voices/{kept.pk}/"),
        mia.get("/cleanup/yours/"),
        ana.get("/cleanup/?show=kept"),
    ):
        assert "Feb 19, 2099" in page.content.decode()
    back = mia.post(f"/voices/{kept.pk}/keep/", {"until": "2098-01-05"})
    assert back.status_code == 302
    assert "10 years from now" in mia.get(f"/voices/{kept.pk}/").content.decode()
    mia.post(f"/voices/{kept.pk}/keep/", {"until": "2027-01-05"})
    assert "Jan 5, 2027" in mia.get(f"/voices/{kept.pk}/").content.decode()
    mia.post(f"/voices/{kept.pk}/keep/end/")
    assert not Keep.objects.exists()


def test_dry_run_page_lists_kept_voices_separately(cast, kept, other, sign_in):
    Keep.objects.update(until=date(2099, 2, 19))
    ana = sign_in(cast.ana)

    answer = ana.post("/cleanup/plans/", {"id": other.pk, "query": "show=failed"})

    page = ana.get(answer["Location"]).content.decode()
    assert "Dry run: 1 voice would be deleted" in page
    assert "1 kept voice is listed below and not part of this plan." in page
    assert "Feb 19, 2099" in page
