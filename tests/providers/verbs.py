"""Every method of the provider contract with arguments, for tests of all adapters."""

import httpx
import pytest

from catalog.providers.base import Provider
from catalog.providers.registry import all_infos, get_adapter
from catalog.providers.types import CloneParams, SampleFile, SpeechParams

ALL_INFOS = all_infos()
# Built-in providers use no server that could fail, and have their own tests.
INFOS = [info for info in ALL_INFOS if not info.is_built_in]
SLUGS = [info.slug for info in INFOS]
CLONING = [info.slug for info in INFOS if info.can_clone]
VERBS = {
    "check": (),
    "voices": (),
    "voice": ("v1",),
    # The file is already uploaded, so the next call creates the voice.
    "clone": (
        CloneParams(
            "Anna",
            (SampleFile("a.wav", "audio/wav", b"RIFF"),),
            "vb1:5eb0:0f8fad5b",
            progress={"file_id": "file-1"},
        ),
    ),
    "find_marked": ("vb1:5eb0:0f8fad5b",),
    "find_by_progress": ({"file_id": "file-1"},),
    "is_ready": ("v1",),
    "rename": ("v1", "Anna"),
    "relabel": ("v1", {"gender": "female"}),
    "delete": ("v1",),
    "slots": (),
    "default_settings": (),
    "settings": ("v1",),
    "edit_settings": ("v1", {}),
    "preview": ("v1", "", "s1"),
    # No provider has to look this voice up, so the next call generates speech.
    "speak": (SpeechParams("voice-tone-1.ada", "Hello."),),
}
NOTHING_WAS_SENT = [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout]
UNCLEAR = [
    httpx.ReadTimeout,
    httpx.WriteTimeout,
    httpx.ReadError,
    httpx.WriteError,
    httpx.CloseError,
    httpx.RemoteProtocolError,
    httpx.LocalProtocolError,
]
each = pytest.mark.parametrize("slug", SLUGS)
each_speaking = pytest.mark.parametrize("slug", [info.slug for info in INFOS if info.can_speak])
each_cloning = pytest.mark.parametrize("slug", CLONING)


def has(adapter: type[Provider], verb: str) -> bool:
    return getattr(adapter, verb) is not getattr(Provider, verb)


def each_with(*verbs: str) -> pytest.MarkDecorator:
    """Parametrize with every provider and those of the verbs that it implements."""
    pairs = [(slug, verb) for slug in SLUGS for verb in verbs if has(get_adapter(slug), verb)]
    return pytest.mark.parametrize(("slug", "verb"), pairs)


def run(adapter: Provider, verb: str) -> object:
    found = getattr(adapter, verb)(*VERBS[verb])
    return list(found) if verb == "voices" else found
