"""Celery tasks by name, what each runs, and the functions that enqueue them.

A message only wakes a worker: it may be lost, late, or duplicated, because the row is the job.
"""

import logging
from collections.abc import Mapping
from typing import Any

from celery import Task, shared_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

from catalog.audit import current_request_number
from catalog.core.clock import database_now
from catalog.jobs.accounts.slots import read_slots
from catalog.jobs.base.leases import RowId
from catalog.jobs.cleanups.run import run_deletion
from catalog.jobs.clones.duplicates import audit_clone
from catalog.jobs.clones.run import run_clone
from catalog.jobs.credentials.check import check_credential
from catalog.jobs.evacuations.run import run_evacuation
from catalog.jobs.mail import send_mail
from catalog.jobs.previews import fetch_clip, measure_clip, speak_preview, warm_previews
from catalog.jobs.samples.prepare import run_measurement
from catalog.jobs.similarity.analysis_queue import find_left_by, listen_to
from catalog.jobs.similarity.embeddings import embed_previews
from catalog.jobs.syncs.run import bring_forward, is_awaited, sync_account
from catalog.jobs.syntheses import run_speech
from catalog.jobs.usage import note_export, read_uses
from catalog.jobs.voices.badges import refresh_badges
from catalog.jobs.voices.push_changes import push_labels, push_name
from catalog.jobs.voices.settings import tune_voice
from catalog.jobs.voices.twins import refresh_twins
from catalog.jobs.withdrawals.run import run_erasure
from catalog.models import (
    CloneJob,
    Credential,
    PlannedDeletion,
    ProviderAccount,
    Synthesis,
    Voice,
)

logger = logging.getLogger(__name__)

# The queue for everything that a person waits for, except clones.
REQUESTS_QUEUE = "requests"
_WAKE_UP_LIVES = 60
_REMIND_AGAIN_AFTER = 15
_SLOTS_AGAIN_AFTER = 5


@shared_task(name="catalog.run_clone")
def run_clone_task(*, job_id: str) -> None:
    """Never retried by Celery: a repeated clone costs money. See ``jobs.clones``."""
    voice_id = run_clone(job_id, database_now)
    if voice_id is not None:
        account_id = Voice.objects.values_list("account_id", flat=True).get(pk=voice_id)
        bring_forward(account_id, database_now())
        enqueue_sync(account_id)


@shared_task(name="catalog.run_evacuation")
def run_evacuation_task(*, evacuation_id: str) -> None:
    """Request the clones of a replacement plan, and wake workers for them."""
    for job_id in run_evacuation(evacuation_id, database_now):
        enqueue_clone(job_id)


@shared_task(name="catalog.audit_clone")
def audit_clone_task(*, job_id: str) -> None:
    """Remove a voice that a provider made long after its clone job ended."""
    audit_clone(job_id, database_now)


@shared_task(name="catalog.run_speech")
def run_speech_task(*, speech_id: str) -> None:
    """Never retried by Celery: a repeated call costs credit. See ``jobs.syntheses``."""
    run_speech(speech_id, database_now)
    for work_id in find_left_by(speech_id):
        enqueue_analysis(work_id)


@shared_task(name="catalog.run_local_speech")
def run_local_speech_task(*, speech_id: str) -> None:
    """Do the same on a worker that runs the engine: it is slow, so it has its own queue."""
    run_speech_task(speech_id=speech_id)


@shared_task(name="catalog.run_built_in_clone")
def run_built_in_clone_task(*, job_id: str) -> None:
    """Do the same on the worker that runs the engine, for voices made on this machine."""
    run_clone_task(job_id=job_id)


@shared_task(name="catalog.run_deletion")
def run_deletion_task(*, line_id: str) -> None:
    """Delete one voice of an approved plan; after an account's last one, sync the account."""
    account_id = run_deletion(line_id, database_now)
    if account_id is not None:
        bring_forward(account_id, database_now())
        left = PlannedDeletion.objects.filter(
            account=account_id, state__in=PlannedDeletion.ACTIVE_STATES
        )
        if not left.exists():
            enqueue_sync(account_id)


@shared_task(name="catalog.run_erasure")
def run_erasure_task(*, erasure_id: str) -> None:
    """Erase one copy of a withdrawal, and sync the account that its voice was in."""
    account_id = run_erasure(erasure_id, database_now)
    if account_id is not None:
        bring_forward(account_id, database_now())
        enqueue_sync(account_id)


@shared_task(name="catalog.check_credential")
def check_credential_task(*, credential_id: str) -> None:
    """Check a key, then sync its account."""
    account_id = check_credential(credential_id, database_now)
    if account_id is not None:
        enqueue_sync(account_id)
    for opened in Credential.objects.filter(pk=credential_id, account__isnull=False):
        _wake(refresh_badges_task, account_id=opened.account_id)


@shared_task(name="catalog.sync_account")
def sync_account_task(*, account_id: int) -> None:
    """Sync the account's voices, then fetch missing previews."""
    if sync_account(account_id, database_now) is not None:
        refresh_badges(database_now(), account_id)
        refresh_twins(account_id)
        enqueue_preview_warming(account_id)


@shared_task(name="catalog.read_slots")
def read_slots_task(*, account_id: int) -> None:
    """Read how many slots an account uses, for someone who is about to clone into it."""
    read_slots(account_id, database_now)


@shared_task(name="catalog.push_name")
def push_name_task(*, voice_id: int) -> None:
    """Send a voice's new name to its provider."""
    push_name(voice_id, database_now)


@shared_task(name="catalog.push_labels")
def push_labels_task(*, voice_id: int, account_id: int) -> None:
    """Send a voice's new labels to its provider, then sync what the provider made of them."""
    push_labels(voice_id, database_now)
    enqueue_sync(account_id)


@shared_task(name="catalog.tune_voice")
def tune_voice_task(*, voice_id: int) -> None:
    """Read a voice's settings at its provider, after changing them if requested."""
    tune_voice(voice_id, database_now)


@shared_task(name="catalog.refresh_badges")
def refresh_badges_task(*, account_id: int) -> None:
    """Update what depends on the account's keys and on the date."""
    refresh_badges(database_now(), account_id)
    refresh_twins(account_id)


@shared_task(name="catalog.warm_previews")
def warm_previews_task(*, account_id: int) -> None:
    """Fetch and analyze a batch of missing previews, and enqueue the next batch."""
    if warm_previews(account_id, database_now):
        enqueue_preview_warming(account_id)
    # In turns with the fetching, because with many accounts it would fall behind.
    embed_previews(database_now)


@shared_task(name="catalog.warm_built_in")
def warm_built_in_task(*, account_id: int) -> None:
    """Synthesize missing previews on the worker that runs the engine."""
    if warm_previews(account_id, database_now):
        enqueue_preview_warming(account_id)


@shared_task(name="catalog.speak_preview")
def speak_preview_task(*, voice_id: int) -> None:
    """Synthesize the preview of a built-in voice that someone wants to play, then analyze it."""
    clip_id = speak_preview(voice_id, database_now)
    if clip_id is not None:
        enqueue_analysis(f"clip:{clip_id}")


@shared_task(name="catalog.fetch_preview")
def fetch_preview_task(*, voice_id: int, credential_id: str) -> None:
    """Fetch a slow preview that someone is waiting for."""
    clip_id = fetch_clip(voice_id, credential_id, database_now)
    if clip_id is not None:
        enqueue_analysis(f"clip:{clip_id}")


@shared_task(name="catalog.measure_clip")
def measure_clip_task(*, clip_id: int) -> None:
    """Measure a clip's length and waveform."""
    measure_clip(clip_id)


@shared_task(name="catalog.embed_previews")
def embed_previews_task() -> None:
    """Embed a batch of new previews, and enqueue the next batch."""
    if embed_previews(database_now):
        _wake(embed_previews_task)


@shared_task(name="catalog.listen_to")
def listen_to_task(*, work_id: str) -> None:
    """Analyze a clip or sample that someone is waiting for; ``work_id`` starts with its kind."""
    listen_to(work_id, database_now())


@shared_task(name="catalog.note_export")
def note_export_task(*, selection_id: int) -> None:
    """Record that the voices of a selection were exported."""
    note_export(selection_id, database_now())


@shared_task(name="catalog.read_uses")
def read_uses_task(*, account_id: int) -> None:
    """Read the provider's usage history of an account."""
    read_uses(account_id, database_now)


@shared_task(name="catalog.measure_sample")
def measure_sample_task(*, sample_id: str) -> None:
    """Measure a sample's length and waveform."""
    run_measurement(sample_id)


@shared_task(name="catalog.send_mail")
def send_mail_task(*, mail_id: str) -> None:
    """Hand an email to the mail server."""
    send_mail(mail_id, database_now)


def enqueue_clone(job_id: object) -> None:
    """Wake a worker for a clone job."""
    job = CloneJob.objects.select_related("account").filter(pk=str(job_id)).first()
    is_made_here = job is not None and job.account.info.is_built_in
    _wake(run_built_in_clone_task if is_made_here else run_clone_task, job_id=str(job_id))


def enqueue_evacuation(evacuation_id: object) -> None:
    """Wake a worker for a replacement plan."""
    _wake(run_evacuation_task, evacuation_id=str(evacuation_id))


def enqueue_duplicate_check(job_id: str) -> None:
    """Have a worker check for a duplicate of a finished clone."""
    _wake(audit_clone_task, job_id=job_id)


def enqueue_preview_warming(account_id: int) -> None:
    """Have a worker fetch the account's previews in advance."""
    account = ProviderAccount.objects.filter(pk=account_id).first()
    is_spoken_here = account is not None and account.info.is_built_in
    _wake(warm_built_in_task if is_spoken_here else warm_previews_task, account_id=account_id)


def enqueue_embedding() -> None:
    """Have a worker analyze the previews that have no embedding yet."""
    _wake(embed_previews_task)


def enqueue_preview_synthesis(voice_id: int) -> None:
    """Have the engine's worker synthesize a preview that someone is waiting for."""
    _wake(speak_preview_task, voice_id=voice_id)


def enqueue_preview_fetch(voice_id: int, credential_id: object) -> None:
    """Have a worker fetch a slow preview that someone is waiting for."""
    _wake(fetch_preview_task, voice_id=voice_id, credential_id=str(credential_id))


def enqueue_synthesis(speech_id: RowId) -> None:
    """Wake a worker for a synthesis."""
    speech = Synthesis.objects.select_related("voice__account").get(pk=speech_id)
    task = run_local_speech_task if speech.voice.info.speaks_free else run_speech_task
    _wake(task, speech_id=str(speech_id))


def enqueue_usage_history(account_id: int) -> None:
    """Have a worker read the account's usage history."""
    _wake(read_uses_task, account_id=account_id)


def enqueue_export_note(selection_id: int) -> None:
    """Have a worker record the export of a selection."""
    _wake(note_export_task, selection_id=selection_id)


def enqueue_sample(sample_id: object) -> None:
    """Wake a worker for a new sample."""
    _wake(measure_sample_task, sample_id=str(sample_id))


def enqueue_deletion(line_id: object) -> None:
    """Wake a worker for a line of a plan."""
    _wake(run_deletion_task, line_id=str(line_id))


def enqueue_erasure(erasure_id: object) -> None:
    """Wake a worker for a copy of a withdrawal."""
    _wake(run_erasure_task, erasure_id=str(erasure_id))


def enqueue_check(credential_id: object) -> None:
    """Wake a worker to check a key."""
    _wake(check_credential_task, credential_id=str(credential_id))


def enqueue_badges(account_id: int) -> None:
    """Have a worker update the account's badges after a change of its keys."""
    _wake(refresh_badges_task, account_id=account_id)


def enqueue_sync(account_id: int) -> None:
    """Wake a worker to sync the account's voices."""
    _wake(sync_account_task, account_id=account_id)


def enqueue_slots_once(account_id: int) -> None:
    """Have a worker read the account's slots, at most once every few seconds."""
    if cache.add(f"slots:{account_id}", True, _SLOTS_AGAIN_AFTER):
        _wake(read_slots_task, account_id=account_id)


def enqueue_rename(voice_id: int) -> None:
    """Wake a worker to send a voice's new name to its provider."""
    _wake(push_name_task, voice_id=voice_id)


def enqueue_labels(voice_id: int, account_id: int) -> None:
    """Wake a worker to send a voice's new labels to its provider."""
    _wake(push_labels_task, voice_id=voice_id, account_id=account_id)


def enqueue_settings(voice_id: int) -> None:
    """Wake a worker to read or change a voice's settings."""
    _wake(tune_voice_task, voice_id=voice_id)


def enqueue_measure(clip_id: int) -> None:
    """Wake a worker to measure a clip."""
    _wake(measure_clip_task, clip_id=clip_id)


def enqueue_analysis(work_id: str) -> None:
    """Wake a worker to analyze a clip or sample that someone is waiting for."""
    _wake(listen_to_task, work_id=work_id)


def enqueue_analysis_once(work_id: str) -> None:
    """Do the same with one message for repeated calls, for pages that poll."""
    if cache.add(f"listening:{work_id}", True, _REMIND_AGAIN_AFTER):
        enqueue_analysis(work_id)


def enqueue_mail(mail_id: object) -> None:
    """Wake a worker to send an email."""
    _wake(send_mail_task, mail_id=str(mail_id))


def _find_queue(task: "Task[Any, Any]", ids: Mapping[str, Any]) -> dict[str, Any]:
    """Put a sync that someone waits for ahead of routine ones."""
    if task is sync_account_task and is_awaited(ids["account_id"], database_now()):
        return {"queue": REQUESTS_QUEUE}
    return {}


def _wake(task: "Task[Any, Any]", **ids: Any) -> None:
    try:
        task.apply_async(
            kwargs=ids,
            expires=_WAKE_UP_LIVES,
            headers={"request_number": current_request_number()},  # for the worker's log
            **_find_queue(task, ids),
        )
    except (OperationalError, OSError):
        # The row is the job: the sweep finds it once the broker is back.
        logger.warning("The broker did not accept %s. The next sweep will start it.", task.name)
