"""Noiz: built-in voices and instant clones from one recording; voices can't be renamed.

API reference: https://developers.noiz.ai/docs-voices

Clones have no description, so the short form of our marker is appended to the name, and removed
wherever the name is shown. The marker can't be recovered from it; voices are found by comparing
short forms. No endpoint identifies a key's account, so the account's reference stays empty, and
the key itself identifies the account.
"""

import itertools
import math
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from catalog.providers import errors
from catalog.providers.adapters.noiz.voices import (
    BUILT_IN,
    LONGEST_NAME,
    OWN,
    addresses_of,
    read_voice,
    voice_id,
)
from catalog.providers.base import Provider
from catalog.providers.error_classification import judge_refusal
from catalog.providers.idempotency_marker import (
    SHORT_MARK_LENGTH,
    add_short_marker,
    has_short_marker,
)
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.lenient_json import LenientJson
from catalog.providers.offset_pagination import OffsetWalk
from catalog.providers.pagination import ListedVoice, demand_ids
from catalog.providers.public_fetch import fetch_public
from catalog.providers.responses import ErrorBody
from catalog.providers.sanitize import clean_line
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
    VoiceState,
)
from catalog.providers.validation import check_speech

_MOST_PAGES = 2000
_LONGEST_SENT_NAME = 100
_BREAKDOWNS = range(500, 600)
# Voice endpoints return code 0 for success, the others 200.
_SUCCESSES = (0, 200)


class Adapter(Provider):
    """Separate lists of own and built-in voices; deleted voices may stay listed."""

    info = ProviderInfo(
        slug="noiz",
        label="Noiz",
        initials="NZ",
        hue=85,
        base_url="https://noiz.ai/v1",
        key_hint="From developers.noiz.ai, API keys. Paste it unchanged; don't decode it.",
        sample_formats=frozenset({"wav", "mp3", "m4a"}),
        max_name_length=_LONGEST_SENT_NAME - SHORT_MARK_LENGTH,
        can_clone=True,
        removes_noise=True,
        can_delete=True,
        deletes_for_good=False,
        delete_note=(
            "Noiz marks the voice as deleted but keeps the recording. The voice can't be restored."
        ),
        erase_note=(
            "Noiz marks the voice as deleted and keeps the recording. Its documentation doesn't say"
            " for how long. Ask Noiz to erase it."
        ),
        marker_length=SHORT_MARK_LENGTH,
        can_speak=True,
        speech_call=SpeechApiCall(
            "text-to-speech",
            {"text": "{text}", "voice_id": "{voice}", "output_format": "mp3"},
            {"Authorization": "{key}"},
            is_form=True,
        ),
        speech_settings=(
            SettingField("speed", "Speed", 0.5, 2, default=1, note="1 is the voice's own pace."),
        ),
        max_speech_characters=5000,
        speech_price_note="Uses the key's monthly quota. Noiz doesn't say how much.",
        # A create call may take 4 minutes, plus 2 in which a late voice may still appear.
        settle_seconds=360,
    )

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": self._secrets["api_key"]}

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        said = LenientJson(body if isinstance(body, dict) else None)
        code, message = said.whole("code"), said.line("message")
        if status < 400:
            # The body's own code repeats the status, or reports a failure in a successful response.
            is_good = code in _SUCCESSES or not said.tells("code")
            return None if is_good else _read_failure(code, message)
        kind = _kind_of(status, message)
        # A 404 without a code means a missing page, not a missing voice.
        if not message or (code is None and kind is errors.NotFound):
            return None
        return ErrorBody(kind, message, "" if code is None else str(code))

    def check(self) -> CredentialCheck:
        """See https://developers.noiz.ai/api-docs; keys have no permissions of their own."""
        try:
            self._page({"voice_type": OWN, "skip": 0, "limit": 1})
        except errors.OutOfCredit as exc:
            return CredentialCheck(is_out_of_credit=True, problem=exc.message)
        except errors.RequestRejected as exc:
            if not exc.code:
                raise
            return CredentialCheck(problem=exc.message)
        return CredentialCheck(can_list=PermissionState.YES, can_preview=PermissionState.YES)

    def voices(self, keyword: str = "") -> Iterator[RemoteVoice]:
        """See https://developers.noiz.ai/docs-voices on listing.

        ``keyword`` filters by name, description, or labels.
        """
        return map(ListedVoice.read, self.listing(keyword))

    def listing(self, keyword: str = "") -> Iterator[ListedVoice]:
        seen: set[str] = set()
        built_in = partial(self._entries, BUILT_IN, keyword)
        others = self.fetch_if_possible("Noiz's built-in voices", built_in)
        for entry in itertools.chain(self._entries(OWN, keyword), others):
            if entry.remote_id not in seen:
                seen.add(entry.remote_id)
                yield entry

    def voice(self, remote_id: str) -> RemoteVoice:
        """See https://developers.noiz.ai/docs-voices on details."""
        return read_voice(self._item(remote_id))

    def clone(self, params: CloneParams) -> CloneResult:
        """See https://developers.noiz.ai/docs-voices on cloning."""
        sample = params.samples[0]
        file = (clean_line(sample.filename, 120), sample.content, sample.content_type)
        return self._create({"data": _clone_fields(params), "files": {"file": file}})

    def clone_from_url(self, params: CloneParams, voice_url: str) -> CloneResult:
        """Create a voice from a recording that Noiz downloads itself; ignores ``params.samples``.

        See https://developers.noiz.ai/docs-voices on cloning.
        """
        fields = {"voice_url": voice_url, **_clone_fields(params)}
        return self._create({"files": {name: (None, value) for name, value in fields.items()}})

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        # Not by keyword, because it is undocumented how soon the search finds a new voice.
        found = {
            voice_id(item): read_voice(item, OWN)
            for item in self._items(OWN, is_whole=True)
            if has_short_marker(LenientJson(item).line("display_name", LONGEST_NAME), marker)
        }
        living = [voice for voice in found.values() if voice.state is not VoiceState.GONE]
        return sorted(
            living,
            key=lambda voice: (
                voice.created_at.timestamp() if voice.created_at else math.inf,
                voice.remote_id,
            ),
        )

    def is_ready(self, remote_id: str) -> bool:
        return self.voice(remote_id).state is VoiceState.READY

    def delete(self, remote_id: str) -> None:
        """See https://developers.noiz.ai/docs-voices on deleting."""
        self.request_json("DELETE", f"voices/{self.segment(remote_id)}")

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """See https://developers.noiz.ai/docs-voices on the fields ``url`` and ``sample``."""
        failure: errors.RequestRejected | None = None
        for url in self._preview_addresses(remote_id, preview_url):
            try:
                return fetch_public(url, trusted_url=self.base_url, deadline=self.deadline)
            except errors.RequestRejected as exc:
                failure = exc
        raise failure or errors.NotFound("Noiz has no preview of this voice.")

    def speak(self, params: SpeechParams) -> AudioClip:
        """See https://developers.noiz.ai/docs-text-to-speech."""
        check_speech(self.info, params)
        fields = {
            "text": params.text.encode("utf-8", "replace").decode(),
            "voice_id": params.remote_id,
            "output_format": "mp3",
            **{name: f"{value:g}" for name, value in params.settings.items()},
        }
        form = {name: (None, value) for name, value in fields.items()}
        return self.request_audio("POST", "text-to-speech", files=form)

    def _preview_addresses(self, remote_id: str, listed: str) -> Iterator[str]:
        # The listed URL may have expired; only then fetch the voice.
        if listed:
            yield listed
        for url in addresses_of(LenientJson(self._item(remote_id))):
            if url != listed:
                yield url

    def _create(self, sent: dict[str, Any]) -> CloneResult:
        made = LenientJson(self.request_json("POST", "voices", **sent).get("data"))
        remote_id = made.exact("voice_id", 200)
        if not remote_id:
            raise self.unclear("sent a response without a voice ID", repeatable=False)
        return CloneResult(remote_id)

    def _item(self, remote_id: str) -> dict[str, Any]:
        item = self.request_json("GET", f"voices/{self.segment(remote_id)}").get("data")
        if not isinstance(item, dict) or not voice_id(item):
            raise self.unclear("sent a response without a voice", repeatable=True)
        return item

    def _page(self, params: dict[str, Any]) -> tuple[list[Any], int | None]:
        """Return the voices of a page, and the total number if known."""
        body = self.request_json("GET", "voices", params=params)
        page = body.get("data")
        # With a success code, missing data means an empty page.
        if page is None and LenientJson(body).whole("code") in _SUCCESSES:
            return [], 0
        if not isinstance(page, dict):
            raise self.unclear("sent a response without a list of voices", repeatable=True)
        amount = LenientJson(page).amount("total_count")
        total = None if amount is None else int(amount)
        promises = total if params["skip"] == 0 else None
        return self.entries(page, "voices", "total_count", promises=promises), total

    def _entries(self, voice_type: str, keyword: str) -> Iterator[ListedVoice]:
        reader = partial(read_voice, voice_type=voice_type)
        for item in self._items(voice_type, keyword):
            yield ListedVoice(voice_id(item), item, reader)

    def _items(
        self, voice_type: str, keyword: str = "", *, is_whole: bool = False
    ) -> Iterator[dict[str, Any]]:
        """Yield every voice of a complete listing, or raise; a voice may appear twice.

        ``is_whole`` requires every id.
        """
        walk = OffsetWalk()
        wanted = {"voice_type": voice_type, **({"keyword": keyword} if keyword else {})}
        for _ in range(_MOST_PAGES):
            rows, total = self._page({**wanted, "skip": walk.skip, "limit": walk.limit})
            if is_whole:
                demand_ids(rows, voice_id, self.unclear)
            walk.take([voice_id(row) for row in rows], total)
            yield from (row for row in rows if voice_id(row))
            if walk.is_over:
                return
            if walk.is_stuck:
                break
        raise self.unclear("sent a list of voices without an end", repeatable=True)


def _read_failure(code: int | None, message: str) -> ErrorBody:
    code_text = "" if code is None else str(code)
    if code is None or code in _BREAKDOWNS or not (message or code == 429):
        return ErrorBody(errors.OutcomeUnknown, message, code_text)
    return ErrorBody(_kind_of(code, message), message, code_text)


def _kind_of(code: int, message: str) -> type[errors.ProviderError]:
    if code == 404:
        return errors.NotFound
    return judge_refusal(code if 400 <= code < 500 else 200, message)


def _clone_fields(params: CloneParams) -> dict[str, str]:
    fields = {
        "display_name": add_short_marker(
            clean_line(params.name, LONGEST_NAME), params.marker, _LONGEST_SENT_NAME
        ),
        "denoise": "true" if params.remove_background_noise else "false",
        # Its examples are plain codes, such as "en" and "zh".
        "language": params.language.partition("-")[0],
    }
    return {name: value for name, value in fields.items() if value}
