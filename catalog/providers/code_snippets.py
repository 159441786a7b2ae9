"""Generate code that synthesizes speech with a voice, to copy; contains a placeholder key."""

import json
import shlex
from urllib.parse import quote

from catalog.providers.types import SpeechApiCall

KEY = "YOUR_API_KEY"
TEXT = "Hello from Voiceboard."
_FILE = "speech.mp3"


def write_curl(call: SpeechApiCall, base_url: str, voice_id: str, *, is_owned: bool) -> str:
    """Return the call as a shell command."""
    body = _fill(call, voice_id, is_owned=is_owned)
    words = [f"curl -X POST {shlex.quote(_address(call, base_url, voice_id))}"]
    words += [f"-H {shlex.quote(f'{name}: {value}')}" for name, value in _headers(call).items()]
    if call.is_form:
        words += [f"-F {shlex.quote(f'{name}={value}')}" for name, value in body.items()]
    else:
        words += [f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}"]
    if call.sound_in:
        words[-1] += f" | jq -r .{call.sound_in} | base64 --decode > {_FILE}"
    else:
        words += [f"--output {_FILE}"]
    return " \\\n  ".join(words)


def write_python(call: SpeechApiCall, base_url: str, voice_id: str, *, is_owned: bool) -> str:
    """Return the call as a Python program that uses requests."""
    body = _fill(call, voice_id, is_owned=is_owned)
    sent = {name: (None, str(value)) for name, value in body.items()} if call.is_form else body
    argument = "files" if call.is_form else "json"
    headers = _headers(call)
    if not call.is_form:
        del headers["Content-Type"]  # requests sets it
    sound = "answer.content"
    imports = ["import requests"]
    if call.sound_in:
        imports.insert(0, "import base64\n")
        sound = f'base64.b64decode(answer.json()["{call.sound_in}"])'
    return "\n".join(
        [
            *imports,
            "",
            "answer = requests.post(",
            f"    {_address(call, base_url, voice_id)!r},",
            f"    headers={headers!r},",
            f"    {argument}={sent!r},",
            "    timeout=60,",
            ")",
            "answer.raise_for_status()",
            f'with open("{_FILE}", "wb") as file:',
            f"    file.write({sound})",
        ]
    )


def _address(call: SpeechApiCall, base_url: str, voice_id: str) -> str:
    return f"{base_url.rstrip('/')}/{call.path.replace('{voice}', quote(voice_id, safe=''))}"


def _headers(call: SpeechApiCall) -> dict[str, str]:
    headers = {name: value.replace("{key}", KEY) for name, value in call.headers.items()}
    return headers if call.is_form else headers | {"Content-Type": "application/json"}


def _fill(call: SpeechApiCall, voice_id: str, *, is_owned: bool) -> dict[str, str]:
    wanted = {**call.body, **(call.own_body if is_owned else {})}
    return {name: _put(value, voice_id) for name, value in wanted.items()}


def _put(value: str, voice_id: str) -> str:
    # Only whole values are replaced, so an id never ends up inside a text or vice versa.
    return {"{voice}": voice_id, "{text}": TEXT}.get(value, value)
