"""Notices by webhook: only genuine and new ones change anything."""

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from elevenlabs.webhooks_custom import WebhooksClient

from catalog.models import AuditEntry, EndHook, EndNotice, ProviderAccount
from catalog.sandbox.providers.elevenlabs.webhooks import make_delivery
from catalog.services.evacuations.hooks import change_hook, remove_hook
from tests import factories

SECRET = "wsec_a-secret-of-some-length"


@pytest.fixture
def hook(cast: Any) -> EndHook:
    return change_hook(cast.ana, account=cast.account, secret=SECRET, now=factories.NOW)


def deliver(hook: EndHook, *, at: float = 0, secret: str = SECRET, body: bytes = b"", **values):
    now = int(time.time() + at)
    values = {"type": "voice_removal_notice", "voice_id": "voice-1", **values}
    headers, content = make_delivery({**values, "secret": secret}, now)
    address = reverse("catalog:hook-receive", args=[hook.pk])
    sent = {"HTTP_ELEVENLABS_SIGNATURE": headers["ElevenLabs-Signature"]}
    return Client().post(address, body or content, content_type="application/json", **sent)


def test_notice_of_removal_ends_the_voice_and_brings_the_sync_forward(cast, hook, wakes):
    voice = factories.make_voice(cast.account, remote_id="voice-1")
    end = datetime(2027, 3, 1, tzinfo=UTC)

    answer = deliver(hook, disable_at_unix=int(end.timestamp()))

    assert answer.status_code == 204
    notice = EndNotice.objects.get()
    assert (notice.voice, notice.ends_on, notice.source) == (voice, end.date(), "provider")
    assert ("catalog.sync_account", cast.account.pk) in wakes
    assert AuditEntry.objects.filter(action="end announced", actor=None).count() == 1
    assert deliver(hook, at=1, type="voice_removal_notice_withdrawn").status_code == 204
    assert not EndNotice.objects.active().exists()


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "wsec_another"},
        {"at": -31 * 60},
        {"at": 10 * 60},
        {"body": b'{"type": "voice_removed", "data": {"voice_id": "voice-1"}}'},
    ],
)
def test_forged_old_and_changed_notices_change_nothing(cast, hook, wakes, wrong):
    factories.make_voice(cast.account, remote_id="voice-1")
    before = ProviderAccount.objects.get(pk=cast.account.pk).sync_due_at

    answer = deliver(hook, **wrong)

    assert answer.status_code == 401
    assert SECRET not in answer.content.decode()
    assert not EndNotice.objects.exists()
    assert ProviderAccount.objects.get(pk=cast.account.pk).sync_due_at == before


def test_replay_is_refused(cast, hook, wakes, monkeypatch):
    factories.make_voice(cast.account, remote_id="voice-1")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)

    assert [deliver(hook).status_code for _ in range(2)] == [204, 401]
    assert EndNotice.objects.count() == 1


def test_unsigned_notices_and_unknown_addresses_are_refused(hook):
    address = reverse("catalog:hook-receive", args=[hook.pk])
    assert Client().post(address, b"{}", content_type="application/json").status_code == 401
    hook.pk = "3f0c3a34-0000-4000-8000-000000000000"
    assert deliver(hook).status_code == 401
    huge = Client().post(address, b"x" * 70_000, content_type="application/json")
    assert huge.status_code == 413
    assert Client().post(address, {"a": "form"}).status_code == 415


def test_events_about_other_things_and_other_voices_are_accepted_and_ignored(cast, hook, wakes):
    factories.make_voice(cast.account, remote_id="voice-2")

    assert deliver(hook).status_code == 204
    assert not EndNotice.objects.exists()


def test_sandbox_signs_as_the_provider_s_own_library_expects():
    values = {"type": "voice_removed", "voice_id": "v", "secret": SECRET}
    headers, body = make_delivery(values, int(time.time()))

    event = WebhooksClient.construct_event(
        None, body.decode(), headers["ElevenLabs-Signature"], SECRET
    )

    assert event == json.loads(body)


def test_secret_is_encrypted_and_only_admins_set_it(cast, hook):
    assert SECRET.encode() not in bytes(EndHook.objects.get().sealed)
    assert hook.open_secret() == SECRET
    telnyx = factories.make_account(cast.aurora, provider="telnyx")
    for user, account in ((cast.mia, cast.account), (cast.ana, telnyx)):
        with pytest.raises(PermissionDenied):
            change_hook(user, account=account, secret=SECRET, now=factories.NOW)
    remove_hook(cast.ana, hook=hook, now=factories.NOW)
    assert deliver(hook).status_code == 401


def test_page_makes_the_address_first_and_never_shows_the_secret(cast, sign_in):
    client = sign_in(cast.ana)
    address = reverse("catalog:hook-change", args=[cast.account.pk])

    client.post(address)
    hook = EndHook.objects.get()
    assert f"/hooks/{hook.pk}/" in client.get(address).content.decode()
    client.post(address, {"secret": SECRET})

    assert EndHook.objects.get().open_secret() == SECRET
    assert SECRET not in client.get(address).content.decode()
    assert client.post(address, {"secret": "short"}).status_code == 422
