"""What each address of the API does, and everything that all of them have in common."""

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Generic, Required, TypedDict, TypeVar, Unpack

import msgspec
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from catalog import policies
from catalog.api.bodies import read_body
from catalog.api.parameters import NoParams, ParametersRefused, read_parameters
from catalog.api.rates import LIMITER, Allowance
from catalog.api.repeats import HEADER, answer_once
from catalog.audit import current_origin
from catalog.models import Team, User
from catalog.models.tokens import Scope, is_secret
from catalog.queries.tokens import Bearer, find_bearer
from catalog.services.tokens import note_token_use, revoke_exposed
from catalog.views.base.problems import RequestRefused, respond_problem
from catalog.views.base.refusals import log_refusal

_REFUSALS_PER_MINUTE = 20
_JSON = "application/json"
_NO_TOKEN = {"WWW-Authenticate": 'Bearer realm="Voiceboard"'}
P = TypeVar("P", bound=msgspec.Struct)


class Answer(msgspec.Struct, kw_only=True):
    """What an endpoint returns as JSON."""


@dataclass(frozen=True, slots=True)
class ApiCall(Generic[P]):
    """One request with a valid token: who asks, when, and with which parameters."""

    request: HttpRequest
    bearer: Bearer
    params: P
    now: datetime
    body: Any = None

    @property
    def user(self) -> User:
        """The token's person, acting in the token's team."""
        return self.bearer.user

    @property
    def team(self) -> Team:
        """The token's team."""
        return self.bearer.team


@dataclass(frozen=True, slots=True)
class CreatedAnswer:
    """Something new, and the address where it can be asked for."""

    answer: msgspec.Struct
    location: str
    status: int = 201


Act = Callable[..., msgspec.Struct | CreatedAnswer | HttpResponseBase]


Version = Callable[[ApiCall[Any]], object]


class Options(TypedDict, total=False):
    """What an endpoint says about itself. ``tag`` is its chapter in the documentation."""

    tag: Required[str]
    # None for what every token may do.
    scope: Required[Scope | None]
    # None if it answers with something other than JSON.
    answer: Required[type[msgspec.Struct] | None]
    params: type[msgspec.Struct]
    body: type[msgspec.Struct]
    media_types: tuple[str, ...]
    # 200, or 204 without an answer, unless it can be another.
    statuses: tuple[int, ...]
    # Kinds of problems that only this endpoint has.
    problems: tuple[str, ...]
    # What an answer depends on; while it's the same, nothing is read for an answer of 304.
    version: Version


@dataclass(frozen=True, slots=True)
class ApiEndpoint:
    """A method of an address: what it does, and what it says about itself."""

    method: str
    path: str
    act: Act
    options: Options

    @property
    def name(self) -> str:
        """A name that no other endpoint has."""
        return self.act.__name__.replace("_", "-")

    @property
    def summary(self) -> str:
        """What it does, in a sentence."""
        return " ".join((self.act.__doc__ or "").split())

    @property
    def scope(self) -> Scope | None:
        """The scope that it needs."""
        return self.options["scope"]

    @property
    def params(self) -> type[msgspec.Struct]:
        """Its parameters."""
        return self.options.get("params", NoParams)

    @property
    def media_types(self) -> tuple[str, ...]:
        """What it can answer with."""
        return self.options.get("media_types", (_JSON,))

    @property
    def is_read(self) -> bool:
        """Return whether it changes nothing."""
        return self.method == "GET"

    @property
    def per_minute(self) -> int:
        """How many requests a token may make in a minute."""
        return 600 if self.is_read else 60


ENDPOINTS: list[ApiEndpoint] = []


def endpoint(method: str, path: str, **options: Unpack[Options]) -> Callable[[Act], Act]:
    """Register a function as what this method of this address does."""

    def register(act: Act) -> Act:
        ENDPOINTS.append(ApiEndpoint(method, path, act, options))
        return act

    return register


def make_view(found: Iterable[ApiEndpoint]) -> Callable[..., HttpResponseBase]:
    """Return the view of one address with all its methods."""
    methods = {each.method: each for each in found}
    if "GET" in methods:
        methods["HEAD"] = methods["GET"]
    allowed = ", ".join(sorted({*methods, "OPTIONS"}))

    @csrf_exempt
    def serve(request: HttpRequest, **places: Any) -> HttpResponseBase:
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": allowed})
        wanted = methods.get(request.method or "")
        if wanted is None:
            return respond_problem("method-not-allowed", headers={"Allow": allowed})
        response = _answer(wanted, request, places)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-cache"
        response["Vary"] = "Authorization"
        return response

    return serve


@sensitive_variables("secret")
def _answer(wanted: ApiEndpoint, request: HttpRequest, places: dict[str, Any]) -> HttpResponseBase:
    now = timezone.now()
    if not _accepts(request, wanted.media_types):
        return respond_problem("not-acceptable", f"It sends {' or '.join(wanted.media_types)}.")
    if _is_exposed(request, now):
        detail = "A token was sent in the address, where logs keep it. It has been revoked."
        return respond_problem("no-token", detail, headers=_NO_TOKEN)
    bearer = find_bearer(_read_secret(request), now)
    if bearer is None:
        return _refuse_token(request)
    note_token_use(token=bearer.token, address=str(current_origin().address), now=now)
    refusal = _refuse_use(wanted, request, bearer)
    if refusal is not None:
        return refusal
    allowance = LIMITER.take((bearer.token.pk, wanted.is_read), wanted.per_minute, time.monotonic())
    response = (
        respond_problem("too-many-requests", headers={"Retry-After": str(allowance.wait)})
        if allowance.is_over
        else _act_as_asked(wanted, request, bearer, places, now)
    )
    _say_allowance(response, wanted, allowance)
    return response


def _refuse_token(request: HttpRequest) -> HttpResponse:
    address = str(current_origin().address)
    allowance = LIMITER.take(("refused", address), _REFUSALS_PER_MINUTE, time.monotonic())
    log_refusal(request, "no valid token")
    if allowance.is_over:
        return respond_problem("too-many-requests", headers={"Retry-After": str(allowance.wait)})
    return respond_problem("no-token", headers=_NO_TOKEN)


def _refuse_use(wanted: ApiEndpoint, request: HttpRequest, bearer: Bearer) -> HttpResponse | None:
    if not policies.token_opens(bearer.user, bearer.team):
        log_refusal(request, "missing second factor")
        return respond_problem("second-factor-needed")
    if wanted.scope is not None and wanted.scope not in bearer.scopes:
        log_refusal(request, "missing scope")
        return respond_problem("missing-scope", f"This needs the scope {wanted.scope.value}.")
    return None


def _act_as_asked(
    wanted: ApiEndpoint, request: HttpRequest, bearer: Bearer, places: dict[str, Any], now: datetime
) -> HttpResponseBase:
    def act() -> HttpResponseBase:
        return _act(wanted, ApiCall(request, bearer, NoParams(), now), places)

    if wanted.method == "POST" and HEADER in request.headers:
        return answer_once(request, bearer.token, act, now)
    return act()


def _act(wanted: ApiEndpoint, call: ApiCall[Any], places: dict[str, Any]) -> HttpResponseBase:
    request, body = call.request, wanted.options.get("body")
    try:
        call = replace(
            call,
            params=read_parameters(wanted.params, request.GET),
            body=read_body(body, request) if body else None,
        )
        etag = _make_etag(wanted, call)
        if etag and (unchanged := get_conditional_response(request, etag=etag)) is not None:
            return unchanged
        return _write(request, wanted.act(call, **places), etag)
    except ParametersRefused as exc:
        return respond_problem("invalid", errors=exc.errors)
    except RequestRefused as exc:
        return respond_problem(exc.slug, exc.detail)
    except (Http404, ObjectDoesNotExist):
        return respond_problem("not-found")
    except PermissionDenied:
        log_refusal(request, "missing right")
        return respond_problem("missing-right")


def _write(
    request: HttpRequest, made: msgspec.Struct | CreatedAnswer | HttpResponseBase, etag: str
) -> HttpResponseBase:
    if isinstance(made, HttpResponseBase):
        return made
    if isinstance(made, CreatedAnswer):
        content, headers = msgspec.json.encode(made.answer), {"Location": made.location}
        return HttpResponse(content, status=made.status, content_type=_JSON, headers=headers)
    content = msgspec.json.encode(made)
    response = HttpResponse(content, content_type=_JSON)
    if request.method not in {"GET", "HEAD"}:
        return response
    # Without a version, reading was necessary, but sending may not be.
    response["ETag"] = etag = etag or hash_answer(made)
    unchanged: HttpResponseBase | None = get_conditional_response(request, etag, None, response)
    return unchanged or response


def hash_answer(made: msgspec.Struct) -> str:
    """Return the ETag of an answer."""
    return f'"{hashlib.sha256(msgspec.json.encode(made)).hexdigest()[:32]}"'


def demand_match(call: ApiCall[Any], current: msgspec.Struct) -> None:
    """Raise RequestRefused if the program names another state than the current one in If-Match."""
    wanted = call.request.headers.get("If-Match", "*")
    tags = [tag.strip().removeprefix("W/") for tag in wanted.split(",")]
    if "*" not in tags and hash_answer(current) not in tags:
        raise RequestRefused("changed-meanwhile")


def _make_etag(wanted: ApiEndpoint, call: ApiCall[Any]) -> str:
    read_version = wanted.options.get("version")
    version = read_version(call) if read_version else None
    if version is None:
        return ""
    state = (version, call.request.get_full_path(), call.bearer.scopes)
    return f'"{hashlib.sha256(repr(state).encode()).hexdigest()[:32]}"'


def _say_allowance(response: HttpResponseBase, wanted: ApiEndpoint, allowance: Allowance) -> None:
    kind = "read" if wanted.is_read else "write"
    response["RateLimit-Policy"] = f'"{kind}";q={allowance.limit};w=60'
    response["RateLimit"] = f'"{kind}";r={allowance.remaining};t={allowance.wait}'


@sensitive_variables()
def _read_secret(request: HttpRequest) -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    return secret.strip() if scheme.lower() == "bearer" else ""


@sensitive_variables()
def _is_exposed(request: HttpRequest, now: datetime) -> bool:
    """Revoke a token that was sent in the address, and return whether there was one."""
    found = [value for _, values in request.GET.lists() for value in values if is_secret(value)]
    for secret in found[:1]:
        if (bearer := find_bearer(secret, now)) is not None:
            revoke_exposed(token=bearer.token, now=now)
    return bool(found)


def _accepts(request: HttpRequest, media_types: tuple[str, ...]) -> bool:
    return any(request.accepts(each) for each in media_types)
