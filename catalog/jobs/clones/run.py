"""Run a clone so that it is made exactly once, despite crashes and lost responses.

The step is committed as *sent* before the call. After that, nothing is sent again until the
provider's list was searched for our marker. A voice found there is adopted at once. Only two
searches without a result, after the time in which a late voice may still appear, allow a retry.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from catalog.audio.decode import NotDecodable
from catalog.audit import record
from catalog.core.crypto import CannotOpen
from catalog.core.durable_commits import durable_transaction
from catalog.core.media import remove_media, store_media
from catalog.core.media_store import MediaUnavailable
from catalog.jobs.accounts.key_sets import ALL_RIGHTS, get_key_set
from catalog.jobs.accounts.slots import refresh_slots
from catalog.jobs.base.leases import LEASE, Clock, LeaseLost, RowId, claim_work, keep_alive
from catalog.jobs.base.restore_doubts import is_doubtful
from catalog.jobs.charges import reserve_clone, settle, settles
from catalog.jobs.clones.cancel import CancelStep
from catalog.jobs.clones.steps import GIVE_UP_AFTER
from catalog.jobs.consents.check import find_other_voice
from catalog.jobs.samples.prepare import convert_samples, find_length_problem, measure_sample
from catalog.jobs.voices.label_overrides import write_own_labels
from catalog.jobs.voices.store import write_voices
from catalog.models import Charge, CloneJob, Credential, TeamPolicy, Voice
from catalog.models.voices.versions import touch_voices
from catalog.providers.base import Provider
from catalog.providers.errors import (
    CredentialRejected,
    NotFound,
    OutcomeUnknown,
    PermissionMissing,
    ProviderError,
    TryLater,
)
from catalog.providers.lenient_json import drop_empty
from catalog.providers.pagination import ListedVoice
from catalog.providers.session import open_provider
from catalog.providers.types import AudioClip, CloneParams, RemoteVoice, SampleFile, VoiceState
from catalog.queries.speakers import find_speaker_obstacle
from catalog.search.search_text import fill_names

logger = logging.getLogger(__name__)

State, Step = CloneJob.State, CloneJob.Step

# Each of these attempts provably made nothing; more would hide that the provider is broken.
_MOST_SENDS = 8
_STORE_WAIT = timedelta(seconds=10)


def run_clone(job_id: RowId, clock: Clock) -> int | None:
    """Advance the job one step; return the voice's id once it is ready.

    Safe to call any number of times, from any number of workers.
    """
    lease = claim_work(
        CloneJob, job_id, states=CloneJob.ACTIVE_STATES, running=State.RUNNING, clock=clock
    )
    if lease is None:
        return None
    with keep_alive(lease):
        try:
            _CloneRun(lease, clock).go_on()
        except LeaseLost:
            logger.info("Clone job %s was taken over by another worker", job_id)
    job = CloneJob.objects.get(pk=job_id)
    return job.voice_id if job.is_ready else None


class _CloneRun(CancelStep):
    """One worker's pass over one job, step by step."""

    _note_of_result = ""
    files: tuple[SampleFile, ...] = ()

    def go_on(self) -> None:
        if self.job.step == Step.PLANNED and is_doubtful(self.job, self.clock()):
            self._doubt()
        if self.job.cancel_asked_at and self.job.step == Step.PLANNED:
            self._cancel("Nothing was left at the provider.")
            return
        credential = self._find_key()
        if credential is None:
            self._stop_without_key()
            return
        if credential.is_refused and self._needs_good_key():
            return
        if self.job.step == Step.PLANNED and not self._prepare():
            return
        base_url = settings.PROVIDER_BASE_URLS.get(self.job.account.provider)
        if base_url is None:
            words = f"{self.job.account.info.label} is turned off in this installation."
            self._wait(words, timedelta(minutes=5))
            return
        try:
            with open_provider(
                self.job.account.provider, credential.secrets(), base_url
            ) as provider:
                self.job.credential = credential
                provider.on_handed_over = self._note_handover
                self._take_step(provider, credential)
        except CannotOpen:
            self._wait("The key can't be decrypted. Replace it.", timedelta(minutes=5))

    def _needs_good_key(self) -> bool:
        """Wait for another key, unless a check with the rejected one may still settle the job."""
        if self._is_in_doubt:
            self._wait_for_key_to_look()
        elif self.job.step == Step.PLANNED:
            self._wait_for_key()
        else:
            return False
        return True

    def _take_step(self, provider: Provider, credential: Credential) -> None:
        if self.job.step == Step.CONFIRMED:
            self._fetch_voice(provider)
        elif self.job.step in {Step.SENT, Step.UNKNOWN}:
            self._look(provider)
            if self.job.step == Step.PLANNED:
                self._send_at_last(provider, credential)
        else:
            self._send(provider, credential)

    def _send_at_last(self, provider: Provider, credential: Credential) -> None:
        """Continue a job that is no longer in doubt."""
        if self._is_being_cancelled():
            self._cancel("Nothing was left at the provider.")
        elif self._prepare():
            self._send(provider, credential)

    # Before the call

    def _doubt(self) -> None:
        """Search for the voice first: after a restore or a long wait it may already exist.

        An empty ``sent_at`` marks that this job knows of no call.
        """
        label = self.job.account.info.label
        self._write_durably(
            step=Step.UNKNOWN,
            sent_at=None,
            empty_look_count=0,
            message=f"Checking whether {label} already made this voice.",
        )

    def _prepare(self) -> bool:
        """Check the sample and reserve the account; return False if the job can't be sent now."""
        if self.job.attempt_count >= _MOST_SENDS:
            self._ask_for_look(f"It was sent {_MOST_SENDS} times, and no voice appeared.")
            return False
        if self._is_forbidden():
            return False
        # Reserve first, or queued jobs of one account would decode their samples again and again.
        if not self._take_account():
            self._wait("Waiting for another clone on this account.", timedelta(seconds=3))
            return False
        try:
            problem = self._convert()
        except NotDecodable as exc:
            problem = str(exc)
        except MediaUnavailable:
            self._wait("The file store isn't responding. Trying again soon.", _STORE_WAIT)
            return False
        if problem:
            self._fail(problem)
        return not problem

    def _is_forbidden(self) -> bool:
        """Fail the job and return True if the speaker or the team no longer allows it."""
        obstacle = find_speaker_obstacle(self.job.batch.speaker_id, self.clock().date())
        policy, info = TeamPolicy.objects.of(self.job.team_id), self.job.account.info
        obstacle = obstacle or policy.forbid_voice(info, self.job.language)
        obstacle = obstacle or policy.forbid_consent(self.job.batch.consent.level)
        if obstacle:
            self._fail(f"{obstacle} Nothing was sent.")
        return bool(obstacle)

    def _convert(self) -> str:
        """Convert the samples for the provider; return what prevents it, "" if nothing."""
        info = self.job.account.info
        for source in self.sources:
            measure_sample(source.sample)
        if problem := find_length_problem(self.sources, info):
            return problem
        if problem := find_other_voice(self.job.batch, self.sources):
            return problem
        self.files, words = convert_samples(self.sources, info)
        self.lease.write(sent_form=words)
        return ""

    # The call that must not be repeated blindly

    def _finds_slot(self, provider: Provider) -> bool:
        """Check for a free slot; if the account is full, fail the job and return False."""
        info = self.job.account.info
        if not info.has_slots:
            return True
        slots = refresh_slots(self.job.account_id, provider, self.clock())
        if slots is None or slots.left != 0:
            return True
        used = f"{slots.used:,} of {slots.limit:,} slots are in use"
        self._fail(f"No free slot at {info.label}: {used}. Nothing was sent.")
        return False

    def _send(self, provider: Provider, credential: Credential) -> None:
        # Converting the samples took a while.
        if not self._finds_slot(provider) or self._is_forbidden():
            return
        params = self._make_params()
        sent_at = self.clock()
        with durable_transaction():
            self._write_durably(
                step=Step.SENT,
                # Only the key that makes a voice is sure to list it.
                credential=credential,
                sent_at=sent_at,
                attempt_count=self.job.attempt_count + 1,
                empty_look_count=0,
                handed_over_at=None,
                message="",
            )
            attempt = reserve_clone(self.job, self.lease.fence, sent_at)
        if self.clock() - sent_at > LEASE / 2:
            # Nothing was sent: we stalled after the commit, so another worker may be checking.
            settle(attempt, Charge.State.NOT_CHARGED, self.clock())
            self.lease.release(step=Step.PLANNED, state=State.WAITING, unsent_at=self.clock())
            return
        try:
            with settles(attempt, self.clock):
                result = provider.clone(params)
        except TryLater as exc:
            self._put_off(exc)
        except OutcomeUnknown as exc:
            self._note(exc)
            self._wait(
                "The response was lost. Checking whether the provider made the voice.",
                timedelta(seconds=2),
                step=Step.UNKNOWN,
            )
        except CredentialRejected as exc:
            self._put_down(credential, exc)
        except ProviderError as exc:
            self._fail(exc.message, step=Step.REFUSED)
        else:
            self._note_answer()
            self._note_of_result = result.note
            self._adopt(result.remote_id, result.note)
            self._fetch_voice(provider)

    def _put_off(self, exc: TryLater) -> None:
        """Retry later: the provider took nothing, so this doesn't count as an attempt."""
        self._note(exc)
        if self.clock() - self.job.created_at > GIVE_UP_AFTER:
            self._fail(f"{exc.message} This went on for 24 hours.", step=Step.PLANNED)
            return
        attempts = self.job.attempt_count - 1
        self._wait_out(exc.message, exc, step=Step.PLANNED, attempt_count=attempts)

    def _put_down(self, credential: Credential, exc: CredentialRejected) -> None:
        """Wait for another key, but fail if this one only lacks a permission."""
        if isinstance(exc, PermissionMissing):
            self._fail(exc.message, step=Step.REFUSED)
            return
        self._note(exc)
        self._note_refused_key(credential, exc)
        self._free_account()
        self._write_durably(step=Step.PLANNED, attempt_count=self.job.attempt_count - 1)
        self._wait_for_key()

    def _make_params(self) -> CloneParams:
        return CloneParams(
            name=self.job.name,
            samples=self.files,
            marker=self.job.marker,
            description=self.job.description,
            remove_background_noise=self.job.removes_noise,
            language=self.job.language,
            gender=self.job.gender,
            transcript=self.job.transcript,
            progress=self.job.progress,
            keep_progress=self._keep_progress,
            tell=self._tell,
            play=self._play,
        )

    def _tell(self, words: str, share: float) -> None:
        """Show the progress; raises LeaseLost to stop work that another worker took over."""
        self.lease.write(message=words[:500], made_share=share)

    def _play(self, sound: AudioClip) -> None:
        """Store a first sound of the future voice to play while the clone is being made."""
        old = self.job.first_sound_path
        try:
            path, _, _ = store_media("guesses", [sound.content], "mp3")
        except MediaUnavailable:
            return
        self.lease.write(first_sound_path=path)
        if old:
            remove_media(old)

    def _keep_progress(self, progress: Mapping[str, str]) -> None:
        """Store what the provider has so far, so that a retry continues from there."""
        self._write_durably(progress={**self.job.progress, **progress})

    # After the provider confirmed

    def _fetch_voice(self, provider: Provider) -> None:
        """Fetch the new voice; the clone only succeeds once the provider returns it."""
        if self._is_being_cancelled():
            self._remove(provider)
            return
        tries = self.job.empty_look_count + 1
        try:
            remote = provider.voice(self.job.remote_id)
        except NotFound:
            self._note_answer()
            if self.clock() - (self.job.sent_at or self.clock()) > GIVE_UP_AFTER:
                self._ask_for_look("The provider confirmed the voice but never listed it.")
            else:
                words = "The provider doesn't list the voice yet."
                self._wait(words, timedelta(seconds=min(60, 2 * tries)), empty_look_count=tries)
        except ProviderError as exc:
            self._note(exc)
            self._wait_out(exc.message, exc)
        else:
            self._note_answer()
            self._judge_voice(provider, remote, tries)

    def _judge_voice(self, provider: Provider, remote: RemoteVoice, tries: int) -> None:
        if remote.state is VoiceState.FAILED:
            self._fail(f"{self.job.account.info.label} couldn't make the voice.")
            return
        now = self.clock()
        # The next sync finds out which other keys list it.
        key = self.job.credential
        key_set = get_key_set(self.job.account, {key.pk: ALL_RIGHTS}) if key else None
        write_voices(self.job.account, [ListedVoice.of(remote)], now, now, key_set=key_set)
        voice = Voice.objects.get(account=self.job.account, remote_id=remote.remote_id)
        self._label(voice)
        if remote.state is VoiceState.PENDING:
            words = f"{self.job.account.info.label} is still making the voice."
            delay = timedelta(seconds=min(60, 3 * tries))
            self._wait(words, delay, voice=voice, empty_look_count=tries)
            return
        words = self._note_of_result[:500]
        if not self._finish_unless_cancelled(State.READY, voice=voice, message=words):
            self._remove(provider)
            return
        record(None, "clone ready", self.job, team=self.job.team, now=now, voice=voice.shown_name)
        refresh_slots(self.job.account_id, provider, now)

    def _label(self, voice: Voice) -> None:
        """Keep the requested name, gender, and language here if the provider doesn't store them."""
        wished = {"gender": self.job.gender, "language": self.job.language}
        unknown = {name: said for name, said in wished.items() if getattr(voice, name) == "unknown"}
        labels = {**drop_empty(unknown), **voice.own_labels}
        is_named = voice.name == self.job.name or voice.info.can_rename or voice.own_name
        with transaction.atomic():
            if labels != voice.own_labels:
                write_own_labels(voice, labels)
            if not is_named:
                voice.own_name = self.job.name
                fill_names(voice)
                voice.save(update_fields=["own_name", "sort_name", "name_words"])
                touch_voices([voice.pk])


def forget_first_sounds() -> None:
    """Delete the first sounds of ended jobs."""
    ended = CloneJob.objects.exclude(first_sound_path="").exclude(state__in=CloneJob.ACTIVE_STATES)
    for job in ended:
        CloneJob.objects.filter(pk=job.pk).update(first_sound_path="")
        remove_media(job.first_sound_path)
