"""Chorus, a made-up provider: the one file that a new provider is.

API reference: https://docs.chorus.example/v1
"""

from collections.abc import Iterator

from catalog.providers.base import Provider
from catalog.providers.types import AudioClip, Kind, ProviderInfo, RemoteVoice


class Adapter(Provider):
    """Has voices to hear and takes clones, and nothing else."""

    info = ProviderInfo(
        slug="chorus",
        label="Chorus",
        initials="CH",
        hue=200,
        base_url="https://api.chorus.example",
        can_clone=True,
    )

    def auth_headers(self) -> dict[str, str]:
        return {"X-Chorus-Key": self._secrets["api_key"]}

    def voices(self) -> Iterator[RemoteVoice]:
        # https://docs.chorus.example/v1/list-voices
        yield RemoteVoice("c-1", "Chorister", kind=Kind.LIBRARY, gender="female")

    def preview(self, remote_id: str, preview_url: str = "", sample_id: str = "") -> AudioClip:
        # https://docs.chorus.example/v1/preview
        return AudioClip(b"", "audio/mpeg")
