"""Every address of the API with every scope for every role, and with ids of another team."""

import re
from typing import Any, NamedTuple

import pytest

from catalog.api.routes import ENDPOINTS
from catalog.models import Membership, PreviewClip
from catalog.models.tokens import Scope
from tests.visitors import invented_world, undone
from tests.world import all_rows

ROLES = ("vic", "mia", "cleo", "ana")


class Row(NamedTuple):
    """What an endpoint needs, whose ids stand in its address, what is sent, and its answer."""

    scope: str
    least: str
    ids: tuple[str, ...] = ()
    body: dict[str, Any] | None = None
    status: int = 200


NOTE, COLLECTION = {"text": "Calm."}, {"name": "Warm"}
# Ana made what stands in the world, so only she may change it.
TABLE: dict[str, Row] = {
    "get-me": Row("", "vic"),
    "list-tokens": Row("admin", "ana"),
    "delete-token": Row("admin", "ana", ("api_token",), status=204),
    "list-voices": Row("read", "vic"),
    "list-facets": Row("read", "vic"),
    "get-voice": Row("read", "vic", ("voice",)),
    "get-preview": Row("read", "vic", ("voice",)),
    "put-star": Row("write", "mia", ("voice",), status=204),
    "delete-star": Row("write", "mia", ("voice",), status=204),
    "list-tags": Row("read", "vic"),
    "put-tag": Row("write", "mia", ("voice", "warm"), status=204),
    "delete-tag": Row("write", "mia", ("voice", "warm"), status=204),
    "list-notes": Row("read", "vic", ("voice",)),
    "create-note": Row("write", "mia", ("voice",), NOTE, 201),
    "get-note": Row("read", "vic", ("note",)),
    "patch-note": Row("write", "ana", ("note",), NOTE),
    "delete-note": Row("write", "ana", ("note",), status=204),
    "list-collections": Row("read", "vic"),
    "get-collection": Row("read", "vic", ("collection",)),
    "create-collection": Row("write", "mia", (), COLLECTION, 201),
    "patch-collection": Row("write", "ana", ("collection",), COLLECTION),
    "delete-collection": Row("write", "ana", ("collection",), status=204),
    "put-entry": Row("write", "ana", ("collection", "voice"), status=204),
    "delete-entry": Row("write", "ana", ("collection", "voice"), status=204),
    "list-accounts": Row("read", "vic"),
    "sync-account": Row("write", "mia", ("account",), status=202),
    "move-voice": Row("write", "ana", ("collection", "voice"), {"by": 1}, 204),
    "list-syntheses": Row("speak", "mia"),
    "get-synthesis": Row("speak", "mia", ("speech",)),
    "get-synthesis-audio": Row("speak", "mia", ("speech",)),
    # The text is missing, and the world's one is done.
    "estimate-synthesis": Row("speak", "mia", (), {}, 422),
    "create-synthesis": Row("speak", "mia", (), {}, 422),
    "delete-synthesis": Row("speak", "ana", ("speech",), status=409),
    "list-usage": Row("speak", "mia"),
    "list-clone-jobs": Row("clone", "cleo"),
    "get-job": Row("clone", "cleo", ("job",)),
    "cancel-job": Row("clone", "ana", ("job",)),
    # It is running.
    "retry-job": Row("clone", "ana", ("job",), status=409),
    # Nobody has approved the plan.
    "keep-planned-voice": Row("write", "ana", ("plan", "line"), status=409),
    "list-plans": Row("admin", "ana"),
    "get-plan": Row("admin", "ana", ("plan",)),
    "list-audit": Row("admin", "ana"),
}
FOUND = {each.name: each for each in ENDPOINTS}


def test_every_address_is_in_the_table():
    assert set(FOUND) == set(TABLE)
    assert len(ENDPOINTS) == len(FOUND)


def path_of(name: str, world: Any) -> str:
    path = FOUND[name].path
    for kind in TABLE[name].ids:
        value = kind if kind == "warm" else getattr(world, kind).pk
        path = re.sub("<.*?>", str(value), path, count=1)
    return path


def ask(asker: Any, name: str, world: Any) -> Any:
    return asker.ask(path_of(name, world), FOUND[name].method, body=TABLE[name].body)


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

    for name, row in TABLE.items():
        may = ROLES.index(role) >= ROLES.index(row.least)
        for given, each in programs.items():
            with subtests.test(name=name, scope=given), undone():
                answer = ask(each, name, world.aurora)
                body = read(answer)

                is_open = may and given == (row.scope or given)
                assert answer.status_code == (row.status if is_open else 403)
                assert world.borealis.word not in body
                assert world.borealis.email not in body
    assert all_rows(PreviewClip) == before


def test_a_foreign_id_gets_the_same_answer_as_a_nonexistent_one(world, cast, program, subtests):
    stranger = program(cast.sam, cast.borealis, *Scope.values)
    stranger.read("me")  # notes its use
    before = all_rows()
    for name, row in TABLE.items():
        if not row.ids:
            continue
        with subtests.test(name=name):
            answers = [ask(stranger, name, owner) for owner in (world.aurora, invented_world())]
            bodies = [{**answer.json(), "request_id": ""} for answer in answers]

            assert [answer.status_code for answer in answers] == [404, 404]
            assert bodies[0] == bodies[1]
    assert all_rows() == before


def test_all_scopes_together_show_no_other_team(world, cast, program):
    Membership.objects.create(team=cast.borealis, user=cast.ana, role="admin")
    admin = program(cast.ana, cast.aurora, *Scope.values)

    for name, row in TABLE.items():
        with undone():
            assert world.borealis.word not in read(ask(admin, name, world.aurora)), name
        if row.ids:
            assert ask(admin, name, world.borealis).status_code == 404, name
