"""The state of the sandbox, and what survives a restart."""

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from catalog.sandbox import Sandbox, running_sandbox
from catalog.sandbox.clips import ClipStore
from catalog.sandbox.keys import AccountKind, AccountName
from catalog.sandbox.providers.elevenlabs.accounts import ElevenLabsAccount
from catalog.sandbox.services import Services
from catalog.sandbox.store import Store
from tests.sandbox.conftest import clone, hum, own_names

ROOT = Path(__file__).parents[2]
KEY = {"xi-api-key": "sandbox-elevenlabs-full"}


def connected(base_url: str) -> httpx.Client:
    return httpx.Client(base_url=f"{base_url}/elevenlabs", headers=KEY, timeout=60)


@contextmanager
def running_command(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``manage.py serve_sandbox`` and yield its process and its address."""
    command = [sys.executable, "manage.py", "serve_sandbox", *arguments]
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            yield process, line.split()[-1].removesuffix("/elevenlabs")
        finally:
            process.kill()


def test_everything_survives_a_restart(tmp_path):
    with running_sandbox(state=tmp_path) as first, connected(first.address) as client:
        kept = clone(client, "Kept", hum(123))
        client.delete(f"/v1/voices/{clone(client, 'Gone')}").raise_for_status()
        client.post(f"/v1/voices/{kept}/edit", files={"name": (None, "Renamed")})
        client.post(f"/v1/voices/{kept}/settings/edit", json={"style": 0.4})
        before = client.get(f"/v1/voices/{kept}").json()
        names = own_names(client)

    with running_sandbox(state=tmp_path) as second, connected(second.address) as client:
        [sample] = before["samples"]
        audio = client.get(f"/v1/voices/{kept}/samples/{sample['sample_id']}/audio")
        assert client.get(f"/v1/voices/{kept}").json() == before
        assert own_names(client) == names
        assert audio.content == hum(123)


def test_a_clone_survives_a_kill_right_after_its_response(tmp_path):
    with running_command("--port", "0", "--state", str(tmp_path)) as (process, address):
        with connected(address) as client:
            clone(client, "Survivor")
        process.send_signal(signal.SIGKILL)
        process.wait()

    with running_sandbox(state=tmp_path) as again, connected(again.address) as client:
        assert own_names(client).count("Survivor") == 1


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_the_command_exits_cleanly_on_sigint_and_sigterm(name):
    with running_command("--port", "0", "--voices", "30") as (process, address):
        listed = httpx.get(f"{address}/elevenlabs/v2/voices", headers=KEY)
        process.send_signal(name)
        code = process.wait(timeout=20)

    assert listed.json()["total_count"] == 36
    assert code == 0


def run_command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``manage.py serve_sandbox`` when it's expected to fail."""
    return subprocess.run(
        [sys.executable, "manage.py", "serve_sandbox", *arguments],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_reports_that_its_port_is_taken(sandbox):
    done = run_command("--port", sandbox.address.rpartition(":")[2])

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The sandbox can't start: ")


def test_the_command_reports_that_its_state_is_broken(tmp_path):
    (tmp_path / "sandbox.sqlite3").write_bytes(b"no database" * 100)

    done = run_command("--port", "0", "--state", str(tmp_path))

    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: The sandbox can't start: ")


def test_state_files_are_readable_only_by_their_owner(tmp_path):
    state = tmp_path / "state"
    with running_sandbox(state=state) as sandbox, connected(sandbox.address) as client:
        page = client.get("/v2/voices").json()
        client.get(page["voices"][-1]["preview_url"]).raise_for_status()
        files = [path for path in state.rglob("*") if path.is_file()]
        modes = {stat.S_IMODE(path.stat().st_mode) for path in files}

    assert {path.name for path in files} >= {"sandbox.sqlite3", "sandbox.sqlite3-wal"}
    assert len(files) > 3
    assert modes == {0o600}
    assert stat.S_IMODE(state.stat().st_mode) == 0o700


def test_a_preview_is_kept_across_restarts(tmp_path):
    with running_sandbox(state=tmp_path) as first, connected(first.address) as client:
        path = httpx.URL(client.get("/v2/voices").json()["voices"][-1]["preview_url"]).path
        content = httpx.get(f"{first.address}{path}").content
    [clip] = (tmp_path / "clips").iterdir()

    with running_sandbox(state=tmp_path) as second:
        assert httpx.get(f"{second.address}{path}").content == content == clip.read_bytes()


def test_without_a_state_folder_nothing_is_kept(sandbox):
    with connected(sandbox.address) as client:
        clone(client, "Fleeting")

    with running_sandbox() as another, connected(another.address) as client:
        assert "Fleeting" not in own_names(client)


def test_an_unusable_state_folder_frees_the_port(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a directory")

    with pytest.raises(OSError, match="file"):
        Sandbox(state=blocked, port=0)


def test_a_new_month_gives_new_credit():
    now = [time.mktime((2026, 11, 30, 12, 0, 0, 0, 0, 0))]
    store = Store()
    backstage = Services(store, ClipStore(Path("unused")), 1, lambda: now[0])
    account = ElevenLabsAccount(backstage, AccountName(AccountKind.FULL), {})
    account.count(character_count=1_000, edits=9)
    spent = account.usage()

    now[0] += 86_400
    fresh = account.usage()
    store.close()

    assert spent["character_count"] - fresh["character_count"] == 1_000
    assert (spent["edits"], fresh["edits"]) == (9, 0)


def test_an_interrupted_transaction_is_rolled_back():
    store = Store()

    def interrupted() -> None:
        with store.transaction():
            store.put("shelf", "voice", "a", {"name": "Half"})
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()

    assert store.find("shelf", "voice") == {}
    store.close()
