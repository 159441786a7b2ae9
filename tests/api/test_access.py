"""Every address of the API with every scope for every role, and with ids of another team."""

from typing import Any
from urllib.parse import unquote

import pytest
from django.urls import get_resolver, reverse

from catalog.api.endpoints import ENDPOINTS
from catalog.models import Membership, PreviewClip
from catalog.models.tokens import Scope
from tests.test_access import walk
from tests.visitors import invented_world
from tests.world import all_rows

ROLES = ("vic", "mia", "cleo", "ana")
# For each address: its scope, who may ask, and whose id stands in it.
TABLE: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "get-me": ("", "vic", ()),
    "list-voices": ("read", "vic", ()),
    "list-facets": ("read", "vic", ()),
    "get-voice": ("read", "vic", ("voice",)),
    "get-preview": ("read", "vic", ("voice",)),
    "list-collections": ("read", "vic", ()),
    "get-collection": ("read", "vic", ("collection",)),
    "list-tags": ("read", "vic", ()),
    "list-accounts": ("read", "vic", ()),
    "list-syntheses": ("speak", "mia", ()),
    "get-synthesis": ("speak", "mia", ("speech",)),
    "get-synthesis-audio": ("speak", "mia", ("speech",)),
    "list-usage": ("speak", "mia", ()),
    "list-clone-jobs": ("clone", "cleo", ()),
    "get-job": ("clone", "cleo", ("job",)),
    "list-plans": ("admin", "ana", ()),
    "get-plan": ("admin", "ana", ("plan",)),
    "list-audit": ("admin", "ana", ()),
}


def test_every_address_is_in_the_table():
    assert {name for name in walk(get_resolver().url_patterns) if name.startswith("api:")} == {
        f"api:{name}" for name in TABLE
    }
    assert {each.name for each in ENDPOINTS} == set(TABLE)


def path_of(name: str, world: Any) -> str:
    ids = [getattr(world, kind).pk for kind in TABLE[name][2]]
    return unquote(reverse(f"catalog:api:{name}", args=ids)).removeprefix("/api/v1/")


def read(answer: Any) -> str:
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return str(content.decode("utf-8", "replace"))


@pytest.mark.parametrize("role", ROLES)
def test_an_answer_needs_the_scope_and_the_role(world, cast, program, subtests, role):
    user = Membership.objects.get(team=cast.aurora, user__email=f"{role}@example.com").user
    programs = {scope: program(user, cast.aurora, scope) for scope in Scope.values}
    for each in programs.values():
        each.ask("me")  # notes its use
    before = all_rows(PreviewClip)

    for name, (scope, least, _) in TABLE.items():
        may = ROLES.index(role) >= ROLES.index(least)
        for given, each in programs.items():
            with subtests.test(name=name, scope=given):
                answer = each.ask(path_of(name, world.aurora))
                body = read(answer)

                assert answer.status_code == (
                    200 if may and given in {scope, scope or given} else 403
                )
                assert world.borealis.word not in body
                assert world.borealis.email not in body
    assert all_rows(PreviewClip) == before


def test_a_foreign_id_gets_the_same_answer_as_a_nonexistent_one(world, cast, program, subtests):
    stranger = program(cast.sam, cast.borealis, *Scope.values)
    for name, (_, _, ids) in TABLE.items():
        if not ids:
            continue
        with subtests.test(name=name):
            answers = [
                stranger.ask(path_of(name, owner)) for owner in (world.aurora, invented_world())
            ]
            bodies = [{**answer.json(), "request_id": ""} for answer in answers]

            assert [answer.status_code for answer in answers] == [404, 404]
            assert bodies[0] == bodies[1]


def test_all_scopes_together_show_no_other_team(world, cast, program):
    Membership.objects.create(team=cast.borealis, user=cast.ana, role="admin")
    admin = program(cast.ana, cast.aurora, *Scope.values)

    for name in TABLE:
        body = read(admin.ask(path_of(name, world.aurora)))
        assert world.borealis.word not in body, name
    for name, (_, _, ids) in TABLE.items():
        if ids:
            assert admin.ask(path_of(name, world.borealis)).status_code == 404, name
