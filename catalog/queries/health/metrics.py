"""Figures for a monitoring system, read from the database, so every host gives the same answer.

Labels take their values from closed lists: none names a team, a person, a key, or a voice.
"""

import math
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from celery import current_app
from django.conf import settings
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Coalesce

from catalog.core.broker import look_at_broker
from catalog.models import (
    AuditHead,
    CloneJob,
    Credential,
    Heartbeat,
    Installation,
    PlannedDeletion,
    ProviderAccount,
    ProviderCall,
    Synthesis,
    Tick,
    VoiceChange,
    VoiceSettings,
)
from catalog.models.base.leases import due_work
from catalog.queries.health.background import SCHEDULE, WEB, list_needed_queues
from catalog.queries.mail import count_mail, find_oldest_mail

Sample = tuple[tuple[str, ...], float]


class Metric(NamedTuple):
    """A figure: its name without the prefix, what it means, its labels, and its values."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    samples: list[Sample]


_LEASED: tuple[tuple[str, Any], ...] = (
    ("clone", CloneJob),
    ("deletion", PlannedDeletion),
    ("synthesis", Synthesis),
)


def measure_work(now: datetime) -> Iterator[Metric]:
    """Return what the database knows; raises DatabaseError."""
    yield Metric("jobs", "Jobs by kind and state.", ("kind", "state"), _count_jobs())
    waits = _measure_waits(now)
    yield Metric("oldest_due_seconds", "How long the oldest due job waits.", ("kind",), waits)
    mail: list[Sample] = [((state,), number) for state, number in count_mail(now).items()]
    yield Metric("mail", "Emails by state; finished ones of the last day.", ("state",), mail)
    age = _seconds_since(find_oldest_mail(), now)
    yield Metric("mail_wait_seconds", "Age of the oldest unsent email.", (), [((), age)])
    keys = _count_states(Credential, "health", Credential.Health.values)
    yield Metric("keys", "Provider keys by the result of the last check.", ("state",), keys)
    ages = _measure_syncs(now)
    yield Metric("sync_age_seconds", "Age of the oldest sync of an account.", ("provider",), ages)
    beats = _measure_beats(now)
    yield Metric(
        "last_beat_seconds",
        "Time since a process of this queue last reported; +Inf if there is none.",
        ("queue",),
        beats,
    )
    # A row of a task that is no longer scheduled stays.
    names = list(current_app.conf.beat_schedule)
    rows = Tick.objects.filter(name__in=names).order_by("name").values_list("name", "next_at")
    ticks: list[Sample] = [((name,), _seconds_since(next_at, now)) for name, next_at in rows]
    yield Metric("tick_late_seconds", "How late a periodic task is.", ("name",), ticks)
    yield from _count_calls()
    length = AuditHead.objects.values_list("number", flat=True).first() or 0
    yield Metric("audit_entries_total", "Entries of the audit log.", (), [((), length)])
    yield from _measure_precautions(now)


def measure_host() -> Iterator[Metric]:
    """Return what is known without the database."""
    yield Metric("info", "The version that runs.", ("version",), [((settings.VERSION,), 1)])
    period = settings.SYNC_EVERY_MINUTES * 60
    yield Metric("sync_period_seconds", "Time between two syncs.", (), [((), period)])
    places = {"data": settings.DATA_DIR}
    if not settings.MEDIA_STORE_URL:
        places["media"] = settings.MEDIA_ROOT
    disks = {(n,): shutil.disk_usage(p) for n, p in places.items() if Path(p).is_dir()}
    free: list[Sample] = [(label, disk.free) for label, disk in disks.items()]
    size: list[Sample] = [(label, disk.total) for label, disk in disks.items()]
    yield Metric("disk_free_bytes", "Free space on this host's disks.", ("place",), free)
    yield Metric("disk_size_bytes", "Size of this host's disks.", ("place",), size)
    broker = look_at_broker()
    yield Metric("broker_up", "Whether the broker answers.", (), [((), broker.answers)])
    lengths: list[Sample] = [((queue,), length) for queue, length in broker.lengths]
    yield Metric("queue_messages", "Messages that no worker took yet.", ("queue",), lengths)


def _count_states(model: Any, field: str, states: list[str]) -> list[Sample]:
    found = dict(model.objects.order_by().values_list(field).annotate(number=Count("pk")))
    return [((state,), found.get(state, 0)) for state in states]


def _count_jobs() -> list[Sample]:
    models = (*_LEASED, ("voice_settings", VoiceSettings))
    counts: list[Sample] = [
        ((kind, *label), number)
        for kind, model in models
        for label, number in _count_states(model, "state", model.State.values)
    ]
    return [*counts, (("voice_change", "waiting"), VoiceChange.objects.count())]


def _measure_waits(now: datetime) -> list[Sample]:
    oldest = {
        kind: model.objects.filter(due_work(now), state__in=model.ACTIVE_STATES).aggregate(
            at=Min(Coalesce("not_before", "created_at"))
        )
        for kind, model in _LEASED
    }
    # Their due times are postponed with each message; what no worker tried yet is what waits.
    untried = Q(attempt_count=0)
    unread = VoiceSettings.objects.filter(untried, state__in=VoiceSettings.WAITING_STATES)
    oldest["voice_settings"] = unread.aggregate(at=Min("asked_at"))
    oldest["voice_change"] = VoiceChange.objects.filter(untried).aggregate(at=Min("asked_at"))
    return [((kind,), _seconds_since(found["at"], now)) for kind, found in oldest.items()]


def _measure_syncs(now: datetime) -> list[Sample]:
    rows = ProviderAccount.objects.filter(credentials__in=Credential.objects.working())
    ages: dict[str, float] = {}
    # An account that was never synced is as old as its first key.
    known = rows.values_list("provider").annotate(first=Min("credentials__created_at"))
    for provider, first, synced_at in known.values_list("provider", "first", F("synced_at")):
        age = _seconds_since(synced_at or first, now)
        ages[provider] = max(age, ages.get(provider, 0.0))
    return [((provider,), age) for provider, age in sorted(ages.items())]


def _measure_beats(now: datetime) -> list[Sample]:
    ages = dict.fromkeys([*list_needed_queues(), SCHEDULE, WEB], math.inf)
    for name, queues, seen_at in Heartbeat.objects.values_list("name", "queues", "seen_at"):
        for queue in queues.split(",") if queues else [name.partition("@")[0]]:
            if queue in ages:
                ages[queue] = min(ages[queue], _seconds_since(seen_at, now))
    return [((queue,), age) for queue, age in sorted(ages.items())]


def _measure_precautions(now: datetime) -> Iterator[Metric]:
    installation = Installation.objects.first()
    backed_up_at = installation and installation.backed_up_at
    verified_at = installation and installation.audit_verified_at
    for name, meaning, at in (
        ("backup_age_seconds", "Age of the last backup; +Inf without one.", backed_up_at),
        ("audit_verified_age_seconds", "Since the last verification; +Inf if none.", verified_at),
    ):
        yield Metric(name, meaning, (), [((), _seconds_since(at, now) if at else math.inf)])


def _count_calls() -> Iterator[Metric]:
    labels = ("provider", "operation", "outcome")
    rows = list(ProviderCall.objects.order_by(*labels))
    keys = [(row.provider, row.operation, row.outcome) for row in rows]
    numbers: list[Sample] = [(key, row.number) for key, row in zip(keys, rows, strict=True)]
    yield Metric("provider_calls_total", "Calls to providers.", labels, numbers)
    seconds: list[Sample] = [(key, row.seconds) for key, row in zip(keys, rows, strict=True)]
    yield Metric("provider_call_seconds_total", "Time that these calls took.", labels, seconds)


def _seconds_since(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
