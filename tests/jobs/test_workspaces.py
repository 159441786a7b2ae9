"""Several keys of one account list different voices, and each person sees only their own."""

from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from catalog.jobs.clones.run import run_clone
from catalog.jobs.searches.index import build_index
from catalog.jobs.syncs.run import sync_account
from catalog.jobs.voices.push_changes import push_name
from catalog.models import CloneJob, Credential, Sample, Voice
from catalog.queries.cleanups.deletion_keys import find_deleting_keys
from catalog.queries.credentials import usable_credential
from catalog.queries.searches.filters import VoiceFilter
from catalog.queries.voices.search import find_voices
from catalog.sandbox.faults import Fault, FaultKind
from catalog.services.credentials.keys import remove_credential, share_credential
from tests import factories
from tests.conftest import make_wav
from tests.stubs import remote_voice

FIRST, SECOND = "sandbox-elevenlabs-full", "sandbox-elevenlabs-full-member2"
LIST = {"provider": "elevenlabs", "method": "GET", "path": "/v2/voices", "times": 0}


class Workspace:
    """A sandbox workspace with Ana's shared key and Mia's private key, of different members."""

    def __init__(self, cast: Any, sandbox: Any, clock: Any) -> None:
        self.cast, self.sandbox, self.clock = cast, sandbox, clock
        self.account = cast.account
        self.anas = cast.credential
        self.mias = factories.make_credential(cast.mia, cast.account, SECOND, is_shared=False)

    def ask(self, method: str, path: str, key: str = SECOND, **sent: Any) -> Any:
        url = f"{self.sandbox.url('elevenlabs')}{path}"
        answer = httpx.request(method, url, headers={"xi-api-key": key}, **sent)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def clone(self, name: str, key: str = SECOND) -> str:
        sent = {"data": {"name": name}, "files": [("files", ("a.wav", make_wav(2)))]}
        return str(self.ask("POST", "/v1/voices/add", key, **sent)["voice_id"])

    def share(self, voice_id: str, role: str, member: int, key: str) -> None:
        address = f"member{member}@sandbox.example"
        body = {"role": role, "resource_type": "voice", "user_email": address}
        self.ask("POST", f"/v1/workspace/resources/{voice_id}/share", key, json=body)

    def sync(self) -> Any:
        self.clock.move(minutes=15)
        return sync_account(self.account.pk, self.clock)

    def break_list(self, key: str, kind: FaultKind = FaultKind.ERROR_BEFORE, **more: Any) -> None:
        self.sandbox.faults.add(Fault(kind, key=key, **{**LIST, **more}))


@pytest.fixture
def workspace(cast, sandbox_server, settings, clock):
    settings.PROVIDER_BASE_URLS = {slug: sandbox_server.url(slug) for slug in sandbox_server.slugs}
    sandbox_server.reset()
    yield Workspace(cast, sandbox_server, clock)
    sandbox_server.faults.clear()


def seen_by(user: Any, name: str) -> SimpleNamespace:
    """Return whether a person can see the voice's row, its list entry, and its count."""
    rows = Voice.objects.visible_to(user).present().filter(name=name)
    page = find_voices(user, VoiceFilter(words=f'"{name}"'))
    return SimpleNamespace(
        row=rows.exists(), listed=bool(page.load(page.ids)), count=page.found_count
    )


ALL, NONE = (
    SimpleNamespace(row=True, listed=True, count=1),
    SimpleNamespace(row=False, listed=False, count=0),
)


@pytest.mark.parametrize("is_indexed", [False, True])
def test_voices_of_private_keys_are_listed_and_stay_private(workspace, cast, is_indexed):
    workspace.clone("Qzmias")
    workspace.clone("Qzanas", FIRST)

    run = workspace.sync()
    if is_indexed:
        build_index(frozenset([cast.aurora.pk]))

    assert (run.error, run.gone_count) == ("", 0)
    assert seen_by(cast.mia, "Qzmias") == ALL
    assert seen_by(cast.ana, "Qzmias") == NONE
    assert seen_by(cast.mia, "Qzanas") == seen_by(cast.ana, "Qzanas") == ALL


def test_voice_listed_by_only_one_key_is_not_marked_as_gone(workspace):
    voice_id = workspace.clone("Qzmias")
    workspace.sync()

    again = workspace.sync()

    assert (again.gone_count, again.changed_count, again.added_count) == (0, 0, 0)
    workspace.ask("DELETE", f"/v1/voices/{voice_id}")
    last = workspace.sync()
    assert last.gone_count == 1
    assert Voice.objects.get(remote_id=voice_id).is_gone


@pytest.mark.parametrize("broken_key", [FIRST, SECOND])
def test_voice_listed_only_by_a_failing_key_is_not_marked_as_gone(workspace, broken_key):
    ids = [workspace.clone("Qzmias"), workspace.clone("Qzanas", FIRST)]
    workspace.sync()
    workspace.break_list(broken_key)

    run = workspace.sync()

    assert run.error
    assert run.gone_count == 0
    assert not Voice.objects.filter(remote_id__in=ids).exclude(remote_deleted_at=None).exists()


def test_voice_is_gone_only_after_every_key_was_asked(workspace):
    voice_id = workspace.clone("Qzboth", FIRST)
    workspace.share(voice_id, "viewer", 2, FIRST)
    workspace.sync()
    workspace.ask("DELETE", f"/v1/voices/{voice_id}", FIRST)
    workspace.break_list(SECOND)

    assert workspace.sync().gone_count == 0
    workspace.sandbox.faults.clear()
    assert workspace.sync().gone_count == 1


def test_rejected_key_is_marked_and_the_other_key_is_still_synced(workspace, cast):
    workspace.clone("Qzmias")
    workspace.sync()
    wrong = {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}
    workspace.break_list(SECOND, FaultKind.REFUSE, status=401, values=wrong)
    workspace.clone("Qznew", FIRST)

    run = workspace.sync()

    assert (run.error, run.gone_count) == ("", 0)
    assert Credential.objects.get(pk=workspace.mias.pk).is_refused
    assert seen_by(cast.ana, "Qznew") == ALL
    assert seen_by(cast.mia, "Qzmias") == ALL


def test_key_entered_twice_is_listed_once_for_both_rows(cast, sync, stub):
    factories.make_credential(cast.mia, cast.account, FIRST, is_shared=False)

    sync(remote_voice("r-1", "Qzone"))

    assert stub.keys == [FIRST]
    assert Voice.objects.get().key_set.entries.count() == 2


def test_sharing_a_key_shares_its_voices_and_unsharing_hides_them(workspace, cast, clock):
    workspace.clone("Qzmias")
    workspace.sync()

    share_credential(cast.mia, credential=workspace.mias, is_shared=True, now=clock())
    assert seen_by(cast.ana, "Qzmias") == ALL
    workspace.mias.refresh_from_db()
    share_credential(cast.mia, credential=workspace.mias, is_shared=False, now=clock())
    assert seen_by(cast.ana, "Qzmias") == NONE


def test_voices_of_a_removed_key_stay_visible_to_its_owner_only(workspace, cast, clock):
    workspace.clone("Qzmias")
    workspace.sync()

    remove_credential(cast.mia, credential=workspace.mias, now=clock())

    assert workspace.sync().gone_count == 0
    assert seen_by(cast.mia, "Qzmias") == ALL
    assert seen_by(cast.ana, "Qzmias") == NONE


def test_another_shared_key_does_not_reveal_private_voices(workspace, cast, clock):
    share_credential(cast.ana, credential=workspace.anas, is_shared=False, now=clock())
    workspace.clone("Qzmias")
    workspace.sync()

    workspace.anas.refresh_from_db()
    share_credential(cast.ana, credential=workspace.anas, is_shared=True, now=clock())

    assert seen_by(cast.ana, "Qzmias") == NONE
    assert seen_by(cast.mia, "Qzmias") == ALL


def test_voice_is_used_only_with_a_key_that_lists_it(workspace, cast):
    workspace.clone("Qzmias")
    workspace.sync()
    voice = Voice.objects.get(name="Qzmias")

    assert usable_credential(cast.mia, voice, "speak") == workspace.mias
    assert usable_credential(cast.ana, voice, "speak") is None
    Voice.objects.filter(pk=voice.pk).update(own_name="Qznamed")
    push_name(voice.pk)
    workspace.sync()
    assert Voice.objects.get(pk=voice.pk).name == "Qznamed"


@pytest.mark.parametrize(("role", "deletable"), [("admin", True), ("editor", False)])
def test_role_on_a_shared_voice_decides_if_the_key_can_delete_it(workspace, cast, role, deletable):
    voice_id = workspace.clone("Qzshared")
    workspace.share(voice_id, role, 1, SECOND)
    workspace.sync()
    voice = Voice.objects.get(remote_id=voice_id)

    keys = find_deleting_keys(cast.ana, cast.aurora, [voice])

    assert voice.is_deletable
    assert voice.is_renamable_there
    assert (keys.choose(voice) == workspace.anas) is deletable
    assert seen_by(cast.ana, "Qzshared") == ALL


def test_viewer_key_cannot_delete_and_the_message_says_whom_to_ask(workspace, cast):
    voice_id = workspace.clone("Qzshared")
    workspace.share(voice_id, "viewer", 1, SECOND)
    workspace.sync()
    voice = Voice.objects.get(remote_id=voice_id)

    keys = find_deleting_keys(cast.ana, cast.aurora, [voice])

    assert keys.choose(voice) is None
    assert "Mia" in keys.describe_obstacle(voice)


def test_voice_listed_by_two_keys_does_not_change_with_each_sync(workspace):
    voice_id = workspace.clone("Qzshared")
    workspace.share(voice_id, "viewer", 1, SECOND)
    workspace.sync()
    before = Voice.objects.get(remote_id=voice_id)

    runs = [workspace.sync(), workspace.sync()]

    after = Voice.objects.get(remote_id=voice_id)
    assert [run.changed_count for run in runs] == [0, 0]
    assert (after.is_owned, after.version) == (True, before.version)


def test_clone_made_with_a_private_key_is_private(workspace, cast, clock):
    sample = factories.make_sample(cast.mia, cast.aurora, make_wav(8))
    Sample.objects.filter(pk=sample.pk).update(seconds=8.0)
    job = factories.make_job(cast.mia, workspace.mias, sample)
    CloneJob.objects.filter(pk=job.pk).update(name="Qznew")

    run_clone(job.pk, clock)

    job.refresh_from_db()
    assert job.is_ready, job.message
    assert seen_by(cast.mia, "Qznew") == ALL
    assert seen_by(cast.ana, "Qznew") == NONE
    for rows in (CloneJob.objects, Sample.objects):
        assert rows.visible_to(cast.mia).exists()
        assert not rows.visible_to(cast.ana).exists()
