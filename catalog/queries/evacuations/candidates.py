"""Find the voices that could take the place of others: near by sound and by labels."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from catalog.audio.embeddings.mel_spectrogram import Wave
from catalog.audio.embeddings.nearest_neighbors import best_first
from catalog.models import CloneJob, EndNotice, Team, User, Voice
from catalog.models.voices.voices import VoiceQuerySet
from catalog.queries.similarity import score_against

SHOWN = 3
# How much each equal label adds to the similarity of the sound, which is at most 1.
_WEIGHTS = {"language": 0.3, "gender": 0.15, "accent": 0.05, "age": 0.03}
_SAME_SPEAKER_FIRST = 2.0


@dataclass(frozen=True, slots=True)
class NearVoice:
    """A voice that could take another's place; ``score`` is None if no sound was compared."""

    voice_id: int
    score: float | None
    reason: str  # "speaker", "sound", or "labels"

    def as_json(self) -> dict[str, object]:
        """Return what a plan stores."""
        return {"id": self.voice_id, "score": self.score, "reason": self.reason}


def find_lasting(user: User, besides: Collection[int] = ()) -> VoiceQuerySet:
    """Return the playable voices that the user can see, and whose end nobody announced.

    A rule about unused clones is no end: a replacement is used.
    """
    rows = Voice.objects.visible_to(user).present().shown().filter(state=Voice.State.READY)
    rows = rows.filter(ends_at=None, end_note="").exclude(pk__in=list(besides))
    rows = rows.exclude(preview_url="", preview_sample_id="", has_generated_preview=False)
    # The speakers of these withdrew their permission.
    rows = rows.exclude(clone_jobs__batch__speaker__withdrawing_since__isnull=False)
    notices = EndNotice.objects.active().filter(
        unused_days=None, team__in=Team.objects.visible_to(user)
    )
    for provider, account, voice in notices.values_list("provider", "account", "voice"):
        if voice:
            rows = rows.exclude(pk=voice)
        else:
            rows = rows.exclude(account=account) if account else rows.exclude(provider=provider)
    return rows


def find_candidates(
    user: User, voices: Collection[Voice], lasting: VoiceQuerySet
) -> dict[int, list[NearVoice]]:
    """Return the best replacements of each voice among the lasting ones, best first.

    The number of queries doesn't depend on the number of voices.
    """
    table = _LabelTable(lasting)
    if not table.ids.size:
        return {voice.pk: [] for voice in voices}
    by_id = {voice.pk: voice for voice in voices}
    speakers = _find_same_speakers(user, by_id)
    found: dict[int, list[NearVoice]] = {}
    for ids, columns in score_against(by_id, table.ids):
        for place, pk in enumerate(ids):
            found[pk] = table.choose(by_id[pk], columns[:, place], speakers.get(pk, set()))
    for pk, voice in by_id.items():
        if pk not in found:
            found[pk] = table.choose(voice, None, speakers.get(pk, set()))
    return found


def _find_same_speakers(user: User, voice_ids: Collection[int]) -> dict[int, set[int]]:
    """Return the other clones of each voice's speaker."""
    jobs = CloneJob.objects.visible_to(user).exclude(voice=None)
    speakers = jobs.filter(voice__in=list(voice_ids)).values("batch__speaker")
    by_speaker: dict[int, set[int]] = {}
    rows = jobs.filter(batch__speaker__in=speakers).values_list("batch__speaker", "voice")
    for speaker, voice in rows:
        by_speaker.setdefault(speaker, set()).add(voice)
    return {pk: group - {pk} for group in by_speaker.values() for pk in group}


class _LabelTable:
    """The labels of all lasting voices as arrays, in the order of their ids."""

    def __init__(self, lasting: VoiceQuerySet) -> None:
        rows = list(lasting.order_by("pk").values_list("pk", *_WEIGHTS))
        self.ids = np.array([row[0] for row in rows], np.int64)
        self._columns = {
            name: np.array([_shorten(name, row[at]) for row in rows], object)
            for at, name in enumerate(_WEIGHTS, start=1)
        }
        self._known: dict[tuple[str, ...], Wave] = {}

    def choose(self, voice: Voice, sound: Wave | None, speaker: set[int]) -> list[NearVoice]:
        """Return the best for one voice; ``sound`` is its similarity to each, if known."""
        labels = self._score_labels(voice)
        scores = labels.copy() if sound is None else labels + sound
        same = np.isin(self.ids, np.array(sorted(speaker), np.int64))
        scores[same] += _SAME_SPEAKER_FIRST
        scores[self.ids == voice.pk] = -np.inf
        chosen = [int(at) for at in best_first(scores, SHOWN) if scores[at] > -np.inf]
        return [self._describe(at, sound, bool(same[at])) for at in chosen[:SHOWN]]

    def _describe(self, at: int, sound: Wave | None, is_same: bool) -> NearVoice:
        score = None if sound is None or sound[at] <= -1 else round(float(sound[at]), 3)
        reason = "speaker" if is_same else "labels" if score is None else "sound"
        return NearVoice(int(self.ids[at]), score, reason)

    def _score_labels(self, voice: Voice) -> Wave:
        wanted = tuple(_shorten(name, getattr(voice, name)) for name in _WEIGHTS)
        if wanted not in self._known:
            total: NDArray[np.float32] = np.zeros(self.ids.size, np.float32)
            for (name, weight), value in zip(_WEIGHTS.items(), wanted, strict=True):
                if value != "unknown":
                    total += np.float32(weight) * (self._columns[name] == value)
            self._known[wanted] = total
        return self._known[wanted]


def _shorten(name: str, value: str) -> str:
    """Return a language without its variety, which the accent says."""
    return value.partition("-")[0] if name == "language" else value
