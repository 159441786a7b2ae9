"""Ids of the other team: in a path, in a body, in a query, alone and beside own ones."""

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
    invented_world,
    method_of,
    open_world,
    read_body,
    read_text,
    undone,
    without_tokens,
)
from tests.world import all_rows, rows_of


@pytest.fixture
def world(cast, sign_in, wav, stub) -> SimpleNamespace:
    return open_world(cast, sign_in, wav)


def ask(client: Client, place: Place, own: SimpleNamespace, value: str) -> Any:
    """Ask with one id in its place, and own ids wherever else one is needed."""
    fields = {name: [words] for name, words in place.rest.items()}
    for name, kind in place.own.items():
        fields[name] = [str(getattr(own, kind).pk)]
    fields.setdefault(place.field, []).append(place.shape.format(value))
    path = address(place.name, own)
    return client.get(path, fields) if place.method == "GET" else client.post(path, fields)


@pytest.mark.parametrize("name", WITH_IDS)
def test_a_foreign_id_is_answered_exactly_like_an_invented_one(world, name):
    method, nobody = method_of(name), invented_world()

    for person, foreign in (
        ("vic", world.borealis),
        ("mia", world.borealis),
        ("cleo", world.borealis),
        ("ana", world.borealis),
        ("sam", world.aurora),
    ):
        client, before = world.clients[person], all_rows()
        answers = [call(client, method, address(name, owner)) for owner in (foreign, nobody)]

        assert [answer.status_code for answer in answers] == [404, 404], person
        assert without_tokens(answers[0]) == without_tokens(answers[1]), person
        assert all_rows() == before, person


TWO_IDS = [
    (name, place)
    for name, page in TABLE.items()
    for place in range(2)
    # A place in a comparison is a number of the comparison's own.
    if len(page.ids) == 2 and not {"place", "token"} & set(page.ids)
]


@pytest.mark.parametrize(("name", "place"), TWO_IDS)
def test_an_own_id_beside_a_foreign_one_opens_nothing(world, name, place):
    owners = [world.aurora, world.aurora]
    owners[place] = world.borealis
    before = all_rows()

    response = call(world.clients["ana"], method_of(name), address(name, *owners))

    assert response.status_code == 404
    assert all_rows() == before


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.name} {place.field}")
@pytest.mark.parametrize("person", ["ana", "sam"])
def test_a_foreign_id_in_a_body_or_a_query_is_answered_like_an_invented_one(world, person, place):
    own, foreign = world.aurora, world.borealis
    if person == "sam":
        own, foreign = foreign, own
    others = world.teams[foreign.team]
    theirs, answers = rows_of(others), []

    for owner in (foreign, invented_world()):
        value = str(getattr(owner, place.kind).pk)
        with undone():
            response = ask(world.clients[person], place, own, value)
            answers.append((response.status_code, response.get("Location"), read_text(response)))
            body, theirs_after = read_body(response), rows_of(others)
        assert theirs_after == theirs
        assert foreign.word not in body
        assert foreign.email not in body

    assert answers[0] == answers[1]
    assert answers[0][0] < 500


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.name} {place.field}")
def test_an_own_id_in_the_same_place_is_known(world, place):
    """What is refused above is refused for being foreign, and for nothing else."""
    answers = []
    for owner in (world.aurora, invented_world()):
        value = str(getattr(owner, place.kind).pk)
        with undone():
            response = ask(world.clients["ana"], place, world.aurora, value)
            rows = all_rows(Session)
            answers.append((response.status_code, read_text(response), rows))

    assert answers[0][0] < 400
    assert answers[0] != answers[1]
