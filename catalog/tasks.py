"""The names that Celery knows, what each runs, and how a worker is woken; nothing else.

A message is only a wake-up: it may be lost, late or come twice, because the row is the job.
"""

import logging
from collections.abc import Mapping
from typing import Any

from celery import Task, shared_task
from django.core.cache import cache
from kombu.exceptions import OperationalError

from catalog.core.clock import database_now
from catalog.jobs.accounts.slots import read_slots
from catalog.jobs.base.leases import RowId
from catalog.jobs.cleanups.run import run_deletion
from catalog.jobs.clones.duplicates import audit_clone
from catalog.jobs.clones.run import run_clone
from catalog.jobs.credentials.check import check_credential
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
from catalog.models import (
    CloneJob,
    Credential,
    PlannedDeletion,
    ProviderAccount,
    Synthesis,
    Voice,
)

logger = logging.getLogger(__name__)

# Where whatever a person waits for goes, unless it is a clone.
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


@shared_task(name="catalog.audit_clone")
def audit_clone_task(*, job_id: str) -> None:
    """Remove a voice that a provider made long after its clone had ended."""
    audit_clone(job_id, database_now)


@shared_task(name="catalog.run_speech")
def run_speech_task(*, speech_id: str) -> None:
    """Never retried by Celery: a repeated call costs credit. See ``jobs.syntheses``."""
    run_speech(speech_id, database_now)
    for work_id in find_left_by(speech_id):
        enqueue_analysis(work_id)


@shared_task(name="catalog.run_local_speech")
def run_local_speech_task(*, speech_id: str) -> None:
    """Do the same where the worker itself speaks: that takes long, so it has a queue of its own."""
    run_speech_task(speech_id=speech_id)


@shared_task(name="catalog.run_built_in_clone")
def run_built_in_clone_task(*, job_id: str) -> None:
    """Do the same in the worker that has the engine for what is made on this machine."""
    run_clone_task(job_id=job_id)


@shared_task(name="catalog.run_deletion")
def run_deletion_task(*, line_id: str) -> None:
    """Delete one voice of an approved plan; when its account has no more to do, look again."""
    account_id = run_deletion(line_id, database_now)
    if account_id is not None:
        bring_forward(account_id, database_now())
        left = PlannedDeletion.objects.filter(
            account=account_id, state__in=PlannedDeletion.ACTIVE_STATES
        )
        if not left.exists():
            enqueue_sync(account_id)


@shared_task(name="catalog.check_credential")
def check_credential_task(*, credential_id: str) -> None:
    """Check a key, and fetch the voices of the account that it opens."""
    account_id = check_credential(credential_id, database_now)
    if account_id is not None:
        enqueue_sync(account_id)
    for opened in Credential.objects.filter(pk=credential_id, account__isnull=False):
        _wake(refresh_badges_task, account_id=opened.account_id)


@shared_task(name="catalog.sync_account")
def sync_account_task(*, account_id: int) -> None:
    """Bring our copy of the account's voices up to date, then fetch missing previews."""
    if sync_account(account_id, database_now) is not None:
        refresh_badges(database_now(), account_id)
        enqueue_preview_warming(account_id)


@shared_task(name="catalog.read_slots")
def read_slots_task(*, account_id: int) -> None:
    """Ask how many voices an account holds, for a person who is about to clone into it."""
    read_slots(account_id, database_now)


@shared_task(name="catalog.push_name")
def push_name_task(*, voice_id: int) -> None:
    """Give a voice its new name at the provider."""
    push_name(voice_id, database_now)


@shared_task(name="catalog.push_labels")
def push_labels_task(*, voice_id: int, account_id: int) -> None:
    """Give a voice its new labels at the provider, then read what the provider says."""
    push_labels(voice_id, database_now)
    enqueue_sync(account_id)


@shared_task(name="catalog.tune_voice")
def tune_voice_task(*, voice_id: int) -> None:
    """Read a voice's settings at the provider, after changing them if that is wished for."""
    tune_voice(voice_id, database_now)


@shared_task(name="catalog.refresh_badges")
def refresh_badges_task(*, account_id: int) -> None:
    """Give and take the badges that follow from the account's keys and from the date."""
    refresh_badges(database_now(), account_id)


@shared_task(name="catalog.warm_previews")
def warm_previews_task(*, account_id: int) -> None:
    """Fetch previews that are not on our disk yet, and come back for the rest."""
    if warm_previews(account_id, database_now):
        enqueue_preview_warming(account_id)


@shared_task(name="catalog.warm_built_in")
def warm_built_in_task(*, account_id: int) -> None:
    """Do the same in the worker that has the engine, where the previews have to be spoken."""
    warm_previews_task(account_id=account_id)


@shared_task(name="catalog.speak_preview")
def speak_preview_task(*, voice_id: int) -> None:
    """Speak the preview of a built-in voice that somebody wants to hear now; then listen to it."""
    clip_id = speak_preview(voice_id, database_now)
    if clip_id is not None:
        enqueue_analysis(f"clip:{clip_id}")


@shared_task(name="catalog.fetch_preview")
def fetch_preview_task(*, voice_id: int, credential_id: str) -> None:
    """Fetch a preview that a person is waiting for and that no page could wait for."""
    clip_id = fetch_clip(voice_id, credential_id, database_now)
    if clip_id is not None:
        enqueue_analysis(f"clip:{clip_id}")


@shared_task(name="catalog.measure_clip")
def measure_clip_task(*, clip_id: int) -> None:
    """Measure a clip's length and waveform."""
    measure_clip(clip_id)


@shared_task(name="catalog.embed_previews")
def embed_previews_task() -> None:
    """Listen to previews that nobody has listened to, and come back for the rest."""
    if embed_previews(database_now):
        _wake(embed_previews_task)


@shared_task(name="catalog.listen_to")
def listen_to_task(*, work_id: str) -> None:
    """Listen to a clip or a sample, for somebody who waits; the id begins with its kind."""
    listen_to(work_id, database_now())


@shared_task(name="catalog.note_export")
def note_export_task(*, selection_id: int) -> None:
    """Note that the voices of a selection were taken along in a file."""
    note_export(selection_id, database_now())


@shared_task(name="catalog.read_uses")
def read_uses_task(*, account_id: int) -> None:
    """Take in what a provider tells of the use of an account's voices."""
    read_uses(account_id, database_now)


@shared_task(name="catalog.measure_sample")
def measure_sample_task(*, sample_id: str) -> None:
    """Measure a sample's length and waveform."""
    run_measurement(sample_id)


def enqueue_clone(job_id: object) -> None:
    """Tell a worker that the clone job may go on."""
    job = CloneJob.objects.select_related("account").filter(pk=str(job_id)).first()
    is_made_here = job is not None and job.account.info.is_built_in
    _wake(run_built_in_clone_task if is_made_here else run_clone_task, job_id=str(job_id))


def enqueue_duplicate_check(job_id: str) -> None:
    """Tell a worker that a clone may have a double by now."""
    _wake(audit_clone_task, job_id=job_id)


def enqueue_preview_warming(account_id: int) -> None:
    """Tell a worker that previews of the account's voices could be fetched ahead."""
    account = ProviderAccount.objects.filter(pk=account_id).first()
    is_spoken_here = account is not None and account.info.is_built_in
    _wake(warm_built_in_task if is_spoken_here else warm_previews_task, account_id=account_id)


def enqueue_preview_synthesis(voice_id: int) -> None:
    """Tell the worker that has the engine that somebody waits to hear the voice."""
    _wake(speak_preview_task, voice_id=voice_id)


def enqueue_preview_fetch(voice_id: int, credential_id: object) -> None:
    """Tell a worker that a person is waiting for a preview that takes long to arrive."""
    _wake(fetch_preview_task, voice_id=voice_id, credential_id=str(credential_id))


def enqueue_synthesis(speech_id: RowId) -> None:
    """Tell a worker that a text waits to be spoken."""
    speech = Synthesis.objects.select_related("voice__account").get(pk=speech_id)
    task = run_local_speech_task if speech.voice.info.speaks_free else run_speech_task
    _wake(task, speech_id=str(speech_id))


def enqueue_usage_history(account_id: int) -> None:
    """Tell a worker that the account's history of use is to be read."""
    _wake(read_uses_task, account_id=account_id)


def enqueue_export_note(selection_id: int) -> None:
    """Tell a worker that a selection was downloaded."""
    _wake(note_export_task, selection_id=selection_id)


def enqueue_sample(sample_id: object) -> None:
    """Tell a worker that a sample was uploaded."""
    _wake(measure_sample_task, sample_id=str(sample_id))


def enqueue_deletion(line_id: object) -> None:
    """Tell a worker that the line of a plan may go on."""
    _wake(run_deletion_task, line_id=str(line_id))


def enqueue_check(credential_id: object) -> None:
    """Tell a worker that the key waits to be checked."""
    _wake(check_credential_task, credential_id=str(credential_id))


def enqueue_badges(account_id: int) -> None:
    """Tell a worker that the keys of the account changed."""
    _wake(refresh_badges_task, account_id=account_id)


def enqueue_sync(account_id: int) -> None:
    """Tell a worker that the account's voices are to be fetched."""
    _wake(sync_account_task, account_id=account_id)


def enqueue_slots_once(account_id: int) -> None:
    """Tell a worker that somebody looks at the slots of an account, once in some seconds."""
    if cache.add(f"slots:{account_id}", True, _SLOTS_AGAIN_AFTER):
        _wake(read_slots_task, account_id=account_id)


def enqueue_rename(voice_id: int) -> None:
    """Tell a worker that a voice has a name that its provider does not know yet."""
    _wake(push_name_task, voice_id=voice_id)


def enqueue_labels(voice_id: int, account_id: int) -> None:
    """Tell a worker that a voice has other labels here than before."""
    _wake(push_labels_task, voice_id=voice_id, account_id=account_id)


def enqueue_settings(voice_id: int) -> None:
    """Tell a worker that the settings of a voice are to be read or changed."""
    _wake(tune_voice_task, voice_id=voice_id)


def enqueue_measure(clip_id: int) -> None:
    """Tell a worker that a clip has no waveform yet."""
    _wake(measure_clip_task, clip_id=clip_id)


def enqueue_analysis(work_id: str) -> None:
    """Tell a worker that somebody waits for a clip or a sample to be listened to."""
    _wake(listen_to_task, work_id=work_id)


def enqueue_analysis_once(work_id: str) -> None:
    """Do the same for who asks again and again, with one message for all the asking."""
    if cache.add(f"listening:{work_id}", True, _REMIND_AGAIN_AFTER):
        enqueue_analysis(work_id)


def _find_queue(task: "Task[Any, Any]", ids: Mapping[str, Any]) -> dict[str, Any]:
    """Let a fetch that someone waits for pass those that only keep the copy fresh."""
    if task is sync_account_task and is_awaited(ids["account_id"], database_now()):
        return {"queue": REQUESTS_QUEUE}
    return {}


def _wake(task: "Task[Any, Any]", **ids: Any) -> None:
    try:
        task.apply_async(kwargs=ids, expires=_WAKE_UP_LIVES, **_find_queue(task, ids))
    except (OperationalError, OSError):
        # The row is the job: the sweep finds it once the broker is back.
        logger.warning("The broker did not take %s; it starts with the next sweep", task.name)
