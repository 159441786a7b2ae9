"""Hosts of one installation share their ticks, and refuse to run with different settings."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from celery.schedules import schedule

from catalog.jobs.health import hosts
from catalog.jobs.health.hosts import HostsDiffer, join_hosts, note_host
from catalog.jobs.health.ticks import claim_tick
from catalog.models import Host, Tick
from tests import factories
from voiceboard import beat_scheduler
from voiceboard.beat_scheduler import BeatScheduler
from voiceboard.celery import app

NOW = factories.NOW
EVERY = timedelta(seconds=5)


@pytest.fixture
def servers(cast, settings, monkeypatch):
    """The settings of a host that shares a database, a broker, and a bucket with others."""
    monkeypatch.setattr(hosts, "connection", SimpleNamespace(vendor="postgresql"))
    settings.MEDIA_STORE_URL = "s3://bucket"
    settings.CELERY_BROKER_URL = "redis://:secret@broker:6379/0"
    settings.BROKER_IS_EMBEDDED = False
    settings.HOST_NAME = "one"
    return settings


def test_hosts_with_the_same_settings_join(servers):
    join_hosts(NOW)
    servers.HOST_NAME = "two"
    servers.CELERY_BROKER_URL = "redis://other-user:other@broker:6379/0"

    join_hosts(NOW)

    assert set(Host.objects.values_list("name", flat=True)) == {"one", "two"}


@pytest.mark.parametrize(
    ("name", "value", "variable"),
    [
        ("SECRET_KEY", "another", "VOICEBOARD_SECRET_KEY"),
        ("CELERY_BROKER_URL", "redis://broker:6379/1", "CELERY_BROKER_URL"),
        ("MEDIA_STORE_URL", "s3://other", "VOICEBOARD_FILES"),
        ("DEMO", True, "VOICEBOARD_DEMO"),
        ("PROVIDER_BASE_URLS", {"noiz": "https://x"}, "VOICEBOARD_NOIZ_BASE_URL"),
        ("PROVIDER_BASE_URLS", {}, "VOICEBOARD_NOIZ_BASE_URL"),
        ("OIDC_ISSUER", "", "VOICEBOARD_OIDC_ISSUER"),
        ("OIDC_ONLY", False, "VOICEBOARD_OIDC_ONLY"),
        ("OIDC_TRUSTS_MFA", True, "VOICEBOARD_OIDC_TRUSTS_MFA"),
        ("OIDC_GROUPS_CLAIM", "roles", "VOICEBOARD_OIDC_GROUPS_CLAIM"),
        ("OIDC_SCOPES", ["groups"], "VOICEBOARD_OIDC_SCOPES"),
        ("SECOND_FACTOR_REQUIRED", True, "VOICEBOARD_SECOND_FACTOR"),
    ],
)
def test_host_with_another_setting_is_refused_by_its_name(servers, name, value, variable):
    servers.PROVIDER_BASE_URLS = {"noiz": "https://noiz.example"}
    servers.OIDC_ISSUER, servers.OIDC_ONLY = "https://login.example.com", True
    join_hosts(NOW)
    servers.HOST_NAME = "two"
    setattr(servers, name, value)

    with pytest.raises(HostsDiffer) as refused:
        join_hosts(NOW + timedelta(seconds=59))

    assert variable in str(refused.value)
    assert "host one" in str(refused.value)
    assert not value or str(value) not in str(refused.value).replace("one", "")
    assert not Host.objects.filter(name="two").exists()


def test_host_that_was_not_seen_for_a_minute_no_longer_counts(servers):
    join_hosts(NOW)
    servers.HOST_NAME, servers.SECRET_KEY = "two", "another"

    join_hosts(NOW + timedelta(seconds=61))

    assert Host.objects.filter(name="two").exists()


def test_host_that_is_seen_goes_on_counting(servers):
    join_hosts(NOW)
    note_host(NOW + timedelta(seconds=50))
    servers.HOST_NAME, servers.SECRET_KEY = "two", "another"

    with pytest.raises(HostsDiffer):
        join_hosts(NOW + timedelta(seconds=70))


def test_restarted_host_may_have_new_settings(servers):
    join_hosts(NOW)
    before = Host.objects.get().settings
    servers.SECRET_KEY = "another"

    join_hosts(NOW + timedelta(seconds=1))

    assert Host.objects.get().settings != before


@pytest.mark.parametrize(
    ("name", "value", "needed"),
    [
        ("vendor", "sqlite", "DATABASE_URL"),
        ("MEDIA_STORE_URL", "", "VOICEBOARD_FILES"),
        ("BROKER_IS_EMBEDDED", True, "CELERY_BROKER_URL"),
    ],
)
def test_several_hosts_need_servers_that_they_share(servers, monkeypatch, name, value, needed):
    if name == "vendor":
        monkeypatch.setattr(hosts, "connection", SimpleNamespace(vendor=value))
    else:
        setattr(servers, name, value)
    join_hosts(NOW)
    servers.HOST_NAME = "two"

    with pytest.raises(HostsDiffer, match=needed):
        join_hosts(NOW)


def test_shared_folder_is_accepted_if_it_is_declared(servers):
    servers.MEDIA_STORE_URL, servers.MEDIA_IS_SHARED = "", True
    join_hosts(NOW)
    servers.HOST_NAME = "two"

    join_hosts(NOW)

    assert Host.objects.count() == 2


def test_tick_is_claimed_once_in_each_period(db):
    assert claim_tick("sweep", EVERY, NOW)
    assert not claim_tick("sweep", EVERY, NOW + timedelta(seconds=4))
    assert claim_tick("sweep", EVERY, NOW + timedelta(seconds=4.6))
    assert not claim_tick("sweep", EVERY, NOW + timedelta(seconds=5))
    assert claim_tick("other", EVERY, NOW)


def test_tick_of_a_wrong_clock_is_claimed(db):
    claim_tick("sweep", EVERY, NOW + timedelta(days=3))

    assert claim_tick("sweep", EVERY, NOW)


def test_two_schedules_run_a_sweep_once(db, monkeypatch):
    runs: list[str] = []
    monkeypatch.setattr(beat_scheduler, "RUN_HERE", frozenset({"catalog.sweep"}))
    monkeypatch.setitem(app.tasks, "catalog.sweep", lambda: runs.append("sweep"))
    monkeypatch.setattr(beat_scheduler, "close_old_connections", lambda: None)
    entry = SimpleNamespace(name="sweep", task="catalog.sweep", schedule=schedule(EVERY))
    for _ in range(2):
        BeatScheduler.apply_async(SimpleNamespace(app=app), entry)

    assert runs == ["sweep"]
    assert Tick.objects.count() == 1


def test_schedule_goes_on_where_the_last_one_ended(db):
    claim_tick("tidy", timedelta(hours=1), NOW)

    scheduler = BeatScheduler(app)

    assert scheduler.schedule["tidy"].last_run_at == NOW
    assert set(scheduler.schedule) == set(app.conf.beat_schedule)
