"""The immutable values passed between the providers and the rest of Voiceboard."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
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
    """Whether a voice can currently speak."""

    READY = "ready"
    PENDING = "pending"
    FAILED = "failed"
    MUTE = "mute"  # it exists but can't speak here; the description says why
    GONE = "gone"  # deleted, but still listed


class PermissionState(StrEnum):
    """Whether a key may do something; unknown is not a no."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class Transcript(StrEnum):
    """Whether a provider wants a transcript of the sample."""

    NONE = "none"
    OPTIONAL = "optional"
    NEEDED = "needed"


SettingValue = float | bool | str
# The name of the setting that selects the model for speech.
MODEL_SETTING = "model"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One setting of a voice or of synthesized speech, from which forms render a control.

    A number has ``minimum``, ``maximum``, and ``step``; a choice has ``choices``; a switch has none
    of these.
    """

    name: str  # the provider's name for it
    label: str
    minimum: float | None = None
    maximum: float | None = None
    step: float = 0.01
    default: SettingValue = 0
    note: str = ""
    choices: tuple[str, ...] = ()

    @property
    def is_switch(self) -> bool:
        """Return whether it is an on/off switch."""
        return self.maximum is None and not self.choices

    @property
    def range_words(self) -> str:
        """The allowed values, as text."""
        if self.choices:
            return f"one of: {', '.join(self.choices)}"
        if self.minimum is None or self.maximum is None:
            return "either on or off"
        return f"between {self.minimum:g} and {self.maximum:g}"

    def takes(self, value: object) -> bool:
        """Return whether the value is allowed; booleans only fit switches."""
        if self.choices:
            return value in self.choices
        if self.minimum is None or self.maximum is None or isinstance(value, bool):
            return self.is_switch and isinstance(value, bool)
        return isinstance(value, int | float) and self.minimum <= value <= self.maximum


@dataclass(frozen=True, slots=True)
class SpeechApiCall:
    """How to synthesize speech with the provider's API (POST), to generate example code.

    "{key}" in headers, "{voice}" in the path, and "{voice}" and "{text}" as values of the body are
    placeholders. ``own_body`` overrides fields for the user's own voices. ``sound_in`` names the
    field of a JSON response with base64 audio, "" if the response is the audio itself.
    ``own_id_in`` names the detail that holds a different id for the user's own voices, if any.
    """

    path: str
    body: Mapping[str, str]
    headers: Mapping[str, str] = field(default_factory=lambda: {"Authorization": "Bearer {key}"})
    own_body: Mapping[str, str] = field(default_factory=dict)
    is_form: bool = False
    sound_in: str = ""
    own_id_in: str = ""


def _forget(progress: Mapping[str, str]) -> None:
    """Keep nothing, for clones without a resumable job."""


def _ignore_progress(words: str, share: float) -> None:
    """Report nothing, for clones that no one watches."""


def _play_to_nobody(sound: "AudioClip") -> None:
    """Play nothing, for clones that no one watches."""


@dataclass(frozen=True, slots=True)
class Price:
    """A documented price of one character or one clone; ``source`` says where and when it stood.

    ``currency`` is "USD", or "credits" if a plan says what a credit is worth.
    """

    amount: Decimal
    currency: str
    source: str

    @classmethod
    def nothing(cls) -> "Price":
        """Return the price of what runs on this machine."""
        return cls(Decimal(0), "USD", "Runs on this machine")


@dataclass(frozen=True, slots=True)
class ProviderInfo:
    """What a provider is and can do; forms, filters, and buttons are generated from it.

    ``marker_length`` is how many characters of a description the provider stores, 0 if a clone
    can't be recognized by a marker. ``settle_seconds`` is how long after an unclear response a new
    voice may still appear. ``can_speak`` means that it can synthesize any text of up to
    ``max_speech_characters``. Sizes are in bytes.
    """

    slug: str
    label: str
    initials: str
    hue: int
    base_url: str
    key_hint: str = ""
    key_pattern: str = ""  # format of its keys, if distinctive
    is_built_in: bool = False  # on this machine, without key; workers generate previews
    sample_formats: frozenset[str] = frozenset()  # of: wav mp3 flac ogg m4a webm
    min_sample_seconds: float = 0
    max_sample_seconds: float | None = None
    advised_sample_seconds: float | None = None
    max_sample_bytes: int | None = None
    max_samples: int = 1
    max_name_length: int = 100
    can_preview: bool = True  # some voices have free previews
    can_clone: bool = False
    clone_price: Price | None = None
    clone_price_note: str = ""  # the same as text
    removes_noise: bool = False  # offers noise removal for samples
    can_rename: bool = False
    kept_labels: frozenset[str] = frozenset()  # editable ones of: gender age accent language
    can_delete: bool = False
    voice_settings: tuple[SettingField, ...] = ()  # stored with the voice at the provider
    can_speak: bool = False
    speech_settings: tuple[SettingField, ...] = ()  # sent with each text
    # The name of the detail that lists a voice's models, the default first.
    models_in: str = ""
    speech_call: SpeechApiCall | None = None
    max_speech_characters: int = 0
    speaks_free: bool = False
    speech_price: Price | None = None  # per character
    speech_price_note: str = ""  # the documented price, as text
    has_slots: bool = False
    rename_note: str = ""  # what doesn't change with the name
    delete_note: str = ""  # what can't be undone
    deletes_for_good: bool | None = None  # permanent deletion? None if not documented
    erase_note: str = ""  # what it doesn't promise about the copies of a deleted voice
    tells_uses: bool = False  # has a usage history per voice
    marker_length: int = 0
    clone_note: str = ""  # how cloning works and how long it takes
    finds_by_progress: bool = False  # recognizes clones by ``keep_progress`` data
    needs_language: bool = False
    clone_languages: tuple[str, ...] = ()  # BCP 47; empty if not documented
    polls: bool = False  # clones are made asynchronously, so poll until ready
    needs_gender: bool = False
    transcript: Transcript = Transcript.NONE
    settle_seconds: float = 120
    # How its voices end: documented shutdown, clones deleted if unused, and notices by webhook.
    ends_on: date | None = None
    unused_expiry_days: int | None = None
    sends_notices: bool = False
    notice_note: str = ""  # where to set up the webhook

    def speech_fields(self, details: Mapping[str, Any]) -> tuple[SettingField, ...]:
        """Return the speech settings for a voice with these details, including its models."""
        listed = details.get(self.models_in) if self.models_in else None
        models = tuple(map(str, listed)) if isinstance(listed, list) else ()
        if len(models) < 2:
            return self.speech_settings
        choice = SettingField(MODEL_SETTING, "Model", default=models[0], choices=models)
        return (choice, *self.speech_settings)

    @property
    def charges_credits(self) -> bool:
        """Return whether a text is charged in credits, at a documented rate."""
        return self.speech_price is not None and self.speech_price.currency == "credits"

    @property
    def kept_label_words(self) -> str:
        """The labels that can be edited, as text."""
        return ", ".join(sorted(self.kept_labels))

    @property
    def deletion(self) -> str:
        """How deletion works at this provider, as text."""
        if not self.can_delete:
            return "Not possible. Voices can only be hidden here"
        if self.deletes_for_good is None:
            return "The provider doesn't say whether it keeps a copy"
        return "Permanent" if self.deletes_for_good else "Marked as deleted, but not erased"

    def offers(self, verb: str) -> bool:
        """Return whether the provider supports list, preview, clone, or delete at all."""
        return bool(getattr(self, f"can_{verb}", True))


@dataclass(frozen=True, slots=True)
class RemoteSample:
    """A recording that a voice was made from, as listed by the provider."""

    remote_id: str
    filename: str = ""
    content_type: str = ""
    size: int | None = None
    sha: str = ""
    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class RemoteVoice:
    """One voice at the provider, in our terms; ``raw`` keeps the provider's own.

    ``gender`` is male, female, neutral, or "" if unknown; ``age`` is young, middle_aged, old, or
    "". ``languages`` are BCP 47 tags, the main one first. ``raw`` maps our facets (gender, age,
    accent, language, use_case, kind) to the provider's original words. ``details`` holds JSON
    values that only the voice's page shows.
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
    state_note: str = ""  # what it waits for, or why it failed
    is_owned: bool = False  # it can be edited and deleted
    is_editable: bool = False  # name and labels can be edited, even if not owned
    created_at: datetime | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    is_verified: bool = False  # the provider verified the speaker
    plan_note: str = ""  # the required plan, "" if any will do
    ends_at: datetime | None = None  # when the provider removes it
    end_note: str = ""  # why, or that it ends on an unknown date
    problem: str = ""  # fields of the response that couldn't be read


@dataclass(frozen=True, slots=True)
class RemoteNotice:
    """What a provider announced about one voice.

    ``ends_at`` is None if it gave no date. ``is_withdrawn`` means that the voice stays after all.
    """

    remote_id: str
    ends_at: datetime | None = None
    is_withdrawn: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class SampleFile:
    """A recording to clone from: its content and format."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CloneParams:
    """A request for one clone; ``marker`` is stored at the provider, to find the voice again.

    ``language`` is a BCP 47 tag, and ``transcript`` the text spoken in the sample, "" if unknown.
    ``progress`` is what an earlier attempt already created at the provider, such as the id of an
    uploaded file; ``keep_progress`` stores more of it durably before the next call. ``tell``
    reports progress as text and as a fraction from 0 to 1; ``play`` provides a first sound of the
    voice while it is being made.
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
    tell: Callable[[str, float], None] = field(default=_ignore_progress, repr=False)
    play: "Callable[[AudioClip], None]" = field(default=_play_to_nobody, repr=False)


@dataclass(frozen=True, slots=True)
class CloneResult:
    """The provider's response to a clone; ``ready`` is False while the voice is being made."""

    remote_id: str
    ready: bool = True
    note: str = ""  # for example that the voice needs verification


@dataclass(frozen=True, slots=True)
class AudioClip:
    """Audio as sent by the provider."""

    content: bytes = field(repr=False)
    content_type: str = "audio/mpeg"
    charged: int | None = None  # characters or credits charged, if known


@dataclass(frozen=True, slots=True)
class SpeechParams:
    """A request to synthesize a text; ``settings`` uses the names of ``speech_settings``.

    ``language`` is a BCP 47 tag, "" to let the provider decide.
    """

    remote_id: str
    text: str
    language: str = ""
    settings: Mapping[str, SettingValue] = field(default_factory=dict)
