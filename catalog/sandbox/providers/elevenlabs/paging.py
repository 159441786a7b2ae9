"""Sorting of voice lists, and page tokens."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from catalog.sandbox.messages import WireRequest
from catalog.sandbox.providers.elevenlabs.parameters import one_of
from catalog.sandbox.providers.elevenlabs.refusals import INVALID_REQUEST, ElevenLabsError, refuse
from catalog.sandbox.providers.elevenlabs.voices import ElevenLabsVoice

Rank = tuple[Any, str]


@dataclass(frozen=True, slots=True)
class ListOrder:
    """The sort key and direction of a list."""

    field: str
    direction: str

    @classmethod
    def asked_in(cls, request: WireRequest) -> Self:
        """Return the requested order; newest first by default."""
        field = one_of(request, "sort", ("created_at_unix", "name")) or "created_at_unix"
        usual = "asc" if field == "name" else "desc"
        return cls(field, one_of(request, "sort_direction", ("asc", "desc")) or usual)

    def sorted(self, voices: Iterable[ElevenLabsVoice]) -> list[ElevenLabsVoice]:
        """Return the voices in this order."""
        return sorted(voices, key=self._rank, reverse=self.direction == "desc")

    def behind(self, voices: Iterable[ElevenLabsVoice], token: str) -> list[ElevenLabsVoice]:
        """Return the voices after a token's voice; raises for an invalid token.

        That voice may have been deleted in the meantime without skipping others.
        """
        last = self._read(token)
        if self.direction == "desc":
            return [voice for voice in voices if self._rank(voice) < last]
        return [voice for voice in voices if self._rank(voice) > last]

    def token_for(self, voice: ElevenLabsVoice) -> str:
        """Return the token for the page after a voice."""
        content = json.dumps([self.field, self.direction, *self._rank(voice)])
        return base64.urlsafe_b64encode(content.encode()).decode()

    def _rank(self, voice: ElevenLabsVoice) -> Rank:
        if self.field == "name":
            return (str(voice.payload["name"]).casefold(), voice.voice_id)
        # Older voices have no date.
        return (int(voice.payload["created_at_unix"] or 0), voice.voice_id)

    def _read(self, token: str) -> Rank:
        try:
            content = json.loads(base64.b64decode(token, altchars=b"-_", validate=True))
            field, direction, first, voice_id = content
        except (ValueError, TypeError) as exc:
            raise _bad_token() from exc
        wanted = str if self.field == "name" else int
        if (field, direction) != (self.field, self.direction) or not isinstance(first, wanted):
            raise _bad_token()
        return (first, str(voice_id))


def _bad_token() -> ElevenLabsError:
    message = "The next_page_token is invalid."
    return refuse(400, INVALID_REQUEST, "invalid_parameters", message, param="next_page_token")
