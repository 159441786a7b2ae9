"""Voices: the page's filters and words, its facets, and each voice with its preview."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from django.conf import settings
from django.http import HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404

from catalog.api.cursors import fingerprint_list, read_cursor, write_cursor
from catalog.api.endpoints import Answer, ApiCall, endpoint
from catalog.api.parameters import Cursor, Id, Limit, NoParams, ParametersRefused
from catalog.audio.formats import FORMATS
from catalog.forms.voices.filters import VoiceFilterForm, one_line
from catalog.models import Voice
from catalog.models.tokens import Scope
from catalog.queries.annotations import Marks, find_marks
from catalog.queries.searches.facets import Facet, FacetChoice
from catalog.queries.searches.filters import (
    CLOSED_FACETS,
    FACETS,
    FILTERS,
    SORTS,
    SORTS_BY_USE,
    VoiceFilter,
)
from catalog.queries.voices.export import iterate_exported
from catalog.queries.voices.search import (
    find_voices,
    get_list_context,
    list_by_id,
)
from catalog.search.syntax import LONGEST_SEARCH
from catalog.services.previews import PreviewPending, PreviewUnavailable, fetch_preview
from catalog.views.base.media import send_sound
from catalog.views.base.problems import ProblemError, respond_problem
from catalog.views.voices.etags import RELEASE

_TAG = "Voices"
_NUMBERED = {"account", "collection", "speaker", "owner"}
_MOST_VALUES = 40
SOUNDS = tuple(sorted({each.content_type for each in FORMATS.values()}))


def _type_of(name: str) -> Any:
    kind: Any = Annotated[str, msgspec.Meta(min_length=1, max_length=60)]
    if name in CLOSED_FACETS:
        kind = Literal[tuple(CLOSED_FACETS[name])]
    elif name in _NUMBERED:
        kind = Id
    return Annotated[list[kind], msgspec.Meta(max_length=_MOST_VALUES)]


_Words = Annotated[
    str,
    msgspec.Meta(
        max_length=LONGEST_SEARCH,
        description="Words, fields, or an expression, as in the search box of the voices' page",
    ),
]
# The filters of the page, by its own names.
FacetParams: Any = msgspec.defstruct(
    "FacetParams",
    [
        ("q", _Words, ""),
        *((name, _type_of(name), msgspec.field(default_factory=list)) for name in FILTERS),
    ],
    frozen=True,
    kw_only=True,
)
_Sort = Annotated[
    Literal[(*SORTS, "id")],  # type: ignore[valid-type]
    msgspec.Meta(
        description="The order. With id, each voice comes exactly once, also if voices change"
        " between two pages. Voices that fit the words only nearly are then left out."
    ),
]
VoiceParams: Any = msgspec.defstruct(
    "VoiceParams",
    [("sort", _Sort, "best"), ("limit", Limit, 24), ("cursor", Cursor, "")],
    bases=(FacetParams,),
    frozen=True,
    kw_only=True,
)


class VoiceSummary(Answer):
    """A voice in a list. What isn't known is null or an empty list."""

    id: int
    name: str
    provider: str
    account_id: int
    provider_voice_id: str
    kind: str
    gender: str | None
    age: str | None
    accent: str | None
    languages: list[str]
    use_cases: list[str]
    styles: list[str]
    badges: list[str]
    description: str
    state: str
    has_preview: bool
    is_archived: bool
    is_starred: bool
    tags: list[str]
    rating: float | None
    rating_count: int
    created_at: datetime | None
    ends_at: datetime | None


class VoiceList(Answer):
    """A page of voices. If ``changed`` is true, voices changed since the page before."""

    data: list[VoiceSummary]
    next_cursor: str | None
    total: int
    changed: bool


class VoiceDetail(VoiceSummary):
    """A voice with what its page shows."""

    provider_name: str
    provider_labels: dict[str, Any]
    team_labels: dict[str, Any]
    details: dict[str, Any]
    state_note: str
    end_note: str
    plan_note: str
    is_owned: bool
    owner: str | None
    collections: list[str]
    notes: list[str]
    last_used_at: str | None
    protection: str | None
    kept_until: str | None
    deletion_at: str | None
    added_at: datetime
    changed_at: datetime
    archived_at: datetime | None
    gone_at: datetime | None
    gone_reason: str | None


class FacetValue(Answer):
    """One value of a facet, and how many voices it would leave."""

    value: str
    label: str
    count: int


class FacetInfo(Answer):
    """A facet with its values, most voices first."""

    name: str
    label: str
    values: list[FacetValue]


class FacetList(Answer):
    """The facets of the voices that a filter finds, and how many there are."""

    data: list[FacetInfo]
    found: int
    total: int


def _read_version(call: ApiCall[Any]) -> object:
    context = get_list_context(call.user, call.team)
    if getattr(call.params, "sort", "") in SORTS_BY_USE:
        return None
    return RELEASE, context.version, tuple(settings.PROVIDER_BASE_URLS)


def _read_filter(params: Any) -> VoiceFilter:
    """Return the filter as the page's form reads it; raises ParametersRefused."""
    query = QueryDict(mutable=True)
    query["q"] = params.q
    sort = getattr(params, "sort", "best")
    query["sort"] = sort if sort in SORTS else "best"
    for name in FILTERS:
        values = [one_line(str(value)).strip() for value in getattr(params, name)]
        query.setlist(name, [value for value in values if value])
    form = VoiceFilterForm(query)
    mistake = form.wanted.parsed.mistake
    errors = [ProblemError("q", mistake.message)] if mistake else []
    errors += [ProblemError("", words) for words in form.ignored]
    if errors:
        raise ParametersRefused(*errors)
    return form.wanted


@endpoint(
    "GET",
    "voices",
    tag=_TAG,
    scope=Scope.READ,
    answer=VoiceList,
    params=VoiceParams,
    version=_read_version,
)
def list_voices(call: ApiCall[Any]) -> VoiceList:
    """List voices: the same filters, search words, and orders as the page."""
    params = call.params
    wanted = _read_filter(params)
    context = get_list_context(call.user, call.team)
    of = fingerprint_list("voices", call.user.pk, call.team.pk, wanted, params.sort, params.limit)
    place, version = read_cursor(params.cursor, of) if params.cursor else (0, None)
    after = int(place)
    now = context.version.catalog
    if params.sort == "id":
        voices, total = list_by_id(call.user, wanted, context, after=after, size=params.limit)
        last = voices[-1].pk if len(voices) == params.limit else None
    else:
        page = find_voices(call.user, wanted, after + 1, context, size=params.limit, is_plain=True)
        voices, total = page.voices if after < page.page_count else [], page.found_count
        last = after + 1 if after + 1 < page.page_count else None
    marks = find_marks(call.user, [voice.pk for voice in voices])
    return VoiceList(
        data=[VoiceSummary(**summarize_voice(voice, marks)) for voice in voices],
        next_cursor=write_cursor(of, last, now) if last else None,
        total=total,
        changed=version not in {None, now},
    )


@endpoint(
    "GET",
    "voices/facets",
    tag=_TAG,
    scope=Scope.READ,
    answer=FacetList,
    params=FacetParams,
    version=_read_version,
)
def list_facets(call: ApiCall[Any]) -> FacetList:
    """Count the voices per value of each facet, for the same filters."""
    wanted = _read_filter(call.params)
    page = find_voices(call.user, wanted, 1, get_list_context(call.user, call.team), size=1)
    return FacetList(
        data=[
            FacetInfo(name=facet.name, label=FACETS[facet.name], values=_list_values(facet))
            for facet in page.facets
        ],
        found=page.found_count,
        total=page.total_count,
    )


def _list_values(facet: Facet) -> list[FacetValue]:
    found: list[FacetChoice] = []
    for choice in (*facet.choices, *facet.more):
        found += [choice, *(each for each in choice.members if each.value != choice.value)]
    return [FacetValue(value=each.value, label=each.label, count=each.count) for each in found]


@endpoint("GET", "voices/<row:voice_id>", tag=_TAG, scope=Scope.READ, answer=VoiceDetail)
def get_voice(call: ApiCall[NoParams], voice_id: int) -> VoiceDetail:
    """Get a voice, also one that is gone at its provider."""
    voice = find_seen_voice(call, voice_id)
    marks = find_marks(call.user, [voice.pk])
    row = next(iter(iterate_exported(call.user, [voice.pk], call.now)))
    same = ("is_owned", "owner", "collections", "notes", "last_used_at", "protection")
    return VoiceDetail(
        **summarize_voice(voice, marks),
        **{name: row[name] for name in (*same, "kept_until", "deletion_at")},
        provider_name=voice.name,
        provider_labels=voice.raw_labels,
        team_labels=voice.own_labels,
        details=voice.shown_details,
        state_note=voice.state_note,
        end_note=voice.end_note,
        plan_note=voice.plan_note,
        added_at=voice.added_at,
        changed_at=voice.changed_at,
        archived_at=voice.archived_at,
        gone_at=voice.remote_deleted_at,
        gone_reason=voice.gone_reason or None,
    )


@endpoint(
    "GET",
    "voices/<row:voice_id>/preview",
    tag=_TAG,
    scope=Scope.READ,
    answer=None,
    media_types=SOUNDS,
    statuses=(200, 202, 206),
)
def get_preview(call: ApiCall[NoParams], voice_id: int) -> HttpResponseBase:
    """Get the sound of a voice's preview, in parts if asked; 202 while it is being made."""
    voice = find_seen_voice(call, voice_id)
    try:
        clip = fetch_preview(call.user, voice=voice, now=call.now)
    except PreviewUnavailable as exc:
        return respond_problem("not-found", str(exc))
    except PreviewPending:
        return HttpResponse(status=202, headers={"Retry-After": "1", "Cache-Control": "no-store"})
    return send_sound(call.request, clip.path, clip.content_type, title=voice.full_name)


def find_seen_voice(call: ApiCall[Any], voice_id: int) -> Voice:
    """Return a voice that the token's person can see; raises Http404."""
    rows = Voice.objects.visible_to(call.user).select_related("account__team", "clip")
    return get_object_or_404(rows.prefetch_related("labels"), pk=voice_id)


def summarize_voice(voice: Voice, marks: Marks) -> dict[str, Any]:
    """Return what lists say about a voice, given the annotations of the list."""
    score = marks.scores.get(voice.pk)
    return {
        "id": voice.pk,
        "name": voice.shown_name,
        "provider": voice.provider,
        "account_id": voice.account_id,
        "provider_voice_id": voice.remote_id,
        "kind": voice.kind,
        "gender": _known(voice.gender),
        "age": _known(voice.age),
        "accent": _known(voice.accent),
        "languages": _all_known(voice, "language"),
        "use_cases": _all_known(voice, "use_case"),
        "styles": _all_known(voice, "style"),
        "badges": _all_known(voice, "badge"),
        "description": voice.description,
        "state": "gone" if voice.is_gone else voice.state,
        "has_preview": voice.can_play,
        "is_archived": voice.is_archived,
        "is_starred": voice.pk in marks.starred,
        "tags": [tag.name for tag in marks.tags.get(voice.pk, [])],
        "rating": round(score.mean, 2) if score else None,
        "rating_count": score.count if score else 0,
        "created_at": voice.remote_created_at,
        "ends_at": voice.ends_at,
    }


def _known(value: str) -> str | None:
    return None if value in {"", "unknown"} else value


def _all_known(voice: Voice, facet: str) -> list[str]:
    return [value for value in voice.values_of(facet) if value != "unknown"]
