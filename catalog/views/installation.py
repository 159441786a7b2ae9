"""What this installation says about itself to strangers."""

from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

# RFC 9116 recommends less than a year.
_VALID = timedelta(days=180)


@require_safe
@cache_control(public=True, max_age=3600)
def security_contact(request: HttpRequest) -> HttpResponse:
    """Say whom to tell about a vulnerability (RFC 9116), if the operator named someone."""
    if not settings.SECURITY_CONTACT:
        raise Http404
    day = (timezone.now() + _VALID).date()
    expires = datetime(day.year, day.month, day.day, tzinfo=UTC).isoformat()
    lines = [
        f"Contact: {settings.SECURITY_CONTACT}",
        f"Expires: {expires}",
        "Preferred-Languages: en",
        f"Canonical: {request.build_absolute_uri(request.path)}",
    ]
    text = "".join(f"{line}\n" for line in lines)
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
