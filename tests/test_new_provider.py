"""A new provider is one file, and appears everywhere without any other change."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    """Return the pages of a Voiceboard with the provider Chorus, run in a separate process."""
    clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    answer = subprocess.run(
        [sys.executable, "-m", "tests.plugins.look_around"],
        cwd=ROOT,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_the_new_provider_can_be_selected_for_a_key(pages):
    assert '<option value="chorus">Chorus</option>' in pages["/keys/add/"]


def test_the_new_provider_s_voices_are_listed_with_its_badge(pages):
    assert re.search(r"hue-200[^>]*>CH</span>\s*Chorus", pages["/voices/"])
    assert "Chorister" in pages["/voices/"]


def test_the_new_provider_is_a_filter_value(pages):
    assert re.search(r'name="provider" value="chorus".*?<span>Chorus</span>', pages["/voices/"])


def test_the_new_provider_is_offered_in_the_clone_form(pages):
    assert re.search(r'name="credential".*?Chorus ·', pages["/clone/"], re.DOTALL)
