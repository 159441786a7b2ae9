"""IDs of another team in paths, bodies, and queries, alone and beside own IDs."""

from itertools import product
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from tests.bodies import PLACES, Place
from tests.pages import TABLE, WITH_IDS
from tests.visitors import (
    address,
    call,
    count_writes,
    invented_world,
    method_of,
    nothing_written,
    one_of_many,
    read_body,
    read_text,
    undone,
    without_tokens,
)
from tests.world import all_rows, rows_of


def ask(client: Client, place: Place, own: SimpleNamespace, value: str) -> Any:
    """Send a request with this ID in its place, and own IDs in all other places."""
    fields = {name: [words] for name, words in place.rest.items()}
    for name, kind in place.own.items():
        fields[name] = [str(getattr(own, kind).pk)]
    fields.setdefault(place.field, []).append(place.shape.format(value))
    path = address(place.name, own)
    return client.get(path, fields) if place.method == "GET" else client.post(path, fields)


def test_a_foreign_id_gets_the_same_answer_as_a_nonexistent_one(world, subtests):
    nobody, before = invented_world(), all_rows()

    for name, (person, client) in product(WITH_IDS, world.clients.items()):
        if person == "anonymous":
            continue
        with one_of_many(subtests, world, name=name, person=person), nothing_written(before):
            foreign = world.aurora if person == "sam" else world.borealis
            answers = [
                call(client, method_of(name), address(name, owner)) for owner in (foreign, nobody)
            ]

            assert [answer.status_code for answer in answers] == [404, 404]
            assert without_tokens(answers[0]) == without_tokens(answers[1])


TWO_IDS = [
    (name, place)
    for name, page in TABLE.items()
    for place in range(2)
    # A clip's number in a comparison belongs to the comparison.
    if len(page.ids) == 2 and not {"place", "token"} & set(page.ids)
]


def test_an_own_id_beside_a_foreign_one_gets_404(world, subtests):
    before = all_rows()
    for name, place in TWO_IDS:
        owners = [world.aurora, world.aurora]
        owners[place] = world.borealis

        with one_of_many(subtests, world, name=name, place=place), nothing_written(before):
            response = call(world.clients["ana"], method_of(name), address(name, *owners))

            assert response.status_code == 404


@pytest.mark.parametrize("person", ["ana", "sam"])
def test_a_foreign_id_in_a_body_or_query_is_answered_like_a_nonexistent_one(
    world, subtests, person
):
    theirs = rows_of(world.teams["Aurora" if person == "sam" else "Borealis"])
    for place in PLACES:
        with one_of_many(subtests, world, name=place.name, field=place.field):
            demand_the_same(world, person, place, theirs)


def demand_the_same(
    world: SimpleNamespace, person: str, place: Place, theirs: dict[str, Any]
) -> None:
    """Fail unless a foreign ID in this place gets the same answer as a nonexistent one."""
    own, foreign = world.aurora, world.borealis
    if person == "sam":
        own, foreign = foreign, own
    answers = []

    for owner in (foreign, invented_world()):
        value = str(getattr(owner, place.kind).pk)
        with undone():
            writes = count_writes()
            response = ask(world.clients[person], place, own, value)
            answers.append((response.status_code, response.get("Location"), read_text(response)))
            body, theirs_after = read_body(response), theirs
            if count_writes() != writes:
                theirs_after = rows_of(world.teams[foreign.team])
        assert theirs_after == theirs
        assert foreign.word not in body
        assert foreign.email not in body

    assert answers[0] == answers[1]
    assert answers[0][0] < 500


def test_an_own_id_in_the_same_place_is_accepted(world, subtests):
    """Own IDs work, so the IDs above are refused only because they are foreign."""
    before = all_rows(Session)
    for place in PLACES:
        with one_of_many(subtests, world, name=place.name, field=place.field):
            demand_a_difference(world, place, before)


def demand_a_difference(world: SimpleNamespace, place: Place, before: dict[str, Any]) -> None:
    answers = []
    for owner in (world.aurora, invented_world()):
        value = str(getattr(owner, place.kind).pk)
        with undone():
            writes = count_writes()
            response = ask(world.clients["ana"], place, world.aurora, value)
            rows = before if count_writes() == writes else all_rows(Session)
            answers.append((response.status_code, read_text(response), rows))

    assert answers[0][0] < 400
    assert answers[0] != answers[1]
