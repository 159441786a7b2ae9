"""A key that was entered into Voiceboard never appears anywhere again."""

import base64
import html
import json
import logging
import pickle
import secrets
import uuid
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from celery.signals import before_task_publish
from django.apps import apps
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile

from catalog import schedule, tasks
from catalog.models import (
    AuditEntry,
    CleanupPlan,
    CloneJob,
    Credential,
    CredentialReplacement,
    PlannedDeletion,
    Voice,
)
from catalog.providers.errors import CredentialRejected
from catalog.providers.session import open_provider
from catalog.sandbox import running_sandbox
from catalog.sandbox.faults import Fault, FaultKind
from catalog.services.credentials import keys as credential_services
from catalog.services.credentials import replacement as replacement_services
from tests import factories
from tests.witness import Everything, Witness

NUMBER = 1000 + secrets.randbelow(8000)
# The sandbox opens a separate account for each number, so these are working keys and unique.
GOOD, SECOND = f"sandbox-elevenlabs-full-{NUMBER}", f"sandbox-elevenlabs-full-{NUMBER + 1}"
# Its special characters differ in HTML, JSON, and URLs. Its middle is the same everywhere.
WRONG = f'sk"<&%+\\{secrets.token_hex(16)}'
# Looks like a key but isn't stored. It is pasted into every text field.
PASTED = f"sk_{secrets.token_hex(24)}"
KEYS = {"good": GOOD, "second": SECOND, "wrong": WRONG, "pasted": PASTED}


def shapes_of(key: str) -> dict[str, bytes]:
    """Return the key in every common encoding."""
    raw = key.encode()
    found = {
        "raw": raw,
        "middle": raw[8:] if key is WRONG else raw,
        "HTML": html.escape(key).encode(),
        "JSON": json.dumps(key)[1:-1].encode(),
        "address": quote(key, safe="").encode(),
        "form": quote_plus(key).encode(),
        "hex": raw.hex().encode(),
        "HEX": raw.hex().upper().encode(),
    }
    for shift in range(3):
        # Covers every offset in a longer text, without the characters that depend on its neighbors.
        coded = base64.b64encode(b"\0" * shift + raw)[4 if shift else 0 :]
        found[f"base64, {shift}"] = coded.rstrip(b"=")[:-4]
    return found


def find_leaks(places: dict[str, bytes]) -> list[tuple[str, str, str]]:
    """Return the place, key, and encoding of every leak."""
    return [
        (place, name, shape)
        for place, content in places.items()
        for name, key in KEYS.items()
        for shape, needle in shapes_of(key).items()
        if needle in content
    ]


@pytest.mark.parametrize("name", KEYS)
def test_the_leak_search_finds_a_key_in_every_encoding(name):
    key = KEYS[name]
    for shape, needle in shapes_of(key).items():
        assert len(needle) > 12, shape
    planted = {
        "raw": f"xi-api-key: {key}\r\n",
        "HTML": f"<p>{html.escape(key)}</p>",
        "JSON": json.dumps({"key": key}),
        "address": f"/?key={quote(key)}",
        "hex": key.encode().hex(),
        "base64": base64.b64encode(f"Basic {key}:".encode()).decode(),
        "base64 of others": base64.b64encode(f"ab{key}".encode()).decode(),
    }

    assert {place for place, *_ in find_leaks({k: v.encode() for k, v in planted.items()})} == set(
        planted
    )


@pytest.fixture
def witness(monkeypatch: pytest.MonkeyPatch) -> Iterator[Witness]:
    witness = Witness()
    handler, root = Everything(witness.log), logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    before_task_publish.connect(witness.on_publish)
    yield witness
    before_task_publish.disconnect(witness.on_publish)
    root.setLevel(before)
    root.removeHandler(handler)


@pytest.fixture
def sandbox(settings) -> Iterator[Any]:
    with running_sandbox(voices=3) as running:
        settings.PROVIDER_BASE_URLS = {"elevenlabs": running.url("elevenlabs")}
        yield running


@pytest.fixture
def journey(file_database, sandbox, witness, cast, sign_in, wav, monkeypatch, settings):
    """Do everything that can be done with keys, including failures."""
    settings.ADMINS = [("Op", "op@example.com")]
    client = sign_in(cast.ana)
    client.raise_request_exception = False
    scene = SimpleNamespace(
        client=client, witness=witness, wav=wav, sandbox=sandbox, patch=monkeypatch, cast=cast
    )
    for step in (
        refuse_forms, add_wrong_key, add_good_key, browse, paste_into_texts, clone,
        clone_with_a_lost_answer, delete, break_in_mid_request, replace_and_share, remove,
    ):  # fmt: skip
        step(scene)
    return scene


def post(scene: SimpleNamespace, path: str, posted: dict[str, Any], **headers: str) -> Any:
    response = scene.witness.keep(scene.client.post(path, posted, headers=headers))
    scene.witness.work()
    for page in ("/keys/", "/voices/", "/jobs/"):
        scene.witness.keep(scene.client.get(page))
    return response


def add(scene: SimpleNamespace, key: str, **values: str) -> Any:
    posted = {"provider": "elevenlabs", "api_key": key, "nickname": "Studio", "is_shared": "on"}
    return post(scene, "/keys/add/", {**posted, **values})


def refuse_forms(scene: SimpleNamespace) -> None:
    assert add(scene, WRONG, provider="nobody").status_code == 422
    assert add(scene, f"{WRONG} {GOOD}").status_code == 422
    assert add(scene, f"{WRONG}\n{GOOD}é" * 50).status_code == 422


def add_wrong_key(scene: SimpleNamespace) -> None:
    assert add(scene, WRONG).status_code == 302
    assert Credential.objects.latest("created_at").health == Credential.Health.REJECTED


def add_good_key(scene: SimpleNamespace) -> None:
    assert add(scene, GOOD).status_code == 302
    scene.credential = Credential.objects.latest("created_at")
    assert scene.credential.health == Credential.Health.GOOD
    assert Voice.objects.filter(account=scene.credential.account).count() >= 3


def browse(scene: SimpleNamespace) -> None:
    voice = Voice.objects.filter(account=scene.credential.account).exclude(preview_url="").first()
    for path in (f"/voices/{voice.pk}/", f"/voices/{voice.pk}/preview/"):
        assert scene.witness.keep(scene.client.get(path)).status_code == 200


def paste_into_texts(scene: SimpleNamespace) -> None:
    """Paste a stored and an unknown key into every text field."""
    voice = Voice.objects.filter(account=scene.credential.account).first()
    team, own = scene.cast.aurora, {"whose": "own"}
    search = factories.make_search(scene.cast.ana, team)
    token = str(uuid.uuid4())
    before = AuditEntry.objects.count()
    for key in (PASTED, GOOD):
        text = f"Use {key} for this"
        upload = SimpleUploadedFile(f"{key}.wav", scene.wav)
        for path, posted in {
            f"/keys/{scene.credential.pk}/rename/": {"nickname": key},
            "/keys/add/": {"provider": "elevenlabs", "api_key": SECOND, "nickname": text},
            f"/voices/{voice.pk}/tags/": {"tags": key},
            f"/voices/{voice.pk}/notes/": {"text": text},
            f"/voices/{voice.pk}/rename/": {"name": key},
            f"/voices/{voice.pk}/relabel/": {"accent": key},
            f"/voices/{voice.pk}/protect/": {"kind": "pin", "reason": text},
            f"/voices/{voice.pk}/collections/": {"name": "New", "note": text},
            f"/voices/{voice.pk}/speak/": {"text": text},
            "/collections/": {"name": key, "description": "", **own},
            "/searches/add/": {"name": text, "query": "", **own},
            f"/searches/{search.pk}/update/": {"query": f"q={key}"},
            f"/teams/{team.pk}/rename/": {"name": key},
            "/teams/": {"name": key},
            "/team/invitations/": {"label": text, "role": "member", "days": "7"},
            "/team/log/export/": {"form": "csv", "target": key},
            "/clone/": {"name": key, "speaker": text, "description": text, "form_token": token},
            "/samples/": {"file": upload, "form_token": token},
            "/samples/?again": {"file": upload, "form_token": key},
        }.items():
            upload.seek(0)
            assert post(scene, path, posted).status_code < 500, path
    # Only the log exports succeeded, and without the pasted filter.
    assert AuditEntry.objects.count() == before + 2


def clone_voice(scene: SimpleNamespace) -> CloneJob:
    posted = {
        "files": SimpleUploadedFile("ada.wav", scene.wav),
        "credential": str(scene.credential.pk),
        "name": "Our Ada",
        "speaker": "Ada",
        "relation": "permission",
        "allowed_use": "any",
        "consent": "on",
        "form_token": str(uuid.uuid4()),
    }
    assert post(scene, "/clone/", posted, **{"X-Upload": "1"}).status_code == 201
    return CloneJob.objects.latest("created_at")


def clone(scene: SimpleNamespace) -> None:
    assert clone_voice(scene).state == CloneJob.State.READY


def clone_with_a_lost_answer(scene: SimpleNamespace) -> None:
    scene.sandbox.faults.add(Fault(FaultKind.DROP_AFTER, method="POST", path="/v1/voices/add"))
    job = clone_voice(scene)
    assert job.step == CloneJob.Step.UNKNOWN
    CloneJob.objects.update(not_before=None)
    tasks.run_clone_task(job_id=str(job.pk))
    scene.witness.work()
    scene.witness.keep(scene.client.get(f"/jobs/{job.pk}/"))
    job.refresh_from_db()
    assert job.state == CloneJob.State.READY


def delete(scene: SimpleNamespace) -> None:
    clones = Voice.objects.filter(account=scene.credential.account, name="Our Ada")
    post(scene, "/cleanup/plans/", {"id": [voice.pk for voice in clones]})
    line = PlannedDeletion.objects.latest("created_at")
    CleanupPlan.objects.update(waiting_days=0)
    scene.sandbox.faults.add(Fault(FaultKind.ERROR_BEFORE, method="DELETE", path="*"))
    post(scene, f"/cleanup/plans/{line.plan_id}/approve/", {})
    PlannedDeletion.objects.update(not_before=None)
    schedule.sweep_task()
    for line in PlannedDeletion.objects.all():
        tasks.run_deletion_task(line_id=str(line.pk))
    scene.witness.keep(scene.client.get(f"/cleanup/plans/{line.plan_id}/"))
    assert {line.state for line in PlannedDeletion.objects.all()} == {PlannedDeletion.State.DELETED}


def break_in_mid_request(scene: SimpleNamespace) -> None:
    """Raise an unexpected error while the key is in many stack frames."""

    def fail(*args: Any, **values: Any) -> None:
        raise RuntimeError("Something nobody thought of.")

    with scene.patch.context() as patch:
        patch.setattr(credential_services, "record", fail)
        patch.setattr(replacement_services, "record", fail)
        assert add(scene, WRONG).status_code == 500
        path = f"/keys/{scene.credential.pk}/replace/"
        assert post(scene, path, {"api_key": WRONG}).status_code == 500
    assert len(mail.outbox) == 2


def replace_and_share(scene: SimpleNamespace) -> None:
    path = f"/keys/{scene.credential.pk}/"
    assert post(scene, f"{path}replace/", {"api_key": SECOND}).status_code == 302
    assert CredentialReplacement.objects.get().opens_another
    assert post(scene, f"{path}replace/confirm/", {"account": "other"}).status_code == 302
    assert not CredentialReplacement.objects.exists()
    assert Credential.objects.get(pk=scene.credential.pk).health == Credential.Health.GOOD
    scene.sandbox.faults.add(Fault(FaultKind.HTML, times=3))
    post(scene, f"{path}check/", {})
    post(scene, f"{path}share/", {"is_shared": "0"})


def remove(scene: SimpleNamespace) -> None:
    scene.rows = [
        shown
        for model in apps.get_models()
        for row in model._default_manager.all()
        for shown in (repr(row), str(row), repr(vars(row)), pickle.dumps(row))
    ]
    assert post(scene, f"/keys/{scene.credential.pk}/remove/", {}).status_code == 302
    assert not Credential.objects.filter(pk=scene.credential.pk).exists()


def test_no_key_is_found_anywhere_after_everything_was_done_with_it(
    journey, file_database, tmp_path
):
    witness = journey.witness
    places = {path.name: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    places |= {f"answer {n}": content for n, content in enumerate(witness.answers)}
    places |= {f"message {n}": repr(sent).encode() for n, sent in enumerate(witness.messages)}
    places |= {f"mail {n}": sent.message().as_bytes() for n, sent in enumerate(mail.outbox)}
    places |= {
        f"row {n}": shown if isinstance(shown, bytes) else shown.encode()
        for n, shown in enumerate(journey.rows)
    }
    places["log"] = witness.log.getvalue().encode()

    stored = b"".join(places[name] for name in places if name.startswith("voiceboard.sqlite3"))
    assert b"Our Ada" in stored or file_database is None
    assert {sent[0] for sent in witness.messages} >= {
        "catalog.check_credential", "catalog.sync_account", "catalog.run_clone",
        "catalog.run_deletion",
    }  # fmt: skip
    assert '"exception": "RuntimeError", "places": ["/' in witness.log.getvalue()
    assert len(witness.answers) > 50
    assert find_leaks(places) == []


@pytest.mark.parametrize(
    "key",
    [WRONG, f"{WRONG} {GOOD}", f"{WRONG}\r\nX-Evil: {GOOD}"],
    ids=["wrong", "two at once", "a line too many"],
)
def test_an_adapter_never_shows_its_key(sandbox, key):
    shown = []
    try:
        with open_provider("elevenlabs", {"api_key": key}, sandbox.url("elevenlabs")) as provider:
            shown += [repr(provider), str(provider)]
            with pytest.raises(TypeError):
                pickle.dumps(provider)
            provider.check()
    except CredentialRejected as exc:
        shown += [repr(exc), str(exc), repr(vars(exc)), repr(exc.__cause__), repr(exc.__context__)]

    assert len(shown) >= 5
    assert find_leaks({str(n): text.encode() for n, text in enumerate(shown)}) == []
