"""Keys are distinguished from other text, and extracted from pasted text."""

import base64
import hashlib

import pytest

from catalog.providers import key_formats
from catalog.providers.key_formats import NoKey, holds_key, list_words, read_key
from catalog.providers.registry import get_adapter
from catalog.providers.types import ProviderInfo
from catalog.sandbox import running_sandbox


def hex_of(count: int) -> str:
    return hashlib.sha512(b"some bytes").hexdigest()[: 2 * count]


MIXED = "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1eF3hJ5"
PAIR = base64.b64encode(b"kd83hf72hd8s:s8dh2k9fj3h5kd92jf").decode()
KEYS = {
    "ElevenLabs": f"sk_{hex_of(24)}",
    "Telnyx": f"KEY{hex_of(16).upper()}_{MIXED[:22]}",
    "Inworld": PAIR,
    "Inworld, in Basic": f"Basic {PAIR}",
    "random letters": MIXED,
    "OpenAI": f"sk-proj-{MIXED}",
    "Hugging Face": f"hf_{MIXED[:34]}",
    "Google": f"AIza{MIXED}",
    "Google, in an address": f"https://tts.example/v1?key=AIza{MIXED}",
    "Cartesia": f"sk_car_{MIXED[:22]}",
    "a JWT": f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.{MIXED}",
    "hex in a header": f"xi-api-key: {hex_of(16)}",
    "hex in a variable": f"ELEVENLABS_API_KEY={hex_of(16)}",
    "hex in JSON": f'{{"apiKey": "{hex_of(16)}"}}',
    "hex after Bearer": f"Authorization: Bearer {hex_of(20)}",
    "hex in a sentence": f"Our API key is {hex_of(16)}.",
    "an invisible character inside": f"sk_\u200b{hex_of(24)}",
    "wide letters": f"\uff53\uff4b_{hex_of(24)}",
    "in a sentence": f"Use (sk_{hex_of(24)}), please.",
}
TEXTS = [
    "Rachel, warm and calm",
    "21m00Tcm4TlvDq8ikWAM",
    "Key: 21m00Tcm4TlvDq8ikWAM",
    hex_of(32),
    f"sha256:{hex_of(32)}",
    hex_of(16),
    "0f8fad5b-d9cb-469f-a165-70867728950e",
    "vb1:5eb0a7c1:0f8fad5bd9cb469fa16570867728950e",
    "default-k1m7yq0example__design-voice-1234abcd",
    f"cosyvoice-v3-flash-narrator-{hex_of(16)}",
    f"https://docs.google.com/document/d/{MIXED}/edit",
    f"https://cdn.example/a.mp3?X-Goog-Signature={hex_of(64)}&token={MIXED}",
    "AnnaVoiceOver48kHzMixdown-Take2-Final.wav",
    "Recordings/2024/AnnaVoiceOver48kHz/Take2Final/Mixdown3.wav",
    "WhatsApp Audio 2024-11-29 at 10.32.11 PM.ogg",
    "IMG20231104FinalFinalVersionTakeTwo48kHzStereo",
    "sk_learn_pipelines_are_great",
    "task_0123456789abcdef0123",
    "The API key is in the vault; ask Ana for the secret key.",
    "Get an API key at https://elevenlabs.io/app/settings/api-keys-2",
    "The key to success: practice. Bearer of good news, basic training 2024.",
    "KEY points of the meeting on 2024-11-29",
    "Donaudampfschifffahrtsgesellschaftskapitänsmütze",
    "שלום עולם, this is a test — of 3 languages: 日本語のテキスト",
    "",
]


@pytest.mark.parametrize("text", KEYS.values(), ids=KEYS)
def test_a_key_is_recognized(text):
    assert holds_key(text)
    assert holds_key(f"Studio {text}\nsecond line")


@pytest.mark.parametrize("text", TEXTS)
def test_ordinary_text_is_not_recognized_as_a_key(text):
    assert not holds_key(text)


@pytest.mark.parametrize("slug", ["elevenlabs", "inworld", "noiz", "stepfun", "telnyx"])
def test_no_sandbox_voice_looks_like_a_key(slug):
    with running_sandbox(voices=60) as running:
        key = {"api_key": f"sandbox-{slug}-full"}
        with get_adapter(slug)(key, base_url=running.url(slug)) as adapter:
            voices = list(adapter.voices())

    assert voices
    for voice in voices:
        for text in (voice.remote_id, voice.name, voice.description, f"id {voice.remote_id}"):
            assert not holds_key(text), text


def test_a_new_provider_defines_the_pattern_of_its_keys(monkeypatch):
    info = ProviderInfo("chorus", "Chorus", "CH", 0, "", "", key_pattern=r"chorus-[0-9]{6}")
    monkeypatch.setattr(key_formats, "all_infos", lambda: (info,))
    key_formats.known_keys.cache_clear()

    assert holds_key("It is chorus-123456.")
    monkeypatch.undo()
    key_formats.known_keys.cache_clear()
    assert not holds_key("It is chorus-123456.")


K = f"sk_{hex_of(24)}"
PASTED = [
    K,
    f"  {K}\n",
    f"\ufeff{K}",
    f"{K}\r\n",
    f"\u00a0{K}\u202f\u3000",
    f"{K[:9]}\u200b{K[9:]}\u2060",
    f'"{K}"',
    f"'{K}'",
    f"`{K}`",
    f"“{K}”",
    f"„{K}“",
    f'{K}"',
    f"{K},",
    f'export ELEVENLABS_API_KEY="{K}"',
    f"ELEVENLABS_API_KEY={K}",
    f"ELEVENLABS_API_KEY = '{K}';",
    f"set XI_KEY={K}",
    f'$env:XI_KEY = "{K}"',
    f"api_key: {K}",
    f"xi-api-key: {K}",
    f"xi-api-key:{K}",
    f"XI-API-KEY: {K}",
    f"Authorization: Bearer {K}",
    f"authorization: bearer {K}",
    f"Bearer {K}",
    f"Bearer\u00a0{K}",
    f"Authorization: Basic {K}",
    f"-H 'xi-api-key: {K}' \\",
    f'--header "Authorization: Bearer {K}"',
    f'"apiKey": "{K}",',
    f'{{"apiKey": "{K}"}}',
    f'  "xi-api-key" : "{K}"  ',
    f'client = "{K}"',
]


@pytest.mark.parametrize("pasted", PASTED, ids=lambda text: text.replace(K, "KEY"))
def test_text_pasted_around_a_key_is_removed(pasted):
    assert read_key(pasted) == K


@pytest.mark.parametrize(
    "key",
    [
        PAIR,
        base64.b64encode(b"id:a secret!").decode(),
        "YWJjZGVmZ2g=",
        "a1b2c3d4:0f8fad5bd9cb469f",
        "sk-!\"#$%&'()*+,-./:<=>?@[]^_`{|}~z",
        "key-1234-5678",
        "basic123456",
    ],
)
def test_a_key_with_unusual_characters_is_kept_as_it_is(key):
    assert read_key(key) == key
    assert read_key(f"Basic {key}") == key
    assert read_key(f'NAME="{key}"') == key


@pytest.mark.parametrize(
    "pasted",
    [f"{K[:6]}…{K[-4:]}", f"{K[:6]}...{K[-4:]}", f"sk_{'*' * 20}{K[-4:]}", f"{'•' * 12}{K[-4:]}"],
)
def test_a_shortened_key_is_reported_as_shortened(pasted):
    with pytest.raises(NoKey, match="is shortened") as caught:
        read_key(pasted)

    assert K[-4:] not in str(caught.value)


@pytest.mark.parametrize("pasted", [f"{K} {K}", f"{K}\nX-Evil: 1", f"my key {K}"])
def test_pasted_text_with_a_space_or_line_break_is_not_a_key(pasted):
    with pytest.raises(NoKey, match="space or a line break"):
        read_key(pasted)


def test_possible_keys_are_found_inside_surrounding_text():
    key = "sandbox-elevenlabs-full-4321"

    for text in (key, f"use {key}.", f'KEY="{key}"', f"key:{key};", f"(see {key})", f"“{key}”"):
        assert key in list_words(text), text
    assert list_words("Only short words, all of them.") == set()
