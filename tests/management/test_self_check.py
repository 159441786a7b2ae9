"""The self-check names what is wrong with a set-up, and never prints a secret."""

import socket
import threading
from datetime import timedelta
from io import StringIO
from pathlib import Path
from types import SimpleNamespace

import pytest
from celery import current_app
from django.core.management import call_command
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone
from kombu import Connection

from catalog.audit import record
from catalog.core import broker
from catalog.core.crypto import KeyRing
from catalog.core.media_store import MediaUnavailable
from catalog.jobs.health.heartbeats import note_beat
from catalog.management import service_checks, setup_checks
from catalog.management.check_results import run_check
from catalog.management.commands import self_check
from catalog.models import Installation, User
from catalog.queries.health import readiness
from catalog.queries.health.background import list_needed_queues
from catalog.queries.health.readiness import TimedCheck

SECRET = "hunter2-of-the-operator"


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Discard the check results that other tests left."""
    for name in ("_FILES", "_BROKER"):
        old = getattr(readiness, name)
        monkeypatch.setattr(readiness, name, TimedCheck(old._check, old._silence))


@pytest.fixture
def good(installation, cast, settings, tmp_path):
    """A set-up behind TLS without a problem or a warning."""
    settings.IS_BEHIND_TLS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31536000, True
    settings.ALLOWED_HOSTS = ["voices.acme.test", "localhost"]
    for folder in ("data", "data/secrets", "static", "index"):
        (tmp_path / folder).mkdir(mode=0o700)
    settings.DATA_DIR, settings.SECRETS_DIR = tmp_path / "data", tmp_path / "data" / "secrets"
    settings.INDEX_DIR, settings.STATIC_ROOT = tmp_path / "index", tmp_path / "static"
    (tmp_path / "static" / "staticfiles.json").write_text("{}")
    settings.SENDS_MAIL, settings.EMAIL_USE_TLS = False, True
    for user in User.objects.all():
        user.email = user.email.replace("example.com", "acme.test")
        user.save()
    now = timezone.now()
    note_beat("jobs@one", ",".join(list_needed_queues()), now)
    note_beat("schedule", "", now)
    Installation.objects.update(backed_up_at=now, audit_verified_at=now)
    return settings


def check() -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """Return the exit code, and what is said of each subject as pairs of level and words."""
    out, code = StringIO(), 0
    try:
        call_command("self_check", stdout=out)
    except SystemExit as exc:
        code = int(exc.code)
    found: dict[str, list[tuple[str, str]]] = {}
    for line in out.getvalue().splitlines()[:-1]:
        level, rest = line.split(maxsplit=1)
        subject, words = rest.split(": ", 1)
        found.setdefault(subject, []).append((level, words))
    assert SECRET not in out.getvalue()
    return code, found


def test_a_good_set_up_passes(good, monkeypatch):
    monkeypatch.setattr("os.geteuid", lambda: 1000)

    code, found = check()

    worse = {subject for subject, said in found.items() for level, _ in said if level != "ok"}
    assert code == 0
    assert worse == {"email"}  # there is no mail server
    assert {"database", "master key", "queue", "files", "processes", "backup", "disk"} <= set(found)


def hold_it(settings, **values):
    for name, value in values.items():
        setattr(settings, name, value)


@pytest.mark.parametrize(
    ("values", "subject", "level", "words"),
    [
        ({"DEBUG": True}, "django", "problem", "DEBUG"),
        ({"SECRET_KEY": "too short"}, "django", "problem", "VOICEBOARD_SECRET_KEY"),
        ({"SECURE_HSTS_INCLUDE_SUBDOMAINS": False}, "django", "warning", "HSTS_SUBDOMAINS=1"),
        ({"SESSION_COOKIE_SECURE": False}, "django", "warning", "SESSION_COOKIE_SECURE"),
        ({"ALLOWED_HOSTS": ["*"]}, "hosts", "problem", "List the names"),
        ({"ALLOWED_HOSTS": ["localhost"]}, "hosts", "problem", "names only this machine"),
        ({"IS_BEHIND_TLS": False}, "https", "problem", "voices.acme.test aren't encrypted"),
        ({"DEMO": True}, "demo", "problem", "VOICEBOARD_DEMO=0"),
        (
            {"CELERY_BROKER_URL": "amqp://guest:guest@queue//"},
            "passwords", "problem", "CELERY_BROKER_URL",
        ),
        (
            {"CELERY_BROKER_URL": "redis://broker:6379/0"},
            "passwords", "warning", "has no password",
        ),
        (
            {"METRICS_BIND": ("10.0.0.5", 9100), "METRICS_TOKEN": ""},
            "metrics", "warning", "VOICEBOARD_METRICS_TOKEN",
        ),
        ({"OIDC_ONLY": True}, "company sign-in", "warning", "manage.py break_glass"),
        (
            {"OIDC_ROLES": [("leads", "Corona", "admin")]},
            "company sign-in", "problem", "names the team 'Corona'",
        ),
        ({"INDEX_DIR": Path("/proc/nowhere")}, "index", "problem", "can't be written"),
        ({"STATIC_ROOT": Path("/nowhere")}, "static files", "problem", "collectstatic"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(good, values, subject, level, words):
    hold_it(good, **values)

    code, found = check()

    assert code == (level == "problem")
    assert any(said[0] == level and words in said[1] for said in found[subject]), found[subject]


@pytest.mark.parametrize("password", ["", "postgres", "Voiceboard", "vb-user"])
def test_a_well_known_password_of_the_database_is_a_problem(good, password, monkeypatch):
    for name, value in {"HOST": "db", "USER": "vb-user", "PASSWORD": password}.items():
        monkeypatch.setitem(good.DATABASES["default"], name, value)

    found = run_check(setup_checks.check_passwords, timezone.now())

    assert [each.level for each in found] == ["problem"]
    assert "DATABASE_URL" in found[0].words


def test_a_random_password_of_the_database_is_fine(good, monkeypatch):
    for name, value in {"HOST": "db", "USER": "vb-user", "PASSWORD": SECRET}.items():
        monkeypatch.setitem(good.DATABASES["default"], name, value)

    assert [each.level for each in run_check(setup_checks.check_passwords, timezone.now())] == [
        "ok"
    ]


@pytest.mark.parametrize("name", ["secrets/secret-key", "secrets", "."])
def test_a_secret_that_others_can_read_is_a_problem_with_the_command(good, name):
    path = Path(good.DATA_DIR) / name
    if not path.exists():
        path.write_text(SECRET)
    path.chmod(0o755)

    code, found = check()

    assert code == 1
    assert any(
        f"chmod {'700' if path.is_dir() else '600'} {path}" in w for _, w in found["file modes"]
    )


def test_a_secret_file_of_a_variable_that_everyone_can_read_is_a_warning(
    good, tmp_path, monkeypatch
):
    place = tmp_path / "database-url"
    place.write_text(SECRET)
    place.chmod(0o644)
    monkeypatch.setenv("DATABASE_URL_FILE", str(place))

    code, found = check()

    assert code == 0
    assert found["file modes"][0][0] == "warning"


def test_a_database_that_is_not_migrated_is_the_only_thing_said_of_it(good):
    MigrationRecorder.Migration.objects.filter(app="catalog").order_by("-name")[0].delete()

    code, found = check()

    assert code == 1
    assert found["database"][0][1].endswith("Run: manage.py prepare")
    assert not {"master key", "people", "processes", "backup"} & set(found)


def test_another_master_key_is_a_problem(good, tmp_path):
    KeyRing.create(tmp_path / "other.json")
    good.MASTER_KEY_FILE = tmp_path / "other.json"

    code, found = check()

    assert code == 1
    assert "is not the master key of this database" in found["master key"][0][1]


def test_a_broker_that_is_away_is_a_problem(good, monkeypatch):
    good.CELERY_BROKER_URL = f"redis://:{SECRET}@127.0.0.1:1/0"
    away = SimpleNamespace(
        conf=current_app.conf,
        connection_for_read=lambda **_: Connection(good.CELERY_BROKER_URL),
    )
    monkeypatch.setattr(broker, "current_app", away)

    code, found = check()

    assert code == 1
    assert "isn't responding" in found["queue"][0][1]


def test_files_that_can_not_be_stored_are_a_problem(good, monkeypatch):
    def refuse() -> None:
        raise MediaUnavailable

    monkeypatch.setattr(readiness, "try_media", refuse)

    code, found = check()

    assert code == 1
    assert "the file store isn't responding" in found["files"][0][1]


def test_missing_workers_are_named_and_so_is_that_nothing_runs(good):
    late = timezone.now() - timedelta(minutes=2)
    note_beat("schedule", "", late)
    assert any("No schedule" in words for _, words in check()[1]["processes"])

    note_beat("jobs@one", "", late)
    code, found = check()

    assert code == 1
    assert found["processes"] == [
        ("problem", "No process of Voiceboard is running. Start it, then run this command again.")
    ]


@pytest.mark.parametrize(
    ("age", "level", "words"),
    [(None, "warning", "No backup"), (timedelta(days=3), "warning", "3 days"),
     (timedelta(hours=1), "ok", "1 hour old")],
)  # fmt: skip
def test_an_old_backup_is_a_warning(good, age, level, words):
    Installation.objects.update(backed_up_at=age and timezone.now() - age)

    assert check()[1]["backup"][0][0] == level
    assert words in check()[1]["backup"][0][1]


def test_an_audit_log_that_nobody_verified_is_a_warning(good, cast):
    Installation.objects.update(audit_verified_at=None)
    assert "audit log" not in check()[1]  # the log is empty

    record(cast.ana, "act", "Voice 1", team=cast.aurora, now=timezone.now())
    assert check()[1]["audit log"][0][0] == "warning"

    call_command("verify_audit", stdout=StringIO())
    assert check()[1]["audit log"][0][0] == "ok"


def test_people_of_the_demo_in_a_real_set_up_are_a_problem(good, cast):
    cast.mia.email = "mia@example.com"
    cast.mia.save()

    code, found = check()

    assert code == 1
    assert "mia@example.com" in found["people"][0][1]


def test_a_mail_server_that_is_away_is_a_problem(good):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    hold_it(good, SENDS_MAIL=True, EMAIL_HOST="127.0.0.1", EMAIL_PORT=port, EMAIL_USE_SSL=False)
    good.EMAIL_HOST_PASSWORD = SECRET

    code, found = check()

    assert code == 1
    assert "ConnectionRefusedError" in found["email"][0][1]


def test_a_mail_server_that_answers_is_fine_and_plain_mail_a_warning(good):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail\r\n")
                while line := connection.recv(1000):
                    connection.sendall(b"221 bye\r\n" if line[:4] == b"QUIT" else b"250 ok\r\n")

        thread = threading.Thread(target=serve)
        thread.start()
        hold_it(good, SENDS_MAIL=True, EMAIL_HOST="127.0.0.1", EMAIL_USE_SSL=False)
        good.EMAIL_PORT, good.EMAIL_USE_TLS = server.getsockname()[1], False
        _, found = check()
        thread.join()

    assert [level for level, _ in found["email"]] == ["ok", "warning"]


def test_a_full_disk_is_a_problem(good, monkeypatch):
    monkeypatch.setattr("catalog.management.setup_checks.find_free_bytes", lambda: 1024)

    assert check()[1]["disk"] == [("problem", "0 MB are free. Uploads are refused. Free up space.")]


def test_a_check_that_fails_is_a_problem_without_its_message():
    def check_things(now):
        raise OSError(SECRET)

    (found,) = run_check(check_things, timezone.now())

    assert (found.level, found.subject) == ("problem", "things")
    assert found.words == "This check failed with OSError."


def test_every_check_is_run():
    run = {*self_check._SETUP, *self_check._SERVICES, *self_check._WITH_DATABASE}
    written = {
        value
        for module in (service_checks, setup_checks)
        for name, value in vars(module).items()
        if name.startswith("check_")
    }

    assert written == run
