"""Telnyx: an account's clones, and built-in voices of many vendors.

Clones: https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/quickstart
Built-in voices: https://developers.telnyx.com/docs/tts-stt/tts-available-voices
No endpoint identifies a key's account, so the account's reference is always "", and the key itself
identifies the account.

A clone's id is a UUID, but speech requests use another id, ``{Provider}.{model}.{voice}``. Built-in
voices only have the latter, which contains a dot, so the two can't be confused.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from catalog.providers import errors
from catalog.providers.adapters.telnyx.error_mapping import read_telnyx_refusal
from catalog.providers.adapters.telnyx.forms import clone_form
from catalog.providers.adapters.telnyx.voices import (
    built_in_id,
    clone_id,
    endings_of,
    is_built_in,
    judge_state,
    read_built_in,
    read_clone,
    sendable,
    speech_id,
)
from catalog.providers.base import Provider
from catalog.providers.idempotency_marker import find_markers, has_marker
from catalog.providers.key_checks import CredentialCheck
from catalog.providers.lenient_json import LenientJson, drop_empty
from catalog.providers.pagination import ListedVoice, ListWalk, demand_ids
from catalog.providers.permissions import EMPTY_FORM, try_permissions
from catalog.providers.responses import ErrorBody, json_body
from catalog.providers.types import (
    MODEL_SETTING,
    AudioClip,
    CloneParams,
    CloneResult,
    PermissionState,
    ProviderInfo,
    RemoteVoice,
    SpeechApiCall,
    SpeechParams,
    Transcript,
    VoiceState,
)
from catalog.providers.validation import check_speech

_CLONES = "voice_clones"
_UPLOAD = f"{_CLONES}/from_upload"
_PAGE_SIZE = 250
_MOST_PAGES = 1000


class Adapter(Provider):
    """Numbered pages of clones, built-in voices in one list; some clones take a while."""

    info = ProviderInfo(
        slug="telnyx",
        label="Telnyx",
        initials="TX",
        hue=160,
        base_url="https://api.telnyx.com/v2",
        key_hint="A V2 API key from the portal, under Keys & Credentials. It starts with KEY.",
        # See https://developers.telnyx.com/development/api-fundamentals/authentication
        key_pattern=r"KEY[0-9A-Fa-f]{12,}[0-9A-Za-z_-]*",
        sample_formats=frozenset({"wav", "mp3", "flac", "ogg", "m4a"}),
        min_sample_seconds=3,
        # Longer samples are accepted, but only the first 10 seconds are used.
        advised_sample_seconds=10,
        # The guide says 5 MB, the newer reference 20; the smaller limit would reject valid samples.
        max_sample_bytes=20 * 1024 * 1024,
        max_name_length=255,
        can_clone=True,
        can_rename=True,
        kept_labels=frozenset({"gender", "language"}),
        can_delete=True,
        deletes_for_good=True,
        rename_note="Telnyx can't change a clone's description.",
        delete_note="Telnyx deletes clones immediately and permanently. This can't be undone.",
        erase_note=(
            "Telnyx says that it deletes permanently, but not when copies such as backups are gone,"
            " or whether recordings were used for training."
        ),
        marker_length=255,
        needs_language=True,
        polls=True,
        needs_gender=True,
        transcript=Transcript.OPTIONAL,
        can_speak=True,
        speech_call=SpeechApiCall(
            "text-to-speech/speech",
            {"voice": "{voice}", "text": "{text}", "output_type": "binary_output"},
            own_id_in="tts_voice_id",
        ),
        models_in="models",
        # No limit is documented, because it depends on the vendor; most accept this.
        max_speech_characters=5000,
        speech_price_note="Telnyx charges per character. The rate depends on the model.",
        # A create call may take 4 minutes, plus 2 in which a late voice may still appear.
        settle_seconds=360,
    )
    clone_model = "Qwen3TTS"

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secrets['api_key']}"}

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        return read_telnyx_refusal(status, body)

    def check(self) -> CredentialCheck:
        """See https://developers.telnyx.com/development/api-fundamentals/api-errors on 10010.

        No endpoint reports a key's permissions, so an empty clone request, which can't create
        anything, shows them.
        """
        found = try_permissions(
            self._list_one,
            lambda: self.request("POST", _UPLOAD, repeatable=True, **EMPTY_FORM),
        )
        if found.is_out_of_credit:
            return found
        is_out_of_credit = self._is_out_of_credit()
        if is_out_of_credit is None and found.can_clone is PermissionState.YES:
            return replace(found, can_clone=PermissionState.UNKNOWN)
        if not is_out_of_credit:
            return found
        words = f"{found.problem} The account at Telnyx is out of credit.".strip()
        return replace(found, is_out_of_credit=True, problem=words)

    def listing(self) -> Iterator[ListedVoice]:
        """See https://developers.telnyx.com/api-reference/voice-clones/list-voice-clones.

        And https://developers.telnyx.com/api-reference/text-to-speech-commands/list-available-voices.
        """
        cloned = set()
        for item in self._clones():
            cloned.add(LenientJson(item).exact("provider_voice_id", 200))
            yield ListedVoice(item["id"], item, read_clone)
        for item in self.fetch_if_possible("Telnyx's built-in voices", self._built_ins):
            remote_id = built_in_id(item)
            # Clones are also among the built-in voices, with their other id.
            if cloned.isdisjoint(endings_of(remote_id)):
                yield ListedVoice(remote_id, item, read_built_in)

    def find_clones(self, name: str = "", vendor: str = "") -> Iterator[RemoteVoice]:
        """Return a vendor's clones whose name contains the text, ignoring case.

        See https://developers.telnyx.com/api-reference/voice-clones/list-voice-clones.
        """
        wanted = {"filter[name]": sendable(name), "filter[provider]": vendor.lower()}
        return map(read_clone, self._clones(**drop_empty(wanted)))

    def voice(self, remote_id: str) -> RemoteVoice:
        """See https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/parameters."""
        if not is_built_in(remote_id):
            return read_clone(self._clone(remote_id))
        for item in self._built_ins():
            if built_in_id(item) == remote_id:
                return read_built_in(item)
        raise self._unlisted()

    def clone(self, params: CloneParams) -> CloneResult:
        """See https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/parameters."""
        form = clone_form(params, self.clone_model, self.info.marker_length)
        reply = self.request("POST", _UPLOAD, files=form)
        made = LenientJson(reply.body if isinstance(reply.body, dict) else {}).object("data")
        remote_id = made.exact("id", 200)
        if not remote_id:
            raise self.unclear("sent a response without a voice ID", repeatable=False)
        state = judge_state(made)
        is_ready = state is VoiceState.READY and reply.status != 202
        note = "Telnyx couldn't make this voice." if state is VoiceState.FAILED else ""
        return CloneResult(remote_id, ready=is_ready, note=note)

    def find_marked(self, marker: str) -> list[RemoteVoice]:
        found = [read_clone(item) for item in self._clones(is_whole=True)]
        marked = [
            voice
            for voice in found
            if has_marker(voice.description, marker) or has_marker(voice.name, marker)
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
        """See https://developers.telnyx.com/api-reference/voice-clones/update-a-voice-clone."""
        clone = LenientJson(self._clone(remote_id))
        label = clone.text("label", 5000)
        for marker in find_markers(label):
            label = label.replace(marker, "")
        if description is not None and description.split() != label.split():
            raise errors.RequestRejected(
                "Telnyx can't change a clone's description, only its name."
            )
        self._patch(remote_id, clone, name, {})

    def relabel(self, remote_id: str, labels: Mapping[str, str]) -> None:
        """See https://developers.telnyx.com/api-reference/voice-clones/update-a-voice-clone."""
        clone = LenientJson(self._clone(remote_id))
        self._patch(remote_id, clone, clone.line("name", 255), labels)

    def delete(self, remote_id: str) -> None:
        """See https://developers.telnyx.com/api-reference/voice-clones/delete-a-voice-clone."""
        self.request_done("DELETE", f"{_CLONES}/{self.segment(remote_id)}")

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        """See https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/errors."""
        if is_built_in(remote_id):
            raise errors.NotFound("Telnyx has no free previews of built-in voices.")
        return self.request_audio("GET", f"{_CLONES}/{self.segment(remote_id)}/sample")

    def speak(self, params: SpeechParams) -> AudioClip:
        """See https://developers.telnyx.com/docs/voice/tts/rest-api/api-reference."""
        check_speech(self.info, replace(params, settings={}))
        voice, details = params.remote_id, {}
        if not is_built_in(voice):
            # A clone has one id in lists, and another one per model for speech.
            clone = self._clone(voice)
            details = dict(read_clone(clone).details)
            voice = speech_id(LenientJson(clone), str(params.settings.get(MODEL_SETTING, "")))
        check_speech(self.info, params, details)
        if not voice:
            words = "Telnyx hasn't assigned a speech ID to this clone yet. Try again later."
            raise errors.RequestRejected(words)
        wanted = {"voice": voice, "text": params.text, "output_type": "binary_output"}
        return self.request_audio("POST", "text-to-speech/speech", **json_body(wanted))

    def _patch(
        self, remote_id: str, clone: LenientJson, name: str, labels: Mapping[str, str]
    ) -> None:
        # It is undocumented whether omitted fields are kept or cleared, so send them all.
        kept = {field: clone.line(field, 40) for field in ("gender", "language")}
        wanted = {"name": sendable(name), **drop_empty({**kept, **labels})}
        self.request("PATCH", f"{_CLONES}/{self.segment(remote_id)}", json=wanted)

    def _unlisted(self) -> errors.NotFound:
        return errors.NotFound("Telnyx has no such voice.")

    def _list_one(self) -> str:
        self._clone_page({"page[size]": 1})
        return ""

    def _is_out_of_credit(self) -> bool | None:
        # https://developers.telnyx.com/api-reference/billing/get-user-balance-details
        try:
            balance = LenientJson(self.request_json("GET", "balance")).object("data")
        except errors.ProviderError:
            return None
        # Includes the credit limit of postpaid accounts.
        left = balance.amount("available_credit")
        return None if left is None else left <= 0

    def _clone(self, remote_id: str) -> dict[str, Any]:
        try:
            path = f"{_CLONES}/{self.segment(remote_id)}"
            found = self.request_json("GET", path).get("data")
        except errors.ProviderError as exc:
            # The guides document this call, the reference doesn't; without it, use the list.
            if exc.status not in (404, 405):
                raise
            found = next((item for item in self._clones() if item["id"] == remote_id), None)
            if found is None:
                raise self._unlisted() from None
        if not isinstance(found, dict) or not clone_id(found):
            raise self.unclear("sent a response without a voice", repeatable=True)
        return found

    def _clone_page(self, params: dict[str, Any]) -> dict[str, Any]:
        page = self.request_json("GET", _CLONES, params=params)
        is_first = params.get("page[number]", 1) == 1
        promises = is_first and LenientJson(page.get("meta")).amount("total_results")
        return {**page, "data": self.entries(page, "data", "meta", promises=promises)}

    def _clones(self, *, is_whole: bool = False, **narrowed: Any) -> Iterator[dict[str, Any]]:
        """Yield each clone of a complete listing once, or raise; ``is_whole`` requires every id."""
        # Oldest first, so that a new clone doesn't move others to another page.
        params: dict[str, Any] = {"page[size]": _PAGE_SIZE, "sort": "created_at", **narrowed}
        walk = ListWalk(clone_id)
        for number in range(1, _MOST_PAGES + 1):
            page = self._clone_page({**params, "page[number]": number})
            if is_whole:
                demand_ids(page["data"], clone_id, self.unclear)
            meta, before = LenientJson(page.get("meta")), walk.count
            yield from walk.take(page["data"])
            pages = meta.count("total_pages")
            brought_nothing = walk.count == before
            if brought_nothing if pages is None else number >= pages:
                # A deletion in the meantime makes us miss another clone between pages.
                if number > 1 and walk.lacks_some(meta.count("total_results")):
                    raise self.unclear(
                        "changed its list of voices while it was being read", repeatable=True
                    )
                return
            if brought_nothing:
                break
        raise self.unclear("sent a list of voices without an end", repeatable=True)

    def _built_ins(self) -> Iterator[dict[str, Any]]:
        try:
            body = self.request_json("GET", "text-to-speech/voices")
        except errors.RequestRejected as exc:
            if not exc.is_of_no_such_page:
                raise
            return iter(())
        return ListWalk(built_in_id).take(self.entries(body, "voices"))
