"""Chime, a made-up provider, as its documentation describes it.

https://docs.chime.example/
"""

import secrets
from collections.abc import Iterable
from typing import Any, ClassVar

from catalog.sandbox.accounts import InitialAccount
from catalog.sandbox.base_provider import (
    AuthorizedCall,
    BaseProvider,
    Endpoint,
    ErrorResponse,
    bearer_in,
    hear,
    whole_number,
)
from catalog.sandbox.files import file_reply
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.messages import WireRequest, WireResponse, json_reply
from catalog.sandbox.people import make_person
from catalog.sandbox.routes import NoSuchPath, Routes
from catalog.sandbox.voices import SandboxVoice, code_from
from catalog.sandbox.waveforms import median_pitch

_FILES = Routes([("GET", "/_files/{voice_id}.mp3", "preview")])


def failure(status: int, code: str, message: str) -> WireResponse:
    """Answer that something failed."""
    return json_reply({"error": {"code": code, "message": message}}, status)


def list_voices(call: AuthorizedCall) -> WireResponse:
    """Answer one page of all voices: https://docs.chime.example/voices#list."""
    voices = [*call.account.voices(), *call.library.values()]
    number = whole_number(call.request.first("page", "1")) or 1
    size = min(whole_number(call.request.first("per_page", "20")) or 20, 100)
    page = voices[(number - 1) * size : number * size]
    listed = call.account.written("voices", [shown(voice, call.base_url) for voice in page])
    return json_reply({"total": len(voices), **listed})


def get_voice(call: AuthorizedCall) -> WireResponse:
    """Answer one voice: https://docs.chime.example/voices#get."""
    return json_reply(shown(find(call), call.base_url))


def clone_voice(call: AuthorizedCall) -> WireResponse:
    """Clone a voice: https://docs.chime.example/voices#create."""
    form = call.form()
    uploads = form.uploads("file")
    sound = hear(uploads[0].content, ("wav", "mp3")) if uploads else None
    if sound is None:
        raise ErrorResponse(failure(400, "bad_file", "The file is neither WAV nor MP3."))
    with call.account.store.transaction():
        if call.account.figures()["credit"] <= 0:
            raise ErrorResponse(failure(402, "no_credit", "You are out of credits."))
        voice_id = code_from(secrets.token_hex(16), 12)
        payload = describe(voice_id, form.first("name") or "Voice", "clone")
        payload["description"] = form.first("description") or ""
        voice = SandboxVoice(voice_id, payload, pitch=median_pitch(sound))
        call.account.keep(voice)
        call.account.count(creates=1)
    return json_reply(shown(voice, call.base_url), 201)


def delete_voice(call: AuthorizedCall) -> WireResponse:
    """Delete a clone: https://docs.chime.example/voices#delete."""
    voice = call.account.voice(call.values["voice_id"])
    if voice is None:
        raise no_such_voice()
    call.account.drop(voice)
    return WireResponse(204)


class Provider(BaseProvider):
    """Chime with the accounts of the sandbox."""

    slug: ClassVar[str] = "chime"
    version: ClassVar[str] = "v1"
    doors = Routes(
        [
            ("GET", "/voices", Endpoint(list_voices)),
            ("POST", "/voices", Endpoint(clone_voice, is_writing=True)),
            ("GET", "/voices/{voice_id}", Endpoint(get_voice)),
            ("DELETE", "/voices/{voice_id}", Endpoint(delete_voice, is_writing=True)),
        ]
    )

    def make_library(self) -> Iterable[SandboxVoice]:
        for number in range(self.backstage.voice_count):
            yield make_voice(f"chime library {number}", "library")

    def opening(self, name: AccountName) -> InitialAccount:
        credit = 0 if name.kind is AccountKind.BROKE else 1000
        own = [make_voice(f"chime {name} {number}", "clone") for number in range(3)]
        return InitialAccount({"credit": credit}, lambda: own)

    def key_in(self, request: WireRequest) -> str:
        return bearer_in(request)

    def answer_file(self, request: WireRequest) -> WireResponse:
        match = _FILES.find(request.method, request.path)
        own = [voice for account in self.accounts() for voice in account.voices()]
        for voice in [*self.library.values(), *own]:
            if voice.voice_id == match.values["voice_id"]:
                content = voice.preview(self.backstage.studio, self.slug)
                return file_reply(request, content, "audio/mpeg")
        raise NoSuchPath

    def bad_key(self, request: WireRequest) -> WireResponse:
        return failure(401, "bad_key", "Invalid API key")

    def read_only(self) -> WireResponse:
        return failure(403, "read_only", "This key lacks the permission to change voices.")

    def not_found(self, request: WireRequest) -> WireResponse:
        return failure(404, "not_found", "Not found")

    def too_many_requests(self, code: str) -> WireResponse:
        return failure(429, code or "rate_limited", "Too many requests")

    def server_error(self, status: int, message: str = "") -> WireResponse:
        return failure(status, "internal", message or "Internal server error")


def find(call: AuthorizedCall) -> SandboxVoice:
    """Return the voice in the path; raises ErrorResponse."""
    voice = call.any_voice(call.values["voice_id"])
    if voice is None:
        raise no_such_voice()
    return voice


def no_such_voice() -> ErrorResponse:
    """Return the refusal for a voice that doesn't exist."""
    return ErrorResponse(failure(404, "voice_not_found", "No such voice"))


def make_voice(seed: str, kind: str) -> SandboxVoice:
    """Return the voice of an invented person; the same one for a seed."""
    person = make_person(seed)
    voice_id = code_from(seed, 12)
    payload = {**describe(voice_id, person.name, kind), "gender": person.gender}
    return SandboxVoice(voice_id, payload, person.seed)


def describe(voice_id: str, name: str, kind: str) -> dict[str, Any]:
    """Return the fields of a voice, except for its preview."""
    return {
        "id": voice_id,
        "name": name,
        "type": kind,
        "gender": "",
        "description": "",
        "created_at": "2026-01-01T00:00:00Z",
    }


def shown(voice: SandboxVoice, base_url: str) -> dict[str, Any]:
    """Return the voice as the API shows it."""
    return {**voice.payload, "preview_url": f"{base_url}/_files/{voice.voice_id}.mp3"}
