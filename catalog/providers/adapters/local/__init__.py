"""Local: voices generated on this machine, without keys, network, or limits."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import httpx

from catalog.audio.tts.encoding import to_mp3
from catalog.audio.tts.engine import FASTEST, RATE, SLOWEST, TTSEngine, load_engine
from catalog.audio.tts.errors import TTSError, TTSUnavailable
from catalog.audio.tts.phonemes import language_problem
from catalog.audio.tts.styles import Style, load_style, style_names
from catalog.audio.tts.weights import prepare_weights
from catalog.providers import errors
from catalog.providers.adapters.local.clones import CloneStore, LocalClone
from catalog.providers.adapters.local.files import write_whole
from catalog.providers.adapters.local.making import (
    LONGEST_SECONDS,
    SAMPLE_FORMATS,
    make_likeness,
)
from catalog.providers.adapters.local.stock import (
    hello_text,
    preview_address,
    stock_name,
    stock_voices,
    tongue_of,
)
from catalog.providers.base import Provider
from catalog.providers.idempotency_marker import add_marker, has_marker
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.types import (
    AudioClip,
    CloneParams,
    CloneResult,
    Kind,
    PermissionState,
    Price,
    ProviderInfo,
    RemoteVoice,
    SettingField,
    SpeechParams,
    VoiceState,
)

_LONGEST_DESCRIPTION = 2000
_DEFAULT_LANGUAGE = "en-US"


class Adapter(Provider):
    """The local voices of one account, whose name serves as the key.

    ``base_url`` is the folder that holds the model's weights and the clones.
    """

    info = ProviderInfo(
        slug="local",
        label="Local",
        initials="Lo",
        hue=150,
        base_url="",
        is_built_in=True,
        sample_formats=SAMPLE_FORMATS,
        min_sample_seconds=3,
        max_sample_seconds=LONGEST_SECONDS,
        advised_sample_seconds=30,
        can_clone=True,
        clone_note=(
            "Voice match (experimental): searches for a few minutes for a voice with a similar"
            " timbre. It doesn't copy accent or speaking style."
        ),
        can_rename=True,
        can_delete=True,
        deletes_for_good=True,
        delete_note="A deleted Local clone can't be restored.",
        can_speak=True,
        max_speech_characters=3000,
        speaks_free=True,
        clone_price=Price.nothing(),
        speech_price=Price.nothing(),
        speech_price_note="Free. Runs on this machine.",
        speech_settings=(
            SettingField("speed", "Speed", SLOWEST, FASTEST, 0.05, 1.0, "1 is the voice's own."),
        ),
        marker_length=200,
        # A clone is a single file, so it never appears late.
        settle_seconds=0,
    )

    def __init__(
        self,
        secrets: Mapping[str, str],
        *,
        base_url: str = "",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self.base_url = base_url
        self.gaps = {}
        self._account = secrets.get("api_key", "")
        try:
            self._clones = CloneStore(Path(base_url), self._account)
        except ValueError:
            raise errors.CredentialRejected("This machine has no such account.") from None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        exc: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Keep the engine loaded for the next synthesis."""

    def check(self) -> CredentialCheck:
        """Verify the weights; the model is described at https://github.com/hexgrad/kokoro."""
        try:
            prepare_weights(Path(self.base_url))
        except TTSUnavailable as exc:
            return CredentialCheck(
                account_ref=self._account,
                can_list=PermissionState.YES,
                can_preview=PermissionState.NO,
                can_clone=PermissionState.NO,
                can_delete=PermissionState.YES,
                problem=str(exc),
            )
        return CredentialCheck(
            account_ref=self._account,
            account_label="On this machine",
            can_list=PermissionState.YES,
            can_preview=PermissionState.YES,
            can_clone=PermissionState.YES,
            can_delete=PermissionState.YES,
        )

    def voices(self) -> Iterator[RemoteVoice]:
        """List the stock voices, then the account's clones."""
        yield from stock_voices()
        for clone in self._clones:
            yield _as_remote(clone)

    def voice(self, remote_id: str) -> RemoteVoice:
        """Return a stock voice or a clone."""
        if remote_id in style_names():
            return next(voice for voice in stock_voices() if voice.remote_id == remote_id)
        clone = self._clones.find(remote_id)
        if clone is None:
            raise self._no_such_voice()
        return _as_remote(clone)

    def is_ready(self, remote_id: str) -> bool:
        """Return True for every existing voice."""
        self.voice(remote_id)
        return True

    def clone(self, params: CloneParams) -> CloneResult:
        """Search for a matching voice; the same marker always yields the same clone."""
        language = params.language or _DEFAULT_LANGUAGE
        problem = language_problem(language)
        if problem:
            raise errors.RequestRejected(f"The clone can't be spoken here. {problem}")
        remote_id = CloneStore.make_id(params.marker)
        if self._clones.find(remote_id) is None:
            likeness = make_likeness(params, self._load_engine())
            description = add_marker(params.description, params.marker, _LONGEST_DESCRIPTION)
            made = LocalClone(
                remote_id=remote_id,
                name=params.name,
                description=description,
                language=language,
                gender=params.gender or likeness.gender,
                made_at=datetime.now(UTC).isoformat(timespec="seconds"),
                details=likeness.details,
            )
            self._clones.keep(made, likeness.style)
            return CloneResult(remote_id, note=likeness.note)
        return CloneResult(remote_id)

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        """Search the descriptions of the clones for the marker."""
        marked = (clone for clone in self._clones if has_marker(clone.description, marker))
        return [_as_remote(clone) for clone in marked]

    def rename(self, remote_id: str, name: str, description: str | None = None) -> None:
        """Rewrite the clone's file; its marker stays in the description."""
        clone = self._clones.find(remote_id)
        if clone is None:
            raise self._no_such_voice()
        if description is not None:
            mark = next(iter(clone.markers), "")
            description = add_marker(description, mark, _LONGEST_DESCRIPTION)
        if not self._clones.rename(remote_id, name, description):
            raise self._no_such_voice()

    def delete(self, remote_id: str) -> None:
        """Delete the clone's file; stock voices are part of the model and can't be deleted."""
        if remote_id in style_names():
            raise errors.RequestRejected("Built-in voices can't be deleted.")
        if not self._clones.delete(remote_id):
            raise self._no_such_voice()

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """Generate a sentence that introduces the voice; cached for stock voices."""
        name, tag, style = self._find_speaker(remote_id)
        recipe = preview_address(remote_id, tag, name)
        if remote_id not in style_names() or not recipe:
            return self._speak(hello_text(tag, name), style, tag, 1.0)
        # All accounts on this machine share the stock voices.
        digest = hashlib.sha256(recipe.encode()).hexdigest()[:32]
        path = Path(self.base_url) / "previews" / f"{digest}.mp3"
        if not path.is_file():
            write_whole(path, self._speak(hello_text(tag, name), style, tag, 1.0).content)
        return AudioClip(path.read_bytes(), "audio/mpeg", charged=0)

    def speak(self, params: SpeechParams) -> AudioClip:
        """Synthesize a text in the requested language, or else in the voice's own."""
        _, tag, style = self._find_speaker(params.remote_id)
        speed = float(params.settings.get("speed", 1.0))
        return self._speak(params.text, style, params.language or tag, speed)

    def _find_speaker(self, remote_id: str) -> tuple[str, str, Style]:
        """Return a voice's name, language, and style."""
        if remote_id in style_names():
            return stock_name(remote_id), tongue_of(remote_id).tag, load_style(remote_id)
        clone, style = self._clones.find(remote_id), self._clones.style_of(remote_id)
        if clone is None or style is None:
            raise self._no_such_voice()
        return clone.name, clone.language, style

    def _speak(self, text: str, style: Style, language: str, speed: float) -> AudioClip:
        try:
            samples = self._load_engine().speak(text, style, language, speed)
        except TTSError as exc:
            raise errors.RequestRejected(str(exc)) from None
        return AudioClip(to_mp3(samples, RATE), "audio/mpeg", charged=0)

    def _load_engine(self) -> TTSEngine:
        try:
            return load_engine(Path(self.base_url))
        except TTSUnavailable as exc:
            raise errors.RequestRejected(str(exc)) from None

    def _no_such_voice(self) -> errors.NotFound:
        return errors.NotFound("This voice doesn't exist on this machine.")


def _as_remote(clone: LocalClone) -> RemoteVoice:
    return RemoteVoice(
        remote_id=clone.remote_id,
        name=clone.name,
        description=clone.description,
        kind=Kind.CLONE,
        gender=clone.gender,
        languages=(clone.language,),
        preview_url=preview_address(clone.remote_id, clone.language, clone.name),
        state=VoiceState.MUTE if language_problem(clone.language) else VoiceState.READY,
        is_owned=True,
        created_at=datetime.fromisoformat(clone.made_at),
        details=clone.details,
    )
