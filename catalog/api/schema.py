"""The description of the API, in OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.0)."""

import functools
import re
from collections import defaultdict
from typing import Any

import msgspec
from django.conf import settings

from catalog.api.endpoints import ENDPOINTS, ApiEndpoint
from catalog.api.parameters import describe_fields
from catalog.views.base.problems import KINDS, ProblemDocument

# The chapters of the documentation, in order.
_TAGS = (
    *("Tokens", "Voices", "Stars", "Tags", "Notes", "Collections", "Speech"),
    *("Clones", "Accounts", "Usage", "Cleanup", "Audit"),
)
_PLACE = re.compile(r"<(row|uuid|str):(\w+)>")
_PLACES = {
    "row": {"type": "integer", "minimum": 1, "exclusiveMaximum": 10**18},
    "uuid": {"type": "string", "format": "uuid"},
    "str": {"type": "string", "minLength": 1, "maxLength": 40},
}
_ABOUT = """\
Everything that a program may do with Voiceboard. Sign in with a token from *Account → API tokens*,
in the header `Authorization: Bearer vb_…`.

Errors are problem documents (RFC 9457). Times are in UTC. Fields may be added, and lists of values
may grow, without a new version."""
_STATUSES = {
    200: "The answer",
    201: "It was made",
    202: "It is being made; ask again",
    204: "Done",
    206: "A part of it",
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Requests with the same key act once, however often they are sent in a day",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
_UNCHANGED = "Nothing changed since the ETag in If-None-Match"
_PROBLEM = {"$ref": "#/components/schemas/ProblemDocument"}
_IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of what you mean to change; 412 if it was changed meanwhile",
    "schema": {"type": "string", "maxLength": 255},
}
_BODY_PROBLEMS = ("not-json", "too-large", "wrong-type")


@functools.cache
def write_openapi() -> bytes:
    """Return the description as JSON."""
    return msgspec.json.encode(describe_api())


@functools.cache
def describe_api() -> dict[str, Any]:
    """Return the description."""
    found = sorted(ENDPOINTS, key=lambda each: _TAGS.index(each.options["tag"]))
    answers = [each.options["answer"] for each in found if each.options["answer"]]
    answers += [each.options["body"] for each in found if "body" in each.options]
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
        },
    }


def _describe(wanted: ApiEndpoint) -> dict[str, Any]:
    places = [
        {"name": name, "in": "path", "required": True, "schema": _PLACES[kind]}
        for kind, name in _PLACE.findall(wanted.path)
    ]
    query = [_describe_parameter(*each) for each in describe_fields(wanted.params).items()]
    described = {
        "operationId": wanted.act.__name__,
        "summary": wanted.summary,
        "tags": [wanted.options["tag"]],
        "security": [{"token": [wanted.scope.value] if wanted.scope else []}],
        "parameters": [*places, *query, *_list_headers(wanted)],
        "responses": {
            **{str(status): _describe_answer(wanted, status) for status in _list_statuses(wanted)},
            **({"304": {"description": _UNCHANGED}} if wanted.is_read else {}),
            **_describe_problems(_list_problems(wanted, has_place=bool(places))),
        },
    }
    if body := wanted.options.get("body"):
        schema = {"$ref": f"#/components/schemas/{body.__name__}"}
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _list_headers(wanted: ApiEndpoint) -> list[dict[str, Any]]:
    found = [_KEY] if wanted.method == "POST" else []
    return [*found, *([_IF_MATCH] if "changed-meanwhile" in _own_problems(wanted) else [])]


def _own_problems(wanted: ApiEndpoint) -> tuple[str, ...]:
    return wanted.options.get("problems", ())


def _list_problems(wanted: ApiEndpoint, *, has_place: bool) -> list[str]:
    found = ["no-token", "not-acceptable", "invalid", "too-many-requests"]
    found += ["missing-scope"] if wanted.scope else ["second-factor-needed"]
    found += ["not-found"] if has_place else []
    found += ["bad-cursor"] if "cursor" in describe_fields(wanted.params) else []
    found += _BODY_PROBLEMS if "body" in wanted.options else []
    found += ["missing-right"] if not wanted.is_read else []
    found += ["still-running", "key-reused"] if wanted.method == "POST" else []
    return [*found, *_own_problems(wanted)]


def _describe_problems(slugs: list[str]) -> dict[str, Any]:
    titles: dict[int, list[str]] = defaultdict(list)
    for slug in slugs:
        titles[KINDS[slug].status].append(KINDS[slug].title)
    content = {"application/problem+json": {"schema": _PROBLEM}}
    return {
        str(status): {"description": ", or: ".join(words), "content": content}
        for status, words in sorted(titles.items())
    }


def _list_statuses(wanted: ApiEndpoint) -> tuple[int, ...]:
    usual = 204 if wanted.options["answer"] is None else 200
    return wanted.options.get("statuses", (usual,))


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
    elif status not in {202, 204}:
        described["content"] = {each: {} for each in wanted.media_types}
    return described
