"""The audit log: its page, filter, and exports."""

import csv
import io
import json
import re

import pytest

from catalog.audit import Origin, acting_from, record
from catalog.models import AuditEntry, Membership
from catalog.queries.audit import find_breaks
from catalog.services.users.sign_in import note_account, note_failed_sign_in
from catalog.templating.formats import shown_facts
from tests import factories

NOW = factories.NOW
EVIL = '=HYPERLINK("http://evil.example","x")'


@pytest.fixture
def ana(cast, sign_in):
    """Return Ana's browser, with some entries in the log."""
    with acting_from(Origin("aaa111", "192.0.2.7")):
        record(
            cast.ana, "key shared", cast.account, team=cast.aurora, now=NOW,
            reason=EVIL, before={"shared": False}, after={"shared": True},
        )  # fmt: skip
    with acting_from(Origin("bbb222")):
        record(cast.mia, "voice renamed", "Voice 7", team=cast.aurora, now=NOW)
    record(None, "clone ready", "CloneJob 8", team=cast.aurora, now=NOW.replace(month=10))
    record(cast.sam, "voice renamed", "Voice 99", team=cast.borealis, now=NOW)
    return sign_in(cast.ana)


def shown(response):
    return re.findall(r'id="entry-(\d+)"', response.content.decode())


def read(response):
    return b"".join(response.streaming_content).decode()


def test_the_page_shows_the_team_s_entries_newest_first(ana):
    response = ana.get("/team/log/")

    assert shown(response) == ["3", "2", "1"]
    text = response.content.decode()
    assert "Shared: <del>No</del> <bdi>Yes</bdi>" in text
    assert "192.0.2.7" in text
    assert "Voice 99" not in text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("who=voiceboard", ["3"]),
        ("action=voice+renamed", ["2"]),
        ("target=voice+7", ["2"]),
        ("target=elevenlabs", ["1"]),
        ("request=aaa111", ["1"]),
        ("since=2026-11-21", ["2", "1"]),
        ("until=2026-11-20", ["3"]),
        ("since=2026-10-21&until=2026-10-21", ["3"]),
        ("until=9999-12-31", ["3", "2", "1"]),
        ("since=0001-01-01", ["3", "2", "1"]),
        ("since=9999-12-31", []),
        ("until=0001-01-01", []),
        ("below=3", ["2", "1"]),
        ("since=nonsense&who=nobody&request=XYZ&below=-1", ["3", "2", "1"]),
        ("who=999999999999999999", []),
    ],
)
def test_entries_can_be_filtered_by_person_action_target_request_and_time(ana, query, expected):
    assert shown(ana.get(f"/team/log/?{query}")) == expected


def test_actions_of_a_person_without_a_team_are_chained_but_in_no_team_s_log(ana, cast):
    homeless = factories.make_user("Kim", cast.borealis)
    Membership.objects.filter(user=homeless).delete()

    note_account(homeless, action="signed in", now=NOW)
    note_failed_sign_in(email=homeless.email, now=NOW)
    record(None, "master key rotated", "Installation", team=None, now=NOW)

    assert AuditEntry.objects.filter(target=f"User {homeless.pk}").count() == 2
    assert shown(ana.get("/team/log/")) == ["7", "3", "2", "1"]
    exported = read(ana.post("/team/log/export/", {"form": "csv"}))
    assert "Kim" not in exported
    assert "master key rotated" in exported
    assert find_breaks() == []


def test_filtering_by_a_person_finds_their_entries(ana, cast):
    assert shown(ana.get(f"/team/log/?who={cast.mia.pk}")) == ["2"]


def test_a_long_log_is_paged_without_extra_queries(ana, cast, django_assert_num_queries):
    with django_assert_num_queries(13):
        ana.get("/team/log/")
    for number in range(60):
        record(cast.ana, "act", f"Voice {number}", team=cast.aurora, now=NOW)

    with django_assert_num_queries(13):
        first = ana.get("/team/log/")
    older = re.search(r"below=(\d+)", first.content.decode())[1]
    second = ana.get(f"/team/log/?below={older}")

    assert (len(shown(first)), len(shown(second))) == (50, 13)
    assert not set(shown(first)) & set(shown(second))


def test_an_htmx_request_gets_only_the_log_section(ana):
    headers = {"HX-Request": "true", "HX-Request-Type": "partial"}

    response = ana.get("/team/log/?action=clone+ready", headers=headers)

    assert response.content.decode().lstrip().startswith('<section id="log"')
    assert shown(response) == ["3"]


def test_csv_export_applies_the_filter_and_escapes_formulas(ana):
    response = ana.post("/team/log/export/", {"form": "csv", "request": "aaa111"})

    text = read(response)
    rows = list(csv.DictReader(io.StringIO(text.lstrip("\ufeff"))))
    assert text.startswith("\ufeffnumber,at,who,")
    assert [(row["number"], row["who"], row["reason"]) for row in rows] == [
        ("1", "Ana", "'" + EVIL)
    ]
    assert json.loads(rows[0]["after"]) == {"shared": True}
    assert response["Content-Disposition"].startswith('attachment; filename="voiceboard-log-')


def test_json_export_contains_the_same_entries_with_their_values(ana):
    rows = json.loads(read(ana.post("/team/log/export/", {"form": "json"})))

    # The export itself is logged first, so it's in the file.
    assert [row["number"] for row in rows] == [5, 3, 2, 1]
    assert rows[-1]["before"] == {"shared": False}
    assert rows[-1]["reason"] == EVIL
    assert json.loads(read(ana.post("/team/log/export/", {"form": "json", "who": "7" * 9}))) == []


def test_an_export_that_has_to_wait_is_not_logged(ana):
    open_ones = [ana.get("/voices/export.csv") for _ in range(2)]

    refused = ana.post("/team/log/export/", {"form": "csv"})
    for response in open_ones:
        response.close()

    assert refused.status_code == 503
    assert not AuditEntry.objects.filter(action="audit log exported").exists()


def test_an_export_is_logged_with_its_filter(ana):
    ana.post("/team/log/export/", {"form": "csv", "action": "voice renamed"})

    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.who) == ("audit log exported", "Ana")
    assert entry.facts == {"form": "csv", "filter": "action=voice+renamed"}


def test_every_response_has_a_request_number_that_the_log_records(ana, cast):
    response = ana.post(f"/accounts/{cast.account.pk}/sync/", REMOTE_ADDR="198.51.100.4")

    entry = AuditEntry.objects.latest("number")
    assert entry.action == "sync requested"
    assert (entry.request_number, entry.address) == (response["X-Request-Id"], "198.51.100.4")
    assert ana.get("/voices/")["X-Request-Id"] != response["X-Request-Id"]


def test_a_forwarded_for_header_from_a_client_is_ignored(ana, cast):
    ana.post(f"/accounts/{cast.account.pk}/sync/", headers={"X-Forwarded-For": "203.0.113.9"})

    assert AuditEntry.objects.latest("number").address == "127.0.0.1"


def test_facts_are_shown_with_units_and_names_and_without_ids():
    facts = {"bytes": 96362, "provider": "stepfun", "voices": 1200, "note": 7, "cached": False}

    assert shown_facts(facts) == [
        ("Size", "94.1\xa0KB"),
        ("Provider", "StepFun"),
        ("Voices", "1,200"),
        ("Cached", "No"),
    ]
