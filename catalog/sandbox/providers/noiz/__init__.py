"""Noiz as documented: voices of both types, clones, soft deletion, speech.

https://developers.noiz.ai/docs-voices
"""

import base64
import binascii
from collections.abc import Iterable
from typing import ClassVar

from catalog.sandbox.accounts import InitialAccount, SandboxAccount
from catalog.sandbox.base_provider import BaseProvider, Endpoint
from catalog.sandbox.files import file_reply
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.messages import WireRequest, WireResponse
from catalog.sandbox.providers.noiz.endpoints import (
    clone_voice,
    delete_voice,
    get_voice,
    list_voices,
)
from catalog.sandbox.providers.noiz.listening import convert_text, own_sample
from catalog.sandbox.providers.noiz.refusals import failure
from catalog.sandbox.providers.noiz.voices import make_built_in_voices, own_voices
from catalog.sandbox.routes import NoSuchPath, Routes
from catalog.sandbox.voices import SandboxVoice

_FILES = Routes(
    [("GET", "/_files/{voice_id}.mp3", "url"), ("GET", "/_files/{voice_id}.wav", "sample")]
)


class Provider(BaseProvider):
    """Noiz, with the sandbox's accounts."""

    slug: ClassVar[str] = "noiz"
    version: ClassVar[str] = "v1"
    name_field: ClassVar[str] = "display_name"
    doors = Routes(
        [
            ("GET", "/voices", Endpoint(list_voices)),
            ("POST", "/voices", Endpoint(clone_voice, is_writing=True)),
            ("GET", "/voices/{voice_id}", Endpoint(get_voice)),
            ("DELETE", "/voices/{voice_id}", Endpoint(delete_voice, is_writing=True)),
            ("POST", "/text-to-speech", Endpoint(convert_text)),
        ]
    )

    def make_library(self) -> Iterable[SandboxVoice]:
        """Return the built-in voices."""
        return make_built_in_voices(self.backstage.voice_count)

    def opening(self, name: AccountName) -> InitialAccount:
        """Return the initial state of an account."""
        limits = {
            "credit": 0 if name.kind is AccountKind.BROKE else 20_000,
            "skip_is_offset": False,
            "hides_deleted": False,
        }
        return InitialAccount(limits, lambda: own_voices(name))

    def is_deleted(self, voice: SandboxVoice) -> bool:
        """Return whether it has a deletion time, which is all that deleting sets."""
        return "delete_time" in voice.payload

    def key_in(self, request: WireRequest) -> str:
        """Return the API key that came with a request, with or without base64 around it."""
        given = request.headers.get("authorization", "")
        if AccountName.from_key(self.slug, given):
            return given
        # The vendor's own script encodes every key that isn't base64 yet.
        try:
            return base64.b64decode(given, validate=True).decode()
        except (binascii.Error, ValueError):
            return given

    def answer_file(self, request: WireRequest) -> WireResponse:
        """Serve the audio at a voice's link, which needs no key."""
        match = _FILES.find(request.method, request.path)
        voice, account = self._find_anywhere(match.values["voice_id"])
        if not voice.facts["links"][match.target]:
            raise NoSuchPath
        if match.target == "url":
            content = voice.preview(self.backstage.studio, self.slug)
            return file_reply(request, content, "audio/mpeg")
        return file_reply(request, own_sample(self.backstage, account, voice), "audio/wav")

    def bad_key(self, request: WireRequest) -> WireResponse:
        """Return the response to a missing or unknown key."""
        return failure(401, "Invalid API key")

    def read_only(self) -> WireResponse:
        """Return the response to a read-only key, which the documentation doesn't mention."""
        return failure(403, "This API key may not create or delete voices.")

    def not_found(self, request: WireRequest) -> WireResponse:
        """Return the response for an unknown path."""
        return failure(404, "Not Found")

    def too_many_requests(self, code: str) -> WireResponse:
        """Return the provider's only 429 response."""
        return failure(429, "Rate limit exceeded. Please try again later.")

    def server_error(self, status: int, message: str = "") -> WireResponse:
        """Return the provider's own server error."""
        return failure(status, message or "Internal server error")

    def _find_anywhere(self, voice_id: str) -> tuple[SandboxVoice, SandboxAccount | None]:
        if voice_id in self.library:
            return self.library[voice_id], None
        for account in self.accounts():
            voice = account.voice(voice_id)
            if voice is not None:
                return voice, account
        raise NoSuchPath
