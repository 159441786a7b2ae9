"""OpenStack Swift with its S3 interface: a real object store, on ports and files of its own."""

import subprocess
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import boto3
from botocore.config import Config

from tests.servers.binaries import (
    HOST,
    Engine,
    accepts_connections,
    find_program,
    free_port,
    running,
    running_engine,
)
from tests.servers.processes import in_time

BUCKET = "voiceboard"
KEY_ID, SECRET = "vb:voiceboard", "swift-secret-of-the-tests"
_KINDS = {"account": 1, "container": 2, "object": 3}
_STORAGE = """[DEFAULT]
bind_ip = {host}
bind_port = {port}
workers = 0
devices = {folder}/devices
swift_dir = {folder}
mount_check = false
log_level = WARNING
[pipeline:main]
pipeline = {kind}-server
[app:{kind}-server]
use = egg:swift#{kind}
"""
_PROXY = """[DEFAULT]
bind_ip = {host}
bind_port = {port}
workers = 0
swift_dir = {folder}
log_level = WARNING
[pipeline:main]
pipeline = cache s3api tempauth proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:cache]
use = egg:swift#memcache
memcache_servers = {host}:{cache}
[filter:s3api]
use = egg:swift#s3api
[filter:tempauth]
use = egg:swift#tempauth
user_vb_voiceboard = {secret} .admin
"""


class Swift(Engine):
    """A running Swift; its proxy can be taken away for a while."""

    def __init__(self, folder: Path, port: int) -> None:
        program = find_program("swift-proxy-server")
        super().__init__([program, folder / "proxy.conf"], folder, port)
        self.endpoint = f"http://{HOST}:{port}"

    @property
    def environment(self) -> dict[str, str]:
        """The settings of a product that keeps its files here, in a folder of its own."""
        return {
            "VOICEBOARD_FILES": f"s3://{BUCKET}/{uuid.uuid4().hex}?endpoint={self.endpoint}",
            "VOICEBOARD_S3_KEY_ID": KEY_ID,
            "VOICEBOARD_S3_SECRET": SECRET,
        }

    def make_bucket(self) -> None:
        """Create the bucket of the tests."""
        client = boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY_ID,
            aws_secret_access_key=SECRET,
            config=Config(s3={"addressing_style": "path"}),
        )
        client.create_bucket(Bucket=BUCKET)


@contextmanager
def running_swift(folder: Path) -> Iterator[Swift]:
    """Run Swift with one copy of everything and an empty bucket."""
    cache = free_port()
    with ExitStack() as stack:
        command = [find_program("memcached"), "-l", HOST, "-p", str(cache), "-u", "root"]
        stack.enter_context(running(command, folder))
        for kind in _KINDS:
            port = free_port()
            _make_ring(folder, kind, port)
            place = folder / f"{kind}.conf"
            place.write_text(_STORAGE.format(host=HOST, port=port, folder=folder, kind=kind))
            stack.enter_context(running([find_program(f"swift-{kind}-server"), place], folder))
            assert in_time(lambda port=port: accepts_connections(port)), f"No {kind} server."
        swift = Swift(folder, free_port())
        settings = {"host": HOST, "port": swift.port, "folder": folder, "cache": cache}
        (folder / "proxy.conf").write_text(_PROXY.format(secret=SECRET, **settings))
        stack.enter_context(running_engine(swift))
        swift.make_bucket()
        yield swift


def _make_ring(folder: Path, kind: str, port: int) -> None:
    (folder / "devices" / "disk").mkdir(parents=True, exist_ok=True)
    builder = find_program("swift-ring-builder")
    place = folder / f"{kind}.builder"
    device = ["add", "--region", "1", "--zone", "1", "--ip", HOST, "--port", str(port)]
    for step in (
        ["create", "4", "1", "1"],
        [*device, "--device", "disk", "--weight", "1"],
        ["rebalance"],
    ):
        subprocess.run([builder, place, *step], check=True, capture_output=True, cwd=folder)
