"""Every address with every method for every kind of person, with own and invalid IDs."""

from collections.abc import Iterator
from itertools import product
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, get_resolver, resolve
from django.views.generic import RedirectView

from catalog.models import Credential, Membership, PreviewClip, Selection
from tests import factories
from tests.pages import CLOSED, MISSING, NEVER, OURS, PEOPLE, SIGN_IN, TABLE, WITH_IDS
from tests.views.conftest import Page
from tests.visitors import (
    PARTIAL,
    address,
    call,
    count_writes,
    invented_world,
    method_of,
    nothing_written,
    one_of_many,
    read_body,
    undone,
)
from tests.world import all_rows, rows_of


def leads_on(found: URLPattern) -> bool:
    return getattr(found.callback, "view_class", None) is RedirectView


def walk(patterns: list[Any], namespace: str = "") -> Iterator[str]:
    """Yield the name of every address, except redirects."""
    for found in patterns:
        if isinstance(found, URLResolver):
            yield from walk(found.url_patterns, found.namespace or namespace)
        elif isinstance(found, URLPattern) and not leads_on(found):
            yield f"{namespace}:{found.name}" if namespace else str(found.name)


def test_every_address_is_in_the_table():
    # tests/api/test_access.py has the table of the API.
    found = (name for name in walk(get_resolver().url_patterns) if not name.startswith("api:"))

    assert sorted(found) == sorted(TABLE)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_everyone_gets_the_status_in_the_table_without_side_effects(world, subtests, method):
    # A GET writes nothing else: played previews are stored, and downloads are counted.
    before = all_rows(PreviewClip, Selection)
    theirs = {team: rows_of(world.teams[team]) for team in world.teams}
    for name in TABLE:
        with one_of_many(subtests, world, name=name):
            demand_answers(world, name, method, before, theirs)


def demand_answers(
    world: SimpleNamespace, name: str, method: str, before: Any, theirs: dict[str, Any]
) -> None:
    path, answers = address(name, world.aurora), TABLE[name].answers(method)
    for person in PEOPLE:
        others = world.aurora if person == "sam" else world.borealis
        with undone():
            writes = count_writes()
            response = call(world.clients[person], method, path)
            body = read_body(response)
            after, others_after = before, theirs[others.team]
            if count_writes() != writes:
                after = all_rows(PreviewClip, Selection)
                others_after = rows_of(world.teams[others.team])

        assert response.status_code == answers[person], person
        assert others.word not in body, person
        assert others.email not in body, person
        assert others_after == theirs[others.team], person
        if method == "GET" or response.status_code >= 400:
            assert after == before, person


@pytest.mark.parametrize("person", PEOPLE)
def test_partial_requests_follow_the_same_access_rules(world, person):
    client, others = world.clients[person], world.aurora if person == "sam" else world.borealis
    theirs = rows_of(world.teams[others.team])

    for name, method in product(OURS, ("GET", "POST")):
        answers = TABLE[name].answers(method)
        expected = answers[person]
        # Of several people of the team who get the same answer, the first asks.
        if person not in {"sam", next(each for each in PEOPLE if answers[each] == expected)}:
            continue
        with undone():
            response = call(client, method, address(name, world.aurora), **PARTIAL)
            body = read_body(response)
            has_written = method == "POST" and response.status_code < 400
            theirs_after = rows_of(world.teams[others.team]) if has_written else theirs

        # If the page redirects or shows an error, a partial can have its own response.
        allowed = {200, 204, 302, 422} if expected in {302, 422} else {expected}
        assert response.status_code in allowed, (name, method)
        assert others.word not in body, (name, method)
        assert others.email not in body, (name, method)
        assert theirs_after == theirs, (name, method)


WORDS_FOR_IDS = (
    "0", "9" * 18, "9" * 19, "9" * 400, "-1", "1.5", "abc", "%00", "..", "١", "%F0%28"
)  # fmt: skip
HEAD_AND_GET = ("HEAD", "GET")
UNKNOWN_METHODS = ("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


def reaches_a_view(path: str) -> bool:
    try:
        resolve(unquote(path, errors="replace"))
    except Resolver404:
        return False
    return True


def test_a_malformed_id_gets_404(world, subtests):
    for name in WITH_IDS:
        path, first = address(name, world.aurora), str(getattr(world.aurora, TABLE[name].ids[0]).pk)
        broken = [path.replace(f"/{first}/", f"/{word}/", 1) for word in WORDS_FOR_IDS]
        # All addresses that reach no view get the same answer, so one of them is requested.
        unknown = [each for each in broken if not reaches_a_view(each)]
        broken = [each for each in broken if each not in unknown[1:]]

        with one_of_many(subtests, world, name=name):
            answers = {each: call(world.clients["ana"], method_of(name), each) for each in broken}

            assert {each: answer.status_code for each, answer in answers.items()} == dict.fromkeys(
                broken, 404
            )


def test_unsupported_methods_get_405(world, subtests):
    before = all_rows()
    for name, method in product(OURS, UNKNOWN_METHODS):
        with one_of_many(subtests, world, name=name, method=method), nothing_written(before):
            response = call(world.clients["ana"], method, address(name, world.aurora))

            assert response.status_code == 405


def test_head_is_answered_like_get_without_a_body(world, subtests):
    client = world.clients["ana"]
    for name in TABLE:
        with one_of_many(subtests, world, name=name):
            asked, got = (call(client, each, address(name, world.aurora)) for each in HEAD_AND_GET)

            assert asked.status_code == got.status_code
            assert read_body(asked) == ""
            # Reading files to their end closes them.
            assert bool(read_body(got)) is (got.status_code not in {302, 405})


POSTABLE = [name for name, page in TABLE.items() if page.post not in {NEVER, CLOSED, MISSING}]
# Providers have no CSRF token; they sign what they send.
POSTABLE.remove("company_logout")
POSTABLE.remove("catalog:hook-receive")


def test_a_post_without_a_valid_csrf_token_or_from_another_origin_is_refused(world, subtests):
    before, stranger, ana = all_rows(), Client(enforce_csrf_checks=True), world.clients["ana"]
    for client, path in ((stranger, "/account/login/"), (ana, "/you/")):
        read_body(client.get(path))
    ana.handler.enforce_csrf_checks = True
    for name in POSTABLE:
        client = stranger if name == "account_login" else ana
        with one_of_many(subtests, world, name=name):
            demand_refusals(world, client, name, before)


def demand_refusals(
    world: SimpleNamespace, client: Client, name: str, before: dict[str, Any]
) -> None:
    token = client.cookies["csrftoken"].value
    attacks = (
        {},
        {"X-CSRFToken": token[::-1]},
        {"X-CSRFToken": token, "Origin": "https://evil.example"},
    )

    with nothing_written(before):
        answers = [client.post(address(name, world.aurora), headers=headers) for headers in attacks]

    assert [answer.status_code for answer in answers] == [403] * len(attacks)


GATED = [
    (name, method)
    for name, page in TABLE.items()
    for method, answers in (("GET", page.get), ("POST", page.post))
    if page.is_ours and answers[0] == SIGN_IN and len(set(answers)) > 1
]


def test_a_signed_out_visitor_is_sent_to_sign_in_and_back_again(cast, subtests):
    for name, method in GATED:
        with subtests.test(name=name, method=method):
            path = address(name, invented_world())
            back = path if method == "GET" else "/voices/"

            plain = call(Client(), method, path)
            partial = call(Client(), method, path, **PARTIAL)

            assert (plain.status_code, plain["Location"]) == (302, f"/account/login/?next={back}")
            assert (partial.status_code, partial.content) == (200, b"")
            assert partial["HX-Redirect"] == "/account/login/?next=%2Fvoices%2F%3Fq%3Dwarm"


@pytest.mark.parametrize("current", ["http://[", "http://evil.example/x", "", "\x00", "//evil"])
def test_a_partial_request_from_an_unknown_page_returns_to_the_voices_after_sign_in(
    client, db, current
):
    headers = {**PARTIAL, "HX-Current-URL": current}

    response = call(client, "GET", "/voices/", **headers)

    assert response["HX-Redirect"] == "/account/login/?next=%2Fvoices%2F"


@pytest.mark.parametrize("is_suspended", [False, True], ids=["removed", "suspended"])
def test_a_person_without_a_team_gets_403_everywhere(is_suspended, world):
    own = Membership.objects.filter(user__email="ana@example.com")
    own.update(suspended_at=factories.NOW) if is_suspended else own.delete()
    before = all_rows()

    for name, method in GATED:
        response = call(world.clients["ana"], method, address(name, world.aurora))

        assert response.status_code == 403, name
        assert world.aurora.word not in read_body(response), name
    assert all_rows() == before


SHUT = {403, 404, 405}
# How each tag names an address that it leads to, and with which method.
DOORS = (("href", "GET"), ("hx-get", "GET"), ("hx-post", "POST"), ("formaction", "POST"))


def find_doors(html: str) -> Iterator[tuple[str, str]]:
    """Yield method and address of each link, form, and button on the page that stays here."""
    for tag, attributes in Page(HttpResponse(html)).tags:
        ways = [(attributes[name], method) for name, method in DOORS if attributes.get(name)]
        if tag == "form" and "action" in attributes:
            ways.append((attributes["action"], attributes.get("method", "get").upper()))
        for target, method in ways:
            path = target.split("#")[0].split("?")[0]
            if path.startswith("/") and tag not in {"link", "use"} and "/logout/" not in path:
                yield method, path


def shut_doors(world: SimpleNamespace, person: str, found: set[tuple[str, str]]) -> set[str]:
    """Return the addresses that the table doesn't open to the person, or that refuse them."""
    client, shut = world.clients[person], set()
    for method, path in found:
        name = resolve(path).view_name
        expected = TABLE[name].answers(method)[person] if name in TABLE else 404
        if expected not in SHUT:
            continue
        # The table has one answer for each address, and this thing may be the person's own.
        with undone():
            answer = call(client, method, path)
            read_body(answer)
        if answer.status_code in SHUT:
            shut.add(f"{method} {path}")
    return shut


@pytest.mark.parametrize("person", ["vic", "mia", "cleo", "ana"])
def test_nobody_sees_a_door_that_is_shut_to_them(world, person):
    shut, seen = {}, set()
    for name, page in TABLE.items():
        if page.answers("GET")[person] == 200 and "logout" not in name:
            with undone():
                response = call(world.clients[person], "GET", address(name, world.aurora))
                body = read_body(response)
            if response["Content-Type"].startswith("text/html"):
                found = set(find_doors(body)) - seen
                seen |= found
                shut |= dict.fromkeys(shut_doors(world, person, found), name)

    assert shut == {}
    assert len(seen) > 40


CREDENTIAL_PAGES = [name for name in WITH_IDS if TABLE[name].ids == ("credential",)]


@pytest.mark.parametrize("name", CREDENTIAL_PAGES)
@pytest.mark.parametrize("person", ["vic", "mia"])
def test_an_unshared_key_does_not_exist_for_teammates(world, name, person):
    Credential.objects.filter(pk=world.aurora.credential.pk).update(is_shared=False)
    response = call(world.clients[person], method_of(name), address(name, world.aurora))

    assert response.status_code == 404


def test_a_deactivated_account_is_signed_out(world, cast):
    cast.ana.is_active = False
    cast.ana.save()

    response = call(world.clients["ana"], "GET", "/voices/")

    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/")
