"""The setup link creates the first admin once; the demo creates its people and keys."""

from datetime import timedelta

import pytest

from catalog.models import AuditEntry, Credential, Membership, SetupLink, Team, User
from catalog.providers.registry import all_infos
from catalog.services.users.setup import (
    LinkSpent,
    create_first_admin,
    make_setup_link,
    prepare_demo,
    setup_link_is_good,
)
from tests import factories
from tests.threads import call_at_once

NOW = factories.NOW
PERSON = {"team": "Aurora", "name": "Ana", "email": "Ana@Example.com", "password": "pass phrase"}


def test_setup_link_creates_the_first_team_and_admin_once(installation):
    token = make_setup_link(now=NOW)

    user = create_first_admin(token=token, now=NOW, **PERSON)

    assert (user.email, user.check_password("pass phrase")) == ("ana@example.com", True)
    membership = Membership.objects.get(user=user)
    assert (membership.team.name, membership.role) == ("Aurora", "admin")
    assert not setup_link_is_good(token, now=NOW)
    with pytest.raises(LinkSpent):
        create_first_admin(token=token, now=NOW, **{**PERSON, "email": "eve@example.com"})
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("minutes", "is_good"), [(0, True), (59, True), (60, False), (24 * 60, False)]
)
def test_setup_link_expires_after_an_hour(installation, minutes, is_good):
    token = make_setup_link(now=NOW)

    assert setup_link_is_good(token, now=NOW + timedelta(minutes=minutes)) is is_good


def test_new_setup_link_invalidates_the_previous_one(installation):
    first = make_setup_link(now=NOW)
    second = make_setup_link(now=NOW)

    assert not setup_link_is_good(first, now=NOW)
    assert setup_link_is_good(second, now=NOW)


@pytest.mark.parametrize("token", ["", "guess", "x" * 10_000])
def test_guessed_setup_link_is_rejected(installation, token):
    make_setup_link(now=NOW)

    assert not setup_link_is_good(token, now=NOW)
    with pytest.raises(LinkSpent):
        create_first_admin(token=token, now=NOW, **PERSON)


def test_only_the_hash_of_a_setup_link_is_stored(installation):
    token = make_setup_link(now=NOW)

    assert token not in str(SetupLink.objects.values().get())


def test_no_setup_link_is_made_once_a_user_exists(cast):
    SetupLink.objects.create(token_hash="0" * 64, expires_at=NOW + timedelta(hours=1))

    assert make_setup_link(now=NOW) is None


def test_setup_link_used_concurrently_creates_one_admin(file_database, installation, wakes):
    token = make_setup_link(now=NOW)
    people = [{**PERSON, "email": f"{name}@example.com"} for name in ("ana", "eve", "kim")]

    answers = call_at_once(
        *[lambda who=who: create_first_admin(token=token, now=NOW, **who) for who in people]
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["LinkSpent"] * 2 + ["User"]
    assert (User.objects.count(), Team.objects.count()) == (1, 1)


# The demo


def demo() -> dict[str, list[tuple]]:
    """Return everything that the demo consists of."""
    return {
        "people": sorted(User.objects.values_list("email", "first_name", "password")),
        "teams": sorted(Membership.objects.values_list("user__email", "team__name", "role")),
        "keys": sorted(
            Credential.objects.values_list("owner__email", "team__name", "is_shared", "provider")
        ),
    }


def test_demo_has_people_in_every_role_and_their_keys(installation, wakes):
    prepare_demo(password="demo password", now=NOW)

    made = demo()
    assert made["teams"] == [
        ("ana@example.com", "Aurora", "admin"),
        ("cleo@example.com", "Aurora", "cloner"),
        ("mia@example.com", "Aurora", "member"),
        ("sam@example.com", "Borealis", "admin"),
        ("vic@example.com", "Aurora", "viewer"),
    ]
    slugs = [info.slug for info in all_infos() if not info.is_built_in]
    assert sorted(made["keys"]) == sorted(
        [("ana@example.com", "Aurora", True, slug) for slug in slugs]
        + [("sam@example.com", "Borealis", False, slug) for slug in slugs]
    )
    opened = {(row.owner.first_name, row.secrets()["api_key"]) for row in Credential.objects.all()}
    assert opened == {("Ana", f"sandbox-{slug}-full") for slug in slugs} | {
        ("Sam", f"sandbox-{slug}-full-2") for slug in slugs
    }
    assert User.objects.get(email="mia@example.com").check_password("demo password")


def test_preparing_the_demo_again_changes_nothing(installation, wakes, settings):
    settings.DEMO_PASSWORD_IS_GIVEN = False
    prepare_demo(password="demo password", now=NOW)
    before, entries = demo(), AuditEntry.objects.count()

    prepare_demo(password="another password", now=NOW)

    assert demo() == before
    assert AuditEntry.objects.count() == entries


def test_configured_demo_password_replaces_the_current_one(installation, wakes, settings):
    settings.DEMO_PASSWORD_IS_GIVEN = True
    prepare_demo(password="first password", now=NOW)

    prepare_demo(password="second password", now=NOW)

    assert User.objects.get(email="sam@example.com").check_password("second password")


def test_preparing_the_demo_again_keeps_changes_by_people(installation, wakes):
    prepare_demo(password="demo password", now=NOW)
    Credential.objects.filter(owner__email="ana@example.com").delete()

    prepare_demo(password="demo password", now=NOW)

    assert {owner for owner, *_ in demo()["keys"]} == {"sam@example.com"}
