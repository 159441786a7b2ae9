"""The container image is really built and started, from Debian's packages and without Docker.

It takes some minutes and runs only where buildah and mmdebstrap are installed.
"""

import json
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
    run("podman", *STORE, "import", rootfs, "localhost/debian:voiceboard-test")
    rootfs.unlink()
    volumes = [part for each in _AROUND if Path(each).exists() for part in ("-v", f"{each}:{each}")]
    base = ("--build-arg", "BASE=localhost/debian:voiceboard-test")
    where = ("--isolation", "chroot", "--network", "host", "--file", ROOT / "deploy" / "Dockerfile")
    run("buildah", *STORE, "bud", *where, *base, *volumes, "--tag", "voiceboard-test", ROOT)
    container = run("buildah", *STORE, "from", "voiceboard-test")
    try:
        yield Path(run("buildah", *STORE, "mount", container))
    finally:
        run("buildah", *STORE, "rm", container)
        run("buildah", *STORE, "rmi", "--force", "voiceboard-test", "debian:voiceboard-test")


@pytest.fixture
def command(image, tmp_path) -> list[str]:
    """The start of a command that runs in the container."""
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    shutil.chown(data, USER, USER)
    shown = json.loads(run("buildah", *STORE, "inspect", "--type", "image", "voiceboard-test"))
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

    with running([*command, "voiceboard", "web", "jobs", "background", "schedule"], tmp_path):
        with httpx.Client(base_url=f"http://{HOST}:{port}") as browser:
            assert in_time(lambda: answers(browser))
            page = browser.get("/", follow_redirects=True)
            style = page.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
            assert (page.status_code, browser.get(style).status_code) == (200, 200)
        log = tmp_path / "env.log"
        assert in_time(lambda: b"jobs@" in log.read_bytes() and b"ready." in log.read_bytes())

    assert b"Read-only file system" in written.stderr


def answers(browser: httpx.Client) -> bool:
    try:
        return browser.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False
