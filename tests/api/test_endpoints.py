"""What all addresses of the API have in common."""

import json
import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.api.rates import LIMITER
from catalog.models import ApiToken, Membership, Notification, Team
from catalog.models.tokens import make_secret
from tests import factories


def test_a_token_says_whom_it_acts_as(cast, program):
    me = program(cast.mia, cast.aurora, "read", "admin").read("me")

    assert me["person"] == {
        "id": cast.mia.pk, "name": "Mia", "email": "mia@example.com", "role": "member"
    }  # fmt: skip
    assert me["team"] == {"id": cast.aurora.pk, "name": "Aurora"}
    assert (me["token"]["scopes"], me["scopes"]) == (["read", "admin"], ["read"])


@pytest.mark.parametrize("case", ["none", "basic", "typo", "unknown", "expired", "revoked", "left"])
def test_every_bad_token_gets_the_same_answer(cast, program, case):
    good = program(cast.mia, cast.aurora)
    secret = {"typo": good.secret[:-1] + "!", "unknown": make_secret()}.get(case, good.secret)
    if case == "expired":
        ApiToken.objects.update(expires_at=timezone.now())
    elif case == "revoked":
        ApiToken.objects.update(revoked_at=timezone.now())
    elif case == "left":
        Membership.objects.filter(user=cast.mia).delete()
    header = {"none": "", "basic": f"Basic {secret}"}.get(case, f"Bearer {secret}")

    answer = good.ask("me", Authorization=header)

    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="Voiceboard"'
    body = answer.json()
    assert (body["type"], body["title"]) == ("/api/problems/no-token", "A valid token is needed")
    assert secret not in answer.content.decode()


def test_bad_tokens_are_counted_by_address(cast, program):
    bad = program(cast.mia, cast.aurora)
    bad.secret = make_secret()

    answers = [bad.ask("me").status_code for _ in range(21)]

    assert answers == [401] * 20 + [429]


def test_a_cookie_signs_no_program_in(cast, sign_in):
    assert sign_in(cast.mia).get("/api/v1/me").status_code == 401


def test_a_token_opens_no_page(cast, program):
    program = program(cast.mia, cast.aurora)

    answer = program.client.get("/voices/", headers={"Authorization": f"Bearer {program.secret}"})

    assert answer.status_code == 302


def test_a_token_in_the_address_is_revoked(cast, program, caplog):
    caplog.set_level(logging.DEBUG)
    leaky = program(cast.mia, cast.aurora)

    answer = leaky.ask(f"voices?token={leaky.secret}")

    assert answer.status_code == 401
    assert leaky.ask("me").status_code == 401
    assert "in an address" in Notification.objects.get(user=cast.mia).text
    assert leaky.secret not in caplog.text


def test_a_required_second_factor_holds_for_tokens(cast, program):
    reader = program(cast.mia, cast.aurora)
    Team.objects.update(requires_second_factor=True)

    assert reader.ask("me").json()["type"] == "/api/problems/second-factor-needed"
    factories.make_factor(cast.mia)
    assert reader.ask("me").status_code == 200


def test_a_use_is_noted_with_its_address(cast, program):
    program(cast.mia, cast.aurora).read("me")

    token = ApiToken.objects.get()
    assert token.used_from == "127.0.0.1"
    assert timezone.now() - token.used_at < timedelta(minutes=1)


def test_reading_begins_no_transaction(cast, program):
    reader = program(cast.mia, cast.aurora)
    reader.read("me")

    with CaptureQueriesContext(connection) as seen:
        reader.read("me")
        reader.read("voices")

    words = [each["sql"].split()[0] for each in seen.captured_queries]
    assert set(words) == {"SELECT"}


def test_methods_formats_and_addresses_that_do_not_exist(cast, program):
    reader = program(cast.mia, cast.aurora)

    answers = {
        "post": reader.ask("me", "POST"),
        "trace": reader.ask("me", "TRACE"),
        "format": reader.ask("me", Accept="text/html"),
        "address": reader.ask("me/"),
        "nothing": reader.ask("nothing"),
    }

    assert {name: answer.status_code for name, answer in answers.items()} == {
        "post": 405, "trace": 405, "format": 406, "address": 404, "nothing": 404
    }  # fmt: skip
    assert answers["post"]["Allow"] == "GET, HEAD, OPTIONS"
    assert reader.ask("me", "OPTIONS")["Allow"] == "GET, HEAD, OPTIONS"
    head = reader.ask("me", "HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_errors_outside_of_endpoints_are_json_too(cast, program, monkeypatch):
    reader = program(cast.mia, cast.aurora)

    host = reader.client.get("/api/v1/me", headers={"Host": "evil.example"})
    large = reader.client.generic(
        "POST", "/api/v1/me", headers={"Content-Length": "9" * 12}, CONTENT_LENGTH="9" * 12
    )
    monkeypatch.setattr("catalog.api.endpoints.find_bearer", lambda *_: 1 / 0)
    failed = reader.client.get("/api/v1/me")

    for answer, status in ((host, 400), (large, 413), (failed, 500)):
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["status"] == status


def test_an_unchanged_answer_is_not_sent_again(cast, program):
    reader = program(cast.mia, cast.aurora)
    for path in ("me", "voices", "voices/facets"):
        first = reader.ask(path)
        assert first["Cache-Control"] == "private, no-cache"
        assert first["Vary"].startswith("Authorization")
        assert reader.ask(path, **{"If-None-Match": first["ETag"]}).status_code == 304, path

    first = reader.ask("voices")
    factories.make_voice(cast.account)
    assert reader.ask("voices", **{"If-None-Match": first["ETag"]}).status_code == 200


def test_a_token_reads_600_times_a_minute(cast, program, monkeypatch):
    reader, other = program(cast.mia, cast.aurora), program(cast.mia, cast.aurora)
    token = ApiToken.objects.earliest("pk")
    monkeypatch.setattr("catalog.api.endpoints.time.monotonic", lambda: 1000.0)
    LIMITER.take((token.pk, True), 600, 1000.0, amount=599)

    assert reader.ask("me")["RateLimit"] == '"read";r=0;t=1'
    refused = reader.ask("me")
    assert (refused.status_code, refused["Retry-After"]) == (429, "1")
    assert refused["RateLimit-Policy"] == '"read";q=600;w=60'
    assert other.ask("me").status_code == 200
    monkeypatch.setattr("catalog.api.endpoints.time.monotonic", lambda: 1000.2)
    assert reader.ask("me").status_code == 200


@pytest.mark.parametrize(
    ("query", "at", "words"),
    [
        ("x=1", "x", "There is no such parameter here."),
        ("limit=0", "limit", "Expected a whole number from 1 to 100."),
        ("limit=1&limit=2", "limit", "This parameter can be given once."),
        ("gender=purple", "gender", "Expected up to 40 of female, male,"),
        ("account=a", "account", "Expected up to 40 values, each an id."),
        ("q=" + "a" * 401, "q", "Expected a text of 0 to 400 characters."),
        ("q=gender+%3D+(", "q", ""),
        ("sort=up", "sort", "Expected one of"),
        ("page=2", "page", "There is no such parameter here."),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place(cast, program, query, at, words):
    answer = program(cast.mia, cast.aurora).ask(f"voices?{query}")

    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert error["at"] == at
    assert error["detail"].startswith(words)


def test_the_documentation_is_public_and_complete(client, db, subtests):
    page = client.get("/api/docs/").content.decode()
    described = client.get("/api/v1/openapi.json").json()

    for path, methods in described["paths"].items():
        for operation in methods.values():
            with subtests.test(path=path):
                assert path in page
                assert f'id="{operation["operationId"]}"' in page
    assert Client().get("/api/problems/not-found").status_code == 200
    assert Client().get("/api/problems/nothing").status_code == 404


def test_an_answer_is_compressed_if_the_program_can_read_it(cast, program):
    reader = program(cast.mia, cast.aurora)
    for number in range(5):
        factories.make_voice(cast.account, f"Rachel {number}")
    plain, packed = reader.ask("voices"), reader.ask("voices", **{"Accept-Encoding": "br"})

    assert packed["Content-Encoding"] == "br"
    assert {"Authorization", "Accept-Encoding"} <= set(packed["Vary"].split(", "))
    assert len(packed.content) < len(plain.content) / 2
    assert reader.ask("voices", **{"If-None-Match": packed["ETag"]}).status_code == 304


def test_an_admins_program_lists_and_revokes_the_teams_tokens(cast, program):
    admin, leaked = program(cast.ana, cast.aurora, "admin"), program(cast.mia, cast.aurora)
    program(cast.sam, cast.borealis)
    token = ApiToken.objects.get(user=cast.mia)

    found = admin.read("tokens")["data"]
    assert [each["person"] for each in found] == ["Mia", "Ana"]
    assert leaked.secret not in str(found)
    assert admin.ask(f"tokens/{token.pk}", "DELETE").status_code == 204
    assert leaked.ask("me").status_code == 401
    assert admin.read("tokens")["data"][1]["state"] == "Revoked by Ana"
