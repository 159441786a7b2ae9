"""Built-in accounts: every team has one, admins can turn it off, and Local can be left out."""

import pytest
from django.core.exceptions import PermissionDenied

from catalog.jobs.credentials.check import check_credential, find_due_checks
from catalog.jobs.syncs.run import find_due_accounts, sync_account
from catalog.models import Credential, ProviderAccount, Voice
from catalog.queries.credentials import usable_credential
from catalog.services.accounts.built_in import (
    provide_built_in,
    provide_built_in_everywhere,
    switch_built_in,
)
from catalog.services.users.setup import prepare_demo
from tests import factories
from tests.local import give_local, switch_on

NOW = factories.NOW


@pytest.fixture
def engine(settings, tmp_path, monkeypatch):
    return switch_on(settings, tmp_path / "local", monkeypatch)


@pytest.fixture
def credential(cast, engine, clock, wakes):
    """Aurora's built-in key, with its voices fetched."""
    made = give_local(cast.aurora)
    sync_account(check_credential(made.pk, clock), clock)
    return Credential.objects.get(pk=made.pk)


def voice_of(credential: Credential) -> Voice:
    return Voice.objects.filter(account=credential.account).first()


def seen_by(user) -> int:
    return Voice.objects.visible_to(user).filter(provider="local").count()


def test_every_team_gets_one_built_in_account(cast, engine, wakes):
    provide_built_in_everywhere(now=NOW)
    provide_built_in(team=cast.aurora, now=NOW)

    made = Credential.objects.filter(owner=None)
    assert sorted(made.values_list("team__name", "provider", "is_shared")) == [
        ("Aurora", "local", True),
        ("Borealis", "local", True),
    ]


def test_only_team_members_see_the_built_in_voices(cast, credential):
    assert seen_by(cast.ana) == seen_by(cast.mia) == 54
    assert seen_by(cast.sam) == 0
    assert (
        usable_credential(
            cast.mia, Voice.objects.filter(account=credential.account).first(), "preview"
        )
        == credential
    )


def test_built_in_voice_without_an_engine_cannot_speak_or_play(cast, credential):
    heart, xiaobei = (Voice.objects.get(remote_id=name) for name in ("af_heart", "zf_xiaobei"))

    assert heart.can_speak
    assert heart.can_play
    assert xiaobei.is_mute
    assert not xiaobei.can_speak
    assert not xiaobei.can_play


def test_admin_can_turn_the_built_in_account_off_and_on(cast, credential, clock):
    switch_built_in(cast.ana, credential=credential, is_on=False, now=NOW)

    credential.refresh_from_db()
    assert credential.is_off
    assert seen_by(cast.mia) == seen_by(cast.ana) == 0
    assert (
        usable_credential(
            cast.mia, Voice.objects.filter(account=credential.account).first(), "preview"
        )
        is None
    )
    assert credential.account_id not in find_due_accounts(clock.move(days=1))

    switch_built_in(cast.ana, credential=credential, is_on=True, now=NOW)

    assert seen_by(cast.mia) == 54


def test_only_team_admins_can_turn_off_a_built_in_account(cast, credential):
    for user, key in ((cast.mia, credential), (cast.sam, credential), (cast.ana, cast.credential)):
        with pytest.raises(PermissionDenied):
            switch_built_in(user, credential=key, is_on=False, now=NOW)


def test_account_is_hidden_and_never_due_if_local_is_left_out(cast, credential, clock, settings):
    settings.PROVIDER_BASE_URLS = {
        slug: url for slug, url in settings.PROVIDER_BASE_URLS.items() if slug != "local"
    }
    later = clock.move(days=2)

    assert seen_by(cast.ana) == 0
    assert not ProviderAccount.objects.visible_to(cast.ana).filter(provider="local").exists()
    assert not Credential.objects.visible_to(cast.ana).filter(provider="local").exists()
    assert credential.pk not in find_due_checks(later)
    assert credential.account_id not in find_due_accounts(later)


def test_no_built_in_account_is_made_if_local_is_left_out(cast, wakes):
    provide_built_in_everywhere(now=NOW)

    assert not Credential.objects.filter(owner=None).exists()


def test_demo_adds_no_personal_key_for_local(installation, engine, wakes):
    prepare_demo(password="demo password", now=NOW)

    assert not Credential.objects.filter(provider="local").exists()
