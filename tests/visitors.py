"""Browsers of all people, and how they request an address with IDs in it."""

import copy
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from catalog.models import Membership
from catalog.queries.voices.search import forget_list_contexts
from catalog.search.index.cache import INDEX_CACHE
from catalog.views.voices.cards import forget_cards
from tests import factories
from tests.pages import NEVER, TABLE
from tests.world import all_rows, furnish

PARTIAL = {
    "HX-Request": "true",
    "HX-Request-Type": "partial",
    "HX-Current-URL": "http://testserver/voices/?q=warm",
}


def open_world(cast: Any, sign_in: Any, wav: bytes) -> SimpleNamespace:
    """Fill both teams, and open a browser for everybody."""
    vic = factories.make_user("Vic", cast.aurora, Membership.Role.VIEWER)
    aurora = furnish(cast.aurora, cast.ana, cast.account, cast.credential, wav)
    borealis = furnish(cast.borealis, cast.sam, cast.other_account, cast.other_credential, wav)
    cleo = factories.make_user("Cleo", cast.aurora, Membership.Role.CLONER)
    people = {"vic": vic, "mia": cast.mia, "cleo": cleo, "ana": cast.ana, "sam": cast.sam}
    clients = {name: sign_in(user) for name, user in people.items()}
    for client in (*clients.values(), anonymous := Client()):
        client.raise_request_exception = False
    clients["anonymous"] = anonymous
    return SimpleNamespace(
        aurora=aurora,
        borealis=borealis,
        teams={"Aurora": cast.aurora, "Borealis": cast.borealis},
        clients=clients,
    )


def address(name: str, *owners: SimpleNamespace) -> str:
    """Return the page's address with each id taken from its owner; one owner stands for all."""
    values = []
    for place, kind in enumerate(TABLE[name].ids):
        owner = owners[min(place, len(owners) - 1)]
        made_up = {"token": "no-such-token", "uid": "zz", "problem": "not-found"}
        values.append(made_up.get(kind) or getattr(owner, kind).pk)
    return reverse(name, args=values)


WITH_NUMBERS = (
    "voice", "account", "plan", "note", "tag", "collection", "member", "invitation", "home",
    "entry", "search", "selection", "session", "speaker", "notice", "person",
    "new_owner", "clone", "end_notice", "admin", "password_link", "api_token", "share",
    "withdrawal", "pair", "consent", "charge",
)  # fmt: skip


def invented_world() -> SimpleNamespace:
    """Return ids that nothing has."""
    number, unique = SimpleNamespace(pk=987_654_321), SimpleNamespace(pk=uuid.uuid4())
    kinds = {
        **dict.fromkeys(WITH_NUMBERS, number),
        "job": unique,
        "batch": unique,
        "speech": unique,
        "comparison": unique,
        "consent_request": unique,
        "evacuation": unique,
        "end_hook": unique,
        "place": number,
        "bundle": unique,
        "bundled": number,
    }
    return SimpleNamespace(
        **kinds, sample=unique, sound_query=unique, credential=unique, line=unique, erasure=unique
    )


def method_of(name: str) -> str:
    """Return a method that the page answers."""
    return "POST" if TABLE[name].get == NEVER else "GET"


def forget_caches() -> None:
    """Empty what a process keeps between two requests."""
    cache.clear()
    INDEX_CACHE.forget()
    forget_cards()
    forget_list_contexts()


def count_writes() -> object:
    """Return what stays equal for as long as nobody writes into the database."""
    # Other databases do not count, so that with them rows are always compared.
    return connection.connection.total_changes if connection.vendor == "sqlite" else object()


@contextmanager
def nothing_written(before: dict[str, Any]) -> Iterator[None]:
    """Fail if the rows of the database differ afterwards from those before."""
    writes = count_writes()
    yield
    assert count_writes() == writes or all_rows() == before


@contextmanager
def undone() -> Iterator[None]:
    """Take back everything that is written inside."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@contextmanager
def one_of_many(subtests: Any, world: SimpleNamespace, **names: Any) -> Iterator[None]:
    """Report one subtest under these names, and leave the world as it was before."""
    cookies = {person: copy.deepcopy(client.cookies) for person, client in world.clients.items()}
    forget_caches()
    with subtests.test(**names), undone():
        yield
    for person, client in world.clients.items():
        client.cookies = cookies[person]


def read_body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode("utf-8", "replace")


def call(client: Client, method: str, path: str, **headers: str) -> Any:
    return client.generic(method, path, headers=headers)


def read_text(response: Any) -> str:
    """Return what is to be read on the page: in its tags the id that was asked for may stand."""
    return " ".join(re.sub(r"<[^>]*>", " ", without_tokens(response)).split())


def without_tokens(response: Any) -> str:
    return re.sub(r"[A-Za-z0-9]{64}", "token", read_body(response))
