"""The container image is really built and started, from Debian's packages and without Docker.

It takes some minutes and runs only where buildah and mmdebstrap are installed. To build the target
"full", which also speaks, set VOICEBOARD_TEST_IMAGE=full.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers.binaries import HOST, free_port, running
from tests.servers.processes import ROOT, in_time

TOOLS = ("buildah", "podman", "mmdebstrap", "unshare")
pytestmark = [
    pytest.mark.servers,
    pytest.mark.skipif(not all(map(shutil.which, TOOLS)), reason="There is no buildah here."),
]
STORE = ("--storage-driver", "vfs")
USER = 10001
# Two runs on one machine don't take each other's images away.
TAG = f"voiceboard-test-{os.getpid()}"
BASE = f"localhost/debian:{TAG}"
TARGET = os.environ.get("VOICEBOARD_TEST_IMAGE", "web")
PROCESSES = {
    "web": ["web", "jobs", "background", "schedule"],
    "full": ["web", "jobs", "analysis", "background", "schedule", "speech"],
}[TARGET]
# Creates the first admin, and waits for a clip of Local.
SPEAK = """
import time, django
django.setup()
from django.utils import timezone
from catalog.core.media import read_media
from catalog.models import Voice
from catalog.services.syntheses import request_speech
from catalog.services.users.setup import create_first_admin, make_setup_link
now = timezone.now()
who = {"team": "Aurora", "name": "Ana", "email": "ana@example.org", "password": "four words"}
ana = create_first_admin(token=make_setup_link(now=now), **who, now=now)
while not Voice.objects.exists():
    time.sleep(1)
voice = Voice.objects.get(remote_id="af_heart")
speech = request_speech(ana, voice=voice, text="Hello.", settings={}, now=timezone.now())
while not speech.is_finished:
    time.sleep(1)
    speech.refresh_from_db()
print(speech.state, len(read_media(speech.clip.path)))
"""
# What pip needs to reach their packages from inside the build.
_AROUND = ("/etc/pip.conf", "/etc/xdg/pip", "/etc/ssl/certs", "/etc/resolv.conf")
_START = """
set -e
mount --bind $ROOT $ROOT
mount -o remount,bind,ro $ROOT
mount -t tmpfs tmpfs $ROOT/tmp
mount -t proc proc $ROOT/proc
mount --rbind /dev $ROOT/dev
mount -t tmpfs -o mode=1777 tmpfs $ROOT/dev/shm
mount --bind $DATA $ROOT/data
exec chroot --userspec=10001:10001 $ROOT env -i HOME=/tmp $IMAGE_ENV VOICEBOARD_PORT=$PORT "$@"
"""


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Build the image, and return where its root lies."""
    rootfs = tmp_path_factory.mktemp("debian") / "rootfs.tar"
    packages = "--include=python3,python3-venv,ca-certificates"
    run("mmdebstrap", "--quiet", "--variant=minbase", packages, "trixie", rootfs)
    run("podman", *STORE, "import", rootfs, BASE)
    rootfs.unlink()
    volumes = [part for each in _AROUND if Path(each).exists() for part in ("-v", f"{each}:{each}")]
    base = ("--build-arg", f"BASE={BASE}")
    where = ("--isolation", "chroot", "--network", "host", "--file", ROOT / "deploy" / "Dockerfile")
    what = ("--target", TARGET, "--tag", TAG)
    run("buildah", *STORE, "bud", *where, *base, *volumes, *what, ROOT)
    container = run("buildah", *STORE, "from", TAG)
    try:
        yield Path(run("buildah", *STORE, "mount", container))
    finally:
        run("buildah", *STORE, "rm", container)
        run("buildah", *STORE, "rmi", "--force", TAG, BASE)


@pytest.fixture
def command(image, tmp_path) -> list[str]:
    """The start of a command that runs in the container."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    shutil.chown(data, USER, USER)
    shown = json.loads(run("buildah", *STORE, "inspect", "--type", "image", TAG))
    variables = dict(each.split("=", 1) for each in shown["OCIv1"]["config"]["Env"])
    variables |= {"VOICEBOARD_BIND": HOST}
    values = {
        "ROOT": str(image),
        "DATA": str(data),
        "PORT": str(free_port()),
        "IMAGE_ENV": " ".join(f"{name}={value}" for name, value in variables.items()),
    }
    settings = [f"{name}={value}" for name, value in values.items()]
    return ["env", *settings, "unshare", "--mount", "bash", "-c", _START, "start"]


def test_image_runs_without_root_on_a_read_only_root(command, tmp_path):
    written = subprocess.run([*command, "touch", "/app/x"], capture_output=True, check=False)
    run(*command, "voiceboard", "manage", "prepare")
    port = next(each for each in command if each.startswith("PORT=")).removeprefix("PORT=")

    with running([*command, "voiceboard", *PROCESSES], tmp_path):
        with httpx.Client(base_url=f"http://{HOST}:{port}") as browser:
            assert in_time(lambda: answers(browser))
            page = browser.get("/", follow_redirects=True)
            style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
            assert (page.status_code, browser.get(style).status_code) == (200, 200)
        log = tmp_path / "env.log"
        assert in_time(lambda: b"jobs@" in log.read_bytes() and b"ready." in log.read_bytes())
        backup = run(*command, "voiceboard", "manage", "backup", "--to", "/data/backups")
        if TARGET == "full":
            speak = ["sh", "-c", 'cd /app && python manage.py shell -c "$0"', SPEAK]
            assert run(*command, *speak).splitlines()[-1].startswith("done ")

    assert b"Read-only file system" in written.stderr
    assert "Backup finished" in backup
    assert "pg_dump (PostgreSQL) 17" in run(*command, "pg_dump", "--version")


def answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
