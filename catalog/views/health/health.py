"""The page that shows every member whether background work is getting done."""

from django.http import HttpResponseBase
from django.utils import timezone
from django.views.decorators.http import require_safe

from catalog.queries.health.background import look_at_health
from catalog.views.base.requests import Request, render_part, signed_in


@signed_in
@require_safe
def health_detail(request: Request) -> HttpResponseBase:
    return render_part(
        request,
        page="catalog/health/detail.html",
        part="catalog/health/_health.html",
        context={"health": look_at_health(request.user, timezone.now())},
    )
