"""The web process never loads the speech engine."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.migrated import FOREIGN, copy_database

ROOT = Path(__file__).resolve().parent.parent


def test_the_web_process_never_loads_the_speech_engine(tmp_path):
    around = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    copy_database(tmp_path)
    answer = subprocess.run(
        [sys.executable, "-m", "tests.plugins.visit_local"],
        cwd=ROOT,
        env={**around, "VOICEBOARD_DATA_DIR": str(tmp_path), "VOICEBOARD_DEMO": "0"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found["is_offered"]
    assert found["answers"] == {
        "/voices/?provider=local": 200,
        "voice": 200,
        "preview": 202,
        "/keys/": 200,
        "alike": 200,
        "/similar/": 200,
        "/compare/": 200,
        "/clone/": 200,
    }
    assert found["loaded"] == []
