"""Several keys of one account that list different voices: each person sees and keeps their own."""

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
    """A workspace at the sandbox with Ana's shared key and Mia's own, of another member."""

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

    def spoil(self, key: str, kind: FaultKind = FaultKind.ERROR_BEFORE, **more: Any) -> None:
        self.sandbox.faults.add(Fault(kind, key=key, **{**LIST, **more}))


@pytest.fixture
def workspace(cast, sandbox_server, settings, clock):
    settings.PROVIDER_BASE_URLS = {slug: sandbox_server.url(slug) for slug in sandbox_server.slugs}
    sandbox_server.reset()
    yield Workspace(cast, sandbox_server, clock)
    sandbox_server.faults.clear()


def seen_by(user: Any, name: str) -> SimpleNamespace:
    """Return whether a person finds the voice by its row, in the list, and counted there."""
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
def test_each_member_s_own_voices_appear_and_stay_private(workspace, cast, is_indexed):
    workspace.clone("Qzmias")
    workspace.clone("Qzanas", FIRST)

    run = workspace.sync()
    if is_indexed:
        build_index(frozenset([cast.aurora.pk]))

    assert (run.error, run.gone_count) == ("", 0)
    assert seen_by(cast.mia, "Qzmias") == ALL
    assert seen_by(cast.ana, "Qzmias") == NONE
    assert seen_by(cast.mia, "Qzanas") == seen_by(cast.ana, "Qzanas") == ALL


def test_what_was_synced_with_one_key_is_not_gone_because_another_does_not_list_it(workspace):
    voice_id = workspace.clone("Qzmias")
    workspace.sync()

    again = workspace.sync()

    assert (again.gone_count, again.changed_count, again.added_count) == (0, 0, 0)
    workspace.ask("DELETE", f"/v1/voices/{voice_id}")
    last = workspace.sync()
    assert last.gone_count == 1
    assert Voice.objects.get(remote_id=voice_id).is_gone


@pytest.mark.parametrize("spoiled", [FIRST, SECOND])
def test_what_only_a_key_lists_that_fails_is_not_gone(workspace, spoiled):
    ids = [workspace.clone("Qzmias"), workspace.clone("Qzanas", FIRST)]
    workspace.sync()
    workspace.spoil(spoiled)

    run = workspace.sync()

    assert run.error
    assert run.gone_count == 0
    assert not Voice.objects.filter(remote_id__in=ids).exclude(remote_deleted_at=None).exists()


def test_what_both_keys_fail_to_list_any_more_is_gone_only_when_both_were_asked(workspace):
    voice_id = workspace.clone("Qzboth", FIRST)
    workspace.share(voice_id, "viewer", 2, FIRST)
    workspace.sync()
    workspace.ask("DELETE", f"/v1/voices/{voice_id}", FIRST)
    workspace.spoil(SECOND)

    assert workspace.sync().gone_count == 0
    workspace.sandbox.faults.clear()
    assert workspace.sync().gone_count == 1


def test_a_refused_key_turns_red_and_the_other_one_s_voices_are_fetched(workspace, cast):
    workspace.clone("Qzmias")
    workspace.sync()
    wrong = {"detail": {"status": "invalid_api_key", "message": "Invalid API key"}}
    workspace.spoil(SECOND, FaultKind.REFUSE, status=401, values=wrong)
    workspace.clone("Qznew", FIRST)

    run = workspace.sync()

    assert (run.error, run.gone_count) == ("", 0)
    assert Credential.objects.get(pk=workspace.mias.pk).is_refused
    assert seen_by(cast.ana, "Qznew") == ALL
    assert seen_by(cast.mia, "Qzmias") == ALL


def test_the_same_key_twice_is_asked_once_and_lists_for_both(cast, sync, stub):
    factories.make_credential(cast.mia, cast.account, FIRST, is_shared=False)

    sync(remote_voice("r-1", "Qzone"))

    assert stub.keys == [FIRST]
    assert Voice.objects.get().key_set.entries.count() == 2


def test_a_key_is_shared_and_unshared_with_its_voices_at_once(workspace, cast, clock):
    workspace.clone("Qzmias")
    workspace.sync()

    share_credential(cast.mia, credential=workspace.mias, is_shared=True, now=clock())
    assert seen_by(cast.ana, "Qzmias") == ALL
    workspace.mias.refresh_from_db()
    share_credential(cast.mia, credential=workspace.mias, is_shared=False, now=clock())
    assert seen_by(cast.ana, "Qzmias") == NONE


def test_voices_of_a_removed_key_stay_with_its_owner_and_are_not_gone(workspace, cast, clock):
    workspace.clone("Qzmias")
    workspace.sync()

    remove_credential(cast.mia, credential=workspace.mias, now=clock())

    assert workspace.sync().gone_count == 0
    assert seen_by(cast.mia, "Qzmias") == ALL
    assert seen_by(cast.ana, "Qzmias") == NONE


def test_a_colleague_s_shared_key_does_not_open_private_voices_to_the_team(workspace, cast, clock):
    share_credential(cast.ana, credential=workspace.anas, is_shared=False, now=clock())
    workspace.clone("Qzmias")
    workspace.sync()

    workspace.anas.refresh_from_db()
    share_credential(cast.ana, credential=workspace.anas, is_shared=True, now=clock())

    assert seen_by(cast.ana, "Qzmias") == NONE
    assert seen_by(cast.mia, "Qzmias") == ALL


def test_a_voice_is_heard_spoken_and_changed_with_a_key_that_lists_it(workspace, cast):
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
def test_the_role_of_a_key_on_a_voice_decides_what_it_may_delete(workspace, cast, role, deletable):
    voice_id = workspace.clone("Qzshared")
    workspace.share(voice_id, role, 1, SECOND)
    workspace.sync()
    voice = Voice.objects.get(remote_id=voice_id)

    keys = find_deleting_keys(cast.ana, cast.aurora, [voice])

    assert voice.is_deletable
    assert voice.is_renamable_there
    assert (keys.choose(voice) == workspace.anas) is deletable
    assert seen_by(cast.ana, "Qzshared") == ALL


def test_a_viewer_s_key_deletes_nothing_and_the_page_says_whom_to_ask(workspace, cast):
    voice_id = workspace.clone("Qzshared")
    workspace.share(voice_id, "viewer", 1, SECOND)
    workspace.sync()
    voice = Voice.objects.get(remote_id=voice_id)

    keys = find_deleting_keys(cast.ana, cast.aurora, [voice])

    assert keys.choose(voice) is None
    assert "Mia" in keys.tell_obstacle(voice)


def test_a_voice_does_not_change_with_every_key_that_lists_it(workspace):
    voice_id = workspace.clone("Qzshared")
    workspace.share(voice_id, "viewer", 1, SECOND)
    workspace.sync()
    before = Voice.objects.get(remote_id=voice_id)

    runs = [workspace.sync(), workspace.sync()]

    after = Voice.objects.get(remote_id=voice_id)
    assert [run.changed_count for run in runs] == [0, 0]
    assert (after.is_owned, after.version) == (True, before.version)


def test_a_clone_through_a_private_key_is_private_from_the_start(workspace, cast, clock):
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
