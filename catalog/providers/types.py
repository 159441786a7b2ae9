"""What passes between the providers and the rest of Voiceboard: frozen values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """Where a voice comes from."""

    LIBRARY = "library"
    CLONE = "clone"
    DESIGNED = "designed"
    PROFESSIONAL = "professional"
    COMMUNITY = "community"
    UNKNOWN = ""


class VoiceState(StrEnum):
    """Whether a voice can speak now."""

    READY = "ready"
    PENDING = "pending"
    FAILED = "failed"
    MUTE = "mute"  # it is there and whole, but cannot speak here; its description says why
    GONE = "gone"  # deleted, but still listed


class PermissionState(StrEnum):
    """Whether a key may do something; unknown is not a no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Transcript(StrEnum):
    """Whether a provider wants the words that are spoken in a sample."""

    NONE = "none"
    OPTIONAL = "optional"
    NEEDED = "needed"


SettingValue = float | bool | str
# The name of the setting that chooses the model which speaks a text.
MODEL_SETTING = "model"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting of a voice or of a spoken text, as data from which a form draws its control.

    A number has ``minimum``, ``maximum`` and ``step``, a choice has ``choices``; a switch has none
    of them.
    """

    name: str  # the provider's own
    label: str
    minimum: float | None = None
    maximum: float | None = None
    step: float = 0.01
    default: SettingValue = 0
    note: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_switch(self) -> bool:
        """Tell whether it is either on or off."""
        return self.maximum is None and not self.choices

    @property
    def range_words(self) -> str:
        """The values that it takes, in words."""
        if self.choices:
            return f"one of: {', '.join(self.choices)}"
        if self.minimum is None or self.maximum is None:
            return "either on or off"
        return f"between {self.minimum:g} and {self.maximum:g}"

    def takes(self, value: object) -> bool:
        """Tell whether the value is one of its own; a number is no switch, and none the other."""
        if self.choices:
            return value in self.choices
        if self.minimum is None or self.maximum is None or isinstance(value, bool):
            return self.is_switch and isinstance(value, bool)
        return isinstance(value, int | float) and self.minimum <= value <= self.maximum


@dataclass(frozen=True, slots=True)
class SpeechApiCall:
    """How the provider is asked by POST to speak, as data for a person who writes a program.

    "{key}" in a header, "{voice}" in the path and "{voice}" and "{text}" as values of the body are
    places to fill. ``own_body`` replaces fields for voices of one's own. ``sound_in`` names the
    field of a JSON answer with the sound in base64, "" where the answer is the sound itself.
    ``own_id_in`` names the detail with the id that a voice of one's own speaks under, if another.
    """

    path: str
    body: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": "Bearer {key}"})
    own_body: Mapping[str, str] = field(default_factory=dict)
    is_form: bool = False
    sound_in: str = ""
    own_id_in: str = ""


def _forget(progress: Mapping[str, str]) -> None:
    """Keep nothing: for those who clone without a job to resume."""


def _tell_nobody(words: str, share: float) -> None:
    """Say nothing: for those who clone with nobody watching."""


def _play_to_nobody(sound: "AudioClip") -> None:
    """Play nothing: for those who clone with nobody watching."""


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What a provider is and can do, as data; forms, filters and buttons are drawn from it.

    ``marker_length`` is how many characters of description survive at the provider, 0 where a
    clone job cannot be recognised afterwards. ``settle_seconds`` is how long after an unclear
    answer a new voice may still appear. ``can_speak`` says that any text can be spoken, of at most
    ``max_speech_characters``. Sizes are bytes.
    """

    slug: str
    label: str
    initials: str
    hue: int
    base_url: str
    docs_url: str
    key_hint: str = ""
    key_pattern: str = ""  # how its keys look, where that tells them from other text
    is_built_in: bool = False  # on this machine: no key, no network, and workers speak its previews
    sample_formats: frozenset[str] = frozenset()  # of: wav mp3 flac ogg m4a webm
    min_sample_seconds: float = 0
    max_sample_seconds: float | None = None
    advised_sample_seconds: float | None = None
    max_sample_bytes: int | None = None
    max_samples: int = 1
    max_name_length: int = 100
    can_preview: bool = True  # some of its voices can be heard without paying
    can_clone: bool = False
    clone_price_note: str = ""  # what a clone costs, in words, where the provider's pages tell it
    removes_noise: bool = False  # cleans a sample before it clones it, where that is wished for
    can_rename: bool = False
    kept_labels: frozenset[str] = frozenset()  # that can be changed; of: gender age accent language
    can_delete: bool = False
    voice_settings: tuple[SettingField, ...] = ()  # kept with the voice at the provider
    can_speak: bool = False
    speech_settings: tuple[SettingField, ...] = ()  # sent with each text that is spoken
    # The detail that lists the models which a voice can speak with, the usual one first.
    models_in: str = ""
    speech_call: SpeechApiCall | None = None
    max_speech_characters: int = 0
    speaks_free: bool = False
    speech_credits: float = 0  # for one character, 0 where no page tells it
    speech_price_note: str = ""  # what the provider's pages say of the price, in words
    has_slots: bool = False
    rename_note: str = ""  # what stays as it is when a voice is renamed
    delete_note: str = ""  # what cannot be undone, in words
    deletes_for_good: bool | None = None  # whether a deletion is one; None where no page tells
    tells_uses: bool = False  # keeps a history of what was spoken with which voice
    marker_length: int = 0
    clone_note: str = ""  # what a clone is here and how long it takes, in words
    finds_by_progress: bool = False  # recognises a clone by what ``keep_progress`` was told
    needs_language: bool = False
    clone_languages: tuple[str, ...] = ()  # BCP 47; empty where no list is documented
    polls: bool = False  # a clone may be made after the answer: it is asked for until it is ready
    needs_gender: bool = False
    transcript: Transcript = Transcript.NONE
    has_kept_deletions: bool = False  # a deleted voice may still be listed
    settle_seconds: float = 120

    def speech_fields(self, details: Mapping[str, Any]) -> tuple[SettingField, ...]:
        """Return the settings of a text for a voice with such details, its models among them."""
        listed = details.get(self.models_in) if self.models_in else None
        models = tuple(map(str, listed)) if isinstance(listed, list) else ()
        if len(models) < 2:
            return self.speech_settings
        choice = SettingField(MODEL_SETTING, "Model", default=models[0], choices=models)
        return (choice, *self.speech_settings)

    @property
    def kept_label_words(self) -> str:
        """The labels that it can be given, in words."""
        return ", ".join(sorted(self.kept_labels))

    @property
    def deletion(self) -> str:
        """What a deletion is there, in words."""
        if not self.can_delete:
            return "None: it can only be hidden here"
        if self.deletes_for_good is None:
            return "Not told whether a copy is kept"
        return "Hard: gone for good" if self.deletes_for_good else "Soft: only marked as deleted"

    def offers(self, verb: str) -> bool:
        """Tell whether there is such a thing for any key: list, preview, clone or delete."""
        return bool(getattr(self, f"can_{verb}", True))


@dataclass(frozen=True, slots=True)
class RemoteSample:
    """A recording that a voice was made from, as the provider lists it."""

    remote_id: str
    filename: str = ""
    content_type: str = ""
    size: int | None = None
    sha: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RemoteVoice:
    """One voice as the provider has it, in our words; ``raw`` keeps the provider's own.

    ``gender`` is male, female, neutral or "" for unknown; ``age`` young, middle_aged, old or "".
    ``languages`` are BCP 47 tags, the first one the main one. ``raw`` maps one of our facets
    (gender, age, accent, language, use_case, kind) to the provider's own word. ``details`` holds
    JSON values for the voice's page only.
    """

    remote_id: str
    name: str
    description: str = ""
    kind: Kind = Kind.UNKNOWN
    gender: str = ""
    age: str = ""
    accent: str = ""
    languages: tuple[str, ...] = ()
    use_cases: tuple[str, ...] = ()
    raw: Mapping[str, str] = field(default_factory=dict)
    preview_url: str = ""
    samples: tuple[RemoteSample, ...] = ()
    state: VoiceState = VoiceState.READY
    state_note: str = ""  # what it waits for, or why it failed, in words
    is_owned: bool = False  # it may be deleted and changed
    is_editable: bool = False  # its name and labels may be changed, even if it is not owned
    created_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    is_verified: bool = False  # the provider made sure of whose voice it is
    plan_note: str = ""  # which plan of the provider it needs, "" if any will do
    ends_at: datetime | None = None  # when the provider takes it away
    end_note: str = ""  # why, or that it will without a date
    problem: str = ""  # what could not be read in the provider's answer


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A recording to clone from: its content and what it is."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CloneParams:
    """The wish for one clone; ``marker`` is stored at the provider so that we find it again.

    ``language`` is a BCP 47 tag and ``transcript`` what is spoken in the sample, "" where not
    known. ``progress`` is what an earlier attempt already has at the provider, such as the id of
    an uploaded file; ``keep_progress`` stores more of it, durably, before the next call is made.
    ``tell`` shows how far it is to whoever watches the job, in words and as a share of the whole;
    ``play`` lets them hear what the voice may become, while it is still being made.
    """

    name: str
    samples: tuple[SampleFile, ...]
    marker: str
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    remove_background_noise: bool = False
    language: str = ""
    gender: str = ""
    transcript: str = ""
    progress: Mapping[str, str] = field(default_factory=dict)
    keep_progress: Callable[[Mapping[str, str]], None] = field(default=_forget, repr=False)
    tell: Callable[[str, float], None] = field(default=_tell_nobody, repr=False)
    play: "Callable[[AudioClip], None]" = field(default=_play_to_nobody, repr=False)


@dataclass(frozen=True, slots=True)
class CloneResult:
    """What the provider answered to a clone; ``ready`` is False while it still has to be made."""

    remote_id: str
    ready: bool = True
    note: str = ""  # such as: the provider wants the voice verified


@dataclass(frozen=True, slots=True)
class AudioClip:
    """Sound as it came from the provider."""

    content: bytes = field(repr=False)
    content_type: str = "audio/mpeg"
    charged: int | None = None  # characters or credits that were charged, where that is told


@dataclass(frozen=True, slots=True)
class SpeechParams:
    """The wish to hear a text in a voice; ``settings`` are by the names of ``speech_settings``.

    ``language`` is a BCP 47 tag, "" to leave it to the provider.
    """

    remote_id: str
    text: str
    language: str = ""
    settings: Mapping[str, SettingValue] = field(default_factory=dict)
