"""ElevenLabs: a large library, instant clones from recordings, settings per voice.

API reference: https://elevenlabs.io/docs/api-reference/introduction
"""

import json
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from catalog.providers import errors
from catalog.providers.adapters.elevenlabs.error_mapping import read_elevenlabs_refusal
from catalog.providers.adapters.elevenlabs.forms import edit_fields, to_form
from catalog.providers.adapters.elevenlabs.history import walk_history
from catalog.providers.adapters.elevenlabs.keys import KeyReport, read_slots
from catalog.providers.adapters.elevenlabs.notices import read_elevenlabs_notices
from catalog.providers.adapters.elevenlabs.voice_settings import (
    VOICE_SETTINGS,
    check_settings,
    read_settings,
)
from catalog.providers.adapters.elevenlabs.voices import read_voice, voice_id
from catalog.providers.base import Provider
from catalog.providers.idempotency_marker import add_marker, find_markers, has_marker
from catalog.providers.key_checks import CredentialCheck, Slots
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.pagination import ListedVoice, demand_ids
from catalog.providers.permissions import EMPTY_FORM
from catalog.providers.public_fetch import fetch_public
from catalog.providers.responses import ErrorBody, json_body
from catalog.providers.sanitize import clean_line
from catalog.providers.types import (
    AudioClip,
    CloneParams,
    CloneResult,
    Price,
    ProviderInfo,
    RemoteNotice,
    RemoteVoice,
    SpeechApiCall,
    SpeechParams,
    VoiceState,
)
from catalog.providers.usage import RemoteUse
from catalog.providers.validation import check_speech

_PAGE_SIZE = 100
_MOST_PAGES = 2000
# The documented price applies to this multilingual model; MP3 is available on every plan.
_SPEECH_MODEL = "eleven_multilingual_v2"
_FORMAT = "mp3_44100_128"
_PRICE_SOURCE = (
    "https://help.elevenlabs.io/hc/en-us/articles/21811236079505-How-do-I-find-the-model-ID,"
    " read on 2026-11-21"
)


class Adapter(Provider):
    """Lists by page token; clones are instant, but some need verification first."""

    info = ProviderInfo(
        slug="elevenlabs",
        label="ElevenLabs",
        initials="EL",
        hue=300,
        base_url="https://api.elevenlabs.io",
        key_hint="From Developers, API keys. Needs Voices (write); User (read) shows free slots.",
        # The format shown in the console: https://elevenlabs.io/docs/api-reference/authentication
        key_pattern=r"sk_[0-9A-Za-z]{20,}",
        sample_formats=frozenset({"wav", "mp3", "flac", "ogg", "m4a", "webm"}),
        advised_sample_seconds=60,
        # Several are accepted; no limit is documented, so use as many as the form takes.
        max_samples=10,
        can_clone=True,
        removes_noise=True,
        can_rename=True,
        kept_labels=frozenset({"gender", "age", "accent", "language"}),
        can_delete=True,
        tells_uses=True,
        voice_settings=VOICE_SETTINGS,
        has_slots=True,
        can_speak=True,
        speech_call=SpeechApiCall(
            f"v1/text-to-speech/{{voice}}?output_format={_FORMAT}",
            {"text": "{text}", "model_id": _SPEECH_MODEL},
            {"xi-api-key": "{key}"},
        ),
        speech_settings=VOICE_SETTINGS,
        max_speech_characters=10_000,
        speech_price=Price(Decimal(1), "credits", _PRICE_SOURCE),
        speech_price_note="1 credit per character. Plans and voices may change this rate.",
        delete_note="ElevenLabs can't restore a deleted voice, its samples, or its ID.",
        erase_note=(
            "ElevenLabs' API documentation doesn't say when copies of a deleted voice and its"
            " samples are gone, or whether they were used for training."
        ),
        marker_length=500,
        # The longest wait for a create call, plus two minutes.
        settle_seconds=360,
        sends_notices=True,
        notice_note="In ElevenLabs, an admin of the workspace adds it under Settings, Webhooks.",
    )

    @classmethod
    def read_notices(
        cls, headers: Mapping[str, str], body: bytes, secret: str, now: datetime
    ) -> list[RemoteNotice]:
        return read_elevenlabs_notices(headers, body, secret, now)

    def auth_headers(self) -> dict[str, str]:
        return {"xi-api-key": self._secrets["api_key"]}

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        return read_elevenlabs_refusal(status, body)

    def check(self) -> CredentialCheck:
        """See https://elevenlabs.io/docs/api-reference/authentication on what keys may do."""
        report = KeyReport()
        report.ask_for_list(lambda: self._list_page({"page_size": 1}))
        # https://elevenlabs.io/docs/api-reference/user/get
        report.ask_for_account(lambda: self.request_json("GET", "v1/user"))
        report.ask_for_subscription(self._subscription)
        # https://elevenlabs.io/docs/api-reference/voices/ivc/create
        report.ask_for_writing(
            lambda: self.request("POST", "v1/voices/add", repeatable=True, **EMPTY_FORM)
        )
        return report.conclude()

    def listing(self) -> Iterator[ListedVoice]:
        """See https://elevenlabs.io/docs/api-reference/voices/search."""
        return (ListedVoice(item["voice_id"], item, read_voice) for item in self._items())

    def voice(self, remote_id: str) -> RemoteVoice:
        """See https://elevenlabs.io/docs/api-reference/voices/get."""
        return read_voice(self._item(remote_id))

    def clone(self, params: CloneParams) -> CloneResult:
        """See https://elevenlabs.io/docs/api-reference/voices/ivc/create."""
        description = add_marker(params.description, params.marker, self.info.marker_length)
        fields = {
            "name": params.name,
            "description": description,
            "remove_background_noise": "true" if params.remove_background_noise else "false",
        }
        # From the form; labels use language codes without a region.
        chosen = {"language": params.language.partition("-")[0], "gender": params.gender}
        labels = {**drop_empty(chosen), **params.labels}
        if labels:
            fields["labels"] = json.dumps(labels)
        files = [
            ("files", (clean_line(sample.filename, 120), sample.content, sample.content_type))
            for sample in params.samples
        ]
        body = self.request_json("POST", "v1/voices/add", files=[*to_form(fields), *files])
        made = LenientJson(body)
        remote_id = made.exact("voice_id", 200)
        if not remote_id:
            raise self.unclear("sent a response without a voice ID", repeatable=False)
        if made.flag("requires_verification"):
            note = "Verify this voice on the ElevenLabs website before using it."
            return CloneResult(remote_id, ready=False, note=note)
        return CloneResult(remote_id)

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        # Not the server's search, because it is undocumented how soon that finds a new voice.
        marked = [
            read_voice(item)
            for item in self._items(is_whole=True)
            if item.get("is_owner") is not False and _carries(item, marker)
        ]
        return sorted(
            marked,
            key=lambda voice: (
                voice.created_at.timestamp() if voice.created_at else math.inf,
                voice.remote_id,
            ),
        )

    def is_ready(self, remote_id: str) -> bool:
        return self.voice(remote_id).state is VoiceState.READY

    def rename(self, remote_id: str, name: str, description: str | None = None) -> None:
        """See https://elevenlabs.io/docs/api-reference/voices/update."""
        item = self._item(remote_id)
        if description is not None:
            markers = " ".join(find_markers(LenientJson(item).text("description", 5000)))
            description = add_marker(description, markers, self.info.marker_length)
        self._edit(remote_id, edit_fields(item, name=name, description=description))

    def relabel(self, remote_id: str, labels: Mapping[str, str]) -> None:
        """See https://elevenlabs.io/docs/api-reference/voices/update."""
        self._edit(remote_id, edit_fields(self._item(remote_id), labels=labels))

    def delete(self, remote_id: str) -> None:
        """See https://elevenlabs.io/docs/api-reference/voices/delete."""
        # The response is an object with "ok"; anything else came from a proxy.
        self.request_json("DELETE", f"v1/voices/{self.segment(remote_id)}")

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """See https://elevenlabs.io/docs/api-reference/voices/samples/audio/get."""
        if not preview_url and not sample_id:
            voice = self.voice(remote_id)
            preview_url = voice.preview_url
            sample_id = voice.samples[0].remote_id if voice.samples else ""
        if preview_url:
            try:
                return fetch_public(preview_url, trusted_url=self.base_url, deadline=self.deadline)
            except errors.RequestRejected:
                if not sample_id:
                    raise
        if not sample_id:
            raise errors.NotFound("ElevenLabs has no preview of this voice.")
        path = f"v1/voices/{self.segment(remote_id)}/samples/{self.segment(sample_id)}/audio"
        return self.request_audio("GET", path)

    def speak(self, params: SpeechParams) -> AudioClip:
        """See https://elevenlabs.io/docs/api-reference/text-to-speech/convert."""
        check_speech(self.info, params)
        wanted: dict[str, Any] = {"text": params.text, "model_id": _SPEECH_MODEL}
        if params.settings:
            wanted["voice_settings"] = dict(params.settings)
        path = f"v1/text-to-speech/{self.segment(params.remote_id)}"
        return self.request_audio("POST", f"{path}?output_format={_FORMAT}", **json_body(wanted))

    def slots(self) -> Slots | None:
        """See https://elevenlabs.io/docs/api-reference/user/subscription/get."""
        try:
            return read_slots(LenientJson(self._subscription()))
        except errors.PermissionMissing:
            return None

    def default_settings(self) -> dict[str, Any]:
        """See https://elevenlabs.io/docs/api-reference/voices/settings/get-default."""
        return read_settings(self.request_json("GET", "v1/voices/settings/default"))

    def settings(self, remote_id: str) -> dict[str, Any]:
        """See https://elevenlabs.io/docs/api-reference/voices/settings/get."""
        path = f"v1/voices/{self.segment(remote_id)}/settings"
        return read_settings(self.request_json("GET", path))

    def edit_settings(self, remote_id: str, values: Mapping[str, Any]) -> None:
        """See https://elevenlabs.io/docs/api-reference/voices/settings/update."""
        check_settings(values)
        path = f"v1/voices/{self.segment(remote_id)}/settings/edit"
        # As with names, it is undocumented whether omitted fields keep their values.
        wanted = self.settings(remote_id) | dict(values)
        self.request_json("POST", path, repeatable=True, json=wanted)

    def uses(self, since: datetime | None = None) -> Iterator[RemoteUse]:
        """See https://elevenlabs.io/docs/api-reference/history/list."""
        return walk_history(
            lambda params: self.request_json("GET", "v1/history", params=params), since
        )

    def _edit(self, remote_id: str, fields: Mapping[str, str]) -> None:
        path = f"v1/voices/{self.segment(remote_id)}/edit"
        self.request_json("POST", path, repeatable=True, files=to_form(fields))

    def _subscription(self) -> dict[str, Any]:
        return self.request_json("GET", "v1/user/subscription")

    def _item(self, remote_id: str) -> dict[str, Any]:
        item = self.request_json("GET", f"v1/voices/{self.segment(remote_id)}")
        if not voice_id(item):
            raise self.unclear("sent a response without a voice", repeatable=True)
        return item

    def _list_page(self, params: dict[str, Any]) -> dict[str, Any]:
        # Counting costs the provider time, and the count is unreliable.
        asked = {"include_total_count": "false", **params}
        page = self.request_json("GET", "v2/voices", params=asked)
        known = ("has_more", "total_count", "next_page_token")
        promises = page.get("has_more") or page.get("next_page_token")
        return {**page, "voices": self.entries(page, "voices", *known, promises=promises)}

    def _items(self, *, is_whole: bool = False) -> Iterator[dict[str, Any]]:
        """Yield each voice of a complete listing once, or raise; ``is_whole`` requires every id."""
        params: dict[str, Any] = {"page_size": _PAGE_SIZE}
        tokens: set[str] = set()
        seen: set[str] = set()
        for _ in range(_MOST_PAGES):
            page = self._list_page(params)
            if is_whole:
                demand_ids(page["voices"], voice_id, self.unclear)
            for item in page["voices"]:
                remote_id = voice_id(item)
                # The list may shift while we page through it, so a voice may appear twice.
                if remote_id and remote_id not in seen:
                    seen.add(remote_id)
                    yield item
            token = page.get("next_page_token")
            if page.get("has_more") is False or (not token and not page.get("has_more")):
                return
            if not isinstance(token, str) or not token or token in tokens:
                break
            tokens.add(token)
            params["next_page_token"] = token
        # Also for a page that promises more without a token: half a list is worse than none.
        raise self.unclear("sent a list of voices without an end", repeatable=True)


def _carries(item: dict[str, Any], marker: str) -> bool:
    reading = LenientJson(item)
    labels = reading.plain("labels").values()
    return has_marker(reading.text("description", 5000), marker) or marker in labels
