"""One call to ElevenLabs: the account, the request, and the data for the response."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalog.sandbox.messages import WireRequest, WireResponse
from catalog.sandbox.providers.elevenlabs.accounts import ElevenLabsAccount
from catalog.sandbox.providers.elevenlabs.refusals import not_the_owner, voice_not_found
from catalog.sandbox.providers.elevenlabs.voices import ElevenLabsVoice
from catalog.sandbox.services import Services


@dataclass(frozen=True, slots=True)
class ElevenLabsCall:
    """An authorized request; ``values`` are the variable segments of its path."""

    request: WireRequest
    account: ElevenLabsAccount
    backstage: Services
    values: dict[str, str]

    @property
    def base_url(self) -> str:
        """The provider's base URL as used by the client."""
        return f"{self.request.origin}/elevenlabs"

    def voice(self) -> ElevenLabsVoice:
        """Return the voice in the path; raises an error response if missing."""
        voice = self.account.voice(self.values["voice_id"])
        if voice is None:
            raise voice_not_found(self.values["voice_id"])
        return voice

    def own_voice(self, *roles: str) -> ElevenLabsVoice:
        """Return the voice in the path if its creator or one of these roles asks for it."""
        voice = self.voice()
        if not voice.gives(*roles):
            raise not_the_owner()
        return voice

    def shown(self, voice: ElevenLabsVoice) -> dict[str, Any]:
        """Return a voice as shown to this client."""
        return voice.shown(self.base_url, self.account.settings(voice.voice_id))


Endpoint = Callable[[ElevenLabsCall], WireResponse]
