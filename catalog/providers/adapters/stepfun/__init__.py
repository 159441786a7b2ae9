"""StepFun: built-in Chinese voices, and clones without names that can't be deleted.

API reference: https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice

A clone takes two calls: upload the recording, then create a voice from it, which is charged at
once. The file's id is stored in between to resume with the second call and to find the voice
again. The file's name carries the marker in case the id is lost.
No endpoint identifies a key's account, so the account's reference stays empty, and the key itself
identifies the account. StepFun has no stored previews. Hearing a clone before it is made is
charged: ``preview_clone`` does this, but no page offers it.
"""

import itertools
import math
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal
from functools import partial
from pathlib import PurePath
from typing import Any

from catalog.providers import errors
from catalog.providers.adapters.stepfun.credit import is_out_of_credit
from catalog.providers.adapters.stepfun.voices import (
    CLONE_PREFIX,
    read_built_in,
    read_clone,
    voice_id,
)
from catalog.providers.base import AUDIO_LIMIT, Provider
from catalog.providers.error_classification import judge_refusal
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.pagination import ListedVoice, demand_ids
from catalog.providers.responses import ErrorBody, decode_sound, json_body
from catalog.providers.sanitize import clean_line
from catalog.providers.types import (
    AudioClip,
    CloneParams,
    CloneResult,
    PermissionState,
    Price,
    ProviderInfo,
    RemoteVoice,
    SettingField,
    SpeechApiCall,
    SpeechParams,
    Transcript,
    VoiceState,
)
from catalog.providers.validation import check_speech

_PAGE_SIZE = 100
_MOST_PAGES = 2000
_LONGEST_TEXT = 5000
# The only model documented for the list of built-in voices.
_LIST_MODEL = "step-tts-2"
_CLONE_MODEL = "stepaudio-2.5-tts"
_SPOKEN = {"model": _LIST_MODEL, "input": "{text}", "voice": "{voice}"}
_PACE_NOTE = "1 is the voice's own pace."
_MODERATED = 451
# Base64 uses 4 characters for 3 bytes.
_PRICE_SOURCE = "https://platform.stepfun.ai/docs/en/guides/pricing/details, read on 2026-11-21"
_PREVIEW_LIMIT = AUDIO_LIMIT * 4 // 3 + 4096


class Adapter(Provider):
    """Own voices by cursor, built-in ones in another format; clones take two calls."""

    info = ProviderInfo(
        slug="stepfun",
        label="StepFun",
        initials="SF",
        hue=30,
        base_url="https://api.stepfun.ai/v1",
        key_hint="From platform.stepfun.ai, API keys; not from platform.stepfun.com.",
        sample_formats=frozenset({"mp3", "wav"}),
        min_sample_seconds=5,
        max_sample_seconds=10,
        max_sample_bytes=128 * 1024 * 1024,
        can_preview=False,
        can_clone=True,
        clone_price=Price(Decimal("1.5"), "USD", _PRICE_SOURCE),
        clone_price_note="$1.50 for each voice, charged at once",
        delete_note=(
            "StepFun can't delete voices. Voiceboard can only hide the voice here;"
            " it remains at StepFun."
        ),
        erase_note=(
            "StepFun's API can't delete voices, so the voice and its recording remain there. Ask"
            " StepFun to erase them."
        ),
        finds_by_progress=True,
        transcript=Transcript.OPTIONAL,
        can_speak=True,
        speech_call=SpeechApiCall("audio/speech", _SPOKEN, own_body={"model": _CLONE_MODEL}),
        speech_settings=(
            SettingField("speed", "Speed", 0.5, 2, default=1, note=_PACE_NOTE),
            SettingField("volume", "Volume", 0.1, 2, default=1, note="1 is the recorded volume."),
        ),
        max_speech_characters=1000,
        speech_price_note="StepFun charges per character. The rate depends on your plan.",
        # A create call may take 4 minutes, plus 2 in which a late voice may still appear.
        settle_seconds=360,
    )

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secrets['api_key']}"}

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        error = LenientJson(body if isinstance(body, dict) else None).object("error")
        message, code = error.line("message"), error.line("type", 80)
        if not message:
            return None
        if status == _MODERATED:
            message = f"its content moderation blocked it ({message})"
        return ErrorBody(judge_refusal(status, code, message), message, code)

    def check(self) -> CredentialCheck:
        """See https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice on listing."""
        try:
            self._page({"limit": "1"})
        except errors.OutOfCredit as exc:
            return CredentialCheck(
                can_delete=PermissionState.NO, is_out_of_credit=True, problem=exc.message
            )
        except errors.RequestRejected as exc:
            if not exc.code:
                raise
            return CredentialCheck(can_delete=PermissionState.NO, problem=exc.message)
        words = self._describe_lack_of_credit()
        return CredentialCheck(
            can_list=PermissionState.YES,
            can_delete=PermissionState.NO,
            is_out_of_credit=bool(words),
            problem=words,
        )

    def listing(self) -> Iterator[ListedVoice]:
        """See https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice on own voices.

        And https://platform.stepfun.com/docs/zh/api-reference/audio/get_detail on built-in ones.
        """
        seen: set[str] = set()
        name = "StepFun's built-in voices"
        others = self.fetch_if_possible(name, self._built_in_entries)
        for entry in itertools.chain(self._own_entries(), others):
            if entry.remote_id not in seen:
                seen.add(entry.remote_id)
                yield entry

    def voice(self, remote_id: str) -> RemoteVoice:
        """See https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice, lists only."""
        for entry in itertools.chain(self._own_entries(), self._built_in_entries()):
            if entry.remote_id == remote_id:
                return entry.read()
        raise errors.NotFound("StepFun has no such voice.")

    def clone(self, params: CloneParams) -> CloneResult:
        """See https://platform.stepfun.ai/docs/en/api-reference/audio/create-voice."""
        file_id = params.progress.get("file_id") or self._upload(params)
        wanted = _clone_body(params, file_id)
        made = LenientJson(self.request_json("POST", "audio/voices", json=wanted))
        remote_id = made.identifier("id")
        if not remote_id:
            raise self.unclear("sent a response without a voice ID", repeatable=False)
        if made.flag("duplicated"):
            return CloneResult(remote_id, note="StepFun had already made this voice.")
        return CloneResult(remote_id)

    def find_by_progress(self, progress: Mapping[str, str]) -> list[RemoteVoice]:
        """See https://platform.stepfun.ai/docs/en/api-reference/audio/list-voice on ``file_id``."""
        file_ids = {progress["file_id"]} if progress.get("file_id") else set()
        if progress.get("marker"):
            file_ids |= self._find_marked_files(progress["marker"])
        # Without a file, no voice can have been made.
        return self._find_made_of(file_ids) if file_ids else []

    def _find_marked_files(self, marker: str) -> set[str]:
        # https://platform.stepfun.com/docs/zh/api-reference/files/list
        page = self.request_json("GET", "files")
        files = page.get("data")
        if not isinstance(files, list) or page.get("has_more"):
            raise self.unclear("sent an incomplete list of files", repeatable=True)
        demand_ids(files, voice_id, self.unclear)
        start = _marked_name(marker)
        return {
            voice_id(item) for item in files if LenientJson(item).line("filename").startswith(start)
        }

    def _find_made_of(self, file_ids: Collection[str]) -> list[RemoteVoice]:
        found = {
            voice_id(item): read_clone(item)
            for item in self._items(is_whole=True)
            if LenientJson(item).identifier("file_id") in file_ids
        }
        return sorted(
            found.values(),
            key=lambda voice: (
                voice.created_at.timestamp() if voice.created_at else math.inf,
                voice.remote_id,
            ),
        )

    def is_ready(self, remote_id: str) -> bool:
        return self.voice(remote_id).state is VoiceState.READY

    def speak(self, params: SpeechParams) -> AudioClip:
        """See https://platform.stepfun.ai/docs/en/api-reference/audio/create-audio."""
        check_speech(self.info, params)
        wanted = {
            "model": self._speaking_model(params.remote_id),
            "input": params.text,
            "voice": params.remote_id,
            "response_format": "mp3",
            **params.settings,
        }
        return self.request_audio("POST", "audio/speech", **json_body(wanted))

    def preview_clone(self, params: CloneParams, text: str) -> AudioClip:
        """Return audio of a clone without creating a voice, which is charged.

        The uploaded file is kept, as for a clone. See
        https://platform.stepfun.ai/docs/en/api-reference/audio/voices-preview.
        """
        file_id = params.progress.get("file_id") or self._upload(params)
        wanted = {**_clone_body(params, file_id), "sample_text": text}
        body = self.request_json("POST", "audio/voices/preview", limit=_PREVIEW_LIMIT, json=wanted)
        sound = decode_sound(body.get("sample_audio"))
        if not sound:
            raise self.unclear("sent something that isn't audio", repeatable=False)
        return AudioClip(sound, "audio/wav")

    def _describe_lack_of_credit(self) -> str:
        # https://platform.stepfun.com/docs/zh/api-reference/accounts/get
        try:
            account = LenientJson(self.request_json("GET", "accounts"))
        except errors.ProviderError:
            return ""
        return "The account at StepFun is out of credit." if is_out_of_credit(account) else ""

    def _speaking_model(self, remote_id: str) -> str:
        """Return the model that knows the voice; each has its own built-in voices."""
        if remote_id.startswith(CLONE_PREFIX):
            return _CLONE_MODEL
        # The prefix of clone ids isn't documented, so check the list of built-in voices.
        try:
            is_clone = remote_id not in self._built_in_ids()
        except (errors.RequestRejected, errors.TryLater):
            is_clone = any(entry.remote_id == remote_id for entry in self._own_entries())
        return _CLONE_MODEL if is_clone else _LIST_MODEL

    def _upload(self, params: CloneParams) -> str:
        """Upload the recording, store its id with the job, and return it.

        See https://platform.stepfun.ai/docs/en/api-reference/files/create.
        """
        sample = params.samples[0]
        name = clean_line(sample.filename, 120)
        if params.marker:
            name = f"{_marked_name(params.marker)}{PurePath(name).suffix}"
        file = (name, sample.content, sample.content_type)
        sent = {"data": {"purpose": "storage"}, "files": {"file": file}}
        # An extra file costs nothing and isn't a voice, so a lost upload is simply repeated.
        stored = LenientJson(self.request_json("POST", "files", repeatable=True, **sent))
        file_id = stored.identifier("id")
        if not file_id:
            raise self.unclear("sent a response without a file ID", repeatable=True)
        params.keep_progress({"file_id": file_id})
        return file_id

    def _own_entries(self) -> Iterator[ListedVoice]:
        return (ListedVoice(voice_id(item), item, read_clone) for item in self._items())

    def _built_in_entries(self) -> Iterator[ListedVoice]:
        found = self._system_voices()
        details = found.get("voices-details")
        for listed in found["voices"]:
            remote_id = LenientJson({"id": listed}).identifier("id")
            if remote_id:
                known = details.get(remote_id) if isinstance(details, dict) else details
                yield ListedVoice(remote_id, known, partial(read_built_in, remote_id))

    def _built_in_ids(self) -> set[str]:
        listed = self._system_voices()["voices"]
        return {LenientJson({"id": each}).identifier("id") for each in listed}

    def _system_voices(self) -> dict[str, Any]:
        # https://platform.stepfun.com/docs/zh/api-reference/audio/get_detail
        try:
            found = self.request_json("GET", "audio/system_voices", params={"model": _LIST_MODEL})
        except errors.RequestRejected as exc:
            # Some plans don't have this list.
            if not exc.is_of_no_such_page:
                raise
            return {"voices": []}
        name, details = "voices", "voices-details"
        listed = self.entries(found, name, details, promises=found.get(details))
        return {**found, name: listed}

    def _page(self, params: dict[str, str]) -> dict[str, Any]:
        page = self.request_json("GET", "audio/voices", params=params)
        known = ("object", "has_more", "first_id", "last_id")
        has_more = LenientJson(page).flag("has_more")
        return {**page, "data": self.entries(page, "data", *known, promises=has_more)}

    def _items(self, *, is_whole: bool = False) -> Iterator[dict[str, Any]]:
        """Yield every clone of a complete listing, or raise; a clone may appear twice.

        ``is_whole`` requires every id.
        """
        # Oldest first, so that a new voice is appended and doesn't move others.
        params = {"limit": str(_PAGE_SIZE), "order": "asc"}
        cursors = {""}
        for _ in range(_MOST_PAGES):
            page = self._page(params)
            if is_whole:
                demand_ids(page["data"], voice_id, self.unclear)
            items = [item for item in page["data"] if voice_id(item)]
            yield from items
            has_more = LenientJson(page).flag("has_more")
            if has_more is False or (not page["data"] and not has_more):
                return
            last = LenientJson(page).identifier("last_id") or (voice_id(items[-1]) if items else "")
            if last in cursors:
                break
            cursors.add(last)
            params["after"] = last
        # Also raised for a page that promises more without a cursor: half a list is worse than
        # none.
        raise self.unclear("sent a list of voices without an end", repeatable=True)


def _marked_name(marker: str) -> str:
    """Return the marker as a valid file name."""
    return marker.replace(":", "-")


def _clone_body(params: CloneParams, file_id: str) -> dict[str, str]:
    transcript = clean_line(params.transcript, _LONGEST_TEXT)
    return drop_empty({"model": _CLONE_MODEL, "file_id": file_id, "text": transcript})
