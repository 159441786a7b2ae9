"""A provider in memory, for the tests of what works through one."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Self

from catalog.providers.errors import NotFound
from catalog.providers.key_checks import CredentialCheck, Slots
from catalog.providers.pagination import ListedVoice, ListGap
from catalog.providers.types import (
    AudioClip,
    Kind,
    PermissionState,
    RemoteVoice,
    SpeechParams,
)


class StubProvider:
    """Holds voices, fails when told to, and remembers what it was asked for."""

    def __init__(self) -> None:
        self.listed: list[RemoteVoice] = []
        self.asked: list[tuple[str, ...]] = []
        self.keys: list[str] = []
        self.fails: dict[str, list[Exception]] = {}
        self.gaps: dict[str, ListGap] = {}
        self.patience = 0.0
        self.breaks_after: int | None = None
        self.while_listing: Callable[[], None] = lambda: None
        self.while_checking: Callable[[], None] = lambda: None
        self.while_tuning: Callable[[], None] = lambda: None
        self.defaults: dict[str, Any] = {"stability": 0.5, "speed": 1.0, "use_speaker_boost": True}
        self.tuned: dict[str, dict[str, Any]] = {}
        self.while_speaking: Callable[[], None] = lambda: None
        self.sound = AudioClip(b"", "audio/wav")
        self.room: Slots | None = Slots(4, 30)
        self.verdict = CredentialCheck(
            account_ref="workspace-stub",
            account_label="Stub (creator)",
            can_list=PermissionState.YES,
            can_preview=PermissionState.YES,
            can_clone=PermissionState.YES,
            can_delete=PermissionState.YES,
            slots=Slots(4, 9),
        )

    def open(self, slug: str, secrets: Any, base_url: str = "") -> Self:
        """Stand in for ``open_provider``."""
        self.keys.append(secrets["api_key"])
        return self

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def answer_within(self, seconds: float) -> None:
        self.patience = seconds

    def _take(self, *call: str) -> None:
        self.asked.append(call)
        if waiting := self.fails.get(call[0]):
            raise waiting.pop(0)

    def check(self) -> CredentialCheck:
        self._take("check")
        self.while_checking()
        return self.verdict

    def voices(self) -> Iterator[RemoteVoice]:
        self._take("voices")
        for place, voice in enumerate(self.listed):
            if place == self.breaks_after:
                raise self.fails["listing"][0]
            yield voice
        self.while_listing()

    def listing(self) -> Iterator[ListedVoice]:
        return map(ListedVoice.of, self.voices())

    def speak(self, params: SpeechParams) -> AudioClip:
        self._take("speak", params.remote_id, params.text)
        self.while_speaking()
        return self.sound

    def slots(self) -> Slots | None:
        self._take("slots")
        return self.room

    def default_settings(self) -> dict[str, Any]:
        self._take("default_settings")
        return dict(self.defaults)

    def settings(self, remote_id: str) -> dict[str, Any]:
        self._take("settings", remote_id)
        return {**self.defaults, **self.tuned.get(remote_id, {})}

    def edit_settings(self, remote_id: str, values: dict[str, Any]) -> None:
        self._take("edit_settings", remote_id)
        self.tuned[remote_id] = {**self.tuned.get(remote_id, {}), **values}
        self.while_tuning()

    def delete(self, remote_id: str) -> None:
        self._take("delete", remote_id)
        if remote_id not in {voice.remote_id for voice in self.listed}:
            raise NotFound("The provider has no such voice.")
        self.listed = [voice for voice in self.listed if voice.remote_id != remote_id]

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        self._take("preview", remote_id, preview_url, sample_id)
        return self.sound


def remote_voice(remote_id: str = "r-1", name: str = "Rachel", **values: Any) -> RemoteVoice:
    """Return a voice as an adapter would hand it over."""
    plain = RemoteVoice(
        remote_id,
        name,
        description="Calm and clear.",
        kind=Kind.LIBRARY,
        gender="female",
        age="young",
        accent="american",
        languages=("en-US",),
        use_cases=("narration",),
        raw={"gender": "feminine"},
        preview_url="https://cdn.example.com/r-1.mp3",
    )
    return replace(plain, **values)
