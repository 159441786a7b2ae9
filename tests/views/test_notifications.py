"""The bell counts unread notifications, shows each new one once, and links to the job."""

import re

import pytest
from django.utils import timezone

from catalog.core.broker import list_queues
from catalog.jobs.notifications.mail import mail_urgent
from catalog.models import Keep, Mail, Notification, NotificationChoice
from catalog.queries.notifications import find_choices
from catalog.services.cleanups.plans import approve_plan, create_plan
from tests import factories
from tests.views.conftest import PARTIAL, Page


@pytest.fixture
def job(cast):
    return factories.make_job(cast.mia, cast.credential)


def test_the_bell_counts_unread_notifications_and_polls(mia, cast, job):
    factories.make_notice(cast.mia, cast.aurora, job=job)
    factories.make_notice(cast.ana, cast.aurora, job=job)

    (bell,) = Page(mia.get("/jobs/")).find("a", id="bell")

    assert bell["aria-label"] == "Notifications, 1 unread"
    assert (
        bell["hx-get"] == f"/notifications/bell/?after={Notification.objects.get(user=cast.mia).pk}"
    )


def test_only_new_notifications_are_shown_in_a_toast_and_only_once(mia, cast, job):
    known = factories.make_notice(cast.mia, cast.aurora, "Old news.")
    factories.make_notice(cast.mia, cast.aurora, "Our Ada is ready.", job=job)

    page = Page(mia.get(f"/notifications/bell/?after={known.pk}", headers=PARTIAL))
    again = Page(mia.get(page.find("a", id="bell")[0]["hx-get"], headers=PARTIAL))

    assert "Our Ada is ready." in page.text
    assert "Old news." not in page.text
    assert page.find("div", **{"class": "toast"})
    assert not again.find("div", **{"class": "toast"})


@pytest.mark.parametrize("after", ["", "x", "-1", "9" * 30, "1 OR 1"])
def test_an_invalid_after_value_shows_no_toast(mia, cast, after):
    factories.make_notice(cast.mia, cast.aurora)

    page = Page(mia.get("/notifications/bell/", {"after": after}, headers=PARTIAL))

    assert page.find("a", id="bell")
    assert not page.find("div", **{"class": "toast"})


def test_the_bell_polls_more_often_while_your_clone_is_running(mia, cast):
    (calm,) = Page(mia.get("/jobs/")).find("a", id="bell")
    factories.make_job(cast.mia, cast.credential)

    (awake,) = Page(mia.get("/jobs/")).find("a", id="bell")

    assert calm["hx-trigger"].startswith("every 20s")
    assert awake["hx-trigger"].startswith("every 4s")


def test_opening_a_notification_marks_it_read_and_redirects_to_its_job(mia, cast, job):
    notice = factories.make_notice(cast.mia, cast.aurora, job=job)

    response = mia.post(f"/notifications/{notice.pk}/open/")

    notice.refresh_from_db()
    assert (response["Location"], notice.read_at is not None) == (f"/jobs/{job.pk}/", True)


def test_marking_all_as_read_leaves_other_people_s_notifications(mia, cast):
    factories.make_notice(cast.mia, cast.aurora)
    other = factories.make_notice(cast.ana, cast.aurora)

    mia.post("/notifications/read/")

    assert list(Notification.objects.filter(read_at=None)) == [other]
    assert "Our Ada is ready." in Page(mia.get("/notifications/")).text


def test_the_health_page_reports_when_no_worker_is_running(mia, cast):
    page = Page(mia.get("/health/"))
    assert "No worker is running." in page.text
    for name, queues in (("all@here", ",".join(list_queues())), ("schedule", "")):
        factories.make_beat(name, queues, timezone.now())

    assert "All is well" in Page(mia.get("/health/", headers=PARTIAL)).text


def test_the_health_page_says_what_becomes_of_emails_and_names_nobody(mia, cast, settings):
    assert "Email" not in Page(mia.get("/health/")).text
    settings.SENDS_MAIL = True
    now = timezone.now()
    values = {"created_at": now, "waits_for_answer": True, "message": "The mail server is busy."}
    factories.make_mail(cast.ana, **values)
    dropped = {"state": "dropped", "ended_at": now, "message": "Refused: 550 Unknown"}
    factories.make_mail(cast.ana, created_at=now, **dropped)

    page = Page(mia.get("/health/")).text

    assert "retried for a day. The mail server is busy." in page
    assert "Dropped just now. Refused: 550 Unknown" in " ".join(page.split())
    assert "All is well" not in page
    assert cast.ana.email not in page


def test_how_to_hear_of_each_event_is_chosen_on_the_settings_page(mia, cast, settings):
    address = "/notifications/settings/"
    assert "doesn't send email" in Page(mia.get(address)).text
    settings.SENDS_MAIL = True
    usual = find_choices(cast.mia)
    posted = {f"{event}-mail": mail for event, (_, mail) in usual.items()}
    posted |= {f"{event}-shown": "on" for event in usual if event != "job"}

    response = mia.post(address, posted | {"voice-mail": "now"})

    assert response["Location"] == address
    wanted = usual | {"job": (False, "off"), "voice": (True, "now")}
    assert find_choices(cast.mia) == wanted
    # Only what isn't usual is stored.
    assert NotificationChoice.objects.count() == 2
    page = Page(mia.get(address))
    assert "doesn't send email" not in page.text
    assert "checked" not in page.find("input", name="job-shown")[0]
    assert "checked" in page.find("input", name="voice-shown")[0]
    assert usual["stuck"] == (True, "now")
    assert "security" not in usual
    mia.post(address, posted | {"voice-mail": "hourly"})
    assert find_choices(cast.mia) == wanted


def test_a_warning_about_backups_opens_the_health_page(mia, cast):
    notice = factories.make_notice(cast.mia, cast.aurora, page="health")

    assert mia.post(f"/notifications/{notice.pk}/open/")["Location"] == "/health/"


def test_a_speaker_s_page_shows_samples_jobs_and_voices(mia, cast):
    voice = factories.make_clone(cast.account, "Ada at last")
    job = factories.make_job(cast.ana, cast.credential, voice=voice, state="ready")

    listed = Page(mia.get("/speakers/"))
    page = Page(mia.get(f"/speakers/{job.batch.speaker_id}/"))

    assert "1 voice from 1 job" in listed.text
    assert page.find("a", href=f"/voices/{voice.pk}/")
    assert page.find("a", href=f"/jobs/{job.pk}/")
    assert page.find("audio", src=f"/samples/{factories.sample_of(job).pk}/audio/")


def test_clones_are_kept_from_an_email_by_one_button_and_never_by_opening_the_link(
    mia, ana, client, cast, settings
):
    settings.SENDS_MAIL = True
    voice = factories.make_clone(cast.account, "Ada", state="failed")
    factories.make_job(cast.mia, cast.credential, voice=voice)
    plan = create_plan(cast.ana, team=cast.aurora, voice_ids=[voice.pk], now=timezone.now())
    approve_plan(cast.ana, plan=plan, now=timezone.now())
    mail_urgent(timezone.now())
    (link,) = re.findall(r"Keep: http://127\.0\.0\.1:\d+(/\S+)", Mail.objects.get().text)

    assert client.get(link)["Location"].startswith("/account/login/?next=/cleanup/keep/")
    page = Page(mia.get(link))
    assert "Ada" in page.text
    assert "Keep until" in " ".join(page.text.split())
    assert "This link isn't for you" in Page(ana.get(link)).text
    assert ana.post(link).status_code == 404
    assert not Keep.objects.exists()

    assert mia.post(link)["Location"] == "/cleanup/yours/"
    assert Keep.objects.get().voice == voice
    # The link ends with what it was for.
    assert "nothing left to keep" in Page(mia.get(link)).text
    assert mia.get(link[:-3] + "x/").status_code == 404
