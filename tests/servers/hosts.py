"""Two hosts that share a database, a broker, and a bucket, and nothing else."""

import shutil
from pathlib import Path
from typing import NamedTuple

import httpx

from catalog.sandbox import Sandbox
from tests.e2e.sandbox import SandboxControl
from tests.servers.binaries import free_port
from tests.servers.installation import Installation

PASSWORD = "two hosts one password"
WORKERS = ("jobs", "analysis", "background", "schedule")


def share_settings(folder: Path, **addresses: str) -> dict[str, str]:
    """Return the settings that all hosts have; ``addresses`` are those of the engines."""
    return {
        "VOICEBOARD_SECRET_KEY": "the same on each host",
        "VOICEBOARD_MASTER_KEY_FILE": str(folder / "master-keys.json"),
        "VOICEBOARD_DEMO_PASSWORD": PASSWORD,
        "VOICEBOARD_LOCAL": "0",
        **addresses,
    }


class Pair(NamedTuple):
    """Both hosts, the sandbox, and Ana's browser on each host."""

    a: Installation
    b: Installation
    sandbox: SandboxControl
    at_a: httpx.Client
    at_b: httpx.Client


def make_host(folder: Path, name: str, sandbox: Sandbox | None, **addresses: str) -> Installation:
    port = str(free_port())
    own = {"VOICEBOARD_HOST_NAME": name, "VOICEBOARD_PORT": port}
    return Installation(folder / name, sandbox, **{**addresses, **own})


def prepare_hosts(first: Installation, *others: Installation) -> None:
    """Fill the database, and give each host the static files."""
    first.manage("prepare")
    first.manage("collectstatic", "--noinput", "-v0")
    for other in others:
        shutil.copytree(first.folder / "static", other.folder / "static")


def is_ready(browser: httpx.Client) -> bool:
    try:
        return browser.get("/readyz").status_code == 200
    except httpx.TransportError:
        return False


def sign_in(browser: httpx.Client) -> None:
    page = browser.get("/", follow_redirects=True)
    token = page.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form = {"csrfmiddlewaretoken": token, "login": "ana@example.com", "password": PASSWORD}
    assert browser.post(str(page.url), data=form).status_code == 302
