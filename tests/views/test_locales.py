"""Dates, times, and numbers by the reader's browser or choice."""

import pytest

from catalog.audit import record
from tests import factories
from tests.views.conftest import Page


@pytest.fixture
def entry(cast):
    return record(cast.ana, "looked", cast.aurora, team=cast.aurora, now=factories.NOW)


def read_log(client, **headers) -> str:
    return " ".join(Page(client.get("/team/log/", headers=headers)).text.split())


def test_times_are_in_the_browser_s_language_and_time_zone(ana, entry):
    assert "Nov 21, 2026, 12:00:00" in read_log(ana)
    assert "times in UTC" in read_log(ana)

    ana.cookies["browser_timezone"] = "America/New_York"
    assert "Nov 21, 2026, 7:00:00 AM" in read_log(ana, accept_language="en-US,en;q=0.9")
    assert "times in America/New_York" in read_log(ana)


def test_a_choice_on_the_account_page_overrules_the_browser_until_it_is_cleared(ana, entry):
    ana.cookies["browser_timezone"] = "America/New_York"
    chosen = {"region": "de", "timezone": "Asia/Tokyo"}
    page = Page(ana.post("/preferences/region/", chosen, follow=True))

    assert "Saved for this browser." in page.text
    assert page.find("option", value="Asia/Tokyo", selected="")
    assert "21 Nov 2026, 21:00:00" in read_log(ana, accept_language="en-US")
    ana.post("/preferences/region/", {"region": "", "timezone": ""})
    assert "Nov 21, 2026, 7:00:00 AM" in read_log(ana, accept_language="en-US")


@pytest.mark.parametrize("name", ["Mars/Phobos", "../../etc/passwd", "", "x" * 5000, "Europe"])
def test_an_unknown_time_zone_means_utc(ana, entry, name):
    ana.cookies["browser_timezone"] = name

    assert "times in UTC" in read_log(ana)
    page = Page(ana.post("/preferences/region/", {"timezone": name or "?"}, follow=True))
    assert "Choose a format and a time zone from the lists." in page.text


def test_the_list_of_voices_is_kept_for_each_locale(ana, cast):
    factories.make_voice(cast.account, remote_created_at=factories.NOW)
    ana.post("/preferences/view/", {"has_columns": "1", "columns": ["made"]})
    first = ana.get("/voices/?layout=table")
    again = ana.get(
        "/voices/?layout=table",
        headers={"accept-language": "en-GB", "if-none-match": first["ETag"]},
    )

    assert "Nov 21, 2026" in first.content.decode()
    assert again.status_code == 200
    assert "21 Nov 2026" in again.content.decode()


def test_the_days_of_the_log_s_filter_are_the_reader_s(ana, entry):
    assert "looked" in read_log(ana).split("Request and IP")[1]
    ana.cookies["browser_timezone"] = "Pacific/Kiritimati"  # the next day has begun there

    def shows(query: str) -> bool:
        page = Page(ana.get(f"/team/log/?{query}&action=looked"))
        return "No matching entries" not in page.text

    assert (shows("since=2026-11-22"), shows("until=2026-11-21")) == (True, False)
    assert ana.get("/team/log/?since=0001-01-01&until=9999-12-31").status_code == 200


def test_right_to_left_names_of_people_do_not_turn_their_sentences_around(ana, cast):
    noor = factories.make_user("نور", cast.aurora, "cloner")
    clone = factories.make_clone(cast.account, "Ada", responsible=noor)
    factories.keep(clone, noor)
    plan = factories.make_plan(noor, cast.aurora, [clone])

    for path in ("/cleanup/?show=kept", f"/cleanup/plans/{plan.pk}/", f"/voices/{clone.pk}/"):
        assert "<bdi>نور</bdi>" in ana.get(path).content.decode(), path
