"""A user's list settings, visits, and what is new to them."""

from datetime import UTC, datetime

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from catalog.forms.voices.filters import ViewForm
from catalog.queries.annotations import find_marks
from catalog.queries.preferences import find_habits, find_news
from catalog.queries.searches.filters import COLUMNS, LAYOUTS, SORTS
from catalog.services.preferences import clear_news, note_visit, remember_view
from catalog.views.base.requests import Request, render_part, signed_in
from catalog.views.middleware.locales import read_zone


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def view_change(request: Request) -> HttpResponseBase:
    if request.method != "POST":
        return render_part(
            request,
            page="catalog/preferences/view.html",
            part="catalog/preferences/_view.html",
            context={
                "habits": find_habits(request.user),
                "layouts": LAYOUTS,
                "sorts": SORTS | {"best": "Suggested or best match"},
                "columns": COLUMNS,
            },
        )
    form = ViewForm(request.POST)
    if form.is_valid():
        has_columns = "has_columns" in request.POST
        remember_view(
            request.user,
            layout=form.cleaned_data["layout"] or None,
            sort=form.cleaned_data["sort"] or None,
            columns=form.cleaned_data["columns"] if has_columns else None,
        )
    return redirect("catalog:voice-list")


@signed_in
@require_POST
def visit_note(request: Request) -> HttpResponse:
    zone = read_zone(request)
    note_visit(request.user, now=timezone.now(), zone=zone.key if zone else "")
    return HttpResponse(status=204)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def news_list(request: Request) -> HttpResponseBase:
    now = timezone.now()
    if request.method == "POST":
        clear_news(request.user, until=min(_read_moment(request.POST.get("until", "")) or now, now))
        return redirect(reverse("catalog:news-list"))
    news = find_news(request.user, find_habits(request.user).news_since)
    shown = [voice.pk for voice in (*news.added, *news.changed, *news.gone)]
    marks = find_marks(request.user, shown)
    context = {"news": news, "marks": marks, "until": now.timestamp()}
    return render(request, "catalog/preferences/news.html", context)


def _read_moment(text: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(float(text), UTC)
    except (ValueError, OverflowError, OSError):
        return None
