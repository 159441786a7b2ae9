"""The files in deploy/ are valid for the tools that read them."""

import os
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.servers.binaries import find_program

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
IMAGE_USER = 10001
HELP = {"web", "jobs", "analysis", "background", "speech", "schedule"}


def run(*command: str | Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    tools = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": tools, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def compose(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    tool = ROOT / ".venv" / "bin" / "docker-compose"
    return run(tool, "--file", DEPLOY / "compose.yaml", *arguments, **environment)


def read_services() -> dict[str, dict[str, Any]]:
    shown = compose("--profile", "full", "config", DATABASE_PASSWORD="example")
    assert shown.returncode == 0, shown.stderr
    services: dict[str, dict[str, Any]] = yaml.safe_load(shown.stdout)["services"]
    return services


def test_dockerfile_has_no_findings():
    found = run(ROOT / ".venv" / "bin" / "hadolint", DEPLOY / "Dockerfile")

    assert (found.returncode, found.stdout) == (0, "")


def test_compose_file_is_valid_and_needs_a_password():
    schema = ("--builtin-schema", "vendor.compose-spec")
    checked = run(ROOT / ".venv" / "bin" / "check-jsonschema", *schema, DEPLOY / "compose.yaml")

    assert checked.returncode == 0, checked.stdout
    assert "DATABASE_PASSWORD" in compose("config", "-q", DATABASE_PASSWORD="").stderr


def test_our_containers_have_no_rights_and_a_read_only_root():
    ours = {name: each for name, each in read_services().items() if "build" in each}

    assert set(ours) == {"prepare", "web", "workers", "speech"}
    for service in ours.values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["volumes"][0]["target"] == "/data"
    assert ours["web"]["ports"][0]["host_ip"] == "127.0.0.1"


def test_with_local_every_container_of_ours_has_the_engine():
    shown = compose("--profile", "full", "config", DATABASE_PASSWORD="example", TARGET="full")
    services = yaml.safe_load(shown.stdout)["services"]

    assert {each["build"]["target"] for each in services.values() if "build" in each} == {"full"}


def test_compose_runs_every_process():
    named = [name for each in read_services().values() for name in each.get("command") or []]

    assert set(named) >= HELP


def manifests() -> list[dict[str, Any]]:
    whole = yaml.safe_load((DEPLOY / "kubernetes" / "voiceboard.yaml").read_text())
    items: list[dict[str, Any]] = whole["items"]
    return items


@pytest.mark.parametrize("manifest", manifests(), ids=lambda each: each["metadata"]["name"])
def test_kubernetes_manifest_fits_its_schema(manifest):
    kubernetes_validate.validate(manifest, "1.31", strict=True)


def test_every_pod_runs_without_root_and_with_a_read_only_root():
    pods = [each["spec"]["template"]["spec"] for each in manifests() if "template" in str(each)]

    assert len(pods) == 3
    for pod in pods:
        assert pod["securityContext"]["runAsUser"] == IMAGE_USER
        for container in pod["initContainers"] + pod["containers"]:
            assert container["securityContext"]["readOnlyRootFilesystem"] is True
            assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}


def test_systemd_units_are_valid(tmp_path):
    kinds = ("*.service", "*.timer")
    units = [unit for kind in kinds for unit in (DEPLOY / "systemd").glob(kind)]
    for unit in units:
        (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/voiceboard", str(ROOT)))

    checked = run(find_program("systemd-analyze"), "verify", *tmp_path.iterdir())

    assert (checked.returncode, checked.stderr) == (0, "")


def test_image_holds_what_the_product_needs_and_nothing_else():
    kept = (ROOT / ".dockerignore").read_text().splitlines()

    assert kept[0] == "*"
    for name in ("catalog", "voiceboard", "templates", "static", "manage.py"):
        assert f"!{name}" in kept
    assert not any(name in line for line in kept for name in ("tests", "var", ".git", "secrets"))
