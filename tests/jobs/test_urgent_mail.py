"""Notifications are emailed at once, in bursts, or once a day, as each person chose."""

from datetime import timedelta

import pytest

from catalog.jobs.health.backups import warn_of_old_backup
from catalog.jobs.notifications.clones import notify_of_end, notify_of_wait
from catalog.jobs.notifications.mail import mail_digests, mail_urgent
from catalog.models import CloneJob, Installation, Mail, Membership, Notification, Preference
from catalog.services.cleanups.plans import approve_plan, create_plan
from catalog.services.notifications import choose_notifications
from catalog.services.teams.members import suspend_member
from tests import factories
from tests.factories import NOW

State = CloneJob.State
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _with_server(settings):
    settings.SENDS_MAIL = True


@pytest.fixture
def job(cast):
    return factories.make_job(cast.mia, cast.credential)


def get_stuck(job, now=NOW):
    notify_of_end(job, State.NEEDS_LOOK, "Its answer was lost.", now)


def sent(now=NOW):
    """Return whom the emails of this moment go to, with their subjects."""
    before = set(Mail.objects.values_list("pk", flat=True))
    mail_urgent(now)
    mail_digests(now)
    return [(row.user.first_name, row.subject) for row in Mail.objects.exclude(pk__in=before)]


ONE = "Something in Voiceboard needs your attention"


def test_a_clone_that_needs_attention_is_emailed_once(cast, job):
    get_stuck(job)

    assert (sent(), sent(), sent(NOW + 2 * HOUR)) == ([("Mia", ONE)], [], [])

    assert "needs your attention. Its answer was lost.\n\n" in Mail.objects.get().text


def test_a_clone_that_waits_for_another_key_is_emailed_and_one_that_is_ready_is_not(job):
    notify_of_end(job, State.READY, "", NOW)
    assert sent() == []

    notify_of_wait(job, "The key was refused.", NOW)
    assert sent() == [("Mia", ONE)]


def test_what_comes_in_a_burst_waits_for_the_next_email(job):
    get_stuck(job)
    sent()
    for minutes in (1, 2):
        notify_of_wait(job, f"Reason {minutes}.", NOW + timedelta(minutes=minutes))

    assert sent(NOW + timedelta(minutes=14)) == []
    later = sent(NOW + timedelta(minutes=16))

    assert later == [("Mia", "2 things in Voiceboard need your attention")]


def test_what_was_read_is_not_emailed(cast, job):
    get_stuck(job)
    Notification.objects.update(read_at=NOW)

    assert sent() == []


def leave(cast):
    Membership.objects.filter(user=cast.mia).delete()


def deactivate(cast):
    cast.mia.is_active = False
    cast.mia.save()


def turn_off(cast):
    choose_notifications(cast.mia, choices={"stuck": (True, "off")})


@pytest.mark.parametrize("change", [leave, deactivate, turn_off])
def test_who_left_or_turned_it_off_gets_no_email(cast, job, change):
    get_stuck(job)
    change(cast)

    assert sent() == []


def test_other_preferences_leave_it_on(cast, job):
    Preference.objects.create(user=cast.mia, layout="table")
    get_stuck(job)

    assert sent() == [("Mia", ONE)]


def test_without_a_mail_server_nothing_is_emailed_later_either(cast, job, settings):
    settings.SENDS_MAIL = False
    get_stuck(job)
    assert sent() == []
    settings.SENDS_MAIL = True

    assert sent(NOW + timedelta(hours=25)) == []


def test_admins_are_told_of_a_suspension_besides_who_did_it(cast):
    other = factories.make_user("Zoe", cast.aurora, Membership.Role.ADMIN)
    suspend_member(cast.ana, membership=cast.mia.memberships.get(), now=NOW)

    assert sent() == [(other.first_name, ONE)]
    assert "Mia is suspended in Aurora." in Mail.objects.get().text


def test_owners_are_emailed_until_when_to_keep_their_voices(cast, job, wakes):
    voice = factories.make_clone(cast.account)
    CloneJob.objects.update(voice=voice, state=State.READY)
    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=[voice.pk], now=NOW)
    approve_plan(cast.ana, plan=plan, now=NOW, typed="1")

    assert sent() == [("Mia", ONE)]
    text = Mail.objects.get().text
    assert "One of your clones will be deleted on Nov 28, 2026. You can" in text
    assert "\nKeep: http://127.0.0.1:8000/cleanup/keep/" in text


def test_admins_are_told_once_a_day_that_the_last_backup_is_old(cast):
    made_at = NOW - timedelta(hours=27)
    for each in (None, NOW - timedelta(hours=25)):
        Installation.objects.update(backed_up_at=each)
        warn_of_old_backup(NOW)
    assert not Notification.objects.exists()

    Installation.objects.update(backed_up_at=made_at)
    for hours in (0, 1, 23):
        warn_of_old_backup(NOW + hours * HOUR)

    assert {each.user.first_name for each in Notification.objects.all()} == {"Ana", "Sam"}
    assert Notification.objects.count() == 2
    assert sorted(sent()) == [("Ana", ONE), ("Sam", ONE)]

    Notification.objects.update(read_at=NOW)
    warn_of_old_backup(NOW + 25 * HOUR)
    assert Notification.objects.count() == 4


def test_a_daily_email_comes_in_the_morning_of_the_person_and_holds_what_is_unread(cast, job):
    # NOW is 12:00 UTC, 21:00 in Tokyo.
    Preference.objects.create(user=cast.mia, time_zone="Asia/Tokyo")
    choose_notifications(cast.mia, choices={"job": (True, "daily")})
    for name in ("Ada", "Bo", "Cy"):
        CloneJob.objects.update(name=name)
        job.refresh_from_db()
        notify_of_end(job, State.READY, "", NOW)
    Notification.objects.filter(text__startswith="Bo").update(read_at=NOW)

    # 8:00 in Tokyo is 23:00 UTC.
    assert sent(NOW + 10 * HOUR) == []
    assert sent(NOW + 11 * HOUR) == [("Mia", "Voiceboard: 2 new notifications")]
    notify_of_end(job, State.READY, "", NOW + 11 * HOUR)
    assert sent(NOW + 12 * HOUR) == []
    assert sent(NOW + 35 * HOUR) == [("Mia", "Voiceboard: a notification")]

    text = Mail.objects.order_by("created_at")[0].text
    assert text.startswith("Ada is ready at ElevenLabs.\n\nCy is ready at ElevenLabs.\n\n")


def test_what_is_only_wanted_by_email_is_not_shown_in_the_app(cast, job):
    choose_notifications(cast.mia, choices={"stuck": (False, "now"), "job": (False, "off")})
    get_stuck(job)
    notify_of_end(job, State.READY, "", NOW)

    assert not Notification.objects.visible_to(cast.mia).exists()
    assert sent() == [("Mia", ONE)]
    assert not Notification.objects.unread().exists()
