"""Inworld: one list of built-in voices and the workspace's clones, with free previews.

Voices: https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/list-voices
Clones: https://docs.inworld.ai/tts/instant-voice-cloning

How an account is recognized: no endpoint identifies a key's account, but the workspace is part of
the resource names of its own voices (``workspaces/{workspace}/voices/{voice}``) and of their ids
(``{workspace}__{voice}``). It serves as the account's reference, which stays "" while the
workspace has no voices of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalog.providers import errors
from catalog.providers.adapters.inworld.cloning import (
    LOCALES,
    clone_body,
    read_verdicts,
    say_what_was_sent,
)
from catalog.providers.adapters.inworld.voices import read_voice, voice_id, workspace_of
from catalog.providers.base import AUDIO_LIMIT, Provider
from catalog.providers.idempotency_marker import add_marker, find_markers, has_marker
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.pagination import ListedVoice, ListWalk, demand_ids
from catalog.providers.permissions import try_permissions
from catalog.providers.responses import ErrorBody, decode_sound, json_body, read_rpc_refusal
from catalog.providers.types import (
    AudioClip,
    CloneParams,
    CloneResult,
    PermissionState,
    ProviderInfo,
    RemoteVoice,
    SettingField,
    SpeechApiCall,
    SpeechParams,
    Transcript,
    VoiceState,
)
from catalog.providers.validation import check_speech

_VOICES = "voices/v1/voices"
# Half of the API's limit, so that long descriptions don't make a page too large to read.
_PAGE_SIZE = 1000
_MOST_PAGES = 1000
# Calls require a model; each model works with every voice.
_MODEL = "inworld-tts-1.5-max"
# Base64 uses 4 characters for 3 bytes.
_SOUND_LIMIT = AUDIO_LIMIT * 4 // 3 + 4096
_SPEECH_SETTINGS = (
    SettingField("speakingRate", "Speed", 0.5, 1.5, default=1, note="1 is the voice's own pace."),
    SettingField(
        "temperature",
        "Variation",
        0.1,
        2,
        default=1,
        note="Lower is more consistent; higher is livelier and less predictable.",
    ),
)
# 5 clones per minute are allowed, and no header says when to retry.
_CLONE_WAIT = 60.0


def quote_filter_value(text: str) -> str:
    """Quote a string for a filter expression; see https://google.aip.dev/160."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


# Includes professional clones, which a filter for "IVC" would miss.
_OWN_FILTER = f"source != {quote_filter_value('SYSTEM')}"


class Adapter(Provider):
    """Lists by tokens that encode offsets; clones are instant, or rejected inside a 200."""

    info = ProviderInfo(
        slug="inworld",
        label="Inworld",
        initials="IW",
        hue=235,
        base_url="https://api.inworld.ai",
        key_hint="The Basic (Base64) key from the portal. Cloning requires write access.",
        sample_formats=frozenset({"wav", "mp3", "webm"}),
        min_sample_seconds=3,
        # The documentation mentions both 15 and 30 seconds; longer samples may not work.
        max_sample_seconds=30,
        advised_sample_seconds=15,
        max_sample_bytes=4 * 1024 * 1024,
        can_clone=True,
        removes_noise=True,
        can_rename=True,
        can_delete=True,
        delete_note="Inworld offers no documented way to restore a deleted voice or its ID.",
        erase_note=(
            "Inworld's API documentation doesn't say whether a deletion is permanent, when copies"
            " are gone, or whether recordings were used for training."
        ),
        marker_length=500,
        clone_languages=LOCALES,
        transcript=Transcript.OPTIONAL,
        can_speak=True,
        speech_call=SpeechApiCall(
            "tts/v1/voice",
            {"text": "{text}", "voiceId": "{voice}", "modelId": _MODEL},
            {"Authorization": "Basic {key}"},
            sound_in="audioContent",
        ),
        speech_settings=_SPEECH_SETTINGS,
        max_speech_characters=2000,
        speech_price_note="Inworld charges per character. The rate depends on your plan.",
        # A create call may take 4 minutes, plus 2 in which a late voice may still appear.
        settle_seconds=360,
    )

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": f"Basic {self._secrets['api_key']}"}

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        return read_rpc_refusal(status, body)

    def check(self) -> CredentialCheck:
        """See https://docs.inworld.ai/api-reference/introduction on read and write permission.

        No endpoint reports a key's permissions, so an empty clone request, which can't create
        anything, shows them.
        """
        found = try_permissions(
            self._find_workspace,
            lambda: self.request("POST", f"{_VOICES}:clone", repeatable=True, json={}),
        )
        # Credit is only checked when a voice is made, so until then it can't be a yes.
        can_clone = (
            PermissionState.UNKNOWN if found.can_clone is PermissionState.YES else found.can_clone
        )
        return replace(found, account_label=found.account_ref, can_clone=can_clone)

    def listing(self) -> Iterator[ListedVoice]:
        """See https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/list-voices."""
        return (ListedVoice(item["voiceId"], item, self._read_voice) for item in self._items({}))

    def voice(self, remote_id: str) -> RemoteVoice:
        """See https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/get-voice."""
        return self._read_voice(self._item(remote_id))

    def clone(self, params: CloneParams) -> CloneResult:
        """See https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/clone-voice."""
        made = LenientJson(self._send_clone(clone_body(params, self.info.marker_length)))
        remote_id = made.object("voice").exact("voiceId", 200)
        refused, noted = (
            self.tidy("; ".join(filter(None, read_verdicts(made, field))))
            for field in ("errors", "warnings")
        )
        if remote_id:
            notes = (refused, noted, say_what_was_sent(params.language))
            return CloneResult(remote_id, note="; ".join(filter(None, notes)))
        if refused:
            raise errors.RequestRejected(f"Inworld rejected the recording: {refused}", status=200)
        raise self.unclear("sent a response without a voice ID", repeatable=False)

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        # Voices carry no creation date, but the list can be sorted by it.
        return [
            self._read_voice(item)
            for item in self._items({"filter": _OWN_FILTER}, is_whole=True)
            if has_marker(LenientJson(item).text("description", 5000), marker)
        ]

    def is_ready(self, remote_id: str) -> bool:
        return self.voice(remote_id).state is VoiceState.READY

    def rename(self, remote_id: str, name: str, description: str | None = None) -> None:
        """See https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/update-voice."""
        # It is undocumented whether omitted fields are kept or cleared, so send them all.
        item = self._item(remote_id)
        kept = item["description"] if isinstance(item.get("description"), str) else ""
        if description is not None:
            kept = add_marker(description, " ".join(find_markers(kept)), self.info.marker_length)
        wanted = {"displayName": name, "description": kept, "tags": LenientJson(item).lines("tags")}
        self.request("PATCH", f"{_VOICES}/{self.segment(remote_id)}", **json_body(wanted))

    def delete(self, remote_id: str) -> None:
        """See https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/delete-voice."""
        self.request_done("DELETE", f"{_VOICES}/{self.segment(remote_id)}")

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """See https://docs.inworld.ai/api-reference/voiceAPI/voiceservice/get-voice-preview."""
        body = self.request_json("GET", self._preview_path(remote_id), limit=_SOUND_LIMIT)
        return self._read_sound(body, repeatable=True)

    def speak(self, params: SpeechParams) -> AudioClip:
        """See https://docs.inworld.ai/api-reference/ttsAPI/texttospeech/synthesize-speech."""
        check_speech(self.info, params)
        rest = dict(params.settings)
        pace = drop_empty({"speakingRate": rest.pop("speakingRate", None)})
        wanted = {
            "text": params.text,
            "voiceId": params.remote_id,
            "modelId": _MODEL,
            "audioConfig": {"audioEncoding": "MP3", **pace},
            **rest,
        }
        body = self.request_json("POST", "tts/v1/voice", limit=_SOUND_LIMIT, **json_body(wanted))
        charged = LenientJson(body).object("usage").count("processedCharactersCount")
        return replace(self._read_sound(body, repeatable=False), charged=charged)

    def _read_sound(self, body: dict[str, Any], *, repeatable: bool) -> AudioClip:
        # Some responses nest the audio inside an undocumented ``result``.
        nested = body.get("result")
        found = nested if isinstance(nested, dict) else body
        sound = decode_sound(found.get("audioContent"))
        if not sound:
            words = "sent something that isn't audio"
            raise self.unclear(words, repeatable=repeatable)
        return AudioClip(sound, "audio/mpeg")

    def _preview_path(self, remote_id: str) -> str:
        segment = self.segment(remote_id)
        return f"tts/v1/voice:preview?voice_id={segment}&model_id={_MODEL}"

    def _find_workspace(self) -> str:
        page = self._list_page({"pageSize": 1, "filter": _OWN_FILTER})
        return next((workspace_of(LenientJson(item)) for item in page["voices"]), "")

    def _send_clone(self, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self.request_json("POST", f"{_VOICES}:clone", **json_body(body))
        except errors.TryLater as exc:
            if exc.is_for_speed and exc.retry_after is None:
                exc.retry_after = _CLONE_WAIT
            raise
        samples = answer.get("audioSamplesValidated")
        for sample in samples if isinstance(samples, list) else ():
            if isinstance(sample, dict):
                # The response echoes the whole recording; drop it.
                sample.pop("audioData", None)
        return answer

    def _item(self, remote_id: str) -> dict[str, Any]:
        item = self.request_json("GET", f"{_VOICES}/{self.segment(remote_id)}")
        if not voice_id(item):
            raise self.unclear("sent a response without a voice", repeatable=True)
        return item

    def _list_page(self, params: dict[str, Any]) -> dict[str, Any]:
        page = self.request_json("GET", _VOICES, params=params)
        promises = page.get("nextPageToken") or LenientJson(page).amount("totalSize")
        voices = self.entries(page, "voices", "totalSize", "nextPageToken", promises=promises)
        return {**page, "voices": voices}

    def _items(
        self, narrowed: dict[str, Any], *, is_whole: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Yield each voice of a complete listing once, or raise; ``is_whole`` requires every id."""
        # Sorted by creation, so that a new voice doesn't move others to another page.
        params = {"pageSize": _PAGE_SIZE, "orderBy": "created_at asc", **narrowed}
        tokens: set[str] = set()
        walk = ListWalk(voice_id)
        for _ in range(_MOST_PAGES):
            page = self._list_page(params)
            if is_whole:
                demand_ids(page["voices"], voice_id, self.unclear)
            yield from walk.take(page["voices"])
            token = page.get("nextPageToken") or ""
            if not token:
                # The token encodes an offset, so a deletion in the meantime makes us miss another
                # voice.
                if tokens and walk.lacks_some(LenientJson(page).amount("totalSize")):
                    raise self.unclear(
                        "changed its list of voices while it was being read", repeatable=True
                    )
                return
            if not isinstance(token, str) or token in tokens:
                break
            tokens.add(token)
            params["pageToken"] = token
        raise self.unclear("sent a list of voices without an end", repeatable=True)

    def _read_voice(self, item: dict[str, Any]) -> RemoteVoice:
        voice = read_voice(item)
        path = self._preview_path(voice.remote_id)
        return replace(voice, preview_url=f"{self.base_url.rstrip('/')}/{path}")
