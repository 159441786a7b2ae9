"""Telnyx: clones of an account, and the built-in voices of many vendors that it speaks with.

Clones: https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/quickstart
Built-in voices: https://developers.telnyx.com/docs/tts-stt/tts-available-voices
Nothing in these pages tells whose key it is, so the account's reference is always "", and what
identifies the account is the key itself.

A clone's id is a UUID; speech is asked for with another, ``{Provider}.{model}.{voice}``. Built-in
voices have only the latter, which has a dot in it, so neither can be taken for the other.
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
    """Numbered pages of clones, built-in voices in one piece; a clone may have to be waited for."""

    info = ProviderInfo(
        slug="telnyx",
        label="Telnyx",
        initials="TX",
        hue=160,
        base_url="https://api.telnyx.com/v2",
        docs_url="https://developers.telnyx.com/api-reference/voice-clones/list-voice-clones",
        key_hint="A V2 API key from the portal, under Keys & Credentials. It begins with KEY.",
        # See https://developers.telnyx.com/development/api-fundamentals/authentication
        key_pattern=r"KEY[0-9A-Fa-f]{12,}[0-9A-Za-z_-]*",
        sample_formats=frozenset({"wav", "mp3", "flac", "ogg", "m4a"}),
        min_sample_seconds=3,
        # What is longer is not refused: the first ten seconds are used.
        advised_sample_seconds=10,
        # The guide says 5 MB, the newer reference 20; the smaller would keep back what is taken.
        max_sample_bytes=20 * 1024 * 1024,
        max_name_length=255,
        can_clone=True,
        can_rename=True,
        kept_labels=frozenset({"gender", "language"}),
        can_delete=True,
        deletes_for_good=True,
        rename_note="Telnyx keeps the description of a clone as it was made.",
        delete_note="Telnyx deletes a clone for good at once; it says that this cannot be undone.",
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
        # No page names a limit, which is left to the vendor behind; this is what most can take.
        max_speech_characters=5000,
        speech_price_note="Telnyx charges by the character, at a rate that depends on the model.",
        # A create call may take four minutes; then two more in which a late voice may appear.
        settle_seconds=360,
    )
    clone_model = "Qwen3TTS"

    def auth_headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secrets['api_key']}"}

    def read_refusal(self, status: int, body: Any, headers: Mapping[str, str]) -> ErrorBody | None:
        return read_telnyx_refusal(status, body)

    def check(self) -> CredentialCheck:
        """See https://developers.telnyx.com/development/api-fundamentals/api-errors on 10010.

        No page tells what a key may do: an empty clone, of which nothing can be made, does.
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
            # A clone is among the voices to speak with too, by its other id.
            if cloned.isdisjoint(endings_of(remote_id)):
                yield ListedVoice(remote_id, item, read_built_in)

    def find_clones(self, name: str = "", vendor: str = "") -> Iterator[RemoteVoice]:
        """Return the clones that have the text in their name, of one vendor, in either case.

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

    def clone(self, wish: CloneParams) -> CloneResult:
        """See https://developers.telnyx.com/docs/voice/voice-design-lab/clone-voice/parameters."""
        form = clone_form(wish, self.clone_model, self.info.marker_length)
        reply = self.request("POST", _UPLOAD, files=form)
        made = LenientJson(reply.body if isinstance(reply.body, dict) else {}).object("data")
        remote_id = made.exact("id", 200)
        if not remote_id:
            raise self.unclear("answered without the id of a voice", repeatable=False)
        state = judge_state(made)
        is_ready = state is VoiceState.READY and reply.status != 202
        note = "Telnyx could not make this voice." if state is VoiceState.FAILED else ""
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
                "Telnyx keeps the description of a clone as it was made; only its name can change."
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
            raise errors.NotFound("Telnyx has nothing of a built-in voice to hear for free.")
        return self.request_audio("GET", f"{_CLONES}/{self.segment(remote_id)}/sample")

    def speak(self, wish: SpeechParams) -> AudioClip:
        """See https://developers.telnyx.com/docs/voice/tts/rest-api/api-reference."""
        check_speech(self.info, replace(wish, settings={}))
        voice, details = wish.remote_id, {}
        if not is_built_in(voice):
            # A clone is listed under one id, and speaks under another with each model.
            clone = self._clone(voice)
            details = dict(read_clone(clone).details)
            voice = speech_id(LenientJson(clone), str(wish.settings.get(MODEL_SETTING, "")))
        check_speech(self.info, wish, details)
        if not voice:
            words = "Telnyx does not tell yet under which id this clone speaks. Try again later."
            raise errors.RequestRejected(words)
        wanted = {"voice": voice, "text": wish.text, "output_type": "binary_output"}
        return self.request_audio("POST", "text-to-speech/speech", **json_body(wanted))

    def _patch(
        self, remote_id: str, clone: LenientJson, name: str, labels: Mapping[str, str]
    ) -> None:
        # Whether a field that is left out is kept or emptied is not documented: send them all.
        kept = {field: clone.line(field, 40) for field in ("gender", "language")}
        wanted = {"name": sendable(name), **drop_empty({**kept, **labels})}
        self.request("PATCH", f"{_CLONES}/{self.segment(remote_id)}", json=wanted)

    def _unlisted(self) -> errors.NotFound:
        return errors.NotFound("Telnyx does not list this voice.")

    def _list_one(self) -> str:
        self._clone_page({"page[size]": 1})
        return ""

    def _is_out_of_credit(self) -> bool | None:
        # https://developers.telnyx.com/api-reference/billing/get-user-balance-details
        try:
            balance = LenientJson(self.request_json("GET", "balance")).object("data")
        except errors.ProviderError:
            return None
        # The credit limit of an account that is billed afterwards is counted in.
        left = balance.amount("available_credit")
        return None if left is None else left <= 0

    def _clone(self, remote_id: str) -> dict[str, Any]:
        try:
            path = f"{_CLONES}/{self.segment(remote_id)}"
            found = self.request_json("GET", path).get("data")
        except errors.ProviderError as exc:
            # The reference does not have this call, the guides do: without it, the list tells.
            if exc.status not in (404, 405):
                raise
            found = next((item for item in self._clones() if item["id"] == remote_id), None)
            if found is None:
                raise self._unlisted() from None
        if not isinstance(found, dict) or not clone_id(found):
            raise self.unclear("answered without a voice", repeatable=True)
        return found

    def _clone_page(self, params: dict[str, Any]) -> dict[str, Any]:
        page = self.request_json("GET", _CLONES, params=params)
        is_first = params.get("page[number]", 1) == 1
        promises = is_first and LenientJson(page.get("meta")).amount("total_results")
        return {**page, "data": self.entries(page, "data", "meta", promises=promises)}

    def _clones(self, *, is_whole: bool = False, **narrowed: Any) -> Iterator[dict[str, Any]]:
        """Yield every clone of a complete listing once, or raise; whole means none unreadable."""
        # The oldest first, so that one made meanwhile moves no other to another page.
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
                # A clone deleted meanwhile lets another one slip from page to page unseen.
                if number > 1 and walk.lacks_some(meta.count("total_results")):
                    raise self.unclear("changed its list while it was read", repeatable=True)
                return
            if brought_nothing:
                break
        raise self.unclear("does not come to an end with its list", repeatable=True)

    def _built_ins(self) -> Iterator[dict[str, Any]]:
        try:
            body = self.request_json("GET", "text-to-speech/voices")
        except errors.RequestRejected as exc:
            if not exc.is_of_no_such_page:
                raise
            return iter(())
        return ListWalk(built_in_id).take(self.entries(body, "voices"))
