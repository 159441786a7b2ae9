"""The documentation of the API: its description, pages drawn from it, and pages about problems."""

import json
from collections import defaultdict
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_safe

from catalog.api.parameters import say_expected
from catalog.api.schema import describe_api, write_openapi
from catalog.models.tokens import Scope
from catalog.views.base.problems import KINDS
from catalog.views.voices.etags import RELEASE

_SAMPLES = {"integer": 17, "string": "Hello."}
_EXAMPLES = {"name": "warm", "integer": "17", "string": "0b2f2a3e-5c4d-4e6f-8a7b-9c0d1e2f3a4b"}
_PYTHON = """\
import os, urllib.request

request = urllib.request.Request("{address}"{options})
request.add_header("Authorization", "Bearer " + os.environ["VOICEBOARD_TOKEN"])
{header}print(urllib.request.urlopen(request).read())"""
_TYPE_HEADER = 'request.add_header("Content-Type", "application/json")\n'


@require_safe
def api_schema(request: HttpRequest) -> HttpResponse:
    """Send the description; it says nothing about this installation but its version."""
    headers = {"Cache-Control": "no-cache"}
    response = HttpResponse(write_openapi(), content_type="application/json", headers=headers)
    etag = f'"{RELEASE[:32]}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag, None, response) or response


@require_safe
def api_docs(request: HttpRequest) -> HttpResponse:
    origin = request.build_absolute_uri("/").rstrip("/")
    chapters: dict[str, list[dict[str, Any]]] = defaultdict(list)
    described = describe_api()
    for path, methods in described["paths"].items():
        for method, operation in methods.items():
            chapters[operation["tags"][0]].append(_draw(path, method, operation, origin))
    context = {
        "chapters": chapters,
        "schemas": {
            name: {**schema, "example": _describe_fields(schema)}
            for name, schema in described["components"]["schemas"].items()
        },
        "origin": origin,
        "scopes": [(scope.value, scope.label) for scope in Scope],
        "problems": KINDS,
    }
    return render(request, "api/docs.html", context)


@require_safe
def api_problem(request: HttpRequest, slug: str) -> HttpResponse:
    if slug not in KINDS:
        raise Http404
    return render(request, "api/problem.html", {"slug": slug, "kind": KINDS[slug]})


def _draw(path: str, method: str, operation: dict[str, Any], origin: str) -> dict[str, Any]:
    parameters = operation["parameters"]
    address, sample = origin + path, _make_sample(operation)
    for each in parameters:
        if each["in"] == "path":
            schema = each["schema"]
            kind = "name" if schema.get("maxLength") else schema["type"]
            address = address.replace(f"{{{each['name']}}}", _EXAMPLES[kind])
    return {
        "id": operation["operationId"],
        "method": method.upper(),
        "path": path,
        "summary": operation["summary"],
        "scope": (*operation["security"][0]["token"], "")[0],
        "parameters": [_draw_parameter(each) for each in parameters],
        "answer": _name_answer(operation),
        "body": _name_body(operation),
        "curl": _write_curl(method.upper(), address, sample),
        "python": _write_python(method.upper(), address, sample),
    }


def _draw_parameter(described: dict[str, Any]) -> dict[str, Any]:
    words, in_path = say_expected(described["schema"]), described["in"] == "path"
    return {"description": "", **described, "words": words, "in_path": in_path}


def _describe_fields(schema: dict[str, Any]) -> str:
    return "\n".join(
        f"{name}: {_name_type(described)}"
        for name, described in schema.get("properties", {}).items()
    )


def _name_type(schema: dict[str, Any]) -> str:
    if "anyOf" in schema:
        return " or ".join(_name_type(each) for each in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if schema.get("type") == "array":
        return f"list of {_name_type(schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or "anything")


def _write_curl(method: str, address: str, sample: str) -> str:
    request = "" if method == "GET" else f"--request {method} "
    data = f" --json '{sample}'" if sample else ""
    return f'curl {request}-H "Authorization: Bearer $VOICEBOARD_TOKEN" "{address}"{data}'


def _write_python(method: str, address: str, sample: str) -> str:
    options = "" if method == "GET" else f', method="{method}"'
    options += f", data=b'{sample}'" if sample else ""
    header = _TYPE_HEADER if sample else ""
    return _PYTHON.format(address=address, options=options, header=header)


def _name_body(operation: dict[str, Any]) -> str:
    content = operation.get("requestBody", {}).get("content", {})
    return str(content.get("application/json", {}).get("schema", {}).get("$ref", "")).rpartition(
        "/"
    )[2]


def _make_sample(operation: dict[str, Any]) -> str:
    schema = describe_api()["components"]["schemas"].get(_name_body(operation), {})
    fields = schema.get("properties", {})
    names = schema.get("required") or list(fields)[:1]
    return json.dumps({name: _pick_sample(fields[name]) for name in names}) if fields else ""


def _pick_sample(schema: dict[str, Any]) -> Any:
    return schema["enum"][-1] if "enum" in schema else _SAMPLES.get(schema.get("type", ""))


def _name_answer(operation: dict[str, Any]) -> str:
    for answer in operation["responses"].values():
        for content in answer.get("content", {}).values():
            return str(content.get("schema", {}).get("$ref", "")).rpartition("/")[2]
    return ""
