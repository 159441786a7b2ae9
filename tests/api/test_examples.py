"""The examples of the documentation run as they are printed."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import factories

PAGE = Path(__file__).resolve().parents[2] / "docs" / "users" / "api.md"


def example(language: str) -> str:
    (text,) = re.findall(rf"^```{language}$\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    return str(text)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_examples_find_the_voices(live_server, cast, program):
    warm = factories.make_voice(
        cast.account, "Rachel", gender="female", description="A warm narrator."
    )
    other = factories.make_voice(cast.account, "Adam", gender="male")
    secret = program(cast.mia, cast.aurora).secret
    around = {**os.environ, "VOICEBOARD_TOKEN": secret, "VOICEBOARD_URL": live_server.url}

    found, every = (
        subprocess.run(words, env=around, check=True, capture_output=True, text=True).stdout
        for words in (["sh", "-c", example("sh")], [sys.executable, "-c", example("python")])
    )

    assert [voice["id"] for voice in json.loads(found)["data"]] == [warm.pk]
    assert every == f"{warm.pk} Rachel\n{other.pk} Adam\n"
