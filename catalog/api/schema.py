"""The description of the API, in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""

import functools
import re
from typing import Any

import msgspec
from django.conf import settings

from catalog.api.endpoints import ENDPOINTS, ApiEndpoint
from catalog.api.parameters import describe_fields
from catalog.views.base.problems import KINDS, ProblemDocument

# The chapters of the documentation, in order.
_TAGS = (
    *("Tokens", "Voices", "Collections", "Tags", "Speech"),
    *("Clones", "Accounts", "Usage", "Cleanup", "Audit"),
)
_PLACE = re.compile(r"<(row|uuid):(\w+)>")
_PLACES = {
    "row": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10**18},
    "uuid": {"type": "string", "format": "uuid"},
}
_ALWAYS = ("no-token", "missing-scope", "not-acceptable", "invalid", "too-many-requests")
_ABOUT = """\
Everything that a program may do with Voiceboard. Sign in with a token from *Account → API tokens*,
in the header `Authorization: Bearer vb_…`.

Errors are problem documents (RFC 9457). Times are in UTC. Fields may be added, and lists of values
may grow, without a new version."""
_STATUSES = {200: "The answer", 202: "It is being made; ask again", 206: "A part of it"}


@functools.cache
def write_openapi() -> bytes:
    """Return the description as JSON."""
    return msgspec.json.encode(describe_api())


@functools.cache
def describe_api() -> dict[str, Any]:
    """Return the description."""
    found = sorted(ENDPOINTS, key=lambda each: _TAGS.index(each.options["tag"]))
    answers = [each.options["answer"] for each in found if each.options["answer"]]
    _, components = msgspec.json.schema_components(
        [*dict.fromkeys(answers), ProblemDocument], ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for each in found:
        path = "/api/v1/" + _PLACE.sub(r"{\2}", each.path)
        paths.setdefault(path, {})[each.method.lower()] = _describe(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Voiceboard", "version": settings.VERSION, "description": _ABOUT},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in _TAGS],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "responses": {slug: _describe_problem(slug) for slug in KINDS},
        },
    }


def _describe(wanted: ApiEndpoint) -> dict[str, Any]:
    places = [
        {"name": name, "in": "path", "required": True, "schema": _PLACES[kind]}
        for kind, name in _PLACE.findall(wanted.path)
    ]
    query = [_describe_parameter(*each) for each in describe_fields(wanted.params).items()]
    problems = [*_ALWAYS, *(["not-found"] if places else [])]
    if "cursor" in describe_fields(wanted.params):
        problems.append("bad-cursor")
    if wanted.scope is None:
        problems.remove("missing-scope")
    return {
        "operationId": wanted.act.__name__,
        "summary": wanted.summary,
        "tags": [wanted.options["tag"]],
        "security": [{"token": [wanted.scope.value] if wanted.scope else []}],
        "parameters": [*places, *query],
        "responses": {
            **{str(status): _describe_answer(wanted, status) for status in _list_statuses(wanted)},
            "304": {"description": "Nothing changed since the ETag in If-None-Match"},
            **{
                str(KINDS[slug].status): {"$ref": f"#/components/responses/{slug}"}
                for slug in problems
            },
        },
    }


def _list_statuses(wanted: ApiEndpoint) -> tuple[int, ...]:
    return wanted.options.get("statuses", (200,))


def _describe_parameter(name: str, found: tuple[Any, dict[str, Any]]) -> dict[str, Any]:
    schema = {key: value for key, value in found[1].items() if key != "description"}
    described = {"name": name, "in": "query", "required": False, "schema": schema}
    if words := found[1].get("description"):
        described["description"] = words
    return described


def _describe_answer(wanted: ApiEndpoint, status: int) -> dict[str, Any]:
    described: dict[str, Any] = {"description": _STATUSES[status]}
    answer = wanted.options["answer"]
    if answer is not None:
        schema = {"$ref": f"#/components/schemas/{answer.__name__}"}
        described["content"] = {"application/json": {"schema": schema}}
    elif status != 202:
        described["content"] = {each: {} for each in wanted.media_types}
    return described


def _describe_problem(slug: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/ProblemDocument"}
    return {
        "description": KINDS[slug].title,
        "content": {"application/problem+json": {"schema": schema}},
    }
