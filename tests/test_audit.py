"""The audit log: a chain of signed entries that detects every change."""

from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from catalog.audit import SIGNED, Origin, acting_from, record
from catalog.models import AuditEntry, AuditHead, Team, User
from catalog.models.audit import AppendOnly
from catalog.queries.audit import find_breaks
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
TABLE = AuditEntry._meta.db_table


@pytest.fixture
def log(cast):
    """Write and return five entries."""
    return [
        record(cast.ana, f"act {at}", cast.aurora, team=cast.aurora, now=NOW, after={"at": at})
        for at in range(1, 6)
    ]


def change_by_force(statement, *values, column=""):
    """Change the table like someone with full access to the database: without triggers."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute(f"ALTER TABLE {TABLE} DISABLE TRIGGER USER")
        cursor.execute(statement.format(table=TABLE, column=column), values)


def test_an_entry_records_who_did_what_when_why_and_from_where(cast):
    with acting_from(Origin("a1b2c3", "192.0.2.7")):
        record(
            cast.ana,
            "voice renamed",
            cast.account,
            team=cast.aurora,
            now=NOW,
            reason="Two of one name.",
            before={"name": "Ada"},
            after={"name": "Our Ada"},
            voices=3,
        )

    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.at, entry.team) == (
        "Ana", "voice renamed", NOW, cast.aurora
    )  # fmt: skip
    assert entry.target == f"ProviderAccount {cast.account.pk}"
    assert entry.target_name == str(cast.account)
    assert entry.changes == [("name", "Ada", "Our Ada")]
    assert (entry.reason, entry.facts) == ("Two of one name.", {"voices": 3})
    assert (entry.request_number, entry.address) == ("a1b2c3", "192.0.2.7")


def test_targets_are_named_as_people_know_them(cast):
    voice = factories.make_voice(cast.account, "Rachel")
    job = factories.make_job(cast.ana, cast.credential, name="Our Ada")
    targets = {
        "Rachel": voice,
        "Our Ada at ElevenLabs": job,
        "Consent of Ada": job.batch.consent,
        "ada.wav": factories.sample_of(job),
        "Speech by Rachel": factories.make_speech(cast.mia, voice),
        "Comparison by Mia": factories.make_comparison(cast.mia, [voice], "Hello there."),
        "ElevenLabs account Studio": factories.make_account(cast.aurora, label="Studio"),
        "Mia": cast.mia,
        "Narrators": factories.make_collection(cast.ana, cast.aurora, name="Narrators"),
    }
    for target in targets.values():
        record(cast.ana, "seen", target, team=cast.aurora, now=NOW)

    names = AuditEntry.objects.order_by("number").values_list("target_name", flat=True)
    assert list(names) == list(targets)


def test_a_worker_s_entries_have_the_number_of_the_request_that_caused_them(cast):
    with acting_from(Origin("a1b2c3", "192.0.2.7")):
        record(cast.ana, "plan approved", "Plan 7", team=cast.aurora, now=NOW)

    record(None, "voice deleted", "Voice 1", team=cast.aurora, now=NOW, follows="Plan 7")
    record(None, "plan done", "Plan 7", team=cast.aurora, now=NOW)
    record(None, "voice found", "Voice 2", team=cast.aurora, now=NOW)

    rows = AuditEntry.objects.order_by("number").values_list("request_number", "address")
    assert list(rows)[1:] == [("a1b2c3", ""), ("a1b2c3", ""), ("", "")]


def test_an_entry_outlives_the_person_and_the_team(cast):
    record(cast.sam, "went", cast.borealis, team=cast.borealis, now=NOW)
    User.objects.filter(pk=cast.sam.pk).update(first_name="Renamed")
    Team.objects.filter(pk=cast.borealis.pk).delete()

    entry = AuditEntry.objects.get()
    assert (entry.who, entry.team_id) == ("Sam", cast.borealis.pk)
    assert find_breaks() == []


def test_an_action_that_is_rolled_back_leaves_no_entry_and_no_gap(cast):
    record(cast.ana, "first", cast.aurora, team=cast.aurora, now=NOW)
    with transaction.atomic():
        record(cast.ana, "taken back", cast.aurora, team=cast.aurora, now=NOW)
        transaction.set_rollback(True)
    record(cast.ana, "second", cast.aurora, team=cast.aurora, now=NOW)

    rows = AuditEntry.objects.order_by("number").values_list("number", "action")
    assert list(rows) == [(1, "first"), (2, "second")]
    assert find_breaks() == []


# Entries can't be changed


@pytest.mark.parametrize(
    "attempt",
    [
        lambda entry: AuditEntry.objects.update(action="nothing"),
        lambda entry: AuditEntry.objects.all().delete(),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk)._raw_delete("default"),
        lambda entry: entry.delete(),
        lambda entry: entry.save(),
        lambda entry: AuditEntry.objects.bulk_update([entry], ["action"]),
        lambda entry: AuditEntry._base_manager.filter(pk=entry.pk).update(action="nothing"),
    ],
)
def test_the_app_cannot_change_or_remove_an_entry(log, attempt):
    before = list(AuditEntry.objects.values_list())
    log[2].action = "nothing"

    with pytest.raises(AppendOnly), transaction.atomic():
        attempt(log[2])

    assert list(AuditEntry.objects.values_list()) == before


@pytest.mark.parametrize(
    "statement", ["UPDATE {table} SET action = 'nothing'", "DELETE FROM {table}"]
)
def test_the_database_also_refuses_changes(log, statement):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(statement.format(table=TABLE))

    assert AuditEntry.objects.count() == 5


# Forced changes are found and named


def test_an_intact_log_has_no_breaks(log):
    assert find_breaks() == []


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("action", "nothing"),
        ("actor_id", None),
        ("actor_name", "Somebody else"),
        ("reason", "Because."),
        ("after", '{"at": 33}'),
        ("before", '{"at": 3}'),
        ("facts", '{"more": 1}'),
        ("address", "198.51.100.1"),
        ("request_number", "f00"),
        ("target", "Team 99"),
        ("target_name", "Another"),
        ("team_id", None),
        ("at", NOW + timedelta(seconds=1)),
        ("previous", "0" * 64),
        ("digest", "0" * 64),
    ],
)
def test_a_changed_entry_is_reported(log, column, value):
    change_by_force("UPDATE {table} SET {column} = %s WHERE number = 3", value, column=column)

    assert any("Entry 3 was changed" in words for words in find_breaks())


def test_every_column_is_signed():
    columns = {field.attname for field in AuditEntry._meta.concrete_fields}

    assert columns - set(SIGNED) == {"id", "digest"}


def test_only_removed_entries_are_reported_as_missing(log):
    change_by_force("DELETE FROM {table} WHERE number IN (2, 3)")

    assert find_breaks() == ["Entries 2 to 3 are missing."]


def test_swapped_entries_are_reported(log):
    change_by_force("UPDATE {table} SET number = 99 WHERE number = 2")
    change_by_force("UPDATE {table} SET number = 2 WHERE number = 3")
    change_by_force("UPDATE {table} SET number = 3 WHERE number = 99")

    words = " ".join(find_breaks())
    assert "Entry 2 was changed or moved" in words
    assert "Entry 3 was changed or moved" in words
    assert "Entry 1 " not in words
    assert "Entry 4 " not in words


def test_removing_the_last_entries_is_detected(log):
    change_by_force("DELETE FROM {table} WHERE number > 3")

    assert find_breaks() == ["Entries 4 to 5 are missing."]


def test_removing_the_last_entries_and_updating_the_head_is_detected(log):
    AuditHead.objects.update(number=3, digest=log[2].digest)
    change_by_force("DELETE FROM {table} WHERE number > 3")

    assert find_breaks() == ["The stored end of the log was changed."]


def test_restoring_an_old_log_is_detected_by_an_external_anchor(log, cast):
    head = AuditHead.objects.get()
    record(cast.ana, "act 6", cast.aurora, team=cast.aurora, now=NOW)
    anchor = AuditHead.objects.get()
    change_by_force("DELETE FROM {table} WHERE number > 5")
    head.save()

    assert find_breaks() == []
    assert find_breaks(anchor=(anchor.number, anchor.digest)) == [
        "Entry 6 is not the one that the anchor names."
    ]


def test_entries_without_a_digest_count_as_breaks_after_the_chain_started(log):
    change_by_force("UPDATE {table} SET digest = '', previous = '' WHERE number <= 5")

    assert find_breaks() != []


def test_concurrent_writers_make_one_chain(file_database, cast):
    def write(number):
        return lambda: [
            record(None, f"act {number}", "Team 1", team=None, now=NOW) for _ in range(5)
        ]

    answers = call_at_once(*(write(number) for number in range(6)))

    assert all(isinstance(answer, list) for answer in answers)
    assert AuditEntry.objects.count() == 30
    assert find_breaks() == []
