"""Code snippets that people copy: each one is run against the sandbox."""

import json
import shlex
import sys
from types import SimpleNamespace
from urllib.parse import quote

import httpx
import pytest

from catalog.providers.code_snippets import KEY, TEXT, write_curl, write_python
from catalog.providers.registry import all_infos, get_adapter
from catalog.providers.types import SpeechApiCall

INFOS = [info for info in all_infos() if info.speech_call]


@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.slug)
def test_the_python_snippet_saves_speech(sandbox_server, info, tmp_path, monkeypatch):
    base_url, key = sandbox_server.url(info.slug), f"sandbox-{info.slug}-full"
    with get_adapter(info.slug)({"api_key": key}, base_url=base_url) as provider:
        voice = next(found for found in provider.voices() if not found.is_owned)
    program = write_python(info.speech_call, base_url, voice.remote_id, is_owned=False)
    monkeypatch.chdir(tmp_path)
    # httpx replaces requests, so the test needs no extra package.
    monkeypatch.setitem(sys.modules, "requests", SimpleNamespace(post=httpx.post))

    exec(program.replace(KEY, key), {})  # noqa: S102  (our own words)

    assert len((tmp_path / "speech.mp3").read_bytes()) > 1000


@pytest.mark.parametrize("info", INFOS, ids=lambda info: info.slug)
def test_both_snippets_contain_the_same_request_and_a_placeholder_key(info):
    curl = write_curl(info.speech_call, info.base_url, "v-1", is_owned=True)
    program = write_python(info.speech_call, info.base_url, "v-1", is_owned=True)

    for text in (curl, program):
        assert text.count(KEY) == 1
        assert "v-1" in text
        assert TEXT in text
        assert info.base_url in text


@pytest.mark.parametrize("voice_id", ["a'b", "$(rm -rf x)", "`x`", '"', "a b", "a/../b", "x\ny"])
def test_a_voice_id_with_special_characters_is_quoted_in_the_command(voice_id):
    in_path = SpeechApiCall("speak/{voice}", {"text": "{text}"})
    in_body = SpeechApiCall("speak", {"voice": "{voice}"})

    first, second = (
        write_curl(call, "https://api.example", voice_id, is_owned=False).replace(" \\\n", "")
        for call in (in_path, in_body)
    )

    assert shlex.split(first)[3] == f"https://api.example/speak/{quote(voice_id, safe='')}"
    assert json.loads(shlex.split(second)[-3]) == {"voice": voice_id}
    assert len(shlex.split(first)) == len(shlex.split(second)) == 12
